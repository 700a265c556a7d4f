"""Crowds on a map: who stands for whom."""

import numpy as np
import pytest

from orangecontrib.imaging.core.crowds import LEVELS_A_HALF, CrowdLevels, choose_level, find_crowds, side_of
from orangecontrib.imaging.core.errors import WrongUse


def cloud(count=500, seed=0):
    return np.random.default_rng(seed).normal(0, 0.2, (count, 2))


@pytest.mark.parametrize("side", [2.0, 0.3, 0.01, 1e-6])
def test_counts_sum_up_to_all_points_and_each_is_in_the_crowd_of_its_square(side):
    points = cloud()
    crowds = find_crowds(points, side)
    assert crowds.count.sum() == len(points)
    assert (crowds.square[crowds.crowd_of] == np.floor(points / side)).all()
    assert len(np.unique(crowds.square, axis=0)) == len(crowds.count)
    for crowd, count in enumerate(crowds.count):
        members = crowds.members(crowd)
        assert len(members) == count
        assert crowds.representative[crowd] in members


def test_the_picture_of_a_crowd_is_the_nearest_to_the_mean_of_its_members():
    points = cloud()
    crowds = find_crowds(points, 0.25)
    for crowd, representative in enumerate(crowds.representative):
        members = crowds.members(crowd)
        away = np.hypot(*(points[members] - points[members].mean(axis=0)).T)
        assert representative == members[away.argmin()]


def test_of_equally_near_ones_the_first_stands_for_all():
    assert find_crowds(np.array([[0.25, 0.25], [0.75, 0.25]]), 1).representative.tolist() == [0]
    assert find_crowds(np.array([[0.75, 0.25], [0.25, 0.25], [0.75, 0.25]]), 1).representative.tolist() == [0]


def test_of_two_the_first_stands_for_both_whatever_their_numbers_are_rounded_to():
    crowds = find_crowds(cloud(20_000), 0.004)
    pairs = np.flatnonzero(crowds.count == 2)
    assert len(pairs) > 500
    assert (crowds.representative[pairs] == [crowds.members(pair)[0] for pair in pairs]).all()
    near = np.arange(200)[:, None] * 0.005 + [0.002, 0.002]
    near = find_crowds(np.concatenate([near, near + cloud(200) * 1e-7]), 0.005)
    assert near.count.tolist() == [2] * 200
    assert (near.representative < 200).all()


def test_a_subset_changes_only_crowds_that_have_members_in_it():
    points = cloud(20_000)
    for side in (0.3, 0.02, 0.004, 0.001):
        plain = find_crowds(points, side)
        preferred = np.zeros(len(points), bool)
        assert (find_crowds(points, side, preferred).representative == plain.representative).all()
        preferred[::50] = True
        chosen = find_crowds(points, side, preferred).representative
        has = np.bincount(plain.crowd_of, preferred) > 0
        assert (preferred[chosen] == has).all()
        assert (chosen[~has] == plain.representative[~has]).all()


def test_a_preferred_member_stands_for_its_crowd_where_there_is_one():
    points = np.array([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3], [5.5, 5.5]])
    preferred = np.array([True, False, False, False])
    assert find_crowds(points, 1).representative.tolist() == [1, 3]
    assert find_crowds(points, 1, preferred).representative.tolist() == [0, 3]


def test_half_the_side_only_splits_crowds():
    levels = CrowdLevels(cloud())
    coarse, fine = levels.at(3 * LEVELS_A_HALF), levels.at(4 * LEVELS_A_HALF)
    for crowd in range(len(fine.count)):
        assert len(set(coarse.crowd_of[fine.members(crowd)])) == 1
    assert len(fine.count) > len(coarse.count)
    assert (coarse.count == find_crowds(cloud(), 1 / 8).count).all()


def test_no_points_have_no_crowds():
    crowds = find_crowds(np.empty((0, 2)), 0.5)
    assert [len(part) for part in (crowds.representative, crowds.count, crowds.square, crowds.crowd_of)] == [0] * 4


@pytest.mark.parametrize("side", [0, -1, float("nan"), 1e-12])
def test_squares_that_cannot_be_counted_are_refused(side):
    with pytest.raises(WrongUse, match="Give a larger side"):
        find_crowds(cloud(), side)


def test_squares_are_at_most_a_tenth_larger_than_they_must_be():
    for scale in np.geomspace(10, 1e6, 200):
        px = scale * side_of(choose_level(scale, 50))
        assert 50 * (1 - 1e-9) <= px < 55


def test_small_turns_of_the_wheel_to_and_fro_leave_the_level():
    level, seen = None, []
    for scale in (799, 880, 799, 801, 999, 799):
        level = choose_level(scale, 50, level)
        seen.append(level)
    assert len(set(seen)) == 1
    least = 50 / side_of(level)
    assert choose_level(1.40 * least, 50, level) == level
    assert choose_level(1.42 * least, 50, level) == level + LEVELS_A_HALF // 2
    assert choose_level(0.99 * least, 50, level) == level - 1
