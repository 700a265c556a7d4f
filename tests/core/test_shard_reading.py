"""Vectors read back, from shards and from one file: the same rows, little memory, and sentences for what cannot be."""

import json
import os

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs pyarrow")

import pyarrow as pa
from known_shards import READING, identity, make_shards
from pyarrow import parquet

from orangecontrib.imaging.core.comparable import combined_identity, comparable
from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.export import Exported, write_skipped, write_vectors
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards import npz_part, parquet_part
from orangecontrib.imaging.core.shards.files import shard_path
from orangecontrib.imaging.core.shards.reading import open_vectors

TOLD = {"contrast": "type"}
COUNT, DIMENSION = 1003, 5


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(1).normal(size=(COUNT, DIMENSION)).astype(np.float32)


def names(count=COUNT):
    return [f"a/{row}.png" for row in range(count)]


def exported(numbers):
    return Exported(numbers, names(len(numbers)), ["a", "b", ""] * (len(numbers) // 3) + ["c"] * (len(numbers) % 3),
                    identity())


def list_file(path, numbers, groups=100):
    """A merged file in row groups."""
    lists = pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), numbers.shape[1])
    parquet.write_table(pa.table({"path": names(len(numbers)), "vector": lists}), path, row_group_size=groups)
    return path


@pytest.fixture(params=["lists.parquet", "columns.parquet", "arrays.npz"])
def one_file(request, tmp_path, numbers):
    """A file of vectors of each kind."""
    path = tmp_path / request.param
    if request.param == "lists.parquet":
        return list_file(path, numbers)
    write_vectors(path, exported(numbers))
    return path


@pytest.mark.parametrize("rows_a_block", [1, 7, 100, 4096])
def test_blocks_of_any_size_give_all_rows_in_their_order(one_file, numbers, rows_a_block):
    vectors = open_vectors(one_file)
    found = list(vectors.blocks(rows_a_block))
    assert [first for first, _, _ in found] == np.cumsum([0, *(len(one) for _, one, _ in found)])[:-1].tolist()
    assert max(len(one) for _, one, _ in found) <= rows_a_block
    np.testing.assert_array_equal(np.concatenate([one for _, one, _ in found]), numbers)
    assert [name for _, _, columns in found for name in columns["path"]] == names()


@pytest.mark.parametrize("rows", [[], [0], [COUNT - 1], [98, 99, 100, 101], list(range(3, COUNT, 11)), range(COUNT)])
@pytest.mark.parametrize("rows_a_block", [3, 4096])
def test_some_rows_are_taken_with_their_names(one_file, numbers, rows, rows_a_block):
    rows = np.array(rows, np.int64)
    taken, columns = open_vectors(one_file).take(rows, rows_a_block=rows_a_block)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, numbers[rows])
    assert columns["path"] == [names()[row] for row in rows]


@pytest.mark.parametrize("rows", [[-1], [COUNT], [3, 3], [4, 2]])
def test_rows_that_cannot_be_taken_are_refused(one_file, rows):
    with pytest.raises(WrongUse, match=r"Rows from 0 to 1,002 can be taken, in ascending order and each once\."):
        open_vectors(one_file).take(np.array(rows))


def test_only_the_row_groups_that_hold_the_rows_are_read(tmp_path, numbers, monkeypatch):
    read, real = [], parquet.ParquetFile.iter_batches
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches",
                        lambda self, *given, **more: read.append(more["row_groups"]) or real(self, *given, **more))
    open_vectors(list_file(tmp_path / "o.parquet", numbers)).take(np.array([150, 151, 999]))
    assert read == [[1, 9]]


def test_only_the_bytes_of_the_rows_are_read_from_arrays(tmp_path, numbers, monkeypatch):
    write_vectors(tmp_path / "o.npz", exported(numbers))
    read, real = [], npz_part.StoredArray.read
    monkeypatch.setattr(npz_part.StoredArray, "read", lambda self, file, first, end: (
        read.append((first, end)) or real(self, file, first, end)))
    open_vectors(tmp_path / "o.npz").take(np.array([5, 6, 7, 900]), names=())
    assert read == [(5, 8), (900, 901)]


def test_taking_can_be_watched_and_stopped(tmp_path, numbers):
    vectors, seen = open_vectors(list_file(tmp_path / "o.parquet", numbers)), []
    vectors.take(np.arange(250), on_progress=lambda *told: seen.append(told), rows_a_block=100)
    assert seen == [(100, 250), (200, 250), (250, 250)]
    with pytest.raises(Cancelled):
        vectors.take(np.arange(250), cancelled=lambda: True)


