"""Points of a map that are too near each other to be shown one by one: one of each crowd stands for all.

Crowds are the occupied squares of a raster that is fixed to the map, not to the screen: they stay the same while the
map is moved, and a raster of half the side only splits them. Levels lie nearer together than that, so that squares on
the screen are little larger than they must be, and the map is full of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse

#: how many levels until the squares have half the side
LEVELS_A_HALF = 8
_KEPT_LEVELS = 4
_LOOSEST = 2 ** 0.5
_ROUNDING = 1 + 1e-9
_STRIDE = np.int64(1 << 31)


@dataclass(frozen=True)
class Crowds:
    """The occupied squares of a raster, m of them.

    Attributes:
        representative: (m,) int64, the point that stands for each crowd: of its members the nearest to their mean, of
            equally near ones the first.
        count: (m,) int64, members of each; they sum up to n.
        square: (m, 2) int64, column and row of the square, counted from the square that begins at (0, 0).
        crowd_of: (n,) int64, the crowd that each point belongs to.
    """

    representative: NDArray[np.int64]
    count: NDArray[np.int64]
    square: NDArray[np.int64]
    crowd_of: NDArray[np.int64]

    def members(self, crowd: int) -> NDArray[np.int64]:
        """The points of a crowd, ascending: (k,) int64."""
        return np.flatnonzero(self.crowd_of == crowd)


def find_crowds(points: NDArray[np.float64], side: float, preferred: NDArray[np.bool_] | None = None) -> Crowds:
    """Gather points by the squares of a raster that they lie in.

    Args:
        points: (n, 2) float64, x and y, finite; in the unit of `side`.
        side: of a square, above 0.
        preferred: (n,) bool, or None: where a crowd has such members, one of them stands for it, all the same the
            nearest to the mean of all.

    Raises:
        WrongUse: `side` is not above 0, or so small that the squares cannot be counted.
    """
    if not side > 0 or (len(points) and np.abs(points).max() / side >= _STRIDE // 2):
        raise WrongUse(f"Squares of side {side:g} cannot divide this map. Give a larger side.")
    squares = np.floor(points / side).astype(np.int64)
    keys = squares[:, 0] * _STRIDE + squares[:, 1]
    order = np.argsort(keys)  # several times as fast as a stable order
    is_first = np.diff(keys[order], prepend=keys[order[:1]] - 1) != 0
    starts = np.flatnonzero(is_first)
    counts = np.diff(starts, append=len(order))
    crowd_of = np.empty(len(order), np.int64)
    crowd_of[order] = np.cumsum(is_first) - 1
    is_nearest = _nearest_to_mean(points[order], starts, counts, None if preferred is None else preferred[order])
    first = np.minimum.reduceat(np.where(is_nearest, order, len(order)), starts) if len(starts) else order
    return Crowds(first, counts, squares[order[starts]], crowd_of)


def _nearest_to_mean(points: NDArray[np.float64], starts: NDArray[np.int64], counts: NDArray[np.int64],
                     preferred: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Of each run of points those that are nearest to their mean, up to rounding: of two always both. (n,) bool."""
    if not len(starts):
        return np.empty(0, bool)
    means = np.add.reduceat(points, starts, axis=0) / counts[:, None]
    away = ((points - np.repeat(means, counts, axis=0)) ** 2).sum(axis=1)
    away[np.repeat(counts == 2, counts)] = 0
    if preferred is not None:
        has_preferred = np.logical_or.reduceat(preferred, starts)
        away[~preferred & np.repeat(has_preferred, counts)] = np.inf
    nearest = np.minimum.reduceat(away, starts)
    is_nearest: NDArray[np.bool_] = away <= np.repeat(nearest * _ROUNDING, counts)
    return is_nearest


class CrowdLevels:
    """The crowds of the same points at levels, of squares as `side_of` says. The last few are kept.

    Args:
        points: (n, 2) float64, as `find_crowds`.
        preferred: (n,) bool, or None.
    """

    def __init__(self, points: NDArray[np.float64], preferred: NDArray[np.bool_] | None = None) -> None:
        self.points = points
        self.at = lru_cache(_KEPT_LEVELS)(lambda level: find_crowds(points, side_of(level), preferred))


def side_of(level: int) -> float:
    """The side of the squares of a level, in the unit of the points: 1 at level 0, half of that at level 8."""
    return float(2.0 ** (-level / LEVELS_A_HALF))


def choose_level(px_per_unit: float, least_px: float, before: int | None = None) -> int:
    """The level whose squares are large enough on the screen, and hardly larger.

    Args:
        px_per_unit: pixels of the screen for 1 of the map.
        least_px: what a square must measure on the screen; it measures less than 1.1 times that.
        before: the level until now: it stays until its squares measure less, or 1.4 times that, so that small turns of
            the wheel to and fro change nothing.
    """
    if before is not None and 1 <= px_per_unit * side_of(before) / least_px < _LOOSEST:
        return before
    return int(np.floor(LEVELS_A_HALF * np.log2(px_per_unit / least_px)))
