"""Pieces of work on real workers: each is done once, whatever becomes of workers, scheduler and client."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from child import wait_until

pytest.importorskip("distributed")

import cluster_calls
from cluster import Cluster, kill

from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.dispatch import Done, SetAside, dispatch
from orangecontrib.imaging.core.cluster.greeting import Greeting
from orangecontrib.imaging.core.cluster.opening import OpenCluster, open_cluster
from orangecontrib.imaging.core.cluster.reception import Invitation
from orangecontrib.imaging.core.cluster.roll import call_roll
from orangecontrib.imaging.core.errors import Cancelled, WorkerError
from orangecontrib.imaging.core.shards.job import Job

INVITATION = Invitation(Job("squeezenet", device="cpu"))


@pytest.fixture
def cluster(tmp_path):
    started = Cluster(tmp_path / "cluster")
    yield started
    started.close()


@pytest.fixture
def opened(cluster):
    with open_cluster(parse_scheduler(cluster.address)) as found:
        yield found


def run(opened, call, payloads, invitation=INVITATION, seconds=60, **more):
    """All outcomes, in the order of their numbers; given up after a minute."""
    deadline = time.monotonic() + seconds
    found = dispatch(opened, call, invitation, enumerate(payloads),
                     **{"cancelled": lambda: time.monotonic() > deadline, **more})
    return sorted(found, key=lambda one: one.number)


def test_each_piece_comes_back_once_with_its_number_from_several_workers(cluster, opened):
    cluster.worker()
    cluster.worker(threads=3)
    wait_until(lambda: len(opened.client.nthreads()) == 2)
    done = run(opened, cluster_calls.echo, [["a", number] for number in range(40)])
    assert [(one.number, one.value[0]) for one in done] == [(number, ["a", number]) for number in range(40)]
    assert {one.value[2] for one in done} <= {1, 3}  # the threads that each has


def test_a_worker_gets_one_piece_at_a_time_and_no_piece_is_taken_before_one_is_free(cluster, opened, tmp_path):
    cluster.worker(threads=4)
    taken = []

    def tasks():
        for number in range(4):
            taken.append((number, len(list(tmp_path.glob("[0-9]*-*")))))
            yield number, (number, 0.2, str(tmp_path))

    done = [one.number for one in dispatch(opened, cluster_calls.note, INVITATION, tasks())]
    assert done == [0, 1, 2, 3]
    assert all(number - begun <= 2 for number, begun in taken)


def test_a_worker_that_is_killed_has_its_piece_done_by_another(cluster, opened, tmp_path):
    workers = [cluster.worker(), cluster.worker()]
    notes, done, deadline = [], [], time.monotonic() + 60
    found = dispatch(opened, cluster_calls.note, INVITATION, ((n, (n, 0.5, str(tmp_path))) for n in range(6)),
                     on_note=notes.append, cancelled=lambda: time.monotonic() > deadline)
    for one in found:
        done.append(one.number)
        if len(done) == 2:
            kill(workers[0])
    assert sorted(done) == list(range(6))
    assert len([note for note in notes if "is gone; what it worked on is done again" in note]) == 1


def test_a_worker_that_is_started_again_at_its_old_address_is_another_one(cluster, opened, tmp_path, monkeypatch):
    first = cluster.worker()
    place = next(iter(opened.client.nthreads()))
    notes, restarted = [], []

    def roll(client):
        """Does not look while the worker is away."""
        if not restarted and list(tmp_path.glob("0-*")):
            kill(first)
            restarted.append(cluster.worker("--worker-port", place.rpartition(":")[2]))
        return call_roll(client)

    monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch.call_roll", roll)
    done = run(opened, cluster_calls.note, [(0, 1.0, str(tmp_path))], on_note=notes.append)
    assert [*opened.client.nthreads()] == [place]
    assert [one.value[1] for one in done] == [restarted[0].pid]
    assert notes == [f"Worker {place} is gone; what it worked on is done again."]


def test_a_worker_that_dask_pauses_finishes_its_piece_and_gets_the_next_one_when_it_goes_on(
        cluster, opened, tmp_path, monkeypatch):
    cluster.worker("--memory-limit", "0")  # else Dask itself lets it go on
    notes, states = [], []

    def roll(client):
        """Pauses the worker while it works, and lets it go on once it has waited."""
        if not states and list(tmp_path.glob("0-*")):
            states.append(client.run(cluster_calls.pause, True))
            monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch._UNANSWERED_S", 0.5)
        if len(states) == 1 and any("paused" in note for note in notes):
            states.append(client.run(cluster_calls.pause, False))
        return call_roll(client)

    monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch.call_roll", roll)
    done = run(opened, cluster_calls.note, [(number, 1.0, str(tmp_path)) for number in range(2)], on_note=notes.append)
    assert [one.number for one in done] == [0, 1]
    assert notes == [f"Waiting for workers: {opened.title}, whose workers are paused by Dask, for their memory is "
                     "nearly full."]
    assert len(list(tmp_path.glob("[01]-*"))) == 2


@pytest.mark.heavy
def test_a_piece_that_ends_three_workers_is_set_aside_and_all_others_are_done(cluster, opened, tmp_path):
    for _ in range(2):
        cluster.worker(nanny=True)
    payloads = [("fine", ""), ("deadly", str(tmp_path / "x")), ("once", str(tmp_path / "once")), *[("fine", "")] * 6]
    outcomes = run(opened, cluster_calls.deadly, payloads)
    assert [type(one) for one in outcomes] == [Done, SetAside, *[Done] * 7]
    assert outcomes[1].payload == payloads[1]
    assert "3 workers ended while they worked on it" in outcomes[1].reason


def test_a_worker_that_refuses_is_left_out_with_its_reason_and_others_do_its_piece(cluster, opened):
    cluster.worker("--name", "full", env={"REFUSES": "1"})
    cluster.worker("--name", "fine")
    wait_until(lambda: len(opened.client.nthreads()) == 2)
    notes = []
    assert [one.value for one in run(opened, cluster_calls.refuse, range(8), on_note=notes.append)] == list(range(8))
    assert len(notes) == 1
    assert notes[0].startswith("Worker full on ")
    assert "is left out: /scratch/out: cannot be written (no space left on device)" in notes[0]


def test_where_every_worker_refuses_the_reasons_are_told(cluster, opened):
    cluster.worker("--name", "full", env={"REFUSES": "1"})
    with pytest.raises(WorkerError, match=r"no worker can do this\. Worker full on .*no space left on device"):
        run(opened, cluster_calls.refuse, range(3))


def test_a_piece_that_fails_three_times_is_set_aside_and_ends_no_worker(cluster, opened):
    cluster.worker()
    outcomes = run(opened, cluster_calls.fail, ["a", "bad", "b"])
    assert [type(one) for one in outcomes] == [Done, SetAside, Done]
    assert outcomes[1].reason == "it failed 3 times, at last with KeyError: 'a defect'"
    assert len(opened.client.nthreads()) == 1


def test_a_piece_that_dask_forgets_is_given_out_again_however_often_and_counts_as_no_failure(
        cluster, opened, tmp_path, monkeypatch):
    from distributed import Future
    cluster.worker()
    forgotten = []

    def roll(client):
        """Has Dask forget what runs, more often than a piece may fail."""
        if len(forgotten) < 4 and list(tmp_path.glob("0-*")):
            forgotten.extend(Future(key, client) for key in [*client.futures] if "unpacked" in key)
            client.cancel(forgotten)
        return call_roll(client)

    monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch.call_roll", roll)
    done = run(opened, cluster_calls.note, [(0, 1.0, str(tmp_path))])
    assert [type(one) for one in done] == [Done]
    assert len(forgotten) >= 4


def test_a_worker_that_ends_while_its_answer_is_fetched_is_told_of_once_and_without_a_traceback(
        cluster, opened, tmp_path, monkeypatch, caplog):
    workers, notes = [cluster.worker(), cluster.worker()], []

    def roll(client):
        """Ends the worker that sends its answer."""
        for process in workers:
            if (tmp_path / f"sent-{process.pid}").exists():
                kill(process)
        return call_roll(client)

    monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch.call_roll", roll)
    monkeypatch.setattr("orangecontrib.imaging.core.cluster.dispatch._FETCH_S", 0.5)
    done = run(opened, cluster_calls.slow, [str(tmp_path)], on_note=notes.append)
    gc.collect()
    assert [one.value for one in done] == ["sent"]
    assert len([note for note in notes if "is gone; what it worked on is done again" in note]) <= 1
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_cancelling_stops_the_worker_soon_which_then_works_for_others(cluster, opened, tmp_path):
    cluster.worker()
    with pytest.raises(Cancelled):
        run(opened, cluster_calls.note, [(0, 120.0, str(tmp_path))],
            cancelled=lambda: bool(list(tmp_path.glob("0-*"))))
    begun = time.monotonic()
    assert wait_until(lambda: (tmp_path / "stopped-0").exists(), 5)
    assert [one.value[0] for one in run(opened, cluster_calls.echo, ["next"])] == ["next"]
    assert time.monotonic() - begun < 10


def test_a_client_that_is_killed_leaves_nothing_running_and_nothing_further_begins(cluster, tmp_path):
    cluster.worker()
    script = tmp_path / "client.py"
    script.write_text(f"""
