"""UMAP (McInnes, Healy and Melville, arXiv 1802.03426), by the library umap-learn, which is an extra to install."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .patience import Tell
from .principal import principal_components

_NEIGHBOURS = 15
_LEAST_DISTANCE = 0.1
_COMPONENTS = 50


def umap_layout(vectors: NDArray[np.floating], seed: int, tell: Tell) -> NDArray[np.float64]:
    """Places on a plane: 15 neighbours, least distance 0.1, from 50 principal components; it starts from the first two.

    The library tells nothing on its way, and with a seed it uses one core.

    Args:
        vectors: (n, d) float32 or float64, finite, not all equal; n ≥ 4.
        seed: of what is drawn at random.
        tell: called with 0 and, after the components, 0.1.

    Returns:
        (n, 2) float64.
    """
    tell(0.0, None)
    from umap import UMAP
    components = principal_components(vectors, min(_COMPONENTS, vectors.shape[1]), seed)
    start = np.column_stack([components, 0 * components])[:, :2]
    noise = np.random.default_rng(seed).normal(0, 1e-4, start.shape)
    start = 10 * start / max(float(np.abs(start).max()), np.finfo(float).tiny) + noise
    tell(0.1, start)
    model = UMAP(n_neighbors=min(_NEIGHBOURS, len(vectors) - 1), min_dist=_LEAST_DISTANCE, init=start,
                 random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(components), np.float64)
