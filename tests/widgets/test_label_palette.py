"""The palette of labels, and the keys that label."""

import pytest
from AnyQt.QtCore import QCoreApplication, QEvent, Qt
from AnyQt.QtGui import QColor
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QColorDialog, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core.hand_labels import COLORS, LabelBook
from orangecontrib.imaging.widgets.parts.label_keys import LabelKeys
from orangecontrib.imaging.widgets.parts.label_palette import LabelPalette

BOOK = LabelBook().add("budding").add("round")


class TestLabelPalette(WidgetTest):
    def setUp(self):
        self.palette = LabelPalette()
        self.palette.show_labels(BOOK.labels, {1: 12, 2: 1240}, 5000)
        self.palette.show()
        self.palette.activateWindow()
        self.process_events(self.palette.isActiveWindow)
        self.heard = []
        for name in ("put", "renamed", "recolored", "removed", "added", "undo", "redo", "column_renamed", "shown",
                     "left"):
            getattr(self.palette, name).connect(lambda *values, name=name: self.heard.append((name, *values)))

    def tearDown(self):
        self.palette.close()
        self.palette.deleteLater()

    def _type(self, field, text, key=Qt.Key.Key_Return):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, key)

    def test_each_label_has_its_number_name_and_count_and_the_state_is_told(self):
        lines = self.palette.lines
        self.assertEqual([(line.number.text(), line.name.text(), line.count.text()) for line in lines.values()],
                         [("1", "budding", "12"), ("2", "round", "1,240")])
        self.assertEqual(self.palette.state.text(), "1,252 of 5,000 labeled")

    def test_without_labels_it_says_how_to_begin(self):
        self.palette.show_labels((), {}, 20)
        self.assertIn("Add a label", self.palette.state.text())
        self.assertEqual(self.palette.lines, {})
        self.assertFalse(self.palette.column.isVisible())

    def test_a_click_on_the_number_puts_the_label(self):
        QTest.mouseClick(self.palette.lines[2].number, Qt.MouseButton.LeftButton)
        self.assertEqual(self.heard, [("put", 2)])

    def test_a_name_is_taken_with_enter_and_the_keys_are_for_pictures_again(self):
        self._type(self.palette.lines[1].name, "small")
        self.assertEqual(self.heard, [("renamed", 1, "small"), ("left",)])

    def test_a_name_is_taken_when_its_field_is_left(self):
        field = self.palette.lines[1].name
        field.setFocus()
        QTest.keyClicks(field, "x")
        self.palette.add_button.setFocus()
        self.assertEqual(self.heard, [("renamed", 1, "xbudding")])

    def test_escape_leaves_a_name_as_it_was(self):
        self._type(self.palette.lines[1].name, "small", Qt.Key.Key_Escape)
        self.assertEqual(self.heard, [("left",)])
        self.assertEqual(self.palette.lines[1].name.text(), "budding")

    def test_a_name_that_is_not_changed_is_not_told(self):
        self._type(self.palette.lines[1].name, "budding")
        self.assertEqual(self.heard, [("left",)])

    def test_what_is_shown_again_shows_the_name_that_holds(self):
        self._type(self.palette.lines[1].name, "round")
        self.palette.show_labels(BOOK.labels, {}, 5000)
        self.assertEqual(self.palette.lines[1].name.text(), "budding")

    def test_lines_come_and_go_with_their_labels_in_the_order_of_numbers(self):
        book = BOOK.add("third").remove(1)
        self.palette.show_labels(book.labels, {}, 5)
        self.assertEqual(sorted(self.palette.lines), [2, 3])
        self.palette.show_labels(book.add("first").labels, {}, 5)
        self.process_events()
        heights = [self.palette.lines[number].y() for number in (1, 2, 3)]
        self.assertEqual(heights, sorted(heights))
        self.assertEqual(len(set(heights)), 3)

    def test_a_color_is_chosen_in_a_window_that_offers_those_that_all_can_tell_apart(self):
        QTest.mouseClick(self.palette.lines[2].color, Qt.MouseButton.LeftButton)
        dialog = self.palette.findChild(QColorDialog)
        self.assertEqual(dialog.currentColor().name(), BOOK.labels[1].color)
        self.assertEqual([QColorDialog.customColor(place).name() for place in range(len(COLORS))], list(COLORS))
        dialog.setCurrentColor(QColor("#123456"))
        dialog.accept()
        self.assertEqual(self.heard, [("recolored", 2, "#123456")])

    def test_a_label_that_goes_while_its_color_is_chosen_takes_the_window_along(self):
        QTest.mouseClick(self.palette.lines[2].color, Qt.MouseButton.LeftButton)
        self.palette.show_labels(BOOK.labels[:1], {}, 5)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.assertIsNone(self.palette.findChild(QColorDialog))

    def test_the_cross_add_undo_redo_and_the_tick_are_told(self):
        self.palette.show_steps("this", "that")
        for button in (self.palette.lines[1].remove, self.palette.add_button, self.palette.undo_button,
                       self.palette.redo_button):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.palette.shows.click()
        self.assertEqual(self.heard, [("removed", 1), ("added",), ("undo",), ("redo",), ("shown", False)])

    def test_undo_and_redo_say_what_they_do_and_are_off_when_there_is_nothing(self):
        self.palette.show_steps("12 pictures labeled “budding”", "")
        self.assertEqual(self.palette.undo_button.toolTip(), "Undo: 12 pictures labeled “budding” (Ctrl+Z)")
        self.assertFalse(self.palette.redo_button.isEnabled())

    def test_the_name_of_the_column_is_told(self):
        self._type(self.palette.column, "class")
        self.assertEqual(self.heard, [("column_renamed", "class"), ("left",)])

    def test_a_question_is_answered_by_its_buttons_and_goes(self):
        answers = []
        question = self.palette.question
        question.answered.connect(answers.append)
        question.ask("Really?", {"yes": "Yes", "no": "No"})
        self.assertTrue(question.isVisible())
        QTest.mouseClick(question.buttons["no"], Qt.MouseButton.LeftButton)
        self.assertEqual(answers, ["no"])
        question.clear()
        self.assertFalse(question.isVisible())
        self.assertEqual(question.text, "")

    def test_tab_goes_from_line_to_line_and_then_through_what_is_below_and_all_has_a_name(self):
        self.palette.show_labels(BOOK.add("third").remove(1).add("first").labels, {1: 1, 2: 1, 3: 2}, 5)
        self.palette.show_steps("this", "that")
        self.process_events()
        reached, parts = [], [part for number in (1, 2, 3) for part in self.palette.lines[number].parts]
        parts += [self.palette.add_button, self.palette.undo_button, self.palette.redo_button, self.palette.shows,
                  self.palette.column]
        parts[0].setFocus()
        for _ in parts:
            reached.append(self.palette.focusWidget())
            QTest.keyClick(self.palette.focusWidget(), Qt.Key.Key_Tab)
        self.assertEqual(reached, parts)
        self.assertTrue(all(part.accessibleName() or part.text() for part in parts))


