"""Fewer numbers a picture: the principal components of a set of vectors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .embeddings import Embeddings
from .errors import WrongUse


@dataclass(frozen=True, eq=False)
class Projection:
    """The directions that vectors are projected on. Equal where the bytes are; neither array is ever changed.

    Attributes:
        mean: (d,) float64, subtracted first.
        directions: (k, d) float64, of length 1 and at right angles.
        sha256: of both as little-endian float64, in hex.
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]
    sha256: str

    @classmethod
    def of(cls, mean: NDArray[np.float64], directions: NDArray[np.float64]) -> Projection:
        """Of a mean and directions, with their hash."""
        return cls(mean, directions, hashlib.sha256(np.vstack([mean, directions]).astype("<f8").tobytes()).hexdigest())

    def coordinates(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, d) vectors along the directions: (n, k) float32."""
        found: NDArray[np.float64] = (vectors.astype(np.float64) - self.mean) @ self.directions.T
        return found.astype(np.float32)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same numbers."""
        return isinstance(other, Projection) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        """The same for equal ones."""
        return hash(self.sha256)


def to_components(embeddings: Embeddings, count: int) -> Embeddings:
    """The same pictures by their coordinates along the `count` directions in which they differ most.

    Principal component analysis (scikit-learn's ``PCA``, exact solvers): vectors are centered, not scaled; the first
    component has the largest variance. The directions are fitted on all pictures given: a cross-validation on the
    result has seen its test pictures, though never their classes.

    Returns:
        Vectors (m, count) float32; the identity also tells the number and the SHA-256 of the projection (mean and
        directions, float64). The projection itself is handed out, so that new pictures can be projected by it.

    Raises:
        WrongUse: there are fewer vectors or numbers than that, or scikit-learn is not installed.
    """
    rows, dimension = embeddings.vectors.shape
    check_components(count, rows, dimension)
    from sklearn.decomposition import PCA
    model = PCA(count, svd_solver="covariance_eigh" if rows > dimension else "full")
    model.fit(embeddings.vectors.astype(np.float64))
    projection = Projection.of(model.mean_, model.components_)
    identity = {"vectors": json.loads(embeddings.identity), "components": count, "projection": projection.sha256}
    return replace(embeddings, vectors=projection.coordinates(embeddings.vectors),
                   identity=json.dumps(identity, sort_keys=True), projection=projection)


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
