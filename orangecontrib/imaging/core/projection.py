"""From vectors to places on a plane: similar ones near each other. One algorithm a file; all are called here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from .errors import WrongUse
from .patience import Tell, wait_for
from .principal import principal_components
from .scaling import scale_distances, scale_vectors
from .tsne import t_sne, t_sne_of_distances
from .umap_projection import umap_layout

METHODS = ("t-SNE", "UMAP", "PCA", "MDS")
#: those that can start from distances
DISTANCE_METHODS = ("t-SNE", "MDS")
#: called with the fraction that is done, and coordinates (n, 2) float64 as they are so far, or None
Progress = Callable[[float, "NDArray[np.float64] | None"], None]
#: packages and their modules
_NEEDED = {"scikit-learn": "sklearn", "scipy": "scipy", "openTSNE": "openTSNE"}
_FEWEST = 4
_UNEVEN = 1e-6
_BLOCK_ROWS = 1000


def project(vectors: NDArray[np.floating], method: str, *, seed: int = 0, on_progress: Progress | None = None,
            cancelled: Callable[[], bool] | None = None) -> NDArray[np.float64]:
    """Places on a plane, for which similar rows are near each other.

    Equal vectors in another order get the same places in that order. Fewer than four rows are placed by PCA whatever
    the method; rows that are all equal, at (0, 0).

    Args:
        vectors: (n, d) float32 or float64, finite; d ≥ 1.
        method: one of `METHODS`.
        seed: for what is drawn at random; the same seed gives the same places on the same computer.
        on_progress: see `Progress`.
        cancelled: asked twenty times a second.

    Returns:
        (n, 2) float64, of no particular unit, around (0, 0).

    Raises:
        WrongUse: unknown method, numbers are missing or infinite, no numbers, or UMAP is not installed.
        Cancelled: `cancelled` returned True.
    """
    check_method(method)
    vectors = _checked(vectors)
    is_plain = len(vectors) < _FEWEST or not np.ptp(vectors, axis=0).any()
    order = _by_content(vectors)
    return _back_in_order(partial(_algorithm("PCA" if is_plain else method), vectors[order], seed), order, on_progress,
                          cancelled)


def project_distances(distances: NDArray[np.floating], method: str = "MDS", *, seed: int = 0,
                      on_progress: Progress | None = None,
                      cancelled: Callable[[], bool] | None = None) -> NDArray[np.float64]:
    """As `project`, of distances between rows.

    Args:
        distances: (n, n) float32 or float64, finite, not negative, symmetric.
        method: one of `DISTANCE_METHODS`.
        seed: see `project`.
        on_progress: see `Progress`.
        cancelled: asked twenty times a second.

    Returns:
        (n, 2) float64.

    Raises:
        WrongUse: the method cannot start from distances, or they are not as said above.
        Cancelled: `cancelled` returned True.
    """
    check_method(method)
    if method not in DISTANCE_METHODS:
        raise WrongUse(f"{method!r} cannot start from distances. Choose {' or '.join(DISTANCE_METHODS)}.")
    distances = _checked_distances(distances)
    if not distances.any():
        return np.zeros((len(distances), 2))
    algorithm = scale_distances if method == "MDS" or len(distances) < _FEWEST else t_sne_of_distances
    return wait_for(lambda tell: algorithm(distances, seed, tell), on_progress, cancelled)


def check_method(method: str) -> None:
    """See that a method is known, and that what it needs is installed.

    Raises:
        WrongUse: it is not.
    """
    if method not in METHODS:
        raise WrongUse(f"{method!r} is not a layout. Choose one of: {', '.join(METHODS)}.")
    absent = [name for name, module in _NEEDED.items() if find_spec(module) is None]
    if absent:
        raise WrongUse(f"Layouts need {' and '.join(absent)}, not installed here. Install it: "
                       f"pip install {' '.join(absent)}")
    if method == "UMAP" and find_spec("umap") is None:
        raise WrongUse("UMAP is not installed here. Install it: pip install \"Orange3-Imaging[umap]\" "
                       "(or choose t-SNE).")


def _algorithm(method: str) -> Callable[[NDArray[np.floating], int, Tell], NDArray[np.float64]]:
    """The function of a method: (n, d) vectors, seed and `tell` to (n, 2) float64."""
    return {"t-SNE": t_sne, "UMAP": umap_layout, "PCA": _pca, "MDS": scale_vectors}[method]


def _pca(vectors: NDArray[np.floating], seed: int, tell: Tell) -> NDArray[np.float64]:
    return principal_components(vectors, 2, seed)


def _back_in_order(algorithm: Callable[[Tell], NDArray[np.float64]], order: NDArray[np.int64],
                   on_progress: Progress | None, cancelled: Callable[[], bool] | None) -> NDArray[np.float64]:
    """What an algorithm makes of rows in `order`, and tells on its way, as the rows were before."""
    def back(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        placed = np.empty((len(order), 2))
        placed[order] = coordinates
        return placed

    def pass_on(fraction: float, coordinates: NDArray[np.float64] | None) -> None:
        if on_progress is not None:
            on_progress(fraction, None if coordinates is None else back(coordinates))

    return back(wait_for(algorithm, pass_on, cancelled))


def _by_content(vectors: NDArray[np.floating]) -> NDArray[np.int64]:
    """An order, (n,) int64, that depends on the rows and not on how they are ordered: by their hashes."""
    digests = [blake2b(row, digest_size=16).digest() for row in np.ascontiguousarray(vectors)]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__), np.int64)


def _checked(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """The vectors; zeros without a sign."""
    if vectors.ndim != 2 or not vectors.size:
        raise WrongUse("There are no numbers to lay the pictures out by. Connect Image Embedder.")
    incomplete = int((~np.isfinite(vectors).all(axis=1)).sum())
    if incomplete:
        raise WrongUse(f"Numbers are missing in {incomplete:,} of {len(vectors):,} rows. Leave these rows out, or fill "
                       "them in by Impute.")
    return np.where(vectors == 0, vectors.dtype.type(0), vectors)


def _checked_distances(distances: NDArray[np.floating]) -> NDArray[np.float64]:
    """The distances, not copied where they are float64: those of 20,000 rows take three gigabytes."""
    exact = np.asarray(distances, np.float64)
    if exact.ndim != 2 or exact.shape[0] != exact.shape[1] or not exact.size:
        raise WrongUse(f"Distances between all rows are needed, as many columns as rows; these are "
                       f"{' × '.join(map(str, exact.shape))}.")
    most = exact.max()
    if not np.isfinite(most) or not exact.min() >= 0:
        raise WrongUse("Some distances are missing, infinite or negative. Remove these rows, or choose another "
                       "distance.")
    blocks = (slice(start, start + _BLOCK_ROWS) for start in range(0, len(exact), _BLOCK_ROWS))
    if any(not np.allclose(exact[block], exact[:, block].T, atol=_UNEVEN * most) for block in blocks):
        raise WrongUse("The distance from one row to another differs from the way back. Choose another distance.")
    return exact
