"""Rows in the order of a column, and in groups by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from heapq import merge

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table, TimeVariable, Variable
from Orange.preprocess.discretize import decimal_binnings, time_binnings

_AT_ONCE = 1000  # texts that are sorted in one call, with Python's lock held: about a millisecond
_DIGITS = re.compile(r"\d+")
_LONGEST_NUMBER = 20
_MOST_BINS = 12


def sorted_rows(table: Table, column: Variable, descending: bool = False) -> NDArray[np.int64]:
    """Rows by the values of a column; equal ones in their own order, those without a value last.

    Args:
        table: n rows.
        column: of any kind: numbers and times by size, categories in the order of their values, texts as people sort
            them: upper and lower case alike, "a2" before "a10".
        descending: whether the greatest comes first.

    Returns:
        (n,) int64, each row once.
    """
    if column.is_string:
        texts = _texts(table, column)
        known = [row for row, text in enumerate(texts) if text]
        missing = [row for row, text in enumerate(texts) if not text]
        keys = [sort_key(text) for text in texts]
        return np.array([*_sorted(known, keys, descending), *missing], np.int64)
    values = np.asarray(table.get_column(column), float)
    return np.argsort(-values if descending else values, kind="stable")  # NaN last


def groups_of(table: Table, column: Variable) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each row by a column.

    Args:
        table: n rows.
        column: of any kind; of more than 12 different numbers, ranges between round ones are groups.

    Returns:
        (n,) int64, the number of each row's group, and the groups' titles, in their order; rows without a value are in
        the last group.
    """
    missing = f"{column.name} is missing"
    if column.is_string:
        texts = _texts(table, column)
        found = list(set(texts) - {""})
        titles = [found[number] for number in _sorted(range(len(found)), [sort_key(text) for text in found], False)]
        numbers = {title: number for number, title in enumerate([*titles, ""])}
        return np.array([numbers[text] for text in texts], np.int64), [*titles, missing]
    values = np.asarray(table.get_column(column), float)
    codes, titles = (values, list(column.values)) if column.is_discrete else _ranges(values, column)
    return np.where(np.isnan(values), len(titles), codes).astype(np.int64), [*titles, missing]


def _ranges(values: NDArray[np.float64], column: Variable) -> tuple[NDArray[np.float64], list[str]]:
    """(n,) float64, the number of the range that each value is in, and what the ranges are called."""
    known = values[np.isfinite(values)]
    found = np.unique(known)
    if len(found) > _MOST_BINS:
        cut = time_binnings if isinstance(column, TimeVariable) else decimal_binnings
        for bins in cut(known, max_bins=_MOST_BINS):
            inner = np.searchsorted(bins.thresholds[1:-1], values, "right")
            return inner.astype(float), [f"{low} – {high}" for low, high in zip(bins.labels, bins.labels[1:])]
    return np.searchsorted(found, values).clip(0, max(0, len(found) - 1)).astype(float), [
        str(column.str_val(value)) for value in found]


def sort_key(text: str) -> str:
    """What texts are sorted by as people sort them; a plain text, for that is no work for the garbage collector."""
    return _DIGITS.sub(lambda number: number.group().zfill(_LONGEST_NUMBER), text.casefold())


def _sorted(rows: Iterable[int], keys: list[str], descending: bool) -> Iterable[int]:
    """Rows by their keys, in pieces."""
    rows = list(rows)
    pieces = [sorted(rows[start:start + _AT_ONCE], key=keys.__getitem__, reverse=descending)
              for start in range(0, len(rows), _AT_ONCE)]
    return merge(*pieces, key=keys.__getitem__, reverse=descending)


def _texts(table: Table, column: Variable) -> list[str]:
    """One a row; "" where it is missing."""
    return [value if isinstance(value, str) else "" for value in table.get_column(column)]
