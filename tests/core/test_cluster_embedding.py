"""Vectors by a cluster: those of this computer, in the same rows, with the same pictures skipped."""

import threading
import time

import numpy as np
import pytest
from child import wait_until
from made import encoded, pixels, tiff, write_pictures

pytest.importorskip("distributed")

from cluster import Cluster, kill

from orangecontrib.imaging.core.cluster import embedding
from orangecontrib.imaging.core.cluster.dispatch import SetAside, dispatch
from orangecontrib.imaging.core.cluster.embedding import embed_on_cluster
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import Cancelled, UnknownNetwork, WorkerError, WrongUse
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards.reached import SeenFolders


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        started.worker()
    yield started
    started.close()


def pictures(folder):
    """Good ones, one of 16 bits in two channels, a damaged one, and one that is not there."""
    paths = write_pictures(folder, 20)
    (folder / "deep.tif").write_bytes(tiff(np.arange(2 * 40 * 50, dtype=np.uint16).reshape(2, 40, 50),
                                           metadata={"axes": "CYX"}, photometric="minisblack"))
    (folder / "broken.png").write_bytes(encoded(pixels(), "PNG")[:400])
    return [*paths[:10], str(folder / "broken.png"), *paths[10:], str(folder / "none.png"), str(folder / "deep.tif")]


def test_vectors_rows_skipped_identity_and_notes_are_those_of_this_computer(cluster, tmp_path):
    paths, notes, batches, steps = pictures(tmp_path / "p"), {}, [], []
    here = embed(paths, on_batch=lambda batch: notes.update(batch.notes))
    there = embed_on_cluster(cluster.address, paths, on_batch=batches.append,
                             on_progress=lambda *step: steps.append(step))
    assert np.abs(there.vectors - here.vectors).max() < 1e-5
    assert there.rows.tolist() == here.rows.tolist()
    assert there.skipped == here.skipped
    assert (there.identity, there.why, there.remedy) == (here.identity, here.why, here.remedy)
    assert there.is_computed.all()
    assert there.device == f"Dask cluster at {cluster.address}: CPU, 1 thread"
    assert {row: clauses for batch in batches for row, clauses in batch.notes.items()} == notes
    assert sorted(row for batch in batches for row in batch.rows) == here.rows.tolist()
    assert steps[-1] == (len(paths), len(paths))


def test_channels_on_their_own_lie_side_by_side(cluster, tmp_path):
    paths = pictures(tmp_path / "p")[-1:]
    reading = Reading(channels=(0, 1), separate=True)
    here, there = embed(paths, reading=reading), embed_on_cluster(cluster.address, paths, reading=reading)
    assert there.vectors.shape == (1, 1024)
    assert np.abs(there.vectors - here.vectors).max() < 1e-5
    assert there.identity == here.identity


def test_of_no_pictures_there_are_no_vectors_but_an_identity(cluster):
    assert embed_on_cluster(cluster.address, []).identity == embed([]).identity


