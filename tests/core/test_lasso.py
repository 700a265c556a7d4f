"""What a lasso encloses."""

import numpy as np
import pytest

from orangecontrib.imaging.core.lasso import inside_outline

SQUARE = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)


def by_winding(points, outline):
    """The same by angles: the sum of turns around a point is not 0 inside."""
    around = outline[None] - points[:, None]
    angles = np.arctan2(around[..., 1], around[..., 0])
    turns = np.diff(angles, append=angles[:, :1], axis=1)
    return np.abs(((turns + np.pi) % (2 * np.pi) - np.pi).sum(axis=1)) > 3


@pytest.mark.parametrize("clockwise", [False, True])
def test_exactly_the_points_inside_are_enclosed_by_an_outline_of_any_shape(clockwise):
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    star = np.column_stack([np.cos(angles), np.sin(angles)]) * (1 + 0.5 * np.sin(7 * angles))[:, None]
    points = np.random.default_rng(0).uniform(-2, 2, (3000, 2))
    found = inside_outline(points, star[::-1] if clockwise else star)
    assert (found == by_winding(points, star)).all()
    assert 300 < found.sum() < 1500


def test_what_an_outline_winds_around_twice_lies_outside():
    twice = np.array([(0, 0), (9, 0), (9, 9), (1, 9), (1, 1), (5, 1), (5, 5), (0, 5)], float)
    assert inside_outline(np.array([(0.5, 3), (3, 3), (7, 7)]), twice).tolist() == [True, False, True]


@pytest.mark.parametrize("outline", [np.empty((0, 2)), SQUARE[:2], np.array([(0, 0), (5, 0), (9, 0)], float)])
def test_less_than_an_area_encloses_nothing(outline):
    assert not inside_outline(np.array([(1.0, 0.0), (2.0, 0.5)]), outline).any()


def test_points_without_a_place_lie_outside():
    points = np.array([(2, 2), (np.nan, 2), (np.nan, np.nan), (np.inf, 2)])
    assert inside_outline(points, SQUARE).tolist() == [True, False, False, False]
