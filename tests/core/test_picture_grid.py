"""A cell of its own for every point, near points in near cells."""

from itertools import permutations

import numpy as np
import pytest

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.picture_grid import assign_cells, assignment_cost, grid_shape, on_grid

pytest.importorskip("scipy", reason="needs scipy")


def points(count, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(6, 2))[random.integers(0, 6, count)] * 4 + random.normal(size=(count, 2))


@pytest.mark.parametrize(("count", "aspect", "rows", "columns", "expected"), [
    (1, 1.0, None, None, (1, 1)),
    (12, 1.0, None, None, (4, 3)),
    (100, 1.0, None, None, (10, 10)),
    (100, 4.0, None, None, (5, 20)),
    (3, 50.0, None, None, (1, 3)),
    (3, 0.01, None, None, (3, 1)),
    (10, 1.0, 3, None, (3, 4)),
    (10, 1.0, None, 3, (4, 3)),
    (10, 1.0, 20, 20, (20, 20)),
    (10, 1.0, 20, None, (20, 1)),
])
def test_a_grid_has_room_for_all_in_the_shape_of_its_place(count, aspect, rows, columns, expected):
    assert grid_shape(count, aspect, rows, columns) == expected


def test_more_cells_than_can_be_drawn_are_refused():
    with pytest.raises(WrongUse, match="10000 × 10000 cells are too many for 12 pictures. Set fewer rows or columns"):
        grid_shape(12, rows=10_000, columns=10_000)
    assert grid_shape(12, rows=10_000) == (10_000, 1)
    assert grid_shape(90_000, rows=400, columns=400) == (400, 400)


def test_too_few_cells_say_how_many_pictures_do_not_fit():
    with pytest.raises(WrongUse, match="4 of 10 pictures do not fit into 2 × 3 cells. Set more rows or columns"):
        grid_shape(10, rows=2, columns=3)
    with pytest.raises(WrongUse, match="4 of 10 pictures do not fit"):
        assign_cells(points(10), 2, 3)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 3, "rows": 0}, {"count": 3, "columns": -1}])
def test_a_grid_of_nothing_is_refused(wrong):
    with pytest.raises(WrongUse, match="at least one"):
        grid_shape(**wrong)


@pytest.mark.parametrize(("count", "rows", "columns"), [
    (1, 1, 1), (1, 3, 5), (7, 1, 7), (7, 7, 1), (30, 5, 6), (30, 10, 10), (1000, 25, 40), (1001, 26, 39),
    (1500, 3, 500), (2100, 50, 60)])
def test_every_point_has_its_own_cell_of_the_grid(count, rows, columns):
    cells = assign_cells(points(count), rows, columns)
    assert cells.dtype == np.int64
    assert len(set(cells.tolist())) == count
    assert cells.min() >= 0
    assert cells.max() < rows * columns


def test_no_points_have_no_cells():
    assert assign_cells(np.empty((0, 2)), 2, 2).tolist() == []


def test_the_assignment_of_few_points_is_the_best_of_all():
    places = points(6)
    best = min(assignment_cost(places, np.array(order), 2, 3) for order in permutations(range(6)))
    assert assignment_cost(places, assign_cells(places, 2, 3), 2, 3) == pytest.approx(best)


def test_points_of_a_grid_stay_in_its_cells_the_uppermost_first():
    right, up = np.meshgrid(np.arange(4.0), -np.arange(3.0))
    cells = assign_cells(np.column_stack([right.ravel(), up.ravel()]), 3, 4)
    assert cells.tolist() == list(range(12))


@pytest.mark.parametrize("count", [200, 1800])
def test_two_clusters_become_two_halves(count):
    random = np.random.default_rng(0)
    places = random.normal(size=(count, 2))
    is_right = np.arange(count) % 2 == 1
    places[is_right, 0] += 30
    rows, columns = grid_shape(count, 2.0)
    column = assign_cells(places, rows, columns) % columns
    assert column[~is_right].max() <= columns / 2
    assert column[is_right].min() >= columns / 2 - 1


def test_a_ring_stays_a_ring():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    down, right = np.divmod(assign_cells(np.column_stack([np.cos(angle), np.sin(angle)]), 10, 10), 10)
    found = np.arctan2(4.5 - down, right - 4.5)
    assert np.abs(np.angle(np.exp(1j * (found - angle)))).max() < 0.6


@pytest.mark.parametrize("count", [300, 1800])
def test_points_in_another_order_have_the_same_cells(count):
    places, order = points(count), np.random.default_rng(1).permutation(count)
    rows, columns = grid_shape(count, 1.4)
    assert np.array_equal(assign_cells(places[order], rows, columns), assign_cells(places, rows, columns)[order])


def test_points_at_one_place_go_cell_by_cell():
    assert assign_cells(np.ones((5, 2)), 2, 3).tolist() == [0, 1, 2, 3, 4]


def test_points_on_a_line_keep_their_order():
    across = np.random.default_rng(0).permutation(60).astype(float)
    column = assign_cells(np.column_stack([across, np.zeros(60)]), 6, 10) % 10
    assert np.array_equal(column, across // 6)


@pytest.mark.parametrize("room", [1.0, 1.25])
def test_blocks_come_near_the_best_assignment(monkeypatch, room):
    places = points(900)
    rows, columns = grid_shape(int(900 * room))
    best = assignment_cost(places, assign_cells(places, rows, columns), rows, columns)
    monkeypatch.setattr("orangecontrib.imaging.core.picture_grid._MOST_EXACT", 0)
    assert assignment_cost(places, assign_cells(places, rows, columns), rows, columns) < 1.1 * best


def test_free_cells_are_where_points_are_few():
    places = np.vstack([np.random.default_rng(0).normal(size=(90, 2)) * 0.1, [[10.0, 10], [-10, -10]]])
    cells = assign_cells(places, 20, 20)
    down, right = np.divmod(cells[:90], 20)
    assert max(np.abs(down - 9.5).max(), np.abs(right - 9.5).max()) < 8
    assert (cells[90], cells[91]) == (19, 380)


def test_points_are_stretched_over_the_grid_upside_down():
    assert on_grid(np.array([[0.0, 0], [1, 5], [0.5, 10]]), 3, 5).tolist() == [[0, 2], [4, 1], [2, 0]]
    assert on_grid(np.array([[0.0, 7], [1, 7]]), 3, 5).tolist() == [[0, 1], [4, 1]]


def test_progress_grows_and_it_stops_when_asked():
    told = []
    assign_cells(points(2000), 40, 50, on_progress=told.append)
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] < 1
    asked = []
    with pytest.raises(Cancelled):
        assign_cells(points(2000), 40, 50, cancelled=lambda: asked.append(1) or len(asked) > 5)
    assert len(asked) == 6
