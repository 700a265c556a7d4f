"""What is known of one picture, and the sizes that thumbnails are made in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from AnyQt.QtGui import QPixmap

from ...core.reading import Reading

STEPS_PX = (96, 192, 384, 768)
Stamp = tuple[int, int, int]


class Source(NamedTuple):
    """What a picture is made of: a file, a recipe, and for a web address the hosts that may be asked."""

    path: str
    reading: Reading
    hosts: frozenset[str] = frozenset()


class Key(NamedTuple):
    """What tells one thumbnail from another."""

    source: Source
    size_px: int


@dataclass(frozen=True)
class Entry:
    """What is known of one file.

    Attributes:
        size_px: the longest side that was asked for, in device pixels.
        pixmap: the thumbnail; None when the file cannot be read.
        reason: why it cannot be read, else "".
        full_width, full_height: of the picture itself, in pixels.
        notes: clauses for the user.
        stamp: of the file as it was read; None of one that cannot be looked at.
        checked_ns: when the file was looked at last, by `time.monotonic_ns`.
    """

    size_px: int
    pixmap: QPixmap | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: Stamp | None = None
    checked_ns: int = 0

    @property
    def bytes(self) -> int:
        """Memory that the pixels take."""
        return self.pixmap.width() * self.pixmap.height() * 4 if self.pixmap else 0

    def serves(self, size_px: int) -> bool:
        """Whether reading again at this size would give the same thumbnail, or the same refusal."""
        full = max(self.full_width, self.full_height)
        return self.size_px == size_px or bool(self.reason) or 0 < full <= min(self.size_px, size_px)


def best_size(sizes_px: Iterable[int], wanted_px: int) -> int:
    """Of some sizes, the one to show where another is wanted: the next larger one, else the largest."""
    return min(sizes_px, key=lambda size_px: (size_px < wanted_px, abs(size_px - wanted_px)))


def step_px(wanted_px: float) -> int:
    """The smallest of `STEPS_PX` that has so many device pixels, else the largest: views that ask so share theirs."""
    return next((step for step in STEPS_PX if step >= wanted_px), STEPS_PX[-1])