import cluster_calls
from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.dispatch import dispatch
from orangecontrib.imaging.core.cluster.opening import open_cluster
from orangecontrib.imaging.core.cluster.reception import Invitation
from orangecontrib.imaging.core.shards.job import Job
with open_cluster(parse_scheduler({cluster.address!r})) as opened:
    for one in dispatch(opened, cluster_calls.note, Invitation(Job("squeezenet", device="cpu")),
                        ((number, (number, 60.0, {str(tmp_path)!r})) for number in range(50))):
        pass
""")
    client = subprocess.Popen([sys.executable, "-P", str(script)],
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert wait_until(lambda: list(tmp_path.glob("0-*")), 60)
    client.send_signal(signal.SIGKILL)
    client.wait()
    assert wait_until(lambda: (tmp_path / "stopped-0").exists(), 10)
    time.sleep(1)
    assert not list(tmp_path.glob("1-*"))


def test_a_scheduler_that_is_killed_is_told_with_what_to_do(cluster, opened, tmp_path):
    cluster.worker()
    begun = []

    def cancelled():
        if not begun and list(tmp_path.glob("0-*")):
            begun.append(time.monotonic())
            kill(cluster.scheduler)
        return False

    with pytest.raises(WorkerError, match=r"The Dask scheduler at tcp://127.* is gone .* What was finished is kept"):
        run(opened, cluster_calls.note, [(0, 120.0, str(tmp_path))], cancelled=cancelled)
    assert time.monotonic() - begun[0] < 15


def test_a_scheduler_without_workers_is_waited_for_aloud_and_then_given_up(cluster, opened):
    notes = []
    impatient = OpenCluster(opened.client, opened.title, patience_s=4.0)
    with pytest.raises(WorkerError, match=r"no worker answered within 4 seconds: it has no worker\. Start some"):
        run(impatient, cluster_calls.echo, range(3), on_note=notes.append)
    assert notes == [f"Waiting for workers: {opened.title}, where there is none now."]


def test_workers_that_come_later_are_greeted_and_get_work(cluster, opened):
    threading.Timer(1.0, cluster.worker).start()
    assert [one.value[0] for one in run(opened, cluster_calls.echo, "abc")] == ["a", "b", "c"]


def test_a_worker_with_other_weights_or_versions_of_ours_is_left_out_before_it_gets_work(cluster, opened):
    cluster.worker()
    here = Greeting("", versions={"torch": "0.1"}, identity='[{"network": "squeezenet", "weights": "abc"}]')
    told = r"compute other vectors: .*the weights of squeezenet are others .*What was is this run's"
    with pytest.raises(WorkerError, match=told):
        run(opened, cluster_calls.echo, range(3), Invitation(INVITATION.job, here=here))


HIDES = """
import importlib.metadata, sys
really = importlib.metadata.version
def version(name):
    if name == "Orange3-Imaging":
        {action}
    return really(name)
importlib.metadata.version = version
"""


@pytest.mark.parametrize(("action", "told"), [
    ("raise importlib.metadata.PackageNotFoundError(name)",
     r"Orange3-Imaging is not installed there\. Install it there, in the same version, as the page “On a cluster” of"),
    ("return '0.0.1'", r"It has Orange3-Imaging 0\.0\.1, and this computer \S+\. Install it there, in the same")])
def test_a_worker_without_this_package_or_of_another_version_is_told_so(cluster, opened, tmp_path, action, told):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(HIDES.format(action=action))
    cluster.worker("--name", "bare", modules=tmp_path / "site")
    with pytest.raises(WorkerError, match=rf"Worker bare is left out: {told}"):
        run(opened, cluster_calls.echo, range(3))


def test_packages_that_change_the_last_digits_only_are_told_once(cluster, opened):
    cluster.worker()
    notes = []
    here = Greeting("", versions={"torch": "0.1"})
    run(opened, cluster_calls.echo, range(3), Invitation(INVITATION.job, here=here), on_note=notes.append)
    assert len(notes) == 1
    assert "(here 0.1): numbers may differ in their last digits" in notes[0]
