"""Multidimensional scaling: distances on the plane as near as can be to those between rows.

Of Euclidean distances, classical scaling gives what PCA gives; so it is only the start, and stress is minimised from
there by majorisation (SMACOF: de Leeuw 1977; Borg and Groenen, Modern Multidimensional Scaling, 2005, section 8.6).
Above 1,500 rows that is done for 1,000 of them, drawn at random; each of the others then goes where the stress of its
distances to those is least (the same majorisation with the others held fixed; compare landmark MDS, de Silva and
Tenenbaum 2004).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .patience import Tell

_MOST_AT_ONCE = 1500
_LANDMARKS = 1000
_ITERATIONS, _OTHERS_ITERATIONS = 200, 50
_GAIN = 1e-5
_BLOCK_ROWS = 1000
_SHOWN_EVERY = 5
_TINY = 1e-12
#: distances from some rows (numbers, (k,) int64) to others (numbers, (m,) int64): (k, m) float64
Between = Callable[["NDArray[np.int64]", "NDArray[np.int64]"], "NDArray[np.float64]"]


def scale_vectors(vectors: NDArray[np.floating], seed: int, tell: Tell) -> NDArray[np.float64]:
    """Places on a plane, by the Euclidean distances of vectors.

    Args:
        vectors: (n, d) float32 or float64, finite.
        seed: of the draw of rows.
        tell: called with the fraction done, and (n, 2) float64 so far or None.

    Returns:
        (n, 2) float64, in the unit of the distances.
    """
    from scipy.spatial.distance import cdist
    return _scaled(len(vectors), lambda some, others: cdist(vectors[some], vectors[others]), seed, tell)


def scale_distances(distances: NDArray[np.float64], seed: int, tell: Tell) -> NDArray[np.float64]:
    """As `scale_vectors`, by distances (n, n) float64, symmetric."""
    return _scaled(len(distances), lambda some, others: distances[np.ix_(some, others)], seed, tell)


def classical_scaling(distances: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Classical scaling (Torgerson 1952): the two first eigenvectors of the doubly centred squared distances.

    Args:
        distances: (n, n) float64, symmetric.
        seed: of the iteration's start (ARPACK, by scipy's ``eigsh``) with more than 500 rows.

    Returns:
        (n, 2) float64; a column of zeros where distances do not span a plane.
    """
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh
    squared = distances ** 2
    means = squared.mean(axis=0)
    inner = -0.5 * (squared - means - means[:, None] + means.mean())
    rows = len(inner)
    if rows > 500:
        values, axes = eigsh(inner, k=2, v0=np.random.default_rng(seed).normal(size=rows))
    else:
        values, axes = eigh(inner, subset_by_index=(max(0, rows - 2), rows - 1))
    places = np.zeros((rows, 2))
    places[:, :axes.shape[1]] = (axes * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    signs = places[np.abs(places).argmax(axis=0), (0, 1)] < 0
    places[:, signs] *= -1
    return places


def landmark_scaling(distances: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Classical scaling of at most 1,500 rows; of more, that of 1,000, between which the others are placed.

    By their distances to these alone, as landmark MDS does (de Silva and Tenenbaum 2004, section 2): of 20,000 rows no
    second matrix of distances is made.

    Args:
        distances: (n, n) float64, symmetric.
        seed: of the draw of rows.

    Returns:
        (n, 2) float64; a column of zeros where distances do not span a plane.
    """
    rows = len(distances)
    if rows <= _MOST_AT_ONCE:
        return classical_scaling(distances, seed)
    landmarks = np.sort(np.random.default_rng(seed).choice(rows, _LANDMARKS, replace=False))
    between = distances[np.ix_(landmarks, landmarks)]
    places = classical_scaling(between, seed)
    inverse = places / np.maximum((places ** 2).sum(axis=0), _TINY)
    found: NDArray[np.float64] = -0.5 * (distances[:, landmarks] ** 2 - (between ** 2).mean(axis=0)) @ inverse
    return found


def _scaled(rows: int, between: Between, seed: int, tell: Tell) -> NDArray[np.float64]:
    tell(0.0, None)
    everyone = np.arange(rows)
    if rows <= _MOST_AT_ONCE:
        return _least_stress(between(everyone, everyone), seed, tell)
    landmarks = np.sort(np.random.default_rng(seed).choice(rows, _LANDMARKS, replace=False))
    places = _least_stress(between(landmarks, landmarks), seed,
                           lambda fraction, coordinates: tell(fraction / 2, None))
    found = np.empty((rows, 2))
    for start in range(0, rows, _BLOCK_ROWS):
        block = everyone[start:start + _BLOCK_ROWS]
        found[block] = _placed(between(block, landmarks), places)
        tell(0.5 + 0.5 * (block[-1] + 1) / rows, None)
    found[landmarks] = places
    return found


def _least_stress(distances: NDArray[np.float64], seed: int, tell: Tell) -> NDArray[np.float64]:
    """Where the sum of squared differences of distances, (n, n) float64, is least nearby classical scaling."""
    places: NDArray[np.float64] = classical_scaling(distances, seed)
    before = np.inf
    for iteration in range(_ITERATIONS):
        moved, stress = _step(distances, places, places)
        if before - stress <= _GAIN * stress:
            break
        places, before = moved - moved.mean(axis=0), stress
        tell((iteration + 1) / _ITERATIONS, places.copy() if iteration % _SHOWN_EVERY == 0 else None)
    return places


def _placed(distances: NDArray[np.float64], fixed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where points go that have these distances, (k, m) float64, from fixed places, (m, 2) float64: (k, 2) float64."""
    places: NDArray[np.float64] = fixed[distances.argmin(axis=1)]
    before = np.inf
    for _ in range(_OTHERS_ITERATIONS):
        moved, stress = _step(distances, places, fixed)
        if before - stress <= _GAIN * stress:
            break
        places, before = moved, stress
    return places


def _step(distances: NDArray[np.float64], places: NDArray[np.float64],
          fixed: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """One step of majorisation (the Guttman transform) of `places` against `fixed`, and the stress before it.

    Args:
        distances: (k, m) float64.
        places: (k, 2) float64.
        fixed: (m, 2) float64.
    """
    from scipy.spatial.distance import cdist
    now = cdist(places, fixed)
    stress = float(((distances - now) ** 2).sum())
    ratio = distances / np.maximum(now, _TINY)
    ratio[now < _TINY] = 0
    moved = fixed.mean(axis=0) + (ratio.sum(axis=1)[:, None] * places - ratio @ fixed) / len(fixed)
    return moved, stress
