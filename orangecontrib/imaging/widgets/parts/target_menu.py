"""The choice of a folder to save to: those that were used lately, and a dialog for others."""

from __future__ import annotations

import os
from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from ...core.paths import unescape_path
from .folder_choice import as_setting, title_of
from .text_label import plain_tip


class TargetMenu(QWidget):
    """Each line is a folder as it stands in settings."""

    #: the user chose a folder (str, as it stands in settings)
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.combo = QComboBox(minimumContentsLength=16, accessibleName="Folder to save to")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.activated.connect(self._activated)
        self.browse_button = QPushButton("&Choose…", autoDefault=False, toolTip="Choose a folder, or make a new one")
        self.browse_button.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.combo, 1)
        layout.addWidget(self.browse_button)

    def fill(self, folder: str, recent: Sequence[str]) -> None:
        """Offer the folder in use (``""`` for none) and recent ones; nothing is emitted."""
        self.combo.clear()
        if not folder:
            self.combo.addItem("(choose a folder)", "")
        for text in dict.fromkeys([*([folder] if folder else []), *recent]):
            self.combo.addItem(title_of(text), text)
            self.combo.setItemData(self.combo.count() - 1, plain_tip(text), Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(max(0, self.combo.findData(folder)))
        self.combo.setToolTip(plain_tip(folder))

    def _activated(self) -> None:
        if text := self.combo.currentData():
            self.chosen.emit(text)

    def _browse(self) -> None:
        texts = [self.combo.itemData(at) for at in range(self.combo.count())]
        start = next((unescape_path(text) for text in [self.combo.currentData(), *texts] if text), "")
        path = str(QFileDialog.getExistingDirectory(self, "Choose the Folder to Save To",
                                                    start or os.path.expanduser("~")))
        if path:
            self.chosen.emit(as_setting(path))
