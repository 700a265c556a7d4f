"""Embeddings on disk: computed once, found again by the file's content and the vector's whole identity.

A file that is unchanged (path, size, mtime, ctime, inode) is not even opened. See `database` for what happens when
something goes wrong with the store.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .database import PATIENCE_S, Database, is_busy, path_key
from .files import JOINT, files_of, named_file
from .formats import reader_by_name

SIZE_LIMIT = 4 << 30
_FRESH_NS = 2 * 10**9  # a file changed this shortly before it was hashed may change again within one mtime tick
_ASKED_AT_ONCE = 500  # below SQLite's oldest limit of 999 parameters
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, state TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identities (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vectors (number INTEGER PRIMARY KEY, content BLOB NOT NULL, identity INTEGER NOT NULL,
                                    vector BLOB NOT NULL, UNIQUE (content, identity));
"""


class Store(Database):
    """The vectors of one folder's SQLite file; safe to call from several threads and processes."""

    FILE = "embeddings-v1.sqlite"
    SCHEMA = _SCHEMA
    TITLE = "store of embeddings"
    WITHOUT = "Vectors are computed and not kept."

    def __init__(self, folder: Path | None = None, size_limit: int = SIZE_LIMIT) -> None:
        """Open or make the store in a folder; `cache_folder()` by default. Never raises for a bad store."""
        super().__init__(folder)
        self._run(lambda database: _shrink(database, size_limit), None)

    def recall_contents(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The SHA-256 of each file that is unchanged since it was last hashed, by path."""
        found: dict[bytes, tuple[str, bytes]] = {}
        keys = [path_key(path) for path in paths]
        for path, state, content in self._select("SELECT path, state, content FROM files WHERE path IN ", keys):
            found[path] = state, content
        return {path: found[key][1] for path, key in zip(paths, keys, strict=True)
                if key in found and found[key][0] == file_state(path)}

    def get(self, identity: str, contents: Iterable[bytes], dimension: int) -> dict[bytes, NDArray[np.float32]]:
        """The stored vectors, each (dimension,) float32, by the SHA-256 of the file's content."""
        rows = self._select("SELECT content, vector FROM vectors JOIN identities ON identities.id = vectors.identity "
                            "WHERE identities.identity = ? AND content IN ", list(contents), identity)
        return {content: np.frombuffer(vector, "<f4") for content, vector in rows if len(vector) == 4 * dimension}

    def put(self, identity: str, vectors: Mapping[bytes, NDArray[np.float32]], files: Mapping[str, bytes],
            states: Mapping[str, str | None]) -> None:
        """Keep vectors (by content) and what was hashed (path to content), in one transaction.

        Args:
            states: what `file_state` said of each path *before* it was read; None: do not remember this file.
        """
        def write(database: sqlite3.Connection) -> None:
            with database:
                database.execute("INSERT OR IGNORE INTO identities (identity) VALUES (?)", (identity,))
                database.executemany(
                    "INSERT OR REPLACE INTO vectors (content, identity, vector) "
                    "SELECT ?, id, ? FROM identities WHERE identity = ?",
                    [(content, vector.astype("<f4").tobytes(), identity) for content, vector in vectors.items()])
                database.executemany(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                    [(path_key(path), states[path], content) for path, content in files.items() if states[path]])
        self._run(write, None)

    def _select(self, query: str, keys: list[bytes], *first: str) -> Iterator[tuple[Any, ...]]:
        """The rows for all keys; the query ends before the bracket of ``IN (…)``."""
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[start:start + _ASKED_AT_ONCE]
            asked = f"{query} ({','.join('?' * len(some))})"
            nothing: list[tuple[Any, ...]] = []
            yield from self._run(partial(_fetch, query=asked, values=(*first, *some)), nothing)


def file_state(path: str) -> str | None:
    """What changes when a file changes, or its format's reader; None when too fresh to be trusted, or gone.

    Of a file: size, mtime, ctime and inode.
    """
    states = _stats(path)
    if not states or time.time_ns() - max(state.st_mtime_ns for state in states) < _FRESH_NS:
        return None
    told = [f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}" for state in states]
    readers = [reader_by_name(named_file(one)) for one in path.split(JOINT)]
    return " ".join([*told, *filter(None, readers)])


def file_written(path: str) -> list[tuple[int, int, int]]:
    """What changes when a file's content does: size, mtime in ns, inode; ``[]`` when there is no such file."""
    return [(state.st_size, state.st_mtime_ns, state.st_ino) for state in _stats(path)]


def _stats(path: str) -> list[os.stat_result]:
    try:
        return [os.stat(path)]
    except ValueError:  # no file can have this name
        return []
    except OSError:
        try:
            return [os.stat(file) for file in files_of(path)]
        except (OSError, ValueError):
            return []


def _shrink(database: sqlite3.Connection, size_limit: int) -> None:
    """Drop the oldest half of the vectors when the file has outgrown its limit; not while others use it."""
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    if pages * database.execute("PRAGMA page_size").fetchone()[0] <= size_limit:
        return
    database.execute("PRAGMA busy_timeout=0")
    try:
        _drop_older_half(database)
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
    finally:
        database.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000:.0f}")


def _drop_older_half(database: sqlite3.Connection) -> None:
    with database:
        database.execute("DELETE FROM vectors WHERE number <= (SELECT (MIN(number) + MAX(number)) / 2 FROM vectors)")
        database.execute("DELETE FROM files WHERE content NOT IN (SELECT content FROM vectors)")
    database.execute("VACUUM")


def _fetch(database: sqlite3.Connection, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    return database.execute(query, values).fetchall()
