"""One line of text that gives way where there is no room for it."""

from __future__ import annotations

from AnyQt.QtCore import QEvent, QSize, Qt
from AnyQt.QtGui import QPainter
from AnyQt.QtWidgets import QLabel, QSizePolicy

from .text_label import plain_tip


class ElidedLabel(QLabel):
    """A label whose text is cut at its end; the tooltip has it all."""

    def __init__(self, alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText,
                         alignment=alignment | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(20, super().minimumSizeHint().height())

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment()), text)
        painter.end()
