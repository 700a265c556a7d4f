"""The tests' own guard: it must have been seen to refuse."""

import os
import socket
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest
from guard import Refused, listing


@pytest.fixture
def refuses(guard):
    """Expect a refusal, and take it off the list that would fail this test."""
    class Refuses:
        def __enter__(self):
            self._raises = pytest.raises(Refused)
            self._raises.__enter__()

        def __exit__(self, *error):
            guard.refused.clear()
            return self._raises.__exit__(*error)
    return Refuses


def test_another_machine_is_refused(refuses):
    with refuses(), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.connect(("192.0.2.1", 80))
    with refuses(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"x", ("192.0.2.1", 53))


def test_a_host_name_is_not_even_looked_up(refuses):
    with refuses():
        socket.create_connection(("example.org", 80), timeout=1)


def test_this_machine_can_be_called():
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].close())
        answer.start()
        socket.create_connection(server.getsockname(), timeout=5).close()
        answer.join()


@pytest.mark.parametrize("write", [
    lambda place: open(place, "w"),
    lambda place: open(place, "ab"),
    lambda place: os.open(place, os.O_RDWR | os.O_CREAT),
    lambda place: os.mkdir(place),
    lambda place: os.rename(__file__, place),
    lambda place: Path(place).write_text("x"),
    lambda place: sqlite3.connect(place),
], ids=["open w", "open ab", "os.open", "mkdir", "rename", "write_text", "sqlite"])
def test_writing_outside_the_temporary_folder_is_refused(write, refuses):
    place = Path(__file__).with_name("planted")
    with refuses():
        write(place)
    assert not place.exists()


def test_writing_below_the_temporary_folder_is_allowed(tmp_path, guard):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("x")
    assert Path(tempfile.gettempdir()).is_relative_to(guard.folders[0])
    assert listing(tmp_path) == {str(tmp_path / "inner" / "a.txt")}


def test_what_a_listing_leaves_out_is_not_listed(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "a.txt").write_text("x")
    (tmp_path / "b.txt").write_text("x")
    assert listing(tmp_path, leave_out=("build",)) == {str(tmp_path / "b.txt")}
