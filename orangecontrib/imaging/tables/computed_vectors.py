"""Columns that compute themselves from pictures: so a model trained on vectors predicts a table of raw pictures.

Orange asks a column's ``compute_value`` for its values where a table lacks the column: in Predictions, in Test and
Score with test data of its own, in Apply Domain, and by a saved model. All columns of an embedding share one
`PictureVectors`, which embeds the pictures of a block of at most 5,000 rows once, by `embedding_service`.

It holds names and numbers only, no folder: the name of the image column, networks, options and reading, the identity of
the vectors, and of components their projection. Two embeddings with equal settings give equal columns, whatever their
pictures, so that a table embedded elsewhere keeps its numbers. Equal means: same names of columns, same networks,
weights, options and reading, same version of what prepares pictures; devices and versions of torch, which change the
last digits only, may differ (`core.comparable`). Components are fitted on the pictures of their table, so those of two
tables are never equal: of the second one the pictures are embedded and projected as those of the first, which is right,
for only then do the numbers mean the same.

What cannot be computed is missing, never an exception, and the user is told once for each table.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from Orange.data import Instance, StringVariable, Table
from Orange.data.util import SharedComputeValue

from ..core.catalogue import network_names
from ..core.comparable import comparable, first_weights, why_not_comparable
from ..core.components import Projection
from ..core.embeddings import Embeddings
from ..core.errors import ImagingError, WrongUse, first_line
from ..core.found import Skipped
from ..core.known_networks import find_network_file, remember_network
from ..core.options import Options
from ..core.own import is_own
from ..core.paths import escape_path
from ..core.reading import Reading
from .asked_pictures import asked_pictures, check_reading, find_image_column
from .columns import image_reading, separate_channels
from .embedding_service import service
from .recent_block import RECENT, Rows
from .request import Request

_DOUBT = "Their numbers are missing: models fill in averages, so do not trust predictions for them."
_AT_ONCE = 5000  # rows: Orange computes larger tables block by block


class PictureVectors:
    """The shared computation of all columns of an embedding; safe to call in any thread, and never raises."""

    def __init__(self, column: str, request: Request, identity: str, numbers: int, channels: Sequence[str] = (),
                 projection: Projection | None = None) -> None:
        """Describe vectors that were computed.

        Args:
            column: the image column's name.
            request: how its pictures were embedded; a network of the user's own by the name of its file.
            identity: of the vectors, in full.
            numbers: how many columns there are.
            channels: names of those that stand on their own.
            projection: of components.
        """
        self.__setstate__({
            "column": column, "model": request.model, "options": request.options.to_json(),
            "reading": request.reading.to_json(), "identity": identity, "numbers": numbers, "channels": tuple(channels),
            "mean": projection and projection.mean, "directions": projection and projection.directions})

    def __getstate__(self) -> dict[str, Any]:
        """Plain texts, numbers and arrays: later versions shall open today's files."""
        return self._state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Options and reading are not taken apart yet: a file is opened though a later version wrote them."""
        self._state = state
        self.column: str = state["column"]
        self.numbers: int = state["numbers"]
        self._projection = None if state["mean"] is None else Projection.of(state["mean"], state["directions"])
        self._key = (self.column, state["model"], comparable(state["identity"]), self.numbers, state["channels"],
                     self._projection)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        """Whether the columns mean the same."""
        return self is other or (type(self) is type(other) and self._hash == other._hash
                                 and self._key == other._key)

    def __hash__(self) -> int:
        """The same for equal ones."""
        return self._hash

    @property
    def request(self) -> Request:
        """How its pictures are embedded. Raises WrongUse: another version of this add-on wrote it, in another form."""
        try:
            return Request(self._state["model"], Options.from_json(self._state["options"]),
                           Reading.from_json(self._state["reading"]))
        except (ValueError, TypeError) as error:
            raise WrongUse(f"These columns were made by another version of this add-on ({first_line(error)}). Use "
                           "that version, or embed the training pictures again and train again.") from error

    def __call__(self, data: Table | Instance) -> NDArray[np.float32]:
        """The vectors of a table's pictures, (len(data), numbers) float32, read-only; NaN where there are none."""
        table = data if isinstance(data, Table) else Table.from_list(data.domain, [data])
        rows = Rows.of(data, table, self.column)
        found = RECENT.recall(self, rows)
        if found is None and len(table) and not RECENT.has_failed(self, rows):
            try:
                found = self._vectors(table, rows)
                found.flags.writeable = False
                RECENT.keep(self, rows, found)
            except (ImagingError, OSError, MemoryError) as error:
                RECENT.fail(self, rows)
                reason = str(error) or "There is too little memory."
                RECENT.tell(rows, reason, f"No pictures of {_title(table)} could be embedded for a model. {reason} "
                                          f"{_DOUBT}")
        return self._missing(table) if found is None else found

    def _missing(self, table: Table) -> NDArray[np.float32]:
        """NaN for all; columns lie together in memory, for they are taken one by one."""
        return np.full((len(table), self.numbers), np.nan, np.float32, order="F")

    def _vectors(self, table: Table, rows: Rows) -> NDArray[np.float32]:
        """(n, numbers) float32; tells the user of what is missing. Raises ImagingError: all is."""
        request, column = self.request, find_image_column(table, self.column)
        check_reading(column, request.reading, self._state["channels"])
        asked = asked_pictures(table, column, request.reading)
        vectors = self._missing(table)
        skipped = list(asked.skipped)
        if asked.paths:
            found = service().embed(asked.paths, self._with_file(request))
            vectors[asked.rows[found.rows]] = self._checked(found)
            skipped += [Skipped(int(asked.rows[one.row]), one.path, one.reason) for one in found.skipped]
        if skipped:
            RECENT.tell(rows, "", _missing_text(table, len(skipped), min(skipped, key=lambda one: one.row)))
        return vectors

    def _with_file(self, request: Request) -> Request:
        """The request with the place of the user's own network on this computer. Raises WeightsMissing."""
        first, *others = network_names(request.model)
        if not is_own(first):
            return request
        path = find_network_file(first, first_weights(self._state["identity"]))
        return Request("+".join([path, *others]), request.options, request.reading)

    def _checked(self, found: Embeddings) -> NDArray[np.float32]:
        """Vectors, or components. Raises WrongUse: they came about otherwise than those of the columns."""
        if why := why_not_comparable(self._state["identity"], found.identity):
            raise WrongUse(why)
        wanted = len(self._projection.mean) if self._projection else self.numbers
        if found.vectors.shape[1] != wanted:
            raise WrongUse(f"The vectors have {found.vectors.shape[1]} numbers here, and {wanted} in training. Embed "
                           "the training pictures again and train again.")
        return self._projection.coordinates(found.vectors) if self._projection else found.vectors


