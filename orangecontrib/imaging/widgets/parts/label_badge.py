"""The sign of a label on a picture: its number on its color."""

from __future__ import annotations

from AnyQt.QtCore import QPointF, QRectF, Qt
from AnyQt.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ...core.hand_labels import Label

_INSET_PX = 3.0
_ROUND_PX = 4.0
_FRAME_PX = 3.0
_NAME_PX = 240.0
_DARK, _BRIGHT = QColor("#000000"), QColor("#ffffff")
_BRIGHT_ENOUGH = 0.179  # from there on black has more contrast than white: (l + 0.05)² = 1.05 × 0.05


def paint_label(painter: QPainter, place: QRectF, label: Label) -> None:
    """Draw a label's frame around a picture, and its sign in the upper left corner."""
    painter.setPen(QPen(QColor(label.color), _FRAME_PX))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    beyond = _FRAME_PX / 2
    painter.drawRoundedRect(place.adjusted(-beyond, -beyond, beyond, beyond), _ROUND_PX, _ROUND_PX)
    paint_badge(painter, place.topLeft(), label)


def paint_badge(painter: QPainter, corner: QPointF, label: Label, *, is_named: bool = False) -> QRectF:
    """Draw a label's sign with the painter's font; gives its place.

    Args:
        corner: the upper left one of the picture.
        is_named: whether there is room for the label's name.
    """
    metrics = QFontMetricsF(painter.font())
    text = f"{label.number}  {metrics.elidedText(label.name, Qt.TextElideMode.ElideRight, _NAME_PX)}" if is_named else (
        str(label.number))
    height = metrics.height() + 1
    width = max(height, metrics.horizontalAdvance(text) + 8)
    place = QRectF(corner.x() + _INSET_PX, corner.y() + _INSET_PX, width, height)
    ground = QColor(label.color)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(text_color(ground), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(place, _ROUND_PX, _ROUND_PX)
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine), text)
    painter.restore()
    return place


def text_color(ground: QColor) -> QColor:
    """Black or white, whichever is read better on a color: by relative luminance, as WCAG 2.1 defines it."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
              for value in (ground.redF(), ground.greenF(), ground.blueF())]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _DARK if luminance > _BRIGHT_ENOUGH else _BRIGHT
