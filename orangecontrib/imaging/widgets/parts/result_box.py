"""What an import found, in words; the list of what it left out; a way to stop it."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .skipped_list import SkippedList


class ResultBox(QWidget):
    """Sentences, a list below them, and Cancel beside them while the import runs."""

    #: the user wants the import to stop
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.summary = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.cancel_button = QPushButton("Cancel", autoDefault=False)
        self.cancel_button.clicked.connect(lambda _: self.cancel_wanted.emit())
        self.skipped_list = SkippedList()
        line = QHBoxLayout()
        line.addWidget(self.summary, 1)
        line.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.skipped_list, 1)
        layout.addStretch()

    def show_summary(self, text: str, running: bool) -> None:
        """Say this, and offer Cancel or not."""
        self.summary.setText(text)
        self.cancel_button.setVisible(running)
