"""Notices new and changed pictures in folders; looks at the disk in a thread of its own, now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal

from ...core.errors import FolderError
from ...core.folder_walk import FileFilter, check_folder, walk
from ...core.store import file_written
from .lookup import Lookup

EVERY_MS = 5000
_State = frozenset[tuple[str, tuple[object, ...]]]


@dataclass(frozen=True)
class Watched:
    """Folders as they were once.

    Attributes:
        folders: in the system's own form.
        only: which files count.
        state: the pictures that lay there, and when each was written; None for what the first look will see.
    """

    folders: tuple[str, ...]
    only: FileFilter
    state: _State | None

    @classmethod
    def now(cls, folders: Sequence[str], only: FileFilter, stop: Callable[[], bool]) -> Watched:
        """As they are on the disk; what cannot be read holds nothing yet. Raises Cancelled: `stop` returned True."""
        try:
            return cls(tuple(folders), only, pictures_in(folders, only, stop))
        except (FolderError, OSError):
            return cls(tuple(folders), only, frozenset())

    @classmethod
    def from_now_on(cls, folders: Sequence[str], only: FileFilter) -> Watched:
        """The folders as the first look will see them; it looks at no disk."""
        return cls(tuple(folders), only, None)


class FolderWatch(QObject):
    """Tells when what lies in the folders is no longer what lay there once."""

    #: pictures came, went or changed
    changed = Signal()
    #: it was looked at the folders; why that failed (str), "" for well
    looked = Signal(str)

    def __init__(self, parent: QObject, look: Callable[[Sequence[str], FileFilter], _State] | None = None) -> None:
        super().__init__(parent)
        self._look = look or pictures_in
        self._watched: Watched | None = None
        self._lookup = Lookup(self)
        self._lookup.answered.connect(self._compare)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._begin)

    @property
    def is_idle(self) -> bool:
        """Whether nobody looks at the folders now."""
        return self._lookup.is_idle

    def watch(self, watched: Watched) -> None:
        """From now on; what came since they were so is noticed at the first look."""
        self._watched = watched
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._watched = None
        self._timer.stop()

    def _begin(self) -> None:
        if self._watched is not None and self.is_idle:
            self._lookup.ask(partial(_look_again, self._look, self._watched))

    def _compare(self, seen: _Seen) -> None:
        if seen.before is not self._watched:
            return
        self.looked.emit(seen.problem)
        if seen.state is None or seen.state == seen.before.state:
            return
        self._watched = replace(seen.before, state=seen.state)
        if seen.before.state is not None:
            self.changed.emit()


@dataclass(frozen=True)
class _Seen:
    """What was seen of folders that were so before; no state where they cannot be read."""

    before: Watched
    state: _State | None
    problem: str = ""


def _look_again(look: Callable[[Sequence[str], FileFilter], _State], before: Watched) -> _Seen:
    try:
        return _Seen(before, look(before.folders, before.only))
    except (FolderError, OSError) as error:
        return _Seen(before, None, str(error))


def pictures_in(folders: Sequence[str], only: FileFilter, stop: Callable[[], bool] = lambda: False) -> _State:
    """The pictures in these folders, and when each was written.

    Raises:
        FolderError, OSError: a folder cannot be read.
        Cancelled: `stop` returned True.
    """
    found: list[str] = []
    for folder in folders:
        check_folder(folder)
        found += [image.path for image in walk(folder, [folder], only, stop).found]
    return frozenset((path, tuple(file_written(path))) for path in found)
