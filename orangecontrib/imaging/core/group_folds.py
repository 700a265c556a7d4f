"""Folds of cross-validation that keep together what belongs together: all pictures of a plate, a donor or a slide.

A model that is tested on pictures of a plate from which it has learned, too, may know the plate and not the class; its
score then flatters. On such leakage: S. Kapoor, A. Narayanan, Leakage and the reproducibility crisis in
machine-learning-based science, Patterns 4 (9), 100804, 2023. The folds themselves are chosen by scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse
from .patience import wait_for

#: (n,) whole numbers, one a row
Codes = NDArray[np.int64]
NONE = -1  # stands for a missing group, class or fold
FEWEST_FOLDS, MOST_FOLDS = 2, 100


@dataclass(frozen=True)
class GroupFolds:
    """In which fold each row is tested.

    Attributes:
        folds: (n,) int64, from 0; -1 for rows without a group.
        groups: (n,) int64, as given.
        classes: (n,) int64, as given.
        count: how many folds there are; fewer than were wanted where there are fewer groups.
        is_stratified: whether the folds were balanced by class.
    """

    folds: Codes
    groups: Codes
    classes: Codes
    count: int
    is_stratified: bool

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.groups[self.groups != NONE]))

    @property
    def without_group(self) -> int:
        """How many rows belong to no group, and so to no fold."""
        return int(np.count_nonzero(self.groups == NONE))

    def groups_by_fold(self) -> list[int]:
        """How many groups each fold holds."""
        return [len(np.unique(self.groups[self.folds == fold])) for fold in range(self.count)]

    def table(self, class_count: int) -> Codes:
        """How many rows of each class each fold holds: (count, class_count + 1) int64, last those without a class."""
        table = np.zeros((self.count, class_count + 1), np.int64)
        has_fold = self.folds != NONE
        np.add.at(table, (self.folds[has_fold], self.classes[has_fold]), 1)  # -1 is the last column
        return table

    def single_classes(self) -> dict[int, int]:
        """The classes that are in one fold only, and of how many groups: no model that is tested on them knew them."""
        single = {}
        for number in np.unique(self.classes[(self.classes != NONE) & (self.folds != NONE)]).tolist():
            rows = (self.classes == number) & (self.folds != NONE)
            if len(np.unique(self.folds[rows])) == 1:
                single[number] = len(np.unique(self.groups[rows]))
        return single

    @property
    def is_tied(self) -> bool:
        """Whether there are two classes or more, and each group holds pictures of one class only."""
        known = (self.groups != NONE) & (self.classes != NONE)
        pairs = np.unique(np.column_stack((self.groups[known], self.classes[known])), axis=0)
        return len(np.unique(pairs[:, 1])) > 1 and len(pairs) == len(np.unique(pairs[:, 0]))


def number_values(values: Sequence[object]) -> Codes:
    """Give equal values equal numbers: (n,) int64 from 0, in the order of the sorted values; -1 for None.

    Args:
        values: all text, or all numbers; None where missing. Text is taken as it is: "P1" and "p1" differ.
    """
    distinct = sorted({value for value in values if value is not None})  # type: ignore[type-var]
    number = {value: at for at, value in enumerate(distinct)}
    return np.array([NONE if value is None else number[value] for value in values], np.int64)


def join_columns(columns: Sequence[Codes], is_any: bool) -> Codes:
    """Make groups of several columns: (n,) int64 from 0, -1 where a row has no group.

    Args:
        columns: each (n,) int64, -1 for missing; from `number_values`.
        is_any: rows that share a value of *any* column are of one group, and so are rows that are linked by others
            (connected components of the graph of values); a row without any value has no group. Otherwise rows of one
            group share the values of *all* columns, and a row that misses one has none.
    """
    joined = _linked(columns) if is_any else _combined(columns)
    has_group = joined != NONE
    # Numbered by the least values that a group holds, so that the order of the rows does not matter.
    order = np.lexsort([column[has_group] for column in columns[::-1]])
    _, first, inverse = np.unique(joined[has_group][order], return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    groups = np.full(len(joined), NONE, np.int64)
    groups[np.flatnonzero(has_group)[order]] = rank[inverse]
    return groups


def _combined(columns: Sequence[Codes]) -> Codes:
    stacked = np.column_stack(columns)
    _, inverse = np.unique(stacked, axis=0, return_inverse=True)
    return np.where((stacked == NONE).any(axis=1), NONE, inverse.reshape(-1)).astype(np.int64)


def _linked(columns: Sequence[Codes]) -> Codes:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(columns[0])
    # Rows come first among the nodes, then the values of each column.
    starts = np.cumsum([count, *(column.max(initial=NONE) + 1 for column in columns)])
    rows = [np.flatnonzero(column != NONE) for column in columns]
    nodes = [column[row] + start for column, row, start in zip(columns, rows, starts[:-1], strict=True)]
    pairs = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(pairs[0])), pairs), shape=(starts[-1], starts[-1]))
    _, component = connected_components(graph, directed=False)
    is_missing = np.all([column == NONE for column in columns], axis=0)
    return np.where(is_missing, NONE, component[:count]).astype(np.int64)


def choose_folds(groups: Codes, count: int, classes: Codes | None = None, *, is_stratified: bool = True,
                 seed: int = 0, cancelled: Callable[[], bool] | None = None) -> GroupFolds:
    """Put whole groups into folds of about equal size, by scikit-learn.

    By StratifiedGroupKFold, which also gives each fold about its share of each class; where that is not wanted, or
    there are no classes, or none has as many pictures as there are folds, by GroupKFold. The same groups give the same
    folds, in whatever order the rows stand. Rows without a class count as a class of their own, those without a group
    are in no fold: they might belong to any.

    Args:
        groups: (n,) int64; -1 for none.
        count: folds wanted, 2 to 100; there are no more than groups.
        classes: (n,) int64; -1 for none. None: there are no classes.
        is_stratified: whether folds are balanced by class.
        seed: 0 or more; another one gives other folds of the same kind.
        cancelled: asked while it works: tens of thousands of groups take a minute.

    Raises:
        WrongUse: a number out of range, or fewer than two groups.
        Cancelled: ``cancelled`` said so.
    """
    if not FEWEST_FOLDS <= count <= MOST_FOLDS:
        raise WrongUse(f"{count} folds cannot be made. Choose {FEWEST_FOLDS} to {MOST_FOLDS}.")
    if seed < 0:
        raise WrongUse(f"{seed} cannot be the seed of the folds. Give a whole number from 0 up.")
    has_group = groups != NONE
    number = len(np.unique(groups[has_group]))
    if number < FEWEST_FOLDS:
        raise WrongUse(_too_few(number))
    count = min(count, number)
    known = np.full(len(groups), NONE, np.int64) if classes is None else classes
    strata = known[has_group]
    # scikit-learn refuses to balance where no class can be in all folds.
    is_stratified = is_stratified and classes is not None and bool(
        np.unique(strata, return_counts=True)[1].max() >= count)
    folds = np.full(len(groups), NONE, np.int64)
    folds[has_group] = wait_for(
        lambda _: _split(groups[has_group], count, strata if is_stratified else None, seed), cancelled=cancelled)
    return GroupFolds(folds, groups, known, count, is_stratified)


def _too_few(number: int) -> str:
    what = "All pictures with a group are of one group" if number else "No picture has a group"
    return f"{what}: nothing can be kept apart. At least two groups are needed; choose another column."


def _split(groups: Codes, count: int, strata: Codes | None, seed: int) -> Codes:
    """Give the fold of each row, from 0; the seed decides between groups that are alike."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    names, inverse = np.unique(groups, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))[inverse]
    splitter = GroupKFold(count) if strata is None else StratifiedGroupKFold(count)
    folds = np.empty(len(groups), np.int64)
    with warnings.catch_warnings():
        # That a class is too small for the folds is told by GroupFolds.single_classes, in our words.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for fold, (_, tested) in enumerate(splitter.split(np.empty((len(groups), 1)), strata, shuffled)):
            folds[tested] = fold
    return folds
