"""The store remembers by content and identity, distrusts what is fresh, and never costs a result."""

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from orangecontrib.imaging.core import database
from orangecontrib.imaging.core import store as store_module
from orangecontrib.imaging.core.store import Store, file_state


def content_of(data):
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(data).digest()


ME, OTHER = '{"network": "a"}', '{"network": "b"}'


def vector(number, dimension=4):
    return np.arange(dimension, dtype=np.float32) + np.float32(number) + np.float32(0.1)


def content(number):
    return content_of(str(number).encode())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(folder):
    opened = Store(folder)
    yield opened
    opened.close()


@pytest.fixture
def old_file(tmp_path):
    """Makes a file that was last changed an hour ago."""
    def make(name, data=b"data"):
        path = tmp_path / name
        path.write_bytes(data)
        state = path.stat()
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - 3600 * 10**9))
        return str(path)
    return make


def keep(store, *paths, identity=ME):
    for path in paths:
        found = content_of(Path(path).read_bytes())
        store.put(identity, {found: vector(0)}, {path: found}, {path: file_state(path)})


def test_vectors_come_back_bit_for_bit_by_content_and_identity(store, folder):
    values = {content(number): vector(number) for number in range(1200)}
    store.put(ME, values, {}, {})
    store.put(OTHER, {content(1): vector(99)}, {}, {})
    store.close()
    again = Store(folder)
    found = again.get(ME, values, 4)
    assert found.keys() == values.keys()
    for key, expected in values.items():
        assert found[key].dtype == np.float32
        assert found[key].tobytes() == expected.tobytes()
    assert again.get(OTHER, [content(1), content(2)], 4)[content(1)].tolist() == vector(99).tolist()
    assert list(again.get(OTHER, [content(1), content(2)], 4)) == [content(1)]
    assert again.get("never used", values, 4) == {}
    assert again.notes == []
    again.close()


def test_a_vector_of_another_length_is_not_taken(store):
    store.put(ME, {content(1): vector(1, dimension=3)}, {}, {})
    assert store.get(ME, [content(1)], 4) == {}


def test_a_vector_put_again_replaces_the_first(store):
    store.put(ME, {content(1): vector(1)}, {}, {})
    store.put(ME, {content(1): vector(2)}, {}, {})
    assert store.get(ME, [content(1)], 4)[content(1)].tolist() == vector(2).tolist()


def test_an_unchanged_file_is_known_without_being_opened(store, old_file, monkeypatch):
    path = old_file("a.png")
    keep(store, path)
    monkeypatch.setattr("builtins.open", lambda *arguments, **options: pytest.fail("opened"))
    assert store.recall_contents([path, "/nowhere"]) == {path: content_of(b"data")}


