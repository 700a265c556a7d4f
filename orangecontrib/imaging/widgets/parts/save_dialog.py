"""Asks where a file for print goes; a file that is there is replaced only when the user says so."""

from __future__ import annotations

from pathlib import Path

from AnyQt.QtWidgets import QFileDialog, QWidget

from .printing import FORMATS


def ask_where(parent: QWidget, title: str, name: str) -> Path | None:
    """Where to write; None when the user closed the dialog.

    Args:
        parent: of the dialog.
        title: of the dialog.
        name: that it suggests, without an ending.
    """
    filters = {f"{text} (*{suffix})": suffix for suffix, text in FORMATS.items()}
    dialog = QFileDialog(parent, title, name, ";;".join(filters))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters[chosen]))
    dialog.setDefaultSuffix(next(iter(FORMATS)))
    try:
        return Path(dialog.selectedFiles()[0]) if dialog.exec() and dialog.selectedFiles() else None
    finally:
        dialog.deleteLater()
