"""What will be written, listed before it is; then how it went."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import QSize, QStringListModel, Qt
from AnyQt.QtWidgets import QAbstractItemView, QLabel, QListView, QVBoxLayout, QWidget

from .skipped_list import SkippedList


class SavePreview(QWidget):
    """A line on all files, the names of the first, a line on the last run, and what it left out."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(320)
        self.summary = _label("What will be written")
        self.names = QListView(uniformItemSizes=True, accessibleName="Names of files that will be written",
                               editTriggers=QAbstractItemView.EditTrigger.NoEditTriggers,
                               textElideMode=Qt.TextElideMode.ElideMiddle)
        self._model = QStringListModel(self)
        self.names.setModel(self._model)
        self.result = _label("What was written")
        self.result.hide()
        self.skipped_list = SkippedList()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(self.names, 1)
        layout.addWidget(self.result)
        layout.addWidget(self.skipped_list)

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def show_names(self, summary: str, names: Sequence[str], more: int) -> None:
        """A summary, the first names, and how many follow them."""
        self.summary.setText(summary)
        self._model.setStringList([*names, *([f"… and {more:,} more"] if more else [])])

    def shown_names(self) -> list[str]:
        """The lines of the list."""
        return list(self._model.stringList())

    def show_result(self, text: str, left_out: Sequence[tuple[str, str]] = ()) -> None:
        """How it went (``""``: nothing was written yet), and (file, reason) of what was left out."""
        self.result.setText(text)
        self.result.setVisible(bool(text))
        self.skipped_list.set_rows(left_out)


def _label(name: str) -> QLabel:
    return QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, accessibleName=name, textInteractionFlags=(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard))
