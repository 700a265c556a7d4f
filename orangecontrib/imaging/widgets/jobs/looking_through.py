"""What is found out about the pictures of a table beside where they are, in the same thread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table
from scipy import sparse

from ...core.unhurried import unhurried

if TYPE_CHECKING:
    from ..whereabouts import Located

_ROWS_AT_ONCE = 500  # 2 MB of 512 numbers each: a copy that is made within a millisecond


@dataclass(frozen=True)
class LookedThrough:
    """Pictures that were found.

    Attributes:
        located: where they are.
        paths: all of these, each once.
        fingerprint: tells these rows from others.
    """

    located: Located
    paths: frozenset[str]
    fingerprint: str


def look_through(located: Located) -> LookedThrough:
    """For `Whereabouts.locate_later`."""
    return LookedThrough(located, frozenset(located.paths), fingerprint("\0".join(located.own)))


def fingerprint(rows: str) -> str:
    """Tells one set of rows from another, also after the workflow was opened again."""
    return hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest()


def rows_fingerprint(table: Table) -> str:
    """Tells the rows of a table without pictures from others, by all their values; blocking, for a thread.

    It is the same after the workflow was opened again.
    """
    hashed = hashlib.sha256(str(len(table)).encode())
    for column in (*table.domain.variables, *table.domain.metas):
        hashed.update(f"\0{column.name}\0{getattr(column, 'values', ())}".encode("utf-8", "surrogatepass"))
    for values in (table.X, table.Y, table.metas):
        for part in _parts(values):
            hashed.update(part)
    return hashed.hexdigest()


def _parts(values: NDArray[np.generic] | sparse.spmatrix) -> Iterator[bytes | NDArray[np.generic]]:
    """The values of one part of a table, a few rows at a time, whatever their order in memory is."""
    if sparse.issparse(values):
        rows = values.tocsr()
        yield from (rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data.astype(np.float64))
    elif values.dtype == object:
        for value in unhurried(values.flat):
            yield f"\0{value}".encode("utf-8", "surrogatepass")
    else:
        for start in unhurried(range(0, len(values), _ROWS_AT_ONCE)):
            yield np.ascontiguousarray(values[start:start + _ROWS_AT_ONCE], np.float64).ravel()
