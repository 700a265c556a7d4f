"""``orange-imaging clear``: it says what is kept, asks, and removes that and nothing else."""

import hashlib
import io
import os
import sqlite3
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from orangecontrib.imaging import cli
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.kept_files import kept_files
from orangecontrib.imaging.core.kept_thumbnails import KeptThumbnails
from orangecontrib.imaging.core.samples import write_samples
from orangecontrib.imaging.core.store import Store

TITLES = ["embeddings", "thumbnails", "pictures fetched from the web", "sample pictures", "weights of networks"]
WEIGHTS = find_card("resnet50").weights.file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache with something of every kind, and files of others among it."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(folder))
    store = Store()
    store.put("me", {b"1" * 32: np.zeros(9, np.float32)}, {}, {})
    store.close()
    KeptThumbnails().close()
    write_samples(folder / "samples" / "v1", per_class=1)
    for name in (f"models/{WEIGHTS}", f"models/{WEIGHTS}.part", f"web/{hashlib.sha256().hexdigest()}.png",
                 f"web/{hashlib.sha256().hexdigest()}", "thumbnails-v0.sqlite.damaged-20250101-101010-77-wal",
                 *OTHERS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * 1000)
    return folder


OTHERS = {"notes.txt", "embeddings-v1.sqlite.txt", "my-embeddings-v1.sqlite", "models/hashes.json", "models/mine.pth",
          "web/holiday.png", "samples/v1/nuclei/mine.png", "samples/v1/nuclei/SN/mine.png", "samples/mine/a.png",
          f"web/.orange-imaging-{'a' * 32}.png", "thumbnails/a.png"}


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command as a user who gives an answer; (exit code, stdout, stderr)."""
    def run(*arguments, answer=None):
        stdin = io.StringIO(answer or "")
        stdin.isatty = lambda: answer is not None
        monkeypatch.setattr(sys, "stdin", stdin)
        return cli.main(["clear", *arguments]), *capsys.readouterr()
    return run


def test_it_says_what_is_kept_where_and_how_much(run, cache):
    _, printed, _ = run(answer="n\n")
    lines = printed.splitlines()
    assert lines[0] == f"In {cache}:"
    assert [line[2:33].strip() for line in lines[1:6]] == TITLES
    assert lines[3].endswith("2.0 kB in 2 files")
    assert lines[5].endswith("2.0 kB in 2 files; they stay, unless you add --weights")
    sizes = {kept.title: kept.bytes for kept in kept_files()}
    assert sizes["thumbnails"] == (cache / "thumbnails-v1.sqlite").stat().st_size + 1000
    assert lines[6].startswith(f"Remove {', '.join(TITLES[:4])}: ")
    assert lines[6].endswith("? [y/N] Nothing was removed.")


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "what?\n"])
def test_nothing_is_removed_without_a_yes(run, cache, answer):
    before = files(cache)
    assert run(answer=answer)[0] == 0
    assert files(cache) == before


@pytest.mark.parametrize("answer", ["y\n", "Yes\n"])
def test_a_yes_removes_all_but_weights_and_the_files_of_others(run, cache, answer):
    code, printed, told = run(answer=answer)
    assert (code, told) == (0, "")
    assert files(cache) == OTHERS | {f"models/{WEIGHTS}", f"models/{WEIGHTS}.part"}
    assert "? [y/N] Removed: " in printed
    assert not (cache / "samples" / "v1" / "yeast").exists()


def test_scripts_say_yes_beforehand_and_weights_go_when_they_are_named(run, cache):
    assert run("--yes", "--weights")[0] == 0
    assert files(cache) == OTHERS
    code, printed, _ = run("--yes", "--weights")
    assert (code, printed.splitlines()[-1]) == (0, "There is nothing to remove.")


def test_a_script_that_does_not_say_yes_is_told_so(run, cache):
    before = files(cache)
    code, _, told = run()
    assert (code, files(cache)) == (2, before)
    assert told == ("orange-imaging: Nothing was removed, for nobody can be asked here. Add --yes to remove it without "
                    "a question.\n")


def test_where_there_is_no_cache_none_is_made(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "none"))
    code, printed, _ = run("--yes")
    assert (code, printed.splitlines()[-1]) == (0, "There is nothing to remove.")
    assert not (tmp_path / "none").exists()


def test_what_a_program_uses_stays_and_the_rest_goes(run, cache):
    program = KeptThumbnails()
    code, _, told = run("--yes")
    assert code == 1
    assert f"thumbnails: {cache / 'thumbnails-v1.sqlite'}: a program uses it. Close Orange" in told
    assert "thumbnails could not be removed" in told
    kept = files(cache)
    assert {"thumbnails-v1.sqlite", "thumbnails-v1.sqlite-wal", "thumbnails-v1.sqlite-shm"} <= kept
    assert "embeddings-v1.sqlite" not in kept
    program.close()
    assert run("--yes")[0] == 0
    assert files(cache) == OTHERS | {f"models/{WEIGHTS}", f"models/{WEIGHTS}.part"}


def test_a_damaged_database_is_removed_like_a_sound_one(run, cache):
    (cache / "embeddings-v1.sqlite").write_bytes(b"garbage" * 1000)
    assert run("--yes")[0] == 0
    assert not (cache / "embeddings-v1.sqlite").exists()


def test_links_are_neither_followed_nor_removed(run, cache, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    name = hashlib.sha256(b"other").hexdigest()
    (elsewhere / name).write_text("mine")
    os.symlink(elsewhere / name, cache / "web" / name)
    (cache / "samples").rename(tmp_path / "samples")
    os.symlink(tmp_path / "samples", cache / "samples")
    assert run("--yes")[0] == 0
    assert (elsewhere / name).read_text() == "mine"
    assert (cache / "web" / name).is_symlink()
    assert (tmp_path / "samples" / "v1" / "nuclei" / "README.txt").exists()


def test_copies_that_were_never_finished_go_after_a_day(run, cache):
    unfinished = cache / f"web/.orange-imaging-{'a' * 32}.png"
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(unfinished, (long_ago, long_ago))
    run("--yes")
    assert not unfinished.exists()


def test_what_the_system_refuses_is_told_and_the_rest_goes(run, cache, monkeypatch):
    really = Path.unlink

    def unlink(path, missing_ok=False):
        if path.parent.name == "web":
            raise PermissionError(13, "Permission denied")
        really(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    code, _, told = run("--yes")
    assert code == 1
    assert "it cannot be removed (permission denied). Check your rights" in told
    assert not (cache / "embeddings-v1.sqlite").exists()


def test_a_cleared_store_is_made_anew_by_the_next_program(run, cache):
    run("--yes")
    store = Store()
    store.put("me", {b"1" * 32: np.zeros(9, np.float32)}, {}, {})
    assert store.notes == []
    store.close()
    with sqlite3.connect(cache / "embeddings-v1.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM vectors").fetchone() == (1,)
    database.close()
