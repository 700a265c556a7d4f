"""Small versions of pictures, for looking at; networks never see them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .images import Reading, read_image


@dataclass(frozen=True)
class Thumbnail:
    """A picture made small.

    Attributes:
        pixels: (height, width, 3) uint8, channels in the order R, G, B, values 0–255, upright.
        full_width, full_height: of the picture itself, in pixels.
        notes: clauses for the user, such as ``"first of 12 frames"``.
    """

    pixels: NDArray[np.uint8]
    full_width: int
    full_height: int
    notes: tuple[str, ...] = ()


def read_thumbnail(path: str | os.PathLike[str], size_px: int,
                   reading: Reading = Reading()) -> Thumbnail:
    """Read a picture, no side of it longer than `size_px`; smaller ones are not enlarged.

    The picture is averaged over boxes and then resized with LANCZOS (Pillow's ``reducing_gap``).

    Args:
        path: the file.
        size_px: the longest side of the result, in pixels, at least 1.
        reading: the recipe, as for `read_image`.

    Raises:
        UnreadableImage: as `read_image`.
    """
    picture = read_image(path, reading)
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, size_px / max(height, width))
    if scale == 1.0:
        return Thumbnail(picture.pixels, width, height, picture.notes)
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(picture.pixels).resize(
        wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return Thumbnail(np.asarray(small), width, height, picture.notes)
