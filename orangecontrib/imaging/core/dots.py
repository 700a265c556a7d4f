"""Tens of thousands of round dots drawn into an array, faster than one after the other by a painter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1 << 20  # pixels written in one go: what is worked on stays in the processor's cache


def draw_dots(layer: NDArray[np.uint32], centers: NDArray[np.float64], colors: NDArray[np.uint8], radius_px: float,
              opacity: float = 1.0) -> None:
    """Draw round dots, later ones over earlier ones.

    Where dots lie over each other, each lets so much of what is below through that k of them cover
    1 - (1 - opacity)**k; the color is the uppermost one's. The soft edge of a dot lies below the others' inner parts.

    Args:
        layer: (height, width) uint32, contiguous, premultiplied 0xAARRGGBB as Qt's; what is there already stays
            where no dot covers it, and is replaced where one does.
        centers: (n, 2) float64, x and y in pixels from the upper left corner; dots that reach over the edge of the
            layer by their centers are left out.
        colors: (n, 3) uint8 RGB; (1, 3) for one color of all, which is drawn faster.
        radius_px: at least 0.5.
        opacity: above 0, at most 1.
    """
    reach = int(np.ceil(radius_px + 0.5))
    places, kept = _places(layer, centers, reach)
    colors = colors if len(colors) == 1 else colors[kept]
    inner, edge, covered = _stamp(radius_px, reach, layer.shape[1])
    flat = layer.reshape(-1)
    for offset, share in zip(edge, covered):
        flat[places + offset] = _premultiplied(colors, share * opacity)
    _fill(flat, places, inner, _premultiplied(colors, opacity))
    if opacity < 1 and len(places):
        _thicken(flat, places, inner, opacity)


def _fill(flat: NDArray[np.uint32], places: NDArray[np.int64], inner: NDArray[np.int64],
          packed: NDArray[np.uint32]) -> None:
    """Draw the inner parts of dots: one after the other, or, all of one color, one pixel of all after the other."""
    if len(packed) == 1:
        for offset in inner:
            flat[places + offset] = packed[0]
        return
    step = max(1, _AT_ONCE // max(1, len(inner)))
    for start in range(0, len(places), step):
        part = slice(start, start + step)
        flat[(places[part, None] + inner).ravel()] = np.repeat(packed[part], len(inner))


def _places(layer: NDArray[np.uint32], centers: NDArray[np.float64],
            reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of dots wholly on the layer: flat indices of the pixels that they are centered on, and which dots these are."""
    height, width = layer.shape
    pixels = np.floor(centers)
    column, row = pixels[:, 0], pixels[:, 1]
    kept = np.flatnonzero((column >= reach) & (row >= reach) & (column < width - reach) & (row < height - reach))
    return (row[kept] * width + column[kept]).astype(np.int64), kept


def _stamp(radius_px: float, reach: int, width: int) -> tuple[
        NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Offsets of a disc's inner pixels, of those that its edge crosses, and the shares that it covers of these."""
    rows, columns = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    covered = np.clip(radius_px + 0.5 - np.hypot(rows, columns), 0, 1)
    offsets = rows * width + columns
    edge = (covered > 0.05) & (covered < 0.95)
    return offsets[covered >= 0.95], offsets[edge], covered[edge]


def _premultiplied(colors: NDArray[np.uint8], alpha: float) -> NDArray[np.uint32]:
    """(n, 3) uint8 RGB as (n,) uint32 0xAARRGGBB, multiplied by an alpha of 0 to 1."""
    red, green, blue = (colors * np.float32(alpha) + np.float32(0.5)).astype(np.uint32).T
    packed: NDArray[np.uint32] = red << np.uint32(16) | green << np.uint32(8) | blue
    return packed | np.uint32(round(alpha * 255)) << np.uint32(24)


def _thicken(flat: NDArray[np.uint32], places: NDArray[np.int64], inner: NDArray[np.int64], opacity: float) -> None:
    """Make pixels that several dots cover as much less transparent."""
    counts = np.bincount((places[:, None] + inner).ravel())
    many = np.flatnonzero(counts > 1)
    if not len(many):
        return
    gains = ((1 - (1 - opacity) ** np.arange(counts.max() + 1)) / opacity).astype(np.float32)[counts[many]]
    pixels, thicker = flat[many], np.zeros(len(many), np.uint32)
    for shift in np.array([0, 8, 16, 24], np.uint32):
        band = np.minimum((pixels >> shift & np.uint32(255)) * gains, np.float32(255))
        thicker |= band.astype(np.uint32) << shift
    flat[many] = thicker
