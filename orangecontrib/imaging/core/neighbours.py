"""The nearest neighbours of vectors, exactly; block by block, so that one can stop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 1000


def nearest(vectors: NDArray[np.float64], count: int,
            on_progress: Callable[[float], None]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The nearest other rows of each row, by Euclidean distance (scikit-learn's ``NearestNeighbors``, brute force).

    Args:
        vectors: (n, d) float64, finite.
        count: how many, less than n.
        on_progress: called with the fraction that is done.

    Returns:
        Numbers of rows, (n, count) int64, and distances, (n, count) float64, the nearest first.
    """
    from sklearn.neighbors import NearestNeighbors
    index = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(vectors)
    rows, distances = np.empty((len(vectors), count), np.int64), np.empty((len(vectors), count))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = slice(start, min(start + _BLOCK_ROWS, len(vectors)))
        found_distances, found = index.kneighbors(vectors[block])
        is_other = found != np.arange(block.start, block.stop)[:, None]
        is_other[is_other.all(axis=1), -1] = False  # as many equal rows are before it
        rows[block] = found[is_other].reshape(-1, count)
        distances[block] = found_distances[is_other].reshape(-1, count)
        on_progress(block.stop / len(vectors))
    return rows, distances


def nearest_of_distances(distances: NDArray[np.float64], count: int,
                         on_progress: Callable[[float], None]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """As `nearest`, of distances (n, n) float64."""
    rows, nearest_ones = np.empty((len(distances), count), np.int64), np.empty((len(distances), count))
    for start in range(0, len(distances), _BLOCK_ROWS):
        others = distances[start:start + _BLOCK_ROWS].copy()
        here = np.arange(len(others))
        others[here, start + here] = np.inf
        block = slice(start, start + len(others))
        rows[block] = np.argsort(others, axis=1, kind="stable")[:, :count]
        nearest_ones[block] = np.take_along_axis(others, rows[block], axis=1)
        on_progress(block.stop / len(distances))
    return rows, nearest_ones
