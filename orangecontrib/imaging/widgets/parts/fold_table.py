"""A small table: what each fold holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem
from numpy.typing import NDArray

_MOST_CLASSES = 12  # a class may be a gene: a thousand columns take seconds, and nobody reads them


class FoldTable(QTableWidget):
    """A line a fold, and one for all."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Folds")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.verticalHeader().hide()

    def show_folds(self, groups: Sequence[int], pictures: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
        """Show the folds; nothing where there are none.

        Args:
            groups: how many groups each fold holds.
            pictures: how many pictures of each class each fold holds, a sequence a fold.
            classes: their names; with one alone, the column of all pictures says it, and of very many the largest are
                shown, and the others together.
        """
        names, held = _most_of(classes, np.array(pictures, np.int64).reshape(len(groups), len(classes)))
        lines = [[fold, count, sum(of_fold), *held[fold - 1]]
                 for fold, (count, of_fold) in enumerate(zip(groups, pictures, strict=True), 1)]
        texts = [[f"{number:,}" for number in line] for line in lines]
        if lines:
            texts.append(["All", *(f"{sum(column):,}" for column in [*zip(*lines, strict=True)][1:])])
        self.setColumnCount(3 + len(names))
        self.setHorizontalHeaderLabels(["Fold", "Groups", "Pictures", *names])
        self.setRowCount(len(texts))
        for row, line in enumerate(texts):
            for column, text in enumerate(line):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        self.resizeColumnsToContents()


def _most_of(classes: Sequence[str], pictures: NDArray[np.int64]) -> tuple[list[str], list[list[int]]]:
    """The names of the columns of classes, in their order, and (folds, names) numbers of pictures."""
    if len(classes) < 2:
        return [], [[] for _ in pictures]
    if len(classes) <= _MOST_CLASSES:
        return [*classes], pictures.tolist()
    largest = np.sort(np.argsort(-pictures.sum(axis=0), kind="stable")[:_MOST_CLASSES])
    others = np.delete(pictures, largest, axis=1).sum(axis=1, keepdims=True)
    names = [*(classes[number] for number in largest), f"{len(classes) - _MOST_CLASSES:,} others"]
    return names, np.hstack((pictures[:, largest], others)).tolist()
