"""Image columns: which columns they are, and where they say the pictures lie."""

import os

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.folders import Skipped
from orangecontrib.imaging.core.paths import escape_path
from orangecontrib.imaging.tables.columns import (
    image_columns,
    image_paths,
    image_variable,
    is_image_column,
    why_no_file,
)
from orangecontrib.imaging.tables.embeddings import embed_table


def _table(column, values):
    metas = np.array([[value] for value in values], dtype=object)
    return Table.from_numpy(Domain([], metas=[column]), np.empty((len(values), 0)), metas=metas)


def test_image_columns_come_first_and_other_text_columns_after_them_in_their_own_order():
    first, second = StringVariable("a"), StringVariable("b")
    pictures = image_variable("pictures", "/data")
    domain = Domain([ContinuousVariable("x")], DiscreteVariable("y", ("u", "v")),
                    [first, ContinuousVariable("size"), pictures, second])
    assert image_columns(domain) == [pictures, first, second]
    assert is_image_column(pictures)
    assert not is_image_column(first)


def test_no_data_and_data_without_text_have_no_image_column():
    assert image_columns(None) == []
    assert image_columns(Domain([ContinuousVariable("x")])) == []


def test_relative_values_start_from_the_origin_and_absolute_ones_stay():
    absolute = os.path.abspath(os.path.join(os.sep, "else", "b.png"))
    table = _table(image_variable("image", os.path.abspath("/data/set")), ["SN/a 1#.png", absolute])
    assert image_paths(table, table.domain.metas[0]) == [
        os.path.abspath("/data/set/SN/a 1#.png"), absolute]


def test_missing_values_give_no_path():
    table = _table(image_variable("image", "/data"), ["a.png", "", None, np.nan])
    assert image_paths(table, table.domain.metas[0]) == [os.path.abspath("/data/a.png"), "", "", ""]


def test_web_addresses_stay_as_they_are():
    table = _table(image_variable("image", "/data"), ["https://example.org/a.png"])
    assert image_paths(table, table.domain.metas[0]) == ["https://example.org/a.png"]


def test_names_that_are_not_utf8_come_back_in_the_systems_own_form():
    name, origin = os.fsdecode(b"caf\xe9.png"), os.fsdecode(b"/data/\xff")
    column = image_variable("image", origin)
    column.attributes["origin"].encode("utf-8")
    table = _table(column, [escape_path(name)])
    assert image_paths(table, column) == [os.path.join(os.path.abspath(origin), name)]


def test_any_text_column_may_hold_full_names(tmp_path):
    table = _table(StringVariable("file"), [str(tmp_path / "a.png")])
    (path,) = image_paths(table, table.domain.metas[0])
    assert path == str(tmp_path / "a.png")
    assert why_no_file(path) is None


@pytest.mark.parametrize("origin", [None, "", "set"])
def test_a_relative_name_without_a_full_origin_is_refused_wherever_orange_was_started(origin, tmp_path, monkeypatch):
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    column = StringVariable("file")
    if origin is not None:
        column.attributes["origin"] = origin
    table = _table(column, ["a.png"])
    (path,) = image_paths(table, column)
    assert path == os.path.join(origin or "", "a.png")
    assert why_no_file(path) == (
        "this is not a full path, and the column does not say in which folder it lies; "
        "name that folder in Edit Domain, as the column's label 'origin'")


@pytest.mark.parametrize("origin", ["https://example.org/set", "https://example.org/set/"])
def test_relative_names_of_an_origin_in_the_web_are_addresses(origin):
    column = image_variable("image", origin)
    assert image_paths(_table(column, ["SN/a.png"]), column) == ["https://example.org/set/SN/a.png"]


def test_the_embedder_skips_what_names_no_file_and_says_why(tmp_path):
    def embed(paths):
        return Embeddings(np.ones((len(paths), 1), np.float32), np.arange(len(paths)), (), "{}", len(paths), "CPU")
    full = str(tmp_path / "a.png")
    table = _table(StringVariable("file"), ["a.png", full])
    found = embed_table(table, table.domain.metas[0], embed)
    assert found.rows.tolist() == [1]
    assert found.skipped == (Skipped(0, "a.png", why_no_file("a.png")),)


def test_missing_values_and_web_addresses_name_no_file():
    assert why_no_file("") == "the image column has no value in this row"
    assert why_no_file("https://example.org/a.png") == (
        "pictures at web addresses cannot be read so far; save them in a folder")
