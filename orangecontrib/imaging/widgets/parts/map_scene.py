"""What a map shows where: its points, and the pictures that stand for crowds of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from AnyQt.QtCore import QRect
from numpy.typing import NDArray

from ...core.crowds import CrowdLevels, Crowds, choose_level, side_of
from .map_axes import MapAxes

GAP_PX = 10
#: how pictures and dots are shown, by what a setting calls it
SHOWN = ("Both", "Pictures", "Dots")
_ROOM_FOR_DOTS = 1.1


@dataclass(frozen=True)
class MapPoints:
    """The rows of a table on a map.

    Attributes:
        places: (n, 2) float64, as `map_axes.normalised`; NaN where a row has no place.
        colors: (n, 4) uint8 RGBA; alpha 0 where the row has no color.
        subset: (n,) bool, the rows that stand out; None where all do.
    """

    places: NDArray[np.float64]
    colors: NDArray[np.uint8]
    subset: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Tiles:
    """The pictures in sight, m of them.

    Attributes:
        rows: (m,) int64, the row that each is the picture of.
        counts: (m,) int64, how many rows it stands for.
        crowds: (m,) int64, its number among the crowds.
        corners: (m, 2) int64, the left upper pixel of the square that it fits in.
        side_px: of that square.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    crowds: NDArray[np.int64]
    corners: NDArray[np.int64]
    side_px: int

    def rect(self, tile: int) -> QRect:
        """The square of a picture."""
        return QRect(int(self.corners[tile, 0]), int(self.corners[tile, 1]), self.side_px, self.side_px)

    def at(self, x: float, y: float) -> int | None:
        """The picture at a pixel."""
        away = np.array((x, y)) - self.corners
        hit = np.flatnonzero(((away >= 0) & (away < self.side_px)).all(axis=1))
        return int(hit[0]) if len(hit) else None


class MapScene:
    """Points, and at each scale the crowds that they are in.

    Attributes:
        points: as they were given.
        rows: (k,) int64, the rows that have a place.
        level: of the crowds that were shown last.
        bounds: (2, 2) float64, the least and the largest x and y.
    """

    def __init__(self, points: MapPoints) -> None:
        self.points = points
        self.rows = np.flatnonzero(np.isfinite(points.places).all(axis=1))
        subset = None if points.subset is None else points.subset[self.rows]
        self._levels = CrowdLevels(points.places[self.rows], subset)
        self.level: int | None = None
        places = self._levels.points
        self.bounds = np.array([places.min(axis=0), places.max(axis=0)]) if len(places) else np.zeros((2, 2))

    @property
    def places(self) -> NDArray[np.float64]:
        """(k, 2) float64, of the rows that have a place."""
        return self._levels.points

    @property
    def crowds(self) -> Crowds:
        """The crowds that were shown last."""
        return self._levels.at(self.level or 0)

    def tiles(self, axes: MapAxes, side_px: int, shown: str) -> Tiles:
        """The pictures in a window. No two overlap: each lies within the square of its crowd."""
        if shown == "Dots" or not len(self.rows):
            return Tiles(*(np.empty(0, np.int64) for _ in range(3)), np.empty((0, 2), np.int64), side_px)
        room = (side_px + GAP_PX) * (_ROOM_FOR_DOTS if shown == "Both" else 1)
        self.level = choose_level(axes.scale, room, self.level)
        crowds, side = self.crowds, side_of(self.level)
        lowest = axes.to_window((crowds.square + np.array([0, 1])) * side)  # y is upwards on the map
        highest = lowest + side * axes.scale
        reach = side_px + GAP_PX
        seen = np.flatnonzero(((highest > -reach) & (lowest < (axes.width + reach, axes.height + reach))).all(axis=1))
        middle = axes.to_window(self.places[crowds.representative[seen]])
        half = side_px / 2 + GAP_PX / 2
        middle = np.clip(middle, lowest[seen] + half, highest[seen] - half)
        corners = np.round(middle - side_px / 2).astype(np.int64)
        return Tiles(self.rows[crowds.representative[seen]], crowds.count[seen], seen, corners, side_px)

    def members(self, crowd: int) -> NDArray[np.int64]:
        """The rows that the picture of a crowd stands for: (k,) int64."""
        return self.rows[self.crowds.members(crowd)]

    def chosen_shares(self, selected: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Of each crowd the share of its rows that are selected: (m,) float64; `selected`: (n,) bool."""
        crowds = self.crowds
        chosen = np.bincount(crowds.crowd_of[selected[self.rows]], minlength=len(crowds.count))
        return chosen / crowds.count

    def nearest(self, axes: MapAxes, x: float, y: float, reach_px: float) -> int | None:
        """The row whose dot is nearest to a pixel, if it is no farther than that."""
        if not len(self.rows):
            return None
        away = ((axes.to_window(self.places) - (x, y)) ** 2).sum(axis=1)
        nearest = int(away.argmin())
        return int(self.rows[nearest]) if away[nearest] <= reach_px ** 2 else None
