"""Whole pictures for looking at closely: their own numbers, read in threads, a few kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from ...core.addresses import is_web_address
from ...core.errors import Cancelled, ImagingError, UnreadableImage, first_line
from ...core.paths import escape_path
from ...core.planes import Planes
from ...core.readers import shared_readers
from ...core.reading import Reading
from ...core.web import fetch_picture
from .lookup import Lookup
from .thumbnail_readers import explain_unexpected

_log = logging.getLogger(__name__)
LIMIT_BYTES = 192 << 20  # of pictures that nobody looks at yet; each has at most `planes.MAX_VIEW_BYTES`
_AT_ONCE = 2  # so that a picture which was left need not be waited for
_Read = Callable[[str, Reading], Planes]


@dataclass(frozen=True)
class FullPicture:
    """What became of one file: its planes, or the reason why there are none."""

    planes: Planes | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Answer:
    """What a thread found; no picture: nobody wants it any more."""

    path: str
    generation: int
    picture: FullPicture | None


class FullPictures(QObject):
    """The pictures that are looked at, and their neighbours. Close it when its view goes."""

    #: a set of paths (str) of which more is known now
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, limit_bytes: int = LIMIT_BYTES,
                 read: _Read | None = None) -> None:
        super().__init__(parent)
        self._read = read or _read_in_child
        self._limit_bytes = limit_bytes
        self._reading = Reading()
        self._hosts: frozenset[str] = frozenset()
        self._pictures: dict[str, FullPicture] = {}
        self._needed: Sequence[str] = ()
        self._ahead: Sequence[str] = ()
        self._generation = 0
        self._begun: set[tuple[str, int]] = set()
        self._lookups = [Lookup(self) for _ in range(_AT_ONCE)]
        for lookup in self._lookups:
            lookup.answered.connect(self._take)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being read."""
        return all(lookup.is_idle for lookup in self._lookups)

    @property
    def bytes(self) -> int:
        """Memory that the kept numbers take."""
        return sum(one.planes.values.nbytes for one in self._pictures.values() if one.planes)

    def set_reading(self, reading: Reading) -> None:
        """From now on, files become pictures by this recipe; what was read is forgotten."""
        self._reading = reading
        self.forget()

    def set_hosts(self, hosts: Collection[str]) -> None:
        """From now on, pictures may be fetched from these hosts."""
        self._hosts = frozenset(hosts)

    def forget(self) -> None:
        """Keep nothing, and want nothing; what is being read now is not taken any more."""
        self._generation += 1
        self.request(())

    def request(self, needed: Sequence[str], ahead: Sequence[str] = ()) -> None:
        """Read these files, then, where memory allows, those that may be looked at next; forget all others."""
        self._needed, self._ahead = tuple(needed), tuple(ahead)
        wanted = {*self._needed, *self._ahead} if needed else set()
        self._pictures = {path: one for path, one in self._pictures.items() if path in wanted}
        self._start()

    def find(self, path: str) -> FullPicture | None:
        """What is known of a file; None while it was not read."""
        return self._pictures.get(path)

    def close(self) -> None:
        """Want nothing more; what is being read is not waited for."""
        self.forget()

    def _start(self) -> None:
        for lookup in self._lookups:
            path = self._next() if lookup.is_idle else None
            if path is None:
                continue
            self._begun.add((path, self._generation))
            lookup.ask(partial(_answer, path, self._generation, self._read, self._reading, self._hosts,
                               partial(self._is_given_up, path, self._generation)))

    def _next(self) -> str | None:
        """The most urgent file that was neither read nor begun."""
        ahead = self._ahead if self.bytes < self._limit_bytes else ()
        return next((path for path in (*self._needed, *ahead)
                     if path not in self._pictures and (path, self._generation) not in self._begun), None)

    def _is_given_up(self, path: str, generation: int) -> bool:
        return generation != self._generation or path not in (*self._needed, *self._ahead)

    def _take(self, answer: _Answer) -> None:
        self._begun.discard((answer.path, answer.generation))
        is_wanted = not self._is_given_up(answer.path, answer.generation) and answer.picture is not None
        if is_wanted:
            self._pictures[answer.path] = answer.picture
        self._start()
        if is_wanted:
            self.changed.emit({answer.path})


def _read_in_child(path: str, reading: Reading) -> Planes:
    return shared_readers().planes(path, reading)


def _answer(path: str, generation: int, read: _Read, reading: Reading, hosts: frozenset[str],
            is_given_up: Callable[[], bool]) -> _Answer:
    """In a thread. Raises nothing."""
    try:
        file = fetch_picture(path, hosts, cancelled=is_given_up) if is_web_address(path) else path
        picture = FullPicture(read(file, reading))
    except Cancelled:
        return _Answer(path, generation, None)
    except UnreadableImage as error:
        picture = FullPicture(reason=error.reason)
    except ImagingError as error:
        picture = FullPicture(reason=first_line(error))
    except Exception as error:  # noqa: BLE001 - without an answer the next picture would never be begun
        _log.exception("%s could not be read", escape_path(path))
        picture = FullPicture(reason=explain_unexpected(error))
    return _Answer(path, generation, picture)
