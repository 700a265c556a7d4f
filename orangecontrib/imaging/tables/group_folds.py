"""From a table to the groups that its rows belong to, and back: a column with the fold of each row."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table, TimeVariable, Variable
from Orange.data.util import get_unique_names

from ..core.errors import WrongUse
from ..core.group_folds import NONE, Codes, GroupFolds, number_values

FOLD_COLUMN = "Fold"
#: what names of columns that tell groups hold, the widest unit first: a donor's pictures may lie on several plates
_UNITS = ("donor", "patient", "subject", "individual", "animal", "mouse", "slide", "plate", "batch", "experiment",
          "run", "session", "day", "group")


def group_columns(table: Table | None) -> list[Variable]:
    """The columns that could name groups, metas first: neither pictures nor classes nor a network's hidden numbers."""
    if table is None:
        return []
    return [column for column in (*table.domain.metas, *table.domain.attributes)
            if column.attributes.get("type") != "image" and not column.attributes.get("hidden")]


def likely_group(columns: list[Variable]) -> Variable | None:
    """The first column that is named as groups are: donor, plate, ``Slide_ID``; None where there is none."""
    for unit in _UNITS:
        for column in columns:
            if unit in re.split(r"[\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column.name).lower()):
                return column
    return None


def column_codes(table: Table, column: Variable) -> Codes:
    """Equal values of a column as equal numbers: (n,) int64; -1 for missing values, and for text of spaces alone.

    Raises:
        WrongUse: it holds fractions; whoever measured them did not name groups.
    """
    values = table.get_column(column)
    if column.is_string:
        return number_values([text if isinstance(text, str) and text.strip() else None for text in values])
    numbers: NDArray[np.float64] = np.asarray(values, np.float64)
    known = np.isfinite(numbers)
    if isinstance(column, ContinuousVariable) and not isinstance(column, TimeVariable) and (
            numbers[known] % 1).any():
        fraction = numbers[known][numbers[known] % 1 != 0][0]
        raise WrongUse(f"Column {column.name!r} holds fractions, such as {fraction:g}: it cannot name groups. "
                       "Choose a column of text, categories or whole numbers.")
    codes = np.full(len(numbers), NONE, np.int64)
    codes[known] = np.unique(numbers[known], return_inverse=True)[1].reshape(-1)
    return codes


def class_codes(table: Table) -> Codes | None:
    """The class of each row: (n,) int64, the place of its value; -1 for missing. None without one categorical class."""
    column = table.domain.class_var
    if not isinstance(column, DiscreteVariable):
        return None
    values = np.asarray(table.get_column(column), np.float64)
    return np.where(np.isfinite(values), values, NONE).astype(np.int64)


def with_folds(table: Table, folds: GroupFolds) -> Table:
    """The table with a categorical meta *Fold*, "1", "2", …, missing for rows in no fold; all else is kept.

    It is the first meta: Test and Score proposes the first categorical meta for its cross validation by feature.
    """
    values = [str(fold + 1) for fold in range(folds.count)]
    column = DiscreteVariable(get_unique_names(table.domain, FOLD_COLUMN), values)
    domain = table.domain
    result = table.transform(Domain(domain.attributes, domain.class_vars, (column, *domain.metas)))
    with result.unlocked(result.metas):
        result.metas[:, 0] = np.where(folds.folds == NONE, np.nan, folds.folds)
    return result