@pytest.mark.parametrize("change", ["content", "content of the same length and time", "touched", "replaced", "gone"])
def test_a_changed_file_is_not_known(store, old_file, change, tmp_path):
    path = old_file("a.png")
    keep(store, path)
    before = os.stat(path)
    if change == "gone":
        os.remove(path)
    elif change == "touched":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    elif change == "replaced":
        os.replace(old_file("b.png"), path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        Path(path).write_bytes(b"atad" if "length" in change else b"other")
        if "length" in change:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.recall_contents([path]) == {}


def test_a_file_changed_less_than_two_seconds_ago_is_not_trusted(store, old_file, monkeypatch):
    path = old_file("a.png")
    changed_ns = os.stat(path).st_mtime_ns
    for age_s, known in ((-5, False), (0, False), (1.9, False), (2.1, True)):
        monkeypatch.setattr(store_module.time, "time_ns", lambda age_s=age_s: changed_ns + int(age_s * 1e9))
        assert (file_state(path) is not None) == known
        keep(store, path)
    monkeypatch.undo()
    assert store.recall_contents([path]) == {path: content_of(b"data")}


def test_a_fresh_file_is_put_without_its_path(store, tmp_path):
    path = tmp_path / "fresh"
    path.write_bytes(b"x")
    keep(store, str(path))
    assert store.recall_contents([str(path)]) == {}
    assert list(store.get(ME, [content_of(b"x")], 4)) == [content_of(b"x")]


@pytest.mark.parametrize("name", ["žluť 日本.png", "new\nline", "100%.png", "bytes:x", os.fsdecode(b"caf\xe9\xff.png"),
                                  "x" * 255])
def test_names_of_every_kind_are_remembered(store, old_file, name):
    path = old_file(name)
    keep(store, path)
    assert store.recall_contents([path]) == {path: content_of(b"data")}


def test_names_that_no_file_can_have_are_asked_for_in_peace(store):
    assert store.recall_contents(["a\0b", "\ud800", "", "x" * 5000]) == {}
    assert [file_state(name) for name in ("a\0b", "\ud800", "", "x" * 5000)] == [None] * 4


def test_only_the_owner_may_read_file_journals_and_folder(folder, old_file):
    before = os.umask(0)
    try:
        store = Store(folder)
        keep(store, old_file("a.png"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert set(modes) == {"embeddings-v1.sqlite", "embeddings-v1.sqlite-wal", "embeddings-v1.sqlite-shm"}
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        store.close()
    finally:
        os.umask(before)


def test_without_a_folder_the_cache_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "cache"))
    store = Store()
    assert store.path == tmp_path / "cache" / "embeddings-v1.sqlite"
    assert store.path.exists()
    store.close()


def test_what_is_stored_is_plain_numbers_and_text(store, old_file):
    keep(store, old_file("a.png"))
    store.close()
    with sqlite3.connect(store.path) as database:
        rows = [row for table in ("files", "vectors", "identities")
                for row in database.execute(f"SELECT * FROM {table}")]
    database.close()
    assert vector(0).astype("<f4").tobytes() in [value for row in rows for value in row]
    for value in (value for row in rows for value in row if isinstance(value, bytes)):
        assert not (value.startswith(b"\x80") and value.endswith(b"."))  # a pickle


def test_a_store_that_outgrew_its_limit_drops_the_older_half_and_keeps_the_newer(folder, old_file):
    store = Store(folder)
    path = old_file("a.png", b"0")
    store.put(ME, {content(0): vector(0, 512)}, {path: content(0)}, {path: file_state(path)})
    for number in range(1, 400):
        store.put(ME, {content(number): vector(number, 512)}, {}, {})
    assert store.recall_contents([path]) == {path: content(0)}
    store.close()
    size = store.path.stat().st_size
    small = Store(folder, size_limit=size - 1)
    kept = small.get(ME, [content(number) for number in range(400)], 512)
    assert sorted(kept) == sorted(content(number) for number in range(200, 400))
    assert kept[content(399)].tolist() == vector(399, 512).tolist()
    assert small.recall_contents([path]) == {}
    assert small.notes == []
    small.close()
    assert store.path.stat().st_size < size * 0.7
    unhurt = Store(folder, size_limit=size)
    assert len(unhurt.get(ME, [content(number) for number in range(400)], 512)) == 200
    unhurt.close()


def test_a_store_that_outgrew_its_limit_while_another_writes_is_used_at_once_as_it_is(folder):
    first = Store(folder)
    first.put(ME, {content(number): vector(number) for number in range(10)}, {}, {})
    first._database.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    second = Store(folder, size_limit=1)
    assert time.monotonic() - started < 5
    assert len(second.get(ME, [content(number) for number in range(10)], 4)) == 10
    assert second.notes == []
    first._database.rollback()
    second.put(ME, {content(10): vector(10)}, {}, {})
    assert list(first.get(ME, [content(10)], 4)) == [content(10)]
    first.close()
    second.close()


# ------------------------------------------------------------------ what goes wrong costs time, never a result

def still_works_without_keeping(store):
    store.put(ME, {content(1): vector(1)}, {}, {})
    assert store.get(ME, [content(1)], 4) == {}
    assert store.recall_contents(["/a"]) == {}
    store.close()


def test_garbage_is_moved_aside_with_a_note_and_a_new_store_takes_its_place(folder):
    folder.mkdir()
    (folder / "embeddings-v1.sqlite").write_bytes(b"this is no database, but precious to somebody" * 300)
    (folder / "embeddings-v1.sqlite-shm").write_bytes(b"nor is this a journal")
    store = Store(folder)
    store.put(ME, {content(1): vector(1)}, {}, {})
    assert store.get(ME, [content(1)], 4)[content(1)].tolist() == vector(1).tolist()
    aside = sorted(path for path in folder.iterdir() if ".damaged-" in path.name)
    assert [path.read_bytes()[:12] for path in aside] == [b"this is no d", b"nor is this "]
    assert store.notes == [f"The store of embeddings was damaged (file is not a database). It was moved to {aside[0]}, "
                           "which you may delete; a new one takes its place."]
    store.close()


def test_damage_in_the_middle_is_found_in_use_and_the_work_goes_on_in_a_new_store(folder):
    store = Store(folder)
    values = {content(number): vector(number, 512) for number in range(500)}
    store.put(ME, values, {}, {})
    store.close()
    data = bytearray(store.path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096:page * 4096 + 200] = os.urandom(200)
    store.path.write_bytes(data)
    store = Store(folder)
    assert store.get(ME, values, 512) == {}
    assert len(store.notes) == 1
    assert "was damaged (database disk image is malformed). It was moved to" in store.notes[0]
    store.put(ME, values, {}, {})
    assert len(store.get(ME, values, 512)) == 500
    store.close()


def test_damage_that_cannot_be_moved_aside_silences_the_store(folder, monkeypatch):
    folder.mkdir()
    (folder / "embeddings-v1.sqlite").write_bytes(b"garbage" * 1000)

    def closed(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", closed)
    store = Store(folder)
    assert len(store.notes) == 1
    assert "cannot be used ([Errno 13] Permission denied). Vectors are computed and not kept." in store.notes[0]
    still_works_without_keeping(store)


def test_damage_found_in_use_that_cannot_be_moved_aside_silences_the_store(store, monkeypatch):
    def closed(source, target):
        raise PermissionError(13, "Permission denied")

    def malformed(database):
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(os, "replace", closed)
    assert store._run(malformed, "otherwise") == "otherwise"
    assert len(store.notes) == 1
    assert "Permission denied" in store.notes[0]
    still_works_without_keeping(store)


@pytest.mark.parametrize("place", ["below a file", "a folder in its place", "in /proc"])
def test_a_place_where_nothing_can_be_written_is_a_note_and_no_error(tmp_path, place, guard):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "embeddings-v1.sqlite").mkdir(parents=True)
    folder = {"below a file": tmp_path / "file" / "store", "a folder in its place": tmp_path / "taken",
              "in /proc": Path("/proc/nowhere")}[place]
    store = Store(folder)
    assert len(store.notes) == 1
    assert store.notes[0].startswith("The store of embeddings cannot be used (")
    assert store.notes[0].endswith(f"Check the disk space and your rights in the folder of the store, {folder}.")
    still_works_without_keeping(store)


def test_a_cache_that_cannot_be_made_is_a_note_and_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "file" / "cache"))
    store = Store()
    assert store.notes[0].endswith("Check the disk space and your rights in the folder of the store.")
    still_works_without_keeping(store)


