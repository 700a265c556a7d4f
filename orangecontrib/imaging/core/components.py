"""Fewer numbers a picture: the principal components of a set of vectors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np

from .embeddings import Embeddings
from .errors import WrongUse


def to_components(embeddings: Embeddings, count: int) -> Embeddings:
    """The same pictures by their coordinates along the `count` directions in which they differ most.

    Principal component analysis (scikit-learn's ``PCA``, exact solvers): vectors are centred, not scaled; the first
    component has the largest variance. The directions are fitted on all pictures given: a cross-validation on the
    result has seen its test pictures, though never their classes.

    Returns:
        Vectors (m, count) float32; the identity also tells the number and the SHA-256 of the projection (mean and
        directions, float64).

    Raises:
        WrongUse: there are fewer vectors or numbers than that, or scikit-learn is not installed.
    """
    rows, dimension = embeddings.vectors.shape
    check_components(count, rows, dimension)
    from sklearn.decomposition import PCA
    model = PCA(count, svd_solver="covariance_eigh" if rows > dimension else "full")
    vectors = model.fit_transform(embeddings.vectors.astype(np.float64))
    projection = hashlib.sha256(np.vstack([model.mean_, model.components_]).astype("<f8").tobytes()).hexdigest()
    identity = {"vectors": json.loads(embeddings.identity), "components": count, "projection": projection}
    return replace(embeddings, vectors=vectors.astype(np.float32), identity=json.dumps(identity, sort_keys=True))


def check_components(count: int, rows: int, dimension: int) -> None:
    """See that so many components can be had of `rows` vectors of `dimension` numbers.

    Raises:
        WrongUse: as `to_components`.
    """
    most = min(rows, dimension)
    if not 1 <= count <= most:
        remedy = f"Ask for 1 to {most}." if most else "Embed some pictures first."
        raise WrongUse(f"{rows} vectors of {dimension} numbers have no {count} components. {remedy}")
    try:
        import sklearn.decomposition  # noqa: F401
    except ImportError as error:
        raise WrongUse("Components need scikit-learn, which is not installed here. "
                       "Install it: pip install scikit-learn") from error
