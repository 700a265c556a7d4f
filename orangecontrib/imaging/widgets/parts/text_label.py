"""A text that may change without the window changing its size."""

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel


def text_label(text: str = "", lines: int = 2) -> QLabel:
    """Room for some lines: the window keeps its size while the text changes."""
    alignment = Qt.AlignmentFlag.AlignTop if lines > 1 else Qt.AlignmentFlag.AlignVCenter
    label = QLabel(text, wordWrap=lines > 1, minimumWidth=300 if lines > 1 else 0, alignment=alignment)
    label.setMinimumHeight(lines * label.fontMetrics().lineSpacing())
    return label
