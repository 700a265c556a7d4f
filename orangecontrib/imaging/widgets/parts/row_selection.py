"""Which rows are selected, as click, Ctrl, Shift and the rubber band change it."""

from __future__ import annotations

from collections.abc import Iterable


class RowSelection:
    """A set of rows, the current row, and the row that a range starts from.

    Attributes:
        rows: the selected ones.
        current: the row that the keyboard moves from; -1 for none.
    """

    def __init__(self, count: int = 0, rows: Iterable[int] = ()) -> None:
        self.count = count
        self.rows = frozenset(row for row in rows if 0 <= row < count)
        self.current = min(self.rows, default=-1)
        self._anchor = self.current
        self._before_band: frozenset[int] = frozenset()

    def choose(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Click on a row, or move to it.

        Args:
            row: one of the rows.
            extend: select from the last chosen row to this one (Shift).
            toggle: keep the others; without `extend`, turn this row on or off (Ctrl).
        """
        self.current = row
        if extend:
            start = max(self._anchor, 0)
            chosen = frozenset(range(min(start, row), max(start, row) + 1))
            self.rows = self.rows | chosen if toggle else chosen
            return
        self._anchor = row
        self.rows = self.rows ^ {row} if toggle else frozenset({row})

    def choose_all(self) -> None:
        """Select every row."""
        self.rows = frozenset(range(self.count))

    def clear(self) -> None:
        """Select none; the current row stays."""
        self.rows = frozenset()

    def start_band(self, *, keep: bool) -> None:
        """A rubber band begins; `keep` what is selected now (Ctrl or Shift)."""
        self._before_band = self.rows if keep else frozenset()

    def stretch_band(self, rows: Iterable[int]) -> None:
        """The rubber band touches these rows."""
        self.rows = self._before_band | frozenset(rows)
