"""The keys that are held while the mouse or another key is pressed."""

from __future__ import annotations

from AnyQt.QtCore import QEvent, Qt


def held_keys(event: QEvent) -> tuple[bool, bool]:
    """Whether Ctrl (Command on a Mac) and Shift are held."""
    held = event.modifiers()
    return bool(held & Qt.KeyboardModifier.ControlModifier), bool(held & Qt.KeyboardModifier.ShiftModifier)
