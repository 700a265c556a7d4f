"""Vectors as columns: a table of pictures in, the same table with embedding columns out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.data.util import get_unique_names

from ..core.embeddings import Embeddings
from ..core.found import Skipped
from ..core.paths import escape_path
from ..core.reading import Reading
from .columns import image_paths, image_reading, why_no_file
from .computed_vectors import PictureVectors, VectorNumber

IDENTITY_ATTRIBUTE = "embedding"


def embed_table(table: Table, column: StringVariable,
                embed: Callable[[list[str], Reading], Embeddings], hosts: Collection[str] = ()) -> Embeddings:
    """The vectors of the pictures that a column names; rows count those of the table.

    Missing values, and web addresses whose hosts were not agreed to, are skipped with a reason.

    Args:
        embed: gives the vectors of a list of files or addresses, read by a recipe, such as `core.embed.embed`.
        hosts: of web addresses, those that the user agreed to.

    Raises:
        WrongUse: the column does not say rightly how its pictures are read.
    """
    reading = image_reading(column)
    paths = image_paths(table, column)
    reasons = {row: reason for row, path in enumerate(paths) if (reason := why_no_file(path, hosts))}
    given = [row for row in range(len(paths)) if row not in reasons]
    found = embed([paths[row] for row in given], reading)
    skipped = [replace(one, row=given[one.row]) for one in found.skipped]
    skipped += [Skipped(row, paths[row], reason) for row, reason in reasons.items()]
    return replace(found, rows=np.asarray(given, dtype=np.int64)[found.rows],
                   skipped=tuple(sorted(skipped, key=lambda one: one.row)))


def embedded_table(table: Table, embeddings: Embeddings, channels: Sequence[str] = (),
                   computed: PictureVectors | None = None) -> Table:
    """The rows that have a vector, with the columns n0, n1, … added and hidden from view.

    The vectors of channels that stand on their own are equally long; with their names, columns are ``DAPI n0`` and so
    on.

    Row ids, classes, metas and the table's own class are kept; how the numbers came about is recorded in the table's
    attribute ``embedding``, as JSON.

    Args:
        embeddings: of the table's pictures.
        channels: names of those that stand on their own.
        computed: what computes the columns of tables that lack them, see `computed_vectors`; None: nothing does.
    """
    chosen = table[embeddings.rows].to_dense()
    dimension = embeddings.vectors.shape[1]
    empty = vector_columns(table.domain, dimension, channels)  # columns that compute would do so
    result = chosen.transform(_with_columns(table.domain, empty))
    with result.unlocked(result.X):
        result.X[:, len(table.domain.attributes):] = embeddings.vectors
    result.domain = _with_columns(table.domain, vector_columns(table.domain, dimension, channels, computed))
    result.name = table.name
    result.attributes = {**table.attributes, IDENTITY_ATTRIBUTE: embeddings.identity}
    return result


def skipped_table(table: Table, skipped: Sequence[Skipped]) -> Table | None:
    """The skipped rows with a text meta *reason*; None when there are none."""
    if not skipped:
        return None
    rows = table[[one.row for one in skipped]]
    reason = StringVariable(get_unique_names(table.domain, "reason"))
    values = np.array([skipped_text(one) for one in skipped], object)
    return rows.add_column(reason, values, to_metas=True)


def skipped_text(skipped: Skipped) -> str:
    """The file and the reason in one line."""
    return f"{escape_path(skipped.path)}: {skipped.reason}" if skipped.path else skipped.reason


def vector_columns(domain: Domain, dimension: int, channels: Sequence[str] = (),
                   computed: PictureVectors | None = None) -> list[ContinuousVariable]:
    """Columns for vectors of so many numbers, hidden from view, with names that the domain does not have.

    Args:
        channels, computed: as for `embedded_table`.

    Raises:
        ValueError: the vectors cannot be shared out among the channels.
    """
    columns = [ContinuousVariable(name, compute_value=VectorNumber(computed, number) if computed else None)
               for number, name in enumerate(_names(domain, dimension, channels))]
    for column in columns:
        column.attributes["hidden"] = True
    return columns


def _names(domain: Domain, dimension: int, channels: Sequence[str]) -> list[str]:
    """Raises ValueError where the vectors cannot be shared out among the channels."""
    length, rest = divmod(dimension, len(channels) or 1)
    if rest:
        raise ValueError(f"vectors of {dimension} numbers are not those of {len(channels)} channels")
    wanted = [f"{channel} n{number}" if channel else f"n{number}"
              for channel in channels or ("",) for number in range(length)]
    names: list[str] = get_unique_names(domain, wanted, equal_numbers=True)
    return names


def _with_columns(domain: Domain, columns: Sequence[ContinuousVariable]) -> Domain:
    return Domain((*domain.attributes, *columns), domain.class_vars, domain.metas)
