"""Pictures by number, so that what is known of 100,000 of them is an array.

A picture is what the image column writes: equal values are one picture, wherever its row stands. The folder (or
address) that the values start from tells pictures of the same name apart: two plates have the same names and are not
the same pictures. What was labeled in another folder is offered, and never taken unasked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .hand_labels import LabelBook
from .unhurried import unhurried

_Numbers = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Offer:
    """Labeled pictures of another folder that have the same names as pictures here.

    Attributes:
        folder: the other one.
        theirs: (m,) int32, their numbers there.
        pictures: (m,) int32, the numbers of those here, in the same order.
    """

    folder: str
    theirs: _Numbers
    pictures: _Numbers


@dataclass(frozen=True, eq=False)
class Shown:
    """The pictures of one table.

    Attributes:
        folder: that the table's values start from.
        pictures: (n,) int32, a row's picture; -1 for none.
        known: number by value, of all pictures of the folder that have been met.
        offer: labels that could be taken from another folder; None for none.
    """

    folder: str = ""
    pictures: _Numbers = field(default_factory=lambda: np.zeros(0, np.int32))
    known: Mapping[str, int] = field(default_factory=dict)
    offer: Offer | None = None


@dataclass(frozen=True, eq=False)
class KnownPictures:
    """All pictures that have been met.

    Attributes:
        numbers: by folder, the number of each value; numbers count from 0, and a picture keeps its own.
        apart: folders whose pictures were said to be others than those of the same names elsewhere.
    """

    numbers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()

    def look_at(self, folder: str, values: Sequence[object], book: LabelBook) -> Shown:
        """The pictures of a table; changes nothing, and takes some time for a long one.

        Where no picture of the folder has a label, those of another folder are offered.

        Args:
            folder: that the values start from; "" for none.
            values: (n,) of the image column; what is no text, or empty, is no picture.
            book: the labels.
        """
        known = dict(self.numbers.get(folder, {}))
        pictures = np.fromiter((known.setdefault(value, len(known)) if isinstance(value, str) and value else -1
                                for value in unhurried(values)), np.int32, len(values))
        is_open = folder not in self.apart and not np.any(book.marks.get(folder, ()))
        return Shown(folder, pictures, known, self._nearest(folder, pictures, known, book) if is_open else None)

    def with_shown(self, shown: Shown) -> KnownPictures:
        """All that is known, with a table's pictures."""
        return replace(self, numbers={**self.numbers, shown.folder: shown.known})

    def set_apart(self, folder: str) -> KnownPictures:
        """Offer no labels of other folders for the pictures of this one."""
        return replace(self, apart=self.apart | {folder})

    def _nearest(self, folder: str, pictures: _Numbers, known: Mapping[str, int], book: LabelBook) -> Offer | None:
        """Of the other folder with the most labeled pictures of these names."""
        is_here = np.zeros(len(known) + 1, bool)
        is_here[pictures] = True
        is_here[-1] = False  # of no picture, and of no name
        offers = []
        for other in book.marks:
            if other != folder:
                theirs = np.flatnonzero(book.marks[other]).astype(np.int32)
                names = list(self.numbers.get(other, ()))
                here = np.fromiter((known.get(names[number], -1) for number in theirs), np.int32, len(theirs))
                offers.append(Offer(other, theirs[is_here[here]], here[is_here[here]]))
        best = max(offers, key=lambda offer: len(offer.theirs), default=None)
        return best if best is not None and len(best.theirs) else None
