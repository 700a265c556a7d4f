"""Reader children give what reading gives; one that dies, hangs or grows takes one file with it, which is named."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from child import is_running, wait_until
from made import encoded, pixels, write_pictures

from orangecontrib.imaging.core import reader, thumbnail_stream
from orangecontrib.imaging.core import readers as readers_module
from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage, WorkerError
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.readers import Readers, shared_readers
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnail_stream import read_thumbnails
from orangecontrib.imaging.core.thumbnails import read_thumbnail

FAULTS = """
import os, sys, time
from orangecontrib.imaging.core import reader
really = reader.read_thumbnail

def read_thumbnail(path, size_px, reading):
    name = os.path.basename(path)
    with open({log!r}, "a") as log:
        log.write(name + "\\n")
    if name.startswith("crash"):
        os._exit(1)
    if name.startswith("once") and not os.path.exists(path + ".seen"):
        open(path + ".seen", "w").close()
        os.kill(os.getpid(), 9)
    if name.startswith("hang"):
        time.sleep(600)
    if name.startswith("grow"):
        hoard = [bytearray(64 << 20) for _ in range(100)]
    if name.startswith("print"):
        print("stray words")
        os.write(1, b"stray bytes")
    return really(path, size_px, reading)

reader.read_thumbnail = read_thumbnail
reader.IDLE_S = {idle_s}
reader.main()
"""


@pytest.fixture
def start(tmp_path):
    """Makes readers whose children obey the names of files; closed at the end."""
    started = []

    def start(count=1, patience_s=20.0, idle_s=300.0):
        script = tmp_path / f"reader-{len(started)}.py"
        script.write_text(FAULTS.format(log=str(tmp_path / "log"), idle_s=idle_s))
        started.append(Readers(count, [sys.executable, "-P", str(script)], patience_s))
        return started[-1]

    yield start
    for one in started:
        one.close()


def picture(folder, name):
    path = folder / name
    path.write_bytes(encoded(pixels(), "PNG"))
    return str(path)


def refusal(readers, path):
    with pytest.raises(UnreadableImage) as caught:
        readers.thumbnail(path, 50)
    assert caught.value.path == path
    return caught.value.reason


def pid(readers):
    child = readers._idle.get()
    readers._idle.put(child)
    return child._process.pid


def test_a_child_gives_what_reading_here_gives(tmp_path):
    values = np.random.default_rng(0).integers(0, 4000, (3, 61, 83)).astype(np.uint16)
    path = str(tmp_path / "stack.tif")
    tifffile.imwrite(path, values, imagej=True, resolution=(4, 4), metadata={"axes": "CYX", "unit": "um"})
    readers = Readers(1)
    try:
        for reading in (Reading(), Reading(channels=(2, 1), colours=("#ff0000", "#00ff00"), percentiles=(5, 95))):
            here, there = read_image(path, reading), readers.picture(path, reading)
            np.testing.assert_array_equal(there.pixels, here.pixels)
            assert there.notes == here.notes
            small, away = read_thumbnail(path, 40, reading), readers.thumbnail(path, 40, reading)
            np.testing.assert_array_equal(away.pixels, small.pixels)
            assert (away.full_width, away.full_height, away.notes) == (83, 61, small.notes)
        assert readers.probe(path) == probe_image(path)
        assert readers.probe(path).pixel_size_um == 0.25
        with pytest.raises(UnreadableImage) as caught:
            readers.probe("")
        assert caught.value.reason == "no file is named"
    finally:
        readers.close()


def test_a_file_that_crashes_its_reader_is_named_after_a_second_try_and_the_next_is_read(start, tmp_path):
    readers = start()
    assert refusal(readers, picture(tmp_path, "crash.png")) == (
        "the program that reads pictures stopped on this file; it is probably damaged")
    assert readers.thumbnail(picture(tmp_path, "good.png"), 50).full_width == 83
    assert (tmp_path / "log").read_text().split() == ["crash.png", "crash.png", "good.png"]


def test_a_reader_that_was_killed_by_accident_costs_nothing(start, tmp_path):
    assert start().thumbnail(picture(tmp_path, "once.png"), 50).full_width == 83
    assert (tmp_path / "log").read_text().split() == ["once.png", "once.png"]


def test_a_file_that_takes_too_long_is_given_up_and_its_reader_is_gone(start, tmp_path):
    readers = start(patience_s=60.0)
    readers.thumbnail(picture(tmp_path, "good.png"), 50)
    readers._patience_s = 1.0  # now that its reader has started, which may take longer
    first, began = pid(readers), time.monotonic()
    assert refusal(readers, picture(tmp_path, "hang.png")) == (
        "given up after 1 seconds; it is damaged, or its disk is slow")
    assert time.monotonic() - began < 10
    assert wait_until(lambda: not is_running(first))
    readers._patience_s = 60.0
    assert readers.thumbnail(picture(tmp_path, "next.png"), 50).full_width == 83


def test_large_files_are_given_more_time(tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(400 << 20)
    assert readers_module._patience(str(path), 20) == 120
    assert readers_module._patience(str(tmp_path / "none"), 20) == 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_reader_that_wants_too_much_memory_costs_one_file(start, tmp_path):
    readers = start(patience_s=100.0)
    assert refusal(readers, picture(tmp_path, "grow.png")) == "it needs more than 3 GiB of memory"
    assert readers.thumbnail(picture(tmp_path, "good.png"), 50).full_width == 83


def test_a_picture_that_is_too_large_to_be_handed_over_is_refused_with_the_reason(tmp_path, monkeypatch):
    path = str(tmp_path / "a.tif")
    tifffile.imwrite(path, np.zeros((3, 61, 83), np.uint8), photometric="minisblack", metadata={"axes": "CYX"})
    separate = Reading(channels=(0, 1, 2), separate=True)
    for limit, reason in ((3 * 3 * 61 * 83, None), (3 * 3 * 61 * 83 - 1, "larger than 0 MiB as a picture")):
        monkeypatch.setattr(reader, "MAX_ARRAY_BYTES", limit)
        header, arrays = reader._answer({"do": "picture", "path": path, "reading": separate.to_json()})
        assert header.get("reason") == (f"{reason}; choose fewer channels" if reason else None)
        assert len(arrays) == (reason is None)


def test_an_interrupted_call_leaves_no_answer_for_the_next_file(start, tmp_path, monkeypatch):
    readers, really = start(), readers_module.Child.receive
    path = picture(tmp_path, "good.png")

    def interrupted(child, timeout_s):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(readers_module.Child, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            readers.thumbnail(path, 50)
    (tmp_path / "other.png").write_bytes(encoded(np.zeros((20, 40, 3), np.uint8), "PNG"))
    assert readers.thumbnail(str(tmp_path / "other.png"), 50).full_width == 40
    assert readers_module.Child.receive is really


def test_stray_prints_of_a_decoder_do_no_harm(start, tmp_path):
    assert start().thumbnail(picture(tmp_path, "print.png"), 50).full_width == 83


def test_several_threads_share_a_few_readers(start, tmp_path):
    paths = write_pictures(tmp_path / "p", 40)
    readers = start(count=2)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda path: readers.thumbnail(path, 30).pixels, paths))
    for path, one in zip(paths, found, strict=True):
        np.testing.assert_array_equal(one, read_thumbnail(path, 30).pixels)


def test_an_idle_reader_ends_and_the_next_call_starts_another(start, tmp_path):
    readers = start(idle_s=0.2)
    path = picture(tmp_path, "good.png")
    readers.thumbnail(path, 50)
    first = pid(readers)
    assert wait_until(lambda: not is_running(first))
    assert readers.thumbnail(path, 50).full_width == 83


def test_closing_ends_all_readers_and_the_next_call_starts_another(start, tmp_path):
    readers, path = start(count=3), picture(tmp_path, "good.png")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: readers.thumbnail(path, 50), range(30)))
    children = [child._process.pid for child in readers._idle.queue if child]
    assert len(children) > 1
    readers.close()
    assert wait_until(lambda: not any(map(is_running, children)))
    assert readers.thumbnail(path, 50).full_width > 0


def test_a_reader_ends_when_its_parent_is_killed_even_while_it_reads(tmp_path):
    path = picture(tmp_path, "hang.png")
    script = tmp_path / "reader.py"
    script.write_text(FAULTS.format(log=str(tmp_path / "log"), idle_s=300))
    code = f"""
