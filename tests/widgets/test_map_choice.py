"""Image Map: which rows and columns stay chosen when other tables come, and what it says of useless ones."""

from unittest.mock import patch

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.misc import DistMatrix
from orangewidget.tests.base import WidgetTest
from slots import SLOT_S, slot_s

from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.jobs import mapping
from orangecontrib.imaging.widgets.jobs.looking_through import rows_fingerprint
from orangecontrib.imaging.widgets.owimagemap import OWImageMap
from orangecontrib.imaging.widgets.parts.layout_names import COLUMNS


class ChoiceCase(WidgetTest):
    def setUp(self):
        self.iris = Table("iris")
        self._open(method="PCA")

    def _open(self, **settings):
        self.widget = self.create_widget(OWImageMap, stored_settings=settings)

    def _reopen(self):
        self._open(**self.widget.settingsHandler.pack_data(self.widget))

    def _send(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        self._settle()

    def _settle(self):
        self.process_events(lambda: self.widget._locating.is_idle, timeout=20_000)
        self.process_events(lambda: self.widget.task is None, timeout=60_000)

    def _choose(self, rows):
        self.widget.area.select(rows)
        self.widget._on_selection()

    @property
    def chosen(self):
        sent = self.get_output(self.widget.Outputs.selected)
        return sent.ids.tolist() if sent is not None else []


class TestChosenRows(ChoiceCase):
    def test_rows_of_another_table_are_not_chosen(self):
        self._send(self.iris[:50])
        self._choose([0, 1, 2])
        self._send(self.iris[100:])
        self.assertEqual(self.chosen, [])

    def test_chosen_rows_are_followed_to_where_they_are(self):
        self._send(self.iris[:50])
        self._choose([0, 1, 2])
        self._send(self.iris[1:101])
        self.assertEqual(self.chosen, self.iris.ids[[1, 2]].tolist())
        self._send(self.iris[:50])
        self.assertEqual(self.chosen, self.iris.ids[[0, 1, 2]].tolist())

    def test_a_workflow_that_is_opened_finds_the_rows_it_was_saved_with(self):
        self._send(self.iris[:50])
        self._choose([0, 1, 2])
        self._send(self.iris[1:101])
        self._reopen()
        again = Table("iris")[1:101]
        self._send(again)
        self.assertEqual(self.chosen, again.ids[[0, 1]].tolist())

    def test_a_workflow_that_is_opened_chooses_no_rows_of_other_values(self):
        self._send(self.iris[:50])
        self._choose([0, 1, 2])
        self._reopen()
        self._send(Table("iris")[100:])
        self.assertEqual(self.chosen, [])

    def test_a_copy_of_a_chosen_row_is_not_chosen_with_it_while_its_table_stays(self):
        self._send(self.iris[[0, 0, 1, 2, 3]])
        self._choose([0])
        self.widget.on_image_column()
        self._settle()
        self.assertEqual(len(self.chosen), 1)

    def test_a_click_before_the_rows_are_known_forgets_nothing(self):
        self._send(self.iris[:50])
        self._choose([4])
        self._reopen()
        self.send_signal(self.widget.Inputs.data, self.iris[:50])
        self.widget._on_selection()
        self._settle()
        self.assertEqual(self.chosen, self.iris.ids[[4]].tolist())

    def test_a_large_table_without_pictures_does_not_hold_the_window(self):
        domain = Domain([ContinuousVariable(f"n{number}") for number in range(512)])
        data = Table.from_numpy(domain, np.zeros((20_000, 512)))
        self._open(method=COLUMNS, auto_commit=False)
        times = []
        for _ in range(3):
            self.widget.set_data(data)
            times.append(slot_s(self.widget.handleNewSignals))
            self._settle()
        self.assertLess(min(times), SLOT_S)


def a_table(numbers=0, images=0, count=6):
    """Of attributes and a class, with image columns among the metas."""
    domain = Domain([ContinuousVariable(f"n{column}") for column in range(numbers)], DiscreteVariable("kind", ("a",)),
                    [image_variable(f"image {column}", "/nowhere") for column in range(images)])
    metas = np.array([[f"p{row}.png"] * images for row in range(count)], object).reshape(count, images)
    return Table.from_numpy(domain, np.arange(count * numbers, dtype=float).reshape(count, numbers), np.zeros(count),
                            metas)


class TestChosenColumns(ChoiceCase):
    def test_a_table_without_pictures_hides_those_of_no_later_table(self):
        self._send(a_table(numbers=2))
        self._send(a_table(numbers=2, images=1))
        self.assertEqual(str(self.widget.image_column), "image 0")
        self.assertEqual(len(self.widget._items), 6)

    def test_another_table_without_pictures_keeps_the_other_choices(self):
        self._send(a_table(numbers=3))
        self.widget.x_column, self.widget.color_column = self.widget._table.domain["n2"], None
        self._send(None)
        self._send(a_table(numbers=3))
        self.assertEqual((str(self.widget.x_column), self.widget.color_column), ("n2", None))

    def test_the_second_image_column_stays_chosen(self):
        self._send(a_table(numbers=2, images=2))
        self.widget.image_column = self.widget._table.domain["image 1"]
        self._send(None)
        self._send(a_table(numbers=2, images=2))
        self.assertEqual(str(self.widget.image_column), "image 1")

    def test_an_open_picture_window_has_the_caption_that_is_chosen(self):
        self._send(a_table(numbers=2, images=1))
        window = self.widget.window_of_one
        window.show_row(3)
        self.assertIn("4 of 6", window.windowTitle())
        self.widget.caption_column = self.widget._table.domain["n1"]
        self.widget.on_captions()
        self.assertEqual(window.windowTitle(), "7 — 4 of 6")
        window.close()
        self.widget.on_captions()
        self.assertFalse(window.isVisible())

    def test_a_table_without_numbers_leaves_no_axis_empty(self):
        self._open(method=COLUMNS)
        self._send(a_table(images=1))
        self._send(a_table(numbers=2, images=1))
        self.assertEqual((str(self.widget.x_column), str(self.widget.y_column)), ("n0", "n1"))
        sent = self.get_output(self.widget.Outputs.annotated)
        self.assertEqual(sent.get_column("map y").tolist(), [1, 3, 5, 7, 9, 11])


class TestRefusals(ChoiceCase):
    def test_too_many_rows_for_the_memory_are_one_sentence(self):
        with patch.object(mapping, "project", side_effect=MemoryError("Unable to allocate 12 GiB")):
            self._send(self.iris)
        self.assertEqual(str(self.widget.Error.failed),
                         "So many rows are too many for this computer's memory. Use Data Sampler first.")
        self.assertFalse(self.widget.isInvalidated())

    def test_distances_alone_say_first_that_they_are_between_columns(self):
        said = self.widget.Error.wrong_distances
        self.send_signal(self.widget.Inputs.distances, DistMatrix(np.zeros((3, 3)), axis=0))
        self.assertIn("Choose 'Rows'", str(said))
        self.send_signal(self.widget.Inputs.distances, DistMatrix(np.zeros((3, 3)), axis=1))
        self.assertEqual(str(said), "Distances came without the rows they were computed from. "
                                    "Connect the same table to Data.")


class TestFingerprint(WidgetTest):
    def test_it_tells_values_names_and_order_apart_and_the_same_rows_alike(self):
        zoo = Table("zoo")
        self.assertEqual(rows_fingerprint(zoo), rows_fingerprint(Table("zoo")))
        changed = [zoo.copy() for _ in range(3)]
        with changed[0].unlocked():
            changed[0].X[3, 2] += 1
        with changed[1].unlocked():
            changed[1].Y[3] += 1
        with changed[2].unlocked():
            changed[2].metas[3, 0] = "other"
        others = [*changed, zoo[::-1], zoo[:-1], zoo.transform(Domain(zoo.domain.attributes))]
        self.assertEqual(len({rows_fingerprint(table) for table in [zoo, *others]}), 7)

    def test_it_is_the_same_for_columns_in_any_memory_order(self):
        iris = Table("iris")
        turned = Table.from_numpy(iris.domain, np.asfortranarray(iris.X), iris.Y)
        self.assertEqual(rows_fingerprint(iris), rows_fingerprint(turned))

    def test_sparse_rows_are_told_apart(self):
        iris = Table("iris").to_sparse()
        self.assertEqual(rows_fingerprint(iris), rows_fingerprint(Table("iris").to_sparse()))
        self.assertNotEqual(rows_fingerprint(iris[:50]), rows_fingerprint(iris[50:100]))
