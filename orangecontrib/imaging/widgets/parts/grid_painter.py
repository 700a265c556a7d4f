"""How one cell of a grid of pictures looks, in light and dark palettes."""

from __future__ import annotations

from dataclasses import dataclass

from AnyQt.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from AnyQt.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPixmap

from ...core.hand_labels import Label
from .label_badge import paint_label
from .picture_items import Group, PictureItem
from .thumbnail_entries import Entry

PADDING_PX = 8
_CAPTION_GAP_PX = 5
_ROUND_PX = 6.0
_FRAME_PX = 3.0
_DIMMED = 0.25


@dataclass(frozen=True)
class CellState:
    """How a cell stands out.

    Attributes:
        frame: the color of a frame around its picture; None for no frame.
        dimmed: whether it stands back.
        label: that was put on it by hand; its frame takes the place of the other one.
    """

    selected: bool = False
    current: bool = False
    hovered: bool = False
    frame: QColor | None = None
    dimmed: bool = False
    label: Label | None = None


class CellPainter:
    """Draws thumbnails and captions of cells that all have one size, and the headings of groups."""

    def __init__(self, palette: QPalette, metrics: QFontMetrics, thumbnail_px: int, caption_lines: int = 1) -> None:
        self._metrics = metrics
        self._thumbnail_px = thumbnail_px
        self._caption_lines = caption_lines
        self._base = palette.color(QPalette.ColorRole.Base)
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
        height = self._thumbnail_px + _CAPTION_GAP_PX + self._caption_lines * self._metrics.height()
        return QSize(self._thumbnail_px + 2 * PADDING_PX, height + 2 * PADDING_PX - 2)

    @property
    def heading_height(self) -> int:
        """Of a group's heading, with the space around it."""
        return self._metrics.height() + 2 * PADDING_PX

    def paint(self, painter: QPainter, cell: QRect, item: PictureItem, entry: Entry | None,
              state: CellState) -> None:
        """Draw one cell; no entry means that the picture is still being read."""
        self._paint_ground(painter, cell, state)
        painter.setOpacity(_DIMMED if state.dimmed else 1.0)
        place = QRect(cell.left() + PADDING_PX, cell.top() + PADDING_PX,
                      self._thumbnail_px, self._thumbnail_px)
        shown = place
        if entry is not None and entry.pixmap is not None:
            shown = self._paint_picture(painter, place, entry.pixmap)
        else:
            self._paint_blank(painter, place, broken=entry is not None)
        if state.label is not None:
            paint_label(painter, QRectF(shown), state.label)
        elif state.frame is not None:
            painter.setPen(QPen(state.frame, _FRAME_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            out = _FRAME_PX / 2
            painter.drawRoundedRect(QRectF(shown).adjusted(-out, -out, out, out), _FRAME_PX, _FRAME_PX)
        self._paint_caption(painter, cell, item)
        painter.setOpacity(1.0)

    def paint_heading(self, painter: QPainter, place: QRect, group: Group) -> None:
        """Draw the heading of a group, over what lies there."""
        painter.fillRect(place, self._base)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        text = place.adjusted(2 * PADDING_PX, 0, -2 * PADDING_PX, 0)
        count = f"{group.count:,}"
        bold = QFontMetrics(font)
        room = text.width() - bold.horizontalAdvance(count) - 2 * PADDING_PX
        title = bold.elidedText(group.title, Qt.TextElideMode.ElideMiddle, room)
        painter.setPen(self._text)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), title)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self._faint)
        after = text.adjusted(bold.horizontalAdvance(title) + PADDING_PX, 0, 0, 0)
        painter.drawText(after, int(Qt.AlignmentFlag.AlignVCenter), count)
        painter.setPen(QPen(self._edge, 1))
        painter.drawLine(text.left(), place.bottom() - 1, text.right(), place.bottom() - 1)

    def paint_hint(self, painter: QPainter, place: QRect, text: str) -> None:
        """Write in the middle of a place without pictures."""
        painter.setPen(self._faint)
        painter.drawText(place.adjusted(24, 24, -24, -24),
                         int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)

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

    def _paint_picture(self, painter: QPainter, place: QRect, pixmap: QPixmap) -> QRect:
        target = fitted(pixmap.size(), place)
        painter.drawPixmap(target, pixmap)
        painter.setPen(QPen(self._edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(target).adjusted(0.5, 0.5, -0.5, -0.5))
        return target

    def _paint_blank(self, painter: QPainter, place: QRect, *, broken: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._blank)
        painter.drawRoundedRect(QRectF(place), _ROUND_PX, _ROUND_PX)
        if broken:
            paint_broken(painter, QRectF(place), self._faint)

    def _paint_caption(self, painter: QPainter, cell: QRect, item: PictureItem) -> None:
        place = QRect(cell.left() + PADDING_PX,
                      cell.top() + PADDING_PX + self._thumbnail_px + _CAPTION_GAP_PX,
                      self._thumbnail_px, self._metrics.height())
        painter.setPen(self._text)
        for line in (item.caption, *item.more):
            shown = self._metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, self._thumbnail_px, 0)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
                                        | Qt.TextFlag.TextSingleLine), shown)
            place.translate(0, self._metrics.height())
            painter.setPen(self._faint)


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
