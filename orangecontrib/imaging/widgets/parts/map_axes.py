"""Where the points of a map are on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DEEPEST = 1 << 14
_FARTHEST = 0.7


def normalised(coordinates: NDArray[np.float64], one_unit: bool) -> NDArray[np.float64]:
    """Coordinates on the map, that lies around (0, 0) and is 1 wide, or high, or both.

    Args:
        coordinates: (n, 2) float64; what is not finite in one of both becomes NaN in both.
        one_unit: both axes have the same unit, so that a circle stays a circle; else each fills the map.

    Returns:
        (n, 2) float64.
    """
    is_placed = np.isfinite(coordinates[:, 0]) & np.isfinite(coordinates[:, 1])
    points = np.where(is_placed[:, None], coordinates, np.nan)
    if not is_placed.any():
        return points
    low, high = np.array([(np.nanmin(axis), np.nanmax(axis)) for axis in points.T]).T  # NumPy is slow at narrow rows
    extent = high / 2 - low / 2  # halves, for the whole may be beyond the largest number
    extent = np.full(2, extent.max()) if one_unit else extent
    middle = low / 2 + high / 2
    return (points - middle) / np.where(extent > 0, extent, 1) / 2


@dataclass(frozen=True)
class MapAxes:
    """The part of the map that a window shows.

    Attributes:
        x, y: the point of the map in the middle; y upwards.
        scale: pixels for 1 of the map.
        width, height: of the window, in pixels.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1

    @classmethod
    def fitting(cls, width: int, height: int, bounds: NDArray[np.float64], margin_px: float,
                left_px: float = 0.0) -> MapAxes:
        """The whole map in the middle of a window with a margin, and with so much at the left kept free.

        `bounds`: (2, 2), its least and largest x and y.
        """
        inner = np.maximum((width - left_px - 2 * margin_px, height - 2 * margin_px), 20.0)
        extent = bounds[1] - bounds[0]
        scale = min(inner / np.maximum(extent, 1e-9)) if extent.any() else inner.min()
        scale = float(min(scale, inner.max()))
        return cls(-left_px / 2 / scale, 0.0, scale, width, height)

    def to_window(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) points of the map as (n, 2) pixels of the window, y downwards."""
        return (points - (self.x, self.y)) * (self.scale, -self.scale) + (self.width / 2, self.height / 2)

    def to_map(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) pixels of the window as (n, 2) points of the map."""
        return (pixels - (self.width / 2, self.height / 2)) / (self.scale, -self.scale) + (self.x, self.y)

    def moved(self, right_px: float, down_px: float) -> MapAxes:
        """The map is moved below the window, but never out of it."""
        return replace(self, x=float(np.clip(self.x - right_px / self.scale, -0.5, 0.5)),
                       y=float(np.clip(self.y + down_px / self.scale, -0.5, 0.5)))

    def centered(self, x: float, y: float) -> MapAxes:
        """A point of the map is in the middle."""
        return replace(self, x=x, y=y).moved(0, 0)

    def zoomed(self, factor: float, at: tuple[float, float], fitting: MapAxes) -> MapAxes:
        """Larger by a factor, around a pixel of the window that keeps its point; within what `fitting` leads to."""
        scale = float(np.clip(self.scale * factor, fitting.scale * _FARTHEST, fitting.scale * DEEPEST))
        x, y = self.to_map(np.array([at], float))[0]
        return replace(self, scale=scale, x=x - (at[0] - self.width / 2) / scale,
                       y=y + (at[1] - self.height / 2) / scale)

    def resized(self, width: int, height: int) -> MapAxes:
        """In a window of another size, around the same middle."""
        return replace(self, width=width, height=height)

    def widened(self, by_px: int) -> MapAxes:
        """With a margin around the window."""
        return self.resized(self.width + 2 * by_px, self.height + 2 * by_px)

    def shows_all(self, bounds: NDArray[np.float64]) -> bool:
        """Whether the whole map is in the window; `bounds` as for `fitting`."""
        pixels = self.to_window(bounds)
        return bool(((pixels >= 0) & (pixels <= (self.width, self.height))).all())
