"""Where the cells of a grid are, in logical pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from AnyQt.QtCore import QPoint, QRect, QSize

CAPTIONED_PX = 48
LARGEST_PX = 640


@dataclass(frozen=True)
class CellGeometry:
    """A grid of square cells with captions, in the middle of a view that it is smaller than.

    Attributes:
        rows, columns: of the grid.
        side_px: of the square that a cell's picture and its margin fill.
        caption_px: height of the captions; 0 for none.
        view: the size of the view.
    """

    rows: int = 0
    columns: int = 0
    side_px: int = 1
    caption_px: int = 0
    view: QSize = field(default_factory=lambda: QSize(1, 1))

    @property
    def content(self) -> QSize:
        """The size of all that can be scrolled to: at least the view's."""
        return QSize(max(self.view.width(), self.columns * self.side_px),
                     max(self.view.height(), self.rows * self.pitch_px))

    @property
    def pitch_px(self) -> int:
        """From one row to the next."""
        return self.side_px + self.caption_px

    @property
    def origin(self) -> QPoint:
        """Of the first cell, on the content."""
        return QPoint(max(0, self.view.width() - self.columns * self.side_px) // 2,
                      max(0, self.view.height() - self.rows * self.pitch_px) // 2)

    def rect(self, cell: int) -> QRect:
        """Of a cell, on the content."""
        row, column = divmod(cell, self.columns)
        origin = self.origin
        return QRect(origin.x() + column * self.side_px, origin.y() + row * self.pitch_px, self.side_px, self.pitch_px)

    def cell_at(self, point: QPoint) -> int | None:
        """The cell at a point of the content."""
        across, down = point.x() - self.origin.x(), point.y() - self.origin.y()
        column, row = across // self.side_px, down // self.pitch_px
        return row * self.columns + column if 0 <= column < self.columns and 0 <= row < self.rows else None

    def touched(self, area: QRect) -> Iterator[int]:
        """The cells that a rectangle of the content touches, row by row."""
        origin = self.origin
        left, right = ((edge - origin.x()) // self.side_px for edge in (area.left(), area.right()))
        top, bottom = ((edge - origin.y()) // self.pitch_px for edge in (area.top(), area.bottom()))
        for row in range(max(0, top), min(self.rows - 1, bottom) + 1):
            yield from range(row * self.columns + max(0, left), row * self.columns + min(self.columns - 1, right) + 1)


def fits_better(shape: tuple[int, int], than: tuple[int, int], view: QSize, by: float) -> bool:
    """Whether cells of a grid of this shape can be so many times larger than those of another, in the same view."""
    side, other = (min(view.width() / columns, view.height() / rows) for rows, columns in (shape, than))
    return side >= by * other


def fitted_geometry(rows: int, columns: int, view: QSize, caption_px: int, zoom: float = 1.0) -> CellGeometry:
    """The largest cells with which the whole grid fits into a view, times `zoom`; captions only below large cells."""
    if not rows or not columns:
        return CellGeometry(view=view)
    plain = min(view.width() // columns, view.height() // rows)
    captioned = min(view.width() // columns, view.height() // rows - caption_px)
    fit = captioned if captioned >= CAPTIONED_PX or not caption_px else min(plain, CAPTIONED_PX - 1)
    side = max(1, min(max(fit, LARGEST_PX), round(max(1, fit) * zoom)))
    return CellGeometry(rows, columns, side, caption_px if side >= CAPTIONED_PX else 0, view)
