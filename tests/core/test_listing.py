"""Listings: where their pictures are read, what tells two of them apart, and what is known before the work."""

import os

import numpy as np
import pytest
from made import write_pictures

pytest.importorskip("pyarrow")

import pyarrow

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.shards.job import Job, embed_piece
from orangecontrib.imaging.core.shards.listing import Listing, full_path, make_listing, shard_count


@pytest.mark.parametrize(("name", "root", "is_joined", "path"), [
    ("a/0.png", "/data", False, "/data/a/0.png"),
    ("/other/0.png", "/data", False, "/other/0.png"),
    ("/other/0.png", "", False, "/other/0.png"),
    ("https://example.org/a.png", "/data", False, "https://example.org/a.png"),
    ("a/0.png", "s3://screen/plates/", False, "s3://screen/plates/a/0.png"),
    ("a|b.png", "/data", False, "/data/a|b.png"),
    ("a_w1.tif|b/a_w2.tif", "/data", True, "/data/a_w1.tif|/data/b/a_w2.tif"),
    ("bytes:a/%E9_w1.tif|bytes:a/%E9_w2.tif", "/data", True, "/data/a/\udce9_w1.tif|/data/a/\udce9_w2.tif"),
    ("bytes:%E9.png", "/data", False, "/data/\udce9.png"),
])
@pytest.mark.skipif(os.name == "nt", reason="paths of this form")
def test_a_name_says_where_its_picture_is_read(name, root, is_joined, path):
    assert full_path(name, root, is_joined) == path


def test_pieces_hold_their_own_rows():
    listing = make_listing("list.csv", "/data", [f"{row}.png" for row in range(5)], {"well": list("ABCDE")})
    assert shard_count(len(listing), 2) == 3
    last, middle = listing.piece(2, 2), listing.piece(1, 2)
    assert (last.first, last.names, last.carried) == (4, ["4.png"], {"well": ["E"]})
    assert (middle.first, len(middle), middle.paths) == (2, 2, [os.path.join("/data", "2.png"),
                                                                os.path.join("/data", "3.png")])


def test_a_piece_knows_what_was_left_out_among_its_own_rows():
    listing = Listing("", "/data", pyarrow.table({"path": list("abcde")}), {0: "first", 3: "fourth"})
    assert [listing.piece(number, 2).known for number in range(3)] == [{0: "first"}, {1: "fourth"}, {}]


def test_a_digest_tells_rows_values_and_reasons_apart_but_neither_chunks_nor_places():
    def digest(names, wells, known=None, root="/data"):
        columns = {"path": names, "well": wells}
        table = pyarrow.concat_tables(pyarrow.table({name: values[start:end] for name, values in columns.items()})
                                      for start, end in ((0, cut), (cut, 3)))
        return Listing("", root, table, known or {}).digest

    cut = 1
    first = digest(["a", "b", "c"], [1, 2, 3])
    cut = 2
    assert digest(["a", "b", "c"], [1, 2, 3], root="/elsewhere") == first
    others = [digest(["a", "c", "b"], [1, 2, 3]), digest(["a", "b", "c"], [1, 2, 4]),
              digest(["a", "b", "c"], ["1", "2", "3"]), digest(["a", "b", "c"], [1, 2, 3], {1: "empty"})]
    assert len({first, *others}) == 5


def test_what_is_known_to_be_left_out_is_skipped_with_its_reason_and_not_read(tmp_path):
    write_pictures(tmp_path, 3)
    (tmp_path / "broken.png").touch()
    table = pyarrow.table({"path": ["0.png", "1.png", "broken.png", "2.png"]})
    piece = Listing("", str(tmp_path), table, {0: "an older one", 3: "no tissue"}).piece(0, 4)
    found = embed_piece(Job("squeezenet"), piece)
    assert [(one.row, one.path) for one in found.skipped] == [(row, piece.paths[row]) for row in (0, 2, 3)]
    assert [one.reason for one in found.skipped][::2] == ["an older one", "no tissue"]
    assert found.rows.tolist() == [1]
    np.testing.assert_array_equal(found.vectors, embed([piece.paths[1]]).vectors)


def test_a_piece_of_which_all_is_known_needs_no_network(tmp_path):
    table = pyarrow.table({"path": ["a", "b"]})
    found = embed_piece(Job("squeezenet"), Listing("", str(tmp_path), table, {0: "one", 1: "other"}).piece(0, 2))
    assert (found.vectors.shape, found.rows.tolist()) == ((0, 512), [])
    assert [one.reason for one in found.skipped] == ["one", "other"]
