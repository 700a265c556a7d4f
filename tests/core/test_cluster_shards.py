"""Shards by real workers: the vectors of this computer, whatever is killed, and no file of another run's."""

import errno
import os
import socket
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from child import wait_until
from made import write_pictures

pytest.importorskip("distributed")
pytest.importorskip("pyarrow")

from cluster import Cluster, kill
from small_network import write_small_network

from orangecontrib.imaging.core.cluster import shards
from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.opening import open_cluster
from orangecontrib.imaging.core.cluster.shards import run_on_cluster
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import Cancelled, WorkerError
from orangecontrib.imaging.core.shards.files import aside_path, missing_shards, read_aside, shard_path
from orangecontrib.imaging.core.shards.job import Job
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import begin, finish, plan
from orangecontrib.imaging.core.shards.reached import SeenFolders
from orangecontrib.imaging.core.shards.reading import open_vectors

JOB = Job("squeezenet", device="cpu")


@pytest.fixture
def cluster(tmp_path):
    started = Cluster(tmp_path / "cluster")
    yield started
    started.close()


@pytest.fixture
def opened(cluster):
    with open_cluster(parse_scheduler(cluster.address)) as found:
        yield found


class Run:
    """A folder of shards, begun."""

    def __init__(self, folder, names, size, root, job=JOB, **carried):
        self.listing = make_listing("pictures", str(root), names, carried)
        self.out = folder
        self.job = job
        self.manifest, self.joined = begin(folder, plan(self.listing, job, size))

    def on(self, opened, **more):
        numbers = missing_shards(self.out, self.manifest)
        return run_on_cluster(self.out, self.manifest, self.listing,
                              replace(self.job, identity=self.manifest.identity), numbers, opened, **more)

    def read(self):
        vectors = open_vectors(self.out)
        blocks = list(vectors.blocks())
        return np.concatenate([block[1] for block in blocks]), [path for block in blocks for path in block[2]["path"]]


def pictures(folder, count, **more):
    return [os.path.basename(path) for path in write_pictures(folder, count, **more)]


def test_shards_of_workers_are_those_of_this_computer_and_a_rerun_does_nothing(cluster, opened, tmp_path):
    cluster.worker()
    cluster.worker()
    names = [*pictures(tmp_path / "p", 20), "none.png"]
    run = Run(tmp_path / "out", names, 7, tmp_path / "p", well=[*"abc"] * 7)
    records, steps = [], []
    assert run.on(opened, on_shard=records.append, on_progress=lambda *step: steps.append(step)) == []
    assert sorted(record.number for record in records) == [0, 1, 2]
    assert steps[-1] == (21, 21)
    assert finish(run.out).is_complete
    vectors, paths = run.read()
    assert np.abs(vectors - embed([str(tmp_path / "p" / name) for name in names]).vectors).max() < 1e-5
    assert paths == names[:20]
    before = shard_path(run.out, 1).stat().st_mtime_ns
    records.clear()
    run.on(opened, on_shard=records.append)
    assert (records, shard_path(run.out, 1).stat().st_mtime_ns) == ([], before)


def test_a_worker_that_does_not_see_the_pictures_or_the_shards_is_left_out(cluster, opened, tmp_path, monkeypatch):
    cluster.worker()
    names = pictures(tmp_path / "p", 3)
    run = Run(tmp_path / "out", names, 2, tmp_path / "p")
    real = shards.places_of
    for change, told in (({"root": "/mnt/nowhere"}, r"It does not see the pictures in /mnt/nowhere\. Mount the same"),
                         ({"out": "/mnt/out"}, r"It does not see the folder of shards /mnt/out\. Mount the same"),
                         ({"begun": "2020"}, rf"The folder {run.out} is another one there\. Mount the same")):
        monkeypatch.setattr(shards, "places_of", lambda *given, change=change: replace(real(*given), **change))
        with pytest.raises(WorkerError, match=told):
            run.on(opened)


