"""Samples of vectors: whom they represent, and that a seed gives the same ones however much is read at once."""

import numpy as np
import pytest

from orangecontrib.imaging.core.errors import Cancelled, WrongUse

pytest.importorskip("pyarrow", reason="needs pyarrow")

from known_shards import make_shards

from orangecontrib.imaging.core.shards import sampling
from orangecontrib.imaging.core.shards.reading import Vectors, open_vectors
from orangecontrib.imaging.core.shards.sampling import sample_rows, shares

SIZES = {"common": 850, "rare": 130, "few": 19, "single": 1}
KINDS = [kind for kind, size in SIZES.items() for _ in range(size)]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    """Four tight clusters of very different sizes and lengths, mixed, with their kinds in columns."""
    generator = np.random.default_rng(5)
    order = generator.permutation(len(KINDS))
    centers = {kind: 3.0 ** place * np.eye(8)[place] for place, kind in enumerate(SIZES)}
    vectors = np.array([centers[KINDS[row]] * (1 + 0.01 * generator.normal(size=8)) + 0.01 * generator.normal(size=8)
                        for row in order], np.float32)
    kinds = [KINDS[row] for row in order]
    carried = {"kind": kinds, "number": [list(SIZES).index(kind) for kind in kinds],
               "is single": [kind == "single" for kind in kinds], "dose": [0.5] * len(kinds),
               "half told": [kind if kind == "rare" else None for kind in kinds]}
    out = tmp_path_factory.mktemp("sampling") / "out"
    make_shards(out, len(kinds), shard_size=300, skipped=(), vectors=vectors, carried=carried)
    return open_vectors(out), np.array(kinds)


def counts(kinds, rows):
    return {kind: int(np.sum(kinds[rows] == kind)) for kind in SIZES}


@pytest.mark.parametrize(("how", "column"), [("random", None), ("stratified", "kind"), ("most different", None)])
@pytest.mark.parametrize("count", [1, 4, 100])
def test_a_sample_has_its_size_in_ascending_rows_and_depends_on_the_seed_alone(clusters, how, column, count):
    vectors, _ = clusters
    rows = sample_rows(vectors, count, how, column, seed=3)
    assert rows.dtype == np.int64
    assert len(rows) == count
    assert np.all(np.diff(rows) > 0)
    assert rows[0] >= 0
    assert rows[-1] < 1000
    for rows_a_block in (1, 37, 5000):
        np.testing.assert_array_equal(rows, sample_rows(vectors, count, how, column, 3, rows_a_block=rows_a_block))
    if count == 100:
        assert not np.array_equal(rows, sample_rows(vectors, count, how, column, seed=4))


@pytest.mark.parametrize("how", ["random", "stratified", "most different"])
def test_no_more_are_taken_than_there_are(clusters, how):
    np.testing.assert_array_equal(sample_rows(clusters[0], 5000, how, "kind"), np.arange(1000))


def test_a_random_sample_is_even(clusters):
    hits = np.bincount(np.concatenate([sample_rows(clusters[0], 100, seed=seed) for seed in range(300)]),
                       minlength=1000)
    assert hits.sum() == 30_000
    assert hits.min() > 8  # 30 are expected of each, with a standard deviation of 5.2
    assert hits.max() < 56
    assert abs(hits[:500].sum() - 15_000) < 400


def test_a_stratified_sample_has_the_shares_of_the_whole(clusters):
    vectors, kinds = clusters
    assert counts(kinds, sample_rows(vectors, 100, "stratified", "kind")) == {
        "common": 84, "rare": 13, "few": 2, "single": 1}
    for column in ("kind", "number"):
        assert counts(kinds, sample_rows(vectors, 4, "stratified", column)) == dict.fromkeys(SIZES, 1)


def test_a_stratified_sample_draws_within_a_value_at_random(clusters):
    vectors, kinds = clusters
    few = np.flatnonzero(kinds == "few")
    hits = np.bincount(np.concatenate([sample_rows(vectors, 100, "stratified", "kind", seed=seed)
                                       for seed in range(200)]), minlength=1000)[few]
    assert hits.sum() == 400
    assert hits.min() > 5  # 21 are expected of each


def test_rows_without_a_value_and_truth_values_are_kinds_too(clusters):
    vectors, kinds = clusters
    rows = sample_rows(vectors, 100, "stratified", "half told")
    assert np.sum(kinds[rows] == "rare") == 13
    assert counts(kinds, sample_rows(vectors, 2, "stratified", "is single"))["single"] == 1


