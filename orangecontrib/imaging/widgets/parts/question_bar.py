"""A sentence with buttons to answer it, in the window that it is about."""

from __future__ import annotations

from collections.abc import Mapping

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout


class QuestionBar(QFrame):
    """Hidden while there is no question."""

    #: the name of the button that was pressed (str)
    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__(frameShape=QFrame.Shape.StyledPanel)
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._answers = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self._text)
        layout.addLayout(self._answers)
        self.hide()

    @property
    def text(self) -> str:
        """The question; "" while there is none."""
        return self._text.text()

    def ask(self, text: str, answers: Mapping[str, str]) -> None:
        """Ask, in place of what was asked before.

        Args:
            text: the question.
            answers: names with what is written on their buttons.
        """
        self.clear()
        self._text.setText(text)
        self._answers.addStretch(1)
        for name, title in answers.items():
            button = QPushButton(title, autoDefault=False)
            button.clicked.connect(lambda _, name=name: self.answered.emit(name))
            self._answers.addWidget(button)
            self.buttons[name] = button
        self.show()

    def clear(self) -> None:
        """Ask nothing."""
        self.hide()
        self._text.clear()
        self.buttons.clear()
        while (item := self._answers.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
