"""Thumbnails on disk, so that pictures that were looked at once are there at once the next time.

A thumbnail is found again by its file (path, size, mtime, ctime, inode), the whole recipe, its size, and the versions
of all that reads pictures; it is kept without loss, so that it is the very one that was read. The least recently used
ones leave. See `database` for what happens when something goes wrong.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from .database import Database, bytes_in_use, path_key
from .files import JOINT, named_file
from .formats import FORMATS
from .images import READERS_VERSION
from .paths import cache_path
from .reading import Reading
from .refusal import DECODER_ERRORS
from .store import file_state
from .thumbnails import THUMBNAILS_VERSION, Thumbnail
from .versions import with_version

SIZE_LIMIT = 500 << 20
LARGEST_PX = 768  # whole pictures are read anew: few of them would fill the disk
_SAME_USE_S = 3600  # uses so close to each other are not told apart, which spares writing
_AT_ONCE = 16  # thumbnails that leave together
_PATIENCE_MS = 200  # with another process that writes; reading the picture anew does not take much longer
_log = logging.getLogger(__name__)
_opening = threading.Lock()
_SCHEMA = """
CREATE TABLE IF NOT EXISTS thumbnails (number INTEGER PRIMARY KEY, path BLOB NOT NULL, recipe BLOB NOT NULL,
    size_px INTEGER NOT NULL, state TEXT NOT NULL, full_width INTEGER NOT NULL, full_height INTEGER NOT NULL,
    notes TEXT NOT NULL, used INTEGER NOT NULL, picture BLOB NOT NULL, UNIQUE (path, recipe, size_px));
CREATE INDEX IF NOT EXISTS by_use ON thumbnails (used);
"""


class KeptThumbnails(Database):
    """The thumbnails of one folder's SQLite file; safe to call from several threads and processes."""

    FILE = "thumbnails-v1.sqlite"
    SCHEMA = _SCHEMA
    TITLE = "store of thumbnails"
    WITHOUT = "Pictures are read each time anew."
    GIVES_WAY = True

    def __init__(self, folder: Path | None = None, size_limit: int = SIZE_LIMIT) -> None:
        """Open or make the store in a folder; `cache_folder()` by default. Never raises for a bad store.

        Args:
            folder: of the file.
            size_limit: of the file, in bytes; beyond it the least recently used thumbnails leave.
        """
        self._size_limit = size_limit
        super().__init__(folder)

    def thumbnail(self, path: str, size_px: int, reading: Reading, read: Callable[[], Thumbnail]) -> Thumbnail:
        """The thumbnail of a file: the one that is kept, or the one that `read` gives, which is kept from now on.

        Not kept are those of files that changed in the last two seconds, for they may change again unseen; of formats
        whose pixels lie in other files than the one that is named; and those larger than `LARGEST_PX`.

        Args:
            path: the file.
            size_px: the longest side, in pixels.
            reading: the recipe.
            read: as `read_thumbnail`; what it raises is passed on, and nothing is kept.
        """
        state = file_state(path) if size_px <= LARGEST_PX and not _has_companions(path) else None
        if state is None:
            return read()
        row = self._run(lambda database: _find(database, path, size_px, reading, state), None)
        found = _unpacked(row) if row else None
        if found is None:
            found = read()
            self._keep(found, path, size_px, reading, state)
        elif row and abs(time.time() - row.used) > _SAME_USE_S:
            self._run(partial(_use, row.number), None)
        return found

    def _keep(self, small: Thumbnail, path: str, size_px: int, reading: Reading, state: str) -> None:
        buffer = io.BytesIO()
        Image.fromarray(small.pixels).save(buffer, "WEBP", lossless=True, method=0)
        row = (path_key(path), recipe_key(reading), size_px, state, small.full_width, small.full_height,
               json.dumps(small.notes), int(time.time()), buffer.getvalue())

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.execute("INSERT OR REPLACE INTO thumbnails (path, recipe, size_px, state, full_width, "
                                 "full_height, notes, used, picture) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                if bytes_in_use(database) > self._size_limit:
                    _drop_longest_unused(database)
        self._run(write, None)

    def _set_up(self) -> sqlite3.Connection:
        database = super()._set_up()
        database.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        return database

    def _note(self, sentence: str) -> None:
        super()._note(sentence)
        _log.warning("%s", sentence)


@dataclass(frozen=True)
class _Row:
    number: int
    used: int
    full_width: int
    full_height: int
    notes: str
    picture: bytes


def _find(database: sqlite3.Connection, path: str, size_px: int, reading: Reading, state: str) -> _Row | None:
    found = database.execute(
        "SELECT number, used, full_width, full_height, notes, picture FROM thumbnails "
        "WHERE path = ? AND recipe = ? AND size_px = ? AND state = ?",
        (path_key(path), recipe_key(reading), size_px, state)).fetchone()
    return _Row(*found) if found else None


def _use(number: int, database: sqlite3.Connection) -> None:
    with database:
        database.execute("UPDATE thumbnails SET used = ? WHERE number = ?", (int(time.time()), number))


def _unpacked(row: _Row) -> Thumbnail | None:
    """None for one that the disk has damaged."""
    try:
        pixels = np.asarray(Image.open(io.BytesIO(row.picture), formats=("WEBP",)).convert("RGB"))
        return Thumbnail(pixels, row.full_width, row.full_height, tuple(json.loads(row.notes)))
    except DECODER_ERRORS:
        return None


@cache
def recipe_key(reading: Reading) -> bytes:
    """32 bytes that stand for all that a thumbnail's pixels depend on besides its file and its size."""
    told = {"reading": reading.to_json(), "readers": READERS_VERSION, "thumbnails": THUMBNAILS_VERSION,
            "decoders": [with_version(name) for name in ("pillow", "tifffile", "imagecodecs")],
            "formats": [kind.version for kind in FORMATS]}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()


def kept_thumbnails() -> KeptThumbnails:
    """The store of this process in the cache; it is opened when it is first asked for."""
    with _opening:  # of a damaged file, two that open it at once would set aside each other's new one
        return _kept_in(cache_path())


@cache
def _kept_in(folder: Path) -> KeptThumbnails:
    return KeptThumbnails(folder)


def _has_companions(path: str) -> bool:
    return any(kind.has_companions(named_file(one)) for one in path.split(JOINT) for kind in FORMATS)


def _drop_longest_unused(database: sqlite3.Connection) -> None:
    """A few at a time, for somebody waits: what is deleted makes room for as many to come."""
    database.execute("DELETE FROM thumbnails WHERE number IN "
                     "(SELECT number FROM thumbnails ORDER BY used, number LIMIT ?)", (_AT_ONCE,))
