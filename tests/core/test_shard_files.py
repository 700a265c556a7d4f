"""A shard is done when both its files are there, whole, and of this run; all else is missing and is made anew."""

import hashlib
import json
import os
import time
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pyarrow")

import pyarrow
import pyarrow.parquet
from full_disk import full_disk
from made_shards import DIMENSION, embeddings, identity, listing, manifest, write

from orangecontrib.imaging.core.errors import OutputError, WrongUse
from orangecontrib.imaging.core.shards import files
from orangecontrib.imaging.core.shards.files import (
    aside_path,
    missing_shards,
    read_aside,
    read_record,
    shard_path,
    skipped_path,
    write_aside,
    write_shard,
)


def read(path):
    return pyarrow.parquet.read_table(path, use_threads=False)


@pytest.fixture
def pictures():
    return listing(17)


@pytest.fixture
def run(pictures):
    return manifest(pictures)


def test_numbers_have_five_digits_and_more_where_needed(tmp_path):
    assert [path(tmp_path, number).name for path, number in (
        (shard_path, 17), (skipped_path, 17), (aside_path, 17), (shard_path, 123456))] == [
        "shard-00017.parquet", "skipped-00017.parquet", "aside-00017.parquet", "shard-123456.parquet"]


def test_a_shard_holds_names_carried_columns_and_vectors_as_lists_of_fixed_size(tmp_path, run, pictures):
    write(tmp_path, run, pictures, [1], skipped=[0, 5])
    table, piece = read(shard_path(tmp_path, 1)), pictures.piece(1, 7)
    rows = [1, 2, 3, 4, 6]
    assert table.schema.names == ["path", "well", "dose", "vector"]
    assert [str(kind) for kind in table.schema.types] == [
        "string", "string", "double", f"fixed_size_list<element: float>[{DIMENSION}]"]
    assert table.column("path").to_pylist() == [f"day 1/{7 + row}.png" for row in rows]
    assert table.column("dose").to_pylist() == [piece.carried["dose"][row] for row in rows]
    vectors = np.array(table.column("vector").to_pylist(), np.float32)
    assert np.array_equal(vectors, embeddings(piece, [0, 5]).vectors)
    assert {name.decode(): value.decode() for name, value in table.schema.metadata.items() if name != b"vectors"} == {
        "identity": identity(), "listing": pictures.digest, "reading": "{}", "root": "/pictures",
        "device": "CPU, 2 threads", "first": "7"}


def test_skipped_pictures_have_their_reasons_and_the_file_tells_the_record(tmp_path, run, pictures):
    record = write(tmp_path, run, pictures, [2], skipped=[0, 2])[0]
    table = read(skipped_path(tmp_path, 2))
    assert table.to_pydict() == {"path": ["day 1/14.png", "day 1/16.png"], "well": ["A2", "A4"], "dose": [3.5, 4.0],
                                 "reason": ["row 0 is broken", "row 2 is broken"]}
    data = shard_path(tmp_path, 2).read_bytes()
    assert (record.number, record.first, record.vectors, record.skipped, record.bytes) == (2, 14, 1, 2, len(data))
    assert record.sha256 == hashlib.sha256(data).hexdigest()
    assert (record.identity, record.digest, record.host) == (identity(), pictures.digest, os.uname().nodename)
    assert json.loads(table.schema.metadata[b"shard"])["sha256"] == record.sha256
    assert read_record(tmp_path, 2) == read_record(tmp_path, 2, run.heading) == record


def test_a_shard_whose_pictures_were_all_skipped_is_done_and_has_vectors_of_the_same_length(tmp_path, run, pictures):
    record = write(tmp_path, run, pictures, [0], skipped=range(7))[0]
    table = read(shard_path(tmp_path, 0))
    assert (record.vectors, record.skipped, table.num_rows) == (0, 7, 0)
    assert str(table.schema.field("vector").type) == f"fixed_size_list<element: float>[{DIMENSION}]"
    assert str(table.schema.field("dose").type) == "double"
    assert missing_shards(tmp_path, run) == [1, 2]


def test_a_column_of_nothing_in_one_shard_has_the_type_of_the_others(tmp_path, pictures, run):
    piece = pictures.piece(0, 7)
    empty = replace(piece, carried={**piece.carried, "dose": [None] * 7})
    write_shard(tmp_path, 0, empty, embeddings(piece), run.heading)
    assert str(read(shard_path(tmp_path, 0)).schema.field("dose").type) == "double"


