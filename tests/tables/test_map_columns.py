"""Numbers of a table for a map, distances between its rows, and columns with the places found."""

import numpy as np
import pytest

pytest.importorskip("Orange", reason="needs Orange")
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.misc import DistMatrix

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.tables.map_columns import (
    distance_rows,
    distances_between,
    has_numbers,
    placed_domain,
    row_vectors,
    with_places,
)


def a_table(names=("a", "b"), rows=4, metas=()):
    domain = Domain([*map(ContinuousVariable, names), DiscreteVariable("kind", ("u", "v"))],
                    metas=[StringVariable("text"), *metas])
    values = np.arange(rows * (len(names) + 1), dtype=float).reshape(rows, -1)
    values[:, -1] = np.arange(rows) % 2
    texts = np.array([[f"r{row}", *[0.0] * len(metas)] for row in range(rows)], object)
    return Table.from_numpy(domain, values, metas=texts)


def between(table, axis=1):
    values = np.abs(np.subtract.outer(np.arange(len(table)), np.arange(len(table)))).astype(float)
    return DistMatrix(values, table, table, axis=axis)


def test_only_numeric_attributes_place_rows():
    table = a_table()
    assert row_vectors(table).tolist() == table.X[:, :2].tolist()
    assert has_numbers(table.domain)
    assert not has_numbers(None)


def test_a_table_without_numbers_says_what_to_connect():
    table = a_table(names=())
    assert not has_numbers(table.domain)
    with pytest.raises(WrongUse, match="no numbers.*Connect Image Embedder"):
        row_vectors(table)


def test_places_become_two_metas_and_all_else_stays():
    table, places = a_table(), np.array([[1, 2], [3, 4], [np.nan, np.nan], [5, 6]], float)
    placed = with_places(table, places)
    assert [column.name for column in placed.domain.metas] == ["text", "map x", "map y"]
    assert np.array_equal(placed.get_column("map x"), places[:, 0], equal_nan=True)
    assert np.array_equal(placed.get_column("map y"), places[:, 1], equal_nan=True)
    assert placed.domain == placed_domain(table.domain)
    assert (placed.ids == table.ids).all()
    assert (placed.X == table.X).all()
    assert table.domain.metas[-1].name == "text"


def test_columns_of_an_earlier_map_keep_their_names():
    twice = with_places(with_places(a_table(), np.zeros((4, 2))), np.ones((4, 2)))
    names = [column.name for column in twice.domain.metas]
    assert names[:3] == ["text", "map x", "map y"]
    assert len(set(names)) == 5
    assert twice.get_column(names[1]).tolist() == [0, 0, 0, 0]
    assert twice.get_column(names[3]).tolist() == [1, 1, 1, 1]


def test_distances_follow_the_rows_to_another_order():
    table = a_table()
    shuffled = table[[2, 0, 3, 1]]
    assert distances_between(shuffled, between(table)).tolist() == [[0, 2, 1, 1], [2, 0, 3, 1], [1, 3, 0, 2],
                                                                    [1, 1, 2, 0]]
    assert (distances_between(table, between(table)) == np.asarray(between(table))).all()


def test_distances_that_know_no_rows_are_those_of_the_rows_as_they_come():
    table = a_table()
    assert (distances_between(table, DistMatrix(np.asarray(between(table)))) == np.asarray(between(table))).all()
    assert (distances_between(a_table(), between(table)) == np.asarray(between(table))).all()


def test_distances_of_other_rows_or_between_columns_are_refused():
    table = a_table()
    with pytest.raises(WrongUse, match="Data has 4 rows, but Distances are between 3"):
        distances_between(table, between(table[:3]))
    with pytest.raises(WrongUse, match="between columns. Choose 'Rows'"):
        distances_between(table, between(table, axis=0))
    with pytest.raises(WrongUse, match="as many columns as rows"):
        distances_between(table, DistMatrix(np.zeros((4, 3))))


def test_distances_that_know_only_some_of_the_rows_are_refused_although_there_are_as_many():
    table = a_table()
    with pytest.raises(WrongUse, match="Distances know 1 of the 3 rows of Data. Connect distances between the rows of"):
        distances_between(table[:3], between(table[[2, 3, 3]]))


def test_distances_tell_the_table_whose_rows_they_are_between():
    table = a_table()
    assert distance_rows(between(table)) is table
    assert distance_rows(between(table, axis=0)) is None
    assert distance_rows(DistMatrix(np.zeros((2, 2)), ["a", "b"])) is None
