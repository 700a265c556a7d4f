"""Whether the weights of the chosen networks are here, with buttons to download them and to choose their folder."""

from __future__ import annotations

import os
from collections.abc import Sequence

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from ...core.cards import ModelCard
from ...core.paths import escape_path
from ...core.space import size_text
from ...core.weights import download_folder, weights_path


class WeightsRow(QWidget):
    """One line of a form."""

    #: the user wants the weights that are not here
    download = Signal()
    #: the user chose a folder of weights files (str)
    folder_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._folder = ""
        self._text = QLabel()
        self.download_button = QPushButton("Download", autoDefault=False, clicked=self.download)
        folder_button = QPushButton("Folder …", autoDefault=False, clicked=self._choose_folder,
                                    toolTip="Take weights from, and download them to, a folder of your choice.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(self.download_button)
        row.addWidget(folder_button)

    def show_weights(self, absent: Sequence[ModelCard], folder: str) -> None:
        """Show how much is to be downloaded; `folder` is the user's folder of weights, or ``""``."""
        self._folder = folder
        size = sum(card.weights.size_mb for card in absent) * 2**20
        self._text.setText(f"{size_text(size)} to download" if absent else "On this computer")
        self._text.setToolTip(folder_text(folder))
        self.download_button.setVisible(any(card.weights.url for card in absent))

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose a Folder of Weights", self._folder)
        if folder:
            self.folder_chosen.emit(os.path.normpath(folder))


def absent_weights(cards: Sequence[ModelCard], folder: str) -> list[ModelCard]:
    """Those whose weights are not on this computer."""
    return [card for card in cards if not weights_path(card, folder or None)]


def folder_text(folder: str) -> str:
    """Where weights are downloaded to, for people."""
    return escape_path(str(download_folder(folder or None)))