def test_names_that_are_no_text_come_back_as_they_were_given(tmp_path):
    from orangecontrib.imaging.core.shards.listing import make_listing
    strange = make_listing("x", "/p", ["caf\udce9.png", "bytes:1.png", "ž🙂.png"])
    write(tmp_path, manifest(strange), strange)
    assert read(shard_path(tmp_path, 0)).column("path").to_pylist() == ["bytes:caf%E9.png", "bytes:bytes:1.png",
                                                                       "ž🙂.png"]


def test_all_that_is_missing_is_told_in_order(tmp_path, pictures, run):
    assert missing_shards(tmp_path, run) == [0, 1, 2]
    write(tmp_path, run, pictures, [1])
    assert missing_shards(tmp_path, run) == [0, 2]
    write(tmp_path, run, pictures)
    assert missing_shards(tmp_path, run) == []


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def cut_in_front(path):
    path.write_bytes(path.read_bytes()[20:])


def lengthen(path):
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\0" * 8 + data[4:])


def empty(path):
    path.write_bytes(b"")


def garble(path):
    data = bytearray(path.read_bytes())
    data[-40:-20] = bytes(20)
    path.write_bytes(bytes(data))


def garble_record(path):
    path.write_bytes(path.read_bytes().replace(b'"sha256"', b'"sha\xff\xff\xff"'))


def of_another_program(path):
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2]}), path)


def no_parquet(path):
    path.write_text("these are my notes")


def endless(path):
    path.write_bytes(b"PAR1" + b"\xff\xff\xff\xff" + b"PAR1")


@pytest.mark.parametrize("damage", [os.unlink, cut, cut_in_front, lengthen, empty, garble, of_another_program,
                                    no_parquet, endless])
def test_a_damaged_or_foreign_file_of_vectors_makes_the_shard_missing(tmp_path, damage, run, pictures):
    write(tmp_path, run, pictures)
    damage(shard_path(tmp_path, 1))
    assert read_record(tmp_path, 1) is None
    assert missing_shards(tmp_path, run) == [1]


@pytest.mark.parametrize("damage", [os.unlink, cut, empty, garble_record, of_another_program, no_parquet, endless])
def test_a_damaged_or_foreign_file_of_skipped_pictures_makes_the_shard_missing(tmp_path, damage, run, pictures):
    write(tmp_path, run, pictures)
    damage(skipped_path(tmp_path, 1))
    assert read_record(tmp_path, 1) is None
    assert missing_shards(tmp_path, run) == [1]


def test_a_record_of_another_version_makes_the_shard_missing(tmp_path, run, pictures):
    write(tmp_path, run, pictures)
    for told in ('{"number": 1, "news": 2}', "[1]", "7", "{", "null"):
        table = read(skipped_path(tmp_path, 1)).replace_schema_metadata({"shard": told})
        pyarrow.parquet.write_table(table, skipped_path(tmp_path, 1))
        assert missing_shards(tmp_path, run) == [1], told


def test_other_vectors_in_a_file_of_the_same_length_are_not_taken_for_those_recorded(tmp_path, run, pictures):
    piece = pictures.piece(0, 7)
    record = write_shard(tmp_path, 0, piece, embeddings(piece), run.heading)
    proof = skipped_path(tmp_path, 0).read_bytes()
    others = embeddings(piece)
    others.vectors[3, 2] += np.float32(1e-6)
    again = write_shard(tmp_path, 0, piece, others, run.heading)
    skipped_path(tmp_path, 0).write_bytes(proof)
    assert again.sha256 != record.sha256
    assert missing_shards(tmp_path, run) == [0, 1, 2]


def test_shards_in_each_others_places_are_missing(tmp_path, run, pictures):
    write(tmp_path, run, pictures)
    for path in (shard_path, skipped_path):
        os.replace(path(tmp_path, 0), path(tmp_path, 1))
    assert missing_shards(tmp_path, run) == [0, 1]


@pytest.mark.parametrize("change", [
    {"digest": "0" * 64}, {"shard_size": 10}, {"pictures": 16}, {"identity": identity(weights="cd" * 32)},
    {"identity": identity(options={"layers": ["logits"]})}])