@pytest.mark.parametrize(("sizes", "count", "expected"), [
    ([900, 100], 10, [9, 1]), ([850, 130, 19, 1], 100, [84, 13, 2, 1]), ([5, 5, 5], 3, [1, 1, 1]),
    ([998, 1, 1], 3, [1, 1, 1]), ([998, 1, 1], 4, [2, 1, 1]), ([10, 1, 1], 2, [2, 0, 0]), ([1, 1, 1], 2, [1, 1, 0]),
    ([50, 50], 3, [2, 1]), ([3, 1], 4, [3, 1]), ([7], 5, [5]), ([600, 250, 150], 7, [4, 2, 1])])
def test_shares_are_kept_with_the_largest_remainders_rounded_up(sizes, count, expected):
    assert shares(np.array(sizes), count).tolist() == expected


def test_shares_of_any_sizes_sum_up_and_none_is_larger_than_its_kind():
    generator = np.random.default_rng(0)
    for _ in range(500):
        sizes = generator.integers(1, 40, generator.integers(1, 30)) ** generator.integers(1, 4)
        count = int(generator.integers(1, sizes.sum() + 1))
        given = shares(sizes, count)
        assert given.sum() == count
        assert np.all(given <= sizes)
        assert np.all(given >= (count >= len(sizes)))
        assert np.all(np.abs(given - sizes * count / sizes.sum())[given > 1] < len(sizes))


def test_the_most_different_come_from_all_clusters_though_one_has_a_single_row(clusters):
    vectors, kinds = clusters
    for seed in range(5):
        assert counts(kinds, sample_rows(vectors, 4, "most different", seed=seed)) == dict.fromkeys(SIZES, 1)


def test_each_of_the_most_different_is_the_farthest_from_the_nearest_taken_before():
    generator = np.random.default_rng(2)
    vectors = generator.normal(size=(60, 3)).astype(np.float32) * generator.uniform(0.1, 9, (60, 1)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    taken = sampling._most_different(vectors, 20, 7, lambda done: None, None).tolist()
    assert taken[0] == 7
    for place in range(1, 20):
        distances = np.min(np.linalg.norm(unit[:, None] - unit[taken[:place]], axis=2), axis=1)
        assert distances[taken[place]] == pytest.approx(distances.max(), abs=1e-5)


def test_equal_vectors_and_those_of_length_0_are_taken_once_each():
    vectors = np.zeros((6, 2), np.float32)
    vectors[3:] = [1, 0]
    assert sorted(sampling._most_different(vectors, 6, 0, lambda done: None, None).tolist()) == list(range(6))


def test_of_very_many_the_most_different_are_found_among_a_random_part(clusters, monkeypatch):
    monkeypatch.setattr(sampling, "POOL", 50)
    vectors, read, take = clusters[0], [], Vectors.take
    monkeypatch.setattr(Vectors, "take", lambda self, rows, *more, **named: (
        read.append(rows) or take(self, rows, *more, **named)))
    rows = sample_rows(vectors, 20, "most different")
    [pool] = read
    assert len(pool) == 50
    assert set(rows) <= set(pool)


@pytest.mark.parametrize(("given", "words"), [
    ((0,), "1 picture at least, not 0"),
    ((5, "best"), "Choose one of: random, stratified, most different"),
    ((5, "stratified"), "choose one of its columns: kind, number, is single, dose, half told"),
    ((5, "stratified", "colour"), "choose one of its columns"),
    ((5, "stratified", "dose"), "no texts or whole numbers (they are double)"),
    ((10_001, "most different"), "Ask for 10,000 at most")])
def test_what_cannot_be_sampled_is_refused_in_a_sentence(clusters, given, words):
    with pytest.raises(WrongUse) as told:
        sample_rows(clusters[0], *given)
    assert words in str(told.value)


def test_a_column_of_too_many_values_is_refused(clusters, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_VALUES", 3)
    with pytest.raises(WrongUse, match="the column 'kind' has more than 3 values"):
        sample_rows(clusters[0], 5, "stratified", "kind")


@pytest.mark.parametrize(("how", "column"), [("stratified", "kind"), ("most different", None)])
def test_sampling_can_be_watched_and_stopped(clusters, how, column):
    seen = []
    sample_rows(clusters[0], 10, how, column, on_progress=lambda *told: seen.append(told))
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)
    with pytest.raises(Cancelled):
        sample_rows(clusters[0], 10, how, column, cancelled=lambda: True)
    if how == "most different":
        asked = iter([False] * 6 + [True])
        with pytest.raises(Cancelled):
            sample_rows(clusters[0], 10, how, cancelled=lambda: next(asked))
