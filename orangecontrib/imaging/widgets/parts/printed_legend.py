"""What the colors of a sheet mean, in lines below its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from AnyQt.QtCore import QPointF, QRectF, Qt
from AnyQt.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from .color_legend import Color, Legend, shown_entries

_TEXT_PX = 38  # 9 points at 300 dots an inch
_LINE_PX = 54
_SIGN_PX = 28
_GAP_PX = 14
_INK = QColor(0, 0, 0)
_Part = tuple[str, Color | None, QFont]  # text, color and font


def legend_width_px(legend: Legend | None) -> int:
    """What its widest part takes; 0 for none."""
    if legend is None or not legend.entries:
        return 0
    return ceil(max(_part_px(text, color, font) for text, color, font in _parts(legend)))


def legend_height_px(legend: Legend | None, width_px: int) -> int:
    """What its lines take below pictures of this width; 0 for none."""
    if legend is None or not legend.entries:
        return 0
    return _GAP_PX + _LINE_PX * (1 + max(line for _, _, line in _placed(legend, width_px)))


def paint_legend(painter: QPainter, legend: Legend, top_px: float, width_px: int) -> None:
    """Write it in lines from `top_px` down, as wide as the sheet; what is wider is shortened in its middle."""
    painter.setPen(QPen(_INK))
    for (text, color, font), left, line in _placed(legend, width_px):
        middle = top_px + _GAP_PX + _LINE_PX * (line + 0.5)
        if color is not None:
            painter.fillRect(QRectF(left, middle - _SIGN_PX / 2, _SIGN_PX, _SIGN_PX), QColor(*color))
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width_px - _sign_px(color))
        painter.drawText(QPointF(left + _sign_px(color), middle + (metrics.ascent() - metrics.descent()) / 2), shown)


def _placed(legend: Legend, width_px: int) -> Iterator[tuple[_Part, float, int]]:
    """Each part, its left edge and its line."""
    left, line = 0.0, 0
    for part in _parts(legend):
        width = _part_px(*part)
        if left and left + width > width_px:
            left, line = 0.0, line + 1
        yield part, left, line
        left += width + 2 * _GAP_PX


def _parts(legend: Legend) -> list[_Part]:
    return [(legend.title, None, _font(is_title=True)),
            *((text, color, _font(is_title=False)) for text, color in shown_entries(legend.entries))]


def _part_px(text: str, color: Color | None, font: QFont) -> float:
    return _sign_px(color) + QFontMetricsF(font).horizontalAdvance(text)


def _sign_px(color: Color | None) -> int:
    """What its square takes, left of the text."""
    return _SIGN_PX + _GAP_PX if color is not None else 0


def _font(*, is_title: bool) -> QFont:
    font = QFont()
    font.setPixelSize(_TEXT_PX)
    font.setBold(is_title)
    return font
