"""Thumbnails on disk are the very ones that were read, of this file as it is now, and never cost a picture."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from made import encoded, pixels

from orangecontrib.imaging.core import kept_thumbnails as module
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.files import JOINT
from orangecontrib.imaging.core.kept_thumbnails import KeptThumbnails, kept_thumbnails, recipe_key
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnails import Thumbnail, read_thumbnail

PLAIN = Reading()


class Reads:
    """Reads a file, and counts."""

    def __init__(self, path, size_px=96, reading=PLAIN):
        self.asked, self.count = (path, size_px, reading), 0

    def __call__(self):
        self.count += 1
        return read_thumbnail(*self.asked)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture
def kept(folder):
    store = KeptThumbnails(folder)
    yield store
    store.close()


@pytest.fixture
def old_file(tmp_path):
    """Makes a picture that was last changed an hour ago."""
    def make(name="a.png", seed=0, height=300, width=200):
        path = tmp_path / name
        path.write_bytes(encoded(pixels(height, width, seed), "PNG"))
        age(path)
        return str(path)
    return make


def age(path, seconds=3600):
    state = os.stat(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - seconds * 10**9))


def ask(store, path, size_px=96, reading=PLAIN):
    """The thumbnail, and whether the file was read."""
    read = Reads(path, size_px, reading)
    return store.thumbnail(path, size_px, reading, read), read.count == 1


def was_read(store, path, size_px=96, reading=PLAIN):
    return ask(store, path, size_px, reading)[1]


def test_what_comes_from_disk_is_what_was_read_to_the_last_pixel(folder, old_file):
    path = old_file()
    store = KeptThumbnails(folder)
    first, was_first_read = ask(store, path)
    store.close()
    again = KeptThumbnails(folder)
    second, was_second_read = ask(again, path)
    assert (was_first_read, was_second_read) == (True, False)
    np.testing.assert_array_equal(second.pixels, first.pixels)
    assert (second.pixels.dtype, second.pixels.shape) == (np.uint8, (96, 64, 3))
    assert (second.full_width, second.full_height, second.notes) == (200, 300, first.notes)
    assert again.notes == []
    again.close()


def test_notes_come_back_in_their_order(kept, old_file):
    path, notes = old_file(), ("12 frames: frame 1", "žluť \ud800")
    given = Thumbnail(np.zeros((3, 4, 3), np.uint8), 4, 3, notes)
    assert kept.thumbnail(path, 96, PLAIN, lambda: given) is given
    assert kept.thumbnail(path, 96, PLAIN, lambda: pytest.fail("read")).notes == notes


@pytest.mark.parametrize("change", ["content", "content of the same length and time", "touched", "replaced"])
def test_a_changed_file_is_read_again_and_then_kept_as_it_is_now(kept, old_file, change):
    path = old_file()
    assert was_read(kept, path)
    before, data = os.stat(path), bytearray(Path(path).read_bytes())
    if change == "touched":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    elif change == "replaced":
        os.replace(old_file("b.png", seed=1), path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif "length" in change:
        time.sleep(0.02)  # a tick of the file system's clock
        Path(path).write_bytes(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        old_file(seed=2)
    assert was_read(kept, path)
    small, again = ask(kept, path)
    assert not again
    np.testing.assert_array_equal(small.pixels, read_thumbnail(path, 96).pixels)


def test_a_file_changed_less_than_two_seconds_ago_is_not_kept(kept, tmp_path):
    path = tmp_path / "fresh.png"
    path.write_bytes(encoded(pixels(), "PNG"))
    assert was_read(kept, str(path))
    age(path)
    assert was_read(kept, str(path))
    assert not was_read(kept, str(path))


@pytest.mark.parametrize("other", [Reading(background=0), Reading(contrast="percentiles"),
                                   Reading(contrast="range", ranges=((0, 200),)), Reading(channels=(0,))])
def test_another_recipe_is_another_thumbnail(kept, old_file, other):
    path = old_file()
    assert was_read(kept, path)
    assert was_read(kept, path, reading=other)
    assert not was_read(kept, path, reading=other)
    assert not was_read(kept, path)


def test_another_size_is_another_thumbnail(kept, old_file):
    path = old_file()
    assert was_read(kept, path, 96)
    assert was_read(kept, path, 192)
    assert not was_read(kept, path, 96)


@pytest.mark.parametrize("name", ["READERS_VERSION", "THUMBNAILS_VERSION"])
def test_another_version_of_our_readers_reads_again(kept, old_file, monkeypatch, name):
    path = old_file()
    assert was_read(kept, path)
    monkeypatch.setattr(module, name, -1)
    recipe_key.cache_clear()
    assert was_read(kept, path)
    monkeypatch.undo()
    recipe_key.cache_clear()
    assert not was_read(kept, path)


def test_another_version_of_a_decoder_reads_again(kept, old_file, monkeypatch):
    path = old_file()
    assert was_read(kept, path)
    monkeypatch.setattr(module, "with_version", lambda name: f"{name} 99")
    recipe_key.cache_clear()
    assert was_read(kept, path)
    monkeypatch.undo()
    recipe_key.cache_clear()


def test_pictures_that_cannot_be_read_are_not_kept(kept, tmp_path):
    path = tmp_path / "a.png"
    path.write_text("text")
    age(path)
    for _ in range(2):
        with pytest.raises(UnreadableImage):
            ask(kept, str(path))
    assert rows(kept) == 0


def rows(store):
    return store._database.execute("SELECT COUNT(*) FROM thumbnails").fetchone()[0]


def test_whole_pictures_and_those_with_pixels_in_other_files_are_not_kept(kept, old_file):
    path = old_file()
    assert was_read(kept, path, 2560)
    assert rows(kept) == 0
    slide = old_file("a.mrxs")
    kept.thumbnail(slide, 96, PLAIN, lambda: Thumbnail(np.zeros((3, 4, 3), np.uint8), 4, 3))
    assert rows(kept) == 0


def test_of_files_that_are_one_picture_each_is_looked_at(kept, old_file):
    parts = [old_file("a_w1.png"), old_file("a_w2.png", seed=1)]
    path, reading, read = JOINT.join(parts), Reading(joined=True), []
    def small():
        read.append(path)
        return Thumbnail(np.zeros((3, 4, 3), np.uint8), 4, 3)
    for _ in range(2):
        kept.thumbnail(path, 96, reading, small)
    assert len(read) == 1
    old_file("a_w2.png", seed=2)
    kept.thumbnail(path, 96, reading, small)
    assert len(read) == 2


@pytest.mark.parametrize("name", ["žluť 日本.png", "new\nline.png", "100%.png", os.fsdecode(b"caf\xe9\xff.png")])
def test_names_of_every_kind_are_kept(kept, old_file, name):
    path = old_file(name)
    assert was_read(kept, path)
    assert not was_read(kept, path)


def test_names_that_no_file_can_have_are_read_in_peace(kept):
    for path in ("a\0b", "\ud800", "", "x" * 5000):
        with pytest.raises(UnreadableImage):
            ask(kept, path)


def test_only_the_owner_may_read_file_journals_and_folder(folder, old_file):
    before = os.umask(0)
    try:
        store = KeptThumbnails(folder)
        ask(store, old_file())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert modes == dict.fromkeys(["thumbnails-v1.sqlite", "thumbnails-v1.sqlite-wal",
                                       "thumbnails-v1.sqlite-shm"], 0o600)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        store.close()
    finally:
        os.umask(before)


def test_it_is_kept_in_the_cache_once_for_all_who_ask(tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "cache"))
    store = kept_thumbnails()
    assert store.path == tmp_path / "cache" / "thumbnails-v1.sqlite"
    assert kept_thumbnails() is store
    store.close()


def test_threads_that_ask_at_the_same_moment_open_it_once(tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "cache"))

    class Slow(KeptThumbnails):
        def __init__(self, folder):
            time.sleep(0.1)
            super().__init__(folder)
    monkeypatch.setattr(module, "KeptThumbnails", Slow)
    with ThreadPoolExecutor(4) as pool:
        stores = {job.result() for job in [pool.submit(kept_thumbnails) for _ in range(4)]}
    assert len(stores) == 1
    stores.pop().close()


def test_what_is_kept_are_pictures_plain_numbers_and_text(kept, old_file):
    ask(kept, old_file())
    row, = kept._database.execute("SELECT * FROM thumbnails").fetchall()
    assert {type(value) for value in row} == {int, str, bytes}
    assert row[-1][:4] == b"RIFF"
    assert row[-1][8:16] == b"WEBPVP8L"


def test_beyond_the_limit_the_longest_unused_leave_and_the_file_grows_no_more(folder, old_file, monkeypatch):
    paths = [old_file(f"{number}.png", number) for number in range(80)]
    limit = 500_000
    store = KeptThumbnails(folder, size_limit=limit)
    clock = time.time()
    for number, path in enumerate(paths):
        monkeypatch.setattr(module.time, "time", lambda number=number: clock + number * 7200)
        ask(store, path)
        assert not was_read(store, paths[0])
    assert 5 < rows(store) < 60
    assert not was_read(store, paths[-1])
    assert was_read(store, paths[1])  # which was not looked at again, as the first was
    store._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.path.stat().st_size < limit * 1.1
    store.close()


# ------------------------------------------------------------------ what goes wrong costs time, never a picture

def test_a_broken_database_is_set_aside_and_told_in_the_log(folder, old_file, caplog):
    folder.mkdir()
    (folder / "thumbnails-v1.sqlite").write_bytes(b"this is no database, but precious to somebody" * 300)
    store = KeptThumbnails(folder)
    path = old_file()
    assert was_read(store, path)
    assert not was_read(store, path)
    aside, = (path for path in folder.iterdir() if ".damaged-" in path.name)
    assert aside.read_bytes().startswith(b"this is no database")
    assert store.notes == [f"The store of thumbnails was damaged (file is not a database). It was moved to {aside}, "
                           "which you may delete; a new one takes its place."]
    assert store.notes == caplog.messages
    store.close()


def test_damage_in_the_middle_is_found_in_use_and_the_picture_is_read(folder, old_file):
    paths = [old_file(f"{number}.png", number) for number in range(20)]
    store = KeptThumbnails(folder)
    for path in paths:
        ask(store, path)
    store.close()
    data = bytearray(store.path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096:page * 4096 + 200] = os.urandom(200)
    store.path.write_bytes(data)
    store = KeptThumbnails(folder)
    for path in paths:
        np.testing.assert_array_equal(ask(store, path)[0].pixels, read_thumbnail(path, 96).pixels)
    assert "was damaged" in store.notes[0]
    assert not was_read(store, paths[0])
    store.close()


def test_a_picture_that_the_disk_spoiled_is_read_again_and_replaced(kept, old_file):
    path = old_file()
    ask(kept, path)
    for spoiled in (b"", b"garbage", b"RIFF\x10\0\0\0WEBPVP8L"):
        with kept._database:
            kept._database.execute("UPDATE thumbnails SET picture = ?", (spoiled,))
        assert was_read(kept, path)
        assert not was_read(kept, path)


def test_where_nothing_can_be_written_pictures_are_read_as_ever(tmp_path, old_file, caplog):
    (tmp_path / "file").write_text("")
    store = KeptThumbnails(tmp_path / "file" / "kept")
    path = old_file()
    assert [was_read(store, path), was_read(store, path)] == [True, True]
    assert "The store of thumbnails cannot be used (" in caplog.text
    assert "Pictures are read each time anew." in caplog.text


def test_while_another_holds_the_file_pictures_are_read_and_kept_later(folder, old_file):
    path = old_file()
    first, second = KeptThumbnails(folder), KeptThumbnails(folder)
    first._database.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    assert was_read(second, path)
    assert time.monotonic() - started < 5
    first._database.rollback()
    assert was_read(second, path)
    assert not was_read(first, path)
    assert first.notes == second.notes == []
    first.close()
    second.close()


PROGRAM = """
import sys
from pathlib import Path
from orangecontrib.imaging.core.kept_thumbnails import KeptThumbnails
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnails import read_thumbnail

