"""Whole slides, read by OpenSlide (LGPL-2.1): as a whole and made smaller, or one tile at full resolution."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import numpy as np
import openslide
from numpy.typing import NDArray
from PIL import Image

from ..reading import Reading
from ..refusal import Refused
from ..stack import ImageInfo, Stack, keep_last, reduction
from ..tiles import MOST_SIDE_PX, TilePlace, tile_place

_KEPT_OPEN = 4  # slides, for their next tiles: to open one takes as long as to read a tile
ERRORS: tuple[type[Exception], ...] = (openslide.OpenSlideError,)  # of its own, beside those of all decoders


def open_slide(path: str, size: int, reading: Reading) -> Stack:
    """A slide, or the tile that a path leads to. Raises Refused: the slide has no such tile."""
    place = tile_place(path)
    return SlideTile(place, size) if place else Slide(path, size)


class Slide(Stack):
    """The slide, no side of it longer than the others read here; transparent where nothing was scanned."""

    def __init__(self, path: str, size: int) -> None:
        """Look at the header."""
        self._slide = openslide.OpenSlide(path)
        width, height = self._slide.dimensions
        reduced = reduction(width, height, smallest=True)
        self._size = max(1, width // reduced), max(1, height // reduced)
        self.notes = (f"a slide of {width} × {height} pixels, made smaller {reduced} times",) if reduced > 1 else ()
        self.info = ImageInfo(*self._size, size, _format(path), full_width=width, full_height=height,
                              pixel_size_um=_pixel_size_um(self._slide, reduced))

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) uint8."""
        return self.colours(time, z)[..., number]

    @keep_last
    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) uint8 R, G, B; white where nothing was scanned."""
        return np.array(self._slide.get_thumbnail(self._size).convert("RGB"))

    def close(self) -> None:
        """Let go of the file."""
        self._slide.close()


class SlideTile(Stack):
    """A region of a slide at full resolution; at the right and lower edge as small as what is left."""

    def __init__(self, place: TilePlace, size: int) -> None:
        """Look at the slide's header.

        Raises:
            Refused: the tile is too large, or lies outside the slide.
        """
        if place.side_px > MOST_SIDE_PX:
            raise Refused(f"a tile of {place.side_px:,} pixels is too large; the limit is {MOST_SIDE_PX:,}")
        state = os.stat(place.slide)
        self._slide = _kept_open(place.slide, state.st_mtime_ns, state.st_size)
        full = self._slide.dimensions
        self._place, self._size = place, place.size_in(*full)
        if min(self._size) < 1:
            raise Refused(f"the slide has {full[0]:,} × {full[1]:,} pixels, and no tile at "
                          f"{place.left_px:,}, {place.top_px:,}")
        self.info = ImageInfo(*self._size, size, _format(place.slide), pixel_size_um=_pixel_size_um(self._slide, 1))

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) uint8."""
        return self.colours(time, z)[..., number]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) uint8 R, G, B; white where nothing was scanned."""
        region = self._slide.read_region((self._place.left_px, self._place.top_px), 0, self._size)
        return np.array(Image.alpha_composite(Image.new("RGBA", self._size, "white"), region).convert("RGB"))


@lru_cache(_KEPT_OPEN)
def _kept_open(path: str, written_ns: int, size: int) -> openslide.OpenSlide:
    """The slide as it was written then; it is closed when it left this cache and nobody reads from it.

    Threads may read from it together, says OpenSlide's documentation.
    """
    return openslide.OpenSlide(path)


def _format(path: str) -> str:
    return f"slide ({openslide.OpenSlide.detect_format(path) or 'unknown'})"


def _pixel_size_um(slide: openslide.OpenSlide, reduced: int) -> float | None:
    resolution = slide.properties.get(openslide.PROPERTY_NAME_MPP_X)
    return float(resolution) * reduced if resolution else None
