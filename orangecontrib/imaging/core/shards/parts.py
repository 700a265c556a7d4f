"""A file of vectors, read in blocks of rows; and what all kinds of such files have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Columns: TypeAlias = "dict[str, list[Any]]"  # values of k rows each: str, int, float, bool or None
Chunk: TypeAlias = "tuple[NDArray[np.float32], Columns]"  # (k, d), or (k, 0) where no vectors were asked for

Progress: TypeAlias = "Callable[[int, int], None]"  # called with (done, total)
Cancel: TypeAlias = "Callable[[], bool]"

ROWS_A_BLOCK = 4096
#: what a file may tell of its vectors, as texts: see `reading.Vectors`
TOLD = ("identity", "reading", "root", "title", "pictures")


class Part(Protocol):
    """Consecutive rows that lie in one file."""

    @property
    def count(self) -> int:
        """How many rows."""

    def chunks(self, names: Sequence[str], with_vectors: bool, rows_a_block: int,
               rows: NDArray[np.int64] | None = None) -> Iterator[Chunk]:
        """The rows in their order, at most `rows_a_block` at once.

        Args:
            names: the columns that are wanted.
            with_vectors: also the vectors are.
            rows_a_block: how many rows are in memory at once.
            rows: (k,) ascending, of this part, from 0; None: all.

        Raises:
            WrongUse: the file is gone, damaged, or not as it was.
        """


def runs(rows: NDArray[np.int64], longest: int) -> Iterator[tuple[int, int]]:
    """Ascending rows as stretches (first, end) without gaps, none longer than that."""
    if not len(rows):
        return
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for first, last in zip(rows[np.r_[0, breaks]].tolist(), rows[np.r_[breaks, len(rows)] - 1].tolist()):
        for start in range(first, last + 1, longest):
            yield start, min(start + longest, last + 1)
