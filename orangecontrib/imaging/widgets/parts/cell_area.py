"""A grid of pictures, each in its cell: the whole of it fits the window, and can be enlarged.

All cells are kept as one picture (`CellLayer`); a frame of the window only copies it and draws what is selected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QPainter, QPalette
from AnyQt.QtWidgets import QAbstractScrollArea
from numpy.typing import NDArray

from .cell_geometry import LARGEST_PX, CellGeometry, fitted_geometry
from .cell_layer import CellLayer
from .cell_painter import CellLook, CellPainter
from .picture_tips import PictureTip
from .row_items import RowItems
from .thumbnail_entries import step_px
from .thumbnails import Thumbnails

_BUDGET_S = 0.012
_STEP = 1.25
_HOVER_ALPHA = 40


class CellArea(QAbstractScrollArea):
    """Pictures in the cells of a grid, by row of a table."""

    #: the window has another size now
    resized = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.items = RowItems()
        self.frames: NDArray[np.uint8] | None = None
        self.is_faded: NDArray[np.bool_] | None = None
        self.tip_lines: Callable[[int], Sequence[str]] = lambda row: ()
        self._zoom, self._shape, self._hovered = 1.0, (0, 0), None
        self.has_captions = self.is_filled = self._is_arranging = False
        self._cells = self._rows = np.empty(0, np.int64)
        self._rows_of: dict[str, list[int]] = {}
        self.grid = CellGeometry()
        self._layer, self._tip = CellLayer(), PictureTip(thumbnails)
        self._drawing = QTimer(self, interval=1)
        self._drawing.timeout.connect(self._draw_some)
        self._asking = QTimer(self, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        thumbnails.changed.connect(self._on_thumbnails)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return self._shape

    @property
    def is_drawn(self) -> bool:
        """Whether all that is known is to be seen."""
        return self._layer.is_complete

    def set_items(self, items: RowItems) -> None:
        """Other pictures, one a row; they have no cells yet."""
        self.items, self._hovered = items, None
        self._tip.hide()
        self._rows_of = {}
        for row, path in enumerate(items.paths):
            self._rows_of.setdefault(path, []).append(row)
        self.set_cells(np.full(len(items), -1), (0, 0))

    def set_cells(self, cells: NDArray[np.int64], shape: tuple[int, int]) -> None:
        """Put the pictures into cells.

        Args:
            cells: (n,) int64, the cell of each row, row by row from the upper left; -1 for rows without one.
            shape: rows and columns of the grid.
        """
        self._cells = cells
        self._rows = np.full(shape[0] * shape[1], -1)
        placed = np.flatnonzero(cells >= 0)
        self._rows[cells[placed]] = placed
        if shape != self._shape:
            self._shape, self._zoom = shape, 1.0
        self._arrange()

    def set_captions(self, *, are_shown: bool) -> None:
        """Whether what each picture is called stands below it; that may have changed."""
        self.has_captions = are_shown
        self._arrange()

    def set_frames(self, colors: NDArray[np.uint8] | None) -> None:
        """Colors around the pictures: (n, 4) uint8 RGBA, alpha 0 for none; None for none at all."""
        self.frames = colors
        self.redraw()

    def set_faded(self, is_faded: NDArray[np.bool_] | None) -> None:
        """Which pictures stand back, (n,) bool; None for none."""
        self.is_faded = is_faded
        self.redraw()

    def set_filled(self, is_filled: bool) -> None:
        """Whether pictures are cut to squares that fill their cells."""
        self.is_filled = is_filled
        self.redraw()

    def zoom_by(self, steps: float, at: QPoint | None = None) -> None:
        """Larger or smaller cells; the point `at` of the viewport, or its middle, stays where it is."""
        most = LARGEST_PX / max(1, self._fitted(1.0).side_px)
        self._zoom_to(min(max(1.0, most), max(1.0, self._zoom * _STEP ** steps)), at or self.viewport().rect().center())

    def zoom_to_fit(self) -> None:
        """Show the whole grid."""
        self._zoom_to(1.0, QPoint())

    def scroll_to(self, row: int) -> None:
        """Bring a row's cell into sight."""
        if self.cell_of(row) is None:
            return
        place, view = self.grid.rect(self.cell_of(row)), self.viewport()
        for bar, low, high, page in ((self.horizontalScrollBar(), place.left(), place.right(), view.width()),
                                     (self.verticalScrollBar(), place.top(), place.bottom(), view.height())):
            bar.setValue(min(low, max(bar.value(), high - page + 1)))

    def cell_of(self, row: int) -> int | None:
        """The cell of a row; None where it has none."""
        return int(self._cells[row]) if 0 <= row < len(self._cells) and self._cells[row] >= 0 else None

    def row_of(self, cell: int | None) -> int | None:
        """The row in a cell; None where there is none."""
        return int(self._rows[cell]) if cell is not None and self._rows[cell] >= 0 else None

    def cell_rect(self, row: int) -> QRect:
        """Where a row's cell is on the viewport; empty where it has none."""
        cell = self.cell_of(row)
        return QRect() if cell is None else self.grid.rect(cell).translated(-self._scrolled())

    def row_at(self, point: QPoint) -> int | None:
        """The row whose cell is at a point of the viewport."""
        return self.row_of(self.grid.cell_at(self.to_content(point)))

    def to_content(self, point: QPoint) -> QPoint:
        """A point of the viewport, on the whole grid."""
        return point + self._scrolled()

    def placed_rows(self) -> list[int]:
        """The rows that have cells, as they stand: row by row from the upper left."""
        return self._rows[self._rows >= 0].tolist()

    def rows_in(self, area: QRect) -> list[int]:
        """The rows whose cells a rectangle of the content touches."""
        cells = np.fromiter(self.grid.touched(area), np.int64)
        rows = self._rows[cells]
        return rows[rows >= 0].tolist()

    def _scrolled(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _fitted(self, zoom: float) -> CellGeometry:
        view = self.maximumViewportSize() if zoom == 1.0 else self.viewport().size()
        geometry = fitted_geometry(*self._shape, self.maximumViewportSize(),
                                   self.fontMetrics().height() + 2 if self.has_captions else 0, zoom)
        return CellGeometry(geometry.rows, geometry.columns, geometry.side_px, geometry.caption_px, view)

    def _zoom_to(self, zoom: float, at: QPoint) -> None:
        before, content = self.grid, self.to_content(at)
        self._zoom = zoom
        self._arrange(at, QPointF((content.x() - before.origin.x()) / before.side_px,
                                  (content.y() - before.origin.y()) / before.pitch_px))

    def _arrange(self, at: QPoint | None = None, cell: QPointF | None = None) -> None:
        """Lay the cells out again; the point `cell`, in units of cells, comes to the point `at` of the viewport."""
        before, scrolled, self._is_arranging = self.grid, self._scrolled(), True
        self.grid = geometry = self._fitted(self._zoom)
        content, view = geometry.content, self.viewport().size()
        for bar, whole, page in ((self.horizontalScrollBar(), content.width(), view.width()),
                                 (self.verticalScrollBar(), content.height(), view.height())):
            bar.setRange(0, whole - page if self._zoom > 1 else 0)
            bar.setPageStep(max(1, page))
            bar.setSingleStep(max(8, geometry.side_px // 2))
        if at is not None:
            self.horizontalScrollBar().setValue(
                round(geometry.origin.x() + cell.x() * geometry.side_px) - at.x())
            self.verticalScrollBar().setValue(round(geometry.origin.y() + cell.y() * geometry.pitch_px) - at.y())
        self._is_arranging = False
        self._renew(self._moved(before, scrolled))

    def _moved(self, before: CellGeometry, scrolled: QPoint) -> QRectF | None:
        """Where the whole of the view before lies now; None for another grid."""
        if (before.rows, before.columns) != self._shape or self._layer.pixmap.isNull():
            return None
        now, here = self.grid, self._scrolled()
        across, down = now.side_px / before.side_px, now.pitch_px / before.pitch_px
        return QRectF(now.origin.x() - here.x() - (before.origin.x() - scrolled.x()) * across,
                      now.origin.y() - here.y() - (before.origin.y() - scrolled.y()) * down,
                      before.view.width() * across, before.view.height() * down)

    def _renew(self, moved_to: QRectF | None) -> None:
        self._layer.renew(self.viewport().size(), self.devicePixelRatioF(),
                          self.palette().color(QPalette.ColorRole.Base), moved_to)
        self.redraw()
        self._asking.start()

    def redraw(self, cells: Iterable[int] | None = None) -> None:
        """Draw cells that are in sight again, or all of them."""
        self._painter = CellPainter(self.palette(), self.fontMetrics(), self.is_filled, self.devicePixelRatioF())
        self._layer.ask(self.cells_in_sight() if cells is None else cells)
        self._drawing.start()
        self.viewport().update()

    def cells_in_sight(self) -> list[int]:
        """The cells that the viewport shows."""
        return list(self.grid.touched(self.viewport().rect().translated(self._scrolled())))

    def _draw_some(self) -> None:
        self._layer.draw_some(_BUDGET_S, self._draw_cell)
        if self._layer.is_complete:
            self._drawing.stop()
        self.viewport().update()

    def _draw_cell(self, painter: QPainter, cell: int) -> None:
        place = self.grid.rect(cell).translated(-self._scrolled())
        row = self.row_of(cell)
        if row is None:
            self._painter.paint_empty(painter, place, self.grid.side_px)
        else:
            self._painter.paint(painter, place, self.grid.side_px, self.look(row))

    def look(self, row: int) -> CellLook:
        """How a row's cell looks now."""
        item = self.items[row]
        entry = item.refusal or self.thumbnails.find(item.path)
        frame = None if self.frames is None or not self.frames[row, 3] else QColor(*self.frames[row].tolist())
        return CellLook(entry.pixmap if entry else None, bool(entry and entry.reason),
                        item.caption if self.has_captions else "", frame,
                        self.is_faded is not None and bool(self.is_faded[row]))

    def _ask(self) -> None:
        """Request the pictures in sight."""
        if self.isVisible():
            rows = self._rows[np.array(self.cells_in_sight(), np.int64)]
            near = rows[rows >= 0].tolist()
            self.thumbnails.request((self.items.paths[row] for row in near if not self.items.reasons[row]),
                                    step_px(self.grid.side_px * self.devicePixelRatioF()))

    def _on_thumbnails(self, paths: set[str]) -> None:
        seen = self.viewport().rect()
        rows = [row for path in paths for row in self._rows_of.get(path, ())
                if self.cell_rect(row).intersects(seen)]
        if rows:
            self.redraw([self.cell_of(row) for row in rows])

    def hover(self, row: int | None) -> None:
        """Make the row under the pointer stand out a little."""
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._layer.pixmap)
        self.paint_above(painter)
        if self._hovered is not None:
            color = QColor(self.palette().color(QPalette.ColorRole.Base))
            color.setAlpha(_HOVER_ALPHA)
            painter.fillRect(self.cell_rect(self._hovered), color)
        painter.end()

    def paint_above(self, painter: QPainter) -> None:
        """Draw what is above the pictures."""

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos())
            if row is None:
                self._tip.hide()
            else:
                self._tip.show_for(self.items[row], self.tip_lines(row), event.globalPos(), self.viewport(),
                                   self.cell_rect(row))
            return True
        if event.type() == QEvent.Type.Leave:
            self.hover(None)
        return super().viewportEvent(event)

    def wheelEvent(self, event: QEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(event.angleDelta().y() / 120, event.position().toPoint())
        else:
            super().wheelEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._is_arranging and not self._layer.pixmap.isNull():
            self._renew(QRectF(self.viewport().rect()).translated(dx, dy))

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.resized.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._asking.start()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self.thumbnails.request((), 0)  # nobody waits for what nobody sees
        self._tip.hide()

    def sizeHint(self) -> QSize:
        return QSize(760, 620)
