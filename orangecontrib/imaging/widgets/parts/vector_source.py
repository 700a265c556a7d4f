"""The choice of vectors on disk: a folder of shards, or one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QStyle, QVBoxLayout, QWidget

from ...core.paths import unescape_path
from .folder_choice import as_setting, title_of
from .text_label import plain_tip

_FILES = "Embeddings (*.parquet *.npz)"


class VectorSource(QWidget):
    """Shows what is in use and what was opened last, and asks for others."""

    #: the user chose a folder or a file (str, as it stands in settings)
    chosen = Signal(str)
    #: the user wants it looked at anew
    reload_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.menu = QComboBox(minimumContentsLength=28, accessibleName="Folder or file")
        self.menu.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.menu.activated.connect(lambda index: self.chosen.emit(self.menu.itemData(index)))
        self.folder_button = self._button("Browse Folder…", QStyle.StandardPixmap.SP_DirOpenIcon,
                                          lambda: self._find(_ask_for_folder))
        self.folder_button.setToolTip("Choose the folder that orange-imaging embed wrote shards to.")
        self.file_button = self._button("Browse File…", QStyle.StandardPixmap.SP_FileIcon,
                                        lambda: self._find(_ask_for_file))
        self.file_button.setToolTip("Choose a .parquet or .npz file that orange-imaging wrote.")
        self.reload_button = self._button("Reload", QStyle.StandardPixmap.SP_BrowserReload, self.reload_wanted.emit)
        buttons = QHBoxLayout()
        buttons.addWidget(self.folder_button)
        buttons.addWidget(self.file_button)
        buttons.addStretch()
        buttons.addWidget(self.reload_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.menu)
        layout.addLayout(buttons)

    def fill(self, source: str, recent: Sequence[str]) -> None:
        """Offer the one in use ("" for none) and recent ones; nothing is emitted."""
        self.menu.clear()
        if not source:
            self.menu.addItem("Choose a folder of shards, or a file")
            self.menu.model().item(0).setEnabled(False)
        for text in dict.fromkeys([source, *recent]):
            if text:
                self.menu.addItem(title_of(text), text)
                self.menu.setItemData(self.menu.count() - 1, plain_tip(text), Qt.ItemDataRole.ToolTipRole)
        self.menu.setCurrentIndex(0)
        self.menu.setToolTip(plain_tip(source))
        self.reload_button.setEnabled(bool(source))

    def _find(self, ask: Callable[[QWidget, str], str]) -> None:
        """Ask the user, beginning where the one in use lies, or that opened last."""
        last = next((self.menu.itemData(at) for at in range(self.menu.count()) if self.menu.itemData(at)), "")
        path = ask(self, os.path.dirname(unescape_path(last)) if last else os.path.expanduser("~"))
        if path:
            self.chosen.emit(as_setting(path))

    def _button(self, text: str, icon: QStyle.StandardPixmap, action: Callable[[], object]) -> QPushButton:
        button = QPushButton(self.style().standardIcon(icon), text, autoDefault=False)
        button.clicked.connect(lambda _: action())
        return button


def _ask_for_folder(parent: QWidget, start: str) -> str:
    return str(QFileDialog.getExistingDirectory(parent, "Choose a Folder of Shards", start))


def _ask_for_file(parent: QWidget, start: str) -> str:
    return str(QFileDialog.getOpenFileName(parent, "Choose a File of Embeddings", start, _FILES)[0])
