"""Pictures at addresses, embedded from copies: fetched block by block, a block ahead, and removed at once.

At most two blocks of copies lie on the disk, each of `BLOCK_BYTES` and one file more: 4 GiB in all. A picture that
cannot be fetched is skipped with the reason. Where the host itself fails, for 20 pictures in a row, nothing is skipped:
a shard in which none could be reached must not count as done.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np

from ..addresses import host_of
from ..embeddings import Embeddings
from ..errors import Unreachable, first_line
from ..found import Skipped
from ..placing import writing
from ..reading_notes import added_up
from ..web_call import NoAnswer, NotAdmitted, Stopped, answer_of
from .remote import check_address, get_file, host_name, is_address, keeping, lost_copy, open_system, shown_address

FILE_BYTES = 1 << 30
BLOCK_BYTES = 1 << 30
_AT_ONCE = 16
_WHOLE_S = 300.0  # of one file
_PAUSES_S = (0.5, 2.0)  # before it is asked again
_IN_A_ROW = 20
_PREFIX = "orange-imaging-copies-"
_LEFT_S = 24 * 3600.0
_FEW = 5  # pictures of a host that may fail together by chance
Progress = Callable[[int, int], None]


def embed_copies(embed_some: Callable[[list[str], Progress | None], Embeddings], paths: Sequence[str], size: int, *,
                 cancelled: Callable[[], bool] | None = None, on_progress: Progress | None = None) -> Embeddings:
    """Embed pictures of which some lie at addresses.

    Args:
        embed_some: gives the vectors of some files on the disk.
        paths: files and addresses.
        size: at most so many pictures a block.
        cancelled: asked several times a second, also in other threads.
        on_progress: called with (done, total).

    Returns:
        Rows and skipped pictures as `paths` has them; never the names of copies.

    Raises:
        WrongUse: an address is not read, or a package is missing.
        Unreachable: a host gives nothing.
        OutputError: there is no room for copies, or they are gone.
        Cancelled: `cancelled` returned True.
        ImagingError: what `embed_some` raises.
    """
    for path in filter(is_address, paths):
        check_address(path)
    parts: list[Embeddings] = []
    done = 0
    with closing(copied_blocks(paths, size, cancelled or (lambda: False))) as blocks:
        for block in blocks:
            parts.append(block.told(embed_some(list(block.files.values()), _share(on_progress, done, block, paths))))
            done += len(block)
            if on_progress:
                on_progress(done, len(paths))
    return _joined(parts) if parts else embed_some([], on_progress)


@dataclass(frozen=True)
class Block:
    """Some of the pictures, by row.

    Attributes:
        files: where each is on the disk.
        missing: those that could not be fetched.
        copies: files that are to be removed.
    """

    files: dict[int, str] = field(default_factory=dict)
    missing: dict[int, Skipped] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.files) + len(self.missing)

    def told(self, found: Embeddings) -> Embeddings:
        """The vectors of `files`, with rows and paths of the whole list. Raises OutputError: a copy is gone."""
        if found.skipped and (gone := [copy for copy in self.copies if not os.path.exists(copy)]):
            raise lost_copy(Path(gone[0]), "it was removed before it was read")
        rows = np.array(list(self.files), dtype=np.int64)
        skipped = [Skipped(int(rows[one.row]), self.places[int(rows[one.row])], one.reason) for one in found.skipped]
        return replace(found, rows=rows[found.rows], skipped=(*skipped, *self.missing.values()))

    def remove(self) -> None:
        """The copies go."""
        for copy in self.copies:
            with suppress(OSError):  # still open, on Windows: it goes with its folder
                os.unlink(copy)


def copied_blocks(paths: Sequence[str], size: int, cancelled: Callable[[], bool]) -> Generator[Block, None, None]:
    """The pictures in blocks; while one is used the next is fetched. Raises what `embed_copies` does."""
    ended = Event()
    with writing(Path(tempfile.gettempdir())):
        _sweep(tempfile.gettempdir())
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    with folder, ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(_AT_ONCE) as pool:
        fetching = _Fetching(paths, folder.name, pool, lambda: ended.is_set() or cancelled())
        try:
            upcoming = ahead.submit(fetching.block, size)
            while block := upcoming.result():
                upcoming = ahead.submit(fetching.block, size)
                yield block
                block.remove()
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _sweep(place: str) -> None:
    """Remove the folders of processes that were killed: nothing came into them for a day."""
    for entry in os.scandir(place):
        with suppress(OSError):  # another process removed it
            if entry.name.startswith(_PREFIX) and entry.stat().st_mtime < time.time() - _LEFT_S:
                shutil.rmtree(entry.path, ignore_errors=True)  # those of others stay: they may not be looked into


class _PutOff(Exception):
    """No room in this block: the next one has it."""


class _Room:
    """Counts the bytes of a block's copies."""

    def __init__(self) -> None:
        self._held = 0
        self._lock = Lock()

    def take(self, count: int) -> bool:
        """Whether it is still within the bound."""
        with self._lock:
            self._held += count
            return self._held <= BLOCK_BYTES


class _Tally:
    """Counts the bytes of one copy as they come, for fsspec too; the first of a block always has room."""

    def __init__(self, room: _Room, is_first: bool) -> None:
        self._room, self._is_first = room, is_first
        self.size: int | None = None
        self.count = 0

    def set_size(self, size: int | None) -> None:
        """What is announced."""
        self.size = size
        self._check(size or 0)

    def relative_update(self, count: int) -> None:
        """So many more bytes. Raises _PutOff, or Stopped where they are too many."""
        self.count += count
        self._check(self.count)
        if not self._room.take(count) and not self._is_first:
            raise _PutOff

    def _check(self, size: int) -> None:
        if size > FILE_BYTES:
            raise Stopped(f"larger than {FILE_BYTES >> 20} MB")


