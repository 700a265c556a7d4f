"""A choice of rows that is saved with a workflow, and found again in other data."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from Orange.data import StringVariable, Table

from ...core.unhurried import unhurried

_MOST_PICTURES = 2000  # that are saved by name; each takes 18 bytes of the workflow's file


@dataclass(frozen=True, eq=False)
class Names:
    """What rows are known by.

    Attributes:
        fingerprint: tells one image column from another, also after a workflow was opened again.
        own: one a row, where the table that was given says that its picture is.
        repeated: which of equal ones each row has, where some are equal; else empty.
    """

    fingerprint: str
    own: Sequence[str]
    repeated: Sequence[int] = ()

    def name(self, row: int) -> str:
        """What a row is saved by: its picture, and which of several rows of that picture it is."""
        number = self.repeated[row] if self.repeated else 0
        known = f"{self.own[row]}\0{number}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(known, digest_size=8).hexdigest()


def names_of(table: Table, column: StringVariable, own: Sequence[str]) -> Names:
    """What the rows of a table are known by.

    Args:
        table: n rows.
        column: its image column.
        own: n, as `columns.image_paths` of the table that was given.
    """
    fingerprint = _fingerprint(table.get_column(column))
    seen: Counter[str] = Counter()
    repeated = []
    if len(set(unhurried(own))) < len(own):
        for path in unhurried(own):
            repeated.append(seen[path])
            seen[path] += 1
    return Names(fingerprint, own, repeated)


def _fingerprint(values: Iterable[object]) -> str:
    """The hash of all values with a zero character between them: saved workflows hold it."""
    hashed = hashlib.sha256()
    for number, value in enumerate(unhurried(values)):
        hashed.update(f"{chr(0) if number else ''}{value}".encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()


def to_settings(rows: NDArray[np.int64], names: Names) -> dict[str, object]:
    """A choice of rows as it is saved: plain literals.

    Args:
        rows: (k,) int64, ascending.
        names: of all rows.
    """
    if not len(rows):
        return {}
    numbers = rows.tolist()
    pictures = [names.name(row) for row in numbers] if len(numbers) <= _MOST_PICTURES else []
    return {"rows": numbers, "of": names.fingerprint, "pictures": pictures}


def found_again(saved: Mapping[str, object], names: Names, values: Sequence[object] = ()) -> NDArray[np.int64]:
    """The rows of a saved choice: by number in the same data, else those of the same pictures.

    The older add-on saved them by the values of the image column.

    Args:
        saved: by `to_settings`, or anything that a file may hold in its place.
        names: of the rows that came.
        values: n, of their image column.

    Returns:
        (k,) int64, ascending.
    """
    count = len(names.own)
    numbers, pictures = saved.get("rows"), saved.get("pictures")
    if saved.get("of") == names.fingerprint and isinstance(numbers, list):
        return np.array(sorted({row for row in numbers if type(row) is int and 0 <= row < count}), np.int64)
    older = saved.get("values")
    if isinstance(older, list):
        chosen = {name for name in older if isinstance(name, str)}
        return np.array([row for row, value in enumerate(unhurried(values)) if str(value) in chosen], np.int64)
    wanted = {name for name in pictures if isinstance(name, str)} if isinstance(pictures, list) else set()
    rows = [row for row in range(count) if names.name(row) in wanted] if wanted else []
    return np.array(rows, np.int64)


def of_this_run(table: Table, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of a table that were chosen before in this run, by what Orange knows rows by.

    Args:
        table: of any rows.
        ids: (m,) int64, of rows of any tables.

    Returns:
        (k,) int64, ascending.
    """
    return np.flatnonzero(np.isin(table.ids, ids))
