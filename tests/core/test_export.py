"""Files of vectors: what is in them, and what is never half-written or overwritten."""

import csv
import json
import os

import numpy as np
import pytest

from orangecontrib.imaging.core import export
from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.export import (
    Exported,
    check_output,
    skipped_path,
    write_skipped,
    write_vectors,
)
from orangecontrib.imaging.core.paths import escape_path

NAMES = ["a/1.png", "a/two words, and a comma.png", 'b/"quoted"\nline.png', "b/čšž.png", os.fsdecode(b"b/\xff.png")]
IDENTITY = json.dumps({"network": "squeezenet"})


@pytest.fixture
def exported():
    # Neighbouring float32 values, tiny, huge and negative ones: what 8 digits would confuse.
    first = np.nextafter(np.float32(0.1), np.float32(1), dtype=np.float32)
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    vectors[0] = [first, np.float32(1e-38), np.float32(-3.4e38)]
    return Exported(vectors, NAMES, ["a", "a", "b", "b", "b"], IDENTITY)


def test_npz_gives_back_vectors_paths_and_categories_without_pickle(tmp_path, exported):
    out = tmp_path / "o.npz"
    write_vectors(out, exported)
    with np.load(out, allow_pickle=False) as read:
        assert read["vectors"].dtype == np.float32
        np.testing.assert_array_equal(read["vectors"], exported.vectors)
        assert read["paths"].tolist() == [escape_path(name) for name in NAMES]
        assert read["categories"].tolist() == exported.categories
        assert str(read["identity"]) == IDENTITY


def test_csv_gives_back_the_same_float32(tmp_path, exported):
    out = tmp_path / "o.csv"
    write_vectors(out, exported)
    with open(out, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "category", "n0", "n1", "n2"]
    assert [row[0] for row in rows] == [escape_path(name) for name in NAMES]
    assert [row[1] for row in rows] == exported.categories
    np.testing.assert_array_equal(np.array([row[2:] for row in rows], dtype=np.float32), exported.vectors)


def test_parquet_gives_back_the_same_columns_and_the_identity(tmp_path, exported):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    out = tmp_path / "o.parquet"
    write_vectors(out, exported)
    table = parquet.read_table(out)
    assert table.column_names == ["path", "category", "n0", "n1", "n2"]
    assert table.column("path").to_pylist() == [escape_path(name) for name in NAMES]
    assert str(table.schema.field("n0").type) == "float"
    np.testing.assert_array_equal(np.column_stack([table.column(2 + n).to_numpy() for n in range(3)]), exported.vectors)
    assert table.schema.metadata[b"identity"].decode() == IDENTITY


def _read(out):
    """The vectors of a file, whatever its ending is called."""
    if out.suffix.lower() == ".csv":
        with open(out, encoding="utf-8", newline="") as file:
            return np.array([row[2:] for row in list(csv.reader(file))[1:]], dtype=np.float32)
    if out.suffix.lower() == ".npz":
        with np.load(out) as read:
            return read["vectors"]
    table = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow").read_table(out)
    return np.column_stack([table.column(column).to_numpy() for column in ("n0", "n1", "n2")])


@pytest.mark.parametrize("ending", [".npz", ".NPZ", ".Npz", ".csv", ".CSV", ".parquet", ".PARQUET"])
def test_an_ending_may_be_written_in_capitals(tmp_path, exported, ending):
    if ending.lower() == ".parquet":
        pytest.importorskip("pyarrow", reason="needs pyarrow")
    out = tmp_path / f"O{ending}"
    check_output(out)
    write_vectors(out, exported)
    np.testing.assert_array_equal(_read(out), exported.vectors)
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("ending", [".TAB", ".Tab", ".PKL"])
def test_a_table_whose_ending_orange_would_not_know_again_is_refused_before_any_work(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(export, "find_spec", lambda _: object())
    with pytest.raises(WrongUse, match=rf"O{ending}: Orange opens {ending.lower()} only in small letters\. "
                                       rf"Write O{ending.lower()}\."):
        check_output(tmp_path / f"O{ending}")


def test_skipped_pictures_are_listed_beside_the_vectors(tmp_path):
    out = tmp_path / "o.npz"
    rows = [("a/1.png", "it is empty"), (os.fsdecode(b"\xff.png"), "no, and no")]
    assert write_skipped(out, rows) == tmp_path / "o.npz.skipped.csv"
    with open(skipped_path(out), encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["path", "reason"], ["a/1.png", "it is empty"],
                                          ["bytes:%FF.png", "no, and no"]]


def test_where_nothing_was_skipped_the_list_of_an_earlier_run_goes(tmp_path):
    out = tmp_path / "o.npz"
    write_skipped(out, [("a.png", "it is empty")])
    assert write_skipped(out, []) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["o", "o.txt", "o.npz.bak", ".npz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path, name):
    with pytest.raises(WrongUse, match=r"is not known\. Choose one of: \.npz, \.parquet, \.csv, \.tab, \.pkl\."):
        check_output(tmp_path / name)


@pytest.mark.parametrize("ending", [".npz", ".NPZ", ".csv"])
def test_a_file_that_is_there_is_no_obstacle(tmp_path, ending):
    (tmp_path / f"o{ending}").write_bytes(b"old")
    check_output(tmp_path / f"o{ending}")


@pytest.mark.parametrize(("ending", "module", "command"), [
    (".parquet", "pyarrow", "pip install pyarrow"), (".tab", "Orange", "pip install Orange3"),
    (".pkl", "Orange", "pip install Orange3")])
def test_a_missing_library_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch, ending, module, command):
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == module else object())
    with pytest.raises(WrongUse, match=rf"needs {module}, which is not installed\. Install it \({command}\)"):
        check_output(tmp_path / f"o{ending}")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(WrongUse, match=r"there is no folder .*nowhere\. Make it"):
        check_output(tmp_path / "nowhere" / "o.npz")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "o.npz").mkdir()
    with pytest.raises(WrongUse, match="no file can be written there"):
        check_output(tmp_path / "o.npz")


def test_somebodys_own_file_is_not_taken_for_a_list_of_skipped_pictures(tmp_path):
    own = tmp_path / "o.npz.skipped.csv"
    own.write_text("my,notes\n")
    with pytest.raises(WrongUse, match=r"o\.npz\.skipped\.csv: this file is in the way"):
        check_output(tmp_path / "o.npz")
    assert own.read_text() == "my,notes\n"
