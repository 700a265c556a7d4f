"""Thumbnails, made in threads and kept in bounded memory.

A view asks for what it shows now, most urgent first; each request takes the place of the one
before, so that nobody waits for pictures that were scrolled away. Files are opened in the reader
threads only. What they read is collected by a timer in the thread of the interface: no Qt object
is touched from outside it but the QImage that a reader makes.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from time import perf_counter

import numpy as np
from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QImage, QPixmap
from numpy.typing import NDArray

from ...core.errors import UnreadableImage
from ...core.paths import escape_path
from ...core.thumbnails import Thumbnail, read_thumbnail

MEMORY_LIMIT_BYTES = 256 << 20
_TICK_MS = 15
_TICK_BUDGET_S = 0.008
_log = logging.getLogger(__name__)
_Stamp = tuple[int, int, int]
_Read = Callable[[str, int], Thumbnail]


@dataclass(frozen=True)
class Entry:
    """What is known of one file.

    Attributes:
        pixmap: the thumbnail; None when the file cannot be read.
        reason: why it cannot be read, else "".
        size_px: the longest side that was asked for, in device pixels.
        full_width, full_height: of the picture itself, in pixels.
        notes: clauses for the user.
    """

    size_px: int
    pixmap: QPixmap | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: _Stamp | None = None
    checked: int = 0

    @property
    def bytes(self) -> int:
        """Memory that the pixels take."""
        return self.pixmap.width() * self.pixmap.height() * 4 if self.pixmap else 0

    def serves(self, size_px: int) -> bool:
        """Whether reading again at this size would give the same thumbnail."""
        full = max(self.full_width, self.full_height)
        return self.size_px == size_px or 0 < full <= min(self.size_px, size_px)


@dataclass(frozen=True)
class _Job:
    path: str
    size_px: int
    known: _Stamp | None = None


@dataclass(frozen=True)
class _Result:
    """What a reader thread found; neither image nor reason: the file has not changed."""

    job: _Job
    image: QImage | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: _Stamp | None = None


class Thumbnails(QObject):
    """Thumbnails by path. Close it when its view goes."""

    #: a set of paths (str) of which more is known now
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, limit_bytes: int = MEMORY_LIMIT_BYTES,
                 threads: int | None = None, read: _Read = read_thumbnail) -> None:
        super().__init__(parent)
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0
        self._check = 0
        self._readers = _Readers(read, threads or min(4, os.cpu_count() or 1))
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._collect)
        self.destroyed.connect(self._readers.close)

    @property
    def bytes(self) -> int:
        """Memory that all thumbnails take."""
        return self._bytes

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being read or waiting for it."""
        return self._readers.is_idle

    def find(self, path: str) -> Entry | None:
        """What is known of a file; it may be of another size than was asked for last."""
        entry = self._entries.get(path)
        if entry is not None:
            self._entries.move_to_end(path)
        return entry

    def failures(self) -> dict[str, str]:
        """The reason for each file that could not be read."""
        return {path: entry.reason for path, entry in self._entries.items() if entry.reason}

    def request(self, paths: Iterable[str], size_px: int) -> None:
        """Read these files, in this order, and forget what was requested before."""
        jobs = [self._job(path, size_px) for path in dict.fromkeys(paths)
                if not self._is_current(path, size_px)]
        self._readers.want(jobs)
        if not self._readers.is_idle:
            self._timer.start()

    def recheck(self) -> None:
        """From now on, look once whether each file that is asked for has changed."""
        self._check += 1

    def close(self) -> None:
        """End the reader threads, without waiting for them."""
        self._timer.stop()
        self._readers.close()

    def _is_current(self, path: str, size_px: int) -> bool:
        entry = self._entries.get(path)
        return entry is not None and entry.checked == self._check and entry.serves(size_px)

    def _job(self, path: str, size_px: int) -> _Job:
        entry = self._entries.get(path)
        keep = entry is not None and entry.pixmap is not None and entry.serves(size_px)
        return _Job(path, size_px, entry.stamp if keep else None)

    def _collect(self) -> None:
        """Take over what the readers finished, for a few milliseconds at most."""
        changed: set[str] = set()
        end = perf_counter() + _TICK_BUDGET_S
        while perf_counter() < end and (result := self._readers.next_result()) is not None:
            self._keep(result)
            changed.add(result.job.path)
        if self._readers.is_idle:
            self._timer.stop()
        if changed:
            self.changed.emit(changed)

    def _keep(self, result: _Result) -> None:
        path, old = result.job.path, self._entries.pop(result.job.path, None)
        if result.image is None and not result.reason:
            if old is None:  # evicted while its file was looked at; the view asks again
                return
            new = replace(old, checked=self._check)
        else:
            pixmap = QPixmap.fromImage(result.image) if result.image is not None else None
            new = Entry(result.job.size_px, pixmap, result.reason, result.full_width,
                        result.full_height, result.notes, result.stamp, self._check)
        self._entries[path] = new
        self._bytes += new.bytes - (old.bytes if old else 0)
        while self._bytes > self._limit_bytes and len(self._entries) > 1:
            self._bytes -= self._entries.popitem(last=False)[1].bytes


