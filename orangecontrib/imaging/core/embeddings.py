"""What comes out: the vectors of a list of pictures, and how they are gathered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .found import Skipped

if TYPE_CHECKING:
    from .components import Projection


@dataclass(frozen=True)
class Embeddings:
    """The vectors of a list of pictures.

    Attributes:
        vectors: (m, dimension) float32, one row a readable picture.
        rows: (m,) int64, ascending: which of the given paths each vector belongs to.
        skipped: the pictures without a vector, by row, with their reasons.
        identity: JSON; all that these numbers depend on besides the pictures.
        is_computed: (m,) bool: which pictures went through a network; the others came from the store.
        device: where it ran, for people.
        why: for people: why no graphics card was used, or ``""``.
        remedy: sentences for people: what to do so that one is used, or ``""``.
        notes: sentences for the user on what went wrong besides.
        read: of a piece of a listing, how many pictures each clause on their reading concerns.
        projection: of components, what they were projected on; else None.
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int64]
    skipped: tuple[Skipped, ...]
    identity: str
    is_computed: NDArray[np.bool_]
    device: str
    why: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    read: Mapping[str, int] = field(default_factory=dict)
    projection: Projection | None = None

    @property
    def computed(self) -> int:
        """How many pictures went through a network."""
        return int(np.sum(self.is_computed))


@dataclass(frozen=True)
class Batch:
    """What became of a few rows: (k, dimension) float32 vectors of `rows`, and the skipped others.

    The rows `computed` of them went through the network. For want of room on the graphics card, `halved` of these in
    smaller batches, and `on_cpu` on the processor. `notes`: by row, how pictures were read, as `images.Picture` says;
    of those from the store, and of plain photographs, nothing.
    """

    rows: list[int]
    vectors: NDArray[np.float32]
    skipped: tuple[Skipped, ...] = ()
    computed: Collection[int] = ()
    halved: int = 0
    on_cpu: int = 0
    notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


class Gathering:
    """Collects batches, in any order, into one `Embeddings`."""

    def __init__(self, paths: Sequence[str], dimension: int) -> None:
        """Room for the vectors of all paths, each `dimension` long."""
        self._vectors = np.empty((len(paths), dimension), dtype=np.float32)
        self._has_vector = np.zeros(len(paths), dtype=bool)
        self._is_computed = np.zeros(len(paths), dtype=bool)
        self._skipped: dict[int, Skipped] = {}
        self.halved = 0
        self.on_cpu = 0

    def add(self, batch: Batch) -> None:
        """Keep what became of a few rows."""
        self._vectors[batch.rows] = batch.vectors
        self._has_vector[batch.rows] = True
        self._skipped.update({skipped.row: skipped for skipped in batch.skipped})
        self._is_computed[list(batch.computed)] = True
        self.halved += batch.halved
        self.on_cpu += batch.on_cpu

    @property
    def done(self) -> int:
        """How many rows have a vector or a reason."""
        return int(self._has_vector.sum()) + len(self._skipped)

    def nothing(self) -> NDArray[np.float32]:
        """Vectors of no rows, (0, dimension) float32."""
        return self._vectors[:0]

    def missing(self) -> list[int]:
        """The rows that have neither, ascending."""
        return [int(row) for row in np.flatnonzero(~self._has_vector) if row not in self._skipped]

    def result(self, identity: str, device: str, why: str = "", remedy: str = "",
               notes: tuple[str, ...] = ()) -> Embeddings:
        """Everything gathered, in the order of the rows."""
        complete = bool(self._has_vector.all())
        return Embeddings(vectors=self._vectors if complete else self._vectors[self._has_vector],
                          rows=np.flatnonzero(self._has_vector),
                          skipped=tuple(self._skipped[row] for row in sorted(self._skipped)),
                          identity=identity, is_computed=self._is_computed[self._has_vector], device=device, why=why,
                          remedy=remedy, notes=notes)