def test_a_disk_that_goes_away_leaves_out_its_worker_and_no_picture_is_recorded_as_broken(
        cluster, opened, tmp_path, monkeypatch):
    cluster.worker("--name", "alone")
    first, second = tmp_path / "first", tmp_path / "second"
    run = Run(tmp_path / "out", [*write_pictures(first, 3), *write_pictures(second, 3)], 3, "")
    really = SeenFolders.of

    def of(self, paths):
        folders = really(self, paths)
        if str(second) in folders:
            second.rename(tmp_path / "away")
        return folders

    monkeypatch.setattr(SeenFolders, "of", of)
    with pytest.raises(WorkerError, match=rf"Worker alone on \S+ is left out: it cannot reach the folder of pictures "
                                          rf"{second} \(no such file or directory\)\. Connect its disk there"):
        run.on(opened)
    assert missing_shards(run.out, run.manifest) == [1]
    (tmp_path / "away").rename(second)
    monkeypatch.undo()
    run.on(opened)
    assert (finish(run.out).vectors, finish(run.out).skipped) == (6, 0)


FULL = """
import errno, os
if os.environ.get("FULL"):
    import builtins
    really = builtins.open
    def open(file, mode="r", *more, **options):
        if "w" in mode and ".parquet" in str(file):
            raise OSError(errno.{error}, os.strerror(errno.{error}))
        return really(file, mode, *more, **options)
    builtins.open = open
"""


@pytest.mark.heavy
@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EROFS"])
def test_a_worker_whose_disk_is_full_is_left_out_and_the_others_do_its_shards(cluster, opened, tmp_path, error):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(FULL.format(error=error))
    cluster.worker("--name", "full", modules=tmp_path / "site", env={"FULL": "1"})
    run = Run(tmp_path / "out", pictures(tmp_path / "p", 6), 2, tmp_path / "p")
    words = os.strerror(getattr(errno, error)).lower()
    with pytest.raises(WorkerError) as told:
        run.on(opened)
    assert f"Worker full on {socket.gethostname()} is left out: {run.out}" in str(told.value)
    assert f"cannot be written ({words})" in str(told.value)
    notes = []
    threading.Timer(0.5, cluster.worker).start()
    run.on(opened, on_note=notes.append)
    assert finish(run.out).is_complete
    assert [note for note in notes if "left out" in note]


def test_workers_of_a_run_that_was_forgotten_replace_no_shard_of_the_one_that_began_in_its_place(
        cluster, opened, tmp_path):
    cluster.worker()
    run = Run(tmp_path / "out", pictures(tmp_path / "p", 12), 2, tmp_path / "p")

    def begin_anew(record):
        for file in run.out.glob("[!.]*"):
            file.unlink()
        begin(run.out, replace(run.manifest, shard_size=3))

    with pytest.raises(WorkerError, match=r"no worker can do this\. .* another run has begun in this folder since"):
        run.on(opened, on_shard=begin_anew)


@pytest.mark.heavy
def test_cancelling_says_what_is_kept_and_the_next_run_does_the_rest(cluster, opened, tmp_path):
    cluster.worker()
    run = Run(tmp_path / "out", pictures(tmp_path / "p", 60, size=(300, 300)), 5, tmp_path / "p")
    records = []
    with pytest.raises(Cancelled, match=r"Of 12 shards, \d+ w(as|ere) finished and kept; the same command goes on"):
        run.on(opened, on_shard=records.append, cancelled=lambda: len(records) == 2)
    begun = time.monotonic()
    run.on(opened)
    assert time.monotonic() - begun < 30
    assert finish(run.out).is_complete


@pytest.mark.heavy
def test_within_a_large_shard_progress_is_told_by_its_worker(cluster, opened, tmp_path):
    cluster.worker()
    names = pictures(tmp_path / "p", 40, size=(300, 300)) * 12
    run = Run(tmp_path / "out", names, 1000, tmp_path / "p")
    steps = []
    run.on(opened, on_progress=lambda *step: steps.append(step))
    assert len(steps) > 2
    assert steps == sorted(steps)
    assert steps[-1] == (480, 480)