class _Readers:
    """The threads. They know nothing of the interface, so they may outlive it for a moment."""

    def __init__(self, read: _Read, threads: int) -> None:
        self._read = read
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._condition = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._taken: set[tuple[str, int]] = set()
        self._results: SimpleQueue[_Result] = SimpleQueue()
        self._closed = False

    @property
    def is_idle(self) -> bool:
        with self._condition:
            return not self._queue and not self._taken

    def want(self, jobs: list[_Job]) -> None:
        with self._condition:
            self._queue = deque(job for job in jobs if (job.path, job.size_px) not in self._taken)
            self._condition.notify_all()
        if jobs and not self._threads and not self._closed:
            self._threads = [threading.Thread(target=self._run, name="thumbnails", daemon=True)
                             for _ in range(self._count)]
            for thread in self._threads:
                thread.start()

    def next_result(self) -> _Result | None:
        try:
            result = self._results.get_nowait()
        except Empty:
            return None
        with self._condition:
            self._taken.discard((result.job.path, result.job.size_px))
        return result

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._queue.clear()
            self._condition.notify_all()

    def _run(self) -> None:
        while (job := self._take()) is not None:
            self._results.put(_load(job, self._read))

    def _take(self) -> _Job | None:
        with self._condition:
            while not self._queue and not self._closed:
                self._condition.wait()
            if self._closed:
                return None
            job = self._queue.popleft()
            self._taken.add((job.path, job.size_px))
            return job


def _load(job: _Job, read: _Read) -> _Result:
    """What became of one file; it never raises."""
    try:
        return _loaded(job, read)
    except UnreadableImage as error:
        return _Result(job, reason=error.reason)
    except Exception as error:  # noqa: BLE001 - a thread that ended here would leave all others waiting for its file
        _log.exception("%s could not be read", escape_path(job.path))
        return _Result(job, reason=_explain(error))


def _explain(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    return f"this program made an error ({type(error).__name__}: {error}); please report it, with the file"


def _loaded(job: _Job, read: _Read) -> _Result:
    stamp = _stamp(job.path)
    if stamp is not None and stamp == job.known:
        return _Result(job)
    small = read(job.path, job.size_px)
    return _Result(job, _image(small.pixels), "", small.full_width, small.full_height,
                   small.notes, stamp)


def _stamp(path: str) -> _Stamp | None:
    """What tells that a file was replaced; None when it cannot be looked at."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _image(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage of (height, width, 3) uint8 RGB; it is packed as Qt draws it, 0xffRRGGBB."""
    height, width = pixels.shape[:2]
    packed = pixels[..., 0].astype(np.uint32) << 16
    packed |= pixels[..., 1].astype(np.uint32) << 8
    packed |= pixels[..., 2]
    packed |= np.uint32(0xFF000000)
    return QImage(packed.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()
