"""How one cell of a grid of pictures looks, in light and dark palettes."""

from __future__ import annotations

from dataclasses import dataclass

from AnyQt.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from AnyQt.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPixmap

from .thumbnail_entries import Entry

PADDING_PX = 8
_CAPTION_GAP_PX = 5
_ROUND_PX = 6.0


@dataclass(frozen=True)
class CellState:
    """How a cell stands out."""

    selected: bool = False
    current: bool = False
    hovered: bool = False


class CellPainter:
    """Draws thumbnail and caption of cells that all have one size."""

    def __init__(self, palette: QPalette, metrics: QFontMetrics, thumbnail_px: int) -> None:
        self._metrics = metrics
        self._thumbnail_px = thumbnail_px
        self._text = palette.color(QPalette.ColorRole.Text)
        self._highlight = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Highlight)
        self._fill = _faded(self._highlight, 70)
        self._hover = _faded(self._text, 16)
        self._edge = _faded(self._text, 46)
        self._blank = _faded(self._text, 22)
        self._faint = _faded(self._text, 120)

    @property
    def cell_size(self) -> QSize:
        """Of one cell, its padding included."""
        height = self._thumbnail_px + _CAPTION_GAP_PX + self._metrics.height()
        return QSize(self._thumbnail_px + 2 * PADDING_PX, height + 2 * PADDING_PX - 2)

    def paint(self, painter: QPainter, cell: QRect, caption: str, entry: Entry | None,
              state: CellState) -> None:
        """Draw one cell; no entry means that the picture is still being read."""
        self._paint_ground(painter, cell, state)
        place = QRect(cell.left() + PADDING_PX, cell.top() + PADDING_PX,
                      self._thumbnail_px, self._thumbnail_px)
        if entry is not None and entry.pixmap is not None:
            self._paint_picture(painter, place, entry.pixmap)
        else:
            self._paint_blank(painter, place, broken=entry is not None)
        self._paint_caption(painter, cell, caption)

    def _paint_ground(self, painter: QPainter, cell: QRect, state: CellState) -> None:
        if not (state.selected or state.current or state.hovered):
            return
        pen = QPen(Qt.PenStyle.NoPen)
        if state.selected:
            pen = QPen(self._highlight, 2)
        elif state.current:
            pen = QPen(self._faint, 1, Qt.PenStyle.DotLine)
        painter.setPen(pen)
        plain = self._hover if state.hovered else QColor(Qt.GlobalColor.transparent)
        painter.setBrush(self._fill if state.selected else plain)
        painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -1, -1), _ROUND_PX, _ROUND_PX)

    def _paint_picture(self, painter: QPainter, place: QRect, pixmap: QPixmap) -> None:
        target = fitted(pixmap.size(), place)
        painter.drawPixmap(target, pixmap)
        painter.setPen(QPen(self._edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(target).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_blank(self, painter: QPainter, place: QRect, *, broken: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._blank)
        painter.drawRoundedRect(QRectF(place), _ROUND_PX, _ROUND_PX)
        if broken:
            paint_broken(painter, QRectF(place), self._faint)

    def _paint_caption(self, painter: QPainter, cell: QRect, caption: str) -> None:
        place = QRect(cell.left() + PADDING_PX,
                      cell.top() + PADDING_PX + self._thumbnail_px + _CAPTION_GAP_PX,
                      self._thumbnail_px, self._metrics.height())
        shown = self._metrics.elidedText(
            caption, Qt.TextElideMode.ElideMiddle, self._thumbnail_px, 0)
        painter.setPen(self._text)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
                                    | Qt.TextFlag.TextSingleLine), shown)


def fitted(size: QSize, place: QRect) -> QRect:
    """The largest rectangle of a picture's shape in the middle of a place."""
    shape = QSizeF(size).scaled(QSizeF(place.size()), Qt.AspectRatioMode.KeepAspectRatio)
    width, height = max(1, round(shape.width())), max(1, round(shape.height()))
    return QRect(place.left() + (place.width() - width) // 2,
                 place.top() + (place.height() - height) // 2, width, height)


def paint_broken(painter: QPainter, place: QRectF, color: QColor) -> None:
    """A frame torn by a zigzag: the sign for a picture that cannot be read."""
    side = min(place.width(), place.height()) * 0.42
    box = QRectF(place.center().x() - side / 2, place.center().y() - side * 0.4,
                 side, side * 0.8)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, max(1.5, side / 22)))
    painter.drawRoundedRect(box, 3, 3)
    steps = 6
    points = [QPointF(box.left() + box.width() * (0.5 + (0.09 if step % 2 else -0.09)),
                      box.top() + box.height() * step / steps) for step in range(steps + 1)]
    painter.drawPolyline(points)


def _faded(color: QColor, alpha: int) -> QColor:
    color = QColor(color)
    color.setAlpha(alpha)
    return color
