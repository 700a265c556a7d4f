"""Small versions of pictures, for looking at; networks never see them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .images import explained, read_parts, side_by_side
from .reading import Reading

THUMBNAILS_VERSION = 1  # raised whenever the same picture gives other thumbnails: part of what they are kept by


@dataclass(frozen=True)
class Thumbnail:
    """A picture made small.

    Attributes:
        pixels: (height, width, 3) uint8, channels in the order R, G, B, values 0–255, upright.
        full_width, full_height: of the picture itself, in pixels.
        notes: clauses for the user, such as ``"12 frames: frame 1"``.
    """

    pixels: NDArray[np.uint8]
    full_width: int
    full_height: int
    notes: tuple[str, ...] = ()


def read_thumbnail(path: str | os.PathLike[str], size_px: int,
                   reading: Reading = Reading()) -> Thumbnail:
    """Read a picture, no side of it longer than `size_px`; smaller ones are not enlarged.

    The picture is averaged over boxes and then resized with LANCZOS (Pillow's ``reducing_gap``). Channels on their own
    are made small one after the other, so that many of them need no more memory than one.

    Args:
        path: the file.
        size_px: the longest side of the result, in pixels, at least 1.
        reading: the recipe, as for `read_image`.

    Raises:
        UnreadableImage: as `read_image`.
    """
    parts, full_width, full_height = [], 0, 0
    widest = max(1, size_px // len(reading.parts()))
    with explained(path):
        for picture in read_parts(path, reading):
            full_height, width = picture.pixels.shape[:2]
            full_width += width
            parts.append(replace(picture, pixels=_fitted(picture.pixels, widest, size_px)))
        small = side_by_side(parts)
    return Thumbnail(small.pixels, full_width, full_height, small.notes)


def _fitted(pixels: NDArray[np.uint8], widest: int, highest: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8, made so small that it fits, at least one pixel high and wide."""
    height, width = pixels.shape[:2]
    scale = min(1.0, widest / width, highest / height)
    if scale == 1.0:
        return pixels
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0))
