"""Thumbnails for one view, out of a store that all views of the program share.

A view asks for what it shows now, most urgent first; each request takes the place of the one before, so that nobody
waits for pictures that were scrolled away. What comes is collected by a timer in the thread of the interface.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from time import monotonic_ns

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal

from ...core.addresses import is_web_address
from ...core.reading import Reading
from ...core.thumbnails import Thumbnail
from .thumbnail_entries import Entry, Source
from .thumbnail_store import LIMIT_BYTES, StoreView, ThumbnailStore, shared_store

_TICK_MS = 15


class Thumbnails(QObject):
    """Thumbnails by path. Close it when its view goes."""

    #: a set of paths (str) of which more is known now
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, limit_bytes: int | None = None, threads: int | None = None,
                 read: Callable[[str, int, Reading], Thumbnail] | None = None,
                 store: ThumbnailStore | None = None) -> None:
        """With a limit, threads or reader of its own it has a store of its own too."""
        super().__init__(parent)
        if store is None:
            store = _own_store(read, threads, limit_bytes) if limit_bytes or threads or read else shared_store()
        self._reading = Reading()
        self._hosts: frozenset[str] = frozenset()
        self._size_px = 0
        self._asked: set[str] = set()
        self._since_ns = monotonic_ns()
        self._place = _Place(store)
        self._beside: list[Thumbnails] = []
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._collect)
        self.destroyed.connect(self._place.close)

    @property
    def bytes(self) -> int:
        """Memory that all thumbnails of the store take."""
        return self._place.store.bytes

    @property
    def is_idle(self) -> bool:
        """Whether all that was requested came, and was told."""
        return self._place.view.is_over and not self._place.view.changed

    def beside(self, parent: QObject) -> Thumbnails:
        """Another view's thumbnails in the same store; it is closed with this one."""
        other = Thumbnails(parent, store=self._place.store)
        self._beside.append(other)
        return other

    def follow(self, other: Thumbnails) -> None:
        """Take the recipe and the hosts of another view, and what it knows of files."""
        self.set_reading(other._reading)
        self.set_hosts(other._hosts)
        self._since_ns = other._since_ns

    def set_reading(self, reading: Reading) -> None:
        """From now on, files become pictures by this recipe."""
        if reading != self._reading:
            self._reading = reading
            self._asked.clear()
            self.request((), self._size_px)

    def set_hosts(self, hosts: Collection[str]) -> None:
        """From now on, pictures may be fetched from these hosts."""
        self._hosts = frozenset(hosts)

    def find(self, path: str) -> Entry | None:
        """What is known of a file; it may be of another size than was asked for last."""
        return self._place.store.find(self._source(path), self._size_px)

    def failures(self) -> dict[str, str]:
        """The reason for each file that was requested and could not be read."""
        return {source.path: reason for source, reason in self._place.store.failures()
                if source.path in self._asked and source == self._source(source.path)}

    def request(self, paths: Iterable[str], size_px: int, ahead: Iterable[str] = ()) -> None:
        """Read these files, in this order, and forget what was requested before.

        Args:
            paths: what is in sight, most urgent first.
            size_px: the longest side of the thumbnails, in device pixels: one of `STEPS_PX` is shared by most views.
            ahead: what may be in sight soon; it waits for what all views have in sight.
        """
        if self._place.is_closed:
            return
        self._size_px = size_px or self._size_px
        urgent, later = list(map(self._source, paths)), list(map(self._source, ahead))
        self._asked.update(source.path for source in (*urgent, *later))
        self._place.store.request(self._place.view, urgent, later, size_px, self._since_ns)
        if not self.is_idle:
            self._timer.start()

    def recheck(self) -> None:
        """From now on, look once whether each file that is asked for has changed."""
        self._since_ns = monotonic_ns()

    def close(self) -> None:
        """Wait for nothing any more; without another view the reader threads end, and nobody waits for them."""
        self._timer.stop()
        self._place.close()
        for other in self._beside:
            other.close()

    def _source(self, path: str) -> Source:
        return Source(path, self._reading, self._hosts if is_web_address(path) else frozenset())

    def _collect(self) -> None:
        self._place.store.collect()
        changed, self._place.view.changed = self._place.view.changed, set()
        if self._place.view.is_over:
            self._timer.stop()
        if changed:
            self.changed.emit(changed)


class _Place:
    """A view's place in a store. It knows nothing of Qt, so that it can be told when Qt deletes the view."""

    def __init__(self, store: ThumbnailStore) -> None:
        self.store, self.view, self.is_closed = store, StoreView(), False

    def close(self) -> None:
        self.is_closed = True
        self.store.leave(self.view)


def _own_store(read: Callable[[str, int, Reading], Thumbnail] | None, threads: int | None,
               limit_bytes: int | None) -> ThumbnailStore:
    limit = limit_bytes or LIMIT_BYTES
    if read is None:
        return ThumbnailStore(threads=threads, limit_bytes=limit)
    return ThumbnailStore(lambda path, size_px, reading, cancelled: read(path, size_px, reading), threads, limit)
