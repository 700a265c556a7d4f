"""A map of pictures to choose from: click, Ctrl, Shift, rectangle, lasso and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QKeySequence, QPainter, QPalette, QPen, QPolygonF
from AnyQt.QtWidgets import QApplication, QToolTip
from numpy.typing import NDArray

from ...core.lasso import inside_outline
from .held_keys import held_keys
from .map_view import MapView
from .picture_tips import PictureTip
from .thumbnails import Thumbnails

#: what dragging does
MODES = ("Move", "Rectangle", "Lasso")
_CURSORS = {"Move": Qt.CursorShape.OpenHandCursor, "Rectangle": Qt.CursorShape.CrossCursor,
            "Lasso": Qt.CursorShape.CrossCursor}
_HIT_PX = 4
_OPEN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class MapArea(MapView):
    """Pictures at their places, of which any number can be selected.

    Attributes:
        tell_of: gives the lines of a row's tip, below what is known of its picture.
        counted: what the rows of a crowd are called.
    """

    counted = "pictures"

    #: the user chose other rows
    selection_changed = Signal()
    #: the picture of a row (int) was double-clicked, or the first of those selected is to be shown
    opened = Signal(int)

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._mode = "Move"
        self._pressed: QPoint | None = None
        self._button = Qt.MouseButton.NoButton
        self._dragged = ""
        self._outline: list[QPoint] = []
        super().__init__(thumbnails)
        self._tip = PictureTip(thumbnails)
        self.tell_of: Callable[[int], list[str]] = _nothing
        self.set_mode("Move")

    def set_mode(self, mode: str) -> None:
        """What dragging does: one of `MODES`."""
        self._mode = mode
        self.setCursor(_CURSORS[mode])

    def select(self, rows: NDArray[np.int64] | list[int]) -> None:
        """Select these rows alone; `selection_changed` is not emitted."""
        self.selected = np.zeros(len(self.scene.points.places), bool)
        self.selected[rows] = True
        self.redraw()

    def rows_at(self, point: QPoint) -> NDArray[np.int64]:
        """The rows of the picture at a pixel, all of its crowd; else the row of the dot there; or none."""
        tiles = self.tiles()
        tile = tiles.at(point.x(), point.y())
        if tile is not None:
            return self.scene.members(int(tiles.crowds[tile]))
        if len(self.items) and self.look.shown == "Pictures":
            return np.empty(0, np.int64)
        row = self.scene.nearest(self.axes, point.x(), point.y(), self.look.radius_px(len(self.scene.rows)) + _HIT_PX)
        return np.array([] if row is None else [row], np.int64)

    def row_at(self, point: QPoint) -> int | None:
        """The row whose picture, or dot, is at a pixel."""
        tiles = self.tiles()
        tile = tiles.at(point.x(), point.y())
        rows = self.rows_at(point) if tile is None else tiles.rows[[tile]]
        return int(rows[0]) if len(rows) else None

    def mousePressEvent(self, event: QEvent) -> None:
        if self._pressed is not None and event.button() != self._button:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._begin(event, "Move")
        elif event.button() == Qt.MouseButton.LeftButton:
            extends = self._mode == "Move" and held_keys(event)[1]
            self._begin(event, "Rectangle" if extends else self._mode)

    def _begin(self, event: QEvent, dragged: str) -> None:
        self._pressed, self._button, self._dragged, self._outline = event.pos(), event.button(), dragged, []

    def _end(self) -> None:
        self._pressed, self._outline = None, []
        self.setCursor(_CURSORS[self._mode])
        self.update()

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._pressed is None:
            return
        is_far = (event.pos() - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if not self._outline and not is_far:
            return
        if self._dragged == "Move":
            last = self._outline[-1] if self._outline else self._pressed
            moved = event.pos() - last
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.move_by(moved.x(), moved.y())
            self._outline = [event.pos()]
        elif self._dragged == "Lasso":
            self._outline = [*(self._outline or [self._pressed]), event.pos()]
        else:
            self._outline = [self._pressed, event.pos()]
        self.update()

    def mouseReleaseEvent(self, event: QEvent) -> None:
        if self._pressed is None or event.button() != self._button:
            return
        outline, dragged, at = self._outline, self._dragged, self._pressed
        self._end()
        toggle, extend = held_keys(event)
        if not outline and event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.rows_at(at), toggle, extend)
        elif dragged != "Move":
            self._choose(self._enclosed(outline, dragged), toggle, extend)

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self._end()  # the release may never come
        self._tip.hide()

    def _enclosed(self, outline: list[QPoint], dragged: str) -> NDArray[np.int64]:
        """The rows whose points lie inside what was drawn."""
        if dragged == "Rectangle":
            area = QRect(outline[0], outline[1]).normalized()
            outline = [area.topLeft(), area.topRight(), area.bottomRight(), area.bottomLeft()]
        corners = np.array([(point.x(), point.y()) for point in outline], float)
        return self.scene.rows[inside_outline(self.axes.to_window(self.scene.places), corners)]

    def _choose(self, rows: NDArray[np.int64], toggle: bool, extend: bool) -> None:
        """Select rows alone; with Shift besides the others; with Ctrl turn all of them on, or off where all are on."""
        chosen = self.selected.copy() if toggle or extend else np.zeros_like(self.selected)
        chosen[rows] = not (toggle and not extend and len(rows) and self.selected[rows].all())
        self._set_selected(chosen)

    def _set_selected(self, chosen: NDArray[np.bool_]) -> None:
        if (chosen != self.selected).any():
            self.selected = chosen
            self.redraw()
            self.selection_changed.emit()

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        row = self.row_at(event.pos())
        if row is not None and event.button() == Qt.MouseButton.LeftButton and len(self.items):
            self.opened.emit(row)

    def keyPressEvent(self, event: QEvent) -> None:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            chosen = np.zeros_like(self.selected)
            chosen[self.scene.rows] = True
            self._set_selected(chosen)
        elif event.key() == Qt.Key.Key_Escape and self._pressed is not None:
            self._end()
        elif event.key() == Qt.Key.Key_Escape and self.selected.any():
            self._set_selected(np.zeros_like(self.selected))
        elif event.key() in _OPEN and self.selected.any() and len(self.items):
            self.opened.emit(int(self.selected.argmax()))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.show_tip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def show_tip(self, at: QPoint, where: QPoint) -> None:
        """Tell of the picture, or the dot, at a pixel; `where` that is in global coordinates."""
        row = self.row_at(at)
        if row is None:
            self._tip.hide()
            QToolTip.hideText()
            return
        count = len(self.rows_at(at))
        lines = [f"{count:,} {self.counted}; a click selects all of them"] if count > 1 else []
        lines += self.tell_of(row)
        area = QRect(at - QPoint(_HIT_PX, _HIT_PX), at + QPoint(_HIT_PX, _HIT_PX))
        if len(self.items):
            self._tip.show_for(self.items[row], lines, where, self, area)
        else:
            QToolTip.showText(where, "<qt>" + "<br>".join(map(escape, lines)) + "</qt>" if lines else "", self, area)

    def paint_over(self, painter: QPainter) -> None:
        """Draw the rectangle or the lasso."""
        if self._dragged == "Move" or len(self._outline) < 2:
            return
        color = self.palette().color(QPalette.ColorRole.Highlight)
        fill = QColor(color)
        fill.setAlpha(40)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(fill)
        if self._dragged == "Rectangle":
            painter.drawRect(QRect(self._outline[0], self._outline[1]).normalized())
        else:
            painter.drawPolygon(QPolygonF([QPointF(point) for point in self._outline]))


def _nothing(row: int) -> list[str]:
    return []