def test_shards_of_another_run_are_missing(tmp_path, change, run, pictures):
    write(tmp_path, run, pictures)
    other = replace(run, **change)
    expected = {"pictures": [2], "shard_size": [0, 1]}.get(next(iter(change)), [0, 1, 2])
    assert missing_shards(tmp_path, other) == expected


def test_shards_of_another_device_or_torch_count(tmp_path, run, pictures):
    write(tmp_path, run, pictures, [0], device="cuda", engine="torch 2.14.0", batch=64)
    write(tmp_path, run, pictures, [1, 2])
    assert missing_shards(tmp_path, run) == []


def test_vectors_of_another_network_are_not_written(tmp_path, run, pictures):
    with pytest.raises(WrongUse, match=r"do not belong .*: the weights of squeezenet are others \(their SHA-256 began "
                                       r"with abababababababab and begins with cdcdcdcdcdcdcdcd now\)\. Use the same"):
        write(tmp_path, run, pictures, weights="cd" * 32)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions of POSIX")
def test_a_file_that_may_not_be_read_is_no_missing_one(tmp_path, run, pictures):
    write(tmp_path, run, pictures)
    skipped_path(tmp_path, 1).chmod(0)
    with pytest.raises(WrongUse, match=r"skipped-00001\.parquet: it cannot be read \(permission denied\)"):
        missing_shards(tmp_path, run)


def test_a_folder_in_the_place_of_a_shard_is_named(tmp_path, run, pictures):
    write(tmp_path, run, pictures, [0])
    shard_path(tmp_path, 0).unlink()
    shard_path(tmp_path, 0).mkdir()
    with pytest.raises(WrongUse, match=r"shard-00000\.parquet: it cannot be read \(is a directory\)\. See"):
        missing_shards(tmp_path, run)


def test_a_folder_that_is_gone_is_named(tmp_path, run):
    with pytest.raises(WrongUse, match=r"away: there is no such folder of shards"):
        missing_shards(tmp_path / "away", run)


def test_a_kill_between_the_two_files_leaves_the_shard_missing(tmp_path, run, pictures, monkeypatch):
    really, piece = files._write_table, pictures.piece(0, 7)

    def killed(path, *rest):
        if path.name.startswith("skipped"):
            raise KeyboardInterrupt
        return really(path, *rest)

    monkeypatch.setattr(files, "_write_table", killed)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, 0, piece, embeddings(piece), run.heading)
    assert os.listdir(tmp_path) == ["shard-00000.parquet"]
    assert missing_shards(tmp_path, run) == [0, 1, 2]
    monkeypatch.undo()
    write(tmp_path, run, pictures, [0])
    assert missing_shards(tmp_path, run) == [1, 2]


@pytest.mark.parametrize("room", [0, 300, 1500, "the vectors"])
def test_a_full_disk_leaves_nothing_of_the_shard_and_says_so(tmp_path, room, run, pictures):
    piece = pictures.piece(0, 7)
    if room == "the vectors":
        room = write(tmp_path, run, pictures, [0])[0].bytes
        assert skipped_path(tmp_path, 0).stat().st_size > room
        for path in tmp_path.iterdir():
            path.unlink()
    with full_disk(room), pytest.raises(OutputError, match=r"00000\.parquet: cannot be written \(file too large"):
        write_shard(tmp_path, 0, piece, embeddings(piece), run.heading)
    assert os.listdir(tmp_path) == []


def test_a_disk_that_is_full_for_the_second_file_leaves_what_another_run_finished(tmp_path, run, pictures, monkeypatch):
    write(tmp_path, run, pictures, [0])
    before, piece = sorted(os.listdir(tmp_path)), pictures.piece(0, 7)
    really = files._write_table

    def full(path, *rest):
        if path.name.startswith("skipped"):
            raise OutputError(f"{path}: no room")
        return really(path, *rest)

    monkeypatch.setattr(files, "_write_table", full)
    with pytest.raises(OutputError, match="no room"):
        write_shard(tmp_path, 0, piece, embeddings(piece), run.heading)
    assert sorted(os.listdir(tmp_path)) == before
    assert missing_shards(tmp_path, run) == [1, 2]


