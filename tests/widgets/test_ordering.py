"""Rows in the order of a column and in groups, and a choice of rows that is found again."""

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable

from orangecontrib.imaging.tables.columns import image_paths, image_variable
from orangecontrib.imaging.widgets.jobs import kept_choice, ordering
from orangecontrib.imaging.widgets.jobs.kept_choice import found_again, names_of, of_this_run, to_settings
from orangecontrib.imaging.widgets.jobs.ordering import groups_of, sorted_rows


def _table(names, numbers=None, kinds=None):
    domain = Domain([ContinuousVariable("number"), TimeVariable("day", have_date=1)],
                    DiscreteVariable("kind", ("young", "old")), [StringVariable("name")])
    count = len(names)
    numbers = np.arange(count) if numbers is None else np.array(numbers)
    return Table.from_numpy(domain, np.column_stack([numbers, numbers * 86400.0]),
                            np.zeros(count) if kinds is None else np.array(kinds, float),
                            np.array([[name] for name in names], object))


def test_texts_are_sorted_as_people_sort_them_and_missing_ones_come_last():
    table = _table(["b10", "B2", "", "a", "b1"])
    for descending, order in ((False, [3, 4, 1, 0, 2]), (True, [0, 1, 4, 3, 2])):
        assert sorted_rows(table, table.domain["name"], descending).tolist() == order


def test_numbers_and_categories_are_sorted_stably_and_missing_ones_come_last():
    table = _table(["a"] * 5, [2, np.nan, 1, 2, 3], [1, 0, np.nan, 1, 0])
    assert sorted_rows(table, table.domain["number"]).tolist() == [2, 0, 3, 4, 1]
    assert sorted_rows(table, table.domain["number"], True).tolist() == [4, 0, 3, 2, 1]
    assert sorted_rows(table, table.domain["kind"]).tolist() == [1, 4, 0, 3, 2]


@pytest.mark.parametrize("descending", [False, True])
def test_texts_sorted_in_pieces_are_sorted_as_in_one(monkeypatch, descending):
    rng = np.random.default_rng(0)
    table = _table([f"cell {number}" for number in rng.integers(0, 300, 1000)])
    whole = sorted_rows(table, table.domain["name"], descending)
    monkeypatch.setattr(ordering, "_AT_ONCE", 7)
    np.testing.assert_array_equal(sorted_rows(table, table.domain["name"], descending), whole)
    numbers = [int(table.metas[row, 0].split()[1]) for row in whole]
    assert numbers == sorted(numbers, reverse=descending)


def test_groups_of_categories_keep_their_order_and_rows_without_a_value_are_the_last_group():
    table = _table(["x"] * 4, kinds=[1, 0, np.nan, 1])
    codes, titles = groups_of(table, table.domain["kind"])
    assert [titles[code] for code in codes] == ["old", "young", "kind is missing", "old"]
    assert titles[:2] == ["young", "old"]


def test_groups_of_texts_are_in_the_order_of_people():
    table = _table(["w10", "w2", "", "w2"])
    codes, titles = groups_of(table, table.domain["name"])
    assert (titles, codes.tolist()) == (["w2", "w10", "name is missing"], [1, 0, 2, 0])


def test_few_numbers_are_groups_of_their_own_and_many_are_put_into_ranges_between_round_ones():
    table = _table(["x"] * 4, [5, 7, 5, np.nan])
    codes, titles = groups_of(table, table.domain["number"])
    assert (titles, codes.tolist()) == (["5", "7", "number is missing"], [0, 1, 0, 2])
    table = _table(["x"] * 100)
    codes, titles = groups_of(table, table.domain["number"])
    assert (titles[0], titles[-2], titles[-1]) == ("0 – 10", "90 – 100", "number is missing")
    assert codes[[0, 9, 10, 99]].tolist() == [0, 0, 1, 9]
    codes, titles = groups_of(table, table.domain["day"])
    assert len(set(codes.tolist())) > 1
    assert codes.tolist() == sorted(codes.tolist())


def test_a_column_without_any_value_is_one_group():
    table = _table(["", ""], [np.nan, np.nan], [np.nan, np.nan])
    for name in ("name", "number", "day", "kind"):
        codes, titles = groups_of(table, table.domain[name])
        assert [titles[code] for code in codes] == [f"{name} is missing"] * 2


def _names(values, origin="/data"):
    column = image_variable("image", origin)
    table = Table.from_numpy(Domain([], metas=[column]), np.empty((len(values), 0)),
                             metas=np.array([[value] for value in values], object))
    return table, names_of(table, column, image_paths(table, column))


def test_a_choice_returns_by_number_in_the_same_data_and_by_picture_in_other():
    _, names = _names(["a.png", "b.png", "a.png", "", "c.png"])
    saved = to_settings(np.array([1, 2, 3]), names)
    assert found_again(saved, names).tolist() == [1, 2, 3]
    _, other = _names(["c.png", "a.png", "b.png", "a.png"])
    assert found_again(saved, other).tolist() == [2, 3]  # the second of a.png
    _, elsewhere = _names(["b.png"], "/else")
    assert found_again(saved, elsewhere).tolist() == []


def test_of_very_many_chosen_pictures_only_numbers_are_saved(monkeypatch):
    monkeypatch.setattr(kept_choice, "_MOST_PICTURES", 2)
    _, names = _names(["a.png", "b.png", "c.png"])
    saved = to_settings(np.arange(3), names)
    assert saved["pictures"] == []
    assert found_again(saved, names).tolist() == [0, 1, 2]
    assert to_settings(np.arange(0), names) == {}


@pytest.mark.parametrize("saved", [{}, {"rows": 3}, {"rows": ["a", None, 1.0, True, 7, -1]}, {"pictures": {}},
                                   {"pictures": [3, None]}])
def test_nonsense_in_place_of_a_saved_choice_chooses_nothing(saved):
    _, names = _names(["a.png", "b.png"])
    assert found_again({"of": names.fingerprint, **saved}, names).tolist() == []
    assert found_again({"of": 5, **saved}, names).tolist() == []


def test_rows_are_known_again_in_one_run_wherever_they_are():
    table, _ = _names(["a.png", "b.png", "c.png"])
    assert of_this_run(table[::-1], table.ids[[0, 1]]).tolist() == [1, 2]
    assert of_this_run(table, np.empty(0, np.int64)).tolist() == []
