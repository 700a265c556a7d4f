"""Sliders change the view and nothing else; what they say is what is seen."""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from AnyQt.QtCore import QCoreApplication, QEvent, QPoint, Qt
from AnyQt.QtGui import QColor
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QColorDialog, QLabel, QLineEdit, QVBoxLayout, QWidget
from orangewidget.tests.base import GuiTest
from window_case import WindowCase, move, photos, two_channels

from orangecontrib.imaging.core.adjusting import adjusted, usual_adjustment
from orangecontrib.imaging.core.images import read_image, read_planes
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.widgets.parts.range_slider import RangeSlider

Key, LEFT, NONE = Qt.Key, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class TestSlider(GuiTest):
    def setUp(self):
        self.slider = RangeSlider("Black and white point")
        self.slider.resize(212, 44)
        self.slider.show_range(20, 80, (0, 100), is_whole=True)
        self.moves = []
        self.slider.moved.connect(lambda low, high: self.moves.append((low, high)))
        self.slider.show()

    def drag(self, start, end):
        QTest.mousePress(self.slider, LEFT, NONE, QPoint(round(self.slider.x_of(start)), 20))
        move(self.slider, QPoint(round(self.slider.x_of(end)), 20), LEFT)
        QTest.mouseRelease(self.slider, LEFT, NONE, QPoint(round(self.slider.x_of(end)), 20))

    def test_the_nearer_end_is_dragged(self):
        self.drag(21, 40)
        self.assertEqual(self.moves[-1], (40, 80))
        self.drag(79, 60)
        self.assertEqual(self.moves[-1], (40, 60))
        move(self.slider, QPoint(5, 20), LEFT)
        self.assertEqual(self.moves[-1], (40, 60))

    def test_the_ends_never_meet_nor_leave_the_extent(self):
        self.drag(20, 95)
        self.assertEqual(self.moves[-1], (79, 80))
        QTest.keyClick(self.slider, Key.Key_Home)
        self.assertEqual(self.moves[-1], (0, 80))
        self.drag(81, 5000)
        self.assertEqual(self.moves[-1], (0, 100))
        QTest.keyClick(self.slider, Key.Key_Home)
        self.assertEqual(self.moves[-1], (0, 1))

    def test_keys_move_one_end_and_space_goes_to_the_other(self):
        for key in (Key.Key_Right, Key.Key_Up, Key.Key_Left, Key.Key_PageUp, Key.Key_Space, Key.Key_Left, Key.Key_End):
            QTest.keyClick(self.slider, key)
        self.assertEqual(self.moves, [(21, 80), (22, 80), (21, 80), (31, 80), (31, 79), (31, 100)])
        self.assertIn("white point 100", self.slider.accessibleDescription())

    def test_the_end_that_the_keys_move_is_marked_while_the_slider_has_the_focus(self):
        other, painted = QLineEdit(), []
        box = QWidget()
        layout = QVBoxLayout(box)
        for widget in (other, self.slider):
            layout.addWidget(widget)
        box.show()
        box.activateWindow()
        other.setFocus()
        self.assertTrue(QTest.qWaitFor(other.hasFocus, 5000))
        self.slider._paint_handle = lambda *_: painted.append(self.slider.hasFocus())
        for widget, is_marked in ((self.slider, True), (other, False)):
            QTest.qWait(20)
            painted.clear()
            widget.setFocus()
            self.assertTrue(QTest.qWaitFor(lambda: bool(painted), 5000))
            self.assertEqual(painted[-1], is_marked)

    def test_decimals_are_kept(self):
        self.slider.show_range(-0.5, 0.25, (-1.0, 1.0))
        QTest.keyClick(self.slider, Key.Key_Right)
        self.assertAlmostEqual(self.moves[-1][0], -0.48)

    def test_one_number_everywhere_is_shown_without_harm(self):
        self.slider.show_range(7, 7, (7, 7), is_whole=True)
        self.slider.show_counts((), (7, 7), "#ffffff")
        self.assertFalse(self.slider.grab().isNull())
        QTest.keyClick(self.slider, Key.Key_Left)


