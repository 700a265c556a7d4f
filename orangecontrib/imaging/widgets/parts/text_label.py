"""Texts that leave a window its shape."""

from __future__ import annotations

from html import escape

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QFormLayout, QLabel, QWidget


def text_label(text: str = "", lines: int = 2, width_px: int = 300) -> QLabel:
    """Room for some lines, of this width at least: the window keeps its size while the text changes."""
    alignment = Qt.AlignmentFlag.AlignTop if lines > 1 else Qt.AlignmentFlag.AlignVCenter
    label = QLabel(text, wordWrap=lines > 1, minimumWidth=width_px if lines > 1 else 0, alignment=alignment)
    label.setMinimumHeight(lines * label.fontMetrics().lineSpacing())
    return label


def buddy_label(text: str, buddy: QWidget) -> QLabel:
    """The name of a field, whose mnemonic (``&``) goes to it.

    For a row whose label is touched later: one that `QFormLayout.addRow` makes of a text is Qt's own, and PyQt was seen
    to take it for a widget that had been at its address before.
    """
    label = QLabel(text)
    label.setBuddy(buddy)
    return label


def plain_tip(text: str) -> str:
    """A tooltip or notice of this very text, such as a file's name: Qt would take what looks like HTML for it."""
    return f"<qt>{escape(text)}</qt>" if "<" in text else text


def align_labels(*forms: QFormLayout) -> None:
    """Give the labels of these forms one width, so that the fields of all stand in one line."""
    labels = [item.widget() for form in forms for row in range(form.rowCount())
              if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole))]
    width = max(label.sizeHint().width() for label in labels)
    for label in labels:
        label.setMinimumWidth(width)
