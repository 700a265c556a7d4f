"""Group Folds as its user meets it."""

from unittest.mock import patch

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.owgroupfolds import OWGroupFolds


def fold_table(plates, kinds, name="plate", donors=None):
    """Pictures on plates; a donor for each where they are given."""
    metas = [image_variable("image", "/nowhere"), StringVariable("note"), StringVariable(name)]
    rows = [[f"{row}.png", f"note {row}", plate] for row, plate in enumerate(plates)]
    if donors is not None:
        metas.append(StringVariable("donor"))
        rows = [[*row, donor] for row, donor in zip(rows, donors, strict=True)]
    return Table.from_numpy(Domain([], DiscreteVariable("kind", ("young", "old", "dead")), metas),
                            np.empty((len(rows), 0)), np.array(kinds, float),
                            np.array(rows, object).reshape(len(rows), len(metas)))


def plain_table(plates=10, each=4):
    return fold_table([f"P{number:02}" for number in range(plates) for _ in range(each)], [0, 1] * (plates * each // 2))


class TestGroupFolds(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWGroupFolds)

    def send(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        return self.settle()

    def settle(self):
        """Wait for the job; what was sent."""
        self.process_events(lambda: self.widget.task is None or self.widget._folded is not None, timeout=20_000)
        return self.get_output(self.widget.Outputs.data)

    def shown(self):
        """The small table as text."""
        table = self.widget.table
        return [[table.item(row, column).text() for column in range(table.columnCount())]
                for row in range(table.rowCount())]

    def messages(self):
        groups = (self.widget.Error, self.widget.Warning, self.widget.Information)
        return {"" + one.formatted for group in groups for one in group.active}

    def test_folds_hold_whole_plates_and_the_widget_says_what_they_hold(self):
        data = plain_table()
        out = self.send(data)
        folds, plates = out.get_column("Fold"), out.get_column("plate")
        self.assertEqual(len(set(zip(folds, plates, strict=True))), 10)
        np.testing.assert_array_equal(np.bincount(folds.astype(int)), [8] * 5)
        np.testing.assert_array_equal(out.ids, data.ids)
        self.assertEqual([column.name for column in self.widget.group_by], ["plate"])
        self.assertEqual(self.widget.status.text(), "10 groups in 5 folds, balanced by class.")
        self.assertEqual(self.shown()[0], ["1", "2", "8", "4", "4", "0"])
        self.assertEqual(self.shown()[-1], ["All", "10", "40", "20", "20", "0"])
        self.assertIn("<i>Cross validation by feature</i>: <b>Fold</b>", self.widget.hint.text())
        self.assertEqual(self.messages(), set())

    def test_the_choice_of_folds_seed_and_balance_is_obeyed(self):
        first = self.send(plain_table()).get_column("Fold")
        self.widget.controls.seed.setValue(1)
        self.assertFalse(np.array_equal(self.settle().get_column("Fold"), first))
        self.widget.controls.fold_count.setValue(3)
        self.assertEqual(self.settle().domain["Fold"].values, ("1", "2", "3"))
        self.widget.controls.is_stratified.click()
        self.settle()
        self.assertEqual(self.widget.status.text(), "10 groups in 3 folds, balanced by number of pictures.")

    def test_fewer_groups_than_folds_make_fewer_folds_and_it_is_said(self):
        out = self.send(plain_table(plates=3))
        self.assertEqual(len(out.domain["Fold"].values), 3)
        self.assertEqual(self.messages(), {"Only 3 groups: 3 folds instead of 5."})
        self.widget.controls.fold_count.setValue(3)
        self.settle()
        self.assertEqual(self.messages(), set())

    def test_one_group_gives_no_folds_and_says_why(self):
        self.assertIsNone(self.send(plain_table(plates=1)))
        self.assertEqual(self.messages(), {"All pictures with a group are of one group: nothing can be kept apart. At "
                                           "least two groups are needed; choose another column."})
        self.assertEqual(self.shown(), [])
        self.assertIsNotNone(self.send(plain_table()))
        self.assertEqual(self.messages(), set())

    def test_pictures_without_a_group_are_in_no_fold_and_counted(self):
        out = self.send(fold_table(["a", "", "b", " ", "c", "d", "e"], [0, 1, 1, 0, 0, 1, 0]))
        np.testing.assert_array_equal(np.isnan(out.get_column("Fold")), [0, 1, 0, 1, 0, 0, 0])
        self.assertIn("2 pictures without a group: in no fold, so Test and Score uses them neither to learn nor to "
                      "test.", self.messages())

    def test_a_class_in_one_fold_only_is_named(self):
        self.send(fold_table([*"aabbccddee"], [0, 1, 0, 1, 0, 1, 0, 1, 2, 2]))
        self.assertEqual(self.messages(), {"In one fold only: dead. A model that is tested on such a class has never "
                                           "seen it. More groups are needed."})

    def test_of_many_classes_the_largest_are_shown_and_the_others_together(self):
        """A class may be a gene; filling a thousand columns took 15 s."""
        values = [f"gene {number}" for number in range(1000)]
        kinds = [*range(1000), 999, 999, 998]
        plates = [["a", "b", "c"][row % 3] for row in range(len(kinds))]
        data = Table.from_numpy(Domain([], DiscreteVariable("gene", values), [StringVariable("plate")]),
                                np.empty((len(kinds), 0)), np.array(kinds, float), np.array(plates, object)[:, None])
        self.widget.controls.is_stratified.click()
        self.send(data)
        header = [self.widget.table.horizontalHeaderItem(column).text()
                  for column in range(self.widget.table.columnCount())]
        self.assertEqual(header, ["Fold", "Groups", "Pictures", *values[:10], *values[998:], "988 others"])
        self.assertEqual(self.shown()[-1], ["All", "3", "1,003", *["1"] * 10, "2", "3", "988"])
        [warning] = [text for text in self.messages() if text.startswith("In one fold only")]
        self.assertRegex(warning, r"^In one fold only: gene 0, gene 1, gene 2, gene 3, gene 4 and 99\d others\. A ")

    def test_plates_of_one_class_each_are_warned_of(self):
        self.send(fold_table([*"aabbccddee"] * 2, [0, 0, 1, 1, 0, 0, 1, 1, 0, 0] * 2))
        self.assertEqual(self.messages(), {"Every group holds one class only: the score cannot tell the class from "
                                           "what else differs between the groups."})

    def test_no_data_no_rows_and_no_column(self):
        self.assertIsNone(self.send(None))
        self.assertEqual(self.widget.status.text(), "No data.")
        self.assertIsNone(self.send(plain_table()[:0]))
        self.assertEqual(self.messages(), {"This data has no rows."})
        self.assertIsNone(self.send(plain_table().transform(Domain([], metas=plain_table().domain.metas[:1]))))
        self.assertEqual(len(self.messages()), 1)
        self.assertIn("no column that could name groups", self.messages().pop())
        self.assertIsNone(self.send(plain_table()[:1]))
        self.assertIn("All pictures with a group are of one group", self.messages().pop())

    def test_without_a_class_or_with_a_missing_one_folds_are_made(self):
        data = plain_table()
        with data.unlocked():
            data.Y[0] = np.nan
        self.send(data)
        self.assertEqual(self.shown()[-1], ["All", "10", "40", "19", "20", "0", "1"])
        without = data.transform(Domain([], metas=data.domain.metas))
        self.assertIsNotNone(self.send(without))
        self.assertEqual(self.widget.status.text(), "10 groups in 5 folds, balanced by number of pictures.")
        self.assertEqual(self.shown()[-1], ["All", "10", "40"])
        numeric = data.transform(Domain([], ContinuousVariable("age"), data.domain.metas))
        self.assertIsNotNone(self.send(numeric))

    def test_a_column_that_is_not_named_as_groups_are_is_asked_for(self):
        data = fold_table([*"aabbccddee"], [0, 1] * 5, name="template")
        self.assertIsNone(self.send(data))
        self.assertIn("Choose the column that tells what belongs together", self.messages().pop())
        self.choose("template")
        self.assertIsNotNone(self.settle())
        self.assertEqual(self.messages(), set())

    def choose(self, *names):
        self.widget.group_by = [column for column in self.widget._columns if column.name in names]
        self.widget._make()

    def test_a_renamed_column_is_guessed_anew(self):
        data = plain_table()
        self.send(data)
        self.assertIsNotNone(self.send(fold_table(data.get_column("plate"), data.Y, name="slide")))
        self.assertEqual([column.name for column in self.widget.group_by], ["slide"])
        self.assertIsNone(self.send(fold_table(data.get_column("plate"), data.Y, name="column 3")))
        self.assertIn("Choose the column", self.messages().pop())

    def test_the_chosen_column_returns_with_its_data_and_with_the_workflow(self):
        data = plain_table()
        self.send(data)
        self.choose("note")
        self.settle()
        self.send(None)
        self.send(data)
        self.assertEqual([column.name for column in self.widget.group_by], ["note"])
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.widget = self.create_widget(OWGroupFolds, stored_settings=settings)
        self.send(data)
        self.assertEqual([column.name for column in self.widget.group_by], ["note"])

    def test_plates_of_one_donor_stay_together_and_names_that_repeat_can_be_told_apart(self):
        data = fold_table([*"1122334455"], [0, 1] * 5, donors=[*"xxxxyyyyzz"])
        self.send(data)
        self.assertEqual([column.name for column in self.widget.group_by], ["donor"])
        self.assertFalse(self.widget._how.isEnabled())
        self.choose("plate", "donor")
        self.settle()
        self.assertTrue(self.widget._how.isEnabled())
        self.assertIn("3 groups", self.widget.status.text())
        self.widget.controls.needs_all.click()
        self.settle()
        self.assertIn("5 groups", self.widget.status.text())

    def test_fractions_are_refused(self):
        data = plain_table()
        data = data.add_column(ContinuousVariable("focus"), np.linspace(0, 1, len(data)), to_metas=True)
        self.send(data)
        self.choose("focus")
        self.assertIsNone(self.settle())
        self.assertIn("Column 'focus' holds fractions", self.messages().pop())

    def test_nothing_is_never_sent_after_nothing_as_test_and_score_would_forget_its_folds(self):
        self.widget = self.create_widget(OWGroupFolds)
        with patch.object(self.widget.Outputs.data, "send") as send:
            self.send(None)
            self.send_signal(self.widget.Inputs.data, plain_table())
            self.settle()
            self.widget.controls.seed.setValue(2)
            self.settle()
            self.send_signal(self.widget.Inputs.data, None)
            self.send_signal(self.widget.Inputs.data, None)
        self.assertEqual([call.args[0] is None for call in send.call_args_list], [False, False, True])

    def test_settings_that_cannot_be_are_replaced(self):
        widget = self.create_widget(OWGroupFolds, stored_settings={
            "fold_count": 1, "seed": "x", "is_stratified": 1, "needs_all": None, "__version__": 100})
        self.assertEqual((widget.fold_count, widget.seed, widget.is_stratified, widget.needs_all), (5, 0, True, False))

    def test_the_report_tells_groups_folds_and_seed(self):
        self.send(plain_table())
        self.widget.create_report_html()
        text = self.widget.report_html
        for told in ("plate", "10 groups in 5 folds, balanced by class.", "Random seed", "Pictures", "young"):
            self.assertIn(told, text)

    def test_everything_has_a_name_for_those_who_do_not_see_it(self):
        widget = self.widget
        self.assertEqual(widget.table.accessibleName(), "Folds")
        self.assertEqual(widget.group_list.accessibleName(), "Columns that name the group")
        self.assertEqual(widget.controls.fold_count.accessibleName(), "Number of folds")
        self.assertEqual(widget.controls.seed.accessibleName(), "Random seed")
