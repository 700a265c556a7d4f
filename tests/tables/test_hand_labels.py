"""Labels that were put by hand become the class of a table."""

import pickle

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.widgets.utils.colorpalettes import patch_variable_colors
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.hand_labels import Label
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.tables.hand_labels import with_labels

LABELS = (Label(1, "budding", "#e69f00"), Label(3, "round", "#56b4e9"))
MANY = 100_000


def pictures(count=4, classes=(), attributes=1):
    domain = Domain([ContinuousVariable(f"n{number}") for number in range(attributes)], classes,
                    [image_variable("image", "/a"), StringVariable("note")])
    metas = np.array([[f"p{row}.png", f"note {row}"] for row in range(count)], object).reshape(count, 2)
    return Table.from_numpy(domain, np.arange(count * attributes).reshape(count, attributes),
                            np.arange(count * len(classes)).reshape(count, len(classes)) % 2, metas)


def numbers(*values):
    return np.array(values, np.uint8)


def test_labels_are_the_class_and_rows_without_one_are_missing():
    result = with_labels(pictures(), LABELS, numbers(3, 0, 1, 3), "label")
    column = result.domain.class_var
    assert (column.name, column.values) == ("label", ("budding", "round"))
    np.testing.assert_array_equal(result.Y, [1, np.nan, 0, 1])


def test_the_class_has_the_colors_of_the_labels():
    patch_variable_colors()  # as every widget does
    column = with_labels(pictures(), LABELS, numbers(3, 0, 1, 3), "label").domain.class_var
    assert column.colors.tolist() == [[0xe6, 0x9f, 0x00], [0x56, 0xb4, 0xe9]]


def test_ids_and_all_other_columns_are_kept_and_the_table_that_was_given_stays():
    table = pictures()
    table.name, table.attributes = "cells", {"embedding": "x"}
    before = pickle.dumps(table)
    result = with_labels(table, LABELS, numbers(1, 1, 1, 1), "label")
    assert pickle.dumps(table) == before
    assert result.ids.tolist() == table.ids.tolist()
    assert (result.name, result.attributes) == ("cells", {"embedding": "x"})
    np.testing.assert_array_equal(result.X, table.X)
    assert result.metas.tolist() == table.metas.tolist()
    assert result.domain["image"].attributes["origin"] == "/a"


@pytest.mark.parametrize("count", [1, 2])
def test_a_class_that_was_there_becomes_a_meta_with_its_values(count):
    classes = tuple(DiscreteVariable(f"kind {number}", ("u", "v")) for number in range(count))
    table = pictures(classes=classes)
    result = with_labels(table, LABELS, numbers(1, 0, 0, 3), "label")
    assert result.domain.class_vars == (result.domain["label"],)
    assert result.domain.metas == (*table.domain.metas, *classes)
    for one in classes:
        assert result.get_column(one).tolist() == table.get_column(one).tolist()


def test_the_column_gets_a_name_that_no_other_has():
    table = pictures(classes=(DiscreteVariable("label", ("u", "v")),))
    assert with_labels(table, LABELS, numbers(1, 0, 0, 3), "label").domain.class_var.name == "label (1)"
    assert with_labels(table, LABELS, numbers(1, 0, 0, 3), "note").domain.class_var.name == "note (1)"


def test_a_table_of_no_rows_is_labeled_too():
    result = with_labels(pictures(0), LABELS, numbers(), "label")
    assert (len(result), result.domain.class_var.name) == (0, "label")


def test_100_000_rows_are_labeled_within_a_slot():
    table = pictures(MANY, attributes=3)
    chosen = np.full(MANY, 3, np.uint8)
    assert min(slot_s(lambda: with_labels(table, LABELS, chosen, "label")) for _ in range(5)) < SLOT_S
