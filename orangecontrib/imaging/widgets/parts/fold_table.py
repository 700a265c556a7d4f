"""A small table: what each fold holds."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem


class FoldTable(QTableWidget):
    """A line a fold, and one for all."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Folds")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def show_folds(self, groups: Sequence[int], pictures: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
        """Show the folds; nothing where there are none.

        Args:
            groups: how many groups each fold holds.
            pictures: how many pictures of each class each fold holds, a sequence a fold.
            classes: their names; with one alone, the column of all pictures says it.
        """
        shown = [index for index in range(len(classes)) if len(classes) > 1]
        lines = [(str(fold), held, counts) for fold, (held, counts) in enumerate(zip(groups, pictures, strict=True), 1)]
        if lines:
            lines.append(("All", sum(groups), [sum(column) for column in zip(*pictures, strict=True)]))
        self.setColumnCount(3 + len(shown))
        self.setHorizontalHeaderLabels(["Fold", "Groups", "Pictures", *(classes[index] for index in shown)])
        self.setRowCount(len(lines))
        for row, (name, held, counts) in enumerate(lines):
            numbers = [held, sum(counts), *(counts[index] for index in shown)]
            for column, text in enumerate([name, *(f"{number:,}" for number in numbers)]):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
