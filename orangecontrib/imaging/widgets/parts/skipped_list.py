"""A list of files that were left out, with reasons, that unfolds on request."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import QAbstractTableModel, QModelIndex, Qt
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QShortcut,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .text_label import plain_tip

_HEADERS = ("File", "Why it was left out")
_Row = tuple[str, str]
_NO_PARENT = QModelIndex()


class SkippedList(QWidget):
    """Files and reasons; hidden while there are none. Ctrl+C copies the chosen lines."""

    def __init__(self) -> None:
        super().__init__()
        self.model = _SkippedModel(self)
        self.toggle = QToolButton(checkable=True, autoRaise=True, arrowType=Qt.ArrowType.RightArrow,
                                  toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.toggled.connect(self._unfold)
        self.copy_button = QPushButton("Copy List", autoDefault=False)
        self.copy_button.clicked.connect(self.copy)
        self.table = self._make_table()
        line = QHBoxLayout()
        line.addWidget(self.toggle)
        line.addStretch()
        line.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.table, 1)
        self.set_rows([])

    def _make_table(self) -> QTableView:
        table = QTableView(showGrid=False, wordWrap=False, cornerButtonEnabled=False)
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        table.horizontalHeader().resizeSection(0, 240)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setMinimumHeight(140)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.copy)
        return table

    def set_rows(self, rows: Sequence[_Row]) -> None:
        """Show these (file, reason) pairs."""
        self.model.set_rows(rows)
        files = "file" if len(rows) == 1 else "files"
        self.toggle.setText(f"{len(rows):,} {files} left out")
        self.setVisible(bool(rows))
        self._unfold(self.toggle.isChecked())

    def copy(self) -> None:
        """Put the chosen lines, or all when none is chosen, on the clipboard, tab-separated."""
        chosen = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        rows = [self.model.rows[at] for at in chosen] or self.model.rows
        QApplication.clipboard().setText("\n".join("\t".join(row) for row in rows))

    def _unfold(self, open_: bool) -> None:
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)
        self.table.setVisible(open_)
        self.copy_button.setVisible(open_)


class _SkippedModel(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: Sequence[_Row] = ()

    def set_rows(self, rows: Sequence[_Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        text = self.rows[index.row()][index.column()]
        return {Qt.ItemDataRole.DisplayRole: text, Qt.ItemDataRole.ToolTipRole: plain_tip(text)}.get(role)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        across = orientation == Qt.Orientation.Horizontal
        return _HEADERS[section] if across and role == Qt.ItemDataRole.DisplayRole else None