class TestAdjusting(WindowCase):
    def adjust(self, paths, reading=Reading()):
        self.open(paths, reading=reading)
        self.press(Key.Key_A)
        self.assertTrue(self.window.form.isVisible())
        return self.window.form

    def test_the_color_of_a_channel_is_chosen_in_a_window_that_waits_for_nobody(self):
        self.open([two_channels()[1]])
        self.window.show_adjusting(True)
        row = self.window.form.rows[0]
        QTest.mouseClick(row.swatch, LEFT)
        dialog = row.findChild(QColorDialog)
        dialog.setCurrentColor(QColor("#123456"))
        dialog.accept()
        self.settle()
        self.assertEqual([seen.channels[0].colour for seen in self.window._adjustments.values()], ["#123456"])
        QTest.mouseClick(row.swatch, LEFT)
        self.open(photos((200, 0, 0)))
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.assertIsNone(self.window.findChild(QColorDialog))

    def test_a_channel_named_red_has_a_color_to_choose_and_a_photograph_has_none(self):
        stains = os.path.join(tempfile.mkdtemp(dir=os.environ["TMPDIR"]), "stains.ome.tif")
        names = ["Red", "Green"]
        tifffile.imwrite(stains, two_channels()[0], metadata={"axes": "CYX", "Channel": {"Name": names}})
        form = self.adjust([stains, *photos((200, 0, 0))])
        self.assertEqual([row.tick.text() for row in form.rows], names)
        self.assertEqual([row.swatch.isVisible() for row in form.rows], [True] * 2)
        self.press(Key.Key_Right)
        self.assertEqual([row.swatch.isVisible() for row in form.rows], [False] * 3)

    def test_unticking_a_channel_takes_away_exactly_its_color(self):
        _, path = two_channels()
        form, whole = self.adjust([path]), self.seen()
        QTest.mouseClick(form.rows[0].tick, LEFT, NONE, QPoint(8, form.rows[0].tick.height() // 2))
        self.settle()
        self.assertTrue(whole[..., 0].any())
        expected = whole * np.array([0, 1, 1], np.uint8)
        np.testing.assert_array_equal(self.seen(), expected)
        self.assertFalse(form.rows[0].slider.isEnabled())

    def test_the_sliders_begin_with_the_numbers_of_the_recipe(self):
        _, path = two_channels()
        form = self.adjust([path])
        for row, channel in zip(form.rows, read_planes(path).channels, strict=True):
            self.assertEqual((row.slider.low, row.slider.high), channel.limits)
            self.assertEqual((row.low.text(), row.high.text()), tuple(f"{limit:.0f}" for limit in channel.limits))
        self.assertFalse(form.reset.isEnabled())

    def test_the_view_follows_sliders_typed_numbers_and_gamma_and_reset_undoes_them(self):
        _, path = two_channels()
        form = self.adjust([path])
        row = form.rows[1]
        QTest.keyClick(row.slider, Key.Key_PageUp)
        row.high.selectAll()
        QTest.keyClicks(row.high, "40000")
        QTest.keyClick(row.high, Key.Key_Return)
        form.gamma.setFocus()
        QTest.keyClick(form.gamma, Key.Key_PageUp)
        self.settle()
        self.settle()
        adjustment = self.window._adjustments[self.window.planes.kind]
        self.assertEqual(adjustment.channels[1].limits, (row.slider.low, 40000))
        self.assertGreater(adjustment.gamma, 1)
        self.assertIn(f"{adjustment.gamma:.2f}", form._gamma_text.text())
        np.testing.assert_array_equal(self.seen(), adjusted(read_planes(path), adjustment))
        QTest.mouseClick(form.reset, LEFT)
        self.settle()
        np.testing.assert_array_equal(self.seen(), read_image(path).pixels)
        self.assertEqual((form.gamma.value(), self.window._adjustments), (0, {}))

    def test_of_many_moves_the_last_one_is_seen(self):
        _, path = two_channels()
        form = self.adjust([path])
        for _ in range(30):
            QTest.keyClick(form.rows[0].slider, Key.Key_Right)
        self.settle()
        self.settle()
        adjustment = self.window._adjustments[self.window.planes.kind]
        self.assertEqual(adjustment.channels[0].limits[0], form.rows[0].slider.low)
        np.testing.assert_array_equal(self.seen(), adjusted(read_planes(path), adjustment))

    def test_nonsense_that_is_typed_is_put_back(self):
        form = self.adjust([two_channels()[1]])
        row = form.rows[0]
        before = row.low.text()
        for text in ("70000", "", "-"):
            row.low.setText(text)
            row.low.editingFinished.emit()
            self.assertEqual(row.low.text(), before)
        self.assertEqual(self.window._adjustments, {})

    def test_escape_gives_up_what_is_typed_and_leaves_the_window_open(self):
        row = self.adjust([two_channels()[1]]).rows[0]
        before = row.high.text()
        row.high.setFocus()
        row.high.selectAll()
        QTest.keyClicks(row.high, "4")
        QTest.keyClick(row.high, Key.Key_Escape)
        self.assertTrue(self.window.isVisible())
        self.assertEqual((row.high.text(), self.window._adjustments), (before, {}))
        QTest.keyClick(self.window, Key.Key_Escape)
        self.assertFalse(self.window.isVisible())

    def test_neither_file_nor_item_nor_recipe_change(self):
        values, path = two_channels()
        digest, reading = hashlib.sha256(Path(path).read_bytes()).digest(), Reading(contrast="percentiles")
        form = self.adjust([path], reading)
        item = self.window._items[0]
        QTest.keyClick(form.rows[0].slider, Key.Key_PageUp)
        form.gamma.setValue(50)
        self.settle()
        self.assertEqual(hashlib.sha256(Path(path).read_bytes()).digest(), digest)
        self.assertIs(self.window._items[0], item)
        self.assertEqual(self.window.pictures._reading, reading)
        np.testing.assert_array_equal(self.window.planes.values, values)
        self.point(17, 40)
        self.assertIn(f"Channel 1 {values[0, 40, 17]}", self.window.values.text())

    def test_the_adjustment_stays_for_pictures_of_the_same_channels(self):
        paths = [two_channels(0)[1], two_channels(1)[1], *photos((9, 90, 200))]
        form = self.adjust(paths)
        QTest.keyClick(form.rows[0].slider, Key.Key_PageUp)
        self.press(Key.Key_Right)
        adjustment = self.window._adjustments[self.window.planes.kind]
        np.testing.assert_array_equal(self.seen(), adjusted(read_planes(paths[1]), adjustment))
        self.press(Key.Key_Right)
        self.assertEqual([row.tick.text() for row in form.rows], ["Red", "Green", "Blue"])
        np.testing.assert_array_equal(self.seen(), read_image(paths[2]).pixels)
        self.press(Key.Key_Left)
        np.testing.assert_array_equal(self.seen(), adjusted(read_planes(paths[1]), adjustment))

    def test_where_small_numbers_are_bright_black_stays_the_greater(self):
        path = os.path.join(tempfile.mkdtemp(dir=os.environ["TMPDIR"]), "white.tif")
        tifffile.imwrite(path, np.arange(1200, dtype=np.uint16).reshape(30, 40), photometric="miniswhite")
        form = self.adjust([path])
        QTest.keyClick(form.rows[0].slider, Key.Key_PageUp)
        self.settle()
        black, white = self.window._adjustments[self.window.planes.kind].channels[0].limits
        self.assertEqual((white, black), (form.rows[0].slider.low, form.rows[0].slider.high))
        self.assertLess(white, black)

    def test_limits_that_were_left_alone_are_those_of_each_picture(self):
        paths = [two_channels(0)[1], two_channels(1)[1]]
        form = self.adjust(paths, Reading(contrast="percentiles", percentiles=(3, 70)))
        QTest.mouseClick(form.rows[0].tick, LEFT, NONE, QPoint(8, form.rows[0].tick.height() // 2))
        self.press(Key.Key_Right)
        expected = read_image(paths[1], Reading(contrast="percentiles", percentiles=(3, 70))).pixels.copy()
        expected[..., 0] = 0
        np.testing.assert_array_equal(self.seen(), expected)

    def test_the_extent_stays_while_an_end_is_dragged(self):
        form = self.adjust([two_channels()[1]], Reading(contrast="type"))
        slider = form.rows[0].slider
        before = slider._extent
        self.assertEqual(before, (0, 65535))
        slider.move_end(30000, True)
        self.settle()
        self.assertEqual((slider._extent, slider.high), (before, 30000))

    def test_a_picture_that_cannot_be_read_has_nothing_to_adjust(self):
        paths = photos((1, 0, 0))
        os.remove(paths[0])
        form = self.adjust(paths)
        self.assertFalse(form.widget().isEnabled())

    def test_the_form_says_that_only_the_view_changes(self):
        form = self.adjust([two_channels()[1]])
        texts = [label.text() for label in form.findChildren(QLabel)]
        self.assertIn("Only this view changes. The data, the files and what networks see stay as they are.", texts)

    def test_pictures_side_by_side_are_adjusted_alike(self):
        paths = [two_channels(0)[1], two_channels(1)[1]]
        form = self.adjust(paths)
        self.press(Key.Key_S)
        QTest.keyClick(form.rows[1].slider, Key.Key_PageUp)
        self.settle()
        adjustment = self.window._adjustments[self.window.planes.kind]
        for pane, path in enumerate(paths):
            np.testing.assert_array_equal(self.seen(pane), adjusted(read_planes(path), adjustment))
            self.assertNotEqual(adjustment, usual_adjustment(read_planes(path)))