class TestLabelKeys(WidgetTest):
    def setUp(self):
        self.window = QWidget()
        layout = QVBoxLayout(self.window)
        self.field, self.list, self.button = QLineEdit(), QListWidget(), QPushButton("OK")
        for part in (self.field, self.list, self.button):
            layout.addWidget(part)
        self.keys, self.heard = LabelKeys(self.window), []
        self.keys.digit_pressed.connect(self.heard.append)
        self.keys.undo.connect(lambda: self.heard.append("undo"))
        self.keys.redo.connect(lambda: self.heard.append("redo"))
        self.window.show()
        self.window.activateWindow()
        self.process_events(self.window.isActiveWindow)

    def tearDown(self):
        self.window.close()
        self.window.deleteLater()

    def _press(self, part):
        part.setFocus()
        for key in (Qt.Key.Key_1, Qt.Key.Key_9, Qt.Key.Key_0, Qt.Key.Key_Delete):
            QTest.keyClick(part, key)
        QTest.keyClick(part, Qt.Key.Key_5, Qt.KeyboardModifier.KeypadModifier)
        control = Qt.KeyboardModifier.ControlModifier
        QTest.keyClick(part, Qt.Key.Key_Z, control)
        QTest.keyClick(part, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(part, Qt.Key.Key_Y, control)

    def test_digits_delete_undo_and_redo_are_heard_wherever_no_text_is_typed(self):
        for part in (self.button, self.list):
            self.heard.clear()
            self._press(part)
            self.assertEqual(self.heard, [1, 9, 0, 0, 5, "undo", "redo", "redo"])

    def test_a_field_that_takes_text_keeps_its_keys(self):
        self.field.setText("a")
        self._press(self.field)
        self.assertEqual(self.heard, [])
        self.assertTrue(self.field.text())


@pytest.mark.parametrize("color", COLORS)
def test_the_colors_are_written_as_qt_writes_them(color):
    assert QColor(color).name() == color
