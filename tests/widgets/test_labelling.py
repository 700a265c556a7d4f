"""Labeling in Image Viewer by keys: what is shown, sent, saved and reported."""

from threading import Event
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor
from AnyQt.QtTest import QTest
from Orange.data import DiscreteVariable, Domain, Table
from orangewidget.tests.base import WidgetTest
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.known_pictures import KnownPictures
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer

MANY = 100_000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def pictures(count=6, origin="/nowhere", classes=()):
    domain = Domain([], classes, [image_variable("image", origin)])
    metas = np.array([[f"p{row}.png"] for row in range(count)], object).reshape(count, 1)
    values = np.arange(count * len(classes)).reshape(count, len(classes)) % 2
    return Table.from_numpy(domain, np.zeros((count, 0)), values, metas)


class TestLabelling(WidgetTest):
    def setUp(self):
        self._open()

    def _open(self, **settings):
        self.widget = self.create_widget(OWImageViewer, **settings)
        self.widget.show()
        self.widget.activateWindow()
        self.process_events(self.widget.isActiveWindow)

    def _send(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        self._settle()

    def _settle(self):
        self.process_events(lambda: self.widget.label_desk.is_idle and self.widget.bar.is_idle
                            and not self.widget.is_locating and self.widget._looking.is_idle)
        self.process_events()

    def _add(self, *names):
        for name in names:
            QTest.mouseClick(self.widget.palette_of_labels.add_button, Qt.MouseButton.LeftButton)
            field = self.widget.focusWidget()
            QTest.keyClicks(field, name)
            QTest.keyClick(field, Qt.Key.Key_Return)

    def _choose(self, *rows):
        grid = self.widget.grid
        for number, row in enumerate(rows):
            grid.scroll_to(row)
            QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton,
                             CTRL if number else Qt.KeyboardModifier.NoModifier, grid.cell_rect(row).center())

    def _press(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(self.widget.focusWidget(), key, modifier)
        self._settle()

    def _label(self, key, *rows):
        self._choose(*rows)
        self._press(key)

    def _out(self, name):
        return self.get_output(getattr(self.widget.Outputs, name))

    @property
    def labels(self):
        """Of all rows, as the output has them."""
        data = self._out("annotated")
        column = data.domain["label"]
        return [None if np.isnan(value) else column.values[int(value)] for value in data.get_column(column)]

    def _start(self, data=None):
        self._send(pictures() if data is None else data)
        QTest.mouseClick(self.widget.label_button, Qt.MouseButton.LeftButton)
        self._add("budding", "round")

    def test_five_pictures_are_labeled_by_keys_and_sent_as_a_training_set(self):
        data = pictures()
        self._start(data)
        self._label(Qt.Key.Key_1, 0, 2, 5)
        self._label(Qt.Key.Key_2, 1, 3)
        self.assertEqual(self.labels, ["budding", "round", "budding", "round", None, "budding"])
        labeled = self._out("labeled")
        self.assertEqual(labeled.ids.tolist(), data.ids[[0, 1, 2, 3, 5]].tolist())
        self.assertEqual(labeled.domain.class_var.values, ("budding", "round"))
        self.assertEqual(labeled.Y.tolist(), [0, 1, 0, 1, 0])
        self.assertEqual(self._out("selected").domain.class_var.name, "label")
        self.assertEqual(self._out("selected").Y.tolist(), [1, 1])

    def test_undo_redo_and_delete_by_keys(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self._label(Qt.Key.Key_2, 0, 1)
        self._press(Qt.Key.Key_Z, CTRL)
        self.assertEqual(self.labels[:2], ["budding", None])
        self._press(Qt.Key.Key_Z, CTRL | SHIFT)
        self.assertEqual(self.labels[:2], ["round", "round"])
        self._press(Qt.Key.Key_Z, CTRL)
        self._press(Qt.Key.Key_Y, CTRL)
        self.assertEqual(self.labels[:2], ["round", "round"])
        self._label(Qt.Key.Key_Delete, 1)
        self.assertEqual(self.labels[:2], ["round", None])
        self._label(Qt.Key.Key_0, 0)
        self.assertIsNone(self._out("labeled"))

    def test_labels_return_when_the_workflow_is_opened_again(self):
        data = pictures()
        self._start(data)
        self._label(Qt.Key.Key_2, 4)
        self.widget.palette_of_labels.column.setText("kind")
        self.widget.palette_of_labels.column.editingFinished.emit()
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self._open(stored_settings=settings)
        self._send(data)
        labeled = self._out("labeled")
        column = labeled.domain.class_var
        self.assertEqual((column.name, column.values), ("kind", ("budding", "round")))
        self.assertEqual(labeled.ids.tolist(), data.ids[[4]].tolist())

    def test_nonsense_in_saved_labels_does_no_harm(self):
        for nonsense in (None, 5, "x", {"version": 1, "labels": 5}, {"version": 1, "pictures": {"/nowhere": 3}}):
            self._open(stored_settings={"hand_labels": nonsense, "label_column": 5, "shows_labels": "x"})
            self._send(pictures())
            self.assertNotIn("label", self._out("annotated").domain)

    def test_labels_of_a_newer_version_are_told_and_stay_in_the_workflow_as_they_are(self):
        newer = {"version": 2, "labels": [{"name": "budding"}]}
        self._open(stored_settings={"hand_labels": newer, "labels_open": True})
        warning = self.widget.Warning.newer_labels
        self.assertIn("made by a newer version of this add-on. Update it to see them.", str(warning))
        self._send(pictures())
        self.assertTrue(warning.is_shown())
        self.assertFalse(self.widget.label_button.isEnabled())
        self.assertFalse(self.widget.palette_of_labels.isVisible())
        self._choose(0)
        self._press(Qt.Key.Key_1)
        self.assertIsNone(self._out("labeled"))
        self._send(None)
        self.assertTrue(warning.is_shown())
        kept = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual((kept["hand_labels"], kept["labels_open"]), (newer, True))

    def test_without_labels_outputs_are_as_without_the_palette(self):
        data = pictures(classes=(DiscreteVariable("kind", ("u", "v")),))
        self._start(data)
        self._choose(1)
        self.assertIsNone(self._out("labeled"))
        self.assertEqual(self._out("selected").domain, data.domain)
        self._label(Qt.Key.Key_1, 1)
        self._press(Qt.Key.Key_Z, CTRL)
        self.assertEqual(self._out("selected").domain, data.domain)
        self.assertIsNone(self._out("labeled"))

    def test_a_class_that_was_there_becomes_a_meta_of_all_outputs(self):
        self._start(pictures(classes=(DiscreteVariable("kind", ("u", "v")),)))
        self._label(Qt.Key.Key_1, 1)
        for name in ("selected", "annotated", "labeled"):
            domain = self._out(name).domain
            self.assertEqual(domain.class_var.name, "label")
            self.assertIn("kind", [meta.name for meta in domain.metas])
        self.assertEqual(self._out("labeled").get_column("kind").tolist(), [1])

    def test_a_click_on_a_count_selects_the_pictures_with_that_label(self):
        self._start()
        self._label(Qt.Key.Key_1, 4, 2)
        self._label(Qt.Key.Key_2, 3)
        QTest.mouseClick(self.widget.palette_of_labels.lines[1].count, Qt.MouseButton.LeftButton)
        self._settle()
        self.assertEqual(self._out("selected").get_column("image").tolist(), ["p2.png", "p4.png"])
        self.assertEqual(self.widget.grid.selection.current, 2)
        self._press(Qt.Key.Key_2)
        self.assertEqual(self.labels, [None, None, "round", "round", "round", None])
        self.assertFalse(self.widget.palette_of_labels.lines[1].count.isEnabled())

    def test_removing_a_label_and_undo(self):
        self._start()
        self._label(Qt.Key.Key_1, 0, 1)
        self._label(Qt.Key.Key_2, 2)
        QTest.mouseClick(self.widget.palette_of_labels.lines[1].remove, Qt.MouseButton.LeftButton)
        self._settle()
        self.assertEqual(self.labels[:3], [None, None, "round"])
        self.assertEqual(self._out("labeled").domain.class_var.values, ("round",))
        self._press(Qt.Key.Key_Z, CTRL)
        self.assertEqual(self.labels[:3], ["budding", "budding", "round"])

    def test_digits_in_the_name_of_a_label_label_nothing(self):
        self._start()
        self._choose(0)
        self._add("stage 1")
        self.assertIsNone(self._out("labeled"))
        self.assertEqual(self.widget.label_desk.labels[2].name, "stage 1")

    def test_labels_of_another_folder_are_sent_only_when_the_user_agrees(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self._send(pictures(origin="/other"))
        self.assertIsNone(self._out("labeled"))
        self.assertNotIn("label", self._out("annotated").domain)
        notice = self.widget.palette_of_labels.notice
        self.assertIn("/nowhere", notice.text)
        QTest.mouseClick(notice.buttons["use"], Qt.MouseButton.LeftButton)
        self._settle()
        self.assertEqual(self.labels[0], "budding")

    def test_other_data_and_none_show_no_labels_and_lose_none(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self._send(None)
        self.assertIsNone(self._out("labeled"))
        self._press(Qt.Key.Key_1)
        self._send(pictures(0))
        self.assertIsNone(self._out("labeled"))
        self._send(pictures())
        self.assertEqual(self.labels[0], "budding")

    def test_new_data_goes_on_once_with_its_labels(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        other = pictures(4)
        with patch.object(self.widget.Outputs.annotated, "send") as send:
            self.send_signal(self.widget.Inputs.data, other)
            self.assertTrue(self.widget.isInvalidated())
            self._settle()
            self.assertFalse(self.widget.isInvalidated())
            send.assert_called_once()
        self.assertEqual(self._out("labeled").ids.tolist(), other.ids[[0]].tolist())

    def test_outputs_are_to_come_until_the_labels_of_new_data_are_known(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        known, going_on = KnownPictures.look_at, Event()

        def look_slowly(*given):
            going_on.wait(20)
            return known(*given)
        with patch.object(KnownPictures, "look_at", look_slowly), \
                patch.object(self.widget.Outputs.annotated, "send") as send:
            self.send_signal(self.widget.Inputs.data, pictures(4))
            self.process_events(lambda: not self.widget.is_locating)
            self.assertTrue(self.widget.isInvalidated())
            send.assert_not_called()
            going_on.set()
            self._settle()
            self.assertFalse(self.widget.isInvalidated())
            send.assert_called_once()

    def test_without_labels_new_data_goes_on_once(self):
        with patch.object(self.widget.Outputs.annotated, "send") as send:
            self._send(pictures(4))
            send.assert_called_once()

    def test_new_data_with_labels_goes_on_although_nothing_is_sent_by_itself(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self.widget.auto_commit = False
        self._send(pictures(3))
        self.assertEqual(len(self._out("annotated")), 3)
        self._label(Qt.Key.Key_1, 1)
        self.assertEqual(len(self._out("labeled")), 1)

    def test_selected_pictures_that_a_search_hides_are_not_labeled(self):
        self._start()
        self._choose(0, 1)
        QTest.keyClicks(self.widget.grid, "p")
        QTest.keyClicks(self.widget.focusWidget(), "1")
        self._settle()
        QTest.keyClick(self.widget.focusWidget(), Qt.Key.Key_Return)
        self._settle()
        self.assertEqual(self.widget.search.text, "p1")
        self.widget.grid.setFocus()
        self._press(Qt.Key.Key_2)
        self.assertEqual(self.labels, [None, "round", None, None, None, None])

    def test_digits_in_the_search_label_nothing(self):
        self._start()
        self._choose(0)
        QTest.keyClick(self.widget.grid, Qt.Key.Key_F, CTRL)
        for key in "120":
            QTest.keyClicks(self.widget.focusWidget(), key)
        QTest.keyClick(self.widget.focusWidget(), Qt.Key.Key_Delete)
        self._settle()
        self.assertEqual(self.widget.search.text, "120")
        self.assertIsNone(self._out("labeled"))

    def test_all_of_100_000_pictures_are_labeled_and_sent_in_a_short_slot(self):
        self._start(pictures(MANY))
        QTest.keyClick(self.widget.grid, Qt.Key.Key_A, CTRL)
        seconds = [slot_s(lambda key=key: QTest.keyClick(self.widget.grid, key))
                   for key in (Qt.Key.Key_1, Qt.Key.Key_2) * 3]
        self.assertEqual(self.widget.palette_of_labels.state.text(), "100,000 of 100,000 labeled")
        self.assertLess(min(seconds), SLOT_S)

    def test_the_report_tells_how_many_pictures_have_which_label(self):
        self._start()
        self._label(Qt.Key.Key_1, 0, 1)
        with patch.object(self.widget, "report_items") as items:
            self.widget.send_report()
        told = dict(pair for call in items.call_args_list for pair in call.args[-1])
        self.assertEqual((told["Labeled"], told["budding"], told["round"]), ("2 of 6 labeled", "2", "0"))

    def test_a_picture_carries_the_color_of_its_label_unless_that_is_not_wanted(self):
        self._start()
        self._choose(0)
        grid, color = self.widget.grid, QColor(self.widget.label_desk.labels[0].color)

        def is_marked():
            picture = grid.viewport().grab(grid.cell_rect(0)).toImage()
            return any(picture.pixelColor(x, y) == color for x in range(0, picture.width(), 1) for y in range(8, 30))
        self.assertFalse(is_marked())
        self._press(Qt.Key.Key_1)
        self.assertTrue(is_marked())
        self.widget.palette_of_labels.shows.click()
        self.assertFalse(is_marked())
        self.assertFalse(self.widget.shows_labels)

    def _window(self, row):
        self.widget.grid.opened.emit(row)
        window = self.widget.window_of_one
        self.process_events(window.isActiveWindow)
        return window

    def _corner(self):
        """The color in the corner of the full view where the sign of a label is."""
        view = self.widget.window_of_one.panes[0].view
        return view.grab().toImage().pixelColor(*[round(14 * view.devicePixelRatioF())] * 2)

    def test_a_picture_is_labeled_in_its_own_window_too(self):
        self._start()
        window = self._window(3)
        ground, color = self._corner(), QColor(self.widget.label_desk.labels[1].color)
        QTest.keyClick(window, Qt.Key.Key_2)
        self.assertEqual(self.labels[3], "round")
        self.assertEqual(self._corner(), color)
        QTest.keyClick(window, Qt.Key.Key_Right)
        self.assertEqual((window.row, self._corner()), (4, ground))
        QTest.keyClick(window, Qt.Key.Key_1)
        QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
        QTest.keyClick(window, Qt.Key.Key_Left)
        QTest.keyClick(window, Qt.Key.Key_Delete)
        self.assertEqual(self.widget.label_desk.numbers.tolist(), [0] * 6)
        self.assertEqual(self._corner(), ground)

    def test_digits_zoom_in_the_window_while_there_are_no_labels(self):
        self._send(pictures())
        with patch.object(self.widget.window_of_one.panes[0].view, "zoom_to") as zoom:
            window = self._window(3)
            QTest.keyClick(window, Qt.Key.Key_1)
            zoom.assert_called_once_with(100)
            self.widget.label_button.click()
            self._add("budding")
            QTest.keyClick(window, Qt.Key.Key_1, CTRL)
            self.assertEqual(zoom.call_count, 2)
            window.activateWindow()
            self.process_events(window.isActiveWindow)
            QTest.keyClick(window, Qt.Key.Key_1)
            self.assertEqual((zoom.call_count, self.labels[3]), (2, "budding"))

    def test_the_buttons_of_the_window_name_the_digits_only_while_these_zoom(self):
        bar = self.widget.window_of_one.bar
        tips = [(f"Show the whole picture ({keys[0]}double-click)",
                 f"One pixel of the picture on one of the screen ({keys[1]}double-click)")
                for keys in (("0, or ", "1, or "), ("", ""))]
        self._send(pictures())
        self.widget.label_button.click()
        self.assertEqual((bar.fit.toolTip(), bar.whole.toolTip()), tips[0])
        self._add("budding")
        self.assertEqual((bar.fit.toolTip(), bar.whole.toolTip()), tips[1])
        self.widget.label_button.click()
        self.assertEqual((bar.fit.toolTip(), bar.whole.toolTip()), tips[0])

    def test_when_the_window_is_closed_the_selection_is_labeled(self):
        self._start()
        self._window(3).close()
        self.widget.activateWindow()
        self.process_events(self.widget.isActiveWindow)
        self._choose(2)
        self._press(Qt.Key.Key_1)
        self.assertEqual(self.widget.label_desk.numbers.tolist(), [0, 0, 1, 0, 0, 0])

    def test_while_the_palette_is_closed_nothing_is_labeled(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self.widget.label_button.click()
        self.assertFalse(self.widget.palette_of_labels.isVisible())
        self._label(Qt.Key.Key_2, 0, 1)
        self._press(Qt.Key.Key_Z, CTRL)
        QTest.keyClick(self._window(2), Qt.Key.Key_2)
        self.assertEqual(self.labels, ["budding", None, None, None, None, None])

    def test_an_open_palette_is_open_again_in_the_workflow(self):
        self.assertFalse(self.widget.palette_of_labels.isVisible())
        self._start()
        self._open(stored_settings=self.widget.settingsHandler.pack_data(self.widget))
        self.assertTrue(self.widget.palette_of_labels.isVisible())
        self.assertTrue(self.widget.label_button.isChecked())

    def test_a_notice_about_labels_opens_the_palette(self):
        self._start()
        self._label(Qt.Key.Key_1, 0)
        self.widget.label_button.click()
        self._send(pictures(origin="/other"))
        self.assertTrue(self.widget.palette_of_labels.notice.isVisible())

    def test_labels_take_the_place_of_frames_and_their_legend(self):
        self._start(pictures(classes=(DiscreteVariable("kind", ("u", "v")),)))
        self.assertIsNotNone(self.widget.grid.cell_state(1).frame)
        self._label(Qt.Key.Key_1, 0)
        self.assertIsNone(self.widget.grid.cell_state(1).frame)
        self.assertEqual(self.widget._legend.text(), "")
        self.widget.palette_of_labels.shows.click()
        self.assertIsNotNone(self.widget.grid.cell_state(1).frame)
        self.assertIn("u", self.widget._legend.text())
