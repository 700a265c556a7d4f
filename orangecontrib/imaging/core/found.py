"""What a search for pictures finds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .stack import ImageInfo
from .tiles import TilePlace


@dataclass(frozen=True)
class FoundImage:
    """One picture of a folder.

    Attributes:
        path: absolute, in the system's own form.
        name: relative to the scanned folder, ``/`` between the parts.
        category: the sub-folder it lies in, relative to the scanned one; ``""`` for the folder itself.
        info: what its header says, where that was asked for.
        tile: its place, where it is a tile of a slide.
    """

    path: str
    name: str
    category: str
    info: ImageInfo | None = None
    tile: TilePlace | None = None

    @property
    def file_name(self) -> str:
        """The name of the file that it lies in, from which labels come: that of a tile's slide, else its own."""
        return self.name.rpartition("/")[0] if self.tile else self.name


@dataclass(frozen=True)
class Skipped:
    """A picture that was left out: its row in what was given, its path, and why."""

    row: int
    path: str
    reason: str


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key: ``img2`` before ``img10``, digits before letters, upper and lower case together."""
    parts = re.split(r"([0-9]+)", name)
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]
    return key, name


def count_categories(images: Iterable[FoundImage]) -> dict[str, int]:
    """How many pictures each category holds, in order of appearance; ``""`` is the folder itself."""
    counts: dict[str, int] = {}
    for image in images:
        counts[image.category] = counts.get(image.category, 0) + 1
    return counts
