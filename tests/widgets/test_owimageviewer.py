"""Image Viewer: what it shows, sends, says and remembers."""

import os
import tempfile
import threading
from html import escape
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QPoint, QRect, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QListView
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.data.owfile import OWFile
from orangewidget.tests.base import WidgetTest
from PIL import Image
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.tables.columns import image_variable, why_no_file
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.widgets.jobs.viewing import ViewChoice
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer
from orangecontrib.imaging.widgets.parts import lookup
from orangecontrib.imaging.widgets.parts.picture_tips import tip_text
from orangecontrib.imaging.widgets.parts.thumbnail_store import shared_store


def _folder(*names):
    folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (20 + number, 20), (number * 20, 90, 90)).save(folder / name)
    return folder


def _named(count, origin="/nowhere", hidden=0):
    """A table of pictures that are not there."""
    attributes = [ContinuousVariable(f"n{column}") for column in range(hidden)]
    for attribute in attributes:
        attribute.attributes["hidden"] = True
    metas = np.array([[f"name {row}", f"p{row}.png"] for row in range(count)], dtype=object)
    domain = Domain(attributes, metas=[StringVariable("name"), image_variable("image", origin)])
    return Table.from_numpy(domain, np.zeros((count, hidden)), metas=metas.reshape(count, 2))


