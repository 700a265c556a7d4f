"""The engine in a child: the same vectors, whatever becomes of it; it never blocks, blames or lingers wrongly."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from child import is_running, quick_command, wait_until
from made import encoded, pixels, tiff, write_pictures

from orangecontrib.imaging.core import client as client_module
from orangecontrib.imaging.core.client import Client, shared_client
from orangecontrib.imaging.core.errors import Cancelled, UnknownLayer, UnknownNetwork, WeightsError, WorkerError
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading

GUILTY = "the program that reads pictures stopped on this file; it is probably damaged"
SLOW = "on_forward(lambda: time.sleep(0.1))"


class Patient(Client):
    """Gives a job up after a minute: a defect fails a test and stalls none."""

    def embed(self, *arguments, cancelled=None, **options):
        deadline = time.monotonic() + 60
        return super().embed(*arguments, cancelled=cancelled or (lambda: time.monotonic() > deadline), **options)


@pytest.fixture
def start(tmp_path):
    """Makes clients of quick children, with faults to order."""
    clients = []

    def start(fault="", command=None):
        clients.append(Patient(command or quick_command(tmp_path, fault)))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def paths(tmp_path):
    return write_pictures(tmp_path / "p", 24)


def expected(numbers, size=(40, 50)):
    """What the quick network says of made pictures."""
    return np.stack([np.resize(pixels(*size, seed=number).mean(axis=(0, 1)), 512).astype(np.float32)
                     for number in numbers])


def pid(client):
    return client._child._process.pid


def in_thread(function, *arguments, **options):
    """Runs it in a thread; the list gets its result or its error."""
    outcome = []

    def run():
        try:
            outcome.append(function(*arguments, **options))
        except Exception as error:  # noqa: BLE001  (judged by the test)
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def test_how_pictures_were_read_comes_back_with_their_rows(tmp_path):
    paths = [str(tmp_path / name) for name in ("deep.tif", "plain.png", "flat.tif")]
    Path(paths[0]).write_bytes(tiff(np.arange(3000, dtype=np.uint16).reshape(50, 60)))
    Path(paths[1]).write_bytes(encoded(pixels(), "PNG"))
    Path(paths[2]).write_bytes(tiff(np.full((50, 60), 7, np.uint16)))
    notes = {}
    shared_client().embed(paths, on_batch=lambda batch: notes.update(batch.notes))
    assert sorted(notes) == [0, 2]
    assert notes[0] == read_image(paths[0]).notes
    assert notes[2] == read_image(paths[2]).notes


def test_the_vectors_are_those_of_the_engine_called_directly_and_torch_stays_out_of_this_process(tmp_path):
    paths = write_pictures(tmp_path / "p", 10)
    code = f"""
