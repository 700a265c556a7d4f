"""Image Viewer: order, groups, captions, frames, search and subset, as the user sets them."""

import numpy as np
from AnyQt.QtCore import QPoint, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QCheckBox, QComboBox
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer

CTRL, PLAIN, LEFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
NAMES = ["cell 10", "cell 2", "Worm", "cell 1", "worm 3", ""]
KINDS = [1, 0, 1, 0, np.nan, 1]
SIZES = [3.0, 1.0, 2.0, np.nan, 5.0, 4.0]


def cells():
    metas = np.array([[name, f"p{row}.png"] for row, name in enumerate(NAMES)], object)
    domain = Domain([ContinuousVariable("size")], DiscreteVariable("kind", ("young", "old")),
                    [StringVariable("name"), image_variable("image", "/nowhere")])
    return Table.from_numpy(domain, np.array(SIZES)[:, None], np.array(KINDS), metas)


class OrderCase(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWImageViewer)
        self.widget.resize(1000, 700)
        self.widget.show()
        self.data = cells()
        self._send(self.data)

    def _send(self, data, subset=None):
        self.send_signals([(self.widget.Inputs.data, data), (self.widget.Inputs.subset, subset)])
        self._look()

    def _look(self):
        self.process_events(lambda: not self.widget.search._pause.isActive())
        self.process_events(lambda: not self.widget.isInvalidated() and self.widget._looking.is_idle)

    def _choose_in(self, name, text):
        """Choose in a combo box; it tells what a click would make it tell."""
        combo = next(box for box in self.widget.controlArea.findChildren(QComboBox) if box.accessibleName() == name)
        row = combo.findText(text)
        self.assertGreaterEqual(row, 0)
        combo.setCurrentIndex(row)
        combo.activated[int].emit(row)
        self._look()

    def _type(self, text):
        QTest.keyClicks(self.widget.search.line, text)
        self._look()

    def _click(self, row, modifier=PLAIN):
        grid = self.widget.grid
        grid.scroll_to(row)
        QTest.mouseClick(grid.viewport(), LEFT, modifier, grid.cell_rect(row).center())

    @property
    def order(self):
        return self.widget.grid.arrangement.order.tolist()

    @property
    def groups(self):
        return [(group.title, group.count) for group in self.widget.grid.arrangement.groups]

    @property
    def rows(self):
        return set(self.widget.grid.selection.rows)


