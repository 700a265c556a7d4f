"""Every point of a plane to a cell of its own in a grid, near points to near cells.

The sum of squared distances between points and cells is to be small: a linear assignment problem, solved exactly up to
1,000 cells by scipy's ``linear_sum_assignment`` (the shortest augmenting paths of Jonker and Volgenant, as modified by
Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and Electronic Systems
52, 2016). Its time grows with the cube of the cells; above, the grid is halved again and again and the points with it,
each small block is solved exactly, and then blocks that overlap those before, until the sum hardly shrinks.
`python -m benchmarks.layouts` prints how near that comes to the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from .errors import Cancelled, WrongUse

_MOST_EXACT = 1000
_MOST_CELLS = 100_000
_BLOCK_SIDE = 20
_ROUGH_BLOCK = 64
_SHIFTS = ((_BLOCK_SIDE // 2, _BLOCK_SIDE // 2), (0, _BLOCK_SIDE // 2), (_BLOCK_SIDE // 2, 0), (0, 0))
_ROUNDS = 16
_GAIN = 1e-3
Progress = Callable[[float], None]


def grid_shape(count: int, aspect: float = 1.0, rows: int | None = None,
               columns: int | None = None) -> tuple[int, int]:
    """Rows and columns of a grid with room for so many pictures.

    Args:
        count: pictures, at least 1.
        aspect: width of the whole by its height, where cells are square.
        rows: how many there must be; None for as many as fit.
        columns: as `rows`.

    Raises:
        WrongUse: both are given, and there are fewer cells than pictures, or more than 100,000 and two a picture; or a
            number is below 1.
    """
    if count < 1 or min(rows or 1, columns or 1) < 1 or 0 in (rows, columns):
        raise WrongUse("A grid needs at least one picture, one row and one column.")
    if rows is not None and columns is not None and rows * columns < count:
        raise WrongUse(f"{count - rows * columns:,} of {count:,} pictures do not fit into {rows} × {columns} cells. "
                       "Set more rows or columns, or let one of them be automatic.")
    if rows is not None and columns is not None and rows * columns > max(_MOST_CELLS, 2 * count):
        raise WrongUse(f"{rows} × {columns} cells are too many for {count:,} pictures. Set fewer rows or columns, or "
                       "let one of them be automatic.")
    if columns is None:
        columns = ceil(count / rows) if rows else min(count, max(1, round(sqrt(count * aspect))))
    return rows or ceil(count / columns), columns


def assign_cells(coordinates: NDArray[np.float64], rows: int, columns: int, *, is_rough: bool = False,
                 on_progress: Progress | None = None,
                 cancelled: Callable[[], bool] | None = None) -> NDArray[np.int64]:
    """A cell for each point.

    The grid is laid over the rectangle that the points fill. Points that all lie at one place go cell by cell, in their
    order.

    Args:
        coordinates: (n, 2) float64, finite: x to the right, y upwards.
        rows: of the grid.
        columns: of the grid; rows · columns ≥ n.
        is_rough: be quick: halve down to small blocks, and leave it at that.
        on_progress: called with the fraction that is done.
        cancelled: asked before each block; one takes at most 0.3 seconds.

    Returns:
        (n,) int64, all different, 0 to rows · columns − 1: row by row, from the upper left.

    Raises:
        WrongUse: there are fewer cells than points.
        Cancelled: `cancelled` returned True.
    """
    count = len(coordinates)
    if rows * columns < count:
        grid_shape(count, 1.0, rows, columns)
    if not count or not np.ptp(coordinates, axis=0).any():
        return np.arange(count)
    ask = _Asking(on_progress, cancelled)
    points = on_grid(coordinates, rows, columns)
    if is_rough:
        return _halved(points, rows, columns, _ROUGH_BLOCK, ask)
    if rows * columns <= _MOST_EXACT:
        ask(0.0)
        return _solved(points, np.arange(rows * columns), columns)
    return _refined(points, _halved(points, rows, columns, _BLOCK_SIDE ** 2, ask), rows, columns, ask)


def on_grid(coordinates: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Points, (n, 2) float64 (x, y upwards), stretched to the middles of the outermost cells.

    Returns:
        (n, 2) float64: column, 0 to columns − 1, and row, 0 to rows − 1 downwards; in the middle where they all agree.
    """
    low, span = coordinates.min(axis=0), np.ptp(coordinates, axis=0)
    shares = np.where(span > 0, (coordinates - low) / np.where(span > 0, span, 1), 0.5)
    return np.column_stack([shares[:, 0] * (columns - 1), (1 - shares[:, 1]) * (rows - 1)])


