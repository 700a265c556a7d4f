"""The threads that get thumbnails: from the store on disk, or from the child processes that read.

They take the most urgent thumbnail that a view waits for, turn by turn among the views, and what is only likely to be
seen after all that is. They know nothing of the interface, so they may outlive it for a moment; no Qt object is touched
here but the QImage that a thread makes.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic_ns

import numpy as np
from AnyQt.QtGui import QImage
from numpy.typing import NDArray

from ...core.addresses import is_web_address
from ...core.errors import Cancelled, UnreadableImage
from ...core.kept_thumbnails import kept_thumbnails
from ...core.paths import escape_path
from ...core.readers import shared_readers
from ...core.reading import Reading
from ...core.thumbnails import Thumbnail
from ...core.web import fetch_picture
from .thumbnail_entries import Key, Stamp

_log = logging.getLogger(__name__)
_Cancelled = Callable[[], bool]
Read = Callable[[str, int, Reading, _Cancelled], Thumbnail]


@dataclass(frozen=True)
class Job:
    """One thumbnail to get.

    Attributes:
        key: which.
        asked_ns: its file is to be looked at after this moment, by `time.monotonic_ns`.
        known: the file's stamp when the thumbnail was made that is there already; None where there is none.
    """

    key: Key
    asked_ns: int = 0
    known: Stamp | None = None


@dataclass(frozen=True)
class Result:
    """What a thread found; neither image nor reason: the file has not changed."""

    key: Key
    looked_ns: int
    image: QImage | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: Stamp | None = None


class Waiting:
    """What one view waits for, by urgency: what is in sight, and what may be soon."""

    def __init__(self) -> None:
        self.turns: tuple[dict[Key, Job], dict[Key, Job]] = {}, {}

    @property
    def is_over(self) -> bool:
        """Whether all of it came."""
        return not any(self.turns)

    def __contains__(self, key: object) -> bool:
        return any(key in turn for turn in self.turns)


class ThumbnailReaders:
    """Threads that serve several views; they end when the last view leaves."""

    def __init__(self, read: Read, threads: int) -> None:
        self._read = read
        self._count = threads
        self._may_fetch = max(1, threads // 2)  # a slow server leaves threads for the disk
        self._fetching = 0
        self._threads: set[threading.Thread] = set()
        self._condition = threading.Condition()
        self._views: deque[Waiting] = deque()  # the next one to be served first
        self._taken: set[Key] = set()
        self._results: SimpleQueue[Result] = SimpleQueue()

    def want(self, view: Waiting, urgent: Iterable[Job], later: Iterable[Job]) -> None:
        """From now on a view waits for these, in this order, and no longer for what it waited for before."""
        with self._condition:
            view.turns = {job.key: job for job in urgent}, {job.key: job for job in later}
            if view not in self._views:
                self._views.append(view)
            self._start_threads()
            self._condition.notify_all()

    def leave(self, view: Waiting) -> None:
        """A view waits for nothing any more."""
        with self._condition:
            view.turns = {}, {}
            if view in self._views:
                self._views.remove(view)
            self._condition.notify_all()

    def next_result(self) -> Result | None:
        """What came and was not yet taken; tell `settle` of it."""
        try:
            return self._results.get_nowait()
        except Empty:
            return None

    def settle(self, key: Key, looked_ns: int, stamp: Stamp | None) -> list[Waiting]:
        """A thumbnail of a file as it was at this moment is there; the views that waited for it.

        Those that want the file to be looked at after that moment wait on, with the stamp in mind.
        """
        waited = []
        with self._condition:
            self._taken.discard(key)
            for view in self._views:
                for turn in view.turns:
                    if job := turn.pop(key, None):
                        waited.append(view)
                        if job.asked_ns > looked_ns:
                            turn[key] = replace(job, known=stamp)
            self._condition.notify_all()
        return waited

    def _start_threads(self) -> None:
        if all(view.is_over for view in self._views):
            return
        while len(self._threads) < self._count:
            thread = threading.Thread(target=self._run, name="thumbnails", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _run(self) -> None:
        while (job := self._take()) is not None:
            try:
                self._results.put(_load(job, self._read, partial(self._is_given_up, job.key)))
            except Cancelled:
                with self._condition:
                    self._taken.discard(job.key)
            if is_web_address(job.key.source.path):
                self._end_fetching()

    def _take(self) -> Job | None:
        with self._condition:
            while (job := self._next()) is None and self._views:
                self._condition.wait()
            if job is None:
                self._threads.discard(threading.current_thread())
                return None
            self._taken.add(job.key)
            self._fetching += is_web_address(job.key.source.path)
            return job

    def _next(self) -> Job | None:
        """The most urgent one that may begin now, of the view whose turn it is."""
        for urgency in range(2):
            for view in self._views:
                job = next((job for job in view.turns[urgency].values() if self._may_begin(job.key)), None)
                if job is not None:
                    self._views.remove(view)
                    self._views.append(view)
                    return job
        return None

    def _may_begin(self, key: Key) -> bool:
        return key not in self._taken and (self._fetching < self._may_fetch or not is_web_address(key.source.path))

    def _is_given_up(self, key: Key) -> bool:
        with self._condition:
            return not any(key in view for view in self._views)

    def _end_fetching(self) -> None:
        with self._condition:
            self._fetching -= 1
            self._condition.notify_all()


def usual_threads() -> int:
    """As many as there are child processes that read."""
    return min(4, os.cpu_count() or 1)


def read_or_recall(path: str, size_px: int, reading: Reading, cancelled: _Cancelled) -> Thumbnail:
    """The thumbnail of a file, from the store on disk or from a child process, which then ends in that store."""
    return kept_thumbnails().thumbnail(path, size_px, reading, partial(
        shared_readers().thumbnail, path, size_px, reading, cancelled=cancelled))


def _load(job: Job, read: Read, cancelled: _Cancelled) -> Result:
    """What became of one file. Raises nothing but Cancelled: `cancelled` returned True."""
    looked_ns = monotonic_ns()
    try:
        return _loaded(job, looked_ns, read, cancelled)
    except Cancelled:
        raise
    except UnreadableImage as error:
        return Result(job.key, looked_ns, reason=error.reason)
    except Exception as error:  # noqa: BLE001 - a thread that ended here would leave all others waiting for its file
        _log.exception("%s could not be read", escape_path(job.key.source.path))
        return Result(job.key, looked_ns, reason=explain_unexpected(error))


def explain_unexpected(error: Exception) -> str:
    """A clause on an error that no reader of files tells of itself."""
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    return f"this program made an error ({type(error).__name__}: {error}); please report it, with the file"


def _loaded(job: Job, looked_ns: int, read: Read, cancelled: _Cancelled) -> Result:
    path, reading, hosts = job.key.source
    stamp = _stamp(path)
    if stamp is not None and stamp == job.known:
        return Result(job.key, looked_ns)
    if is_web_address(path):
        path = fetch_picture(path, hosts, cancelled=cancelled)
    small = read(path, job.key.size_px, reading, cancelled)
    return Result(job.key, looked_ns, image_of(small.pixels), "", small.full_width, small.full_height, small.notes,
                  stamp)


def _stamp(path: str) -> Stamp | None:
    """What tells that a file was replaced; None when it cannot be looked at."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage of (height, width, 3) uint8 RGB; it is packed as Qt draws it, 0xffRRGGBB."""
    height, width = pixels.shape[:2]
    packed = pixels[..., 0].astype(np.uint32) << 16
    packed |= pixels[..., 1].astype(np.uint32) << 8
    packed |= pixels[..., 2]
    packed |= np.uint32(0xFF000000)
    return QImage(packed.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()
