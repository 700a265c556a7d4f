"""A slider with two ends, before the counts of the numbers that it chooses from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from AnyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from AnyQt.QtWidgets import QSizePolicy, QWidget

_EDGE_PX = 6  # beside the ends, for the handles
_HANDLE_PX = 9
_HEIGHT_PX = 44
_SHARE = 1 / 100  # of the whole, by an arrow key
_PAGE = 10  # arrow keys' worth
_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1,
         Qt.Key.Key_PageDown: -_PAGE, Qt.Key.Key_PageUp: _PAGE}


class RangeSlider(QWidget):
    """The lower end is black, the upper one white. Space goes from one to the other, arrow keys move it."""

    #: the user moved an end: the lower and the upper one (float)
    moved = Signal(float, float)

    def __init__(self, name: str) -> None:
        super().__init__(focusPolicy=Qt.FocusPolicy.StrongFocus, accessibleName=name)
        self.low, self.high = 0.0, 1.0
        self.is_high = False  # which end the keys move
        self._extent = 0.0, 1.0
        self._is_whole = False
        self._counts: Sequence[int] = ()
        self._counted = 0.0, 1.0
        self._color = QColor("#ffffff")
        self._pressed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Drag the black or the white point. Arrow keys move one of them, Space goes to the other.")

    def show_range(self, low: float, high: float, extent: tuple[float, float], *, is_whole: bool = False) -> None:
        """Show these ends, from among `extent`; whole numbers only, if said so. Nothing is emitted."""
        self.low, self.high, self._is_whole = low, high, is_whole
        self._extent = min(low, *extent), max(high, *extent)
        self._describe()

    def show_counts(self, counts: Sequence[int], counted: tuple[float, float], color: str) -> None:
        """How many numbers lie in each of the equal parts between these two, drawn in this color."""
        self._counts, self._counted, self._color = counts, counted, QColor(color)
        self.update()

    @property
    def step(self) -> float:
        """What an arrow key moves; also the least distance between both ends."""
        step = (self._extent[1] - self._extent[0]) * _SHARE
        return max(1.0, round(step)) if self._is_whole else step or 1.0

    def move_end(self, value: float, is_high: bool) -> None:
        """Move an end, as far as the extent and the other end allow."""
        least = 1.0 if self._is_whole else (self._extent[1] - self._extent[0]) / 1e4
        value = float(round(value)) if self._is_whole else value
        value = min(self._extent[1], max(self._extent[0], value))
        low, high = (self.low, max(value, self.low + least)) if is_high else (min(value, self.high - least), self.high)
        self.is_high = is_high
        if (low, high) != (self.low, self.high):
            self.low, self.high = low, high
            self._describe()
            self.moved.emit(low, high)
        self.update()

    def x_of(self, value: float) -> float:
        """Where a number is on this widget."""
        low, high = self._extent
        share = (value - low) / (high - low) if high > low else 0.5
        return _EDGE_PX + share * (self.width() - 2 * _EDGE_PX)

    def _value_at(self, x: float) -> float:
        share = (x - _EDGE_PX) / max(1, self.width() - 2 * _EDGE_PX)
        return self._extent[0] + share * (self._extent[1] - self._extent[0])

    def _describe(self) -> None:
        end = f"white point {self.high:.6g}" if self.is_high else f"black point {self.low:.6g}"
        self.setAccessibleDescription(f"From {self.low:.6g} to {self.high:.6g}; the keys move the {end}")
        self.update()

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.pos().x()
            middle = (self.x_of(self.low) + self.x_of(self.high)) / 2
            self.is_high, self._pressed = x > middle, True
            self.move_end(self._value_at(x), self.is_high)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._pressed:
            self.move_end(self._value_at(event.pos().x()), self.is_high)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._pressed = False

    def keyPressEvent(self, event: QEvent) -> None:
        end = self.high if self.is_high else self.low
        if event.key() == Qt.Key.Key_Space:
            self.is_high = not self.is_high
            self._describe()
        elif event.key() in _KEYS:
            self.move_end(end + _KEYS[event.key()] * self.step, self.is_high)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.move_end(self._extent[event.key() == Qt.Key.Key_End], self.is_high)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(_EDGE_PX, 1, self.width() - 2 * _EDGE_PX, self.height() - _HANDLE_PX - 2)
        painter.fillRect(ground, QColor(24, 24, 24))
        self._paint_counts(painter, ground)
        shade = QColor(24, 24, 24, 150)
        left, right = self.x_of(self.low), self.x_of(self.high)
        painter.fillRect(QRectF(ground.left(), ground.top(), left - ground.left(), ground.height()), shade)
        painter.fillRect(QRectF(right, ground.top(), ground.right() - right, ground.height()), shade)
        for x, is_high in ((left, False), (right, True)):
            self._paint_handle(painter, x, ground, is_high)
        painter.end()

    def _paint_counts(self, painter: QPainter, ground: QRectF) -> None:
        """By their logarithm, as a few pixels that glow are what matters in many pictures."""
        if not self.isEnabled() or not self._counts or not max(self._counts):
            return
        left, right = map(self.x_of, self._counted)
        top, wide = math.log1p(max(self._counts)), (right - left) / len(self._counts)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        for number, count in enumerate(self._counts):
            high = (ground.height() - 3) * math.log1p(count) / top
            painter.drawRect(QRectF(left + number * wide, ground.bottom() - high, wide, high))
        painter.restore()

    def _paint_handle(self, painter: QPainter, x: float, ground: QRectF, is_high: bool) -> None:
        is_active = self.hasFocus() and is_high == self.is_high
        role = QPalette.ColorRole.Highlight if is_active else QPalette.ColorRole.WindowText
        edge = self.palette().color(role)
        painter.setPen(QPen(QColor(235, 235, 235), 1.5))
        painter.drawLine(QPointF(x, ground.top()), QPointF(x, ground.bottom()))
        painter.setPen(QPen(edge, 2 if is_active else 1))
        painter.setBrush(QColor(Qt.GlobalColor.white if is_high else Qt.GlobalColor.black))
        half = _HANDLE_PX / 2
        painter.drawPolygon(QPolygonF([QPointF(x, ground.bottom()), QPointF(x + half, ground.bottom() + _HANDLE_PX - 1),
                                       QPointF(x - half, ground.bottom() + _HANDLE_PX - 1)]))

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT_PX)