def assignment_cost(coordinates: NDArray[np.float64], cells: NDArray[np.int64], rows: int, columns: int) -> float:
    """The sum of squared distances between points and their cells, in units of a cell.

    Args:
        coordinates: (n, 2) float64.
        cells: (n,) int64, as `assign_cells` returns.
        rows: of the grid.
        columns: of the grid.
    """
    return float(_costs(on_grid(coordinates, rows, columns), cells, columns).sum())


@dataclass(frozen=True)
class _Asking:
    """Tells how far it is; raises Cancelled when it was asked to stop."""

    on_progress: Progress | None
    cancelled: Callable[[], bool] | None

    def __call__(self, fraction: float) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("Stopped.")
        if self.on_progress is not None:
            self.on_progress(fraction)


@dataclass(frozen=True)
class _Block:
    """Cells of a rectangle, from `top` and `left`."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> int:
        return self.height * self.width

    def cells(self, columns: int) -> NDArray[np.int64]:
        """Their numbers in a grid with so many columns: (size,) int64."""
        down, right = np.arange(self.top, self.top + self.height), np.arange(self.left, self.left + self.width)
        return (down[:, None] * columns + right).ravel()

    def halves(self) -> tuple[_Block, _Block, int, float]:
        """Two blocks, the axis of points across which they lie, and where they meet on it."""
        if self.width >= self.height:
            half = self.width // 2
            return (_Block(self.top, self.left, self.height, half),
                    _Block(self.top, self.left + half, self.height, self.width - half), 0, self.left + half - 0.5)
        half = self.height // 2
        return (_Block(self.top, self.left, half, self.width),
                _Block(self.top + half, self.left, self.height - half, self.width), 1, self.top + half - 0.5)


def _halved(points: NDArray[np.float64], rows: int, columns: int, most: int, ask: _Asking) -> NDArray[np.int64]:
    """Cells, (n,) int64: blocks and points are halved until no block has more cells than `most`; these are solved."""
    cells = np.empty(len(points), np.int64)
    waiting, done = [(_Block(0, 0, rows, columns), np.arange(len(points)))], 0
    while waiting:
        block, members = waiting.pop()
        if block.size <= most:
            ask(0.5 * done / len(points))
            cells[members] = _solved(points[members], block.cells(columns), columns)
            done += len(members)
            continue
        first, second, axis, border = block.halves()
        order = members[np.argsort(points[members, axis], kind="stable")]
        before = int(np.searchsorted(points[order, axis], border))
        before = min(first.size, max(len(order) - second.size, before))
        waiting += [(first, order[:before]), (second, order[before:])]
    return cells


def _refined(points: NDArray[np.float64], cells: NDArray[np.int64], rows: int, columns: int,
             ask: _Asking) -> NDArray[np.int64]:
    """Solve blocks that overlap those before, in turns, until their sum hardly shrinks."""
    costs = [_costs(points, cells, columns).sum()]
    for number in range(_ROUNDS):
        for block in _shifted(rows, columns, number):
            ask(0.5 + 0.5 * (number + block.top / rows) / _ROUNDS)
            down, right = np.divmod(cells, columns)
            inside = np.flatnonzero((down >= block.top) & (down < block.top + block.height)
                                    & (right >= block.left) & (right < block.left + block.width))
            cells[inside] = _solved(points[inside], block.cells(columns), columns)
        costs.append(_costs(points, cells, columns).sum())
        if number >= len(_SHIFTS) and costs[-1] >= (1 - _GAIN) * costs[-1 - len(_SHIFTS)]:
            break
    return cells


def _shifted(rows: int, columns: int, number: int) -> Iterator[_Block]:
    """The blocks of one round; those of the next lie half a block aside."""
    down, right = _SHIFTS[number % len(_SHIFTS)]
    tops = sorted({0, *range(down, rows, _BLOCK_SIDE)})
    lefts = sorted({0, *range(right, columns, _BLOCK_SIDE)})
    for (top, bottom), (left, end) in product(zip(tops, [*tops[1:], rows]), zip(lefts, [*lefts[1:], columns])):
        yield _Block(top, left, bottom - top, end - left)


def _solved(points: NDArray[np.float64], cells: NDArray[np.int64], columns: int) -> NDArray[np.int64]:
    """The best of these cells, (m,) int64, for points, (k, 2) float64, k ≤ m: (k,) int64."""
    from scipy.optimize import linear_sum_assignment
    chosen: NDArray[np.int64] = cells[linear_sum_assignment(_costs(points[:, None, :], cells[None, :], columns))[1]]
    return chosen


def _costs(points: NDArray[np.float64], cells: NDArray[np.int64], columns: int) -> NDArray[np.float64]:
    """Squared distances between points (…, 2) and cells (…), in units of a cell."""
    down, right = np.divmod(cells, columns)
    costs: NDArray[np.float64] = np.square(points[..., 0] - right) + np.square(points[..., 1] - down)
    return costs
