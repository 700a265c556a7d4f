"""A table whose pictures were moved says where they are now, and the table before stays as it was."""

import os
from unittest.mock import patch

import numpy as np
import pytest

pytest.importorskip("Orange", reason="needs Orange")

from Orange.data import Domain, StringVariable, Table

from orangecontrib.imaging.core.moved import Place
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables import columns
from orangecontrib.imaging.tables.columns import image_paths, image_variable
from orangecontrib.imaging.tables.places import place_key, with_place


def table_of(names, column):
    return Table.from_numpy(Domain([], metas=[column]), np.empty((len(names), 0)), metas=np.array([names], object).T)


def moved_to(place, table):
    """The table, its image column and its paths after a move."""
    (column,) = table.domain.metas
    moved, paths = with_place(table, column, image_paths(table, column), place)
    return moved, moved.domain[column.name], paths


def test_the_table_that_was_given_stays_as_it_was():
    table = table_of(["SN/a.png", "b.png"], image_variable("image", "/old/set"))
    for _ in range(2):
        moved, column, paths = moved_to(Place("/old", "/new"), table)
        assert paths == image_paths(moved, column) == ["/new/set/SN/a.png", "/new/set/b.png"]
        assert moved.metas[:, 0].tolist() == ["set/SN/a.png", "set/b.png"]
    assert table.metas[:, 0].tolist() == ["SN/a.png", "b.png"]
    assert image_paths(table, table.domain["image"]) == ["/old/set/SN/a.png", "/old/set/b.png"]


@pytest.mark.parametrize(("value", "place", "now"), [
    ("a.png", Place("", "/new"), "/new/a.png"), ("SN/a.png", Place("", "/new"), "/new/SN/a.png"),
    ("/old/a.png", Place("/old", "/new"), "/new/a.png"), ("/old/a.png", Place("/old", "/"), "/a.png"),
    ("/older/a.png", Place("/old", "/new"), "/older/a.png"),
    ("/old/x y/č.png", Place("/old", "/new"), "/new/x y/č.png"),
    ("bytes:/old/%FF.png", Place("/old", "/new"), os.fsdecode(b"/new/\xff.png")), ("", Place("", "/new"), ""),
    ("https://example.org/old/a.png", Place("", "/new"), "https://example.org/old/a.png"),
    ("/old/z.zip/a.png", Place("/old", "/new"), "/new/z.zip/a.png")])
def test_every_kind_of_path_moves_or_stays(value, place, now):
    table = table_of([value], StringVariable("file"))
    moved, column, paths = moved_to(place, table)
    assert paths == image_paths(moved, column) == [now]


def test_the_files_of_all_channels_move():
    table = table_of(["a/w1.tif|a/w2.tif"], image_variable("image", "/old", Reading(joined=True)))
    moved, column, paths = moved_to(Place("/old", "/new"), table)
    assert moved.metas[0, 0] == "a/w1.tif|a/w2.tif"
    assert paths == image_paths(moved, column) == ["/new/a/w1.tif|/new/a/w2.tif"]


def test_each_folder_is_thought_about_once():
    columns._full_folder.cache_clear()
    names = [f"plate {number % 5}/{number}.png" for number in range(1000)]
    table = table_of(names, image_variable("image", "/old"))
    with patch.object(Place, "start", autospec=True, side_effect=Place.start) as start, \
            patch.object(os.path, "normpath", side_effect=os.path.normpath) as normal:
        _, _, paths = moved_to(Place("/old", "/new"), table)
    assert paths[:2] == ["/new/plate 0/0.png", "/new/plate 1/1.png"]
    assert (start.call_count, normal.call_count) == (5, 5)


def key_of(names, column):
    table = table_of(names, column)
    return place_key(column, image_paths(table, column))


def test_a_place_is_kept_for_a_column_and_where_full_paths_come_from():
    full, key = ["/old/a.png", "/old/b.png"], key_of(["/old/a.png"], StringVariable("file"))
    assert key_of(full, StringVariable("file")) == key
    assert key_of(full, StringVariable("other")) != key
    assert key_of(["a.png"], image_variable("file", "/old")) == key_of(["b.png"], image_variable("file", "/old")) != key
    assert key_of(["a.png"], image_variable("file", "/new")) != key_of(["a.png"], image_variable("file", "/old"))


def test_relative_names_are_those_of_the_very_table():
    names = [f"{number}.png" for number in range(1000)]
    key = key_of(names, StringVariable("file"))
    assert key_of(names, StringVariable("file")) == key
    others = [names[:-1], [f"x{name}" for name in names], ["/old/a.png"], [*names, "/old/a.png", "b.png"]]
    assert key not in [key_of(other, StringVariable("file")) for other in others]
    odd = key_of(["bytes:%FF.png"], StringVariable("file"))
    assert odd != key_of(["a.png"], StringVariable("file"))
