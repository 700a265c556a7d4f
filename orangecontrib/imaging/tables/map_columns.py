"""From a table to what a map is laid out by, and back: its numbers, and columns with the places found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, Domain, Table
from Orange.data.util import get_unique_names
from Orange.misc import DistMatrix

from ..core.errors import WrongUse

#: what the columns with the places are called, unless a table has such columns already
PLACE_NAMES = ("map x", "map y")
_CONNECT_OTHERS = "Connect distances between the rows of this very data."


def has_numbers(domain: Domain | None) -> bool:
    """Whether there are numeric attributes to lay rows out by."""
    return domain is not None and any(column.is_continuous for column in domain.attributes)


def row_vectors(table: Table) -> NDArray[np.float64]:
    """The numeric attributes of a table: (n, d) float64, a row a row, NaN where a value is missing.

    Raises:
        WrongUse: there are none.
    """
    columns = [column for column in table.domain.attributes if column.is_continuous]
    if not columns:
        raise WrongUse("This data has no numbers to lay the pictures out by. Connect Image Embedder.")
    if len(columns) < len(table.domain.attributes):
        table = table.transform(Domain(columns))
    return np.asarray(table.to_dense().X, np.float64)


def distance_rows(distances: DistMatrix) -> Table | None:
    """The table that distances are between the rows of; None where they know of none."""
    return distances.row_items if isinstance(distances.row_items, Table) and distances.axis == 1 else None


def distances_between(table: Table, distances: DistMatrix) -> NDArray[np.float64]:
    """The distances between a table's rows, in their order: (n, n) float64.

    Rows are told by their identity in Orange; where that does not help, the first distances are the first row's.

    Raises:
        WrongUse: as `check_distances`.
    """
    check_distances(table, distances)
    values = np.asarray(distances, np.float64)
    items = distance_rows(distances)
    if items is None or np.array_equal(items.ids, table.ids):
        return values
    place = {identity: row for row, identity in enumerate(items.ids.tolist())}
    if not place.keys() >= set(table.ids.tolist()):
        return values
    rows = [place[identity] for identity in table.ids.tolist()]
    return values[np.ix_(rows, rows)]


def check_distances(table: Table, distances: DistMatrix) -> None:
    """See that distances can be those between a table's rows.

    Raises:
        WrongUse: they are of another number of rows, or not between rows, or know some of these rows but not all.
    """
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        raise WrongUse("Distances between all rows are needed, as many columns as rows. Choose rows in Distances.")
    if distances.axis == 0:
        raise WrongUse("These are distances between columns. Choose 'Rows' in the widget Distances.")
    if len(distances) != len(table):
        raise WrongUse(f"Data has {len(table):,} rows, but Distances are between {len(distances):,}. "
                       f"{_CONNECT_OTHERS}")
    items = distance_rows(distances)
    known = np.count_nonzero(np.isin(table.ids, items.ids)) if items is not None else 0
    if 0 < known < len(table):
        raise WrongUse(f"Distances know {known:,} of the {len(table):,} rows of Data. {_CONNECT_OTHERS}")


def with_places(table: Table, places: NDArray[np.float64]) -> Table:
    """The table with two more metas, "map x" and "map y".

    Args:
        table: of n rows.
        places: (n, 2) float64; NaN where a row has none.
    """
    domain = placed_domain(table.domain)
    placed = table.transform(domain)
    with placed.unlocked(placed.metas):
        for column, values in zip(domain.metas[-2:], places.T):
            placed.set_column(column, values)
    return placed


def placed_domain(domain: Domain) -> Domain:
    """The domain of `with_places`; the same each time."""
    names = get_unique_names(domain, list(PLACE_NAMES))
    return Domain(domain.attributes, domain.class_vars, (*domain.metas, *map(ContinuousVariable, names)))