def test_a_read_only_store_is_a_note_and_no_error(folder, monkeypatch):
    Store(folder).close()

    def closed(path, flags, mode=0o777):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", closed)
    store = Store(folder)
    monkeypatch.undo()
    assert "Permission denied" in store.notes[0]
    still_works_without_keeping(store)


@pytest.mark.parametrize("patient", [True, False])
def test_a_store_that_another_process_is_making_is_waited_for_but_not_forever(folder, monkeypatch, patient):
    really = sqlite3.connect
    refusals = []

    class Busy(sqlite3.Connection):
        def execute(self, query, *rest):
            if query == "PRAGMA journal_mode=WAL" and (len(refusals) < 3 or not patient):
                refusals.append(query)
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
            return super().execute(query, *rest)

    monkeypatch.setattr(sqlite3, "connect", lambda *rest, **more: really(*rest, factory=Busy, **more))
    monkeypatch.setattr(database, "PATIENCE_S", 30.0 if patient else 0.1)
    store = Store(folder)
    store.put(ME, {content(1): vector(1)}, {}, {})
    found = list(store.get(ME, [content(1)], 4))
    assert (found, len(store.notes)) == (([content(1)], 0) if patient else ([], 1))
    assert len(refusals) >= (3 if patient else 1)
    store.close()


def test_a_store_that_is_locked_is_a_note_and_is_not_moved_aside(folder, monkeypatch):
    first = Store(folder)
    first.put(ME, {content(1): vector(1)}, {}, {})
    first._database.execute("BEGIN EXCLUSIVE")
    with monkeypatch.context() as patch:
        patch.setattr(database, "PATIENCE_S", 0.1)
        second = Store(folder)
        second.put(ME, {content(2): vector(2)}, {}, {})
    assert len(second.notes) == 1
    assert "cannot be used (database is locked). Vectors are computed and not kept." in second.notes[0]
    second.close()
    first._database.rollback()
    assert list(first.get(ME, [content(1), content(2)], 4)) == [content(1)]
    assert not [path for path in folder.iterdir() if "damaged" in path.name]
    first.close()


