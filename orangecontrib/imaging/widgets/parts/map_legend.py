"""What the colors of a map mean, in a corner of it."""

from __future__ import annotations

from AnyQt.QtCore import QEvent, QPoint, QRect, QRectF, Qt
from AnyQt.QtGui import QColor, QFontMetrics, QPainter
from AnyQt.QtWidgets import QWidget

from .color_legend import Color, Legend, shown_entries

_MOST = 14
_SPACE_PX = 8
_SIGN_PX = 11
_WIDEST_PX = 200
_GROUND_ALPHA = 200


class MapLegend(QWidget):
    """A title, and names with their colors; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, accessibleName="Legend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.title = ""
        self.entries: list[tuple[str, Color | None]] = []
        self.move(QPoint(10, 10))
        self.hide()

    def show_legend(self, legend: Legend | None) -> None:
        """Show names with their colors; none hide it."""
        self.title = legend.title if legend is not None else ""
        self.entries = shown_entries(legend.entries, _MOST) if legend is not None else []
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(text) for text, _ in self.entries), default=0) + 2 * _SIGN_PX
        bold = self.font()
        bold.setBold(True)
        width = min(_WIDEST_PX, max(widest, QFontMetrics(bold).horizontalAdvance(self.title) + 1))
        self.resize(width + 2 * _SPACE_PX, (len(self.entries) + 1) * self._line_px() + 2 * _SPACE_PX - 4)
        self.setVisible(bool(self.entries))
        self.update()

    def taken_px(self) -> int:
        """Of the map's left edge."""
        return self.geometry().right() + 1 if not self.isHidden() else 0

    def _line_px(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        ground, text = (QColor(palette.color(role)) for role in (palette.ColorRole.Base, palette.ColorRole.Text))
        ground.setAlpha(_GROUND_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), 5, 5)
        line = QRect(_SPACE_PX, _SPACE_PX - 2, self.width() - 2 * _SPACE_PX, self._line_px())
        self._write(painter, line, self.title, text, bold=True)
        for name, color in self.entries:
            line.translate(0, self._line_px())
            if color is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(*color))
                sign = QRectF(line.left(), line.center().y() - _SIGN_PX / 2 + 0.5, _SIGN_PX, _SIGN_PX)
                painter.drawEllipse(sign)
            self._write(painter, line.adjusted(_SIGN_PX + 7, 0, 0, 0), name, text)
        painter.end()

    def _write(self, painter: QPainter, place: QRect, text: str, color: QColor, bold: bool = False) -> None:
        font = painter.font()
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(color)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
                                    | Qt.TextFlag.TextSingleLine), shown)