import sys
import numpy as np
from orangecontrib.imaging.core.client import Client
from orangecontrib.imaging.core.options import Options
client = Client()
steps = []
found = client.embed({paths!r}, on_progress=lambda *step: steps.append(step))
logits = client.embed({paths!r}, options=Options(layers=("logits",)), device="cpu", threads=1)
client.close()
assert steps[-1] == (10, 10), steps
loaded = [name for name in ("torch", "Orange", "AnyQt", "PyQt5", "sqlite3x") if name in sys.modules]
assert loaded == [], loaded
assert logits.device == "CPU, 1 thread"
from orangecontrib.imaging.core.embed import embed
again = embed({paths!r})
np.testing.assert_array_equal(found.vectors, again.vectors)
np.testing.assert_array_equal(logits.vectors, embed({paths!r}, options=Options(layers=("logits",))).vectors)
assert (found.identity, found.device, found.computed) == (again.identity, again.device, 10)
assert found.rows.tolist() == list(range(10))
"""
    of_torch = "ignore::DeprecationWarning:torch.jit._script"  # torch 2.13 says it when it imports a module of its own
    done = subprocess.run([sys.executable, "-X", "dev", "-W", of_torch, "-c", code], capture_output=True, text=True,
                          timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_rows_reasons_and_order_come_through(start, paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("x")
    wild = str(tmp_path / os.fsdecode(b"caf\xe9\n.png"))
    os.link(paths[3], wild)
    given = [paths[0], "text.png", "", wild, "gone.png", "p/2.png", paths[0], "a\0b"]
    found = start().embed(given)
    assert found.rows.tolist() == [0, 3, 5, 6]
    np.testing.assert_array_equal(found.vectors, expected([0, 3, 2, 0]))
    assert found.skipped == (
        Skipped(1, "text.png", "not a picture of a kind that is read here"),
        Skipped(2, "", "no file is named"), Skipped(4, "gone.png", "there is no such file"),
        Skipped(7, "a\0b", "no file can have this name"))
    assert (found.computed, found.device, found.notes) == (4, "CPU, no torch", ())


def test_no_pictures_are_no_vectors(start):
    found = start().embed([])
    assert (found.vectors.shape, found.skipped, found.computed) == ((0, 512), (), 0)
    assert "squeezenet" in found.identity


def test_what_was_asked_for_arrives_in_the_child(start, paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client = start()
    first = client.embed(paths, store="a relative store", reading=Reading(background=9), threads=1)
    assert (tmp_path / "a relative store" / "embeddings-v1.sqlite").exists()
    assert '"background": 9' in first.identity
    again = client.embed(paths, store=tmp_path / "a relative store", reading=Reading(background=9))
    assert (first.computed, again.computed) == (24, 0)
    np.testing.assert_array_equal(again.vectors, first.vectors)


def test_a_batch_in_many_frames_is_put_together(start, paths, tmp_path):
    client = start("worker._ROWS_A_FRAME = 3")
    client.embed(paths, store=tmp_path / "s")
    found = client.embed(paths, store=tmp_path / "s")
    np.testing.assert_array_equal(found.vectors, expected(range(24)))
    assert found.computed == 0


def test_trouble_with_the_store_is_told(start, paths, tmp_path):
    (tmp_path / "file").write_text("")
    found = start().embed(paths, store=tmp_path / "file" / "store")
    assert len(found.rows) == 24
    assert len(found.notes) == 1
    assert "Vectors are computed and not kept" in found.notes[0]


def test_one_child_serves_job_after_job(start, paths):
    client = start()
    client.embed(paths)
    first = pid(client)
    client.embed(paths[:2])
    assert pid(client) == first


def test_a_word_about_another_job_is_not_believed(start, paths):
    found = start("""
really = worker._Line.say
def say(line, what, job, **more):
    if what == "taken":
        really(line, "done", job - 1, identity="another", device="another", notes=[])
    really(line, what, job, **more)
worker._Line.say = say
""").embed(paths)
    np.testing.assert_array_equal(found.vectors, expected(range(24)))
    assert found.device == "CPU, no torch"


# ------------------------------------------------------------------------------------ the child dies

def test_a_child_killed_mid_batch_is_replaced_and_no_vector_differs(start, paths, tmp_path):
    client = start(SLOW)
    killed, steps = [], []

    def kill_once(done, total):
        steps.append(done)
        if done >= 8 and not killed:
            killed.append(pid(client))
            os.kill(killed[0], signal.SIGKILL)

    found = client.embed(paths, threads=1, on_progress=kill_once)
    np.testing.assert_array_equal(found.vectors, expected(range(24)))
    assert (found.rows.tolist(), found.skipped, found.computed) == (list(range(24)), (), 24)
    assert pid(client) != killed[0]
    assert steps == sorted(set(steps))
    assert steps[-1] == 24


def test_a_picture_that_kills_the_child_is_named_and_the_rest_goes_on(start, paths):
    client = start('on_reading("13.png", lambda: os.kill(os.getpid(), 9))\non_reading("4.png", lambda: os._exit(3))')
    found = client.embed(paths)
    assert found.skipped == (Skipped(4, paths[4], GUILTY), Skipped(13, paths[13], GUILTY))
    innocent = [row for row in range(24) if row not in (4, 13)]
    assert found.rows.tolist() == innocent
    np.testing.assert_array_equal(found.vectors, expected(innocent))
    assert len(client.embed(paths[:4]).rows) == 4


def test_the_only_picture_that_kills_the_child_is_named(start, paths):
    found = start('on_reading("0.png", lambda: os.kill(os.getpid(), 11))').embed(paths[:1])
    assert (found.skipped, found.vectors.shape) == ((Skipped(0, paths[0], GUILTY),), (0, 512))


def test_pictures_are_not_blamed_for_a_child_that_is_killed_from_outside_again_and_again(start, paths, tmp_path):
    count = tmp_path / "count"
    client = start(f"""
