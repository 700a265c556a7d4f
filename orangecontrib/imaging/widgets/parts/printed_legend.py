"""What the colors of a sheet mean, in lines below its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from AnyQt.QtCore import QPointF, QRectF
from AnyQt.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

_MOST = 30
_TEXT_PX = 38  # 9 points at 300 dots an inch
_LINE_PX = 54
_SIGN_PX = 28
_GAP_PX = 14
_INK = QColor(0, 0, 0)


@dataclass(frozen=True)
class Legend:
    """Names and their colors, as red, green and blue, 0 to 255; of more than thirty, the first are printed."""

    title: str
    entries: Sequence[tuple[str, tuple[int, int, int]]]


def legend_height_px(legend: Legend | None, width_px: int) -> int:
    """What its lines take below pictures of this width; 0 for none."""
    if legend is None or not legend.entries:
        return 0
    return _GAP_PX + _LINE_PX * (1 + max(line for *_, line in _placed(legend, width_px)))


def paint_legend(painter: QPainter, legend: Legend, top_px: float, width_px: int) -> None:
    """Write it in lines from `top_px` down, as wide as the sheet."""
    painter.setPen(QPen(_INK))
    for number, (text, color, left, line) in enumerate(_placed(legend, width_px)):
        middle = top_px + _GAP_PX + _LINE_PX * (line + 0.5)
        if color is not None:
            painter.fillRect(QRectF(left, middle - _SIGN_PX / 2, _SIGN_PX, _SIGN_PX), QColor(*color))
        font = _font(is_title=number == 0)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.drawText(QPointF(left + _sign_px(color), middle + (metrics.ascent() - metrics.descent()) / 2), text)


def _placed(legend: Legend, width_px: int) -> Iterator[tuple[str, tuple[int, int, int] | None, float, int]]:
    """Text, color, left edge and line of each part."""
    others = len(legend.entries) - _MOST
    parts = [(legend.title, None), *legend.entries[:_MOST], *([(f"and {others} more", None)] if others > 0 else [])]
    left, line = 0.0, 0
    for number, (text, color) in enumerate(parts):
        width = _sign_px(color) + QFontMetricsF(_font(is_title=number == 0)).horizontalAdvance(text)
        if left and left + width > width_px:
            left, line = 0.0, line + 1
        yield text, color, left, line
        left += width + 2 * _GAP_PX


def _sign_px(color: tuple[int, int, int] | None) -> int:
    """What its square takes, left of the text."""
    return _SIGN_PX + _GAP_PX if color is not None else 0


def _font(*, is_title: bool) -> QFont:
    font = QFont()
    font.setPixelSize(_TEXT_PX)
    font.setBold(is_title)
    return font
