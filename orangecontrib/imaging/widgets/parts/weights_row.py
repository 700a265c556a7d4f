"""Whether the weights of the chosen networks are here, with buttons to download them and to choose their folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from ...core.cards import ModelCard
from .weights_texts import absent_text, folder_text, state_text


class WeightsRow(QWidget):
    """One line of a form."""

    #: the user wants the weights that are not here
    download = Signal()
    #: the user chose a folder of weights files (str), or ``""`` for the usual one
    folder_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._folder = ""
        self._text = QLabel()
        self.download_button = QPushButton("Download", autoDefault=False, clicked=self.download)
        self.folder_button = QPushButton("Folder", autoDefault=False)
        policy = self.folder_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the line keeps its height
        self.folder_button.setSizePolicy(policy)
        menu = QMenu(self.folder_button)
        menu.addAction("Choose a folder …", self._choose_folder)
        self.usual_action = menu.addAction("Use the usual folder", lambda: self.folder_chosen.emit(""))
        self.folder_button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(self.download_button)
        row.addWidget(self.folder_button)

    def show_weights(self, cards: Sequence[ModelCard], here: Collection[str] | None, folder: str) -> None:
        """Show what is to be brought.

        Args:
            cards: the chosen networks, as far as they are known.
            here: names of networks whose weights are on this computer; None while that is not known.
            folder: the user's folder of weights files, or ``""``.
        """
        self._folder = folder
        absent = [card for card in cards if here is not None and card.name not in here]
        self._text.setText("Looking …" if here is None else state_text(absent) if cards else "")
        self._text.setToolTip("\n".join(absent_text(card, folder) for card in absent))
        self.download_button.setVisible(any(card.weights.url for card in absent))
        self.folder_button.setToolTip(f"Weights are looked for in, and downloaded to, {folder_text(folder)}.")
        self.usual_action.setEnabled(bool(folder))
        self.folder_button.show()

    def show_elsewhere(self) -> None:
        """Others work, with weights of their own: there is nothing to bring here."""
        self._text.setText("Those of the cluster's workers")
        self._text.setToolTip("Each worker needs the weights. Where they are absent, it says how they get there.")
        for button in (self.download_button, self.folder_button):
            button.hide()

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose a Folder of Weights", self._folder)
        if folder:
            self.folder_chosen.emit(os.path.normpath(folder))
