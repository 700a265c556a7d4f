"""Rows selected in groups, as the plots of Orange do it: Shift begins a group, Ctrl changes the last one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class GroupSelection:
    """Which group each row is in, and the row that the keyboard moves from.

    Attributes:
        groups: (n,) int64, 0 for none, groups from 1 on without a gap; never changed in place.
        current: the keyboard's row; -1 for none.
    """

    def __init__(self, count: int = 0, groups: Iterable[object] = ()) -> None:
        saved = list(groups)
        fits = len(saved) == count and all(type(group) is int and 0 <= group <= count for group in saved)
        self.groups = _without_gaps(np.array(saved if fits else [0] * count, np.int64))
        self.current = int(self.groups.argmax()) if self.groups.any() else -1

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.groups.max(initial=0))

    @property
    def rows(self) -> NDArray[np.int64]:
        """The selected rows, (k,) int64, ascending."""
        return np.flatnonzero(self.groups).astype(np.int64)

    def choose(self, rows: Iterable[int], *, toggle: bool = False, new_group: bool = False) -> None:
        """Rows were clicked, or lie in a rubber band.

        Args:
            rows: which.
            toggle: keep the others (Ctrl): what is selected no longer is, if all of these rows are; else they
                join the last group.
            new_group: keep the others (Shift): these rows become a group; with `toggle`, they join the last one.
        """
        self.groups = self._with(np.fromiter(rows, np.int64), self.groups, toggle, new_group)

    def _with(self, rows: NDArray[np.int64], before: NDArray[np.int64], toggle: bool,
              new_group: bool) -> NDArray[np.int64]:
        groups, last = before.copy(), int(before.max(initial=0))
        if not (toggle or new_group):
            groups[:] = 0
            groups[rows] = 1
        elif new_group and not toggle:
            groups[rows] = last + 1
        elif toggle and not new_group and len(rows) and groups[rows].all():
            groups[rows] = 0
        else:
            groups[rows] = max(last, 1)
        return _without_gaps(groups)

    def start_band(self) -> None:
        """A rubber band begins: what it touches is chosen on top of what is now."""
        self._before_band = self.groups

    def stretch_band(self, rows: Iterable[int], *, toggle: bool = False, new_group: bool = False) -> None:
        """The rubber band touches these rows; with `toggle` they join the last group."""
        self.groups = self._with(np.fromiter(rows, np.int64), self._before_band, toggle, new_group or toggle)

    def choose_all(self, rows: Iterable[int]) -> None:
        """All of these, as one group."""
        self.choose(rows)

    def clear(self) -> None:
        """Select none; the current row stays."""
        self.groups = np.zeros_like(self.groups)


def _without_gaps(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups from 1 on, in their order."""
    present = np.unique(groups[groups > 0])
    return np.where(groups > 0, np.searchsorted(present, groups) + 1, 0)
