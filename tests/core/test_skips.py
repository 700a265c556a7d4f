"""Pictures without a vector are told with their reasons, of shards and of what was merged."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from opened_shards import make_shards, names_of

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.shards.merging import merge_shards
from orangecontrib.imaging.core.shards.skips import read_skipped


def test_skipped_pictures_come_in_the_order_of_the_listing_then_those_set_aside(tmp_path):
    names = names_of(12)
    out = make_shards(tmp_path / "out", names, skipped=[1, 9], aside=[1])
    assert read_skipped(out) == [(names[1], "the file is empty"), (names[9], "the file is empty"),
                                 *((name, "it ended three workers") for name in names[4:8])]


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
def test_a_merged_file_tells_the_same(tmp_path, ending):
    out = make_shards(tmp_path / "out", names_of(12), skipped=[1, 9])
    merge_shards(Path(out), tmp_path / f"all{ending}")
    assert read_skipped(tmp_path / f"all{ending}") == read_skipped(out)


def test_nothing_skipped_is_nothing_told(tmp_path):
    out = make_shards(tmp_path / "out", names_of(5))
    merge_shards(Path(out), tmp_path / "all.npz")
    assert read_skipped(out) == read_skipped(tmp_path / "all.npz") == []


def test_a_list_that_is_none_is_named(tmp_path):
    (tmp_path / "all.npz.skipped.csv").write_text("path,reason\none\n")
    with pytest.raises(WrongUse, match=r"all\.npz\.skipped\.csv: this list of skipped pictures cannot be read"):
        read_skipped(tmp_path / "all.npz")
