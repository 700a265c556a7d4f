"""The pictures of a view, without an object for each; which of them are shown, in which order and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .thumbnail_entries import Entry


@dataclass(frozen=True)
class PictureItem:
    """One cell.

    Attributes:
        path: the file, or what was given in place of one.
        caption: what is written below it, in its first line.
        reason: why `path` cannot lead to a picture, so that nothing is read; else "".
        more: further lines of the caption.
    """

    path: str
    caption: str
    reason: str = ""
    more: tuple[str, ...] = ()

    @property
    def refusal(self) -> Entry | None:
        """What is known without reading; None for a file."""
        return Entry(0, reason=self.reason) if self.reason else None


class PictureItems(Sequence[PictureItem]):
    """Pictures by row; each is made when it is asked for, so that 100,000 rows cost nothing.

    Args:
        paths: one a row.
        captions: by row, its lines; one at least.
        reasons: one a row; or empty where all paths may lead to pictures.
    """

    def __init__(self, paths: Sequence[str], captions: Sequence[tuple[str, ...]], reasons: Sequence[str] = ()) -> None:
        self._paths, self._captions, self._reasons = paths, captions, reasons

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, row: int) -> PictureItem:  # type: ignore[override]
        """The picture of a row."""
        path = self._paths[row]
        first, *more = self._captions[row]
        return PictureItem(path, first, self._reasons[row] if self._reasons else "", tuple(more))


@dataclass(frozen=True)
class Group:
    """Pictures under one heading.

    Attributes:
        title: the heading; "" for none.
        count: number of pictures, at least one.
    """

    title: str
    count: int


class Groups(Sequence[Group]):
    """Groups one after the other, each made when it is asked for.

    Very many objects at once would set off the garbage collector, which holds up the window.

    Args:
        titles: of all groups.
        counts: (groups,) int64, how many pictures are in each.
    """

    def __init__(self, titles: Sequence[str] = (), counts: Sequence[int] | NDArray[np.int64] = ()) -> None:
        self._titles = titles
        self.counts = np.asarray(counts, np.int64)

    def __len__(self) -> int:
        return len(self._titles)

    def __getitem__(self, number: int) -> Group:  # type: ignore[override]
        """The group of this number."""
        return Group(self._titles[number], int(self.counts[number]))


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Which rows are shown, and how.

    Attributes:
        order: (m,) int64, the rows as they are shown.
        count: of all rows, n; each is in `order` once or not at all.
        groups: in their order, all pictures of `order` in them; none where there are no headings.
    """

    order: NDArray[np.int64]
    count: int
    groups: Groups = field(default_factory=Groups)

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """(n,) int64, where each row is in `order`; -1 where it is not shown."""
        positions = np.full(self.count, -1)
        positions[self.order] = np.arange(len(self.order))
        return positions

    def position(self, row: int) -> int:
        """Where a row is in `order`; -1 where it is not shown."""
        return int(self.positions[row]) if 0 <= row < self.count else -1

    def shown(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these rows that are shown."""
        return rows[self.positions[rows] >= 0]


def as_given(count: int) -> Arrangement:
    """All rows in their own order."""
    return Arrangement(np.arange(count), count)
