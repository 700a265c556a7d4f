"""Which tiles of a slide hold tissue: glass is grey or white, stained tissue is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .tiles import plan_tiles

TISSUE_SHARE = 0.05  # of a tile's area
_LEVELS = 256
_LEAST_LEVEL = 15  # a saturation of 0.06: that of white glass in warm light, compressed as JPEG, is below
_LEAST_LIGHT = 40  # of the brightest colour: below, saturation is noise


def tissue_tiles(overview: NDArray[np.uint8], width: int, height: int, side_px: int) -> NDArray[np.int64]:
    """(n, 2) int64, left and top of the tiles whose area is tissue by 5 % or more, row by row.

    Of a tile all pixels of the overview count that it touches, at least one.

    Args:
        overview: (h, w, 3) uint8 R, G, B: the whole slide, made small.
        width, height: of the slide, in pixels of its full resolution.
        side_px: of the tiles, in pixels of the full resolution.
    """
    places = plan_tiles(width, height, side_px)
    rows, columns = overview.shape[:2]
    left, right = _touched(places[:, 0], side_px, columns / width, columns)
    top, bottom = _touched(places[:, 1], side_px, rows / height, rows)
    sums = np.zeros((rows + 1, columns + 1), np.int32)  # of all tissue above and to the left
    sums[1:, 1:] = tissue_mask(overview).cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    tissue = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return places[tissue >= TISSUE_SHARE * (bottom - top) * (right - left)]


def tissue_mask(overview: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) bool: where the saturation lies above Otsu's threshold, and above that of glass.

    The floor is ours: Otsu always finds two classes, also in the noise of an empty slide. So is it that nearly black
    pixels, such as ink and the margins of some scanners, are taken for grey.

    Args:
        overview: (h, w, 3) uint8 R, G, B.
    """
    levels = np.where(overview.max(axis=-1) < _LEAST_LIGHT, np.uint8(0), saturation(overview))
    return levels > max(otsu_level(levels), _LEAST_LEVEL)


def saturation(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) uint8: (max - min) / max of R, G and B, from 0 (grey) to 255; 0 for black.

    That of the HSV model: A. R. Smith, Color gamut transform pairs, SIGGRAPH 1978, doi:10.1145/800248.807361.

    Args:
        pixels: (h, w, 3) uint8 R, G, B.
    """
    most = pixels.max(axis=-1)
    span = most - pixels.min(axis=-1)
    levels: NDArray[np.uint8] = np.rint(span * np.float32(_LEVELS - 1) / np.maximum(most, 1)).astype(np.uint8)
    return levels


def otsu_level(levels: NDArray[np.uint8]) -> int:
    """The level, 0–255, up to which values are the lower of two classes whose variance between them is greatest.

    N. Otsu, A threshold selection method from gray-level histograms, IEEE Transactions on Systems, Man, and
    Cybernetics 9 (1979) 62–66, doi:10.1109/TSMC.1979.4310076, equation 18. Of levels that part the values alike, the
    lowest; 0 where all values are the same.

    Args:
        levels: any shape, uint8, not empty.
    """
    counts = np.bincount(levels.ravel(), minlength=_LEVELS).astype(float)
    below, moment = counts.cumsum() / counts.sum(), (counts * np.arange(_LEVELS)).cumsum() / counts.sum()
    parted = below * (1 - below)
    spread = np.zeros(_LEVELS)
    np.divide((moment[-1] * below - moment)**2, parted, out=spread, where=parted > 1e-12)
    return int(spread.argmax())


def _touched(starts: NDArray[np.int64], side_px: int, scale: float,
             count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first pixel of the overview that each tile touches along an axis, and the one after the last."""
    first = np.minimum(np.floor(starts * scale), count - 1).astype(np.int64)
    last = np.ceil((starts + side_px) * scale).astype(np.int64)
    return first, np.clip(last, first + 1, count)
