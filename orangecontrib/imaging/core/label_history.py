"""What was done to labels, one after the other: undo and redo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hand_labels import LabelBook, Marks

MOST_STEPS = 100
_NO_MARKS: Marks = np.zeros(0, np.uint8)


@dataclass(frozen=True)
class Step:
    """One change: what it was, as a clause for the user, and the labels before and after it."""

    text: str
    before: LabelBook
    after: LabelBook


class LabelHistory:
    """Keeps the last 100 steps; a new one forgets those that were undone.

    Attributes:
        book: the labels as they are now.
    """

    def __init__(self, book: LabelBook = LabelBook()) -> None:  # noqa: B008 - it never changes
        self.book = book
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def next_undo(self) -> Step | None:
        """What `undo` would take back."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Step | None:
        """What `redo` would do again."""
        return self._undone[-1] if self._undone else None

    def do(self, book: LabelBook, text: str) -> bool:
        """Go on with other labels; False where nothing is to be changed."""
        if book is self.book:
            return False
        self._done = [*self._done, Step(text, self.book, book)][-MOST_STEPS:]
        self._undone.clear()
        self.book = book
        return True

    def undo(self) -> Step | None:
        """Take the last step back; None where there is none."""
        if not self._done:
            return None
        step = self._done.pop()
        self._undone.append(step)
        self.book = step.before
        return step

    def redo(self) -> Step | None:
        """Do again what was undone last; None where there is nothing."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._done.append(step)
        self.book = step.after
        return step


def changed_elsewhere(step: Step, folder: str, pictures: NDArray[np.int32]) -> int:
    """How many pictures get or lose a label by a step, besides those that are shown.

    Args:
        folder: of the pictures that are shown.
        pictures: (n,) int32, their numbers; -1 for none.
    """
    count = 0
    for one in {*step.before.marks, *step.after.marks}:
        is_other = _differing(step.before.marks.get(one, _NO_MARKS), step.after.marks.get(one, _NO_MARKS))
        if one == folder:
            is_other[pictures[(pictures >= 0) & (pictures < len(is_other))]] = False
        count += int(np.count_nonzero(is_other))
    return count


def _differing(before: Marks, after: Marks) -> NDArray[np.bool_]:
    """(k,) bool: which pictures' labels are not the same; marks beyond the end are 0."""
    length = max(len(before), len(after))
    padded = [np.pad(marks, (0, length - len(marks))) for marks in (before, after)]
    return np.asarray(padded[0] != padded[1])
