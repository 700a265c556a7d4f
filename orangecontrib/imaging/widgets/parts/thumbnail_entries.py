"""What is known of one picture, and the sizes that thumbnails are made in."""

from __future__ import annotations

from dataclasses import dataclass

from AnyQt.QtGui import QPixmap

from ...core.reading import Reading

STEPS_PX = (96, 192, 384, 768)
Stamp = tuple[int, int, int]
Key = tuple[str, Reading, int]  # path, recipe, size: what tells one thumbnail from another


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
        checked: when the file was looked at last, by the store's own count.
    """

    size_px: int
    pixmap: QPixmap | None = None
    reason: str = ""
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()
    stamp: Stamp | None = None
    checked: int = 0

    @property
    def bytes(self) -> int:
        """Memory that the pixels take."""
        return self.pixmap.width() * self.pixmap.height() * 4 if self.pixmap else 0

    def serves(self, size_px: int) -> bool:
        """Whether reading again at this size would give the same thumbnail."""
        full = max(self.full_width, self.full_height)
        return self.size_px == size_px or 0 < full <= min(self.size_px, size_px)


def step_px(wanted_px: float) -> int:
    """The smallest of `STEPS_PX` that has so many device pixels, else the largest: views that ask so share theirs."""
    return next((step for step in STEPS_PX if step >= wanted_px), STEPS_PX[-1])
