"""Which rows a window shows, and which come next."""

from __future__ import annotations

from collections.abc import Sequence

MOST_BESIDE = 4


class _Rows:
    """Some rows, which may be very many, and where each of them is."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = rows
        self._places = None if isinstance(rows, range) else {row: place for place, row in enumerate(rows)}

    def place(self, row: int | None) -> int | None:
        if self._places is not None:
            return self._places.get(row)
        return self.rows.index(row) if row in self.rows else None


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
        self._order, self._compared = _Rows(range(count)), _Rows(())

    def set_order(self, rows: Sequence[int]) -> None:
        """The rows as they are shown elsewhere."""
        self._order = _Rows(rows)

    def set_compared(self, rows: Sequence[int]) -> None:
        """The rows that stand side by side; fewer than two: the row and the next one."""
        self._compared = _Rows(rows)

    @property
    def sequence(self) -> Sequence[int]:
        """What is walked through."""
        return self._walked.rows

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
        start = min(self.place, len(self.sequence) - self._count)
        return tuple(self.sequence[start:start + self._count])

    @property
    def near(self) -> tuple[int, ...]:
        """The rows that may come next."""
        return tuple(row for row in map(self._after, (1, -1)) if row is not None)

    def can_step(self, by: int) -> bool:
        """Whether there is a row so many places on."""
        return self._start_after(by) is not None

    def step(self, by: int) -> None:
        """Go so many places on, if there are."""
        start = self._start_after(by)
        self.row = self.row if start is None else self.sequence[start]

    def stand_beside(self, beside: bool) -> None:
        """Show some rows side by side, or one of them."""
        self.is_beside = beside
        if beside and self.place is None and self.sequence:
            self.row = self.sequence[0]
        if beside and self.rows:
            self.row = self.rows[0]

    @property
    def _walked(self) -> _Rows:
        return self._compared if self.is_beside and len(self._compared.rows) > 1 else self._order

    @property
    def _count(self) -> int:
        wanted = 1 if not self.is_beside else 2 if self._walked is self._order else MOST_BESIDE
        return max(1, min(wanted, len(self.sequence)))

    def _start_after(self, by: int) -> int | None:
        """The place of the first row shown after a step."""
        if self.row is None or not self.sequence:
            return None
        start = -1 if self.place is None and by > 0 else self.place
        if start is None or not 0 <= start + by <= len(self.sequence) - self._count:
            return None
        return start + by

    def _after(self, by: int) -> int | None:
        """The row that a step would bring into sight."""
        start = self._start_after(by)
        return None if start is None else self.sequence[start + (self._count - 1 if by > 0 else 0)]
