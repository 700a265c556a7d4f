"""Image columns: which columns they are, and where they say the pictures lie."""

import os
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.paths import escape_path
from orangecontrib.imaging.tables.columns import (
    image_columns,
    image_paths,
    image_variable,
    is_image_column,
    why_no_column,
    why_no_file,
)
from orangecontrib.imaging.tables.embeddings import embed_table


def _table(column, values):
    metas = np.array([[value] for value in values], dtype=object)
    return Table.from_numpy(Domain([], metas=[column]), np.empty((len(values), 0)), metas=metas)


def test_image_columns_come_first_then_names_of_files_then_other_text_in_their_own_order():
    first, second, third = StringVariable("sample"), StringVariable("note"), StringVariable("file")
    pictures = image_variable("pictures", "/data")
    domain = Domain([ContinuousVariable("x")], DiscreteVariable("y", ("u", "v")),
                    [first, ContinuousVariable("size"), pictures, second, third])
    table = Table.from_list(domain, [[1, "u", "s1", 5, "?", "", "a.PNG"], [1, "u", "s2", 5, "b", "end.", ""]])
    assert image_columns(table) == [pictures, third, first, second]
    assert image_columns(table[:0]) == [pictures, first, second, third]
    assert is_image_column(pictures)
    assert not is_image_column(first)


@pytest.mark.parametrize(("value", "comes_first"), [
    ("https://example.org/a", True), ("c/d.ome.tif", True), ("x.czi", True), ("a.txt", False), ("png", False)])
def test_what_counts_as_the_name_of_a_picture(value, comes_first):
    domain = Domain([], metas=[StringVariable("a"), StringVariable("b")])
    first = image_columns(Table.from_list(domain, [["text", value]]))[0]
    assert (first.name == "b") == comes_first


def test_no_data_and_data_without_text_have_no_image_column_and_the_reason_says_what_to_do():
    assert image_columns(None) == []
    plain = Table.from_list(Domain([ContinuousVariable("x")]), [[1]])
    assert image_columns(plain) == []
    assert "it has no text column. Connect Import Images" in why_no_column(plain)
    cells = Domain([ContinuousVariable("x")], metas=[DiscreteVariable("file", ("a.png", "b.png"))])
    assert why_no_column(Table.from_list(cells, [[1, "a.png"]])).startswith(
        "Column 'file' names pictures, but as categories. Make it text")


def test_relative_values_start_from_the_origin_and_absolute_ones_stay():
    absolute = os.path.abspath(os.path.join(os.sep, "else", "b.png"))
    table = _table(image_variable("image", os.path.abspath("/data/set")), ["SN/a 1#.png", absolute])
    assert image_paths(table, table.domain.metas[0]) == [
        os.path.abspath("/data/set/SN/a 1#.png"), absolute]


def test_missing_values_give_no_path():
    table = _table(image_variable("image", "/data"), ["a.png", "", None, np.nan])
    assert image_paths(table, table.domain.metas[0]) == [os.path.abspath("/data/a.png"), "", "", ""]


@pytest.mark.skipif(os.sep == "\\", reason="on Windows they are paths already")
def test_paths_written_on_windows_keep_their_folders_elsewhere():
    table = _table(StringVariable("file"), ["C:\\data\\wt\\a.png", "odd\\name.png"])
    assert image_paths(table, table.domain.metas[0]) == ["C:/data/wt/a.png", "odd\\name.png"]


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
        "the table does not say in which folder of this computer it lies; press Find the Folder… in Image Viewer or "
        "Image Embedder")


@pytest.mark.parametrize("origin", ["https://example.org/set", "https://example.org/set/"])
def test_relative_names_of_an_origin_in_the_web_are_addresses(origin):
    column = image_variable("image", origin)
    assert image_paths(_table(column, ["SN/a.png"]), column) == ["https://example.org/set/SN/a.png"]


def test_the_origin_may_be_the_file_address_of_a_folder():
    column = image_variable("image", "file:///data/set%201/")
    assert image_paths(_table(column, ["SN/a.png"]), column) == ["/data/set 1/SN/a.png"]


