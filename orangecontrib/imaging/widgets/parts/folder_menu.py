"""The menu of folders of pictures: the one in use, those read last, and the samples."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox

from .folder_choice import SAMPLES, sample_choices, title_of
from .text_label import plain_tip


class FolderMenu(QComboBox):
    """Each line is a folder as it stands in settings."""

    #: the user chose a folder (str, as it stands in settings)
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(minimumContentsLength=28)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setAccessibleName("Folder of pictures")
        self.activated.connect(lambda index: self.chosen.emit(self.itemData(index)))

    def fill(self, folder: str, recent: Sequence[str]) -> None:
        """Offer the folder in use ("" for none), recent ones and samples; nothing is emitted."""
        self.clear()
        if not folder:
            self.addItem("Choose a folder, or a sample")
            self.model().item(0).setEnabled(False)
        in_use = [folder] if folder and not folder.startswith(SAMPLES) else []
        for text in dict.fromkeys([*in_use, *recent]):
            self._add(text)
        self.insertSeparator(self.count())
        for text in sample_choices():
            self._add(text)
        self.setCurrentIndex(self.findData(folder) if folder else 0)
        self.setToolTip(plain_tip(folder))

    def last_on_disk(self) -> str:
        """The folder in use, or the one read last, as it stands in settings; ``""`` for none, or samples only."""
        texts = [self.itemData(at) or "" for at in range(self.count())]
        return next((text for text in texts if text and not text.startswith(SAMPLES)), "")

    def _add(self, text: str) -> None:
        self.addItem(title_of(text), text)
        self.setItemData(self.count() - 1, plain_tip(text), Qt.ItemDataRole.ToolTipRole)