def killer():
    with open({str(count)!r}, "a+") as file:
        file.write("x")
    if os.path.getsize({str(count)!r}) in (3, 4, 6, 9, 12):
        os.kill(os.getpid(), 9)
on_forward(killer)
""")
    found = client.embed(paths, threads=1)
    assert found.skipped == ()
    np.testing.assert_array_equal(found.vectors, expected(range(24)))
    assert count.stat().st_size > 12


def test_a_dying_child_that_only_hung_up_so_far_gets_no_further_picture(start, paths):
    client = start('on_reading("5.png", lambda: (os.closerange(0, 100), time.sleep(60)))')
    before = time.monotonic()
    found = client.embed(paths)
    assert found.skipped == (Skipped(5, paths[5], GUILTY),)
    assert time.monotonic() - before < 30


def test_a_child_that_writes_nonsense_into_the_pipe_is_ended_and_its_picture_named(start, paths):
    found = start("""
really = worker.private_pipes
def pipes():
    incoming, outgoing = really()
    on_reading("7.png", lambda: (outgoing.write(b"\\xff" * 64), outgoing.flush(), time.sleep(60)))
    return incoming, outgoing
worker.private_pipes = pipes
""").embed(paths)
    assert found.skipped == (Skipped(7, paths[7], GUILTY),)
    assert len(found.rows) == 23


@pytest.mark.parametrize(("code", "words"), [
    ("raise SystemExit('no luck today')", "The engine cannot work: no luck today"),
    ("import module_that_is_missing", "The engine cannot work: ModuleNotFoundError: No module named 'module_that"),
    ("print('hello')", "The engine cannot work: its process ended without a word. Restart the program; if it happens"),
    ("import sys; sys.stdout.buffer.write(bytes([255] * 64)); sys.stdout.flush(); sys.stdin.read()",
     "The engine cannot work: A message of 4294967295 + 4294967295 bytes is larger than the engine accepts."),
])
def test_a_child_that_cannot_start_is_an_error_with_its_last_words(start, paths, code, words):
    with pytest.raises(WorkerError) as caught:
        start(command=[sys.executable, "-c", code]).embed(paths)
    assert str(caught.value).startswith(words)


def test_a_program_that_is_not_there_is_named(start, paths, tmp_path):
    with pytest.raises(WorkerError) as caught:
        start(command=[str(tmp_path / "nothing")]).embed(paths)
    assert str(caught.value) == f"{tmp_path}/nothing: the engine could not be started (No such file or directory)."


def test_an_engine_that_dies_of_every_picture_is_given_up_and_not_tried_a_thousand_times(start, paths):
    with pytest.raises(WorkerError, match="The engine cannot work: Illegal instruction"):
        start("""
def crash():
    os.write(2, b"Illegal instruction\\n")
    os._exit(132)
on_forward(crash)
""").embed(paths * 100)


def test_an_error_of_the_engine_is_the_same_error_here(start, paths):
    client = start("""
from orangecontrib.imaging.core.errors import WeightsError
def missing(*_):
    raise WeightsError("The weights are gone. Install them.")
