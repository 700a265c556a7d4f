"""What a view shows, kept as one picture that is drawn bit by bit: a grid of thousands never holds the window up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter

from AnyQt.QtCore import QRectF, QSize, Qt
from AnyQt.QtGui import QColor, QPainter, QPixmap


class CellLayer:
    """A pixmap of a view's size, and the cells of it that are still to be drawn."""

    def __init__(self) -> None:
        self.pixmap = QPixmap()
        self._waiting: deque[int] = deque()
        self._is_waiting: set[int] = set()

    @property
    def is_complete(self) -> bool:
        """Whether all cells are drawn."""
        return not self._waiting

    def renew(self, size: QSize, ratio: float, ground: QColor, moved_to: QRectF | None) -> None:
        """Begin again; what was shown before stays, at `moved_to` (logical pixels of the view), until cells are drawn.

        Args:
            size: of the view, in logical pixels.
            ratio: device pixels in a logical one.
            ground: what is behind the cells.
            moved_to: where the whole of the view before lies now; None for nowhere.
        """
        pixels = size * ratio
        fresh = QPixmap(pixels.width(), pixels.height())
        fresh.setDevicePixelRatio(ratio)
        fresh.fill(ground)
        if moved_to is not None and not self.pixmap.isNull():
            painter = QPainter(fresh)
            painter.drawPixmap(moved_to, self.pixmap, QRectF(self.pixmap.rect()))
            painter.end()
        self.pixmap = fresh
        self._waiting.clear()
        self._is_waiting.clear()

    def ask(self, cells: Iterable[int]) -> None:
        """These cells are to be drawn, in this order, after those that wait."""
        fresh = [cell for cell in cells if cell not in self._is_waiting]
        self._waiting.extend(fresh)
        self._is_waiting.update(fresh)

    def draw_some(self, budget_s: float, draw: Callable[[QPainter, int], None]) -> None:
        """Draw cells that wait, for so many seconds; at least one."""
        if not self._waiting or self.pixmap.isNull():
            return
        end = perf_counter() + budget_s
        painter = QPainter(self.pixmap)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        while self._waiting:
            cell = self._waiting.popleft()
            self._is_waiting.discard(cell)
            draw(painter, cell)
            if perf_counter() >= end:
                break
        painter.end()


def scaled_to(pixmap: QPixmap, size: QSize) -> QPixmap:
    """A pixmap made smaller without losing fine detail, or left as it is; sizes in device pixels."""
    if size.width() >= pixmap.width() or size.height() >= pixmap.height():
        return pixmap
    return pixmap.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
