"""The layout of a table's rows on a map as a widget's job."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table
from Orange.misc import DistMatrix
from Orange.widgets.utils.concurrent import TaskState

from ...core.errors import WrongUse
from ...core.projection import DISTANCE_METHODS, METHODS, check_method, project, project_distances
from ...tables.map_columns import distances_between, row_vectors
from ..parts.layout_names import COLUMNS


@dataclass(frozen=True)
class Placed:
    """Where rows are on a map.

    Attributes:
        places: (n, 2) float64; NaN where a row has no place.
        unplaced: how many have none, for want of numbers.
    """

    places: NDArray[np.float64]
    unplaced: int

    @classmethod
    def of(cls, places: NDArray[np.float64]) -> Placed:
        """Places, with the missing ones counted."""
        return cls(places, int((~np.isfinite(places).all(axis=1)).sum()))


def possible_layouts(has_numbers: bool, has_distances: bool, columns: int) -> list[str]:
    """The layouts that can be made: of numbers, of distances, and of so many columns to choose two from."""
    found = [method for method in METHODS if has_numbers or (has_distances and method in DISTANCE_METHODS)]
    return [*found, COLUMNS] if columns > 1 else found


def chosen_layout(wanted: str, possible: list[str], has_distances: bool) -> str:
    """What is wanted where it is possible; else scaling of distances, t-SNE, or columns; "" where nothing is."""
    for method in (wanted, "MDS" if has_distances else "t-SNE", COLUMNS):
        if method in possible:
            return method
    return ""


def place_rows(table: Table, distances: DistMatrix | None, method: str, state: TaskState) -> Placed:
    """Lay a table's rows out, by distances where there are any and the method can use them.

    It ends soon after `state` is interrupted. Rows for which numbers are missing have no place.

    Raises:
        WrongUse: what it is given cannot be laid out, by this computer at least, or the method is not installed.
        Cancelled: it was interrupted.
    """
    check_method(method)
    try:
        return _place(table, distances, method, state)
    except MemoryError as error:
        raise WrongUse("So many rows are too many for this computer's memory. Use Data Sampler first.") from error


def _place(table: Table, distances: DistMatrix | None, method: str, state: TaskState) -> Placed:
    uses_distances = distances is not None and method in DISTANCE_METHODS
    values = distances_between(table, distances) if uses_distances else row_vectors(table)
    kept = np.arange(len(table)) if uses_distances else np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(kept):
        raise WrongUse("Numbers are missing in every row. Fill them in by Impute, or remove columns that are empty.")

    def spread(places: NDArray[np.float64]) -> Placed:
        whole = np.full((len(table), 2), np.nan)
        whole[kept] = places
        return Placed(whole, len(table) - len(kept))

    def show_progress(fraction: float, places: NDArray[np.float64] | None) -> None:
        state.set_progress_value(100 * fraction)
        if places is not None:
            state.set_partial_result(spread(places))

    if uses_distances:
        places = project_distances(values, method, on_progress=show_progress,
                                   cancelled=state.is_interruption_requested)
    else:
        places = project(values[kept], method, on_progress=show_progress,
                         cancelled=state.is_interruption_requested)
    return spread(places)
