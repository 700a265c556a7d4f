"""The child serves jobs one after the other, keeps its pipe to itself, and ends with its parent."""

import io
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue

import numpy as np
import pytest
from child import is_running, quick_command, wait_until
from made import write_pictures

from orangecontrib.imaging.core import embed as embed_module
from orangecontrib.imaging.core import worker
from orangecontrib.imaging.core.device import Device
from orangecontrib.imaging.core.embeddings import Batch
from orangecontrib.imaging.core.errors import Cancelled, WeightsError
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.frames import pack_frame, read_frame

JOB = {"do": "embed", "model": "squeezenet", "options": "{}", "reading": "{}", "device": "auto", "threads": 2,
       "store": None, "models": None}


@pytest.fixture
def start():
    """Starts a child and ends it after the test."""
    children, watchdogs = [], []

    def start(command, **options):
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 **options)
        children.append(child)
        watchdogs.append(threading.Timer(60, child.kill))  # a child that says nothing fails the test, and stalls none
        watchdogs[-1].start()
        return child

    yield start
    for watchdog, child in zip(watchdogs, children, strict=True):
        watchdog.cancel()
        watchdog.join()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            with suppress(BrokenPipeError):
                pipe.close()


def ask(child, **job):
    child.stdin.write(pack_frame({**JOB, **job}))
    child.stdin.flush()


def answers(child, last=("done", "failed", "cancelled")):
    """All frames up to the last word of a job."""
    found = []
    while not found or found[-1][0]["say"] not in last:
        found.append(read_frame(child.stdout))
        assert found[-1] is not None, child.stderr.read()
    return found


def test_jobs_are_done_in_turn_by_one_process(tmp_path, start):
    paths = write_pictures(tmp_path / "p", 9)
    child = start(quick_command(tmp_path))
    ask(child, job=1, paths=paths)
    ask(child, job=2, paths=[*paths[:2], str(tmp_path / "gone")])
    for job, count in ((1, 9), (2, 2)):
        frames = answers(child)
        assert {header["job"] for header, _ in frames} == {job}
        batches = [(header, arrays[0]) for header, arrays in frames if header["say"] == "batch"]
        rows = [row for header, _ in batches for row in header["rows"]]
        taken = [row for header, _ in frames if header["say"] == "taken" for row in header["rows"]]
        assert sorted(rows) == list(range(count))
        assert set(rows) <= set(taken)
        assert sorted(row for header, _ in batches for row in header["computed"]) == list(range(count))
        assert all(array.shape == (len(header["rows"]), 512) for header, array in batches)
        assert frames[-1][0]["device"] == "CPU, no torch"
    assert [one for header, _ in frames if header["say"] == "batch" for one in header["skipped"]] == [
        [2, "there is no such file"]]


def test_stray_prints_and_reads_do_not_touch_the_pipe(tmp_path, start):
    child = start(quick_command(tmp_path, """
def chatter():
    print("from print", flush=True)
    os.write(1, b"from file descriptor 1\\n")
    os.system("echo from a program")
    print("read:", repr(sys.stdin.read()), flush=True)
on_forward(chatter)
"""))
    ask(child, job=1, paths=write_pictures(tmp_path / "p", 3))
    assert answers(child)[-1][0]["say"] == "done"
    child.stdin.close()
    said = child.stderr.read().decode()
    for line in ("from print", "from file descriptor 1", "from a program", "read: ''"):
        assert line in said
    assert child.wait(timeout=20) == 0


def test_it_ends_when_nobody_asks_for_anything(tmp_path, start):
    child = start(quick_command(tmp_path, "worker.IDLE_S = 0.2"))
    ask(child, job=1, paths=[])
    assert answers(child)[-1][0]["say"] == "done"
    assert child.wait(timeout=20) == 0
    assert child.stderr.read() == b""


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_when_its_parent_is_killed(tmp_path, busy):
    write_pictures(tmp_path / "p", 4)
    command = quick_command(tmp_path, "on_forward(lambda: time.sleep(600))" if busy else "")
    code = f"""
import sys, threading, time
from orangecontrib.imaging.core.client import Client
client = Client({command!r})
job = threading.Thread(target=client.embed, args=([{str(tmp_path / "p" / "0.png")!r}],), daemon=True)
job.start()
if {not busy}:
    job.join()
while client._child is None:
    time.sleep(0.01)
time.sleep({1.0 if busy else 0.0})
print(client._child._process.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        child = int(parent.stdout.readline())
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
        assert wait_until(lambda: not is_running(child), timeout_s=20)
    finally:
        parent.kill()
        parent.communicate()


def test_garbage_from_the_parent_ends_it_with_a_word(tmp_path, start):
    child = start(quick_command(tmp_path))
    child.stdin.write(b"\xff" * 64)
    child.stdin.flush()
    assert child.wait(timeout=20) == 0
    assert b"larger than the engine accepts" in child.stderr.read()


def test_it_is_not_led_astray_by_a_module_in_the_folder_it_starts_in(tmp_path, start):
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    command = [sys.executable, "-P", "-m", "orangecontrib.imaging.core.worker"]
    child = start(command, cwd=tmp_path)
    child.stdin.close()
    assert child.wait(timeout=30) == 0
    assert child.stderr.read() == b""


# ------------------------------------------------------------------------------- its parts, in this process

def served(monkeypatch, embed, **job):
    """The frames of one job, with `embed` in the engine's place."""
    monkeypatch.setattr(worker, "embed", embed)
    stream = io.BytesIO()
    worker._serve({**JOB, "job": 7, "paths": ["a"], **job}, worker._Line(stream), threading.Event())
    stream.seek(0)
    return [frame[0] for frame in iter(lambda: read_frame(stream), None)]