embed.load_network = missing
""")
    for _ in range(2):
        with pytest.raises(WeightsError, match=r"^The weights are gone. Install them.$"):
            client.embed(paths)
    first = pid(client)
    assert client.embed([]).computed == 0
    assert pid(client) == first


def test_a_wrong_name_is_refused_without_a_child(start):
    client = start(command=["/nowhere"])
    with pytest.raises(UnknownNetwork):
        client.embed(["a"], "squeezy")
    with pytest.raises(UnknownLayer):
        client.embed(["a"], options=Options(layers=("last",)))


def test_a_job_larger_than_a_frame_is_an_error_and_no_wait(start, paths, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.frames.MAX_HEADER_BYTES", 500)
    client = start()
    with pytest.raises(WorkerError, match="larger than the engine accepts"):
        client.embed(paths * 10)
    monkeypatch.undo()
    assert len(client.embed(paths).rows) == 24


# ------------------------------------------------------------------------------------ cancelling, taking turns

def test_a_cancelled_job_leaves_the_child_alive_and_the_finished_in_the_store(start, paths, tmp_path):
    client = start(SLOW)
    done = []
    with pytest.raises(Cancelled, match="What was finished is kept"):
        client.embed(paths, threads=1, store=tmp_path / "s", on_progress=lambda now, total: done.append(now),
                     cancelled=lambda: bool(done) and done[-1] >= 8)
    first = pid(client)
    assert is_running(first)
    again = client.embed(paths, store=tmp_path / "s")
    assert again.computed <= 24 - 8
    np.testing.assert_array_equal(again.vectors, expected(range(24)))
    assert pid(client) == first


@pytest.mark.parametrize("stuck", [
    "on_forward(lambda: time.sleep(600))",  # between two answers
    "import threading; threading.Thread(target=lambda: (time.sleep(0.5), os.kill(os.getpid(), 19))).start()\n"
    "on_forward(lambda: time.sleep(600))",  # stopped, so that even its listening thread is still
])
def test_a_child_that_does_not_answer_is_killed_and_cancelling_takes_a_second_and_a_half(start, paths, stuck):
    client = start(stuck)
    begun = threading.Event()
    thread, outcome = in_thread(client.embed, paths, cancelled=begun.is_set)
    assert wait_until(lambda: client._child is not None)
    child = pid(client)
    time.sleep(1.0)
    before = time.monotonic()
    begun.set()
    thread.join(timeout=30)
    assert time.monotonic() - before < 1.5 + 1.0  # the second is for a busy machine
    assert isinstance(outcome[0], Cancelled)
    assert not is_running(child)


def test_a_child_that_dies_of_being_cancelled_is_no_error(start, paths):
    client = start(f"""
class Deadly(worker.Event):
    def set(self):
        os._exit(1)