import sys, threading
from orangecontrib.imaging.core.readers import Readers
readers = Readers(1, [sys.executable, "-P", {str(script)!r}], 600)
threading.Thread(target=readers.thumbnail, args=({path!r}, 50)).start()
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        assert wait_until(lambda: (tmp_path / "log").exists())
        children = [int(name) for name in os.listdir("/proc")
                    if name.isdecimal() and int(name) != parent.pid and str(script) in command(name)]
        assert len(children) == 1
        os.kill(parent.pid, signal.SIGKILL)
        assert wait_until(lambda: not is_running(children[0]))
    finally:
        parent.kill()
        parent.wait()


def command(number):
    try:
        with open(f"/proc/{number}/cmdline", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def test_a_reader_that_cannot_be_started_is_an_error(tmp_path):
    with pytest.raises(WorkerError, match="could not be started"):
        Readers(1, [str(tmp_path / "none")]).thumbnail("a.png", 50)


def test_the_shared_readers_are_one_and_are_ended_on_exit(monkeypatch):
    registered = []
    monkeypatch.setattr(readers_module.atexit, "register", registered.append)
    readers = shared_readers.__wrapped__()
    assert registered == [readers.close]
    assert (sys.executable, "-P", "-m", "orangecontrib.imaging.core.reader") == readers_module._COMMAND


def test_a_reader_loads_neither_torch_nor_orange_nor_qt():
    code = ("import sys; import orangecontrib.imaging.core.reader; import orangecontrib.imaging.core.tiff; "
            "print([name for name in ('torch', 'Orange', 'AnyQt', 'PyQt5') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_thumbnail_that_nobody_waits_for_any_more_frees_its_child_at_once(start, tmp_path):
    readers = start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        readers.thumbnail(picture(tmp_path, "hang.png"), 20, cancelled=lambda: True)
    assert time.monotonic() - began < 5
    assert readers.thumbnail(picture(tmp_path, "next.png"), 20).pixels.shape == (15, 20, 3)


def test_a_cancelled_stream_of_thumbnails_frees_the_children_that_read_for_it(start, tmp_path, monkeypatch):
    readers, wish = start(), time.monotonic() + 2
    monkeypatch.setattr(thumbnail_stream, "shared_readers", lambda: readers)
    with pytest.raises(Cancelled):
        list(read_thumbnails([(picture(tmp_path, "hang.png"), 20)], Reading(),
                             cancelled=lambda: time.monotonic() > wish))
    with ThreadPoolExecutor(1) as pool:
        small = pool.submit(readers.thumbnail, picture(tmp_path, "next.png"), 20)
        assert small.result(timeout=10).pixels.shape == (15, 20, 3)


def test_a_thumbnail_that_is_waited_for_may_take_its_time_and_no_longer(start, tmp_path):
    readers, asked = start(patience_s=1.5), []
    with pytest.raises(UnreadableImage, match="given up after 2 seconds"):
        readers.thumbnail(picture(tmp_path, "hang.png"), 20, cancelled=lambda: bool(asked.append(1)))
    assert len(asked) >= 3
    small = readers.thumbnail(picture(tmp_path, "next.png"), 20, cancelled=lambda: False)
    assert small.pixels.shape == (15, 20, 3)
