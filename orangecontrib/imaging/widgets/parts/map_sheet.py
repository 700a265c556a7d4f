"""The part of a map that is in sight, as a sheet for print."""

from __future__ import annotations

import numpy as np

from ...core.reading import Reading
from .color_legend import Legend
from .map_painter import FADED, FRAME_PX, count_text
from .map_scene import GAP_PX
from .map_view import MapView
from .printing import PrintedPicture, Sheet

_GRAY = np.array([130, 130, 130])


def map_sheet(view: MapView, reading: Reading = Reading(), hosts: frozenset[str] = frozenset(),
              legend: Legend | None = None) -> Sheet:
    """Dots and pictures in sight, with frames; how many rows a picture stands for is written below it.

    Args:
        view: the map.
        reading: how its files become pictures.
        hosts: that pictures may be fetched from.
        legend: what its colors mean.
    """
    return Sheet(view.width(), view.height(), _pictures(view), _dots(view), reading, hosts, legend)


def _pictures(view: MapView) -> list[PrintedPicture]:
    tiles, points = view.tiles(), view.scene.points
    seen = ((tiles.corners + tiles.side_px > 0) & (tiles.corners < (view.width(), view.height()))).all(axis=1)
    found = []
    for tile in np.flatnonzero(seen).tolist():
        row, count = int(tiles.rows[tile]), int(tiles.counts[tile])
        color = points.colors[row].tolist()
        left, top = tiles.corners[tile].tolist()
        found.append(PrintedPicture(
            view.items.paths[row], (left, top, tiles.side_px, tiles.side_px), view.items.reasons[row],
            count_text(count) if count > 1 else "", GAP_PX, tuple(color[:3]) if color[3] else None,
            FRAME_PX if color[3] else 0, opacity=view.look.opacity * (FADED if is_back(view, row) else 1)))
    return found


def is_back(view: MapView, row: int) -> bool:
    """Whether others stand out before a row."""
    subset = view.scene.points.subset
    return subset is not None and not subset[row]


def _dots(view: MapView) -> list[tuple[float, float, float, tuple[int, int, int]]]:
    """Those in the window; what lets the paper through is mixed with white."""
    if view.look.shown == "Pictures" and len(view.items):
        return []
    scene = view.scene
    centers, given = view.axes.to_window(scene.places), scene.points.colors[scene.rows]
    colors = np.where(given[:, 3:] > 0, given[:, :3], _GRAY).astype(float)
    shares = np.full(len(colors), view.look.opacity)
    if scene.points.subset is not None:
        shares = np.where(scene.points.subset[scene.rows], shares, shares * FADED)
    colors = np.round(255 - (255 - colors) * shares[:, None]).astype(int)
    seen = ((centers >= 0) & (centers <= (view.width(), view.height()))).all(axis=1)
    seen = np.flatnonzero(seen)[np.argsort(shares[seen], kind="stable")]
    radius = view.look.radius_px(len(centers))
    return [(x, y, radius, tuple(color)) for (x, y), color in zip(centers[seen].tolist(), colors[seen].tolist())]