worker.Event = Deadly
{SLOW}
""")
    done = []
    with pytest.raises(Cancelled):
        client.embed(paths, on_progress=lambda *step: done.append(step), cancelled=lambda: bool(done))
    assert client.embed([]).computed == 0


def test_a_child_that_never_listens_does_not_stall_a_large_job_past_its_cancelling(start, paths):
    client = start(command=[sys.executable, "-c", "import time; time.sleep(600)"])
    deadline = time.monotonic() + 0.5
    before = time.monotonic()
    with pytest.raises(Cancelled):
        client.embed(paths * 500, cancelled=lambda: time.monotonic() > deadline)
    assert time.monotonic() - before < 4


def test_an_error_in_the_callers_own_callback_stops_the_job_in_the_child_too(start, paths):
    client = start(SLOW)

    def defect(done, total):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.embed(paths, threads=1, on_progress=defect)
    before = time.monotonic()
    assert len(client.embed(paths[:1]).rows) == 1
    assert time.monotonic() - before < 20


def test_two_callers_take_turns(start, paths):
    client = start(SLOW)
    order = []
    jobs = []
    for name, some in (("first", paths[:12]), ("second", paths[12:])):
        def note(done, total, name=name):
            order.append(name)

        jobs.append(in_thread(client.embed, some, threads=1, on_progress=note))
        assert wait_until(lambda: len(client._queue) == len(jobs) or order)
    for thread, _ in jobs:
        thread.join(timeout=60)
    assert order == ["first"] * 3 + ["second"] * 3
    np.testing.assert_array_equal(jobs[0][1][0].vectors, expected(range(12)))
    np.testing.assert_array_equal(jobs[1][1][0].vectors, expected(range(12, 24)))


@pytest.mark.parametrize("fault", [SLOW, "on_reading('0.png', lambda: time.sleep(600))"])
def test_cancelling_the_job_under_way_leaves_the_one_that_waits(start, paths, fault):
    client = start(fault)
    stop = threading.Event()
    first, first_outcome = in_thread(client.embed, paths[:12], cancelled=stop.is_set)
    assert wait_until(lambda: len(client._queue) == 1)
    second, second_outcome = in_thread(client.embed, paths[12:])
    assert wait_until(lambda: len(client._queue) == 2)
    stop.set()
    first.join(timeout=60)
    second.join(timeout=60)
    assert isinstance(first_outcome[0], Cancelled)
    np.testing.assert_array_equal(second_outcome[0].vectors, expected(range(12, 24)))


def test_cancelling_the_job_that_waits_leaves_the_one_under_way(start, paths):
    client = start(SLOW)
    first, first_outcome = in_thread(client.embed, paths, threads=1)
    assert wait_until(lambda: len(client._queue) == 1)
    before = time.monotonic()
    with pytest.raises(Cancelled, match="before its turn came"):
        client.embed(paths, cancelled=lambda: True)
    assert time.monotonic() - before < 1.5
    first.join(timeout=60)
    np.testing.assert_array_equal(first_outcome[0].vectors, expected(range(24)))


# ------------------------------------------------------------------------------------ the end

def test_closing_ends_the_child_and_a_later_job_starts_another(start, paths):
    client = start()
    client.close()
    client.embed(paths[:2])
    first, process = pid(client), client._child._process
    client.close()
    assert process.returncode == 0  # by itself, not killed
    assert client.embed(paths[:2]).rows.tolist() == [0, 1]
    assert pid(client) != first


def test_closing_kills_a_child_that_does_not_go(start, paths):
    client = start("os._exit = lambda code: time.sleep(600)")
    client.embed(paths[:1])
    child = pid(client)
    before = time.monotonic()
    client.close()
    assert not is_running(child)
    assert time.monotonic() - before < 4


def test_nothing_is_left_open_of_a_child_that_ended(start, paths):
    client = start()
    client.embed(paths[:1])
    client.close()
    before, threads_before = len(os.listdir("/proc/self/fd")), set(threading.enumerate())
    for _ in range(3):
        client.embed(paths[:1])
        os.kill(pid(client), signal.SIGKILL)
        client.embed(paths[:1])
        client.close()
    assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)
    assert wait_until(lambda: set(threading.enumerate()) <= threads_before)


def test_the_shared_client_is_one_and_its_child_ends_with_the_program(tmp_path, paths):
    assert shared_client() is shared_client()
    code = f"""
from orangecontrib.imaging.core import client
assert client.shared_client() is client.shared_client()
client.shared_client()._command = {quick_command(tmp_path)!r}
client.shared_client().embed({paths!r})
print(client.shared_client()._child._process.pid)
"""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not is_running(int(done.stdout))


def test_the_shared_client_is_closed_on_exit(monkeypatch):
    registered = []
    monkeypatch.setattr(client_module.atexit, "register", registered.append)
    client = shared_client.__wrapped__()
    assert registered == [client.close]


def test_the_childs_command_keeps_the_current_folder_off_its_path():
    assert client_module._COMMAND[1:] == ("-P", "-m", "orangecontrib.imaging.core.worker")
    assert client_module._COMMAND[0] == sys.executable
