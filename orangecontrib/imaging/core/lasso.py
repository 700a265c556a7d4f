"""Which points lie inside a drawn outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inside_outline(points: NDArray[np.float64], outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points an outline encloses, by the even-odd rule.

    A ray from each point to the right crosses the outline an odd number of times (Shimrat 1962, Algorithm 112). Each
    edge is only compared with the points at its height, found in their sorted order.

    Args:
        points: (n, 2) float64, x and y; what is not finite lies outside.
        outline: (m, 2) float64, its corners in their order; the last is joined to the first. Fewer than 3 enclose
            nothing.

    Returns:
        (n,) bool.
    """
    inside = np.zeros(len(points), bool)
    if len(outline) < 3:
        return inside
    near = np.flatnonzero(((points >= outline.min(axis=0)) & (points <= outline.max(axis=0))).all(axis=1))
    near = near[np.argsort(points[near, 1], kind="stable")]
    x, y = points[near].T
    odd = np.zeros(len(near), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0)):
        first, last = np.searchsorted(y, sorted((y0, y1)))
        if first < last:
            odd[first:last] ^= x[first:last] < x0 + (y[first:last] - y0) * (x1 - x0) / (y1 - y0)
    inside[near] = odd
    return inside
