"""What a window shows, as a picture for a report."""

from __future__ import annotations

from AnyQt.QtCore import QBuffer, QIODevice
from AnyQt.QtWidgets import QWidget


def data_address(widget: QWidget) -> str:
    """What a widget shows now, as a PNG inside an address."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return "data:image/png;base64," + bytes(buffer.data().toBase64()).decode("ascii")
