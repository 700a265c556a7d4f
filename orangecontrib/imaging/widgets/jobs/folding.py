"""Folds that keep groups together as a widget's job."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table, Variable
from Orange.widgets.utils.concurrent import TaskState

from ...core.group_folds import choose_folds, join_columns
from ...tables.group_folds import class_codes, column_codes, with_folds


@dataclass(frozen=True)
class FoldChoice:
    """What folds are wanted.

    Attributes:
        columns: that name the groups, one or more.
        is_any: whether rows are of one group that share a value of any column, or of all.
        count: of folds.
        is_stratified: whether they are balanced by class.
        seed: 0 or more.
    """

    columns: tuple[Variable, ...]
    is_any: bool
    count: int
    is_stratified: bool
    seed: int


@dataclass(frozen=True)
class Folded:
    """What was made, and what is to be said of it.

    Attributes:
        table: with the column Fold, which is its first meta.
        count, groups, without_group, is_stratified, is_tied: see `core.group_folds.GroupFolds`.
        classes: the names of classes, and "no class" where rows have none.
        groups_by_fold: one number a fold.
        pictures: (folds, classes) int64.
        single: the names of classes that are in one fold only.
    """

    table: Table
    count: int
    groups: int
    without_group: int
    is_stratified: bool
    is_tied: bool
    classes: tuple[str, ...]
    groups_by_fold: tuple[int, ...]
    pictures: NDArray[np.int64]
    single: tuple[str, ...]


def make_folds(table: Table, choice: FoldChoice, state: TaskState) -> Folded:
    """Group a table's rows, and put the groups into folds; ends soon after `state` is interrupted.

    Raises:
        WrongUse: there are fewer than two groups, or a column cannot name groups.
        Cancelled: it was interrupted.
    """
    state.set_status("Making folds …")
    groups = join_columns([column_codes(table, column) for column in choice.columns], choice.is_any)
    classes = class_codes(table)
    made = choose_folds(groups, choice.count, classes, is_stratified=choice.is_stratified, seed=choice.seed,
                        cancelled=state.is_interruption_requested)
    names = tuple(table.domain.class_var.values) if classes is not None else ()
    pictures = made.table(len(names))
    if pictures[:, -1].any() or not names:
        names = (*names, "no class")
    return Folded(with_folds(table, made), made.count, made.group_count, made.without_group, made.is_stratified,
                  made.is_tied, names, tuple(made.groups_by_fold()), pictures[:, :len(names)],
                  tuple(names[number] for number in made.single_classes()))
