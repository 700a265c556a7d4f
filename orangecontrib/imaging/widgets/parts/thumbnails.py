"""Thumbnails, made in child processes and kept in bounded memory.

A view asks for what it shows now, most urgent first; each request takes the place of the one
before, so that nobody waits for pictures that were scrolled away. Threads wait for the children that read. What
comes is collected by a timer in the thread of the interface: no Qt object is touched from outside it but the QImage
that a thread makes.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter

import numpy as np
from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QImage, QPixmap
from numpy.typing import NDArray

from ...core.addresses import is_web_address
from ...core.errors import Cancelled, UnreadableImage
from ...core.paths import escape_path
from ...core.readers import shared_readers
from ...core.reading import Reading
from ...core.thumbnails import Thumbnail
from ...core.web import fetch_picture
from .thumbnail_entries import Entry, Stamp

MEMORY_LIMIT_BYTES = 256 << 20
_TICK_MS = 15
_TICK_BUDGET_S = 0.008
_log = logging.getLogger(__name__)
_Read = Callable[[str, int, Reading], Thumbnail]


@dataclass(frozen=True)
class _Job:
    path: str
    size_px: int
    reading: Reading
    known: Stamp | None = None
    hosts: frozenset[str] = frozenset()

    @property
    def task(self) -> tuple[str, int, Reading]:
        """What tells one thumbnail from another."""
        return self.path, self.size_px, self.reading


@dataclass(frozen=True)
class _Result:
    """What a reader thread found; neither image nor reason: the file has not changed."""

    job: _Job
    image: QImage | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: Stamp | None = None


class Thumbnails(QObject):
    """Thumbnails by path. Close it when its view goes."""

    #: a set of paths (str) of which more is known now
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, limit_bytes: int = MEMORY_LIMIT_BYTES,
                 threads: int | None = None, read: _Read | None = None) -> None:
        super().__init__(parent)
        self._reading = Reading()
        self._hosts: frozenset[str] = frozenset()
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0
        self._check = 0
        self._read = read
        self._readers = _Readers(read or _read_in_child, threads or min(4, os.cpu_count() or 1))
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

    def set_reading(self, reading: Reading) -> None:
        """From now on, files become pictures by this recipe; what was made by another is forgotten."""
        if reading != self._reading:
            self._reading = reading
            self._readers.want([])
            self._entries.clear()
            self._bytes = 0

    def set_hosts(self, hosts: Collection[str]) -> None:
        """From now on, pictures may be fetched from these hosts."""
        self._hosts = frozenset(hosts)

    def beside(self, parent: QObject) -> Thumbnails:
        """Another view's thumbnails, read and kept as these are."""
        return Thumbnails(parent, read=self._read)

    def follow(self, other: Thumbnails) -> None:
        """Take the recipe and the hosts of another view."""
        self.set_reading(other._reading)
        self.set_hosts(other._hosts)

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
        return _Job(path, size_px, self._reading, entry.stamp if keep else None, self._hosts)

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
        if result.job.reading != self._reading:
            return
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
        self._may_fetch = max(1, threads // 2)  # a slow server leaves threads for the disk
        self._fetching = 0
        self._threads: list[threading.Thread] = []
        self._condition = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._wanted: set[tuple[str, int, Reading]] = set()
        self._taken: set[tuple[str, int, Reading]] = set()
        self._results: SimpleQueue[_Result] = SimpleQueue()
        self._closed = False

    @property
    def is_idle(self) -> bool:
        with self._condition:
            return not self._queue and not self._taken

    def want(self, jobs: list[_Job]) -> None:
        with self._condition:
            self._wanted = {job.task for job in jobs}
            self._queue = deque(job for job in jobs if job.task not in self._taken)
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
            self._taken.discard(result.job.task)
        return result

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._queue.clear()
            self._condition.notify_all()

    def _run(self) -> None:
        while (job := self._take()) is not None:
            try:
                self._results.put(_load(job, self._read, partial(self._is_given_up, job)))
            except Cancelled:
                self._put_back(job)
            if is_web_address(job.path):
                self._end_fetching()

    def _take(self) -> _Job | None:
        with self._condition:
            while (job := self._next()) is None and not self._closed:
                self._condition.wait()
            if self._closed or job is None:
                return None
            self._queue.remove(job)
            self._taken.add(job.task)
            self._fetching += is_web_address(job.path)
            return job

    def _next(self) -> _Job | None:
        """The most urgent one that may begin now."""
        return next((job for job in self._queue
                     if self._fetching < self._may_fetch or not is_web_address(job.path)), None)

    def _is_given_up(self, job: _Job) -> bool:
        return self._closed or job.task not in self._wanted

    def _put_back(self, job: _Job) -> None:
        """It was given up; by now it may be wanted again."""
        with self._condition:
            self._taken.discard(job.task)
            if not self._is_given_up(job):
                self._queue.appendleft(job)

    def _end_fetching(self) -> None:
        with self._condition:
            self._fetching -= 1
            self._condition.notify_all()


def _read_in_child(path: str, size_px: int, reading: Reading) -> Thumbnail:
    return shared_readers().thumbnail(path, size_px, reading)


def _load(job: _Job, read: _Read, cancelled: Callable[[], bool]) -> _Result:
    """What became of one file. Raises nothing but Cancelled: it was to be fetched, and `cancelled` returned True."""
    try:
        return _loaded(job, read, cancelled)
    except Cancelled:
        raise
    except UnreadableImage as error:
        return _Result(job, reason=error.reason)
    except Exception as error:  # noqa: BLE001 - a thread that ended here would leave all others waiting for its file
        _log.exception("%s could not be read", escape_path(job.path))
        return _Result(job, reason=_explain(error))


def _explain(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    return f"this program made an error ({type(error).__name__}: {error}); please report it, with the file"


def _loaded(job: _Job, read: _Read, cancelled: Callable[[], bool]) -> _Result:
    stamp = _stamp(job.path)
    if stamp is not None and stamp == job.known:
        return _Result(job)
    path = job.path
    if is_web_address(path):
        path = fetch_picture(path, job.hosts, cancelled=cancelled)
    small = read(path, job.size_px, job.reading)
    return _Result(job, _image(small.pixels), "", small.full_width, small.full_height,
                   small.notes, stamp)


def _stamp(path: str) -> Stamp | None:
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
