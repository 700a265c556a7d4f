"""A plane of pictures to move over and to look into: drawing, moving, zooming.

What is in sight and a margin around it are drawn once, as a layer; moving only shifts the layer. It is drawn again
when the margin is used up, at another scale, and when other points or looks come. Pictures that were read in the
meantime are drawn into it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from AnyQt.QtGui import QImage, QPainter
from AnyQt.QtWidgets import QSizePolicy, QWidget
from numpy.typing import NDArray

from .map_axes import MapAxes
from .map_overview import MapOverview
from .map_painter import MapLook, MapPainter, paint_tiles
from .map_scene import MapPoints, MapScene, Tiles
from .row_items import RowItems
from .thumbnail_entries import Entry, step_px
from .thumbnails import Thumbnails

_LAYER_MARGIN_PX = 160
_CORNER_PX = 10
_MARGIN_PX = 14
_STEP = 1.25
_MOST_ASIDE = 0.4
_NO_POINTS = MapPoints(np.empty((0, 2)), np.empty((0, 4), np.uint8))


class MapView(QWidget):
    """Pictures at their places.

    Attributes:
        items: the picture of each row; empty where there are no pictures.
        scene: the points.
        axes: what is in sight.
        selected: (n,) bool, the chosen rows.
        message: what is said where there is nothing to show.
        left_px: of the window's left, where something else is; the whole map is shown beside it.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.items = RowItems()
        self.scene = MapScene(_NO_POINTS)
        self.selected = np.zeros(0, bool)
        self.look = MapLook()
        self.message = ""
        self.left_px = 0
        self.axes = self._fitting = MapAxes()
        self._layer: QImage | None = None
        self._layer_axes = self.axes
        self._asking = QTimer(self, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        thumbnails.changed.connect(self._on_thumbnails)
        self.overview = MapOverview(self)
        self.overview.chosen.connect(self.go_to)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Map of pictures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._new_painter()

    def set_points(self, points: MapPoints, items: RowItems, *, keep_view: bool = False) -> None:
        """Show other points, all of them unless the view is to be kept and is not of all.

        The selection stays where there are as many rows as before; else it is empty.
        """
        was_whole = self.is_whole
        self.items = items
        self.scene = MapScene(points)
        if len(self.selected) != len(points.places):
            self.selected = np.zeros(len(points.places), bool)
        self._fit()
        if not keep_view or was_whole:
            self.axes = self._fitting
        self._show_overview()
        self.redraw()

    def set_look(self, look: MapLook) -> None:
        """Other sizes, or dots in place of pictures."""
        was_fitting = self.axes == self._fitting
        self.look = look
        self.scene.level = None
        self._fit()
        if was_fitting:
            self.axes = self._fitting
        self.redraw()

    @property
    def is_whole(self) -> bool:
        """Whether all of the map is in sight."""
        return self.axes.shows_all(self.scene.bounds)

    def show_all(self) -> None:
        """Everything in the middle of the window."""
        self._look_at(self._fitting)

    def go_to(self, x: float, y: float) -> None:
        """A point of the map in the middle of the window."""
        self._look_at(self.axes.centered(x, y))

    def move_by(self, right_px: float, down_px: float) -> None:
        """Shift the map below the window."""
        self._look_at(self.axes.moved(right_px, down_px))

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Look nearer, or from farther away, around a pixel of the window; by default its middle."""
        self._look_at(self.axes.zoomed(factor, at or (self.width() / 2, self.height() / 2), self._fitting))

    def redraw(self) -> None:
        """Draw everything anew when it is shown next."""
        self._layer = None
        self.update()

    def tiles(self) -> Tiles:
        """The pictures on the layer, as pixels of the window."""
        self._draw_layer()
        moved = np.array(self._offset())
        return replace(self._tiles, corners=self._tiles.corners + moved)

    def entry(self, row: int) -> Entry | None:
        """What is known of a row's picture; None while it is being read."""
        reason = self.items.reasons[row]
        return Entry(0, reason=reason) if reason else self.thumbnails.find(self.items.paths[row])

    def _fit(self) -> None:
        """Find out how all is in sight, pictures at the edge too."""
        margin_px = _MARGIN_PX + (self.look.side_px if self.look.shown != "Dots" and len(self.items) else 0)
        left_px = self.left_px if self.left_px < self.width() * _MOST_ASIDE else 0
        self._fitting = MapAxes.fitting(self.width(), self.height(), self.scene.bounds, margin_px, left_px)

    def _look_at(self, axes: MapAxes) -> None:
        if axes.scale != self.axes.scale:
            self._layer = None
        self.axes = axes
        self.overview.show_part(axes, self.is_whole)
        self.update()

    def _offset(self) -> tuple[int, int]:
        """Where the layer's corner is on the window, in pixels."""
        drawn, now = self._layer_axes, self.axes
        return (round((drawn.x - now.x) * now.scale + (now.width - drawn.width) / 2),
                round((now.y - drawn.y) * now.scale + (now.height - drawn.height) / 2))

    def _draw_layer(self) -> None:
        if self._layer is not None and max(map(abs, np.add(self._offset(), _LAYER_MARGIN_PX))) <= _LAYER_MARGIN_PX:
            return
        self._layer_axes = axes = self.axes.widened(_LAYER_MARGIN_PX)
        self._layer = self._painter.new_layer(axes.width, axes.height)
        shown = self.look.shown if len(self.items) else "Dots"
        if shown != "Pictures":
            self._painter.paint_dots(self._layer, self.scene, axes, self.selected, self.look)
        self._tiles = self.scene.tiles(axes, self.look.side_px, shown)
        self._paint_tiles()
        self._asking.start()

    def _paint_tiles(self, only: NDArray[np.int64] | None = None) -> None:
        """Draw pictures on the layer: all of them, or those of some tiles."""
        if not len(self._tiles.rows):
            return
        painter = QPainter(self._layer)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        entries = [self.entry(row) for row in self._tiles.rows.tolist()]
        shares = self.scene.chosen_shares(self.selected)
        paint_tiles(painter, self._painter, self.scene, self._tiles, entries, shares, self.look.opacity, only)
        painter.end()

    def _ask(self) -> None:
        """Request the pictures on the layer, those in the middle first."""
        if not self.isVisible() or self._layer is None:
            return
        middle = np.array([self._layer_axes.width, self._layer_axes.height]) / 2
        away = ((self._tiles.corners + self.look.side_px / 2 - middle) ** 2).sum(axis=1)
        near = self._tiles.rows[np.argsort(away)].tolist()
        wanted_px = self.look.side_px * self.devicePixelRatioF()
        self.thumbnails.request((self.items.paths[row] for row in near if not self.items.reasons[row]),
                                step_px(wanted_px))

    def _on_thumbnails(self, paths: set[str]) -> None:
        if self._layer is None:
            return
        fresh = [tile for tile, row in enumerate(self._tiles.rows.tolist()) if self.items.paths[row] in paths]
        if not fresh:
            return
        if self.look.opacity < 1 or self.scene.points.subset is not None:
            self.redraw()  # what lies below would show through twice
        else:
            self._paint_tiles(np.array(fresh))
            self.update()

    def _show_overview(self) -> None:
        self.overview.show_scene(self.scene, self._painter)
        self.overview.show_part(self.axes, self.is_whole)

    def _new_painter(self) -> None:
        self._painter = MapPainter(self.palette(), self.font(), self.devicePixelRatioF())
        self._show_overview()
        self.redraw()

    def paintEvent(self, event: QEvent) -> None:
        if self._painter.ratio != self.devicePixelRatioF():
            self._new_painter()
        painter = QPainter(self)
        if len(self.scene.rows):
            self._draw_layer()
            painter.drawImage(QPoint(*self._offset()), self._layer)
        else:
            painter.fillRect(self.rect(), self._painter.ground)
            painter.setPen(self._painter.text)
            painter.drawText(self.rect().adjusted(40, 0, -40, 0),
                             int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.message)
        self.paint_over(painter)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """Draw what lies over the map; for those who inherit."""

    def wheelEvent(self, event: QEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        at = event.position()
        self.zoom(_STEP ** (turned / 120), (at.x(), at.y()))
        event.accept()

    def keyPressEvent(self, event: QEvent) -> None:
        step = min(self.width(), self.height()) / 6
        moves = {Qt.Key.Key_Left: (step, 0), Qt.Key.Key_Right: (-step, 0), Qt.Key.Key_Up: (0, step),
                 Qt.Key.Key_Down: (0, -step)}
        if event.key() in moves:
            self.move_by(*moves[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_STEP)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom(1 / _STEP)
        elif event.key() in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_all()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        was_fitting = self.axes == self._fitting
        self._fit()
        self.axes = self._fitting if was_fitting else self.axes.resized(self.width(), self.height())
        area = QRect(QPoint(0, 0), self.overview.size())
        area.moveBottomRight(self.rect().bottomRight() - QPoint(_CORNER_PX, _CORNER_PX))
        self.overview.setGeometry(area)
        self.overview.show_part(self.axes, self.is_whole)
        self.redraw()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._asking.start()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self.thumbnails.request((), 0)  # nobody waits for what nobody sees

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._new_painter()

    def sizeHint(self) -> QSize:
        return QSize(760, 600)
