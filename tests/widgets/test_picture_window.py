"""The window of one picture: what it shows of files, in which order, and that it never shows the wrong one."""

import os
import sys
import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

import numpy as np
import tifffile
from AnyQt.QtCore import QPoint, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QWidget
from child import wait_until
from orangewidget.tests.base import GuiTest
from slots import SLOT_S, slot_s
from window_case import WindowCase, items, move, photos, two_channels

from orangecontrib.imaging.core.errors import UnreadableImage, WorkerError
from orangecontrib.imaging.core.images import read_image, read_planes
from orangecontrib.imaging.core.planes import Planes
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.widgets.parts.full_pictures import FullPictures
from orangecontrib.imaging.widgets.parts.lookup import Lookup
from orangecontrib.imaging.widgets.parts.picture_area import PictureItem
from orangecontrib.imaging.widgets.parts.picture_window import PictureWindow

Key = Qt.Key


class TestNumbers(WindowCase):
    def test_the_numbers_under_the_pointer_are_those_of_the_file(self):
        values, path = two_channels()
        self.open([path])
        for x, y in ((0, 0), (17, 40), (82, 60)):
            self.point(x, y)
            first, second = values[:, y, x]
            self.assertEqual(self.window.values.text(), f"x {x}, y {y}   Channel 1 {first}   Channel 2 {second}")
        move(self.window.panes[0].view, QPoint(1, 1))
        self.assertEqual(self.window.values.text(), "")

    def test_of_a_photograph_they_are_red_green_and_blue(self):
        self.open(photos((10, 20, 30)))
        self.point(5, 6)
        self.assertEqual(self.window.values.text(), "x 5, y 6   Red 10   Green 20   Blue 30")

    def test_of_decimals_six_digits_are_told(self):
        path = os.path.join(tempfile.mkdtemp(dir=os.environ["TMPDIR"]), "a.tif")
        tifffile.imwrite(path, np.full((20, 30), 0.12345678, np.float32))
        self.open([path])
        self.point(3, 4)
        self.assertEqual(self.window.values.text(), "x 3, y 4   Gray 0.123457")

    def test_of_channels_side_by_side_it_is_the_one_under_the_pointer(self):
        values, path = two_channels()
        self.open([path], reading=Reading(channels=(0, 1), separate=True, contrast="percentiles"))
        self.point(83 + 5, 7)
        self.assertEqual(self.window.values.text(), f"x 5, y 7   Channel 2 {values[1, 7, 5]}")

    def test_numbers_have_room_before_what_is_said_of_the_file(self):
        self.open([two_channels()[1]])
        self.window.resize(640, 500)
        self.point(17, 40)
        QTest.qWait(10)
        values, notes = self.window.values, self.window.notes
        self.assertGreaterEqual(values.width(), values.fontMetrics().horizontalAdvance(values.text()))
        self.assertGreater(values.width(), notes.width())
        self.window.resize(300, 500)
        self.assertLess(self.window.width(), 640)

    def test_keys_point_too(self):
        values, path = two_channels()
        self.open([path])
        QTest.keyClick(self.window, Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
        self.assertIn(f"x 41, y 30   Channel 1 {values[0, 30, 41]}", self.window.values.text())
        for key in (Key.Key_Left, Key.Key_Left, Key.Key_Up):
            QTest.keyClick(self.window, key, Qt.KeyboardModifier.ControlModifier)
        self.assertIn(f"x 39, y 29   Channel 1 {values[0, 29, 39]}", self.window.values.text())
        self.assertEqual(self.moved, [])

    def test_the_picture_is_what_everybody_sees(self):
        _, path = two_channels()
        self.open([path])
        np.testing.assert_array_equal(self.seen(), read_image(path).pixels)


class TestOrder(WindowCase):
    def test_next_and_previous_follow_the_order_and_end_with_it(self):
        self.open(photos(*[(number, 0, 0) for number in range(5)]), row=3)
        self.window.set_order([4, 3, 1])
        self.assertEqual(self.window.bar.position.text(), "2 of 3")
        self.press(Key.Key_Right, Key.Key_Down, Key.Key_PageDown)
        self.assertEqual(self.moved, [1])
        self.assertFalse(self.window.bar.forward.isEnabled())
        self.press(Key.Key_Left, Key.Key_Up, Key.Key_PageUp)
        self.assertEqual(self.moved, [1, 3, 4])
        QTest.mouseClick(self.window.bar.forward, Qt.MouseButton.LeftButton)
        self.assertEqual(self.moved[-1], 3)
        self.window.set_order(None)
        self.assertEqual(self.window.bar.position.text(), "4 of 5")

    def test_a_row_that_is_not_in_the_order_goes_on_to_its_first(self):
        self.open(photos((1, 0, 0), (2, 0, 0), (3, 0, 0)), row=1)
        self.window.set_order([2, 0])
        self.assertEqual(self.window.bar.position.text(), "– of 2")
        self.press(Key.Key_Right)
        self.assertEqual(self.moved, [2])

    def test_caption_and_size_are_told(self):
        self.open(photos((1, 0, 0)))
        self.assertEqual(self.window.bar.text.text(), "0.png — 40 × 30")
        self.assertEqual(self.window.windowTitle(), "0.png — 40 × 30 — 1 of 1")

    def test_how_the_file_was_read_is_told(self):
        self.open([two_channels()[1]], reading=Reading(contrast="percentiles", percentiles=(1, 99)))
        self.assertEqual(self.window.notes.text(), "16 bits, 2 channels: contrast 1–99 %")

    def test_neighbours_are_read_ahead_and_others_forgotten(self):
        paths = photos(*[(number, 0, 0) for number in range(6)])
        self.open(paths, row=1)
        for _ in range(3):
            self.settle()
        self.assertEqual(set(self.window.pictures._pictures), set(paths[:3]))
        self.press(Key.Key_Right, Key.Key_Right)
        self.settle()
        self.assertEqual(set(self.window.pictures._pictures), set(paths[2:5]))
        self.window.close()
        self.assertEqual(self.window.pictures._pictures, {})


class TestNeverTheWrongPicture(WindowCase):
    def setUp(self):
        super().setUp()
        self.gates = {}
        self.window.pictures._read = self._read

    def _read(self, path, reading):
        """The first time a file of `gates` is read, its numbers come late."""
        gate, planes = self.gates.pop(os.path.basename(path), None), read_planes(path, reading)
        if gate:
            gate.wait(20)
        return planes

    def hold(self, path):
        """Let the first reading of this file come late: when the event is set."""
        gate = self.gates[os.path.basename(path)] = threading.Event()
        self.addCleanup(gate.set)
        return gate

    def seen_soon(self):
        return wait_until(lambda: (QTest.qWait(5), self.window.panes[0].view._levels)[1])

    def test_a_slow_picture_that_comes_late_does_not_take_the_place_of_the_one_shown(self):
        paths = photos((200, 0, 0), (0, 200, 0))
        gate = self.hold(paths[0])
        self.window.set_items(items(paths))
        self.window.show_row(0)
        QTest.keyClick(self.window, Key.Key_Right)
        self.assertTrue(self.seen_soon())
        gate.set()
        self.settle()
        self.assertEqual((self.drawn(20, 15), self.window.bar.text.text()), ((0, 200, 0), "1.png — 40 × 30"))

    def test_while_the_next_one_is_read_the_one_before_is_not_shown(self):
        paths = photos((200, 0, 0), (0, 0, 200), (0, 200, 0))
        self.open(paths)
        gate = self.hold(paths[2])
        QTest.keyClick(self.window, Key.Key_Right)
        QTest.keyClick(self.window, Key.Key_Right)
        QTest.qWait(50)
        self.assertIsNone(self.window.panes[0].view._levels)
        self.assertEqual(self.drawn(20, 15), (24, 24, 24))
        gate.set()
        self.settle()
        self.assertEqual(self.drawn(20, 15), (0, 200, 0))

    def test_pictures_of_other_data_never_come_from_what_was_begun_before(self):
        old, new = photos((200, 0, 0)), photos((0, 200, 0))
        gate = self.hold(old[0])
        self.window.set_items(items(old))
        self.window.show_row(0)
        self.assertTrue(wait_until(lambda: not self.gates))
        os.replace(new[0], old[0])  # the same name holds another picture
        self.window.set_items(items(old))
        self.window.show_row(0)
        self.assertTrue(self.seen_soon())
        gate.set()
        self.settle()
        self.window._show_pictures()
        self.settle()
        self.assertEqual(self.drawn(20, 15), (0, 200, 0))

    def test_what_was_read_for_the_old_recipe_is_dropped(self):
        _, path = two_channels()
        gate = self.hold(path)
        self.window.set_items(items([path]))
        self.window.show_row(0)
        self.assertTrue(wait_until(lambda: not self.gates))
        reading = Reading(channels=(1,))
        self.window.set_items(items([path]), reading)
        self.window.show_row(0)
        self.assertTrue(self.seen_soon())
        gate.set()
        self.settle()
        self.assertEqual(len(self.window.planes.channels), 1)
        np.testing.assert_array_equal(self.seen(), read_image(path, reading).pixels)


class TestSideBySide(WindowCase):
    def test_two_stand_side_by_side_and_look_at_the_same_place(self):
        self.open(photos((200, 0, 0), (0, 200, 0), (0, 0, 200)))
        self.press(Key.Key_S)
        left, right = (pane.view for pane in self.window.panes[:2])
        self.assertEqual([self.drawn(20, 15), self.drawn(20, 15, 1)], [(200, 0, 0), (0, 200, 0)])
        move(right, right.rect().center())
        right.zoom_by(8, right.point_of(10, 10))
        self.assertEqual(left.viewpoint(), right.viewpoint())
        self.assertGreater(left.percent, 100)
        self.press(Key.Key_Right)
        self.assertEqual(self.moved, [1])
        self.assertEqual(self.window.bar.position.text(), "2–3 of 3")
        self.assertEqual([self.drawn(10, 10), self.drawn(10, 10, 1)], [(0, 200, 0), (0, 0, 200)])
        self.assertFalse(self.window.bar.forward.isEnabled())
        self.press(Key.Key_Escape)
        self.assertTrue(self.window.isVisible())
        self.assertFalse(self.window.panes[1].isVisible())
        self.press(Key.Key_Escape)
        self.assertFalse(self.window.isVisible())

    def test_selected_rows_stand_side_by_side_four_at_most(self):
        self.open(photos(*[(40 * number, 0, 0) for number in range(6)]), row=2)
        self.window.set_compared([5, 4, 3, 2, 1])
        self.press(Key.Key_S)
        self.assertEqual([pane.caption.text() for pane in self.window.panes], ["4.png", "3.png", "2.png", "1.png"])
        self.press(Key.Key_Left)
        self.assertEqual([self.drawn(9, 9, pane)[0] for pane in range(4)], [200, 160, 120, 80])

    def test_where_there_is_one_picture_only_it_stands_alone(self):
        self.open(photos((200, 0, 0)))
        self.press(Key.Key_S)
        self.assertEqual(self.drawn(20, 15), (200, 0, 0))
        self.assertFalse(self.window.panes[1].isVisible())

    def test_the_last_row_opened_side_by_side_is_told_with_the_one_before(self):
        paths = photos((200, 0, 0), (0, 200, 0), (0, 0, 200))
        self.open(paths)
        self.press(Key.Key_S)
        self.window.show_row(2)
        self.settle()
        self.assertEqual(self.window.bar.position.text(), "2–3 of 3")
        self.assertEqual(self.window.windowTitle(), "1.png — 40 × 30 — 2–3 of 3")
        self.assertIs(self.window.planes, self.window.panes[0].planes)

    def test_one_that_cannot_be_read_stands_beside_with_its_reason(self):
        paths = photos((200, 0, 0), (0, 200, 0))
        Path(paths[1]).write_bytes(b"no picture")
        self.open(paths)
        self.press(Key.Key_S)
        self.assertEqual(self.drawn(20, 15), (200, 0, 0))
        self.assertEqual(self.window.panes[1].view._reason, "not a picture of a kind that is read here")


class TestTroubles(WindowCase):
    def test_a_missing_and_a_damaged_file_say_why(self):
        paths = photos((1, 0, 0), (2, 0, 0))
        os.remove(paths[0])
        Path(paths[1]).write_bytes(b"no picture")
        self.open(paths)
        self.assertEqual(self.window.entry().reason, "there is no such file")
        self.assertEqual(self.window.panes[0].view._reason, "there is no such file")
        self.press(Key.Key_Right)
        self.assertEqual(self.window.entry().reason, "not a picture of a kind that is read here")
        self.assertEqual(self.window.bar.text.text(), "1.png")

    def test_a_refused_item_is_never_read(self):
        read = []
        self.window.pictures._read = lambda path, reading: read.append(path)
        self.window.set_items([PictureItem("x.png", "x", reason="it has no folder")])
        self.window.show_row(0)
        self.settle()
        self.assertEqual((self.window.entry().reason, read), ("it has no folder", []))

    def test_a_file_that_was_replaced_is_read_anew_when_the_window_opens_again(self):
        paths = photos((200, 0, 0), (0, 200, 0))
        self.open(paths)
        self.press(Key.Key_Escape)
        os.replace(paths[1], paths[0])
        self.window.show_row(0)
        self.settle()
        self.assertEqual(self.drawn(20, 15), (0, 200, 0))

    def test_for_a_closed_window_no_picture_is_read(self):
        self.open(photos((200, 0, 0), (0, 200, 0)))
        self.press(Key.Key_Escape)
        self.window.set_order([1, 0])
        self.window.set_compared([0, 1])
        self.assertTrue(self.window.pictures.is_idle)
        self.settle()
        self.assertEqual(self.window.pictures.bytes, 0)

    def test_other_data_close_the_window(self):
        self.open(photos((200, 0, 0)))
        self.window.set_items([])
        self.assertFalse(self.window.isVisible())
        self.press(Key.Key_Right, Key.Key_S, Key.Key_A, Key.Key_Plus, Key.Key_1)
        self.assertEqual(self.moved, [])

    def test_after_closing_its_readers_nothing_comes(self):
        gate = threading.Event()
        self.window.pictures._read = lambda path, reading: (gate.wait(20), read_planes(path, reading))[1]
        self.window.set_items(items(photos((200, 0, 0))))
        self.window.show_row(0)
        self.window.pictures.close()
        gate.set()
        self.settle()
        self.assertIsNone(self.window.planes)

    def test_a_window_that_is_deleted_while_it_reads_does_no_harm(self):
        gate, readers, read, told, raised, gone = threading.Event(), [], [], [], [], []
        self.addCleanup(gate.set)

        def read_late(path, reading):
            readers.append(threading.current_thread())
            gate.wait(20)
            read.append(path)
            return read_planes(path, reading)
        parent, paths = QWidget(), photos((200, 0, 0))
        window = PictureWindow(parent, self.thumbnails)
        window.pictures._read = read_late
        window.pictures.changed.connect(told.append)
        window.destroyed.connect(lambda: gone.append(True))
        window.set_items(items(paths))
        window.show_row(0)
        self.assertTrue(wait_until(lambda: readers))
        with (patch.object(sys, "excepthook", lambda *error: raised.append(error)),
              patch.object(threading, "excepthook", raised.append)):
            parent.deleteLater()
            self.assertTrue(wait_until(lambda: (QTest.qWait(1), gone)[1]))
            gate.set()
            readers[0].join(20)
            after = Lookup()  # its answer comes after one to the window's would
            after.ask(lambda: None)
            self.assertTrue(wait_until(lambda: (QTest.qWait(1), after.is_idle)[1]))
        self.assertEqual((readers[0].is_alive(), read, told, raised), (False, paths, [], []))

    def test_full_screen_is_left_before_the_window(self):
        self.open(photos((200, 0, 0)))
        self.press(Key.Key_F)
        self.assertTrue(self.window.isFullScreen())
        self.press(Key.Key_Escape)
        self.assertFalse(self.window.isFullScreen())
        self.assertTrue(self.window.isVisible())

    def test_a_thumbnail_is_shown_until_the_picture_comes(self):
        gate, paths = threading.Event(), photos((200, 0, 0))
        self.thumbnails.request(paths, 96)
        assert wait_until(lambda: (QTest.qWait(5), self.thumbnails.find(paths[0]))[1])
        self.window.pictures._read = lambda path, reading: (gate.wait(20), read_planes(path, reading))[1]
        self.window.set_items(items(paths))
        self.window.show_row(0)
        self.assertEqual(self.drawn(20, 15), (200, 0, 0))
        self.assertEqual(self.window.bar.text.text(), "0.png — 40 × 30")
        gate.set()
        self.settle()
        self.assertIsNotNone(self.window.panes[0].view._levels)

    def test_no_slot_holds_the_interface_with_a_large_picture(self):
        path = photos((200, 90, 0), size=(5000, 5000))[0]
        self.open([path])
        for action in (lambda: self.window.panes[0].view.zoom_by(3), lambda: self.window.panes[0].view.pan(50, 50),
                       self.window.panes[0].view.repaint, self.window.fit, self.window.panes[0].view.repaint,
                       lambda: self.window.show_adjusting(True), lambda: self.window._show_pictures()):
            self.assertLess(min(slot_s(action) for _ in range(3)), SLOT_S)


class TestPictures(GuiTest):
    def test_files_that_nobody_needs_yet_are_read_while_memory_allows(self):
        pictures = FullPictures(limit_bytes=1)
        paths = photos((1, 0, 0), (2, 0, 0), (3, 0, 0))
        pictures.request(paths[:2], paths[2:])
        assert wait_until(lambda: (QTest.qWait(5), pictures.is_idle)[1])
        self.assertEqual(set(pictures._pictures), set(paths[:2]))
        pictures.close()

    def test_a_picture_of_the_web_is_read_from_its_copy_if_its_host_was_agreed_to(self):
        read = []
        pictures = FullPictures(read=lambda path, reading: read.append(path))
        pictures.request(["https://pictures.example/a.png"])
        assert wait_until(lambda: (QTest.qWait(5), pictures.is_idle)[1])
        self.assertTrue(pictures.find("https://pictures.example/a.png").reason)
        self.assertEqual(read, [])

    def test_every_error_is_a_reason_and_the_next_pictures_are_read(self):
        for error, reason in (
                (MemoryError(), "too large for this machine's memory"),
                (UnreadableImage("a", "it is odd"), "it is odd"),
                (WorkerError("It ended.\nTwice."), "It ended"),
                (KeyError("x"), "this program made an error (KeyError: 'x'); please report it, with the file")):
            def read(path, reading, error=error):
                if path == "d.png":
                    return Planes(np.zeros((1, 1, 1)), ())
                raise error
            pictures = FullPictures(read=read)
            paths = ["a.png", "b.png", "c.png", "d.png"]  # more than are read at once
            pictures.request(paths)
            assert wait_until(lambda pictures=pictures: (QTest.qWait(5), pictures.is_idle)[1])
            found = [pictures.find(path) for path in paths]
            self.assertEqual([one and one.reason for one in found], [reason] * 3 + [""])
