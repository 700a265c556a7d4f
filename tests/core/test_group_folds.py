"""Folds that keep groups together: what they hold, and what is said of them."""

import itertools
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn, which comes with Orange")
from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.group_folds import NONE, GroupFolds, choose_folds, join_columns, number_values


def _some_groups(seed):
    """Groups of very different sizes, classes of them, and a number of folds."""
    rng = np.random.default_rng(seed)
    number = int(rng.integers(2, 9))
    shares = rng.dirichlet(np.full(number, 0.4))
    groups = np.concatenate([np.arange(number), rng.choice(number, rng.integers(0, 50), p=shares)])
    return groups, rng.integers(NONE, rng.integers(1, 5), len(groups)), int(rng.integers(2, number + 3))


@pytest.mark.parametrize("is_stratified", [True, False])
def test_a_group_is_never_in_two_folds_and_no_fold_is_empty(is_stratified):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that a class is small is said in our own words
        for seed in range(20):
            groups, classes, count = _some_groups(seed)
            made = choose_folds(groups, count, classes, is_stratified=is_stratified, seed=seed)
            assert made.count == min(count, len(np.unique(groups)))
            assert sorted(np.unique(made.folds)) == list(range(made.count))
            assert len(set(zip(groups.tolist(), made.folds.tolist(), strict=True))) == made.group_count
            assert sum(made.groups_by_fold()) == made.group_count


def test_the_order_of_the_rows_does_not_matter_and_the_seed_does():
    groups, classes = np.repeat(np.arange(12), 5), np.tile([0, 1, 1, 0, 2], 12)
    order = np.random.default_rng(0).permutation(60)
    folds = choose_folds(groups, 4, classes, seed=3).folds
    np.testing.assert_array_equal(choose_folds(groups[order], 4, classes[order], seed=3).folds, folds[order])
    np.testing.assert_array_equal(choose_folds(groups, 4, classes, seed=3).folds, folds)
    for is_stratified in (True, False):
        others = {choose_folds(groups, 4, classes, is_stratified=is_stratified, seed=seed).folds.tobytes()
                  for seed in range(5)}
        assert len(others) > 1


def test_balanced_folds_have_their_share_of_each_class_and_others_need_not():
    # Eight plates of one class each: a fold of two plates could hold both of the same class.
    groups = np.repeat(np.arange(8), 10)
    classes = (groups >= 4).astype(int)
    for seed in range(5):
        balanced = choose_folds(groups, 4, classes, seed=seed)
        assert balanced.is_stratified is True
        np.testing.assert_array_equal(balanced.table(2), [[10, 10, 0]] * 4)
    plain = [choose_folds(groups, 4, classes, is_stratified=False, seed=seed).table(2) for seed in range(5)]
    assert any((table[:, :2] == 0).any() for table in plain)


def test_without_classes_folds_are_balanced_by_rows():
    made = choose_folds(np.repeat([0, 1, 2, 3], [40, 20, 10, 10]), 2)
    assert made.is_stratified is False
    assert sorted(np.bincount(made.folds)) == [40, 40]
    assert made.table(0).tolist() == [[40], [40]]


def test_a_class_for_each_row_cannot_be_balanced_and_is_not():
    made = choose_folds(np.arange(6), 3, np.arange(6))
    assert made.is_stratified is False
    assert made.count == 3


def test_rows_without_a_group_are_in_no_fold_and_counted():
    made = choose_folds(np.array([0, NONE, 1, NONE, 1]), 2, np.array([0, 1, 1, 0, NONE]))
    assert made.folds[[1, 3]].tolist() == [NONE, NONE]
    assert made.without_group == 2
    assert made.table(2).sum(axis=0).tolist() == [1, 1, 1]
    assert made.table(2).sum() == 3


def test_classes_in_one_fold_only_are_named_with_their_groups():
    made = GroupFolds(np.array([0, 0, 0, 1, 1, NONE]), np.array([0, 0, 1, 2, 3, NONE]),
                      np.array([0, 1, 1, 0, 2, 1]), 2, True)
    assert made.single_classes() == {1: 2, 2: 1}


@pytest.mark.parametrize(("classes", "is_tied"), [
    ([0, 0, 1, 1, 0], True), ([0, 1, 1, 1, 0], False), ([0, 0, 0, 0, 0], False), ([0, NONE, 1, 1, 0], True)])
def test_groups_are_tied_to_classes_if_each_holds_one_of_two_or_more(classes, is_tied):
    groups = np.array([0, 0, 1, 1, 2])
    assert GroupFolds(groups, groups, np.array(classes), 3, True).is_tied == is_tied


@pytest.mark.parametrize(("groups", "count", "seed", "message"), [
    ([0, 0, 0], 5, 0, "All pictures with a group are of one group: nothing can be kept apart. At least two groups are "
                      "needed; choose another column."),
    ([NONE, NONE], 5, 0, "No picture has a group: nothing can be kept apart. At least two groups are needed; choose "
                         "another column."),
    ([], 5, 0, "No picture has a group: nothing can be kept apart. At least two groups are needed; choose another "
               "column."),
    ([0, 1], 1, 0, "1 folds cannot be made. Choose 2 to 100."),
    ([0, 1], 101, 0, "101 folds cannot be made. Choose 2 to 100."),
    ([0, 1], 2, -1, "-1 cannot be the seed of the folds. Give a whole number from 0 up.")])
def test_a_wrong_request_is_refused_in_plain_words(groups, count, seed, message):
    with pytest.raises(WrongUse) as caught:
        choose_folds(np.array(groups, np.int64), count, seed=seed)
    assert str(caught.value) == message


def test_a_choice_of_folds_can_be_given_up():
    with pytest.raises(Cancelled):
        choose_folds(np.arange(10), 5, np.zeros(10, np.int64), cancelled=lambda: True)


# --- which rows are of one group

def test_values_are_numbered_in_their_order_and_odd_text_stays_itself():
    odd = ["P2", "p2", None, "P10", "P2 ", "プレート", "a\0", "a", "<b>", "P2"]
    codes = number_values(odd)
    assert codes[2] == NONE
    assert codes[0] == codes[9]
    assert len(set(codes.tolist())) == 9
    assert number_values([30, 4, None, 30]).tolist() == [1, 0, NONE, 1]
    assert number_values([]).tolist() == []


def test_rows_that_share_any_value_are_of_one_group_also_by_way_of_others():
    plate = number_values(["A", "A", "B", "C", None, None, "D"])
    donor = number_values(["x", "y", "y", "z", "z", None, None])
    assert join_columns([plate, donor], is_any=True).tolist() == [1, 1, 1, 0, 0, NONE, 2]


def test_rows_that_share_all_values_are_of_one_group_and_one_missing_value_leaves_none():
    plate = number_values(["1", "1", "1", "2", None])
    experiment = number_values(["a", "b", "a", "a", "a"])
    assert join_columns([plate, experiment], is_any=False).tolist() == [0, 1, 0, 2, NONE]


@pytest.mark.parametrize("is_any", [True, False])
def test_one_column_names_the_groups_alone(is_any):
    codes = np.array([2, 0, NONE, 1, 2])
    np.testing.assert_array_equal(join_columns([codes], is_any), codes)


def test_groups_have_the_same_numbers_in_whatever_order_the_rows_stand():
    plate, donor = np.array([0, 1, 1, 2, 3]), np.array([4, 3, 2, 2, NONE])
    for is_any in (True, False):
        groups = join_columns([plate, donor], is_any)
        for order in map(list, itertools.permutations(range(5))):
            np.testing.assert_array_equal(join_columns([plate[order], donor[order]], is_any), groups[order])