def test_a_file_of_the_one_file_command_tells_its_columns_identity_reading_and_skipped(tmp_path, numbers):
    for name in ("o.parquet", "o.npz"):
        write_vectors(tmp_path / name, exported(numbers))
        write_skipped(tmp_path / name, [("a/x.png", "empty"), ("a/two\nlines.png", "empty")])
        vectors = open_vectors(tmp_path / name)
        assert (vectors.count, vectors.dimension, vectors.columns) == (COUNT, DIMENSION, {"category": "string"})
        assert (vectors.identity, vectors.skipped, vectors.missing) == (identity(), 2, ())
        assert vectors.reading == Reading(**TOLD)
        assert vectors.root is None
        assert vectors.take(np.array([1, 2]))[1]["category"] == ["b", ""]


def test_shards_give_the_rows_of_the_listing_without_those_that_were_skipped(tmp_path):
    made = make_shards(tmp_path / "out")
    vectors = open_vectors(tmp_path / "out")
    assert (vectors.count, vectors.dimension, vectors.skipped) == (22, 6, 3)
    assert (vectors.missing, vectors.aside) == ((), {})
    assert vectors.columns == {"category": "string", "well": "int64", "dose": "double", "is control": "bool"}
    assert (vectors.identity, vectors.root, vectors.reading) == (identity(), "/data/pictures", Reading(**READING))
    taken, columns = vectors.take(np.arange(22))
    np.testing.assert_array_equal(taken, made.expected)
    assert columns == {name: made.values(name) for name in ("path", *vectors.columns)}
    np.testing.assert_array_equal(np.concatenate([one for _, one, _ in vectors.blocks(4)]), made.expected)


def test_a_shard_whose_pictures_were_all_skipped_is_no_obstacle(tmp_path):
    made = make_shards(tmp_path / "out", skipped=range(7, 14))
    vectors = open_vectors(tmp_path / "out")
    assert (vectors.count, vectors.skipped) == (18, 7)
    np.testing.assert_array_equal(vectors.take(np.arange(5, 9))[0], made.expected[5:9])


def test_an_incomplete_folder_opens_and_tells_what_is_missing_and_set_aside(tmp_path):
    made = make_shards(tmp_path / "out", missing=[2], aside=[1])
    vectors = open_vectors(tmp_path / "out")
    assert (vectors.missing, vectors.aside) == ((2,), {1: "it ended 3 workers"})
    assert vectors.count == 11 - 1
    np.testing.assert_array_equal(vectors.take(np.arange(10))[0], made.expected)


def test_shards_are_seen_also_before_a_run_has_ended(tmp_path):
    make_shards(tmp_path / "out", finished=False)
    assert open_vectors(tmp_path / "out").count == 22


def test_of_unlike_computers_the_identity_is_what_may_be_compared(tmp_path):
    make_shards(tmp_path / "out", engines=("torch 2.13.0", "torch 2.14.0"))
    assert open_vectors(tmp_path / "out").identity == comparable(identity())


def test_identities_that_do_not_go_together_are_refused():
    assert combined_identity([]) == ""
    assert combined_identity([identity(), identity()]) == identity()
    with pytest.raises(WrongUse, match="different networks, weights"):
        combined_identity([identity(), identity(weights="cd" * 32)])


def test_a_shard_with_other_bytes_is_named(tmp_path):
    make_shards(tmp_path / "out")
    path = shard_path(tmp_path / "out", 1)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(WrongUse, match=r"shard-00001\.parquet: this shard is damaged.*Remove it and run embed again"):
        open_vectors(tmp_path / "out")


def test_a_shard_that_vanishes_or_changes_after_it_was_opened_is_named(tmp_path):
    make_shards(tmp_path / "out")
    vectors, path = open_vectors(tmp_path / "out"), shard_path(tmp_path / "out", 2)
    whole = path.read_bytes()
    for content, words in ((None, "there is no such file"), (b"", "cannot be read as a Parquet file"),
                           (whole[:200] + bytes(400) + whole[600:], "cannot be read as a Parquet file")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(WrongUse, match=rf"shard-00002\.parquet: .*{words}"):
            vectors.take(np.arange(22))
        path.write_bytes(whole)


@pytest.mark.parametrize(("count", "dimension", "words"), [
    (6, 4, "its vectors have 4 numbers, and those of the other files 6"), (5, 6, "it holds 5 vectors instead of 6")])
def test_a_shard_of_another_dimension_or_count_is_named(tmp_path, count, dimension, words):
    make_shards(tmp_path / "out")
    vectors = open_vectors(tmp_path / "out")
    list_file(shard_path(tmp_path / "out", 0), np.zeros((count, dimension), np.float32))
    with pytest.raises(WrongUse, match=rf"shard-00000\.parquet: {words}"):
        next(vectors.blocks(names=("path",)))


def test_a_row_without_a_vector_is_named(tmp_path):
    lists = pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2))
    parquet.write_table(pa.table({"path": ["a", "b"], "vector": lists}), tmp_path / "o.parquet")
    by_us, by_older_arrows = "a row of it has no vector", "it cannot be read as a Parquet file"
    with pytest.raises(WrongUse, match=rf"o\.parquet: ({by_us}|{by_older_arrows})"):
        open_vectors(tmp_path / "o.parquet").take(np.array([0, 1]))


