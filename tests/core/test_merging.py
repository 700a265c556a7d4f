"""Shards become one file: every vector once, in the listing's order, or no file at all."""

import csv
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs pyarrow")

import pyarrow as pa
from known_shards import UNREADABLE, identity, make_shards
from pyarrow import parquet

from orangecontrib.imaging.core.comparable import comparable
from orangecontrib.imaging.core.errors import Cancelled, OutputError, WrongUse
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards import merged_npz, merged_parquet
from orangecontrib.imaging.core.shards.files import shard_path, skipped_path
from orangecontrib.imaging.core.shards.merging import check_target, merge_shards
from orangecontrib.imaging.core.shards.reading import open_vectors

TESTS = Path(__file__).resolve().parents[1]
ENDINGS = pytest.mark.parametrize("ending", [".parquet", ".npz"])


@pytest.fixture
def made(tmp_path):
    return make_shards(tmp_path / "out")


def listed(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def whole(out, *_):
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@ENDINGS
def test_all_vectors_come_out_once_in_order_with_all_that_was_carried_along(tmp_path, made, ending):
    target = tmp_path / f"table{ending}"
    merged = merge_shards(made.out, target)
    assert (merged.rows, merged.dimension, merged.skipped, merged.missing, merged.aside) == (22, 6, 3, (), ())
    assert merged.checked == 4
    vectors = open_vectors(target)
    numbers, columns = vectors.take(np.arange(22))
    np.testing.assert_array_equal(numbers, made.expected)
    assert columns == {name: made.values(name) for name in ("path", *made.listing.columns)}
    assert vectors.columns == made.listing.columns
    assert (vectors.identity, vectors.root, vectors.skipped) == (identity(), "/data/pictures", 3)
    assert vectors.reading == Reading(contrast="type")
    assert listed(merged.listed) == [["path", "reason"], *([f"plate {row // 10}/{row}.png", UNREADABLE]
                                                           for row in (3, 14, 15))]


def test_a_parquet_file_has_a_row_group_a_shard_and_lists_of_one_length(tmp_path, made):
    merge_shards(made.out, tmp_path / "o.parquet")
    file = parquet.ParquetFile(tmp_path / "o.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [6, 7, 5, 4]
    assert file.schema_arrow.field("vector").type == pa.list_(pa.float32(), 6)
    assert file.schema_arrow.field("well").type == pa.int64()
    assert json.loads(file.schema_arrow.metadata[b"identity"])["network"] == "squeezenet"


def test_numpy_reads_all_of_an_npz_file_without_pickle(tmp_path, made):
    merge_shards(made.out, tmp_path / "o.npz")
    with np.load(tmp_path / "o.npz", allow_pickle=False) as read:
        arrays = {name: read[name] for name in read.files}
    assert arrays["vectors"].dtype == np.float32
    np.testing.assert_array_equal(arrays["vectors"], made.expected)
    assert arrays["paths"].tolist() == made.values("path")
    assert arrays["paths"].dtype == "<U14"
    assert arrays["categories"].tolist() == [value or "" for value in made.values("category")]
    assert arrays["missing categories"].tolist() == [value is None for value in made.values("category")]
    assert arrays["well"].tolist() == [value or 0 for value in made.values("well")]
    assert arrays["well"].dtype == np.int64
    assert arrays["dose"].tolist() == made.values("dose")
    assert arrays["is control"].tolist() == made.values("is control")
    assert "missing dose" not in arrays
    assert str(arrays["identity"]) == identity()


def test_columns_whose_names_are_taken_are_told_apart(tmp_path):
    carried = {name: [f"{name} {row}" for row in range(9)] for name in ("vectors", "paths", "identity", "categories",
                                                                        "category", "columns", "žaba/../x")}
    made = make_shards(tmp_path / "out", 9, carried=carried, skipped=())
    merge_shards(made.out, tmp_path / "o.npz")
    columns = open_vectors(tmp_path / "o.npz").take(np.arange(9))[1]
    assert columns == {"path": made.values("path"), **carried}


GAPS = [3, None, 5, 6, 7]
TEXTS = [f"text {row}" for row in range(5)]


@pytest.mark.parametrize(("carried", "arrays"), [
    ({"age": GAPS, "missing age": TEXTS}, ["age", "missing age", "missing age 2"]),
    ({"missing age": TEXTS, "age": GAPS}, ["missing age", "age", "missing age 2"]),
    ({"age": GAPS, "missing age": TEXTS, "missing age 2": GAPS},
     ["age", "missing age", "missing age 2", "missing age 3", "missing missing age 2"]),
    ({"vectors": TEXTS, "column vectors": TEXTS[::-1]}, ["column vectors", "column vectors 2"]),
    ({"column vectors": GAPS, "vectors": GAPS[::-1], "missing column vectors": TEXTS},
     ["column vectors", "column vectors 2", "missing column vectors", "missing column vectors 2",
      "missing column vectors 2 2"]),
    ({"missing categories": TEXTS, "category": [None, *TEXTS[1:]]},
     ["missing categories", "categories", "missing categories 2"]),
    ({"vectors": GAPS, "age": GAPS, "missing height": TEXTS},
     ["column vectors", "age", "missing height", "missing column vectors", "missing age"]),  # none is taken
])
def test_no_two_arrays_of_an_npz_file_have_one_name_and_each_column_comes_back(tmp_path, carried, arrays):
    made = make_shards(tmp_path / "out", 5, carried=carried, skipped=())
    merge_shards(made.out, tmp_path / "o.npz")
    with np.load(tmp_path / "o.npz", allow_pickle=False) as read:
        named = sorted(read.files)
    told = ["vectors", "paths", "identity", "reading", "root", "title", "pictures", "columns"]
    assert named == sorted([*arrays, *told])
    vectors = open_vectors(tmp_path / "o.npz")
    assert vectors.take(np.arange(5))[1] == {"path": made.values("path"), **carried}


@ENDINGS
def test_the_same_shards_give_the_same_bytes(tmp_path, made, ending):
    for name in ("a", "b"):
        merge_shards(made.out, tmp_path / f"{name}{ending}")
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@ENDINGS
def test_where_nothing_was_skipped_an_older_list_goes(tmp_path, ending):
    made = make_shards(tmp_path / "out", skipped=())
    target = tmp_path / f"table{ending}"
    target.write_text("older")
    Path(f"{target}.skipped.csv").write_text("path,reason\r\na.png,empty\r\n")
    assert merge_shards(made.out, target).listed is None
    assert not Path(f"{target}.skipped.csv").exists()
    assert open_vectors(target).count == 25


@ENDINGS
def test_shards_that_are_missing_or_set_aside_are_told_with_what_to_do(tmp_path, ending):
    made = make_shards(tmp_path / "out", missing=[0], aside=[2])
    with pytest.raises(WrongUse) as told:
        merge_shards(made.out, tmp_path / f"o{ending}")
    assert str(told.value) == (
        f"{made.out}: 1 of 4 shards is still to be made (0). 1 of 4 was set aside, for it ended the programs that "
        "worked on it (2). Run the same 'orange-imaging embed' again, which makes only these; or add --partial to "
        "leave them out.")
    assert sorted(os.listdir(tmp_path)) == ["out"]


@ENDINGS
def test_partial_leaves_them_out_and_lists_the_pictures_that_were_set_aside(tmp_path, ending):
    made = make_shards(tmp_path / "out", missing=[0], aside=[2])
    merged = merge_shards(made.out, tmp_path / f"o{ending}", partial=True)
    assert (merged.rows, merged.missing, merged.aside, merged.checked) == (11, (0,), (2,), 2)
    np.testing.assert_array_equal(open_vectors(tmp_path / f"o{ending}").take(np.arange(11))[0], made.expected)
    assert [path for path, _ in listed(merged.listed)[1:]] == [f"plate {row // 10}/{row}.png" for row in range(14, 21)]
    assert {reason for _, reason in listed(merged.listed)[1:]} == {"it ended 3 workers"}


def test_a_folder_without_a_vector_is_no_table(tmp_path):
    make_shards(tmp_path / "none", missing=range(4))
    make_shards(tmp_path / "skipped", skipped=range(25))
    for name in ("none", "skipped"):
        with pytest.raises(WrongUse, match="there is no vector in it yet"):
            merge_shards(tmp_path / name, tmp_path / "o.npz", partial=True)


def damaged(path):
    """One bit of a shard's vectors differs: its size and its end are as they were."""
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)


@ENDINGS
def test_a_shard_with_one_wrong_bit_is_named_and_nothing_is_written(tmp_path, made, ending):
    damaged(shard_path(made.out, 2))
    target = tmp_path / f"table{ending}"
    target.write_text("older")
    with pytest.raises(WrongUse, match=r"shard-00002\.parquet: .* SHA-256 .* Remove it and run embed again"):
        merge_shards(made.out, target)
    assert target.read_text() == "older"
    assert sorted(os.listdir(tmp_path)) == ["out", target.name]


@ENDINGS
def test_a_copy_of_another_shard_in_its_place_is_refused(tmp_path, made, ending):
    shard_path(made.out, 1).write_bytes(shard_path(made.out, 0).read_bytes())
    with pytest.raises(WrongUse, match=r"shard-00001\.parquet: this shard is damaged, or of other pictures"):
        merge_shards(made.out, tmp_path / f"o{ending}")
    skipped_path(made.out, 1).write_bytes(skipped_path(made.out, 0).read_bytes())
    with pytest.raises(WrongUse, match=r"shard-00001\.parquet: this shard is damaged, or of other pictures"):
        merge_shards(made.out, tmp_path / f"o{ending}", partial=True)


def test_a_shortened_list_of_skipped_pictures_is_noticed(tmp_path, made):
    path = skipped_path(made.out, 0)
    told = parquet.read_schema(path).metadata
    parquet.write_table(parquet.read_table(path).slice(0, 0).replace_schema_metadata(told), path)
    with pytest.raises(WrongUse, match=r"skipped-00000\.parquet: it lists 0 pictures instead of 1"):
        merge_shards(made.out, tmp_path / "o.npz")


@ENDINGS
def test_of_unlike_computers_what_may_be_compared_is_told(tmp_path, ending):
    made = make_shards(tmp_path / "out", engines=("torch 2.13.0", "torch 2.14.0"))
    merge_shards(made.out, tmp_path / f"o{ending}")
    assert open_vectors(tmp_path / f"o{ending}").identity == comparable(identity())


@ENDINGS
@pytest.mark.parametrize("after", [0, 1, 5])
def test_stopping_leaves_nothing_behind(tmp_path, made, ending, after):
    asked = iter([False] * after + [True])
    with pytest.raises(Cancelled):
        merge_shards(made.out, tmp_path / f"o{ending}", cancelled=lambda: next(asked))
    assert sorted(os.listdir(tmp_path)) == ["out"]


@ENDINGS
def test_progress_ends_where_it_says(tmp_path, made, ending):
    seen = []
    merge_shards(made.out, tmp_path / f"o{ending}", on_progress=lambda *told: seen.append(told))
    total = 4 if ending == ".parquet" else 4 * 7  # checked, vectors, paths, and four columns
    assert seen == [(done, total) for done in range(1, total + 1)]


@ENDINGS
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, made, ending, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(merged_npz, "_write_column", full)
    monkeypatch.setattr(merged_parquet, "_table", full)
    with pytest.raises(OutputError, match="no space left on device"):
        merge_shards(made.out, tmp_path / f"o{ending}")
    assert sorted(os.listdir(tmp_path)) == ["out"]


@pytest.mark.parametrize("name", ["shard-00001.parquet", "SHARD-7.parquet", "skipped-00000.parquet",
                                  "aside-00009.parquet"])
def test_a_name_of_the_shards_own_is_refused_in_their_folder_alone(tmp_path, made, name):
    before = whole(made.out)
    with pytest.raises(WrongUse, match="belongs to the shards themselves"):
        merge_shards(made.out, made.out / name)
    (tmp_path / "link.parquet").symlink_to(made.out / name)
    with pytest.raises(WrongUse, match="belongs to the shards themselves"):
        merge_shards(made.out, tmp_path / "link.parquet")
    assert whole(made.out) == before
    check_target(made.out, tmp_path / name)


@ENDINGS
def test_a_file_in_the_folder_of_shards_is_never_taken_for_one(made, ending):
    target = made.out / f"table{ending}"
    merge_shards(made.out, target)
    first = target.read_bytes()
    assert open_vectors(made.out).count == 22
    merge_shards(made.out, target)
    assert target.read_bytes() == first


def test_other_endings_are_refused(tmp_path, made):
    with pytest.raises(WrongUse, match=r"merged into a \.parquet or \.npz file"):
        merge_shards(made.out, tmp_path / "o.csv")


def test_a_text_that_would_take_its_room_for_every_picture_is_refused(tmp_path, monkeypatch):
    made = make_shards(tmp_path / "out", 9, skipped=(), carried={"note": ["x" * 5000] + ["y"] * 8})
    with pytest.raises(WrongUse, match="The column 'note' has a text of 5,000 letters"):
        merge_shards(made.out, tmp_path / "o.npz")
    merge_shards(made.out, tmp_path / "o.parquet")
    assert open_vectors(tmp_path / "o.parquet").take(np.array([0]))[1]["note"] == ["x" * 5000]


MERGE = """
import sys
from pathlib import Path
import numpy, pyarrow.parquet
from orangecontrib.imaging.core.shards.merging import merge_shards
from orangecontrib.imaging.core.shards.reading import open_vectors
def peak():  # resource.getrusage would tell that of the parent, if it was larger
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("VmHWM"))
before = peak()
merge_shards(Path(sys.argv[1]), Path(sys.argv[2]))
merged = peak()
for _ in open_vectors(sys.argv[2]).blocks():
    pass
print(before, merged, peak())
"""


def peaks(out, target):
    """Megabytes: before, at most while it is merged, and while it is read back as well."""
    run = subprocess.run([sys.executable, "-c", MERGE, out, target], capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": str(TESTS.parent)})
    return [int(one) / 1024 for one in run.stdout.split()]


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak")
@ENDINGS
def test_four_times_as_many_vectors_take_no_more_memory(tmp_path, ending):
    found = []
    for pictures in (40_000, 160_000):
        names = [f"plate {row // 1000}/{row}.png" for row in range(pictures)]
        vectors = np.random.default_rng(0).normal(size=(pictures, 256)).astype(np.float32)
        make_shards(tmp_path / str(pictures), pictures, shard_size=2000, skipped=range(0, pictures, 1000),
                    carried={"category": [f"c{row % 7}" for row in range(pictures)]}, vectors=vectors, names=names)
        found.append(peaks(tmp_path / str(pictures), tmp_path / f"{pictures}{ending}"))
    fewer, more = found  # of 41 and 164 MB of vectors
    assert more[1] < fewer[1] + 25, found
    assert more[2] < fewer[2] + 25, found
    assert more[2] - more[0] < 150, found
