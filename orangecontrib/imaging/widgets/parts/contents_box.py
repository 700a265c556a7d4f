"""What is known of a source, name by name."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from .text_label import text_label

_WIDTH_PX = 250
_LINES = 6


class ContentsBox(QWidget):
    """Pairs of name and words; a sentence while there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._status = text_label(lines=_LINES, width_px=_WIDTH_PX)
        self._form = QFormLayout(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._items: list[tuple[str, str]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._status)
        layout.addLayout(self._form)

    @property
    def items(self) -> list[tuple[str, str]]:
        """What is shown."""
        return self._items

    def show_items(self, items: Sequence[tuple[str, str]]) -> None:
        """Show these instead of those before."""
        self._items = list(items)
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, words in items:
            told = QLabel(words, wordWrap=True, minimumWidth=_WIDTH_PX, textFormat=Qt.TextFormat.PlainText,
                          textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
            self._form.addRow(QLabel(f"{name}:", alignment=Qt.AlignmentFlag.AlignTop), told)
        self._status.setVisible(not items)

    def show_status(self, text: str) -> None:
        """Say this while nothing else is shown."""
        self._status.setText(text)
