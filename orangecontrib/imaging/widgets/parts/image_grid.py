"""A grid of pictures to choose from: click, Ctrl, Shift, rubber band and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from AnyQt.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import QApplication, QRubberBand

from ...core.hand_labels import Label
from .grid_painter import CellState
from .picture_area import PictureArea, PictureItem
from .row_selection import RowSelection
from .thumbnails import Thumbnails

_AUTOSCROLL_MS = 30
_FASTEST_PX = 60


class ImageGrid(PictureArea):
    """Thumbnails of which any number can be selected."""

    #: the user chose other pictures
    selection_changed = Signal()
    #: a picture (row, int) was double-clicked, or Space or Enter was pressed on it
    opened = Signal(int)
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

    def set_items(self, items: Sequence[PictureItem], selected: Iterable[int] = ()) -> None:
        """Show other pictures; `selection_changed` is not emitted."""
        self._end_band()
        self.selection = RowSelection(len(items), selected)
        super().set_items(items)
        if self.selection.rows:
            self.scroll_to(self.selection.current)

    def set_current(self, row: int) -> None:
        """Move the keyboard's row, leaving the selection alone."""
        self.selection.current = row
        self.scroll_to(row)
        self.viewport().update()

    def cell_state(self, row: int) -> CellState:
        """How a row's cell stands out."""
        current = self.hasFocus() and row == self.selection.current
        return CellState(row in self.selection.rows, current, row == self._hovered, self.label_of(row))

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        row = self.row_at(event.pos())
        toggle, extend = _keys(event)
        before = self.selection.rows
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
        self.selection.stretch_band(self.grid.touched(area))
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
        before, row = self.selection.rows, self.selection.current
        target = self._target(event.key())
        toggle, extend = _keys(event)
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.choose_all()
        elif target is not None and toggle and not extend:
            self.set_current(target)
        elif target is not None:
            self.selection.choose(target, extend=extend)
            self.scroll_to(target)
        elif event.key() == Qt.Key.Key_Space and toggle and row >= 0:
            self.selection.choose(row, toggle=True)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.opened.emit(row)
        else:
            super().keyPressEvent(event)
            return
        self._changed(before)

    def _target(self, key: int) -> int | None:
        """The row that a key moves to; None for keys that do not move."""
        count, row = len(self.items), self.selection.current
        columns, line = self.grid.columns, row // self.grid.columns
        page = columns * max(1, self.viewport().height() // self.grid.line_height)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns,
                 Qt.Key.Key_Down: columns, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
                 Qt.Key.Key_Home: -count, Qt.Key.Key_End: count}
        if key not in steps or not count:
            return None
        if row < 0:
            return count - 1 if key == Qt.Key.Key_End else 0
        if (key, line) in ((Qt.Key.Key_Up, 0), (Qt.Key.Key_Down, self.grid.lines - 1)):
            return row
        return min(count - 1, max(0, row + steps[key]))

    def _changed(self, before: frozenset[int]) -> None:
        self.viewport().update()
        if self.selection.rows != before:
            self.selection_changed.emit()


def _keys(event: QEvent) -> tuple[bool, bool]:
    """Whether Ctrl (Command on a Mac) and Shift are held."""
    held = event.modifiers()
    return (bool(held & Qt.KeyboardModifier.ControlModifier),
            bool(held & Qt.KeyboardModifier.ShiftModifier))
