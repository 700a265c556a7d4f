"""Tables and pictures as files: names that every system takes, numbers in full."""

import numpy as np
import pytest
from Orange.data import (
    ContinuousVariable,
    DiscreteVariable,
    Domain,
    StringVariable,
    Table,
    TimeVariable,
)

from orangecontrib.imaging.core.errors import OutputError
from orangecontrib.imaging.workflow import results
from orangecontrib.imaging.workflow.results import ResultFolder, table_lines

DOMAIN = Domain([ContinuousVariable("n0", number_of_decimals=2)],
                DiscreteVariable("kind", values=("a", "b")),
                [StringVariable("image"), TimeVariable("when", have_date=True)])


@pytest.fixture
def table():
    return Table.from_numpy(DOMAIN, np.array([[1 / 3], [np.nan], [24048], [1e300]]), np.array([1, np.nan, 0, 0]),
                            np.array([['a "1", ü\n.png', 0.0], ["", np.nan], ["?", 0.5], [None, 0.0]],
                                     dtype=object))


def test_a_table_is_written_with_full_numbers_names_of_classes_and_empty_missing_values(table):
    assert list(table_lines(table)) == [
        ["image", "when", "kind", "n0"],
        ['a "1", ü\n.png', "1970-01-01", "b", "0.3333333333333333"],
        ["", "", "", ""],
        ["?", "1970-01-01", "a", "24048"],
        ["", "1970-01-01", "a", "1e+300"]]


@pytest.mark.parametrize(("name", "safe"), [
    ("MDS - Data", "MDS - Data"),
    ("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j"),
    ("line\nbreak\x00", "line_break_"),
    ("../..", "_._"),
    (" dots. ", "dots"),
    ("", "unnamed"),
    ("NUL", "_NUL"),
    ("é" * 300, "é" * 125),
])
def test_names_are_safe_on_every_system(tmp_path, table, name, safe):
    folder = ResultFolder(tmp_path)
    folder.add_table(name, table)
    assert [path.name for path in folder.written] == [path.name for path in tmp_path.iterdir()] == [safe + ".csv"]


def test_the_same_name_twice_is_numbered_also_where_only_the_case_differs(tmp_path, table):
    folder = ResultFolder(tmp_path)
    for name in ("Viewer", "viewer", "Viewer", "Viewer (2)"):
        folder.add_table(name, table)
    assert [path.name for path in folder.written] == [
        "Viewer.csv", "viewer (2).csv", "Viewer (3).csv", "Viewer (2) (2).csv"]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_table_that_cannot_be_written_is_named_and_leaves_no_part(tmp_path, table):
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(OutputError, match=r"taken\.csv: cannot be written"):
        ResultFolder(tmp_path).add_table("taken", table)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]


def test_a_table_whose_writing_is_interrupted_leaves_no_part(tmp_path, table, monkeypatch):
    def interrupted(_):
        yield ["image"]
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "table_lines", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ResultFolder(tmp_path).add_table("t", table)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_drawn_is_named_and_leaves_no_part(tmp_path, monkeypatch):
    def half(_, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "_draw", half)
    with pytest.raises(OutputError, match=r"p\.png: cannot be written \(no space left on device\)"):
        ResultFolder(tmp_path).add_picture("p", None)
    assert list(tmp_path.iterdir()) == []


def test_two_runs_that_write_the_same_result_at_once_do_not_disturb_each_other(tmp_path, table, monkeypatch):
    first, second, lines = ResultFolder(tmp_path), ResultFolder(tmp_path), table_lines

    def slow(given):
        monkeypatch.setattr(results, "table_lines", lines)
        second.add_table("t", given)
        yield from lines(given)

    monkeypatch.setattr(results, "table_lines", slow)
    first.add_table("t", table)
    assert list(tmp_path.iterdir()) == [tmp_path / "t.csv"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"results: cannot be written"):
        ResultFolder(tmp_path / "file" / "results")
