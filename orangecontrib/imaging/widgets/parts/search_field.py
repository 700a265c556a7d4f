"""A field to search with: it waits for a pause in typing, Escape clears it, and it says how much was found."""

from __future__ import annotations

from AnyQt.QtCore import QEvent, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QShortcut, QWidget

_PAUSE_MS = 150


class SearchField(QWidget):
    """One line of text; Ctrl+F reaches it from anywhere in its window."""

    #: the user searches for this (str); "" for nothing
    searched = Signal(str)
    #: the user is done here: Down, Enter, or Escape
    left = Signal()

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit(placeholderText=hint, clearButtonEnabled=True)
        self.line.setAccessibleName(hint)
        self.line.setToolTip("Ctrl+F; Escape shows all again")
        self.line.textChanged.connect(self._on_text)
        self.line.installEventFilter(self)
        self._found = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line)
        layout.addWidget(self._found)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._search)
        self._searched = ""
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.begin)

    @property
    def text(self) -> str:
        """What is searched for, without the spaces around it."""
        return self.line.text().strip()

    def begin(self, text: str = "") -> None:
        """Go to the field; a text takes the place of what is in it, and typing goes on behind it."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if text:
            self.line.setText(text)
        else:
            self.line.selectAll()

    def clear(self) -> None:
        """Search for nothing; nobody is told."""
        self._searched = ""
        self.line.clear()
        self._pause.stop()

    def show_found(self, text: str) -> None:
        """How much was found."""
        self._found.setText(text)

    def _on_text(self) -> None:
        self._pause.start()

    def _search(self) -> None:
        self._pause.stop()
        if self.text != self._searched:
            self._searched = self.text
            self.searched.emit(self.text)

    def eventFilter(self, line: QWidget, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() in (
                Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.key() == Qt.Key.Key_Escape:
                self.line.clear()
            self._search()
            self.left.emit()
            return True
        return False