def write_npz(path, **arrays):
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def parquet_file(place, **columns):
    parquet.write_table(pa.table(columns), place)


VECTORS = np.zeros((2, 3), np.float32)
PATHS = np.array(["a", "b"])


@pytest.mark.parametrize(("name", "write", "words"), [
    ("o.csv", lambda path: path.write_text("path"), "vectors are read from a folder of shards, a .parquet or a .npz"),
    ("o.npz", lambda path: None, "there is no such file"),
    ("o.npz", lambda path: path.write_bytes(b""), "cannot be read as a NumPy .npz file"),
    ("o.npz", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(90)), "cannot be read as a NumPy .npz file"),
    ("o.npz", lambda path: write_npz(path, other=VECTORS), "holds no vectors of pictures"),
    ("o.npz", lambda path: write_npz(path, vectors=VECTORS.astype(float), paths=PATHS), "holds no vectors of pictures"),
    ("o.npz", lambda path: write_npz(path, vectors=VECTORS.T.copy().T, paths=PATHS), "lies in it column by column"),
    ("o.npz", lambda path: write_npz(path, vectors=VECTORS, paths=PATHS[:1]), "its arrays have different lengths"),
    ("o.npz", lambda path: write_npz(path, vectors=VECTORS, paths=PATHS.astype(object)), "holds Python objects"),
    ("o.npz", lambda path: write_npz(path, vectors=VECTORS, paths=PATHS, identity=PATHS), "a text is something else"),
    ("o.npz", lambda path: np.savez_compressed(path, vectors=VECTORS, paths=PATHS), "its arrays are packed"),
    ("o.parquet", lambda path: None, "there is no such file"),
    ("o.parquet", lambda path: path.write_bytes(b"PAR1"), "cannot be read as a Parquet file"),
    ("o.parquet", lambda path: parquet_file(path, path=["a"], x=[1]), "holds no vectors of pictures"),
    ("o.parquet", lambda path: parquet_file(path, n0=pa.array([1], pa.float32())), "holds no vectors of pictures"),
    ("o.parquet", lambda path: parquet_file(path, path=["a"], n0=[1.0]), "holds no vectors of pictures"),
    ("folder", lambda path: path.mkdir(), "there are no shards here"),
])
def test_what_holds_no_vectors_is_refused_in_a_sentence_that_names_it(tmp_path, name, write, words):
    write(tmp_path / name)
    with pytest.raises(WrongUse) as told:
        open_vectors(tmp_path / name)
    assert str(told.value).startswith(str(tmp_path / name))
    assert words in str(told.value)


def test_a_cut_array_is_noticed_when_the_file_is_opened(tmp_path, numbers):
    path = tmp_path / "o.npz"
    write_vectors(path, exported(numbers))
    data = path.read_bytes()
    middle = data.index(b"\x93NUMPY") + 1000
    path.write_bytes(data[:middle] + data[middle + 12_000:])
    with pytest.raises(WrongUse, match="cannot be read as a NumPy .npz file"):
        open_vectors(path)


def test_a_file_that_shrinks_after_it_was_opened_is_named(tmp_path, numbers):
    path = tmp_path / "o.npz"
    write_vectors(path, exported(numbers))
    vectors = open_vectors(path)
    os.truncate(path, 3000)
    with pytest.raises(WrongUse, match=r"o\.npz: it cannot be read as a NumPy \.npz file \(it ends too early\)"):
        vectors.take(np.arange(COUNT))


def test_a_reading_of_a_later_version_is_refused(tmp_path, numbers):
    later = json.dumps({"network": "squeezenet", "reading": {"smell": 3}})
    write_vectors(tmp_path / "o.npz", Exported(numbers, names(), names(), later))
    with pytest.raises(WrongUse, match="written by another version of this add-on"):
        open_vectors(tmp_path / "o.npz")


def test_without_pyarrow_the_command_that_installs_it_is_told(tmp_path, numbers, monkeypatch):
    list_file(tmp_path / "o.parquet", numbers)
    monkeypatch.setattr(parquet_part, "find_spec", lambda name: None)
    with pytest.raises(WrongUse, match="pip install pyarrow"):
        open_vectors(tmp_path / "o.parquet")
