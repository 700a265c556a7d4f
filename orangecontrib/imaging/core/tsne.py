"""t-SNE: each row near those that are most similar to it (van der Maaten and Hinton 2008), by the library openTSNE.

With the settings that Kobak and Berens ("The art of using t-SNE for single-cell transcriptomics", Nature Communications
10, 2019) recommend: 50 principal components, a start from the first two, the learning rate n/12 or 200, and 250
iterations with exaggeration 12 before 500 without. The perplexity is 30, with fewer than 91 rows (n − 1) / 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .device import usable_cores
from .neighbours import nearest, nearest_of_distances
from .patience import Tell
from .principal import principal_components
from .scaling import landmark_scaling

_PERPLEXITY = 30.0
_COMPONENTS = 50
_EARLY, _LATE = 250, 500
_EXAGGERATION = 12.0
_START_STD = 1e-4
_JITTER = 0.01
_SLOWEST_RATE = 200.0
_EVERY = 10
_SHOWN_EVERY = 50
_MOST_THREADS = 8
_FFT_FROM = 2500  # from here on it is quicker than Barnes-Hut on one core
_NEIGHBOURS_SHARE = 0.1


def t_sne(vectors: NDArray[np.floating], seed: int, tell: Tell) -> NDArray[np.float64]:
    """Places on a plane.

    Args:
        vectors: (n, d) float32 or float64, finite, not all equal; n ≥ 4.
        seed: of the decomposition and of the jitter that parts equal rows.
        tell: called with the fraction done, and (n, 2) float64 so far or None.

    Returns:
        (n, 2) float64.
    """
    tell(0.0, None)
    components = principal_components(vectors, min(_COMPONENTS, vectors.shape[1]), seed)
    neighbours = nearest(components, _count(len(vectors)),
                         lambda fraction: tell(_NEIGHBOURS_SHARE * fraction, None))
    start = components[:, :2] if components.shape[1] > 1 else np.column_stack([components, 0 * components])
    return _optimised(neighbours, start, seed, tell)


def t_sne_of_distances(distances: NDArray[np.float64], seed: int, tell: Tell) -> NDArray[np.float64]:
    """As `t_sne`, from distances (n, n) float64; it starts from classical scaling, above 1,500 rows by landmarks."""
    tell(0.0, None)
    neighbours = nearest_of_distances(distances, _count(len(distances)),
                                      lambda fraction: tell(_NEIGHBOURS_SHARE * fraction, None))
    return _optimised(neighbours, landmark_scaling(distances, seed), seed, tell)


def _perplexity(rows: int) -> float:
    return min(_PERPLEXITY, (rows - 1) / 3)


def _count(rows: int) -> int:
    """How many neighbours of a row matter."""
    return min(rows - 1, int(3 * _perplexity(rows)))


def _optimised(neighbours: tuple[NDArray[np.int64], NDArray[np.float64]], start: NDArray[np.float64], seed: int,
               tell: Tell) -> NDArray[np.float64]:
    """The minimum that openTSNE finds.

    Args:
        neighbours: numbers of rows, (n, k) int64, and distances to them, (n, k) float64, the nearest first.
        start: (n, 2) float64; only its directions matter.
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors
    rows, threads = len(start), _threads()
    affinities = PerplexityBasedNN(perplexity=_perplexity(rows), n_jobs=threads,
                                   knn_index=PrecomputedNeighbors(*neighbours))
    embedding = TSNEEmbedding(_shrunk(start, seed), affinities, random_state=seed, n_jobs=threads,
                              negative_gradient_method="fft" if rows >= _FFT_FROM else "bh",
                              learning_rate=max(_SLOWEST_RATE, rows / _EXAGGERATION))
    for before, iterations, exaggeration, momentum in ((0, _EARLY, _EXAGGERATION, 0.5), (_EARLY, _LATE, 1.0, 0.8)):
        embedding.optimize(iterations, inplace=True, propagate_exception=True, exaggeration=exaggeration,
                           momentum=momentum, callbacks=_teller(tell, before), callbacks_every_iters=_EVERY)
    return np.array(embedding, np.float64)


def _threads() -> int:
    """Half of the cores: OpenMP's threads wait by computing, and where cores lack they hold each other up."""
    return max(1, min(_MOST_THREADS, usable_cores() // 2))


def _teller(tell: Tell, before: int) -> Any:
    """What openTSNE calls with iteration, error and embedding; it goes on while False is returned."""
    def hear(iteration: int, _: float, embedding: NDArray[np.float64]) -> bool:
        done = before + iteration
        fraction = _NEIGHBOURS_SHARE + (1 - _NEIGHBOURS_SHARE) * done / (_EARLY + _LATE)
        tell(fraction, np.array(embedding, np.float64) if done % _SHOWN_EVERY == 0 else None)
        return False
    return hear


def _shrunk(start: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Coordinates that are small enough to begin with; rows at the same place are parted a little."""
    noise = np.random.default_rng(seed).normal(0, _JITTER * _START_STD, start.shape)
    return start / max(float(np.std(start[:, 0])), np.finfo(float).tiny) * _START_STD + noise
