"""Tiles of whole slides: each is a picture with a path of its own, such as ``a.svs/tile 512 at 2048,1024``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse
from .formats import SLIDE

LEAST_SIDE_PX, MOST_SIDE_PX, USUAL_SIDE_PX = 32, 4096, 512
_NAME = re.compile(r"tile ([1-9][0-9]{0,8}) at (0|[1-9][0-9]{0,8}),(0|[1-9][0-9]{0,8})")  # one spelling a place


class TilePlace(NamedTuple):
    """A square of a slide; at the right and lower edge what is left of it.

    Attributes:
        slide: the slide's path.
        side_px, left_px, top_px: in pixels of its full resolution.
    """

    slide: str
    side_px: int
    left_px: int
    top_px: int

    @property
    def name(self) -> str:
        """Such as ``tile 512 at 2048,1024``."""
        return f"tile {self.side_px} at {self.left_px},{self.top_px}"

    @property
    def path(self) -> str:
        """The tile's own, which `tile_place` takes apart."""
        return os.path.join(self.slide, self.name)

    def size_in(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the tile in a slide of this size; not positive for a place outside."""
        return min(self.side_px, width - self.left_px), min(self.side_px, height - self.top_px)


@dataclass(frozen=True)
class Tiling:
    """How slides are cut.

    Attributes:
        side_px: of each tile, in pixels of the slide's full resolution.
        leaves_out_glass: tiles without tissue are no rows, see `tissue.tissue_tiles`.
    """

    side_px: int = USUAL_SIDE_PX
    leaves_out_glass: bool = True

    def __post_init__(self) -> None:
        """Raise WrongUse for what cannot be."""
        if type(self.side_px) is not int or not LEAST_SIDE_PX <= self.side_px <= MOST_SIDE_PX:
            raise WrongUse(f"Slides are not cut into tiles of {self.side_px!r} pixels. Choose a side from "
                           f"{LEAST_SIDE_PX} to {MOST_SIDE_PX:,} pixels.")


def tile_place(path: str) -> TilePlace | None:
    """The place that a tile's path leads to; None for any other path, also where there is no such slide."""
    slide, _, name = path.rpartition(os.sep)
    numbers = _NAME.fullmatch(name)
    if numbers is None or not SLIDE.has_name(slide) or not os.path.isfile(slide):
        return None
    return TilePlace(slide, *map(int, numbers.groups()))


def plan_tiles(width: int, height: int, side_px: int) -> NDArray[np.int64]:
    """(n, 2) int64, left and top of the tiles that together cover a slide once, row by row.

    Args:
        width, height: of the slide, in pixels of its full resolution, as all numbers here.
        side_px: of the tiles.
    """
    tops, lefts = np.mgrid[0:height:side_px, 0:width:side_px]
    return np.stack([lefts.ravel(), tops.ravel()], axis=1).astype(np.int64)
