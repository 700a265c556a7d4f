"""SQLite files that keep what was computed, shared by all programs of a user; a kill at any moment leaves them whole.

Whatever goes wrong with one costs time, never a result: it falls silent, and says why in `notes`. A damaged one is
moved aside, and a new one takes its place.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from .paths import cache_folder, escape_path

PATIENCE_S = 30.0  # with other processes that write
ENDINGS = ("", "-wal", "-shm", "-journal")  # of a database's file, and of those that SQLite keeps beside it
DAMAGED = ".damaged-"  # after the name of one that was moved aside
_Result = TypeVar("_Result")


class Database:
    """One folder's SQLite file; safe to call from several threads and processes.

    Class attributes:
        FILE: its name; a number in it rises with SCHEMA, so that another version of this program has its own file.
        SCHEMA: SQL that makes what is missing in it.
        TITLE, WITHOUT: for people, such as "store of embeddings"; and a sentence on what is done without it.
        GIVES_WAY: while another process holds it for too long, this one time is done without it.

    Attributes:
        path: the SQLite file.
        notes: sentences for the user on what went wrong, empty when all is well.
    """

    FILE: ClassVar[str]
    SCHEMA: ClassVar[str]
    TITLE: ClassVar[str]
    WITHOUT: ClassVar[str]
    GIVES_WAY: ClassVar[bool] = False

    def __init__(self, folder: Path | None = None) -> None:
        """Open or make the database in a folder; `cache_folder()` by default. Never raises for a bad one."""
        self.notes: list[str] = []
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self.path = Path()
        try:
            self.path = (folder or cache_folder()) / self.FILE
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = self._connect()
        except (OSError, sqlite3.Error) as error:
            self._fall_silent(error)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database:
                self._database.close()
                self._database = None

    def _note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def _run(self, action: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
        with self._lock:
            if self._database is None:
                return otherwise
            try:
                return action(self._database)
            except sqlite3.Error as error:
                if not (self.GIVES_WAY and is_busy(error)):
                    self._fall_silent(error)
                return otherwise

    def _fall_silent(self, error: Exception) -> None:
        if self._database:
            self._database.close()
            self._database = None
        try:
            if type(error) is sqlite3.DatabaseError:  # malformed; trouble of another kind has a type of its own
                self._set_aside(error)
                self._database = self._connect()
                return
        except (OSError, sqlite3.Error) as second:
            error = second
        self._note(f"The {self.TITLE} cannot be used ({error}). {self.WITHOUT} "
                   "Check the disk space and your rights in the folder of the store"
                   f"{f', {escape_path(str(self.path.parent))}' if self.path.name else ''}.")

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Move a damaged file away, with its journals, which would spoil the next one."""
        aside = f"{self.path}{DAMAGED}{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        for ending in ENDINGS:
            if os.path.exists(f"{self.path}{ending}"):
                os.replace(f"{self.path}{ending}", f"{aside}{ending}")
        self._note(f"The {self.TITLE} was damaged ({error}). It was moved to {escape_path(aside)}, which "
                   "you may delete; a new one takes its place.")

    def _connect(self) -> sqlite3.Connection:
        """The database, made where it is missing."""
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # it and its journals: for their owner only
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._set_up()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)  # SQLite itself does not wait while another process switches a new file to WAL

    def _set_up(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=PATIENCE_S, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode=WAL")  # without shared memory (some network homes), it stays
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(self.SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process held the file for too long."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def path_key(path: str) -> bytes:
    """A path as a database keeps it: any ``str``, whether a file can have this name or not."""
    return path.encode("utf-8", "surrogatepass")


def bytes_in_use(database: sqlite3.Connection) -> int:
    """How much of the file is filled; what was deleted leaves pages free for what comes."""
    def number(name: str) -> int:
        return int(database.execute(f"PRAGMA {name}").fetchone()[0])
    return (number("page_count") - number("freelist_count")) * number("page_size")
