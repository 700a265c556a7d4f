"""Which rows are selected, as click, Ctrl, Shift and the rubber band change it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .picture_items import Arrangement, as_given


class RowSelection:
    """A set of rows, the current row, and the row that a range starts from.

    Ranges go through the rows as they are shown; what is not shown stays selected until the user chooses anew.

    Attributes:
        mask: (n,) bool, whether each row is selected.
        current: the row that the keyboard moves from; -1 for none.
    """

    def __init__(self, count: int = 0, rows: Iterable[int] | NDArray[np.int64] = ()) -> None:
        self.mask = np.zeros(count, bool)
        given = _numbers(rows)
        self.mask[given[(given >= 0) & (given < count)]] = True
        self.current = int(self.mask.argmax()) if self.mask.any() else -1
        self._anchor = self.current
        self._before_band = self.mask.copy()
        self._arrangement = as_given(count)

    @property
    def rows(self) -> frozenset[int]:
        """The selected ones."""
        return frozenset(self.numbers.tolist())

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(k,) int64, the selected rows, ascending."""
        return np.flatnonzero(self.mask)

    @property
    def count(self) -> int:
        """How many are selected."""
        return int(np.count_nonzero(self.mask))

    def arrange(self, arrangement: Arrangement) -> None:
        """Rows are shown in another order; nothing is selected by that."""
        self._arrangement = arrangement

    def choose(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Click on a row, or move to it.

        Args:
            row: one of the rows that are shown.
            extend: select from the last chosen row to this one (Shift).
            toggle: keep the others; without `extend`, turn this row on or off (Ctrl).
        """
        self.current = row
        kept = self.mask.copy() if toggle else np.zeros_like(self.mask)
        if extend:
            ends = sorted((max(self._arrangement.position(self._anchor), 0), self._arrangement.position(row)))
            kept[self._arrangement.order[ends[0]:ends[1] + 1]] = True
        else:
            self._anchor = row
            kept[row] = not kept[row]
        self.mask = kept

    def choose_rows(self, rows: NDArray[np.int64]) -> None:
        """Select these and no others; the first that is shown is the current one."""
        self.mask = np.zeros_like(self.mask)
        self.mask[rows] = True
        shown = self._arrangement.order[self.mask[self._arrangement.order]]
        self.current = self._anchor = int(shown[0]) if len(shown) else self.current

    def choose_all(self) -> None:
        """Select every row that is shown."""
        self.mask = self._arrangement.positions >= 0

    def clear(self) -> None:
        """Select none; the current row stays."""
        self.mask = np.zeros_like(self.mask)

    def start_band(self, *, keep: bool) -> None:
        """A rubber band begins; `keep` what is selected now (Ctrl or Shift)."""
        self._before_band = self.mask if keep else np.zeros_like(self.mask)

    def stretch_band(self, rows: Iterable[int] | NDArray[np.int64]) -> None:
        """The rubber band touches these rows."""
        self.mask = self._before_band.copy()
        self.mask[_numbers(rows)] = True


def _numbers(rows: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(rows if isinstance(rows, np.ndarray) else list(rows), np.int64)