class _Fetching:
    """Takes the pictures of a list in their order."""

    def __init__(self, paths: Sequence[str], folder: str, pool: ThreadPoolExecutor, stop: Callable[[], bool]) -> None:
        self._paths, self._folder, self._pool, self._stop = paths, folder, pool, stop
        self._waiting = deque(range(len(paths)))
        self._hosts = Counter(host_name(path) for path in paths if is_address(path))
        self._in_a_row: Counter[str] = Counter()
        self._systems: dict[str, Any] = {}

    def block(self, size: int) -> Block | None:
        """The next block; None at the end."""
        rows = [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]
        if not rows:
            return None
        block, room = Block(places={row: self._paths[row] for row in rows}), _Room()
        jobs: dict[int, Future[str]] = {}
        for row in rows:
            if is_address(self._paths[row]):
                jobs[row] = self._pool.submit(self._fetch, row, self._system(self._paths[row]), room, not jobs)
            else:
                block.files[row] = self._paths[row]
        self._waiting.extendleft(reversed([row for row, job in jobs.items() if self._is_late(row, job, block)]))
        return block

    def _is_late(self, row: int, job: Future[str], block: Block) -> bool:
        """Whether a picture waits for the next block; else it has a copy, or a reason. Raises Unreachable."""
        address, host = self._paths[row], host_name(self._paths[row])
        try:
            copy = job.result()
        except _PutOff:
            return True
        except Stopped as error:
            block.missing[row] = Skipped(row, address, f"could not be fetched from {host}: {error}")
            self._in_a_row[host] = self._in_a_row[host] + 1 if isinstance(error, NotAdmitted | NoAnswer) else 0
            if self._in_a_row[host] >= max(_FEW, min(_IN_A_ROW, self._hosts[host])):
                raise Unreachable(_nothing_text(host, address, self._in_a_row[host], error)) from error
        else:
            self._in_a_row[host] = 0
            block.files[row] = copy
            block.copies.append(copy)
        return False

    def _system(self, address: str) -> Any:
        """That of fsspec for a bucket's protocol; None for the web, which is asked by `web_call`."""
        name = address.partition("://")[0].lower()
        if name not in self._systems:
            self._systems[name] = None if host_of(address) else open_system(address)
        return self._systems[name]

    def _fetch(self, row: int, system: Any, room: _Room, is_first: bool) -> str:
        """The path of a copy. Raises Stopped, _PutOff, OutputError, Cancelled."""
        address = self._paths[row]
        copy = os.path.join(self._folder, f"{row:06d}{_ending(address)}")
        for pause in (*(_PAUSES_S if system is None else ()), None):  # fsspec's packages ask again by themselves
            tally = _Tally(room, is_first)
            try:
                self._copy(address, system, copy, tally)
                return copy
            except (Stopped, _PutOff) as error:
                room.take(-tally.count)
                with suppress(OSError):
                    os.unlink(copy)
                if pause is None or not isinstance(error, NoAnswer):
                    raise
            _rest(pause, self._stop)
        return copy

    def _copy(self, address: str, system: Any, copy: str, tally: _Tally) -> None:
        if system is None:
            with keeping(Path(copy)), open(copy, "wb") as file:
                for piece in answer_of(address, {host_of(address)}, self._stop, True, FILE_BYTES):
                    tally.relative_update(len(piece))
                    file.write(piece)
            return
        get_file(system, address, Path(copy), tally, stop=self._stop, limit_s=_WHOLE_S)
        if tally.size is not None and tally.count != tally.size:
            raise NoAnswer("the connection was cut; try again")


def _rest(pause: float, stop: Callable[[], bool]) -> None:
    """Wait before the next try, or as long as nobody stops it."""
    deadline = time.monotonic() + pause
    while time.monotonic() < deadline and not stop():
        time.sleep(min(0.1, pause))


def _ending(address: str) -> str:
    """That of the address, by which some formats are known; ``""`` for what is none."""
    ending = os.path.splitext(address.partition("?")[0])[1].lower()
    return ending if re.fullmatch(r"\.[a-z0-9]{1,8}", ending) else ""


def _nothing_text(host: str, address: str, count: int, error: Stopped) -> str:
    return (f"{host} gave none of {count} pictures in a row, such as {shown_address(address)}: {first_line(error)}. "
            "Check the connection of the computer that fetches them and the credentials in its environment, and start "
            "again: what is done is kept. Of pictures that are gone for good, take the addresses off the list.")


def _share(on_progress: Progress | None, done: int, block: Block, paths: Sequence[str]) -> Progress | None:
    """The progress of a block, as one of the whole."""
    if on_progress is None:
        return None
    return lambda some, total: on_progress(done + len(block.files) * some // max(total, 1), len(paths))


def _joined(parts: list[Embeddings]) -> Embeddings:
    """The vectors of several blocks, by ascending row."""
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    return replace(parts[0], rows=rows[order], vectors=np.concatenate([part.vectors for part in parts])[order],
                   is_computed=np.concatenate([part.is_computed for part in parts])[order],
                   skipped=tuple(sorted((one for part in parts for one in part.skipped), key=lambda one: one.row)),
                   notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
                   read=added_up(part.read for part in parts))
