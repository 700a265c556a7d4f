"""Which rows a window shows, and which come next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_BESIDE = 4


class _Rows:
    """Some rows, which may be very many, and where each of them is."""

    def __init__(self, rows: Sequence[int] | NDArray[np.int64]) -> None:
        self.rows = np.asarray(rows, np.int64)
        self._places = np.full(int(self.rows.max(initial=-1)) + 1, -1)
        self._places[self.rows] = np.arange(len(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, row: int | None) -> int | None:
        found = int(self._places[row]) if row is not None and row < len(self._places) else -1
        return found if found >= 0 else None


class PictureWalk:
    """Goes through rows in their order, one at a time or some side by side."""

    def __init__(self) -> None:
        self.row: int | None = None
        self.is_beside = False
        self._order = _Rows(())
        self._compared = _Rows(())

    def start(self, count: int) -> None:
        """Other rows, so many; none is shown."""
        self.row, self.is_beside = None, False
        self._order, self._compared = _Rows(np.arange(count)), _Rows(())

    def set_order(self, rows: Sequence[int] | NDArray[np.int64]) -> None:
        """The rows as they are shown elsewhere."""
        self._order = _Rows(rows)
        self._stand_first()

    def set_compared(self, rows: Sequence[int] | NDArray[np.int64]) -> None:
        """The rows that stand side by side; fewer than two: the row and the next one."""
        self._compared = _Rows(rows)

    @property
    def count(self) -> int:
        """How many rows are walked through."""
        return len(self._walked)

    @property
    def place(self) -> int | None:
        """Of the row in the sequence, from 0; None where it is not among them."""
        return self._walked.place(self.row)

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows that are shown now."""
        if self.row is None:
            return ()
        if not self.is_beside or self.place is None:
            return (self.row,)
        start = min(self.place, self.count - self._at_once)
        return tuple(self._walked.rows[start:start + self._at_once].tolist())

    @property
    def near(self) -> tuple[int, ...]:
        """The rows that may come next."""
        return tuple(row for row in map(self._after, (1, -1)) if row is not None)

    def go_to(self, row: int) -> None:
        """Stand at this row; where it is the last of some side by side, at the first of them."""
        self.row = row
        self._stand_first()

    def can_step(self, by: int) -> bool:
        """Whether there is a row so many places on."""
        return self._start_after(by) is not None

    def step(self, by: int) -> None:
        """Go so many places on, if there are."""
        start = self._start_after(by)
        self.row = self.row if start is None else int(self._walked.rows[start])

    def stand_beside(self, beside: bool) -> None:
        """Show some rows side by side, or one of them."""
        self.is_beside = beside
        if beside and self.place is None and self.count:
            self.row = int(self._walked.rows[0])
        self._stand_first()

    def _stand_first(self) -> None:
        """Of some side by side, the first is the one that is stood at."""
        if self.is_beside and self.rows:
            self.row = self.rows[0]

    @property
    def _walked(self) -> _Rows:
        return self._compared if self.is_beside and len(self._compared) > 1 else self._order

    @property
    def _at_once(self) -> int:
        wanted = 1 if not self.is_beside else 2 if self._walked is self._order else MOST_BESIDE
        return max(1, min(wanted, self.count))

    def _start_after(self, by: int) -> int | None:
        """The place of the first row shown after a step."""
        if self.row is None or not self.count:
            return None
        start = -1 if self.place is None and by > 0 else self.place
        if start is None or not 0 <= start + by <= self.count - self._at_once:
            return None
        return start + by

    def _after(self, by: int) -> int | None:
        """The row that a step would bring into sight."""
        start = self._start_after(by)
        return None if start is None else int(self._walked.rows[start + (self._at_once - 1 if by > 0 else 0)])
