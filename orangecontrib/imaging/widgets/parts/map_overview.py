"""A small map of the whole in a corner: where the part in sight lies; a click goes there."""

from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QEvent, QRectF, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QImage, QPainter, QPen
from AnyQt.QtWidgets import QWidget

from ...core.dots import draw_dots
from .map_axes import MapAxes
from .map_painter import MapPainter
from .map_scene import MapScene

SIZE = QSize(168, 132)
_SPACE_PX = 8


class MapOverview(QWidget):
    """The dots of the whole map, and a frame around what is in sight."""

    #: a point of the map (x, y) that is to be in the middle
    chosen = Signal(float, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, accessibleName="Overview of the map", toolTip="The whole map. Click to go there.")
        self.resize(SIZE)
        self._scene: MapScene | None = None
        self._dots: QImage | None = None
        self._axes = self._seen = MapAxes()
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.hide()

    def show_scene(self, scene: MapScene, painter: MapPainter) -> None:
        """Show the points of a map, in its colors; they are drawn when the overview is seen."""
        self._scene, self._painter, self._dots = scene, painter, None
        self.update()

    def show_part(self, axes: MapAxes, is_whole: bool) -> None:
        """What is in sight now; where that is all, the overview goes."""
        self._seen = axes
        self.setVisible(not is_whole and self._scene is not None)
        self.update()

    def mousePressEvent(self, event: QEvent) -> None:
        self._choose(event)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        event.accept()

    def _choose(self, event: QEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            [(x, y)] = self._axes.to_map(np.array([(event.pos().x(), event.pos().y())], float))
            self.chosen.emit(float(x), float(y))

    def _draw(self) -> None:
        """Draw the dots, once."""
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        self._axes = MapAxes.fitting(self.width(), self.height(), self._scene.bounds, _SPACE_PX)
        pixels = np.zeros((height, width), np.uint32)
        centers = self._axes.to_window(self._scene.places) * ratio
        draw_dots(pixels, centers, self._painter.colors(self._scene), 0.9 * ratio, 0.8)
        self._dots = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
        self._dots.setDevicePixelRatio(ratio)

    def paintEvent(self, event: QEvent) -> None:
        if self._dots is None:
            self._draw()
        painter = QPainter(self)
        ground, text = QColor(self._painter.ground), self.palette().color(self.foregroundRole())
        ground.setAlpha(248)
        painter.fillRect(self.rect(), ground)
        painter.drawImage(0, 0, self._dots)
        edge = QColor(text)
        edge.setAlpha(90)
        painter.setPen(QPen(edge, 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        corners = self._seen.to_map(np.array([(0, 0), (self._seen.width, self._seen.height)], float))
        (left, top), (right, bottom) = self._axes.to_window(corners)
        area = QRectF(left, top, max(3.0, right - left), max(3.0, bottom - top))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = self.palette().color(self.palette().ColorRole.Highlight)
        painter.setPen(QPen(tint, 2))
        tint.setAlpha(40)
        painter.setBrush(tint)
        painter.drawRect(area.intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1)))
        painter.end()