def test_two_that_write_one_shard_at_once_leave_the_files_of_one_of_them(tmp_path, run, pictures, monkeypatch):
    piece, really, turns = pictures.piece(0, 7), files._write_table, []

    def overtaken(path, *rest):
        done = really(path, *rest)
        if path.name.startswith("shard") and not turns:
            turns.append(path)
            write(tmp_path, run, pictures, [0], seed=1)  # another computer, from beginning to end
            really(path, *rest)  # and then what this one wrote takes the place of the other's vectors
            skipped_of_other.append(skipped_path(tmp_path, 0).read_bytes())
        if path.name.startswith("skipped") and len(turns) == 1 and skipped_of_other:
            turns.append(path)
            path.write_bytes(skipped_of_other[0])  # while the other's record takes the place of this one's
        return done

    skipped_of_other = []
    monkeypatch.setattr(files, "_write_table", overtaken)
    record = write_shard(tmp_path, 0, piece, embeddings(piece), run.heading)
    assert len(turns) == 2
    assert record == read_record(tmp_path, 0, run.heading)
    assert record.sha256 == hashlib.sha256(shard_path(tmp_path, 0).read_bytes()).hexdigest()


def test_files_that_never_stay_are_an_error_and_no_endless_loop(tmp_path, run, pictures, monkeypatch):
    monkeypatch.setattr(files, "read_record", lambda *rest: None)
    with pytest.raises(OutputError, match=r"shard-00000\.parquet: it is not what was written there\. Another program"):
        write(tmp_path, run, pictures, [0])


def test_a_shard_that_was_set_aside_is_missing_and_its_list_goes_once_it_is_done(tmp_path, run, pictures):
    write_aside(tmp_path, 1, pictures.piece(1, 7), run.heading, "it ended three workers")
    table = read(aside_path(tmp_path, 1))
    assert table.column("path").to_pylist() == [f"day 1/{row}.png" for row in range(7, 14)]
    assert set(table.column("reason").to_pylist()) == {"it ended three workers"}
    assert read_aside(tmp_path, 1, run.heading) == "it ended three workers"
    assert read_aside(tmp_path, 1, replace(run.heading, digest="0")) is None
    assert read_aside(tmp_path, 0, run.heading) is None
    assert missing_shards(tmp_path, run) == [0, 1, 2]
    write(tmp_path, run, pictures, [1])
    assert not aside_path(tmp_path, 1).exists()


def test_a_file_is_on_the_disk_before_it_gets_its_name(tmp_path, run, pictures, monkeypatch):
    order, sync, replace_ = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: [order.append("sync"), sync(file)][1])
    monkeypatch.setattr(os, "replace", lambda one, other: [order.append(other.name), replace_(one, other)][1])
    write(tmp_path, run, pictures, [0])
    assert order == ["sync", "shard-00000.parquet", "sync", "skipped-00000.parquet"]


def test_vectors_are_stored_smaller_than_their_numbers_and_in_groups_of_rows(tmp_path):
    many = listing(5000, carried=False)
    whole = manifest(many, 5000)
    piece = many.piece(0, 5000)
    record = write_shard(tmp_path, 0, piece, embeddings(piece), whole.heading)
    told = pyarrow.parquet.read_metadata(shard_path(tmp_path, 0))
    assert [told.row_group(group).num_rows for group in range(told.num_row_groups)] == [4096, 904]
    vectors = told.row_group(0).column(1)
    assert "BYTE_STREAM_SPLIT" in vectors.encodings
    assert not vectors.has_dictionary_page
    assert vectors.total_compressed_size < 4096 * DIMENSION * 4
    assert record.vectors == 5000


@pytest.mark.heavy
def test_ten_thousand_shards_are_looked_at_in_a_few_seconds(tmp_path):
    many = listing(10_000, carried=False)
    whole = manifest(many, 1)
    record = write(tmp_path, whole, many, [0])[0]
    data, proof = shard_path(tmp_path, 0).read_bytes(), read(skipped_path(tmp_path, 0))
    for number in range(1, whole.shards):
        shard_path(tmp_path, number).write_bytes(data)
        told = {**json.loads(proof.schema.metadata[b"shard"]), "number": number, "first": number}
        pyarrow.parquet.write_table(proof.replace_schema_metadata({"shard": json.dumps(told)}),
                                    skipped_path(tmp_path, number))
    begun = time.perf_counter()
    assert missing_shards(tmp_path, whole) == []
    seconds = time.perf_counter() - begun
    print(f"{seconds:.2f} s")
    assert seconds < 5
    assert record.number == 0