def test_a_picture_that_only_a_worker_cannot_reach_is_reported_as_that(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(embedding, "host_name", lambda: "laptop")
    paths = [*write_pictures(tmp_path / "p", 2), str(tmp_path / "p/none.png"), str(tmp_path / "p/broken.png")]
    (tmp_path / "p/broken.png").write_bytes(b"no picture")
    found = embed_on_cluster(cluster.address, paths)
    name = found.skipped[0].reason.removeprefix("the worker on ").partition(" ")[0]
    assert found.skipped == (
        Skipped(2, paths[2], f"the worker on {name} cannot reach this file (there is no such file)"),
        Skipped(3, paths[3], "not a picture of a kind that is read here"))


def test_a_folder_that_no_worker_sees_is_told_and_its_pictures_are_not_skipped(cluster, tmp_path, monkeypatch):
    paths = write_pictures(tmp_path / "p", 3)
    really = SeenFolders.of

    def of(self, paths):
        folders = really(self, paths)
        (tmp_path / "p").rename(tmp_path / "away")
        return folders

    monkeypatch.setattr(SeenFolders, "of", of)
    with pytest.raises(WorkerError, match=r"no worker can do this\. .* cannot reach the folder of pictures .*/p \(no "):
        embed_on_cluster(cluster.address, paths)


def test_of_a_piece_that_is_set_aside_only_the_guilty_picture_is_left_out(cluster, tmp_path, monkeypatch):
    paths, sizes = write_pictures(tmp_path / "p", 20), []

    def deadly(cluster, call, invitation, tasks, **more):
        """As `dispatch`, where a picture ends the workers that read it."""
        for number, order in tasks:
            sizes.append(len(order.paths))
            if paths[13] in order.paths:
                yield SetAside(number, order, "3 workers ended")
            else:
                yield from dispatch(cluster, call, invitation, [(number, order)], **more)

    monkeypatch.setattr(embedding, "dispatch", deadly)
    found = embed_on_cluster(cluster.address, paths)
    here = embed(paths)
    assert found.skipped == (Skipped(13, paths[13], "3 workers ended"),)
    assert found.rows.tolist() == [row for row in range(20) if row != 13]
    assert np.abs(found.vectors - np.delete(here.vectors, 13, axis=0)).max() < 1e-5
    assert sizes == [8, 8, 4, *[1] * 8]


DEADLY = """
import os, signal
from orangecontrib.imaging.core import embed
really = embed.read_image
def read_image(path, *more, **options):
    if os.path.basename(str(path)) == "3.png":
        os.kill(os.getpid(), signal.SIGKILL)
    return really(path, *more, **options)
embed.read_image = read_image
"""


@pytest.mark.heavy
def test_a_picture_that_ends_real_workers_is_left_out_alone(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(DEADLY)
    paths = write_pictures(tmp_path / "p", 10)
    started = Cluster(tmp_path / "cluster")
    try:
        for _ in range(2):
            started.worker(nanny=True, modules=tmp_path / "site")
        found = embed_on_cluster(started.address, paths)
    finally:
        started.close()
    assert [one.row for one in found.skipped] == [3]
    assert found.skipped[0].reason.startswith("3 workers ended while they worked on it, the last of them worker ")


def test_cancelling_ends_it_within_seconds(cluster, tmp_path):
    paths = write_pictures(tmp_path / "p", 30, size=(400, 500)) * 40
    begun, steps = [], []

    def cancelled():
        if steps and not begun:
            begun.append(time.monotonic())
        return bool(steps)

    with pytest.raises(Cancelled):
        embed_on_cluster(cluster.address, paths, on_progress=lambda *step: steps.append(step), cancelled=cancelled)
    assert time.monotonic() - begun[0] < 3
    assert len(embed_on_cluster(cluster.address, paths[:2]).rows) == 2
    assert time.monotonic() - begun[0] < 10


def test_it_works_in_a_thread_and_leaves_no_default_client(cluster, tmp_path):
    from distributed import default_client
    paths, found = write_pictures(tmp_path / "p", 3), []
    thread = threading.Thread(target=lambda: found.append(embed_on_cluster(cluster.address, paths)))
    thread.start()
    thread.join(60)
    assert found[0].rows.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="No clients found"):
        default_client()


@pytest.mark.parametrize("address", ["local", "slurm:jobs.toml", "node17:8786"])
def test_only_an_address_is_taken(address):
    with pytest.raises(WrongUse, match="tcp://"):
        embed_on_cluster(address, [])


def test_a_wrong_network_is_told_before_anybody_is_called():
    with pytest.raises(UnknownNetwork):
        embed_on_cluster("tcp://127.0.0.1:1", [], "squeezent")


def test_a_scheduler_that_is_not_there_is_named_at_once():
    begun = time.monotonic()
    with pytest.raises(WrongUse, match=r"No Dask scheduler answers at tcp://127.0.0.1:1 \(connection refused\)\. See"):
        embed_on_cluster("tcp://127.0.0.1:1", [])
    assert time.monotonic() - begun < 10


def test_encryption_that_is_not_set_up_is_told_with_what_to_set():
    with pytest.raises(WrongUse, match=r"distributed\.comm\.tls\.ca-file"), Listening() as port:
        embed_on_cluster(f"tls://127.0.0.1:{port}", [])


class Listening:
    """A port that takes calls and says nothing."""

    def __enter__(self):
        import socket
        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *error):
        self.socket.close()


@pytest.mark.heavy
def test_workers_killed_on_the_way_change_no_vector(tmp_path):
    paths = write_pictures(tmp_path / "p", 60, size=(400, 500)) * 10
    started = Cluster(tmp_path / "cluster")
    try:
        workers = [started.worker() for _ in range(3)]
        steps = []

        def progress(done, total):
            steps.append(done)
            if len(steps) in (2, 4):
                kill(workers.pop())

        found = embed_on_cluster(started.address, paths, on_progress=progress)
    finally:
        started.close()
    here = embed(paths[:60])
    assert found.rows.tolist() == list(range(600))
    assert np.abs(found.vectors - np.tile(here.vectors, (10, 1))).max() < 1e-5
    assert not workers[1:]
    assert wait_until(lambda: steps[-1] == 600, 1)
