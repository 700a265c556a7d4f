"""Principal component analysis: the directions in which vectors differ most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_OVERSAMPLES = 20


def principal_components(vectors: NDArray[np.floating], count: int, seed: int = 0) -> NDArray[np.float64]:
    """Coordinates along the first principal components (scikit-learn's ``PCA``).

    Above 500 rows or numbers the components come from randomised singular value decomposition (Halko, Martinsson and
    Tropp 2011, algorithm 4.4, with power iterations), below from the exact one.

    Args:
        vectors: (n, d) float32 or float64, finite.
        count: how many.
        seed: of the random directions.

    Returns:
        (n, count) float64, centred; the component with the largest variance first, zeros where there are fewer.
    """
    from sklearn.decomposition import PCA
    most = min(count, *vectors.shape)
    coordinates = np.zeros((len(vectors), count))
    if np.ptp(vectors, axis=0).any():
        model = PCA(most, random_state=seed, n_oversamples=_OVERSAMPLES)
        coordinates[:, :most] = model.fit_transform(vectors)
    return coordinates
