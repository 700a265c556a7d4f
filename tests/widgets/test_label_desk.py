"""Labeling: what the palette shows and says, of the pictures that are shown and of others."""

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from orangewidget.tests.base import WidgetTest
from slots import slot_s

from orangecontrib.imaging.widgets.parts.label_desk import LabelDesk
from orangecontrib.imaging.widgets.parts.label_palette import LabelPalette

MANY = 100_000
LABEL_ALL_S = 0.02
A = [f"a{row}.png" for row in range(6)]


class TestLabelDesk(WidgetTest):
    def setUp(self):
        self.chosen = []
        self._open()
        self._look("/a", A)
        for name in ("budding", "round"):
            QTest.mouseClick(self.palette.add_button, Qt.MouseButton.LeftButton)
            number = len(self.desk.labels)
            self.palette.lines[number].name.editingFinished.emit()
            self.palette.renamed.emit(number, name)

    def _open(self, plain=None):
        self.palette = LabelPalette()
        self.desk = LabelDesk(self.palette, lambda: np.array(self.chosen, np.int64), plain)
        self.changes = []
        self.desk.changed.connect(lambda: self.changes.append(self.desk.numbers.tolist()))

    def _look(self, folder, values):
        self.desk.look_at(folder, np.array(values, object))
        self.process_events(lambda: self.desk.is_idle)

    def _put(self, number, *rows):
        self.chosen = rows
        self.desk.put(number)

    @property
    def said(self):
        return self.palette.said.text()

    @property
    def counts(self):
        return {line.name.text(): line.count.text() for line in self.palette.lines.values()}

    def test_labels_are_put_on_the_selection_counted_and_taken_away(self):
        self._put(1, 0, 1, 2)
        self.assertEqual(self.said, "3 pictures labeled “budding”.")
        self._put(2, 2, 3)
        self.assertEqual(self.desk.numbers.tolist(), [1, 1, 2, 2, 0, 0])
        self.assertEqual(self.counts, {"budding": "2", "round": "2"})
        self.assertEqual(self.palette.state.text(), "4 of 6 labeled")
        self._put(0, 3)
        self.assertEqual(self.said, "1 picture without a label.")
        self.assertEqual(self.changes[-1], [1, 1, 2, 0, 0, 0])

    def test_undo_and_redo_go_step_by_step_and_say_what_they_did(self):
        self._put(1, 0)
        self._put(2, 0)
        self.desk.undo()
        self.assertEqual((self.desk.numbers[0], self.said), (1, "Undone: 1 picture labeled “round”."))
        self.desk.redo()
        self.assertEqual((self.desk.numbers[0], self.said), (2, "Done again: 1 picture labeled “round”."))
        for _ in range(6):
            self.desk.undo()
        self.assertEqual(self.desk.labels, ())
        self.assertFalse(self.palette.undo_button.isEnabled())

    def test_rows_without_a_picture_are_not_labeled_and_that_is_said(self):
        self._look("/a", [*A[:2], "", float("nan")])
        self._put(1, 0, 2, 3)
        self.assertEqual(self.desk.numbers.tolist(), [1, 0, 0, 0])
        self.assertEqual(self.said, "1 picture labeled “budding”. 2 of the selected rows name no picture and cannot be "
                         "labeled.")
        self._put(1, 3)
        self.assertEqual(self.said, "1 of the selected rows names no picture and cannot be labeled.")

    def test_rows_with_one_value_are_one_picture(self):
        self._look("/a", ["a0.png", "a1.png", "a0.png"])
        self._put(1, 2)
        self.assertEqual(self.desk.numbers.tolist(), [1, 0, 1])
        self.assertEqual(self.said, "1 picture labeled “budding”.")

    def test_nothing_selected_and_numbers_without_a_label_are_told(self):
        self._put(1)
        self.assertEqual(self.said, "Select the pictures that you want to label.")
        self._put(7, 1)
        self.assertEqual(self.said, "No label has the number 7. Add Label makes one.")

    def test_a_blank_or_second_name_is_refused_and_the_old_one_stays(self):
        for name, said in ((" ", "A label needs a name. Type one."),
                           ("ROUND", "Another label is called “ROUND”. Choose another name.")):
            self.palette.lines[1].name.setText(name)
            self.palette.lines[1].name.editingFinished.emit()
            self.assertEqual(self.said, said)
            self.assertEqual(self.palette.lines[1].name.text(), "budding")

    def test_labels_of_another_table_are_kept_and_return_with_it(self):
        self._put(1, 0)
        self._look("/b", ["b0.png"])
        self.assertEqual(self.desk.numbers.tolist(), [0])
        self._look("/a", A[::-1])
        self.assertEqual(self.desk.numbers.tolist(), [0, 0, 0, 0, 0, 1])

    def test_undo_says_when_it_changes_pictures_that_are_not_shown(self):
        self._put(1, 0, 1, 2)
        self._look("/b", ["b0.png"])
        self.desk.undo()
        self.assertEqual(self.said,
                         "Undone: 3 pictures labeled “budding”. 3 pictures that are not shown changed, too.")

    def test_a_label_that_only_these_pictures_have_goes_at_once_and_undo_brings_all_back(self):
        self._put(1, 0, 1)
        QTest.mouseClick(self.palette.lines[1].remove, Qt.MouseButton.LeftButton)
        self.assertEqual(self.palette.question.text, "")
        self.assertEqual((self.counts, self.desk.numbers.tolist()), ({"round": "0"}, [0] * 6))
        self.assertEqual(self.said, "Label “budding” removed.")
        self.desk.undo()
        self.assertEqual(self.desk.numbers.tolist(), [1, 1, 0, 0, 0, 0])

    def test_before_a_label_goes_that_other_pictures_have_their_count_is_asked(self):
        self._put(1, 0, 1)
        self._look("/b", ["b0.png"])
        self._put(1, 0)
        self.palette.removed.emit(1)
        self.assertEqual(self.palette.question.text, "2 pictures that are not shown have the label “budding”. Remove "
                         "it from all of them? Undo brings it back.")
        self.palette.question.buttons["keep"].click()
        self.assertEqual((self.palette.question.text, len(self.desk.labels)), ("", 2))
        self.palette.removed.emit(1)
        self.palette.question.buttons["remove"].click()
        self.assertEqual(self.counts, {"round": "0"})
        self._look("/a", A)
        self.assertEqual(self.desk.numbers.tolist(), [0] * 6)
        self.desk.undo()
        self.assertEqual(self.desk.numbers.tolist(), [1, 1, 0, 0, 0, 0])
        self.assertEqual(self.said, "Undone: label “budding” removed. 1 picture that is not shown changed, too.")

    def test_a_question_goes_with_the_pictures_and_with_the_next_step(self):
        for follow in (lambda: self._look("/c", ["c0.png"]), self.desk.undo):
            self._look("/a", A)
            self._put(1, 0)
            self._look("/b", ["b0.png"])
            self._put(2, 0)
            self.palette.removed.emit(1)
            self.assertTrue(self.palette.question.text)
            follow()
            self.assertEqual(self.palette.question.text, "")

    def test_labels_of_another_folder_are_offered_and_never_used_unasked(self):
        self._put(1, 0, 1, 2)
        self._look("/plate2", [*A[:2], "new.png"])
        self.assertEqual(self.desk.numbers.tolist(), [0, 0, 0])
        self.assertEqual(self.palette.notice.text,
                         "2 pictures of these names have labels from the folder /a. Use them?")
        self._look("/one", A[:1])
        self.assertEqual(self.palette.notice.text, "1 picture of these names has a label from the folder /a. Use it?")
        self.assertEqual(self.palette.notice.buttons["use"].text(), "Use It")

    def test_labels_of_another_folder_are_taken_where_the_user_says_so_and_undo_gives_them_back(self):
        self._put(1, 0, 1)
        self._look("/plate2", A)
        self._put(2, 1)
        self.palette.notice.buttons["use"].click()
        self.assertEqual(self.desk.numbers.tolist(), [1, 2, 0, 0, 0, 0])
        self.assertEqual(self.changes[-1], [1, 2, 0, 0, 0, 0])
        self.assertEqual((self.said, self.palette.notice.text), ("Labels from the folder /a used.", ""))
        self.desk.undo()
        self.assertEqual(self.desk.numbers.tolist(), [0, 2, 0, 0, 0, 0])
        self.assertEqual(self.said, "Undone: labels from the folder /a used.")
        self.desk.redo()
        self._put(2, 0)
        self._look("/a", A)
        self.assertEqual(self.desk.numbers.tolist(), [1, 1, 0, 0, 0, 0])
        self._look("/plate2", A)
        self.assertEqual((self.desk.numbers.tolist(), self.palette.notice.text), ([2, 2, 0, 0, 0, 0], ""))

    def test_a_folder_starts_afresh_and_is_not_asked_again(self):
        self._put(1, 0, 1)
        self._look("/plate2", A)
        self.palette.notice.buttons["afresh"].click()
        self.assertEqual((self.desk.numbers.tolist(), self.palette.notice.text), ([0] * 6, ""))
        self._look("/plate2", A)
        self.assertEqual((self.desk.numbers.tolist(), self.palette.notice.text), ([0] * 6, ""))
        self._open(self.desk.plain())
        self._look("/plate2", A)
        self.assertEqual((self.desk.numbers.tolist(), self.palette.notice.text), ([0] * 6, ""))
        self._look("/a", A)
        self.assertEqual(self.desk.numbers.tolist(), [1, 1, 0, 0, 0, 0])

    def test_while_rows_are_looked_up_nothing_is_labeled(self):
        self.desk.look_at("/b", np.array(["b0.png"], object))
        self._put(1, 0)
        self.assertEqual(self.said, "")
        self.process_events(lambda: self.desk.is_idle)
        self.assertEqual(self.desk.numbers.tolist(), [0])

    def test_all_of_100_000_pictures_are_labeled_and_undone_within_20_ms(self):
        self._look("/many", [f"m{row}.png" for row in range(MANY)])
        self.chosen = np.arange(MANY)
        seconds = [slot_s(lambda number=number: self.desk.put(number)) for number in (1, 2, 1, 2, 1)]
        self.assertLess(min(seconds), LABEL_ALL_S)
        self.assertEqual(self.counts, {"budding": "100,000", "round": "0"})
        self.assertLess(min(slot_s(self.desk.undo) for _ in range(4)), LABEL_ALL_S)

    def test_all_returns_with_what_was_kept(self):
        self._put(1, 0)
        self._put(2, 4)
        self._look("/b", ["b0.png"])
        self._put(2, 0)
        self._open(self.desk.plain())
        self._look("/a", A)
        self.assertEqual(self.desk.numbers.tolist(), [1, 0, 0, 0, 2, 0])
        self.assertEqual(self.counts, {"budding": "1", "round": "1"})
        self._look("/b", ["b0.png"])
        self.assertEqual(self.desk.numbers.tolist(), [2])
