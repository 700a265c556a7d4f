"""Where the cells of a grid of pictures are: arithmetic only, in logical pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from AnyQt.QtCore import QPoint, QRect

_LEAST_GAP_PX = 6
_WIDEST_LINE_GAP_PX = 22


@dataclass(frozen=True)
class GridLayout:
    """Cells of one size, row by row, evenly spaced over the width.

    Attributes:
        count: number of cells.
        width: of the area that the grid fills.
        cell_width, cell_height: of each cell.
    """

    count: int
    width: int
    cell_width: int
    cell_height: int

    @cached_property
    def columns(self) -> int:
        """Cells side by side, at least one."""
        return max(1, (self.width - _LEAST_GAP_PX) // (self.cell_width + _LEAST_GAP_PX))

    @cached_property
    def lines(self) -> int:
        """Rows of cells."""
        return -(-self.count // self.columns)

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
        return self.lines * self.line_height + self.line_gap

    def cell(self, index: int) -> QRect:
        """The cell of an index."""
        line, column = divmod(index, self.columns)
        left = round(self.gap + column * (self.cell_width + self.gap))
        return QRect(left, self.line_gap + line * self.line_height,
                     self.cell_width, self.cell_height)

    def index_at(self, point: QPoint) -> int | None:
        """The index whose cell holds a point."""
        column = int((point.x() - self.gap) // (self.cell_width + self.gap))
        line = (point.y() - self.line_gap) // self.line_height
        index = line * self.columns + column
        inside = 0 <= column < self.columns and 0 <= index < self.count
        return index if inside and self.cell(index).contains(point) else None

    def visible(self, top: int, height: int) -> range:
        """The indices of all cells in a horizontal band, in order."""
        first = max(0, (top - self.line_gap) // self.line_height)
        last = max(0, (top + height - self.line_gap - 1) // self.line_height + 1)
        return range(min(self.count, first * self.columns), min(self.count, last * self.columns))

    def touched(self, area: QRect) -> list[int]:
        """The indices of all cells that an area touches, in order."""
        return [index for index in self.visible(area.top(), area.height())
                if self.cell(index).intersects(area)]