def test_a_store_that_cannot_be_opened_is_not_taken_for_damaged(folder, monkeypatch):
    Store(folder).close()

    def locked(path):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(Store, "_connect", locked)
    store = Store(folder)
    assert "cannot be used (database is locked)" in store.notes[0]
    assert [path.name for path in folder.iterdir()] == ["embeddings-v1.sqlite"]


def test_a_full_disk_is_a_note_and_what_was_stored_stays(folder):
    store = Store(folder)
    store.put(ME, {content(0): vector(0, 512)}, {}, {})
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count={pages + 2}")
    for number in range(1, 50):
        store.put(ME, {content(number): vector(number, 512)}, {}, {})
    assert len(store.notes) == 1
    assert "cannot be used (database or disk is full). Vectors are computed and not kept." in store.notes[0]
    assert store.get(ME, [content(0)], 512) == {}
    store.close()
    again = Store(folder)
    kept = again.get(ME, [content(number) for number in range(50)], 512)
    assert content(0) in kept
    assert all(kept[content(number)].tolist() == vector(number, 512).tolist()
               for number in range(50) if content(number) in kept)
    assert again.notes == []
    again.close()


def test_a_store_of_another_make_is_a_note_and_is_not_touched(folder):
    folder.mkdir()
    with sqlite3.connect(folder / "embeddings-v1.sqlite") as database:
        database.execute("CREATE TABLE vectors (something TEXT)")
        database.execute("INSERT INTO vectors VALUES ('else')")
    database.close()
    store = Store(folder)
    store.put(ME, {content(1): vector(1)}, {}, {})
    assert store.get(ME, [content(1)], 4) == {}
    assert len(store.notes) == 1
    assert "cannot be used (" in store.notes[0]
    store.close()
    with sqlite3.connect(folder / "embeddings-v1.sqlite") as database:
        assert database.execute("SELECT * FROM vectors").fetchall() == [("else",)]
    database.close()


def test_where_shared_memory_is_missing_a_rollback_journal_serves(folder, monkeypatch):
    really = sqlite3.connect

    class WithoutSharedMemory(sqlite3.Connection):
        def execute(self, query, *rest):
            if query == "PRAGMA journal_mode=WAL":  # as SQLite answers on a network home
                query = "PRAGMA journal_mode"
            return super().execute(query, *rest)

    monkeypatch.setattr(sqlite3, "connect", lambda *rest, **more: really(*rest, factory=WithoutSharedMemory, **more))
    store = Store(folder)
    store.put(ME, {content(1): vector(1)}, {}, {})
    assert store._database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert list(store.get(ME, [content(1)], 4)) == [content(1)]
    assert not (folder / "embeddings-v1.sqlite-wal").exists()
    store.close()


def test_a_closed_store_is_silent(store):
    store.close()
    still_works_without_keeping(store)
    assert store.notes == []


WRITER = """
import sys, time
from pathlib import Path
import numpy as np
import hashlib
from orangecontrib.imaging.core.store import Store

def content_of(data):
    return hashlib.sha256(data).digest()

who, folder, start = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
time.sleep(max(0, start - time.time()))
store = Store(folder)
for number in range(30):
    keys = [content_of(f"{who} {number}".encode()), content_of(f"both {number}".encode())]
    store.put("me", {key: np.full(8, number, np.float32) for key in keys}, {}, {})
    assert len(store.get("me", keys, 8)) == 2 or store.notes, "lost"
store.close()
print(store.notes)
"""


def test_several_processes_write_at_once_and_nothing_is_lost(folder):
    start = time.time() + 1.0
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(who), str(folder), str(start)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for who in range(6)]
    for writer in writers:
        out, err = writer.communicate(timeout=120)
        assert (writer.returncode, out.strip()) == (0, "[]"), err
    store = Store(folder)
    for number in range(30):
        keys = [content_of(f"{who} {number}".encode()) for who in (*range(6), "both")]
        found = store.get("me", keys, 8)
        assert len(found) == 7
        assert all(value.tolist() == [number] * 8 for value in found.values())
    store.close()
