"""How pictures were read, told of many at once: each clause with the number of pictures that it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from .embeddings import Batch

_KINDS = 6  # of reading that are told


class ReadingNotes:
    """Gathers how pictures were read: each clause, and the rows that it concerns."""

    def __init__(self) -> None:
        self._rows: dict[str, set[int]] = {}
        self._unusual: set[str] = set()

    def add(self, batch: Batch) -> None:
        """Take the notes of a finished batch."""
        for row, clauses in batch.notes.items():
            self._unusual.update(clauses[1:])  # the first says what the file holds, and what is shown of it
            for clause in clauses:
                self._rows.setdefault(clause, set()).add(row)

    def counts(self, rows: Collection[int]) -> dict[str, int]:
        """How many of these rows each clause concerns: what was unusual first, then the most frequent."""
        counts = {clause: len(those.intersection(rows)) for clause, those in self._rows.items()}
        order = sorted(counts, key=lambda clause: (clause not in self._unusual, -counts[clause], clause))
        return {clause: counts[clause] for clause in order if counts[clause]}


def added_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """What `ReadingNotes.counts` gave of several lists of pictures, as of all: in about the same order."""
    total, place = Counter[str](), dict[str, int]()
    for one in counts:
        total.update(one)
        place.update({clause: max(at, place.get(clause, 0)) for at, clause in enumerate(one)})
    return {clause: total[clause] for clause in sorted(total, key=lambda one: (place[one], -total[one], one))}


def read_clauses(counts: Mapping[str, int], more: str = "") -> list[str]:
    """Such as ``12 pictures: 16 bits, 3 channels``, six at most; then how many there are beside these, and `more`."""
    told = [f"{count_text(count, 'picture')}: {clause}" for clause, count in counts.items()]
    if len(told) <= _KINDS + 1:
        return told
    return [*told[:_KINDS], f"and {len(told) - _KINDS} more kinds {more}".rstrip()]


def count_text(count: int, word: str) -> str:
    """Such as ``1 picture`` or ``1,200 pictures``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