def raising(error):
    def embed(*arguments, **options):
        raise error
    return embed


def test_an_error_of_the_engine_is_passed_on_by_kind_and_message(monkeypatch):
    assert served(monkeypatch, raising(WeightsError("gone"))) == [
        {"say": "failed", "job": 7, "kind": "WeightsError", "message": "gone"}]
    assert served(monkeypatch, raising(Cancelled("stop"))) == [{"say": "cancelled", "job": 7}]


def test_a_defect_ends_the_child_and_closes_the_store(monkeypatch, tmp_path):
    with pytest.raises(ZeroDivisionError):
        served(monkeypatch, raising(ZeroDivisionError()), store=str(tmp_path / "store"))
    assert (tmp_path / "store" / "embeddings-v1.sqlite").exists()
    assert not (tmp_path / "store" / "embeddings-v1.sqlite-wal").exists()


def test_a_job_is_passed_to_the_engine_as_it_was_asked(monkeypatch, tmp_path):
    asked = {}

    def embed(paths, model, **options):
        asked.update(paths=paths, model=model, **options)
        raise Cancelled

    served(monkeypatch, embed, paths=["x", "caf\udce9"], options='{"layers": ["logits"]}', models="/shared",
           reading='{"background": 3}', device="cpu", threads=5, store=str(tmp_path / "store"))
    assert (asked["paths"], asked["model"], asked["options"].layers) == (
        ["x", "caf\udce9"], "squeezenet", ("logits",))
    assert (asked["reading"].background, asked["device"], asked["threads"]) == (3, "cpu", 5)
    assert asked["store"].path == tmp_path / "store" / "embeddings-v1.sqlite"
    assert (asked["models"], asked["cancelled"]()) == ("/shared", False)


def test_a_large_batch_goes_in_pieces_and_its_skipped_and_count_once(monkeypatch):
    monkeypatch.setattr(worker, "_ROWS_A_FRAME", 4)
    stream = io.BytesIO()
    vectors = np.arange(20, dtype=np.float32).reshape(10, 2)
    worker._Line(stream).say_batch(3, Batch(list(range(10, 20)), vectors, (Skipped(2, "p", "bad"),), [12, 19]))
    worker._Line(stream).say_batch(3, Batch([], vectors[:0], (Skipped(5, "q", "worse"),)))
    stream.seek(0)
    frames = list(iter(lambda: read_frame(stream), None))
    assert [header["rows"] for header, _ in frames] == [[10, 11, 12, 13], [14, 15, 16, 17], [18, 19], []]
    np.testing.assert_array_equal(np.concatenate([arrays[0] for _, arrays in frames]), vectors)
    assert [header["computed"] for header, _ in frames] == [[12, 19], [], [], []]
    assert [header["skipped"] for header, _ in frames] == [[[2, "bad"]], [], [], [[5, "worse"]]]


def test_what_comes_in_is_queued_or_cancels_and_the_end_of_it_ends_the_process(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    jobs, cancelled = SimpleQueue(), {}
    incoming = io.BytesIO(pack_frame({"do": "embed", "job": 1}) + pack_frame({"do": "embed", "job": 2})
                          + pack_frame({"do": "cancel", "job": 2}))
    worker._listen(incoming, jobs, cancelled)
    assert [jobs.get_nowait()["job"], jobs.get_nowait()["job"]] == [1, 2]
    assert {job: event.is_set() for job, event in cancelled.items()} == {1: False, 2: True}
    assert ended == [0]


def test_the_loop_serves_what_is_queued_until_nothing_comes(monkeypatch):
    outgoing = io.BytesIO()
    incoming = pack_frame({**JOB, "job": 1, "paths": []})
    read_end, write_end = os.pipe()
    os.write(write_end, incoming)
    monkeypatch.setattr(worker, "private_pipes", lambda: (os.fdopen(read_end, "rb"), outgoing))
    monkeypatch.setattr(worker, "IDLE_S", 0.3)
    monkeypatch.setattr(os, "_exit", lambda code: None)
    monkeypatch.setattr(embed_module, "find_device", lambda *_: Device("cpu", "CPU", "fp32", 1, 4))
    monkeypatch.setattr(embed_module, "load_network", lambda *arguments: pytest.fail("loaded for nothing"))
    monkeypatch.setattr(worker, "keep_freed_memory", lambda: None)
    threads_before = set(threading.enumerate())
    worker.main()
    os.close(write_end)
    assert wait_until(lambda: set(threading.enumerate()) <= threads_before)
    assert read_frame(io.BytesIO(outgoing.getvalue()))[0]["say"] == "done"
