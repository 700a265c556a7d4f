"""A grid of pictures to choose groups from: click, Ctrl, Shift, rubber band and keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QRect, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QKeySequence, QPainter, QPalette, QPen, QPixmap
from AnyQt.QtWidgets import QApplication, QRubberBand

from .cell_area import CellArea
from .cell_groups import groups_pixmap
from .group_selection import GroupSelection
from .held_keys import held_keys
from .row_items import RowItems
from .thumbnails import Thumbnails

_STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
_ZOOMS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class CellChoice(CellArea):
    """Pictures in the cells of a grid, of which any number can be chosen, in groups."""

    #: the user chose other pictures
    selection_changed = Signal()
    #: a picture (row, int) was double-clicked, or Space or Enter was pressed on it
    opened = Signal(int)

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.selection = GroupSelection()
        self._pressed: QPoint | None = None
        self._groups_of: tuple[Any, ...] = ()
        self._groups_at, self._groups = QPoint(), QPixmap()
        super().__init__(thumbnails)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())

    def set_items(self, items: RowItems, groups: Iterable[object] = ()) -> None:
        """Other pictures, one a row, and the group of each; `selection_changed` is not emitted."""
        self._end_band()
        self.selection = GroupSelection(len(items), groups)
        super().set_items(items)

    def set_current(self, row: int) -> None:
        """Move the keyboard's row, leaving the selection alone."""
        self.selection.current = row
        self.scroll_to(row)
        self.viewport().update()

    def paint_above(self, painter: QPainter) -> None:
        """Draw the groups, and where the keyboard is."""
        if self.selection.count:
            self._paint_groups(painter)
        if self.hasFocus() and self.cell_of(self.selection.current) is not None:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.square(self.selection.current).adjusted(0, 0, -1, -1))

    def square(self, row: int) -> QRect:
        """Where a row's cell is on the viewport, without its caption."""
        cell = self.cell_rect(row)
        cell.setHeight(min(cell.height(), self.grid.side_px))
        return cell

    def _paint_groups(self, painter: QPainter) -> None:
        """Lay a picture of the groups over the cells; it is made again when they, or the cells in sight, are others."""
        shown = (self.selection.groups, self._rows, self.grid, self.to_content(QPoint()), self.viewport().size())
        are_same = self._groups_of and all(map(is_, shown[:2], self._groups_of)) and shown[2:] == self._groups_of[2:]
        if not are_same:
            self._groups_of, (self._groups_at, self._groups) = shown, self._draw_groups()
        painter.drawPixmap(self._groups_at, self._groups)

    def _draw_groups(self) -> tuple[QPoint, QPixmap]:
        """The groups of the cells in sight, and where they are on the viewport."""
        seen = self.cells_in_sight()
        if not seen:
            return QPoint(), QPixmap()
        (top, left), (bottom, right) = (divmod(cell, self.grid.columns) for cell in (seen[0], seen[-1]))
        rows = self._rows.reshape(self._shape)[top:bottom + 1, left:right + 1]
        groups = np.where(rows >= 0, self.selection.groups[rows], 0)
        return (self.grid.rect(seen[0]).topLeft() - self.to_content(QPoint()),
                groups_pixmap(groups, self.grid.side_px, self.grid.pitch_px))

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        row, before = self.row_at(event.pos()), self.selection.groups
        toggle, new_group = held_keys(event)
        self.selection.start_band()
        if row is not None:
            self.selection.current = row
            self.selection.choose([row], toggle=toggle, new_group=new_group)
        elif not (toggle or new_group):
            self.selection.clear()
        self._pressed = self.to_content(event.pos())
        self._changed(before)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self.hover(self.row_at(event.pos()))
            return
        moved = self.to_content(event.pos()) - self._pressed
        if self._band.isVisible() or moved.manhattanLength() >= QApplication.startDragDistance():
            area = QRect(self._pressed, self.to_content(event.pos())).normalized()
            self._band.setGeometry(area.translated(-self.to_content(QPoint())))
            self._band.show()
            toggle, new_group = held_keys(event)
            self.selection.stretch_band(self.rows_in(area), toggle=toggle, new_group=new_group)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            banded = self._band.isVisible()
            self._end_band()
            if banded:
                self.selection_changed.emit()

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        row = self.row_at(event.pos())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(row)

    def _end_band(self) -> None:
        self._pressed = None
        self._band.hide()

    def keyPressEvent(self, event: QEvent) -> None:
        if not (self._zoom_by_key(event) or self._choose_by_key(event)):
            super().keyPressEvent(event)

    def _zoom_by_key(self, event: QEvent) -> bool:
        if event.key() in _ZOOMS:
            self.zoom_by(_ZOOMS[event.key()])
        elif event.key() == Qt.Key.Key_0:
            self.zoom_to_fit()
        else:
            return False
        return True

    def _choose_by_key(self, event: QEvent) -> bool:
        before, row, target = self.selection.groups, self.selection.current, self._target(event.key())
        toggle, new_group = held_keys(event)
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.choose_all(self.placed_rows())
        elif event.key() == Qt.Key.Key_Escape and before.any():
            self.selection.clear()
        elif target is not None:
            self.set_current(target)
            if not toggle:
                self.selection.choose([target], toggle=new_group, new_group=new_group)
        elif event.key() == Qt.Key.Key_Space and (toggle or new_group) and row >= 0:
            self.selection.choose([row], toggle=toggle, new_group=new_group)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.opened.emit(row)
        else:
            return False
        self._changed(before)
        return True

    def _target(self, key: int) -> int | None:
        """The row that a key moves to: the next cell in its direction that holds a picture; None for other keys."""
        placed = self.placed_rows()
        if not placed or key not in (*_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End):
            return None
        cell = self.cell_of(self.selection.current)
        if cell is None or key not in _STEPS:
            return placed[-1] if key == Qt.Key.Key_End else placed[0]
        (down, right), (rows, columns) = _STEPS[key], self._shape
        steps = np.arange(1, max(rows, columns))
        line, column = cell // columns + down * steps, cell % columns + right * steps
        inside = (line >= 0) & (line < rows) & (column >= 0) & (column < columns)
        found = self._rows[line[inside] * columns + column[inside]]
        found = found[found >= 0]
        return int(found[0]) if len(found) else self.selection.current

    def _changed(self, before: np.ndarray) -> None:
        self.viewport().update()
        if not np.array_equal(self.selection.groups, before):
            self.selection_changed.emit()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
