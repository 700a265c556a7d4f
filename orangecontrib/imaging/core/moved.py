"""Pictures that were moved: find where they are now, all at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .addresses import is_web_address
from .errors import Cancelled, WrongUse
from .files import JOINT, files_of
from .paths import escape_path

_LOOKED_AT = 200  # pictures
_TRIED = 5  # of them, before the others: nearly all folders hold none, and each look may take a millisecond
_PARENTS, _CHILDREN = 3, 300  # of the chosen folder that are tried too


@dataclass(frozen=True)
class Place:
    """Where pictures lie now.

    Attributes:
        before: what their paths begin with in the table; ``""`` for relative ones.
        folder: what takes its place, absolute.
    """

    before: str
    folder: str

    def path(self, path: str) -> str:
        """Where a picture lies now; as it was where it did not lie in `before`."""
        return JOINT.join(map(self.start, path.split(JOINT))) if path else path

    def start(self, path: str) -> str:
        """The same for one file, or for the beginning of its path up to a separator; ``""`` is that of a bare name."""
        if not self.before:
            return path if os.path.isabs(path) else os.path.join(self.folder, path)
        start = self.before + os.sep
        return os.path.join(self.folder, path[len(start):]) if path.startswith(start) else path


def is_there(path: str) -> bool:
    """Whether a picture's file is there, its zip file, or those of its channels.

    A relative path leads nowhere, wherever this program was started.
    """
    return os.path.isabs(path) and all(map(os.path.exists, files_of(path)))


def missing_files(paths: Sequence[str]) -> tuple[int, bool]:
    """How many files are not there, and whether all were looked at. Looks at the disk.

    Of many only some are looked at, spread over the table. Web addresses do not count.
    """
    files = _files(paths)
    looked_at = spread(files, _LOOKED_AT)
    return sum(not is_there(path) for path in looked_at), len(looked_at) == len(files)


def find_place(paths: Sequence[str], folder: str, *, exists: Callable[[str], bool] = is_there,
               cancelled: Callable[[], bool] = lambda: False) -> Place | None:
    """The beginning of the paths that a folder stands for, so that most lost files are there; None where they are not.

    The folder may hold the pictures themselves, or be one that lies above or below. Where none does, but the pictures
    lie where their paths say (they were moved back), the place changes no path. Looks at the disk.

    Args:
        paths: as `tables.columns.image_paths` gives them.
        folder: chosen by the user, absolute.
        exists: tells whether a path leads to a picture.
        cancelled: asked before each folder; True ends the search.

    Raises:
        Cancelled: `cancelled` returned True.
        WrongUse: the files may as well be those of one folder in it as of another.
    """
    looked_at = spread(_files(paths), _LOOKED_AT)
    tried = spread(looked_at, _TRIED)
    best, found, rival = (0, 0), None, ""
    for candidate in _around(folder):
        if cancelled():
            raise Cancelled("The search for pictures was cancelled.")
        for place in (Place(before, candidate) for before in _beginnings(looked_at[0] if looked_at else "")):
            few = _count(place, tried, exists)
            there = (few, _count(place, looked_at, exists)) if few and few >= best[0] else (0, 0)
            if there > best:
                best, found, rival = there, place, ""
            elif found and there == best and found.folder != folder and place.path(tried[0]) != found.path(tried[0]):
                rival = candidate
    if found and rival:
        raise WrongUse(f"Files of these names lie in {escape_path(found.folder)} and in {escape_path(rival)}. "
                       "Choose one of them.")
    lost = sum(not exists(path) for path in looked_at)
    if looked_at and not lost:
        return Place(folder, folder)
    return found if 2 * best[1] >= lost else None


def _count(place: Place, paths: Sequence[str], exists: Callable[[str], bool]) -> int:
    """How many pictures lie there."""
    return sum(place.path(path) != path and exists(place.path(path)) for path in paths)


def _files(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if path and not is_web_address(path)]


def spread(paths: Sequence[str], count: int) -> Sequence[str]:
    """At most so many of them, at even distances."""
    return paths[::max(1, -(-len(paths) // count))]


def _around(folder: str) -> Iterator[str]:
    """The folder, those in it, and those that it lies in."""
    yield folder
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entry.path for entry in islice(entries, _CHILDREN) if entry.is_dir())
    except OSError:
        pass
    for _ in range(_PARENTS):
        folder = os.path.dirname(folder)
        yield folder


def _beginnings(path: str) -> Iterator[str]:
    """All folders that a path leads through, the innermost first; at last ``""`` for a relative one."""
    before = os.path.dirname(path.split(JOINT)[0])
    while before and before != os.path.dirname(before):
        yield before
        before = os.path.dirname(before)
    if path and not os.path.isabs(path):
        yield ""