class TestImageViewer(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWImageViewer)
        self.widget.resize(1000, 700)  # room for some pictures, whatever screen there is

    def _send(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        self._look()

    def _look(self):
        """Wait for what is found out in threads."""
        self.process_events(lambda: not self.widget.isInvalidated() and self.widget._looking.is_idle)

    def _settle(self):
        self.widget.show()
        self.process_events()
        self.process_events(lambda: self.widget.bar.is_idle)
        self.process_events()
        self.process_events(lambda: not self.widget.grid._asking.isActive())
        self.process_events(lambda: self.widget.thumbnails.is_idle)

    def _choose(self, *rows, widget=None):
        grid = (widget or self.widget).grid
        grid.show()
        for number, row in enumerate(rows):
            modifier = (Qt.KeyboardModifier.ControlModifier if number
                        else Qt.KeyboardModifier.NoModifier)
            grid.scroll_to(row)
            QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier,
                             grid.cell_rect(row).center())

    def _tick(self, *names):
        """Tick captions, or the other way round, by mouse."""
        view = self.widget.controlArea.findChild(QListView)
        model = view.model()
        self.widget.show()
        for row in range(model.rowCount()):
            if model[row].name in names:
                view.scrollTo(model.index(row))
                place = view.visualRect(model.index(row))
                QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                                 QPoint(place.left() + 10, place.center().y()))
        self._look()

    @property
    def selected(self):
        return self.get_output(self.widget.Outputs.selected)

    @property
    def annotated(self):
        return self.get_output(self.widget.Outputs.annotated)

    def test_the_chosen_rows_are_sent_and_marked_among_all(self):
        data = images_table(scan_folder(_folder("u/a.png", "u/b.png", "v/c.png", "v/d.png")))
        self._send(data)
        self.assertIsNone(self.selected)
        self.assertEqual(self.annotated.get_column("Selected").tolist(), [0, 0, 0, 0])
        self._choose(3, 1)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[1, 3]].tolist())
        self.assertEqual(self.selected.domain, data.domain)
        self.assertEqual(self.annotated.get_column("Selected").tolist(), [0, 1, 0, 1])
        self.assertEqual(self.annotated.ids.tolist(), data.ids.tolist())
        self.assertEqual(self.widget._summary.text(), "2 of 4 pictures")

    def test_outputs_carry_the_promised_names(self):
        self.assertEqual(self.widget.Inputs.data.name, "Data")
        self.assertEqual(self.widget.Outputs.selected.name, "Selected Images")
        self.assertEqual(self.widget.Outputs.annotated.name, "Data")

    def test_image_columns_are_offered_first_and_any_text_column_too(self):
        domain = Domain([], DiscreteVariable("y", ("u",)),
                        [StringVariable("notes"), image_variable("pictures", "/x")])
        self._send(Table.from_numpy(domain, np.empty((1, 0)), [[0]],
                                    np.array([["hello", "a.png"]], dtype=object)))
        self.assertEqual([column.name for column in self.widget._image_model],
                         ["pictures", "notes"])
        self.assertEqual(self.widget.image_column.name, "pictures")
        self.assertEqual([column.name for column in self.widget.caption_columns], ["notes"])
        self.assertEqual(self.widget.grid.items[0].caption, "hello")

    def test_titles_come_from_the_chosen_column_or_the_file_name(self):
        self._send(_named(3))
        self.assertEqual([item.caption for item in self.widget.grid.items],
                         ["name 0", "name 1", "name 2"])
        self._tick("name")
        self.assertEqual([item.caption for item in self.widget.grid.items],
                         ["p0.png", "p1.png", "p2.png"])

    def test_the_choice_of_columns_returns_with_the_same_data(self):
        data = _named(3)
        self._send(data)
        self._tick("name")
        self.widget.image_column = data.domain["name"]
        self.widget._on_column()
        self._look()
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
        self._send(data)
        self.assertEqual(self.widget.image_column.name, "name")
        self.assertEqual(self.widget.caption_columns, [])

    def test_a_selection_returns_with_the_same_data_and_after_reopening(self):
        data, other = _named(5), _named(4, origin="/else")
        self._send(data)
        self._choose(1, 3)
        self._send(other)
        self.assertIsNone(self.selected)
        self._send(data)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[1, 3]].tolist())
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(settings["saved_selection"]["rows"], [1, 3])
        self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
        self._send(data)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[1, 3]].tolist())
        self.assertEqual(self.annotated.get_column("Selected").tolist(), [0, 1, 0, 1, 0])

    def test_a_selection_follows_its_pictures_into_other_data(self):
        data = _named(5)
        self._send(data)
        self._choose(1)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        for run in ("the same", "another"):
            with self.subTest(run):
                self._send(data[::-1])
                self.assertEqual(self.widget.grid.selection.rows, {3})
                self.assertEqual(self.selected.ids.tolist(), data.ids[[1]].tolist())
                self._send(_named(5, origin="/else")[2:])
                self.assertIsNone(self.selected)
            self.widget = self.create_widget(OWImageViewer, stored_settings=settings)

    def test_of_rows_with_the_same_picture_the_chosen_one_returns(self):
        data = _named(6)
        with data.unlocked(data.metas):
            data.metas[:, 1] = ["a.png", "b.png", "a.png", "a.png", "b.png", "c.png"]
        self._send(data)
        self._choose(2, 4)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
        self._send(data[:5])
        self.assertEqual(self.widget.grid.selection.rows, {2, 4})

    def test_nonsense_in_a_saved_selection_selects_nothing(self):
        data = _named(3)
        for saved in ({"rows": "ab", "of": 3}, {"pictures": [None, 5]}, {"rows": [1.5, None, True, 99, -1]}):
            with self.subTest(saved):
                self._send(data)
                self._choose(1)
                of = self.widget.saved_selection["of"]
                settings = {"saved_selection": {"of": of, **saved}}
                self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
                self._send(data)
                self.assertEqual(self.widget.grid.selection.rows, frozenset())

    def test_unreadable_pictures_are_counted_and_the_count_goes_with_the_data(self):
        folder = _folder("a.png", "b.png", "c.png", "d.png")
        data = images_table(scan_folder(folder))
        (folder / "b.png").write_bytes(b"")
        (folder / "c.png").unlink()
        self._send(data)
        self._settle()
        self.assertEqual(str(self.widget.Warning.unreadable),
                         "2 pictures could not be read. Point at a gray field to see why.")
        self._send(data[:1])
        self._settle()
        self.assertFalse(self.widget.Warning.unreadable.is_shown())

    def test_all_pictures_broken_still_can_be_chosen(self):
        data = _named(3)
        self._send(data)
        self._settle()
        self.assertIn("3 pictures", str(self.widget.Warning.unreadable))
        self._choose(2)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[2]].tolist())

    def test_data_without_text_says_what_to_do_and_is_passed_on(self):
        data = Table.from_numpy(Domain([ContinuousVariable("x")]), np.zeros((2, 1)))
        self._send(data)
        self.assertTrue(self.widget.Error.no_column.is_shown())
        self.assertEqual(len(self.annotated), 2)
        self._send(_named(2))
        self.assertFalse(self.widget.Error.no_column.is_shown())
        self.assertEqual(self.widget.image_column.name, "image")
        self.assertEqual(len(self.widget.grid.items), 2)

    def test_no_rows_one_row_and_no_data(self):
        self._send(_named(2)[:0])
        self.assertTrue(self.widget.Warning.no_rows.is_shown())
        self.assertEqual(len(self.annotated), 0)
        data = _named(1)
        self._send(data)
        self.assertFalse(self.widget.Warning.no_rows.is_shown())
        self._choose(0)
        self.assertEqual(len(self.selected), 1)
        self._send(None)
        self.assertIsNone(self.selected)
        self.assertIsNone(self.annotated)
        self.assertEqual(self.widget._summary.text(), "No pictures.")
        self.assertEqual(len(self.widget.grid.items), 0)

    def test_what_names_no_file_says_so_at_once_and_no_reader_is_asked(self):
        domain = Domain([], metas=[StringVariable("file")])
        names = ["", "https://example.org/a.png", "SN/a.png", str(_folder("a.png") / "a.png")]
        data = Table.from_numpy(domain, np.empty((4, 0)), metas=np.array([[name] for name in names], dtype=object))
        readers = shared_store()._readers
        self.widget.resize(1000, 800)  # room for all, below the bar
        with patch.object(readers, "_read", wraps=readers._read) as read:
            self._send(data)
            self._settle()
            self.assertEqual([call.args[0] for call in read.mock_calls], names[3:])
        self.assertEqual(str(self.widget.Warning.unreadable),
                         "3 pictures could not be read. Point at a gray field to see why.")
        self.widget._open(0)
        reasons = []
        for row in range(3):
            reasons.append(self.widget.window_of_one.entry().reason)
            self.assertIn(escape(reasons[-1]), tip_text(self.widget.grid.items[row], self.widget.grid.entry(
                self.widget.grid.items[row])))
            QTest.keyClick(self.widget.window_of_one, Qt.Key.Key_Right)
        self.assertEqual(reasons, [why_no_file(name) for name in names[:3]])
        self.assertIsNotNone(self.widget.window_of_one.entry().pixmap)

    def test_image_names_in_a_tab_file_start_from_the_folder_of_that_file(self):
        folder = _folder("SN/a.png")
        (folder / "cells.tab").write_text("picture\nstring\nmeta type=image\nSN/a.png\n")
        file = self.create_widget(OWFile)
        file.add_path(str(folder / "cells.tab"))
        file.load_data()
        self._send(self.get_output(file.Outputs.data, widget=file))
        self._settle()
        self.assertEqual([item.path for item in self.widget.grid.items], [str(folder / "SN" / "a.png")])
        self.assertFalse(self.widget.Warning.unreadable.is_shown())

    def test_without_automatic_sending_the_choice_waits_for_the_button(self):
        self._send(_named(3))
        self.widget.auto_commit = False
        self._choose(1)
        self.assertIsNone(self.selected)
        self.widget.commit.now()
        self.assertEqual(len(self.selected), 1)

    def test_data_replaced_while_pictures_are_read_shows_the_new_ones_only(self):
        first, second = (images_table(scan_folder(_folder(*names)))
                         for names in (["a.png", "b.png"], ["c.png"]))
        self.widget.show()
        self._send(first)
        self._send(second)
        self._settle()
        self.assertEqual([item.caption for item in self.widget.grid.items], ["c"])
        self.assertIsNotNone(self.widget.thumbnails.find(self.widget.grid.items[0].path).pixmap)

    def test_a_double_click_opens_the_picture_and_its_arrows_move_the_grid(self):
        self._send(images_table(scan_folder(_folder("a.png", "b.png"))))
        self.widget.show()
        grid, window = self.widget.grid, self.widget.window_of_one
        QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton,
                          Qt.KeyboardModifier.NoModifier, grid.cell_rect(0).center())
        self.process_events(lambda: window.pictures.is_idle)
        self.process_events()
        self.assertTrue(window.isVisible())
        self.assertEqual(window.windowTitle(), "a — 20 × 20 — 1 of 2")
        QTest.keyClick(window, Qt.Key.Key_Right)
        self.assertEqual(grid.selection.current, 1)
        self._send(None)
        self.assertFalse(window.isVisible())

    def test_selected_pictures_stand_side_by_side(self):
        self._send(images_table(scan_folder(_folder("a.png", "b.png", "c.png", "d.png"))))
        self._choose(0, 2, 3)
        QTest.keyClick(self.widget.grid, Qt.Key.Key_Return)
        QTest.keyClick(self.widget.window_of_one, Qt.Key.Key_S)
        captions = [pane.caption.text() for pane in self.widget.window_of_one.panes if pane.isVisible()]
        self.assertEqual(captions, ["a", "c", "d"])
        self.widget.window_of_one.close()

    def test_the_size_is_changed_by_slider_and_wheel_and_kept(self):
        self._send(_named(3))
        self.widget._slider.setValue(200)
        self.assertEqual(self.widget.thumbnail_px, 200)
        self.assertEqual(self.widget.grid.cell_rect(0).width(), 216)
        self.widget.grid.zoomed.emit(1)
        self.assertEqual(self.widget.thumbnail_px, 230)
        self.assertEqual(self.widget.grid.cell_rect(0).width(), 246)
        for _ in range(30):
            self.widget.grid.zoomed.emit(1)
        self.assertEqual((self.widget.thumbnail_px, self.widget._slider.value()), (320, 320))
        again = self.create_widget(
            OWImageViewer, stored_settings=self.widget.settingsHandler.pack_data(self.widget))
        self.assertEqual(again.grid.grid.cell_width, 336)

    def test_with_100000_rows_no_slot_takes_longer_than_50_ms(self):
        data = _named(100_000, hidden=8)
        self.widget.resize(1100, 800)
        self._settle()
        self._send(data)
        widget, bar, opened = self.widget, self.widget.grid.verticalScrollBar(), self.widget._opened
        backwards = opened.gallery.show(ViewChoice(sort_by=data.domain["name"], group_by=data.domain["n0"]))
        self._hold_threads()
        slots = {
            "new data": lambda: widget.set_data(data),
            "found out": lambda: widget._on_opened(opened),
            "other order": lambda: widget._on_shown((opened.gallery, backwards, None)),
            "select all": lambda: (widget.grid.selection.clear(),
                                   QTest.keyClick(widget.grid, Qt.Key.Key_A,
                                                  Qt.KeyboardModifier.ControlModifier)),
            "extend": lambda: (QTest.keyClick(widget.grid, Qt.Key.Key_Home),
                               QTest.keyClick(widget.grid, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)),
            "scroll": lambda: bar.setValue((bar.value() + 999) % bar.maximum()),
            "size": lambda: widget.grid.zoomed.emit(-1),
            "paint": widget.grid.viewport().repaint,
            "request": widget.grid._ask,
            "band": lambda: (widget.grid.selection.start_band(keep=False), widget.grid.selection.stretch_band(
                widget.grid.grid.touched(QRect(0, 0, 2000, bar.maximum())))),
        }
        for name, slot in slots.items():
            with self.subTest(name):
                self.assertLess(min(slot_s(slot) for _ in range(5)), SLOT_S)

    def _hold_threads(self):
        """From now on none does anything: who waits for them waits long, and who does not is not held up by them."""
        held = threading.Event()
        self.addCleanup(held.set)

        def hold(path, size_px, reading, cancelled):
            held.wait(10)
            raise Cancelled("")

        self.enterContext(patch.object(shared_store()._readers, "_read", hold))
        self.enterContext(patch.object(lookup, "Thread"))

    def test_files_are_opened_outside_the_thread_of_the_interface_only(self):
        data = images_table(scan_folder(_folder("a.png", "b.png")))
        def elsewhere(action):
            def act(*arguments, **options):
                if threading.current_thread() is threading.main_thread():
                    raise AssertionError(arguments)
                return action(*arguments, **options)
            return act

        with patch("builtins.open", elsewhere(open)), patch("os.stat", elsewhere(os.stat)):
            self._send(data)
            self.widget.grid.grab()

    def test_the_report_names_columns_and_selection(self):
        self._send(_named(3))
        self._choose(1)
        shown = []
        self.widget.report_items, self.widget.report_raw = shown.extend, shown.append
        self.widget.send_report()
        self.assertEqual(shown[:3], [("Column with pictures", "image"), ("Captions", "name"),
                                     ("Selected", "1 of 3 pictures")])
        self.assertIn('src="data:image/png;base64,iVBOR', shown[3])
        self.widget.sort_descending = True
        self.assertIn(("Sorted by", "order of the table, descending"), self.widget.view_report())

    def test_without_data_it_says_what_to_connect(self):
        self.assertIn("Connect Import Images", self.widget.grid._hint)
        self._send(_named(1))
        self.process_events(lambda: self.widget.bar.is_idle)
        self.assertNotIn("Connect", self.widget.grid._hint)
        self._send(None)
        self.assertIn("Connect Import Images", self.widget.grid._hint)

    def test_a_deleted_widget_waits_for_nothing_any_more(self):
        self._send(images_table(scan_folder(_folder("a.png"))))
        self._settle()
        self.widget._open(0)
        places = [service._place for service in (self.widget.thumbnails, self.widget.grid._tip._own)]
        self.assertEqual([place.view in place.store._views for place in places], [True, False])
        self.widget.onDeleteWidget()
        self.assertEqual([place.is_closed for place in places], [True] * 2)
        self.assertEqual(self.widget.window_of_one.pictures._needed, ())
        self.assertFalse(any(place.view in place.store._views for place in places))
