"""Where the cells of a grid of pictures are, and the headings of their groups: arithmetic only, in logical pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from AnyQt.QtCore import QPoint, QRect
from numpy.typing import NDArray

_LEAST_GAP_PX = 6
_WIDEST_LINE_GAP_PX = 22


@dataclass(frozen=True, eq=False)
class GridLayout:
    """Cells of one size, line by line, evenly spaced over the width; each group begins with a line of its own.

    Attributes:
        count: number of cells.
        width: of the area that the grid fills.
        cell_width, cell_height: of each cell.
        group_sizes: how many cells are in each group, together `count`; () for none.
        heading_height: above each group.
    """

    count: int
    width: int
    cell_width: int
    cell_height: int
    group_sizes: Sequence[int] | NDArray[np.int64] = ()
    heading_height: int = 0

    @cached_property
    def columns(self) -> int:
        """Cells side by side, at least one."""
        return max(1, (self.width - _LEAST_GAP_PX) // (self.cell_width + _LEAST_GAP_PX))

    @cached_property
    def lines(self) -> int:
        """Rows of cells."""
        return len(self._firsts)

    @cached_property
    def gap(self) -> float:
        """Between cells and at both ends, across."""
        spare = self.width - self.columns * self.cell_width
        return max(_LEAST_GAP_PX / 2, spare / (self.columns + 1))

    @cached_property
    def line_gap(self) -> int:
        """Between rows of cells, above the first and below the last; as across, within reason."""
        return min(_WIDEST_LINE_GAP_PX, round(self.gap))

    @cached_property
    def line_height(self) -> int:
        """From the top of one row of cells to the top of the next."""
        return self.cell_height + self.line_gap

    @property
    def height(self) -> int:
        """Of the whole grid."""
        return self.lines * self.line_height + len(self.group_sizes) * self.heading_height + self.line_gap

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        """(groups,) int64."""
        return np.array(self.group_sizes if len(self.group_sizes) else [self.count], np.int64)

    @cached_property
    def _lines_before(self) -> NDArray[np.int64]:
        """(groups + 1,) int64, the lines above each group, and of all."""
        return np.concatenate([[0], np.cumsum(-(-self._sizes // self.columns))])

    @cached_property
    def _group_of_line(self) -> NDArray[np.int64]:
        """(lines,) int64."""
        return np.repeat(np.arange(len(self._sizes)), np.diff(self._lines_before))

    @cached_property
    def _firsts(self) -> NDArray[np.int64]:
        """(lines,) int64, the index of the first cell in each line."""
        group = self._group_of_line
        starts = np.cumsum(self._sizes) - self._sizes
        return starts[group] + (np.arange(len(group)) - self._lines_before[group]) * self.columns

    @cached_property
    def _stops(self) -> NDArray[np.int64]:
        """(lines,) int64, one beyond the last cell of each line."""
        return np.append(self._firsts[1:], self.count)

    @cached_property
    def _tops(self) -> NDArray[np.int64]:
        """(lines,) int64."""
        headings = self._group_of_line + 1 if len(self.group_sizes) else 0
        return self.line_gap + np.arange(self.lines) * self.line_height + headings * self.heading_height

    def line_of(self, index: int) -> int:
        """The line that a cell is in."""
        return int(self._firsts.searchsorted(index, "right")) - 1

    def cells_of(self, line: int) -> range:
        """The cells of a line."""
        return range(int(self._firsts[line]), int(self._stops[line]))

    def cell(self, index: int) -> QRect:
        """The cell of an index."""
        line = self.line_of(index)
        left = round(self.gap + (index - int(self._firsts[line])) * (self.cell_width + self.gap))
        return QRect(left, int(self._tops[line]), self.cell_width, self.cell_height)

    def heading(self, group: int) -> QRect:
        """The line above a group, over the whole width."""
        top = int(self._tops[self._lines_before[group]]) - self.heading_height
        return QRect(0, top, self.width, self.heading_height)

    def headings(self, top: int, height: int) -> range:
        """The groups of which anything is in a horizontal band."""
        if not len(self.group_sizes):
            return range(0)
        tops = self._tops[self._lines_before[:-1]] - self.heading_height
        first = max(0, int(tops.searchsorted(top, "right")) - 1)
        return range(first, int(tops.searchsorted(top + height)))

    def index_at(self, point: QPoint) -> int | None:
        """The index whose cell holds a point."""
        line = int(self._tops.searchsorted(point.y(), "right")) - 1
        column = int((point.x() - self.gap) // (self.cell_width + self.gap))
        if line < 0 or not 0 <= column < len(self.cells_of(line)):
            return None
        index = self.cells_of(line)[column]
        return index if self.cell(index).contains(point) else None

    def visible(self, top: int, height: int) -> range:
        """The indices of all cells in a horizontal band, in order."""
        lines = self._between(top, height)
        return range(self.cells_of(lines[0]).start, self.cells_of(lines[-1]).stop) if lines else range(
            self.count, self.count)

    def touched(self, area: QRect) -> NDArray[np.int64]:
        """(k,) int64, the indices of all cells that an area touches, in order."""
        lefts = np.round(self.gap + np.arange(self.columns) * (self.cell_width + self.gap))
        columns = np.flatnonzero((lefts <= area.right()) & (lefts + self.cell_width > area.left()))
        between = self._between(area.top(), area.height())
        lines = np.arange(between.start, between.stop)
        found = self._firsts[lines, None] + columns
        return found[found < self._stops[lines, None]]

    def _between(self, top: int, height: int) -> range:
        """The lines of which a part of the cells is in a horizontal band."""
        first = int(self._tops.searchsorted(top - self.cell_height, "right"))
        return range(first, max(first, int(self._tops.searchsorted(top + height))))
