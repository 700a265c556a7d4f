"""File names of every kind leave and come back unchanged."""

import os
import stat

import numpy as np
import pytest

from orangecontrib.imaging.core.paths import cache_folder, escape_path, unescape_path

NAMES = [
    "plain.png", "with space.png", "žluťoučký 日本 🦠.png", "a#b.png", "100%.png", "a%20b.png", "new\nline.png",
    "tab\tand\rreturn.png", "many.dots.in.it.png", "bytes:", "bytes:a%FFb", "bytes:100%", "C:\\x\\y.png", "~", "-rf",
    "quote\"'.png", "e\u0301 is not \u00e9", "\ufeffbom", "\x01", "x" * 255, "é" * 127,
    os.fsdecode(b"\xff\xfe.png"), os.fsdecode(b"bytes:\xff"), os.fsdecode(b"latin-\xe9%41 #?.png"),
    os.fsdecode(b"\xed\xa0\x80"), os.fsdecode("é".encode() + b"\xc3"), os.fsdecode(b"\xff" * 255),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_leaves_as_utf8_text_and_comes_back_unchanged(name):
    text = escape_path(f"/some/folder/{name}")
    text.encode("utf-8")
    assert unescape_path(text) == f"/some/folder/{name}"
    assert unescape_path(escape_path(name)) == name


def test_random_bytes_leave_and_come_back_unchanged_and_no_two_names_become_one():
    random = np.random.default_rng(7)
    seen = {}
    for _ in range(3000):
        raw = random.choice([b"bytes:", b"", b"%", b"/a/"]) + random.bytes(int(random.integers(0, 40)))
        name = os.fsdecode(raw)
        text = escape_path(name)
        text.encode("utf-8")
        assert os.fsencode(unescape_path(text)) == raw
        assert seen.setdefault(text, raw) == raw


def test_ordinary_names_stay_as_they_are():
    for name in ("/home/ana/Cells 3%/žluté #1.png", "a%20b", "new\nline"):
        assert escape_path(name) == name


def test_an_escaped_name_can_be_read_by_people():
    assert escape_path(os.fsdecode(b"/data/plate 1/caf\xe9.png")) == "bytes:/data/plate 1/caf%E9.png"


def test_letters_that_no_file_name_can_hold_are_shown_and_do_not_fail():
    assert escape_path("a\ud800") == "bytes:a%ED%A0%80"


def test_the_cache_is_the_named_folder_and_only_its_owner_may_look_inside(tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "deep" / "cache"))
    before = os.umask(0o022)
    try:
        folder = cache_folder()
    finally:
        os.umask(before)
    assert folder == tmp_path / "deep" / "cache"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cache_folder() == folder


def test_a_relative_cache_is_the_same_for_a_child_that_works_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", "cache")
    assert cache_folder() == tmp_path / "cache"


def test_without_a_named_cache_the_systems_own_place_is_taken(tmp_path, monkeypatch):
    monkeypatch.delenv("ORANGE_IMAGING_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, appauthor: str(tmp_path / name))
    assert cache_folder() == tmp_path / "orange-imaging"


def test_a_cache_that_cannot_be_made_is_an_os_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(OSError, match="Not a directory"):
        cache_folder()
