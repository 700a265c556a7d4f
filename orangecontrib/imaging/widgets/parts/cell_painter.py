"""How one cell of a grid of pictures without gaps looks, on screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass

from AnyQt.QtCore import QRect, QRectF, QSize, Qt
from AnyQt.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPixmap

from .cell_layer import scaled_to
from .grid_painter import fitted, paint_broken

_SIGN_FROM_PX = 22
FADED = 0.22


@dataclass(frozen=True)
class CellLook:
    """What a cell shows.

    Attributes:
        pixmap: its picture; None while there is none.
        is_broken: it cannot be read.
        caption: below it.
        frame: the color around it.
        is_faded: it stands back behind others.
    """

    pixmap: QPixmap | None = None
    is_broken: bool = False
    caption: str = ""
    frame: QColor | None = None
    is_faded: bool = False


@dataclass(frozen=True)
class CellPainter:
    """Draws cells.

    Attributes:
        palette: its base is behind the cells, its text color above them.
        metrics: of the captions' font.
        is_filled: pictures are cut to squares; else they are shown whole.
        ratio: device pixels in a logical one.
    """

    palette: QPalette
    metrics: QFontMetrics
    is_filled: bool = False
    ratio: float = 1.0

    def paint(self, painter: QPainter, cell: QRect, side: int, look: CellLook) -> None:
        """Draw one cell, over whatever was there."""
        painter.setOpacity(1.0)
        painter.fillRect(cell, self.palette.color(QPalette.ColorRole.Base))
        painter.setOpacity(FADED if look.is_faded else 1.0)
        square = QRect(cell.left(), cell.top(), side, side)
        place = self._paint_frame(painter, square, look.frame)
        if look.pixmap is not None:
            self._paint_picture(painter, place, look.pixmap)
        else:
            self.paint_blank(painter, place, alpha=22, is_broken=look.is_broken)
        if look.caption and cell.height() > side:
            self._paint_caption(painter, QRect(cell.left(), square.bottom() + 1, side, cell.height() - side),
                                look.caption)
        painter.setOpacity(1.0)

    def paint_empty(self, painter: QPainter, cell: QRect, side: int) -> None:
        """Draw a cell without a picture, over whatever was there."""
        painter.fillRect(cell, self.palette.color(QPalette.ColorRole.Base))
        square = QRect(cell.left(), cell.top(), side, side)
        self.paint_blank(painter, square.adjusted(*inset(margin_px(side))), alpha=9)

    def paint_blank(self, painter: QPainter, place: QRect, alpha: int, *, is_broken: bool = False) -> None:
        """Draw a field for a picture that is not there."""
        color = QColor(self.palette.color(QPalette.ColorRole.Text))
        color.setAlpha(alpha * (2 if is_broken else 1))
        painter.fillRect(place, color)
        if is_broken and place.width() >= _SIGN_FROM_PX:
            color.setAlpha(120)
            paint_broken(painter, QRectF(place), color)

    def _paint_frame(self, painter: QPainter, square: QRect, color: QColor | None) -> QRect:
        """Draw a frame if there is one; where the picture goes."""
        margin = margin_px(square.width())
        outer = square.adjusted(*inset(margin))
        if color is None:
            return outer
        painter.fillRect(outer, color)
        return outer.adjusted(*inset(frame_px(square.width())))

    def _paint_picture(self, painter: QPainter, place: QRect, pixmap: QPixmap) -> None:
        if self.is_filled:
            least = min(pixmap.width(), pixmap.height())
            pixmap = pixmap.copy((pixmap.width() - least) // 2, (pixmap.height() - least) // 2, least, least)
        target = fitted(pixmap.size(), place)
        if target != place:
            painter.fillRect(place, self.palette.color(QPalette.ColorRole.Base))
        size = QSize(round(target.width() * self.ratio), round(target.height() * self.ratio))
        painter.drawPixmap(target, scaled_to(pixmap, size))

    def _paint_caption(self, painter: QPainter, place: QRect, caption: str) -> None:
        shown = self.metrics.elidedText(caption, Qt.TextElideMode.ElideMiddle, place.width() - 4, 0)
        painter.setPen(QPen(self.palette.color(QPalette.ColorRole.Text)))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine), shown)


def margin_px(side: int) -> int:
    """Around the picture of a cell, on each side."""
    return 0 if side < 16 else 1 if side < 60 else 2 if side < 160 else 4


def frame_px(side: int) -> int:
    """Width of a frame in color."""
    return max(1, min(6, round(side / 18)))


def inset(by: int) -> tuple[int, int, int, int]:
    """What to adjust a rectangle by, to be smaller on each side."""
    return by, by, -by, -by