class VectorNumber(SharedComputeValue):  # type: ignore[misc]  # Orange has no types
    """One number of a vector."""

    def __init__(self, compute_shared: PictureVectors, number: int) -> None:
        """`number`: its place in the vector, from 0."""
        super().__init__(compute_shared)
        self.number = number

    def compute(self, data: Table | Instance, shared_data: NDArray[np.float32]) -> NDArray[np.float64]:
        """(len(data),) float64."""
        return shared_data[:, self.number].astype(np.float64)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same number of equal vectors."""
        return (type(self) is type(other) and self.number == other.number
                and self.compute_shared == other.compute_shared)

    def __hash__(self) -> int:
        """The same for equal ones."""
        return hash((self.compute_shared, self.number))

    def __reduce__(self) -> tuple[type[VectorNumber], tuple[PictureVectors, int]]:
        """By its arguments: short, for there are thousands in a file."""
        return VectorNumber, (self.compute_shared, self.number)


def picture_vectors(column: StringVariable, model: str, options: Options, found: Embeddings) -> PictureVectors:
    """What computes such vectors for other tables; where the user's own network lies is noted on this computer.

    Args:
        column: the image column whose pictures were embedded.
        model: as for `core.embed.embed`.
        options: of the first network.
        found: the vectors, or components.

    Raises:
        WrongUse: the column does not say rightly how its pictures are read.
    """
    first, *others = network_names(model)
    if is_own(first):
        remember_network(os.path.abspath(first), first_weights(found.identity))
        first = os.path.basename(first)
    request = Request("+".join([first, *others]), options, image_reading(column))
    return PictureVectors(column.name, request, found.identity, found.vectors.shape[1], separate_channels(column),
                          found.projection)


def _title(table: Table) -> str:
    return f"the table {table.name!r}"


def _missing_text(table: Table, count: int, first: Skipped) -> str:
    name = f"{os.path.basename(first.path)}: " if first.path else ""
    which = f"{count:,} of {len(table):,} pictures of {_title(table)}"
    if len(table) == _AT_ONCE:
        which = f"{count:,} of {_AT_ONCE:,} pictures of {_title(table)}, and perhaps some of its others,"
    return f"{which} could not be embedded for a model; first {escape_path(name)}{first.reason}. {_DOUBT}"
