"""Shards give the numbers of one run over all pictures; what is there, whoever did it, is not done again."""

import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")

import made_shards
import pyarrow.parquet
from full_disk import full_disk
from made import encoded, pixels, tiff, write_pictures

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import Cancelled, FolderError, OutputError, WrongUse
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.recipe import identity_of
from orangecontrib.imaging.core.shards import running
from orangecontrib.imaging.core.shards.files import missing_shards, read_record, shard_path, skipped_path, write_aside
from orangecontrib.imaging.core.shards.job import Job, embed_piece
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import begin, finish, plan, read_manifest
from orangecontrib.imaging.core.shards.reached import SeenFolders, check_reached
from orangecontrib.imaging.core.shards.running import run_shards

PICTURES = 30
JOB = Job("squeezenet", device="cpu", threads=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Thirty names: 25 pictures of three kinds, and five that cannot be read."""
    place = tmp_path_factory.mktemp("pictures")
    write_pictures(place / "a", 20)
    (place / "b").mkdir()
    for number in range(3):
        (place / "b" / f"{number}.jpg").write_bytes(encoded(pixels(seed=500 + number), "JPEG"))
        (place / "b" / f"{number}.tif").write_bytes(tiff(pixels(seed=600 + number)[..., 0].astype(np.uint16) * 200))
    whole = (place / "a" / "3.png").read_bytes()
    (place / "a" / "3.png").write_bytes(whole[:300])
    (place / "a" / "11.png").write_bytes(b"no picture")
    (place / "b" / "empty.png").write_bytes(b"")
    return place


@pytest.fixture(scope="module")
def listed(folder):
    names = [f"a/{number}.png" for number in range(20)]
    names += [f"b/{number}.{ending}" for number in range(3) for ending in ("jpg", "tif")]
    names += ["b/empty.png", "b/gone.png", "a/5.png", "b/0.jpg"]
    return make_listing("pictures", str(folder), names, {"number": list(range(PICTURES))})


@pytest.fixture(scope="module")
def direct(listed):
    return embed(listed.piece(0, PICTURES).paths, JOB.model, device="cpu", threads=2)


def run(out, listed, size, **more):
    told, joined = begin(out, plan(listed, JOB, size))
    run_shards(out, told, listed, JOB, missing_shards(out, told), joined=joined, **more)
    return finish(out)


def read(out, path, shards):
    return [row for number in range(shards)
            for row in pyarrow.parquet.read_table(path(out, number), use_threads=False).to_pylist()]


@pytest.mark.parametrize("size", [7, 2000])
def test_shards_of_any_size_give_the_numbers_and_the_reasons_of_one_run(tmp_path, listed, direct, size):
    told = run(tmp_path, listed, size)
    names = listed.table.column("path").to_pylist()
    rows, skipped = read(tmp_path, shard_path, told.shards), read(tmp_path, skipped_path, told.shards)
    assert told.is_complete
    assert [row["path"] for row in rows] == [names[row] for row in direct.rows]
    assert [row["number"] for row in rows] == direct.rows.tolist()
    vectors = np.array([row["vector"] for row in rows], np.float32)
    assert np.linalg.norm(vectors - direct.vectors) <= 1e-5 * np.linalg.norm(direct.vectors)
    assert len(skipped) == 4
    assert [(row["number"], row["path"], row["reason"]) for row in skipped] == [
        (one.row, names[one.row], one.reason) for one in direct.skipped]
    assert {record.identity for record in told.done.values()} == {direct.identity}
    assert (told.vectors, told.skipped) == (26, 4)


def test_the_identity_told_before_any_work_is_that_of_the_vectors(listed, direct, tmp_path):
    assert identity_of(JOB.model, device="cpu") == direct.identity
    stack = tmp_path / "two.tif"
    stack.write_bytes(tiff(np.stack([pixels(seed=one)[..., 0] for one in range(2)]), metadata={"axes": "CYX"}))
    apart, options = Reading(channels=(0, 1), separate=True), Options(layers=("logits",), views="mirror")
    found = embed([stack], JOB.model, options=options, reading=apart, device="cpu")
    assert identity_of(JOB.model, options, apart, "cpu") == found.identity
    assert found.vectors.shape == (1, 2000)


@pytest.fixture
def made(monkeypatch, tmp_path):
    """A run over 17 pictures in shards of 7 without a network: (folder, manifest, listing, numbers done)."""
    pictures = made_shards.listing(17)
    told, _ = begin(tmp_path / "out", made_shards.manifest(pictures))
    taken = []

    def embedded(job, piece, *, cancelled, on_progress):
        for done in range(len(piece)):
            if cancelled():
                raise Cancelled("stop")
            on_progress(2 * done + 2, 2 * len(piece))  # as of two networks
        taken.append(piece.first // told.shard_size)
        return made_shards.embeddings(piece)

    monkeypatch.setattr(running, "embed_piece", embedded)
    return tmp_path / "out", told, pictures, taken


def test_shards_are_done_in_their_order_and_told_one_by_one(made):
    out, told, pictures, taken = made
    records = []
    run_shards(out, told, pictures, JOB, [0, 1, 2], on_shard=records.append)
    assert taken == [0, 1, 2]
    assert records == [read_record(out, number) for number in range(3)]
    assert all(record.seconds >= 0 for record in records)
    assert finish(out).is_complete


def test_progress_counts_pictures_of_the_shards_asked_for_up_to_their_number(made):
    out, told, pictures, _ = made
    seen = []
    run_shards(out, told, pictures, JOB, [0, 2], on_progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {10}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {done for done, _ in seen} == set(range(1, 11))


def test_what_another_run_finished_meanwhile_is_left_out_and_counts_as_done(made):
    out, told, pictures, taken = made
    records, seen = [], []

    def after(record):
        records.append(record.number)
        made_shards.write(out, told, pictures, [1])  # by another computer

    run_shards(out, told, pictures, JOB, [0, 1, 2], on_shard=after, on_progress=lambda *two: seen.append(two))
    assert (taken, records, seen[-1]) == ([0, 2], [0, 2], (17, 17))


def test_what_another_run_finished_during_the_same_shard_stays(made, monkeypatch):
    out, told, pictures, _ = made
    records, others, really = [], [], running.embed_piece

    def overtaken(job, piece, **more):
        others.extend(made_shards.write(out, told, pictures, [1], seed=9) if piece.first == 7 else [])
        return really(job, piece, **more)

    monkeypatch.setattr(running, "embed_piece", overtaken)
    run_shards(out, told, pictures, JOB, [0, 1, 2], on_shard=lambda record: records.append(record.number))
    assert records == [0, 2]
    assert read_record(out, 1) == others[0]


def test_runs_that_joined_another_take_shards_in_orders_of_their_own(tmp_path, made):
    _, _, _, taken = made
    pictures = made_shards.listing(40)
    told = made_shards.manifest(pictures, 7)
    orders = []
    random.seed(1)
    for number in range(4):
        out = tmp_path / str(number)
        begin(out, told)
        taken.clear()
        run_shards(out, told, pictures, JOB, range(6), joined=True)
        orders.append(list(taken))
    assert [sorted(order) for order in orders] == [list(range(6))] * 4
    assert len({tuple(order) for order in orders}) > 2


def test_a_run_that_is_cancelled_tells_what_is_kept_and_goes_on_there(made):
    out, told, pictures, taken = made
    with pytest.raises(Cancelled, match=r"^The embedding was cancelled\. Of 3 shards, 1 was finished and kept;"):
        run_shards(out, told, pictures, JOB, [0, 1, 2], cancelled=lambda: len(taken) == 1)
    assert missing_shards(out, told) == [1, 2]
    assert list(finish(out).done) == [0]
    run_shards(out, told, pictures, JOB, missing_shards(out, told))
    assert taken == [0, 1, 2]
    assert finish(out).is_complete


def test_a_run_that_is_cancelled_at_once_does_nothing(made):
    out, told, pictures, taken = made
    with pytest.raises(Cancelled, match=r"Of 1 shard, 0 were finished"):
        run_shards(out, told, pictures, JOB, [2], cancelled=lambda: True)
    assert taken == []


def test_a_disk_that_fills_up_keeps_the_shards_before_and_nothing_half_written(made):
    out, told, pictures, taken = made
    run_shards(out, told, pictures, JOB, [0])
    before = sorted(os.listdir(out))
    with full_disk(1000), pytest.raises(OutputError, match=r"shard-00001\.parquet: cannot be written"):
        run_shards(out, told, pictures, JOB, [1, 2])
    assert sorted(os.listdir(out)) == before
    assert taken == [0, 1]
    assert missing_shards(out, told) == [1, 2]


def test_a_computer_with_another_network_writes_nothing(made, monkeypatch):
    out, told, pictures, _ = made
    monkeypatch.setattr(running, "embed_piece",
                        lambda job, piece, **more: made_shards.embeddings(piece, network="vgg16"))
    with pytest.raises(WrongUse, match="the network was squeezenet and is vgg16 now"):
        run_shards(out, told, pictures, JOB, [0])
    assert os.listdir(out) == ["manifest.json"]


def test_the_list_of_a_shard_set_aside_goes_once_it_is_done(made):
    out, told, pictures, _ = made
    write_aside(out, 1, pictures.piece(1, 7), told.heading, "it ended three workers")
    assert finish(out).aside == {1: "it ended three workers"}
    run_shards(out, told, pictures, JOB, missing_shards(out, told))
    assert finish(out).aside == {}
    assert not [name for name in os.listdir(out) if name.startswith("aside")]


def test_notes_are_told_once(made, monkeypatch):
    out, told, pictures, _ = made
    monkeypatch.setattr(running, "embed_piece", lambda job, piece, **more: replace(
        made_shards.embeddings(piece), notes=("There was no room.",)))
    notes = []
    run_shards(out, told, pictures, JOB, [0, 1], on_note=notes.append)
    assert notes == ["There was no room."]


def test_pictures_whose_disk_is_gone_are_not_taken_for_broken_ones(tmp_path, monkeypatch):
    place = tmp_path / "disk" / "pictures"
    write_pictures(place, 4)
    listed = make_listing("pictures", str(place), [f"{number}.png" for number in range(4)])
    told, _ = begin(tmp_path / "out", plan(listed, JOB, 2))

    def unplug(record):
        shutil.rmtree(place)

    with pytest.raises(FolderError, match=r"pictures: the folder of pictures cannot be reached any more \(no such"):
        run_shards(tmp_path / "out", told, listed, JOB, [0, 1], on_shard=unplug)
    assert missing_shards(tmp_path / "out", told) == [1]


def test_a_list_of_absolute_names_whose_disk_is_gone_is_not_done_with_broken_pictures(tmp_path):
    paths = write_pictures(tmp_path / "disk" / "plate", 2)
    gone = [path.replace("plate", "gone") for path in paths]
    pictures = make_listing("list.csv", "", [*paths, *gone, *paths, paths[0].replace("0.png", "none.png"), gone[0]])
    told, _ = begin(tmp_path / "out", plan(pictures, JOB, 2))
    with pytest.raises(FolderError, match=r"disk/gone: the folder of pictures cannot be reached any more \(no such"):
        run_shards(tmp_path / "out", told, pictures, JOB, [3, 2, 0, 1])
    assert missing_shards(tmp_path / "out", told) == [1]
    (tmp_path / "disk" / "gone").mkdir()  # as the message says
    run_shards(tmp_path / "out", told, pictures, JOB, [1])
    assert finish(tmp_path / "out").skipped == 4


def test_a_disk_that_goes_away_within_a_shard_leaves_the_shard_to_the_next_run(tmp_path, monkeypatch):
    stays, goes = write_pictures(tmp_path / "stays", 1), write_pictures(tmp_path / "goes", 1)
    listed = make_listing("list.csv", "", [*stays, *goes])
    told, _ = begin(tmp_path / "out", plan(listed, JOB, 2))

    def unplug(*given, **more):
        (tmp_path / "goes").rename(tmp_path / "away")
        return embed_piece(*given, **more)

    monkeypatch.setattr(running, "embed_piece", unplug)
    with pytest.raises(FolderError, match=r"goes: the folder of pictures cannot be reached any more \(no such file"):
        run_shards(tmp_path / "out", told, listed, JOB, [0])
    monkeypatch.undo()
    (tmp_path / "away").rename(tmp_path / "goes")
    run_shards(tmp_path / "out", told, listed, JOB, missing_shards(tmp_path / "out", told))
    assert (finish(tmp_path / "out").vectors, finish(tmp_path / "out").skipped) == (2, 0)


def test_folders_count_as_seen_from_when_they_were_there_and_held_something(tmp_path):
    seen, (there,), empty = SeenFolders(), write_pictures(tmp_path / "there", 1), tmp_path / "empty"
    paths = [there, str(empty / "0.png"), str(tmp_path / "never" / "0.png"), "https://example.org/0.png"]
    empty.mkdir()
    assert seen.of(paths) == (str(tmp_path / "there"),)
    shutil.rmtree(tmp_path / "there")
    (empty / "0.png").touch()
    assert seen.of(paths) == (str(empty), str(tmp_path / "there"))
    assert seen.of(paths[1:]) == (str(empty),)


def test_a_run_that_was_forgotten_replaces_no_shard_of_the_one_that_began_in_its_place(made, monkeypatch):
    out, told, pictures, _ = made
    monkeypatch.setattr(running, "embed_piece", lambda job, piece, **more: made_shards.embeddings(piece))
    files = {}

    def begin_anew(record):
        shutil.rmtree(out)
        other, _ = begin(out, replace(told, shard_size=told.shard_size + 1))
        run_shards(out, other, pictures, JOB, range(other.shards))
        files.update({path: path.read_bytes() for path in out.iterdir()})

    with pytest.raises(WrongUse, match=r"another run has begun in this folder since this one did\. Its shards stay"):
        run_shards(out, told, pictures, JOB, range(told.shards), on_shard=begin_anew)
    assert {path: path.read_bytes() for path in out.iterdir()} == files


def test_only_folders_that_were_lost_stop_a_run(tmp_path):
    pictures = made_shards.listing(7)
    nothing = made_shards.embeddings(pictures.piece(0, 7), skipped=range(7))
    whole = made_shards.embeddings(pictures.piece(0, 7))
    (tmp_path / "some.zip").write_bytes(b"PK")
    (tmp_path / "emptied").mkdir()
    (tmp_path / "broken").mkdir()
    joined = Skipped(0, f"{tmp_path}/broken/w1.tif|{tmp_path}/broken/w2.tif", "broken")
    check_reached(str(tmp_path), (), replace(nothing, skipped=(joined,)))
    broken = [str(tmp_path / "broken" / f"{row}.png") for row in range(7)]
    nothing = replace(nothing, skipped=tuple(Skipped(row, path, "broken") for row, path in enumerate(broken)))
    for root in ("", "https://example.org/a", "s3://bucket/a", str(tmp_path), str(tmp_path / "some.zip" / "day 1")):
        check_reached(root, (), nothing)
    check_reached(str(tmp_path / "gone"), (), whole)
    with pytest.raises(FolderError, match=r"emptied: .* \(it is empty now\)\. See that its disk is there"):
        check_reached(str(tmp_path / "emptied"), (), nothing)


KILLED = """
import os, signal, sys
from pathlib import Path
import made_shards
from orangecontrib.imaging.core.shards import files, running
from orangecontrib.imaging.core.shards.job import Job, embed_piece
from orangecontrib.imaging.core.shards.manifest import begin, finish

out, moment = Path(sys.argv[1]), sys.argv[2]
pictures = made_shards.listing(17)
told, _ = begin(out, made_shards.manifest(pictures))
running.embed_piece = lambda job, piece, **more: made_shards.embeddings(piece)

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "between":
    really = files._write_table
    files._write_table = lambda path, *rest: kill() if path.name == "skipped-00001.parquet" else really(path, *rest)
else:
    sync = os.fsync
    calls = []
    os.fsync = lambda file: kill() if calls.append(file) or len(calls) == int(moment) else sync(file)
running.run_shards(out, told, pictures, Job("squeezenet"), [0, 1, 2], joined=moment == "0")
finish(out)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(("moment", "missing"), [("between", [1, 2]), ("1", [0, 1, 2]), ("2", [0, 1, 2]), ("3", [1, 2]),
                                                 ("4", [1, 2]), ("6", [2])])
def test_a_run_that_is_killed_at_any_moment_of_a_shard_leaves_it_missing_and_the_next_completes_it(
        made, moment, missing):
    out, told, pictures, taken = made
    paths = os.pathsep.join([str(Path(made_shards.__file__).parent), *sys.path])
    killed = subprocess.Popen([sys.executable, "-c", KILLED, out, moment], env={**os.environ, "PYTHONPATH": paths})
    assert killed.wait(60) == -signal.SIGKILL
    assert missing_shards(out, told) == missing
    assert read_manifest(out) == told
    run_shards(out, told, pictures, JOB, missing_shards(out, told))
    assert taken == missing
    assert finish(out).is_complete
    vectors = [row["vector"] for row in read(out, shard_path, 3)]
    expected = np.concatenate([made_shards.embeddings(pictures.piece(number, 7)).vectors for number in range(3)])
    assert np.array_equal(np.array(vectors, np.float32), expected)


@pytest.mark.heavy
def test_three_runs_at_once_without_a_server_do_all_and_double_nothing(made):
    out, told, _, _ = made
    paths = os.pathsep.join([str(Path(made_shards.__file__).parent), *sys.path])
    runs = [subprocess.Popen([sys.executable, "-c", KILLED, out, "0"], env={**os.environ, "PYTHONPATH": paths})
            for _ in range(3)]
    assert [one.wait(60) for one in runs] == [0, 0, 0]
    assert read_manifest(out).is_complete
    assert missing_shards(out, told) == []
    assert sorted(row["path"] for row in read(out, shard_path, 3)) == sorted(f"day 1/{row}.png" for row in range(17))
    assert len(os.listdir(out)) == 7
