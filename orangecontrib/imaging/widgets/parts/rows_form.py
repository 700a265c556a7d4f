"""The choice of rows: all of them, or a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QPushButton, QRadioButton, QSpinBox, QWidget

from .text_label import buddy_label, text_label

MOST_ROWS = 100_000_000
MOST_SEED = 9999
#: how rows are chosen, as settings name it -> what is written beside the button, and its tooltip
WAYS = {
    "all": ("All rows", "Every picture that has a vector."),
    "random": ("Random sample", "Every picture is as likely to be taken as any other."),
    "stratified": ("Random, in proportion by:", "Each value of the column keeps its share of the pictures."),
    "most different": ("Most different pictures",
                       "One after the other, the picture that is least like those taken before. Rare kinds are found "
                       "so, and broken pictures, too."),
}
_MARGIN = 20
_SIZE = re.compile(r"(\d) ([kMG]B)")


class RowsForm(QWidget):
    """Shows a choice of rows, lets it be changed, and says how much memory it takes."""

    #: the user changed something
    changed = Signal()
    #: the user wants to load what hardly fits
    agreed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.ways: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        for how, (title, tip) in WAYS.items():
            self.ways[how] = QRadioButton(title, toolTip=tip)
            group.addButton(self.ways[how])
        group.buttonClicked.connect(lambda _: self._on_change())
        self.columns = QComboBox(accessibleName="Column of a sample", minimumContentsLength=12)
        self.columns.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.columns.activated.connect(lambda _: self._column_chosen())
        self.count = self._spin("Pictures in the sample", 1, MOST_ROWS)
        self.count.setGroupSeparatorShown(True)
        self.seed = self._spin("Random seed", 0, MOST_SEED)
        self.seed.setToolTip("The same number gives the same sample; another gives another.")
        self.memory = text_label(lines=2)
        self.agree_button = QPushButton("Load Anyway", autoDefault=False)
        self.agree_button.clicked.connect(lambda _: self.agreed.emit())
        self.agree_button.hide()
        self._lay_out()
        self.show_choice("all", 1, "", 0)

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        for row, (how, button) in enumerate(self.ways.items()):
            layout.addWidget(button, row, 0)
            if how == "stratified":
                layout.addWidget(self.columns, row, 1)
        below = len(self.ways)
        self._labels = buddy_label("Pictures in the sample:", self.count), buddy_label("Random seed:", self.seed)
        for row, (label, field) in enumerate(zip(self._labels, (self.count, self.seed), strict=True), below):
            label.setContentsMargins(_MARGIN, 0, 0, 0)
            layout.addWidget(label, row, 0)
            layout.addWidget(field, row, 1)
        layout.addWidget(self.memory, below + 2, 0, 1, 2)
        layout.addWidget(self.agree_button, below + 3, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)

    def show_choice(self, how: str, count: int, column: str, seed: int) -> None:
        """Show this choice; nothing is emitted."""
        self.ways[how].setChecked(True)
        self.columns.setCurrentIndex(max(0, self.columns.findText(column)))
        for spin, number in ((self.count, count), (self.seed, seed)):
            spin.blockSignals(True)
            spin.setValue(number)
            spin.blockSignals(False)
        self._show_what_counts()

    def show_columns(self, names: Sequence[str], column: str) -> None:
        """Offer these columns, and show the chosen one, also where it is not among them."""
        self.columns.clear()
        self.columns.addItems(list(dict.fromkeys([*names, *([column] if column else [])])))
        self.columns.setCurrentIndex(max(0, self.columns.findText(column)))
        self._show_what_counts()

    def show_memory(self, text: str, asks: bool) -> None:
        """Say how much memory is needed; `asks`: it is too much, and may be loaded all the same."""
        self.memory.setText(_SIZE.sub("\\1\N{NO-BREAK SPACE}\\2", text))
        self.agree_button.setVisible(asks)

    def choice(self) -> tuple[str, int, str, int]:
        """How, how many, by which column, with which seed."""
        how = next(how for how, button in self.ways.items() if button.isChecked())
        return how, self.count.value(), self.columns.currentText(), self.seed.value()

    def _column_chosen(self) -> None:
        self.ways["stratified"].setChecked(True)
        self._on_change()

    def _on_change(self) -> None:
        self._show_what_counts()
        self.changed.emit()

    def _show_what_counts(self) -> None:
        has_columns = self.columns.count() > 0
        self.ways["stratified"].setEnabled(has_columns)
        self.columns.setEnabled(has_columns)
        for one in (*self._labels, self.count, self.seed):
            one.setEnabled(not self.ways["all"].isChecked())

    def _spin(self, name: str, low: int, high: int) -> QSpinBox:
        spin = QSpinBox(minimum=low, maximum=high, keyboardTracking=False, accessibleName=name,
                        alignment=Qt.AlignmentFlag.AlignRight)
        spin.valueChanged.connect(lambda _: self._on_change())
        return spin
