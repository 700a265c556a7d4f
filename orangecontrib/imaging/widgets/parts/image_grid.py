"""A grid of pictures to choose from: click, Ctrl, Shift, rubber band and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import QApplication, QRubberBand
from numpy.typing import NDArray

from ...core.hand_labels import Label
from .grid_painter import CellState
from .held_keys import held_keys
from .picture_area import PictureArea
from .picture_items import Arrangement, PictureItem
from .row_selection import RowSelection
from .thumbnails import Thumbnails

_AUTOSCROLL_MS = 30
_FASTEST_PX = 60


class ImageGrid(PictureArea):
    """Thumbnails of which any number can be selected."""

    #: the user chose other pictures
    selection_changed = Signal()
    #: a picture (row, int) was double-clicked, or Enter was pressed on it
    opened = Signal(int)
    #: the user typed a letter (str)
    typed = Signal(str)
    #: the user turned the wheel with Ctrl: +1 for larger, -1 for smaller
    zoomed = Signal(int)

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.selection = RowSelection()
        #: the label of a row, or None
        self.label_of: Callable[[int], Label | None] = lambda _: None
        self._pressed: QPoint | None = None
        super().__init__(thumbnails)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self._scrolling = QTimer(self, interval=_AUTOSCROLL_MS)
        self._scrolling.timeout.connect(self._autoscroll)

    def set_items(self, items: Sequence[PictureItem], selected: Iterable[int] | NDArray[np.int64] = ()) -> None:
        """Show other pictures; `selection_changed` is not emitted."""
        self._end_band()
        self.selection = RowSelection(len(items), selected)
        super().set_items(items)
        self.scroll_to(self.selection.current)

    def rearrange(self, items: Sequence[PictureItem], arrangement: Arrangement) -> None:
        """Show the same rows otherwise; what was selected stays so."""
        self._end_band()
        self.selection.arrange(arrangement)
        super().rearrange(items, arrangement)

    def choose_rows(self, rows: NDArray[np.int64]) -> None:
        """Select these rows as if the user had."""
        before = self.selection.mask
        self.selection.choose_rows(rows)
        self.scroll_to(self.selection.current)
        self._changed(before)

    def set_current(self, row: int) -> None:
        """Move the keyboard's row, leaving the selection alone."""
        self.selection.current = row
        self.scroll_to(row)
        self.viewport().update()

    def cell_state(self, row: int) -> CellState:
        """How a row's cell stands out."""
        return replace(super().cell_state(row), selected=bool(self.selection.mask[row]),
                       current=self.hasFocus() and row == self.selection.current, label=self.label_of(row))

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        row = self.row_at(event.pos())
        toggle, extend = held_keys(event)
        before = self.selection.mask
        if row is not None:
            self.selection.choose(row, extend=extend, toggle=toggle)
        elif not (toggle or extend):
            self.selection.clear()
        self._pressed = self.to_content(event.pos())
        self.selection.start_band(keep=toggle or extend)
        self._changed(before)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self.hover(self.row_at(event.pos()))
            return
        moved = self.to_content(event.pos()) - self._pressed
        if self._band.isVisible() or moved.manhattanLength() >= QApplication.startDragDistance():
            self._scrolling.start()
            self._stretch(event.pos())

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

    def wheelEvent(self, event: QEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def _stretch(self, corner: QPoint) -> None:
        """Draw the rubber band to a corner and select what it touches."""
        area = QRect(self._pressed, self.to_content(corner)).normalized()
        self._band.setGeometry(area.translated(0, -self.verticalScrollBar().value()))
        self._band.show()
        self.selection.stretch_band(self.arrangement.order[self.grid.touched(area)])
        self.viewport().update()

    def _autoscroll(self) -> None:
        """Scroll while the rubber band is held beyond the upper or lower edge."""
        corner = self.viewport().mapFromGlobal(self.cursor().pos())
        height, bar = self.viewport().height(), self.verticalScrollBar()
        beyond = min(0, corner.y()) + max(0, corner.y() - height)
        if beyond:
            bar.setValue(bar.value() + max(-_FASTEST_PX, min(_FASTEST_PX, beyond)))
            self._stretch(corner)

    def _end_band(self) -> None:
        self._pressed = None
        self._band.hide()
        self._scrolling.stop()

    def keyPressEvent(self, event: QEvent) -> None:
        before, row = self.selection.mask, self.selection.current
        target = self._target(event.key())
        toggle, extend = held_keys(event)
        is_shown = self.arrangement.position(row) >= 0
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.choose_all()
        elif target is not None and toggle and not extend:
            self.set_current(target)
        elif target is not None:
            self.selection.choose(target, extend=extend)
            self.scroll_to(target)
        elif event.key() == Qt.Key.Key_Space and is_shown:
            self.selection.choose(row, toggle=True)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and is_shown:
            self.opened.emit(row)
        elif event.text().isalpha() and not toggle:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)
            return
        self._changed(before)

    def _target(self, key: int) -> int | None:
        """The row that a key moves to; None for keys that do not move."""
        order, position = self.arrangement.order, self.arrangement.position(self.selection.current)
        page = max(1, self.viewport().height() // self.grid.line_height)
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
                 Qt.Key.Key_PageUp: (0, -page), Qt.Key.Key_PageDown: (0, page),
                 Qt.Key.Key_Home: (-len(order), 0), Qt.Key.Key_End: (len(order), 0)}
        if key not in steps or not len(order):
            return None
        if position < 0:
            return int(order[-1 if key == Qt.Key.Key_End else 0])
        across, down = steps[key]
        moved = self._lines_away(position, down) if down else position + across
        return int(order[min(len(order) - 1, max(0, moved))])

    def _lines_away(self, position: int, lines: int) -> int:
        """The position so many lines below, as far as there are any; in a shorter line its end."""
        line = self.grid.line_of(position)
        column = position - self.grid.cells_of(line).start
        cells = self.grid.cells_of(min(self.grid.lines - 1, max(0, line + lines)))
        return cells[min(column, len(cells) - 1)]

    def _changed(self, before: NDArray[np.bool_]) -> None:
        self.viewport().update()
        if not np.array_equal(self.selection.mask, before):
            self.selection_changed.emit()
