"""A picture in several sizes, so that it is drawn soon and smoothly at every scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from AnyQt.QtGui import QImage
from numpy.typing import NDArray
from PIL import Image

_SMALLEST_PX = 512


@dataclass(frozen=True)
class Levels:
    """A picture, then itself at 1/2, 1/4 … of its size.

    Attributes:
        images: ready to be drawn, the largest first.
        pixels: the memory that they lie in.
    """

    images: tuple[QImage, ...]
    pixels: tuple[NDArray[Any], ...]

    def best(self, scale: float) -> int:
        """Which image to draw where the largest one is drawn at this scale: the smallest that has all that is seen."""
        level = 0
        while level + 1 < len(self.images) and scale * 2 ** (level + 1) <= 1:
            level += 1
        return level


def levels_of(pixels: NDArray[np.uint8]) -> Levels:
    """The levels of (height, width, 3) uint8 RGB; made in a thread."""
    arrays, image = [_packed(pixels)], Image.fromarray(pixels)
    while max(image.size) > _SMALLEST_PX:
        image = image.reduce(2)
        arrays.append(_packed(np.asarray(image)))
    images = [QImage(array.data, array.shape[1], array.shape[0], 4 * array.shape[1], QImage.Format.Format_RGB32)
              for array in arrays]
    return Levels(tuple(images), tuple(arrays))


def _packed(pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(height, width) as Qt draws it: 0xffRRGGBB."""
    packed = pixels[..., 0].astype(np.uint32)
    for band in (1, 2):
        packed <<= np.uint32(8)
        packed |= pixels[..., band]
    packed |= np.uint32(0xFF000000)
    return packed
