"""The layout of a table's pictures in a grid, as a widget's job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, Table
from Orange.widgets.utils.concurrent import TaskState

from ...core.errors import WrongUse
from ...core.picture_grid import assign_cells, grid_shape
from ...core.projection import project
from ...tables.map_columns import row_vectors
from ..parts.layout_names import COLUMNS

_EARLY_S = 1.0
_LAYOUT_SHARE = 85.0


@dataclass(frozen=True)
class GridChoice:
    """How many rows and columns a grid has; None for as many as fit a place of this shape."""

    rows: int | None
    columns: int | None
    aspect: float

    def shape(self, count: int) -> tuple[int, int]:
        """Rows and columns for so many pictures. Raises WrongUse, as `grid_shape`."""
        return grid_shape(count, self.aspect, self.rows, self.columns)


@dataclass(frozen=True)
class Layout:
    """Where rows of a table lie on a plane.

    Attributes:
        coordinates: (m, 2) float64: x to the right, y upwards.
        rows: (m,) int64, ascending: which row of the table each belongs to; the others have missing numbers.
        count: rows of the table.
    """

    coordinates: NDArray[np.float64]
    rows: NDArray[np.int64]
    count: int


@dataclass(frozen=True)
class Grid:
    """Which cell each row of a table is in.

    Attributes:
        layout: that it was made of.
        cells: (n,) int64, row by row from the upper left; -1 for rows that were left out.
        shape: rows and columns.
        is_early: the layout is not finished.
    """

    layout: Layout
    cells: NDArray[np.int64]
    shape: tuple[int, int]
    is_early: bool = False


def lay_out(table: Table, method: str, axes: Sequence[ContinuousVariable], choice: GridChoice,
            state: TaskState) -> Grid:
    """Places on a plane, and from there cells; runs in a thread and ends soon after `state` is interrupted.

    Args:
        table: with at least one row.
        method: one of `projection.METHODS`, of the table's numeric attributes; or `COLUMNS`.
        axes: for `COLUMNS`: the column that goes to the right, and the one that goes up.
        choice: of the grid.
        state: is told of early grids, about one a second.

    Raises:
        WrongUse: nothing can be laid out, or the cells are too few.
        Cancelled: `state` was interrupted.
    """
    numbers = _axis_values(table, axes) if method == COLUMNS else row_vectors(table)
    rows = np.flatnonzero(np.isfinite(numbers).all(axis=1)).astype(np.int64)
    if not len(rows):
        raise WrongUse("Numbers are missing in every row. Fill them in by Impute, or choose other columns.")
    choice.shape(len(rows))
    state.set_status("Laying out")
    if method == COLUMNS:
        return place(Layout(numbers[rows], rows, len(table)), choice, state)
    coordinates = project(numbers[rows].astype(np.float32), method, on_progress=_Early(rows, len(table), choice, state),
                          cancelled=state.is_interruption_requested)
    return place(Layout(coordinates, rows, len(table)), choice, state, _LAYOUT_SHARE)


def _axis_values(table: Table, axes: Sequence[ContinuousVariable]) -> NDArray[np.float64]:
    """(n, 2) float64, of the two columns. Raises WrongUse where there are none."""
    if not axes:
        raise WrongUse("This data has no numeric columns to lay the pictures out by. Choose another layout.")
    return np.column_stack([np.asarray(table.get_column(column), float) for column in axes])


def place(layout: Layout, choice: GridChoice, state: TaskState, from_percent: float = 0.0) -> Grid:
    """Cells for a layout; as `lay_out`."""
    state.set_status("Placing pictures")
    shape = choice.shape(len(layout.rows))
    cells = assign_cells(
        layout.coordinates, *shape, cancelled=state.is_interruption_requested,
        on_progress=lambda fraction: state.set_progress_value(from_percent + (100 - from_percent) * fraction))
    return _grid(layout, cells, shape)


class _Early:
    """Shows layouts that are not finished."""

    def __init__(self, rows: NDArray[np.int64], count: int, choice: GridChoice, state: TaskState) -> None:
        self._rows, self._count, self._choice, self._state = rows, count, choice, state
        self._next_s = 0.0

    def __call__(self, fraction: float, coordinates: NDArray[np.float64] | None) -> None:
        self._state.set_progress_value(_LAYOUT_SHARE * fraction)
        if coordinates is not None and monotonic() >= self._next_s:
            layout = Layout(coordinates, self._rows, self._count)
            shape = self._choice.shape(len(self._rows))
            cells = assign_cells(coordinates, *shape, is_rough=True, cancelled=self._state.is_interruption_requested)
            self._state.set_partial_result(_grid(layout, cells, shape, is_early=True))
            self._next_s = monotonic() + _EARLY_S


def _grid(layout: Layout, found: NDArray[np.int64], shape: tuple[int, int], *, is_early: bool = False) -> Grid:
    cells = np.full(layout.count, -1, np.int64)
    cells[layout.rows] = found
    return Grid(layout, cells, shape, is_early)
