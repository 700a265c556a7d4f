"""What this package keeps in its cache folder, to be looked at and removed: its own files there, and no other."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from .catalogue import all_cards
from .database import DAMAGED, ENDINGS, is_busy
from .errors import OutputError
from .kept_thumbnails import KeptThumbnails
from .paths import cache_path, escape_path
from .refusal import explain
from .samples import SAMPLE_SETS
from .store import Store

WEIGHTS = "weights of networks"
_NUMBER = re.compile(r"-v\d+\.")
_COPY = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,5})?")
_UNFINISHED = re.compile(r"\.orange-imaging-[0-9a-f]{32}(\.[a-z0-9]{1,5})?")
_GIVEN_UP_S = 24 * 3600.0  # an unfinished file that is younger may be at work
_WEIGHTS_ENDINGS = ("", ".part", ".part.version")


@dataclass(frozen=True)
class Kept:
    """Files of one kind.

    Attributes:
        title: for people, such as "thumbnails".
        files: all of them, databases with their journals.
        bytes: of all of them.
    """

    title: str
    files: tuple[Path, ...]
    bytes: int


def kept_files() -> tuple[Kept, ...]:
    """What is kept, by kind, whether there is any or not; weights of networks come last.

    Files of other makers, links, and the hashes that guard later downloads are left out.
    """
    place = cache_path()
    kinds = {
        "embeddings": _databases(place, Store.FILE),
        "thumbnails": _databases(place, KeptThumbnails.FILE),
        "pictures fetched from the web": _copies(place / "web"),
        "sample pictures": _samples(place / "samples"),
        WEIGHTS: _weights(place / "models"),
    }
    return tuple(_kept(title, files) for title, files in kinds.items())


def remove(kept: Kept) -> None:
    """Remove the files of one kind, and folders of ours that are empty then.

    Raises:
        OutputError: another program uses a database, or the system refuses; some files may be gone.
    """
    for path in kept.files:
        if path.name.endswith(".sqlite"):
            _close_for_others(path)
    for path in kept.files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{escape_path(str(path))}: it cannot be removed ({explain(error)}). Check your rights "
                              "in its folder.") from error
    for folder in sorted({parent for path in kept.files for parent in path.parents}, reverse=True):
        if folder.is_relative_to(cache_path() / "samples"):
            with suppress(OSError):  # it holds something else, or is gone
                folder.rmdir()


def _kept(title: str, files: Iterable[Path]) -> Kept:
    found = sorted(files)
    total = 0
    for path in found:
        with suppress(OSError):  # it went meanwhile
            total += path.stat().st_size
    return Kept(title, tuple(found), total)


def _databases(folder: Path, name: str) -> Iterator[Path]:
    """Of this and every earlier version: the files, their journals, and those that were moved aside."""
    stem, ending = _NUMBER.split(name)
    form = re.compile(rf"{stem}-v\d+\.{ending}({re.escape(DAMAGED)}[\d-]+)?({'|'.join(ENDINGS[1:])})?")
    return (path for path in _files(folder) if form.fullmatch(path.name))


def _copies(folder: Path) -> Iterator[Path]:
    for path in _files(folder):
        if _COPY.fullmatch(path.name):
            yield path
        elif _UNFINISHED.fullmatch(path.name):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _GIVEN_UP_S:
                    yield path


def _samples(folder: Path) -> Iterator[Path]:
    for version in _folders(folder):
        for one in (SAMPLE_SETS[path.name] for path in _folders(version) if path.name in SAMPLE_SETS):
            place = version / one.name
            yield from (path for path in _files(place) if path.name == "README.txt")
            for category in one.classes:
                form = re.compile(one.form(category))
                yield from (path for path in _files(place / category) if form.fullmatch(path.name))


def _weights(folder: Path) -> Iterator[Path]:
    names = {card.weights.file + ending for card in all_cards() if card.weights.url for ending in _WEIGHTS_ENDINGS}
    return (path for path in _files(folder) if path.name in names)


def _files(folder: Path) -> Iterator[Path]:
    """The files right in a folder; none where the folder is missing, or a link to elsewhere."""
    return (Path(entry.path) for entry in _entries(folder) if entry.is_file(follow_symlinks=False))


def _folders(folder: Path) -> Iterator[Path]:
    return (Path(entry.path) for entry in _entries(folder) if entry.is_dir(follow_symlinks=False))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [] if folder.is_symlink() and folder != cache_path() else list(entries)
    except OSError:
        return []


def _close_for_others(path: Path) -> None:
    """Have SQLite put its journals away, which it does only where nobody else has the file open.

    Raises:
        OutputError: somebody has.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        if is_busy(error):
            raise OutputError(f"{escape_path(str(path))}: a program uses it. Close Orange, and whatever else works "
                              "with pictures, and run this again.") from error
