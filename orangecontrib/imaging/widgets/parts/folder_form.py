"""The choice of folders: one or several, which files in them, and whether new ones are looked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMenu,
    QPushButton,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...core.files import ZIP_SUFFIX
from ...core.folder_walk import FileFilter
from ...core.paths import unescape_path
from .folder_choice import as_setting, title_of
from .folder_menu import FolderMenu
from .text_label import plain_tip

_DEPTHS = {None: "All levels", 0: "None", 1: "One level", 2: "Two levels", 3: "Three levels"}
_LIST_ROWS = 3


class FolderForm(QWidget):
    """Shows the choice and lets the user change it."""

    #: the user wants all read anew
    reload_wanted = Signal()
    #: the user wants these folders beside the first (list of str, as they stand in settings)
    more_changed = Signal(list)
    #: the user changed which files are looked at (FileFilter)
    filter_changed = Signal(object)
    #: the user wants new pictures to be looked for (bool)
    follow_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.menu = FolderMenu()
        self.menu.setMinimumContentsLength(20)
        self.browse_button = self._way_in("Browse…", adds=False)
        self.browse_button.setIcon(self.style().standardIcon(QStyle.StandardPixmap.SP_DirOpenIcon))
        self.browse_button.setToolTip("Choose a folder; for a zip file press the arrow.")
        self.reload_button = QPushButton(
            self.style().standardIcon(QStyle.StandardPixmap.SP_BrowserReload), "Reload", autoDefault=False)
        self.reload_button.clicked.connect(lambda _: self.reload_wanted.emit())
        self.add_button = self._way_in("Add…", adds=True)
        self.add_button.setToolTip(
            "Import several folders together; their names are the classes. For a zip file press the arrow.")
        self.remove_button = QPushButton("Remove", autoDefault=False)
        self.remove_button.clicked.connect(self._remove)
        self._more = QListWidget(accessibleName="Further folders")
        self._more.setFixedHeight(_LIST_ROWS * self._more.fontMetrics().lineSpacing() + 8)
        self._names = QLineEdit(placeholderText="all pictures", accessibleName="Only files like",
                                toolTip="Forms of names, such as *_DAPI*; several with ; between")
        self._names.editingFinished.connect(self._filter_edited)
        self._depth = QComboBox(accessibleName="Levels of sub-folders")
        for depth, title in _DEPTHS.items():
            self._depth.addItem(title, depth)
        self._depth.activated.connect(lambda _: self._filter_edited())
        self._follow = QCheckBox("Look for new pictures every few seconds")
        self._follow.clicked.connect(self.follow_changed.emit)
        self._filter = FileFilter()
        self._texts: list[str] = []
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.menu)
        layout.addWidget(self._more)
        buttons = QHBoxLayout()
        for button in (self.browse_button, self.add_button, self.remove_button):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.reload_button)
        layout.addLayout(buttons)
        form = QFormLayout(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Only files like:", self._names)
        form.addRow("Sub-folders:", self._depth)
        form.addRow(self._follow)
        layout.addLayout(form)

    def _way_in(self, text: str, adds: bool) -> QToolButton:
        """A button that asks for a folder; its menu also asks for a zip file."""
        button = QToolButton(text=text, popupMode=QToolButton.ToolButtonPopupMode.MenuButtonPopup,
                             toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda _: self._find(_ask_for_folder, adds))
        menu = QMenu(button)
        menu.addAction("Folder…").triggered.connect(lambda _: self._find(_ask_for_folder, adds))
        menu.addAction("Zip File…").triggered.connect(lambda _: self._find(_ask_for_zip, adds))
        button.setMenu(menu)
        return button

    def _find(self, ask: Callable[[QWidget, str], str], adds: bool) -> None:
        """Ask the user, beginning where the folder in use lies, else where the last one did."""
        start = unescape_path(self.menu.last_on_disk()) or os.path.expanduser("~")
        path = ask(self, os.path.dirname(start) if start.lower().endswith(ZIP_SUFFIX) else start)
        if path and adds and self.menu.currentData():
            self.more_changed.emit([*self._texts, as_setting(path)])
        elif path:
            self.menu.chosen.emit(as_setting(path))

    def show_choice(self, more: Sequence[str], only: FileFilter, follows: bool) -> None:
        """Show a choice; nothing is emitted."""
        self._filter, self._texts = only, list(more)
        self._more.clear()
        for text in more:
            self._more.addItem(title_of(text))
            self._more.item(self._more.count() - 1).setToolTip(plain_tip(text))
        self._more.setVisible(bool(more))
        self.remove_button.setVisible(bool(more))
        self._names.setText(only.names)
        self._depth.setCurrentIndex(max(0, self._depth.findData(only.depth)))
        self._follow.setChecked(follows)

    def _remove(self) -> None:
        """Take the chosen folder away, or the last."""
        row = self._more.currentRow() if self._more.currentRow() >= 0 else self._more.count() - 1
        self.more_changed.emit([text for at, text in enumerate(self._texts) if at != row])

    def _filter_edited(self) -> None:
        now = FileFilter(self._names.text().strip(), self._depth.currentData())
        if now != self._filter:
            self._filter = now
            self.filter_changed.emit(now)


def _ask_for_folder(parent: QWidget, start: str) -> str:
    return str(QFileDialog.getExistingDirectory(parent, "Choose a Folder of Pictures", start))


def _ask_for_zip(parent: QWidget, start: str) -> str:
    return str(QFileDialog.getOpenFileName(parent, "Choose a Zip File of Pictures", start, "Zip files (*.zip)")[0])
