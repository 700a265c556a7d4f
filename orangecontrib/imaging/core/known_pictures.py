"""Pictures by number, so that what is known of 100,000 of them is an array.

A picture is what the image column writes: equal values are one picture, wherever its row stands. The folder (or
address) that the values start from tells pictures of the same name apart. Folders that are said to hold the same
pictures share their numbers: the first of them is their home.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .hand_labels import LabelBook

_OFFERED_SHARE = 0.5  # of a folder's labeled pictures; fewer have the same name by chance


@dataclass(frozen=True, eq=False)
class Shown:
    """The pictures of one table.

    Attributes:
        folder: that the table's values start from.
        home: whose pictures they are.
        pictures: (n,) int32, a row's picture; -1 for none.
        known: number by value, of all pictures of the home.
        other: a folder of which labeled pictures are here by their names; "" for none.
        shared: how many of them are here.
        labeled: how many of that folder are labeled.
    """

    folder: str = ""
    home: str = ""
    pictures: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    known: Mapping[str, int] = field(default_factory=dict)
    other: str = ""
    shared: int = 0
    labeled: int = 0

    @property
    def is_moved(self) -> bool:
        """Whether the labels come from another folder."""
        return self.home != self.folder


@dataclass(frozen=True, eq=False)
class KnownPictures:
    """All pictures that have been met.

    Attributes:
        numbers: by home, the number of each value; numbers count from 0, and a picture keeps its own.
        homes: of folders that were said to hold the pictures of another folder, or not to.
    """

    numbers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)

    def look_at(self, folder: str, values: Sequence[object], book: LabelBook) -> Shown:
        """The pictures of a table; changes nothing, and takes some time for a long one.

        Labels of another folder are taken over where this folder has none and every picture labeled there is here by
        its name; where at least half of them are, `Shown.other` offers them.

        Args:
            folder: that the values start from; "" for none.
            values: (n,) of the image column; what is no text, or empty, is no picture.
            book: the labels.
        """
        here = {value for value in values if isinstance(value, str) and value}
        home = self.homes.get(folder, folder)
        other, shared, labeled = "", 0, 0
        if folder not in self.homes and not np.any(book.marks.get(folder, ())):
            other, shared, labeled = self._nearest(folder, here, book)
            home = other if other and shared == labeled else folder
        known = dict(self.numbers.get(home, {}))
        pictures = np.fromiter((known.setdefault(value, len(known)) if isinstance(value, str) and value else -1
                                for value in values), np.int32, len(values))
        return Shown(folder, home, pictures, known, other, shared, labeled)

    def with_shown(self, shown: Shown) -> KnownPictures:
        """All that is known, with a table's pictures."""
        homes = {**self.homes, shown.folder: shown.home} if shown.is_moved else self.homes
        return KnownPictures({**self.numbers, shown.home: shown.known}, homes)

    def at_home(self, folder: str, home: str) -> KnownPictures:
        """Say whose pictures those of a folder are: its own, to start afresh, or those of another one."""
        return KnownPictures(self.numbers, {**self.homes, folder: home})

    def _nearest(self, folder: str, here: set[str], book: LabelBook) -> tuple[str, int, int]:
        """The other folder with the most labeled pictures of these names; "" where there are too few."""
        found = []
        for other in book.marks:
            numbers = np.flatnonzero(book.marks[other])
            if other != folder and len(numbers):
                names = list(self.numbers.get(other, ()))
                shared = sum(1 for number in numbers if names[number] in here)
                found.append((shared, len(numbers), other))
        shared, labeled, other = max(found, default=(0, 0, ""))
        return (other, shared, labeled) if shared and shared >= _OFFERED_SHARE * labeled else ("", 0, 0)
