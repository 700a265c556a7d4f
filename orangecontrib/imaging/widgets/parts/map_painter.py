"""How a map looks: dots, and pictures with frames and counts, in light and dark palettes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from AnyQt.QtCore import QPointF, QRect, QRectF, QSize, Qt
from AnyQt.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPalette, QPen, QPixmap
from numpy.typing import NDArray

from ...core.dots import draw_dots
from .grid_painter import fitted, paint_broken
from .map_axes import MapAxes
from .map_scene import MapScene, Tiles
from .thumbnail_entries import Entry

#: how strongly rows are drawn that stand back
FADED = 0.15
_FEW_DOTS = 1000
_RING_PX = 2.0
#: the width of a frame in the color of its row
FRAME_PX = 3
# The frame of a selected picture, and the sign around it. What is between them tells one from the other where they
# have nearly the same color. All together are half of `map_scene.GAP_PX`.
_CHOSEN_FRAME_PX, _APART_PX, _SIGN_PX = 2, 1, 2
_SCALED_BYTES = 96 << 20


@dataclass(frozen=True)
class MapLook:
    """What the user chose of a map's looks.

    Attributes:
        side_px: of the square that a picture fits in.
        opacity: of dots and pictures, above 0, at most 1.
        shown: one of `map_scene.SHOWN`.
    """

    side_px: int = 48
    opacity: float = 1.0
    shown: str = "Both"

    def radius_px(self, count: int) -> float:
        """Of a dot, where there are so many: as large as pictures are, and smaller where they would hide each other."""
        crowding = min(1.0, (_FEW_DOTS / max(1, count)) ** 0.25)
        return max(1.0, self.side_px / (10 if self.shown == "Dots" else 15) * crowding)


class MapPainter:
    """Draws dots and pictures; remembers scaled pictures for the next time."""

    def __init__(self, palette: QPalette, font: QFont, ratio: float) -> None:
        self.ratio = ratio
        self.ground = palette.color(QPalette.ColorRole.Base)
        self.text = palette.color(QPalette.ColorRole.Text)
        self._font = QFont(font)
        self._font.setPixelSize(11)
        self._highlight = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Highlight)
        self._scaled: dict[tuple[int, int], QPixmap] = {}
        self._scaled_bytes = 0
        self.badge = lru_cache(1000)(self._draw_badge)

    def gray(self) -> NDArray[np.uint8]:
        """(3,) uint8: for rows without a color."""
        mixed = [(3 * one + 2 * other) // 5 for one, other in zip(self.text.getRgb()[:3], self.ground.getRgb()[:3])]
        return np.array(mixed, np.uint8)

    def colors(self, scene: MapScene) -> NDArray[np.uint8]:
        """(k, 3) uint8 RGB of the rows that have a place."""
        given = scene.points.colors[scene.rows]
        return np.where(given[:, 3:] > 0, given[:, :3], self.gray())

    def new_layer(self, width: int, height: int) -> QImage:
        """An empty image of so many logical pixels."""
        layer = QImage(round(width * self.ratio), round(height * self.ratio), QImage.Format.Format_RGB32)
        layer.setDevicePixelRatio(self.ratio)
        layer.fill(self.ground)
        return layer

    def paint_dots(self, layer: QImage, scene: MapScene, axes: MapAxes, selected: NDArray[np.bool_],
                   look: MapLook) -> None:
        """Draw all dots: rows that stand back first, the selected ones with a ring."""
        pixels = np.zeros((layer.height(), layer.width()), np.uint32)
        centers, colors = axes.to_window(scene.places) * self.ratio, self.colors(scene)
        subset, chosen = scene.points.subset, selected[scene.rows]
        outstanding = np.ones(len(centers), bool) if subset is None else subset[scene.rows]
        radius = look.radius_px(len(centers)) * self.ratio
        for group, opacity in ((~outstanding & ~chosen, look.opacity * FADED), (outstanding & ~chosen, look.opacity)):
            if group.any():
                draw_dots(pixels, centers[group], colors[group], radius, opacity)
        if chosen.any():
            ring = np.array([self._highlight.getRgb()[:3]], np.uint8)
            draw_dots(pixels, centers[chosen], ring, radius + _RING_PX * self.ratio)
            draw_dots(pixels, centers[chosen], colors[chosen], radius)
        image = QImage(pixels.data, layer.width(), layer.height(), 4 * layer.width(),
                       QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(self.ratio)
        painter = QPainter(layer)
        painter.drawImage(0, 0, image)
        painter.end()

    def paint_tile(self, painter: QPainter, place: QRect, entry: Entry | None, color: QColor | None,
                   count: int, chosen: float) -> None:
        """Draw one picture.

        Args:
            painter: on the layer.
            place: the square that it fits in.
            entry: None while it is being read.
            color: of its frame, or none.
            count: how many rows it stands for.
            chosen: the share of these that are selected.
        """
        pixmap = entry.pixmap if entry is not None else None
        target = fitted(pixmap.size(), place) if pixmap is not None else place
        self._paint_ground(painter, target, color, chosen)
        if pixmap is not None:
            painter.drawPixmap(target.topLeft(), self._fit(pixmap, target.size()))
        else:
            painter.fillRect(target, self._mixed(0.12))
            if entry is not None:
                paint_broken(painter, QRectF(target), self._mixed(0.55))
        if count > 1:
            badge = self.badge(count_text(count))
            size = badge.deviceIndependentSize() if hasattr(badge, "deviceIndependentSize") else (
                badge.size() / self.ratio)
            painter.drawPixmap(QPointF(target.right() + 2 - size.width(), target.bottom() + 2 - size.height()), badge)

    def _paint_ground(self, painter: QPainter, target: QRect, color: QColor | None, chosen: float) -> None:
        """The frame around a picture, and around that the sign of what is selected."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frame = FRAME_PX if color is not None else 1
        if chosen:
            frame = min(frame, _CHOSEN_FRAME_PX)
            line = Qt.PenStyle.SolidLine if chosen == 1 else Qt.PenStyle.DotLine
            self._paint_frame(painter, target, frame, _APART_PX, QPen(self.ground, _APART_PX))
            self._paint_frame(painter, target, frame + _APART_PX, _SIGN_PX, QPen(self._highlight, _SIGN_PX, line))
        self._paint_frame(painter, target, 0, frame, QPen(color or self._mixed(0.25), frame))

    @staticmethod
    def _paint_frame(painter: QPainter, target: QRect, away: int, wide: int, pen: QPen) -> None:
        """A frame so wide, so far away from a picture."""
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        by = away + wide / 2
        painter.drawRect(QRectF(target).adjusted(-by, -by, by, by))

    def _fit(self, pixmap: QPixmap, size: QSize) -> QPixmap:
        """A picture in this very size."""
        wanted = size * self.ratio
        key = pixmap.cacheKey(), wanted.width()
        if key not in self._scaled:
            if self._scaled_bytes > _SCALED_BYTES:
                self._scaled.clear()
                self._scaled_bytes = 0
            scaled = pixmap.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio,
                                   Qt.TransformationMode.SmoothTransformation)
            scaled.setDevicePixelRatio(self.ratio)
            self._scaled[key] = scaled
            self._scaled_bytes += 4 * wanted.width() * wanted.height()
        return self._scaled[key]

    def _mixed(self, share: float) -> QColor:
        """The ground with a share of the text's color."""
        pairs = zip(self.ground.getRgb()[:3], self.text.getRgb()[:3])
        return QColor(*(round(below * (1 - share) + above * share) for below, above in pairs))

    def _draw_badge(self, text: str) -> QPixmap:
        metrics = QFontMetrics(self._font)
        height = metrics.height() + 1
        width = max(height, metrics.horizontalAdvance(text) + 9)
        pixels = QSize(width, height) * self.ratio
        badge = QPixmap(pixels.width(), pixels.height())
        badge.setDevicePixelRatio(self.ratio)
        badge.fill(Qt.GlobalColor.transparent)
        painter = QPainter(badge)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(255, 255, 255, 190), 1))
        painter.setBrush(QColor(20, 20, 20, 215))
        painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), height / 2, height / 2)
        painter.setPen(QColor(255, 255, 255))
        painter.setFont(self._font)
        painter.drawText(QRectF(0, 0, width, height), int(Qt.AlignmentFlag.AlignCenter), text)
        painter.end()
        return badge


def paint_tiles(painter: QPainter, paint: MapPainter, scene: MapScene, tiles: Tiles, entries: list[Entry | None],
                shares: NDArray[np.float64], opacity: float, only: NDArray[np.int64] | None = None) -> None:
    """Draw the pictures in sight; `entries`: what is known of each; `shares`: as `MapScene.chosen_shares`."""
    points = scene.points
    for tile in range(len(tiles.rows)) if only is None else only.tolist():
        row = int(tiles.rows[tile])
        red, green, blue, alpha = points.colors[row].tolist()
        is_back = points.subset is not None and not points.subset[row]
        painter.setOpacity(opacity * (FADED if is_back else 1))
        paint.paint_tile(painter, tiles.rect(tile), entries[tile], QColor(red, green, blue) if alpha else None,
                         int(tiles.counts[tile]), float(shares[tiles.crowds[tile]]))
    painter.setOpacity(1)


def count_text(count: int) -> str:
    """A count for a small place: 999, 1.2k, 34k."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 9950 else f"{count / 1000:.0f}k"
