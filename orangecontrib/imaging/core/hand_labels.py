"""Labels that a person puts on pictures: which there are, and which picture has which.

Nothing here changes: each operation gives another book, so that going back is to take an older one. Pictures are known
by whole numbers that `core.known_pictures` gives; those of one folder have numbers of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse

#: told apart by people with any color vision, on white and on dark ground: Okabe and Ito, "Color Universal Design",
#: 2008, in the order of their figure; gray takes the place of black
COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")
MOST_LABELS = 99

Marks = NDArray[np.uint8]
_NO_MARKS: Marks = np.zeros(0, np.uint8)


@dataclass(frozen=True)
class Label:
    """One kind of picture.

    Attributes:
        number: 1 to 99; 1 to 9 are keys.
        name: what users call it; unlike all others, also in small letters.
        color: such as ``#e69f00``.
    """

    number: int
    name: str
    color: str


@dataclass(frozen=True, eq=False)
class LabelBook:
    """Labels, and which picture has which.

    Attributes:
        labels: by number.
        marks: by folder, (k,) uint8: the label's number of each known picture; 0 for none, as for pictures beyond
            the end.
    """

    labels: tuple[Label, ...] = ()
    marks: Mapping[str, Marks] = field(default_factory=dict)

    def find(self, number: int) -> Label | None:
        """The label of a number, if there is one."""
        return next((label for label in self.labels if label.number == number), None)

    def numbers(self, folder: str, pictures: NDArray[np.int32]) -> NDArray[np.uint8]:
        """The label's number of each picture.

        Args:
            pictures: (n,) int32, numbers of the folder's pictures; -1 for none.

        Returns:
            (n,) uint8, 0 where there is none.
        """
        marks = self.marks.get(folder, _NO_MARKS)
        is_known = (pictures >= 0) & (pictures < len(marks))
        numbers = np.zeros(len(pictures), np.uint8)
        numbers[is_known] = marks[pictures[is_known]]
        return numbers

    def put(self, folder: str, pictures: NDArray[np.int32], number: int) -> LabelBook:
        """Put a label on pictures, in place of those that they have; 0 takes it away.

        Args:
            pictures: (n,) int32, numbers of the folder's pictures; -1 is left out.

        Raises:
            WrongUse: there is no such label.
        """
        if number and self.find(number) is None:
            raise WrongUse(f"No label has the number {number}. Add Label makes one.")
        pictures = pictures[pictures >= 0]
        if np.all(self.numbers(folder, pictures) == number):
            return self
        return self._marked(folder, pictures, number)

    def take_over(self, other: str, theirs: NDArray[np.int32], folder: str, pictures: NDArray[np.int32]) -> LabelBook:
        """Put on pictures the labels of those of another folder; those that have a label keep it.

        Args:
            other: the other folder.
            theirs: (n,) int32, numbers of its pictures.
            folder: of the pictures that get labels.
            pictures: (n,) int32, their numbers, in the same order; none is negative.
        """
        numbers = self.numbers(other, theirs)
        is_taken = (numbers > 0) & (self.numbers(folder, pictures) == 0)
        return self._marked(folder, pictures[is_taken], numbers[is_taken]) if is_taken.any() else self

    def add(self, name: str = "", *, number: int = 0, color: str = "") -> LabelBook:
        """One more label.

        Args:
            name: "" to call it by its number.
            number: a free one; 0 for the lowest.
            color: such as ``#e69f00``; "" for one that the fewest labels have.

        Raises:
            WrongUse: another label has this name, or there are 99.
        """
        number = number or self._free_number()
        label = Label(number, self._checked(name, number) if name else self._free_name(number),
                      color or self._free_color())
        return replace(self, labels=tuple(sorted((*self.labels, label), key=lambda one: one.number)))

    def rename(self, number: int, name: str) -> LabelBook:
        """Call a label otherwise.

        Raises:
            WrongUse: the name is blank, or another label has it.
        """
        return self._with_label(number, name=self._checked(name, number))

    def recolor(self, number: int, color: str) -> LabelBook:
        """Give a label another color, such as ``#e69f00``."""
        return self._with_label(number, color=color)

    def remove(self, number: int) -> LabelBook:
        """Take a label away, and from all pictures that have it, whether they are shown or not."""
        labels = tuple(label for label in self.labels if label.number != number)
        marks = {folder: np.where(one == number, np.uint8(0), one) if number in one else one
                 for folder, one in self.marks.items()}
        return replace(self, labels=labels)._with_marks(marks) if len(labels) < len(self.labels) else self

    def total(self, number: int) -> int:
        """How many pictures have a label, of all folders."""
        return sum(int(np.count_nonzero(marks == number)) for marks in self.marks.values())

    def _marked(self, folder: str, pictures: NDArray[np.int32], numbers: int | Marks) -> LabelBook:
        before = self.marks.get(folder, _NO_MARKS)
        marks = np.zeros(max(len(before), int(pictures.max()) + 1), np.uint8)
        marks[:len(before)] = before
        marks[pictures] = numbers
        return self._with_marks({**self.marks, folder: marks})

    def _with_marks(self, marks: Mapping[str, Marks]) -> LabelBook:
        for one in marks.values():
            one.setflags(write=False)
        return replace(self, marks=marks)

    def _with_label(self, number: int, name: str = "", color: str = "") -> LabelBook:
        labels = tuple(Label(number, name or label.name, color or label.color) if label.number == number else label
                       for label in self.labels)
        return self if labels == self.labels else replace(self, labels=labels)

    def _checked(self, name: str, number: int) -> str:
        """The name in one line, if it can be a name."""
        name = " ".join(name.split())
        if not name:
            raise WrongUse("A label needs a name. Type one.")
        if any(other.name.casefold() == name.casefold() and other.number != number for other in self.labels):
            raise WrongUse(f"Another label is called “{name}”. Choose another name.")
        return name

    def _free_number(self) -> int:
        taken = {label.number for label in self.labels}
        for number in range(1, MOST_LABELS + 1):
            if number not in taken:
                return number
        raise WrongUse(f"There are {MOST_LABELS} labels, and no room for more. Remove one.")

    def _free_name(self, number: int) -> str:
        taken = {label.name.casefold() for label in self.labels}
        return next(name for count in range(number, number + MOST_LABELS + 1)
                    if (name := f"Label {count}").casefold() not in taken)

    def _free_color(self) -> str:
        """The first of those that the fewest labels have."""
        taken = [label.color for label in self.labels]
        return min(COLORS, key=taken.count)
