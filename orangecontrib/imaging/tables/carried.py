"""Columns that were carried along with vectors: values of one type become a column of Orange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, DiscreteVariable, StringVariable, TimeVariable, Variable

from ..core.found import natural_key
from .imports import MOST_VALUES

_NUMBERS = re.compile(r"u?int|float|double|halffloat|decimal")
_DATES = re.compile(r"date|timestamp")
_YES_NO = ("no", "yes")

Column = tuple[Variable, NDArray[Any]]


def carried_column(name: str, kind: str, values: Sequence[Any], is_class: bool = False) -> Column:
    """A column of Orange, and its (n,) values: float64, or object where it is of text.

    Numbers become a numeric column, yes and no a categorical one, dates a column of time; text a categorical one, or
    one of text where there are more than `imports.MOST_VALUES` different values.

    Args:
        name: the column's name.
        kind: Arrow's name of the type.
        values: n, as Arrow gives them to Python; None is missing.
        is_class: text becomes categorical, however many values there are.
    """
    if kind == "bool":
        return DiscreteVariable(name, _YES_NO), _numbers(values)
    if _NUMBERS.match(kind):
        decimals = 0 if "int" in kind else None
        return ContinuousVariable(name, number_of_decimals=decimals), _numbers(values)
    if _DATES.match(kind):
        return TimeVariable(name, have_date=True, have_time=kind.startswith("timestamp")), _numbers(
            [None if value is None else _seconds(value) for value in values])
    return _text_column(name, ["" if value is None else str(value) for value in values], is_class)


def _text_column(name: str, values: list[str], is_class: bool) -> Column:
    found = {value for value in values if value}
    if len(found) > MOST_VALUES and not is_class:
        return StringVariable(name), np.array(values, object)
    distinct = sorted(found, key=natural_key)
    place = {value: float(at) for at, value in enumerate(distinct)}
    return DiscreteVariable(name, tuple(distinct)), np.array([place.get(value, np.nan) for value in values])


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """(n,) float64; NaN where a value is missing."""
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _seconds(value: date) -> float:
    """Since 1970, as Orange counts; a time without a zone is taken as it is written."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