@pytest.mark.heavy
@pytest.mark.parametrize(("workers", "size"), [(1, 7), (2, 7), (4, 7), (1, 2000), (2, 2000), (4, 2000)])
def test_however_many_workers_and_pictures_a_shard_all_is_as_on_this_computer(tmp_path, workers, size):
    names = [*pictures(tmp_path / "p", 30), "none.png", "broken.png"]
    (tmp_path / "p/broken.png").write_bytes(b"no picture")
    run = Run(tmp_path / "out", names, size, tmp_path / "p")
    records = []
    with open_cluster(parse_scheduler(f"local:{workers}")) as opened:
        run.on(opened, on_shard=records.append)
    here = embed([str(tmp_path / "p" / name) for name in names])
    vectors, paths = run.read()
    assert np.abs(vectors - here.vectors).max() < 1e-5
    assert paths == [names[row] for row in here.rows]
    assert [(path, reason) for _, path, reason in skipped_of(run)] == [
        (names[one.row], one.reason) for one in here.skipped]
    assert sum(record.skipped for record in records) == 2


def skipped_of(run):
    import pyarrow.parquet
    for file in sorted(run.out.glob("skipped-*.parquet")):
        table = pyarrow.parquet.read_table(file)
        for path, reason in zip(table["path"].to_pylist(), table["reason"].to_pylist()):
            yield file.name, path, reason


DEADLY = """
import os, signal, sys
if "distributed.cli" in " ".join(sys.orig_argv) or "multiprocessing" in " ".join(sys.orig_argv):
    from orangecontrib.imaging.core import embed
    really = embed.read_image
    def read_image(path, *more, **options):
        if os.path.basename(str(path)) == "13.png":
            os.kill(os.getpid(), signal.SIGKILL)
        return really(path, *more, **options)
    embed.read_image = read_image
"""


@pytest.mark.heavy
def test_a_shard_that_ends_three_workers_is_set_aside_with_its_pictures_and_done_when_they_are_repaired(
        cluster, opened, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(DEADLY)
    for _ in range(2):
        cluster.worker(nanny=True, modules=tmp_path / "site")
    names = pictures(tmp_path / "p", 20)
    run = Run(tmp_path / "out", names, 5, tmp_path / "p")
    aside = run.on(opened)
    assert [one.number for one in aside] == [2]
    assert "3 workers ended while they worked on it" in read_aside(run.out, 2, run.manifest.heading)
    import pyarrow.parquet
    assert pyarrow.parquet.read_table(aside_path(run.out, 2))["path"].to_pylist() == names[10:15]
    told = finish(run.out)
    assert (sorted(told.done), list(told.aside), told.is_complete) == ([0, 1, 3], [2], False)
    for process in cluster.processes[1:]:
        kill(process)
    cluster.worker()
    assert run.on(opened) == []
    assert finish(run.out).is_complete
    assert not aside_path(run.out, 2).exists()


@pytest.mark.heavy
def test_20_000_pictures_in_10_shards_survive_5_kills_with_nothing_lost_or_doubled(cluster, opened, tmp_path):
    pytest.importorskip("onnx", reason="needs onnx, to write a network that is quick")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    job = Job(write_small_network(tmp_path), device="cpu")
    names = pictures(tmp_path / "p", 20_000, size=(8, 8))
    run = Run(tmp_path / "out", names, 2000, tmp_path / "p", job)
    workers = [cluster.worker() for _ in range(2)]
    notes, records, kills = [], [], []

    def done(record):
        records.append(record)
        if len(kills) < 5:
            kill(workers.pop(0))
            kills.append(record.number)
            workers.append(cluster.worker())

    aside = run.on(opened, on_note=notes.append, on_shard=done)
    assert len(kills) == 5
    assert aside == []
    assert sorted(record.number for record in records) == list(range(10))
    assert finish(run.out).is_complete
    vectors, paths = run.read()
    assert paths == names
    some = slice(0, 20_000, 400)
    here = embed([str(tmp_path / "p" / name) for name in names[some]], job.model)
    assert np.abs(vectors[some] - here.vectors).max() < 1e-5
    assert len(np.unique(here.vectors, axis=0)) > 10  # pictures differ, and so do vectors
    assert wait_until(lambda: [note for note in notes if "is gone; what it worked on is done again" in note], 1)