@pytest.mark.parametrize("name", ["a#1.png", "a?b.png", "a%41.png", "plate 1/é.png"])
def test_every_letter_of_a_name_counts_also_where_the_origin_is_an_address(name):
    web, disk = image_variable("image", "https://example.org/set"), image_variable("image", "file:///data/set%201")
    (url,) = image_paths(_table(web, [name]), web)
    parts = urlsplit(url)
    assert (unquote(parts.path), parts.query, parts.fragment) == (f"/set/{name}", "", "")
    assert image_paths(_table(disk, [name]), disk) == [os.path.join("/data/set 1", name)]


def test_addresses_and_full_paths_need_no_origin_that_is_an_address():
    web, disk = image_variable("image", "https://example.org/set"), image_variable("image", "file:///data")
    address = "https://example.org/a%20b.png?x=1"
    assert image_paths(_table(web, [address, "file:///a%20b.png"]), web) == [address, "/a b.png"]
    assert image_paths(_table(disk, [address, "/else/a.png", ""]), disk) == [address, "/else/a.png", ""]


def test_a_name_that_is_not_utf8_may_stand_in_the_web():
    column = image_variable("image", "https://example.org")
    assert image_paths(_table(column, ["bytes:%FF.png"]), column) == ["https://example.org/%ED%B3%BF.png"]


def test_the_embedder_skips_what_names_no_file_and_says_why(tmp_path):
    def embed(paths, reading):
        return Embeddings(np.ones((len(paths), 1), np.float32), np.arange(len(paths)), (), "{}",
                          np.ones(len(paths), bool), "CPU")
    full = str(tmp_path / "a.png")
    table = _table(StringVariable("file"), ["a.png", full])
    found = embed_table(table, table.domain.metas[0], embed)
    assert found.rows.tolist() == [1]
    assert found.skipped == (Skipped(0, "a.png", why_no_file("a.png")),)


def test_missing_values_and_web_addresses_name_no_file():
    assert why_no_file("") == "the image column has no value in this row"
    assert why_no_file("https://example.org/a.png") == (
        "it lies at example.org, and you have not allowed to fetch pictures from there")
    assert why_no_file("https://example.org/a.png", {"example.org"}) is None
    assert why_no_file("ftp://example.org/a.png", {"example.org"}) == (
        "only http, https and file addresses can be read")


@pytest.mark.parametrize("origin", ["", "/data", "/data/../x/", "rel/ative"])
@pytest.mark.parametrize("value", ["a.png", "./a.png", "../a.png", "a/../b.png", "a//b.png", "/abs/./c.png", "..",
                                   "a/..", ".", "a/b/c.png", "č/ž.png"])
def test_a_path_is_the_same_whether_its_folder_is_known_or_not(origin, value):
    table = _table(image_variable("image", origin), [value, value])
    expected = os.path.normpath(os.path.join(origin, value))
    assert [os.path.normpath(path) for path in image_paths(table, table.domain.metas[0])] == [expected] * 2
    if not value.endswith("."):
        assert image_paths(table, table.domain.metas[0]) == [expected] * 2


@pytest.mark.parametrize(("value", "reason"), [
    ("file://server/share/a.png", "a file address may not name another computer; write the picture's path instead"),
    ("FILE://server/a.png", "a file address may not name another computer; write the picture's path instead"),
    ("ftp://example.org/a.png", "only http, https and file addresses can be read"),
    ("http:///a.png", "only http, https and file addresses can be read"),
    ("HTTP://Example.org/a b.png", "it lies at example.org, and you have not allowed to fetch pictures from there"),
    ("http://bücher.example/a.png",
     "it lies at xn--bcher-kva.example, and you have not allowed to fetch pictures from there"),
    ("FILE:///data/a%20b.png", None)])
def test_every_address_leads_to_a_picture_or_has_a_reason(value, reason):
    table = _table(StringVariable("file"), [value])
    assert why_no_file(image_paths(table, table.domain.metas[0])[0]) == reason
