"""Print how long it takes to lay pictures out, how soon that stops, and how near assignments to a grid are to the best.

usage: python -m benchmarks.layouts [--rows N ...] [--exact N ...]

Made vectors of 512 numbers (float32) in twenty clusters; no pictures. What is timed is t-SNE and the assignment of
cells, as Image Grid does both. Timings need a machine with nothing else to do; its load is printed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from orangecontrib.imaging.core import picture_grid
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.picture_grid import assign_cells, assignment_cost, grid_shape
from orangecontrib.imaging.core.projection import project

from .machine import machine_text
from .reporting import aim_line, figure_line

DIMENSION, CLUSTERS = 512, 20
ASPECT = 1.4
GRID_AIMS_S = {1000: 3.0, 5000: 20.0}
LAYOUT_AIMS_S = {20_000: 180.0}
CANCEL_AIM_S = 0.5
ROOMS = (1.0, 1.2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 5000, 20_000], help="that are laid out")
    parser.add_argument("--exact", type=int, nargs="*", default=[1000, 2000], help="that are assigned in the best way")
    given = parser.parse_args()
    print(f"{machine_text()}; load {os.getloadavg()[0]:.1f}", flush=True)
    project(clusters(100), "t-SNE")  # what is imported and compiled once
    for rows in given.rows:
        print_layout(rows)
    for rows in given.exact:
        for room in ROOMS:
            print(figure_line(f"{rows} in {room:g} × as many cells: cost by the best", cost_ratio(rows, room), ""),
                  flush=True)


def print_layout(rows: int) -> None:
    """Time one layout: done, begun again and stopped."""
    vectors = clusters(rows)
    begun_s = time.process_time()
    coordinates, layout_s = timed(lambda: project(vectors, "t-SNE"))
    shape = grid_shape(rows, ASPECT)
    _, cells_s = timed(lambda: assign_cells(coordinates, *shape))
    computed_s = time.process_time() - begun_s
    print(_line(f"t-SNE of {rows}", layout_s, LAYOUT_AIMS_S.get(rows)))
    print(_line(f"cells for {rows}", cells_s, None))
    print(_line(f"both for {rows}", layout_s + cells_s, GRID_AIMS_S.get(rows)))
    print(figure_line("  of that, seconds of computing on all cores", computed_s, "s"))
    print(_line(f"t-SNE of {rows} stops after", stop_s(vectors, layout_s), CANCEL_AIM_S), flush=True)


def _line(what: str, seconds: float, aim_s: float | None) -> str:
    return figure_line(what, seconds, "s") if aim_s is None else aim_line(what, seconds, "s", at_most=aim_s)


def clusters(rows: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors (rows, 512) around twenty centers, twice as far from each other as they are wide."""
    random = np.random.default_rng(seed)
    centers = 2 * random.normal(size=(CLUSTERS, DIMENSION))
    return (centers[random.integers(0, CLUSTERS, rows)] + random.normal(size=(rows, DIMENSION))).astype(np.float32)


def timed(work: Callable[[], NDArray[np.generic]]) -> tuple[NDArray[np.generic], float]:
    """What it returns, and the seconds."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def stop_s(vectors: NDArray[np.float32], whole_s: float) -> float:
    """The longest of three times from the wish to stop to the end: early, in the middle, and late.

    Raises:
        RuntimeError: no layout was stopped.
    """
    took = []
    for share in (0.05, 0.4, 0.8):
        wish = time.perf_counter() + share * whole_s
        try:
            project(vectors, "t-SNE", cancelled=lambda wish=wish: time.perf_counter() >= wish)
        except Cancelled:
            took.append(time.perf_counter() - wish)
    if not took:
        raise RuntimeError(f"Each layout of {len(vectors)} rows ended before it could be stopped. Lay more rows out.")
    return max(took)


def cost_ratio(rows: int, room: float) -> float:
    """The cost of an assignment by blocks, divided by that of the best one."""
    coordinates = project(clusters(rows), "t-SNE")
    columns = round((rows * room * ASPECT) ** 0.5)
    shape = (int(np.ceil(rows * room / columns)), columns)
    costs = []
    for most in (0, shape[0] * shape[1]):
        before, picture_grid._MOST_EXACT = picture_grid._MOST_EXACT, most
        costs.append(assignment_cost(coordinates, assign_cells(coordinates, *shape), *shape))
        picture_grid._MOST_EXACT = before
    return costs[0] / costs[1]


if __name__ == "__main__":
    main()
