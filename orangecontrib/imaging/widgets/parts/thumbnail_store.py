"""The thumbnails that all views of a program share, in bounded memory; the longest unseen leave.

It is used in the thread of the interface alone: there what the reader threads found becomes pixmaps.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from time import perf_counter

from AnyQt.QtGui import QPixmap

from .thumbnail_entries import Entry, Key, Source, best_size
from .thumbnail_readers import Job, Read, Result, ThumbnailReaders, Waiting, read_or_recall, usual_threads

LIMIT_BYTES = 400 << 20
_BUDGET_S = 0.008
_PAUSE_S = 0.007  # however many views ask


class StoreView(Waiting):
    """What a store knows of one view.

    Attributes:
        in_sight: what the view shows now; it leaves the memory last.
        changed: paths of which more is known than the view was told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.in_sight: frozenset[Key] = frozenset()
        self.changed: set[str] = set()


class ThumbnailStore:
    """Thumbnails by source and size, for several views."""

    def __init__(self, read: Read = read_or_recall, threads: int | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[Key, Entry] = OrderedDict()  # the longest unseen first
        self._sizes: dict[Source, list[int]] = {}
        self._failed: dict[Source, int] = {}
        self._views: list[StoreView] = []
        self._bytes = 0
        self._collected_s = 0.0
        self._readers = ThumbnailReaders(read, threads or usual_threads())

    @property
    def bytes(self) -> int:
        """Memory that all thumbnails take."""
        return self._bytes

    def find(self, source: Source, size_px: int) -> Entry | None:
        """What is known of a picture, of this size or else of another; it is seen now."""
        sizes = self._sizes.get(source)
        if not sizes:
            return None
        key = Key(source, best_size(sizes, size_px))
        self._entries.move_to_end(key)
        return self._entries[key]

    def failures(self) -> Iterator[tuple[Source, str]]:
        """The pictures that could not be read, with the reason."""
        for source, size_px in self._failed.items():
            yield source, self._entries[Key(source, size_px)].reason

    def request(self, view: StoreView, urgent: Iterable[Source], later: Iterable[Source], size_px: int,
                since_ns: int) -> None:
        """Get these for a view, in this order, unless they are here and their files were looked at since a moment."""
        first = list(dict.fromkeys(urgent))
        view.in_sight = frozenset(Key(source, size_px) for source in first)
        self._readers.want(view, self._jobs(first, size_px, since_ns), self._jobs(later, size_px, since_ns))
        if view not in self._views:
            self._views.append(view)

    def leave(self, view: StoreView) -> None:
        """A view is closed. Without one the threads end; what is known stays for the next."""
        self._readers.leave(view)
        view.in_sight = frozenset()
        if view in self._views:
            self._views.remove(view)

    def collect(self) -> None:
        """Take over what the threads found, for a few milliseconds at most."""
        now = perf_counter()
        if now < self._collected_s + _PAUSE_S:
            return
        while perf_counter() < now + _BUDGET_S and (result := self._readers.next_result()) is not None:
            entry = self._keep(result)
            looked_ns, stamp = (entry.checked_ns, _stamp_to_keep(entry)) if entry else (-1, None)
            for view in self._readers.settle(result.key, looked_ns, stamp):
                if isinstance(view, StoreView):
                    view.changed.add(result.key.source.path)
        self._collected_s = perf_counter()

    def _jobs(self, sources: Iterable[Source], size_px: int, since_ns: int) -> list[Job]:
        jobs = []
        for source in sources:
            entry = self._serving(source, size_px)
            if entry is None or (entry.reason and entry.checked_ns < since_ns):
                jobs.append(Job(Key(source, size_px), since_ns))
            elif entry.checked_ns < since_ns:
                jobs.append(Job(Key(source, entry.size_px), since_ns, entry.stamp))
        return jobs

    def _serving(self, source: Source, size_px: int) -> Entry | None:
        """A thumbnail that is as good as that of this size."""
        there = (self._entries[Key(source, size)] for size in self._sizes.get(source, ()))
        return next((entry for entry in there if entry.serves(size_px)), None)

    def _keep(self, result: Result) -> Entry | None:
        """What is known now; None of a file that has not changed, whose thumbnail has left meanwhile."""
        key, old = result.key, self._entries.get(result.key)
        if result.image is None and not result.reason:
            new = replace(old, checked_ns=result.looked_ns) if old else None
        else:
            pixmap = QPixmap.fromImage(result.image) if result.image is not None else None
            new = Entry(key.size_px, pixmap, result.reason, result.full_width, result.full_height, result.notes,
                        result.stamp, result.looked_ns)
        if new is not None:
            self._drop([key, *self._outdated(key.source, new)])
            self._add(key, new)
            self._shrink()
        return new

    def _outdated(self, source: Source, new: Entry) -> list[Key]:
        """The thumbnails of a file as it was, or could not be read, before."""
        keys = [Key(source, size_px) for size_px in self._sizes.get(source, ())]
        return [key for key in keys if self._entries[key].reason or self._entries[key].stamp != new.stamp]

    def _add(self, key: Key, entry: Entry) -> None:
        self._entries[key] = entry
        self._bytes += entry.bytes
        self._sizes.setdefault(key.source, []).append(key.size_px)
        if entry.reason:
            self._failed[key.source] = key.size_px

    def _drop(self, keys: Collection[Key]) -> None:
        for key in keys:
            entry = self._entries.pop(key, None)
            if entry is None:
                continue
            self._bytes -= entry.bytes
            self._sizes[key.source].remove(key.size_px)
            if not self._sizes[key.source]:
                del self._sizes[key.source]
            if self._failed.get(key.source) == key.size_px:
                del self._failed[key.source]

    def _shrink(self) -> None:
        """What is in sight leaves last, and the newest stays."""
        spared = 0
        while self._bytes > self._limit_bytes and len(self._entries) > 1:
            oldest = next(iter(self._entries))
            if spared < len(self._entries) and any(oldest in view.in_sight for view in self._views):
                self._entries.move_to_end(oldest)
                spared += 1
            else:
                self._drop([oldest])


def _stamp_to_keep(entry: Entry) -> tuple[int, int, int] | None:
    """The stamp by which a thumbnail stays; a picture that could not be read gets another chance."""
    return entry.stamp if entry.pixmap is not None else None


@cache
def shared_store() -> ThumbnailStore:
    """The store of this process."""
    return ThumbnailStore()