class TestOrder(OrderCase):
    def test_pictures_are_sorted_by_any_column_and_turned_round(self):
        self._choose_in("Sort by", "name")
        self.assertEqual(self.order, [3, 1, 0, 2, 4, 5])
        descending = next(box for box in self.widget.controlArea.findChildren(QCheckBox) if "Descending" in box.text())
        descending.click()
        self._look()
        self.assertEqual(self.order, [4, 2, 0, 1, 3, 5])
        self._choose_in("Sort by", "size")
        self.assertEqual(self.order, [4, 5, 0, 2, 1, 3])
        self._choose_in("Sort by", "(order of the table)")
        self.assertEqual(self.order, [5, 4, 3, 2, 1, 0])

    def test_groups_have_headings_with_counts_and_keep_the_order_inside(self):
        self._choose_in("Sort by", "size")
        self._choose_in("Group by", "kind")
        self.assertEqual(self.groups, [("young", 2), ("old", 3), ("kind is missing", 1)])
        self.assertEqual(self.order, [1, 3, 2, 0, 5, 4])
        cells = [self.widget.grid.cell_rect(row) for row in self.order]
        heading = self.widget.grid.grid.heading(1).translated(0, -self.widget.grid.verticalScrollBar().value())
        self.assertTrue(cells[1].bottom() < heading.top() < heading.bottom() < cells[2].top())

    def test_sorting_and_searching_lose_no_selection_and_outputs_keep_the_order_of_the_table(self):
        self._click(0)
        self._click(3, CTRL)
        self._choose_in("Sort by", "name")
        self.assertEqual(self.rows, {0, 3})
        self._type("worm")
        self.assertEqual((self.rows, self.order), ({0, 3}, [2, 4]))
        self.assertEqual(self.widget._summary.text(), "2 of 6 pictures\n2 of them not found by the search")
        self._click(4, CTRL)
        sent = self.get_output(self.widget.Outputs.selected)
        self.assertEqual(sent.ids.tolist(), self.data.ids[[0, 3, 4]].tolist())

    def test_shift_and_arrows_go_through_pictures_as_they_are_shown(self):
        self._choose_in("Sort by", "name")
        self._click(1)
        QTest.keyClick(self.widget.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(self.widget.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        self.assertEqual(self.rows, {1, 0, 2})
        QTest.keyClick(self.widget.grid, Qt.Key.Key_End)
        self.assertEqual(self.rows, {5})

    def test_the_full_view_goes_on_in_the_order_shown(self):
        self._choose_in("Sort by", "name")
        self._click(3)
        QTest.keyClick(self.widget.grid, Qt.Key.Key_Return)
        for _ in range(2):
            QTest.keyClick(self.widget.window_of_one, Qt.Key.Key_Right)
        self.assertEqual(self.widget.grid.selection.current, 0)
        self.widget.window_of_one.close()

    def test_order_and_groups_return_with_the_workflow(self):
        self._choose_in("Sort by", "size")
        self._choose_in("Group by", "kind")
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
        self._send(self.data)
        self.assertEqual(self.order, [1, 3, 2, 0, 5, 4])


class TestSearch(OrderCase):
    def test_a_search_shows_what_holds_the_text_in_captions_or_texts_in_either_case(self):
        self._type("WORM")
        self.assertEqual((self.order, self.widget.search._found.text()), ([2, 4], "2 of 6"))
        self.widget.search.line.clear()
        self._type("p5.")
        self.assertEqual(self.order, [5])

    def test_escape_shows_all_again_and_ctrl_f_reaches_the_field(self):
        self._type("worm")
        QTest.keyClick(self.widget.search.line, Qt.Key.Key_Escape)
        self._look()
        self.assertEqual((self.order, self.widget.search.text), ([0, 1, 2, 3, 4, 5], ""))
        self.assertEqual(self.widget.search._found.text(), "")
        self.widget.activateWindow()
        self.process_events()
        QTest.keyClick(self.widget, Qt.Key.Key_F, CTRL)
        self.assertTrue(self.widget.search.line.hasFocus())

    def test_a_letter_typed_among_the_pictures_begins_a_search(self):
        self.widget.activateWindow()
        self.widget.grid.setFocus()
        QTest.keyClick(self.widget.grid, "w")
        self.assertEqual(self.widget.search.text, "w")
        self.assertTrue(self.widget.search.line.hasFocus())
        self._type("o")
        self.assertEqual(self.order, [2, 4])

    def test_where_nothing_is_found_that_is_said_and_keys_do_nothing(self):
        self._type("zebra")
        self.assertEqual(self.order, [])
        self.assertIn("zebra", self.widget.grid._hint)
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_End):
            QTest.keyClick(self.widget.grid, key)
        self.assertEqual(self.rows, set())
        self.widget.grid.grab()

    def test_select_all_selects_what_is_shown(self):
        self._type("cell")
        QTest.keyClick(self.widget.grid, Qt.Key.Key_A, CTRL)
        self.assertEqual(self.rows, {0, 1, 3})

    def test_new_data_ends_a_search(self):
        self._type("worm")
        self._send(self.data[:4])
        self.assertEqual((self.order, self.widget.search.text), ([0, 1, 2, 3], ""))


class TestMarks(OrderCase):
    def _pixel(self, row, left, top):
        cell = self.widget.grid.cell_rect(row)
        return self.widget.grid.viewport().grab().toImage().pixelColor(cell.topLeft() + QPoint(left, top)).getRgb()[:3]

    def test_frames_have_the_colors_of_the_chosen_column_and_missing_values_none(self):
        colors = dict(self._legend())
        self.assertEqual(list(colors), ["young", "old"])
        middle = self.widget.grid.cell_rect(0).width() // 2
        for row, name in ((0, "old"), (1, "young")):
            self.assertEqual(self._pixel(row, middle, 7), colors[name])
        self.assertEqual(self._pixel(4, middle, 6), self._pixel(4, 2, 6))
        self._choose_in("Color by", "size")
        self.assertEqual(self._legend(), ())
        self.assertEqual(self.widget._legend.text().count("■"), 5)
        self.assertNotEqual(self._pixel(4, middle, 7), self._pixel(1, middle, 7))
        self.assertEqual(self._pixel(3, middle, 6), self._pixel(3, 2, 6))
        self._choose_in("Color by", "(no frames)")
        self.assertEqual(self._pixel(1, middle, 6), self._pixel(1, 2, 6))
        self.assertTrue(self.widget._legend.isHidden())

    def _legend(self):
        from orangecontrib.imaging.widgets.frames import legend
        shown = tuple(legend(self.widget.frame_column))
        for name, _ in shown:
            self.assertIn(name, self.widget._legend.text())
        return shown

    def test_rows_outside_the_subset_stand_back_and_those_inside_are_counted(self):
        self._send(self.data, self.data[[1, 4]])
        grid = self.widget.grid
        self.assertEqual([grid.cell_state(row).dimmed for row in range(6)], [True, False, True, True, False, True])
        self.assertEqual(self.widget._summary.text(), "0 of 6 pictures\n2 in the subset")
        self._choose_in("Sort by", "name")
        self.assertFalse(grid.cell_state(4).dimmed)
        self._send(self.data, None)
        self.assertFalse(any(grid.cell_state(row).dimmed for row in range(6)))

    def test_several_captions_are_several_lines_in_the_order_in_which_they_were_ticked(self):
        model = self.widget._caption_model
        names = [column.name for column in model]
        for name in ("size", "kind"):
            model.setData(model.index(names.index(name)), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
        self._look()
        item = self.widget.grid.items[0]
        self.assertEqual((item.caption, item.more), ("cell 10", ("3", "old")))
        before = self.widget.grid.grid.cell_height
        model.setData(model.index(names.index("name")), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
        self._look()
        self.assertEqual(self.widget.grid.items[3].caption, "?")
        self.assertEqual(before - self.widget.grid.grid.cell_height, self.widget.grid.fontMetrics().height())


    def test_nonsense_in_saved_settings_is_as_if_nothing_was_set(self):
        for settings in ({"thumbnail_px": "large"}, {"thumbnail_px": 10**9}, {"saved_selection": [3]}):
            with self.subTest(settings):
                self.widget = self.create_widget(OWImageViewer, stored_settings=settings)
                self._send(self.data)
                self.assertEqual((len(self.order), self.rows), (6, set()))
                self.assertTrue(48 <= self.widget.thumbnail_px <= 320)


class TestMeanwhile(OrderCase):
    def test_an_order_asked_for_before_the_data_was_looked_at_is_shown_after_it(self):
        self.send_signal(self.widget.Inputs.data, self.data[:5])
        self.widget.sort_column = self.data.domain["name"]
        self.widget._show_otherwise()
        self._look()
        self.assertEqual(self.order, [3, 1, 0, 2, 4])

    def test_an_answer_about_old_data_is_dropped(self):
        self.widget.sort_column = self.data.domain["name"]
        self.widget._show_otherwise()
        self.send_signal(self.widget.Inputs.data, self.data[:3])
        self._look()
        self.assertEqual((self.order, len(self.widget.grid.items)), ([1, 0, 2], 3))

    def test_a_late_answer_about_old_data_is_dropped(self):
        old = self.widget._opened
        self._send(self.data[:3])
        self.widget._on_shown((old.gallery, old.shown, None))
        self.assertEqual((self.order, len(self.widget.grid.items)), ([0, 1, 2], 3))

    def test_outputs_are_to_come_until_the_data_was_looked_at(self):
        self.send_signal(self.widget.Inputs.data, self.data[:5])
        self.assertTrue(self.widget.isInvalidated())
        self.assertEqual(len(self.get_output(self.widget.Outputs.annotated)), 5)
        self.assertFalse(self.widget.isInvalidated())

    def test_data_taken_away_while_it_is_looked_at_leaves_nothing(self):
        self.send_signal(self.widget.Inputs.data, self.data[:5])
        self.send_signal(self.widget.Inputs.data, None)
        self._look()
        self.assertEqual(len(self.widget.grid.items), 0)
        self.assertIsNone(self.get_output(self.widget.Outputs.annotated))
