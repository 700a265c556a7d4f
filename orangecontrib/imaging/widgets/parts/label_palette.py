"""The palette of labels that are put on pictures by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...core.hand_labels import Label
from .label_line import LabelLine, NameField
from .question_bar import QuestionBar
from .text_label import plain_tip

_LEAST_LINES = 3  # in sight
_HINT = "Add a label, select pictures, and press the label's number."


class LabelPalette(QWidget):
    """Shows labels, their counts, and what can be undone; signals say what the user wants.

    Attributes:
        question: about what the user is doing.
        notice: about the pictures that are shown.
    """

    #: put the label of this number on the selection
    put = Signal(int)
    #: select the pictures that have the label of this number
    chosen = Signal(int)
    #: one more label
    added = Signal()
    renamed = Signal(int, str)
    recolored = Signal(int, str)
    removed = Signal(int)
    undo = Signal()
    redo = Signal()
    #: the class column is to be called so
    column_renamed = Signal(str)
    #: whether labels are shown on pictures
    shown = Signal(bool)
    #: a name was typed, and the keys are for pictures again
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, LabelLine] = {}
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._scroll = _Lines(self._list)
        self.question, self.notice = QuestionBar(), QuestionBar()
        self.add_button = QPushButton("&Add Label", autoDefault=False)
        self.undo_button = QToolButton(text="Undo", focusPolicy=Qt.FocusPolicy.StrongFocus)
        self.redo_button = QToolButton(text="Redo", focusPolicy=Qt.FocusPolicy.StrongFocus)
        self.state = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.said = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.column = NameField()
        self._choices = QWidget()
        self.shows = QCheckBox("S&how labels on pictures", checked=True,
                               toolTip="Labels take the place of other frames")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.add_button, 1)
        buttons.addWidget(self.undo_button)
        buttons.addWidget(self.redo_button)
        form = QFormLayout(self._choices)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.shows)
        form.addRow("Column name:", self.column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        layout.addLayout(buttons)
        for part in (self.state, self.said, self.question, self.notice, self._choices):
            layout.addWidget(part)
        layout.addStretch(1)
        self.column.setAccessibleName("Name of the column with the labels")
        self.said.hide()

    def _connect(self) -> None:
        self.add_button.clicked.connect(lambda _: self.added.emit())
        self.undo_button.clicked.connect(lambda _: self.undo.emit())
        self.redo_button.clicked.connect(lambda _: self.redo.emit())
        self.shows.clicked.connect(self.shown)
        self.column.editingFinished.connect(self._on_column)
        self.column.left.connect(self.left)

    def show_labels(self, labels: Sequence[Label], counts: Mapping[int, int], total: int) -> None:
        """Show these labels; nothing is emitted.

        Args:
            labels: by number.
            counts: by number, how many of the pictures that are shown have it.
            total: how many pictures are shown.
        """
        self._fit_lines(labels)
        for label in labels:
            self.lines[label.number].show_label(label, counts.get(label.number, 0))
        labeled = sum(counts.values())
        self.state.setText(f"{labeled:,} of {total:,} labeled" if labels else _HINT)
        self._choices.setVisible(bool(labels))
        self._fit_height()

    def show_steps(self, undo: str, redo: str) -> None:
        """What undo and redo would do, as clauses; "" for nothing."""
        for button, name, text, keys in ((self.undo_button, "Undo", undo, "Ctrl+Z"),
                                         (self.redo_button, "Redo", redo, "Ctrl+Shift+Z, Ctrl+Y")):
            button.setEnabled(bool(text))
            button.setToolTip(plain_tip(f"{name}: {text} ({keys})" if text else f"Nothing to {name.lower()}"))

    def show_choices(self, column: str, shows: bool) -> None:
        """The name of the class column, and whether pictures show their labels; nothing is emitted."""
        self.column.show_text(column)
        self.shows.setChecked(shows)

    def say(self, text: str) -> None:
        """A sentence about what was done, or could not be; "" for none."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def edit(self, number: int) -> None:
        """Let the user type the name of a label."""
        line = self.lines[number]
        self.layout().activate()
        self._scroll.ensureWidgetVisible(line)
        line.edit()

    def _fit_lines(self, labels: Sequence[Label]) -> None:
        """A line a label, in their order; those that stay keep what is being typed in them."""
        for number in self.lines.keys() - {label.number for label in labels}:
            line = self.lines.pop(number)
            self._list.removeWidget(line)
            line.hide()
            line.deleteLater()
        for place, label in enumerate(labels):
            if label.number not in self.lines:
                self.lines[label.number] = line = LabelLine(label)
                self._list.insertWidget(place, line)
                for signal in ("put", "chosen", "renamed", "recolored", "removed", "left"):
                    getattr(line, signal).connect(getattr(self, signal))
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Tab goes through the lines before it comes to what is below them; new lines would be its last."""
        before = self.add_button.previousInFocusChain()
        while before.focusPolicy() == Qt.FocusPolicy.NoFocus or self._scroll.isAncestorOf(before):
            before = before.previousInFocusChain()
        for number in sorted(self.lines):
            for part in self.lines[number].parts:
                QWidget.setTabOrder(before, part)
                before = part

    def _fit_height(self) -> None:
        """As high as its lines; where there is no room for all it is scrolled."""
        width = max((line.count.sizeHint().width() for line in self.lines.values()), default=0)
        for line in self.lines.values():
            line.count.setMinimumWidth(width)
        line_px = max((line.sizeHint().height() for line in self.lines.values()), default=0)
        self._scroll.setMaximumHeight(line_px * len(self.lines))
        self._scroll.setMinimumHeight(line_px * min(len(self.lines), _LEAST_LINES))
        self._scroll.setVisible(bool(self.lines))

    def _on_column(self) -> None:
        if self.column.text() != self.column.given:
            self.column.given = self.column.text()
            self.column_renamed.emit(self.column.given)


class _Lines(QScrollArea):
    """Lines one below the other, without a frame; as high as all of them where there is room."""

    def __init__(self, layout: QVBoxLayout) -> None:
        super().__init__(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        inside = QWidget()
        inside.setLayout(layout)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        inside.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.maximumHeight())