folder, paths = sys.argv[1], sys.argv[2:]
store, reads = KeptThumbnails(Path(folder)), 0

def read(path):
    global reads
    reads += 1
    return read_thumbnail(path, 96)

for path in paths:
    store.thumbnail(path, 96, Reading(), lambda: read(path))
    print(path, flush=True)
print(reads, store.notes, flush=True)
"""


def program(folder, paths):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), *paths], stdout=subprocess.PIPE, text=True)


def test_what_one_process_keeps_another_finds(folder, old_file):
    paths = [old_file(f"{number}.png", number) for number in range(5)]
    said = [program(folder, paths).communicate(timeout=60)[0].splitlines()[-1] for _ in range(2)]
    assert said == ["5 []", "0 []"]


def test_several_processes_write_at_once_and_none_is_troubled(folder, old_file):
    paths = [old_file(f"{number}.png", number) for number in range(30)]
    several = [program(folder, paths[start:] + paths[:start]) for start in (0, 10, 20)]
    for one in several:
        assert one.communicate(timeout=60)[0].endswith("[]\n")
    store = KeptThumbnails(folder)
    assert rows(store) == 30
    store.close()


@pytest.mark.parametrize("after", [1, 7, 19])
def test_a_kill_while_writing_leaves_the_file_whole_and_nothing_wrong_in_it(folder, old_file, after):
    paths = [old_file(f"{number}.png", number) for number in range(40)]
    child = program(folder, paths)
    with child.stdout:
        for _ in range(after):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    with sqlite3.connect(folder / "thumbnails-v1.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    store = KeptThumbnails(folder)
    assert rows(store) >= after
    for path in paths:
        np.testing.assert_array_equal(ask(store, path)[0].pixels, read_thumbnail(path, 96).pixels)
    assert store.notes == []
    store.close()
