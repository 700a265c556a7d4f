"""Which rows stand for all: drawn at random, with the shares of a column, or as unlike each other as can be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import Cancelled, WrongUse
from ..paths import escape_path
from .parts import ROWS_A_BLOCK, Cancel, Progress
from .reading import Vectors

HOW = ("random", "stratified", "most different")
MOST_VALUES = 10_000
MOST_DIFFERENT, POOL = 10_000, 20_000  # rows: that are found unlike each other, and that they are found among


def sample_rows(vectors: Vectors, count: int, how: str = "random", column: str | None = None, seed: int = 0,
                on_progress: Progress | None = None, cancelled: Cancel | None = None,
                rows_a_block: int = ROWS_A_BLOCK) -> NDArray[np.int64]:
    """Choose rows; the same seed gives the same rows, however many are read at once.

    Args:
        vectors: of which to choose.
        count: how many; where there are no more, all are taken.
        how: ``"random"``: each row is as likely as any other. ``"stratified"``: at random, with the shares that the
            values of `column` have in the whole; each value has a row at least where `count` allows. ``"most
            different"``: one after the other, the row that is the farthest from all those taken before; of more than
            20,000 rows, among as many random ones.
        column: for ``"stratified"``: of texts, whole numbers or truth values. Rows without a value are one more kind.
        seed: of NumPy's generator.
        on_progress: called with (done, total).
        cancelled: asked again and again.
        rows_a_block: how many rows are read at once.

    Returns:
        (k,) int64, ascending. 12 bytes a row of the whole are taken for a stratified sample, 2 (POOL, d) float32 for
        one of the most different.

    Raises:
        WrongUse: there is no such choice; or a file cannot be read.
        Cancelled: `cancelled` said so.
    """
    if how not in HOW:
        raise WrongUse(f"{how!r} is no way to take a sample. Choose one of: {', '.join(HOW)}.")
    if count < 1:
        raise WrongUse(f"A sample has 1 picture at least, not {count}.")
    if how == "most different" and count > MOST_DIFFERENT:
        raise WrongUse(f"The most different {count:,} pictures would take hours to be found. Ask for "
                       f"{MOST_DIFFERENT:,} at most, or for a random sample.")
    codes = _codes(vectors, column, on_progress, cancelled, rows_a_block) if how == "stratified" else None
    if count >= vectors.count:
        return np.arange(vectors.count, dtype=np.int64)
    generator = np.random.default_rng(seed)
    if codes is not None:
        return _stratified(codes, count, generator)
    if how == "random":
        return _drawn(vectors.count, count, generator)
    pool = _drawn(vectors.count, min(POOL, vectors.count), generator)
    total = len(pool) + count
    numbers, _ = vectors.take(pool, lambda done, _: on_progress(done, total) if on_progress else None, cancelled,
                              rows_a_block, names=())
    return pool[np.sort(_most_different(numbers, count, int(generator.integers(len(pool))),
                                        lambda done: on_progress(len(pool) + done, total) if on_progress else None,
                                        cancelled))]


def shares(sizes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """How many of `count` rows each of several kinds gets, by its size.

    The largest remainders are rounded up (Hamilton's method), those of larger kinds and then of earlier ones first.
    Where there are no fewer rows than kinds, a kind whose share is below 1 gets one, and the rest is shared by the
    others.

    Args:
        sizes: (v,) 1 at least each.
        count: no more than all together.

    Returns:
        (v,) that sum up to `count`, none above its size.
    """
    given = np.zeros(len(sizes), np.int64)
    is_open = np.ones(len(sizes), bool)
    while count >= len(sizes):
        is_small = is_open & (sizes * (count - given.sum()) < sizes[is_open].sum())
        if not is_small.any():
            break
        given[is_small], is_open = 1, is_open & ~is_small
    left = count - int(given.sum())
    whole, rest = np.divmod(sizes * left, max(1, int(sizes[is_open].sum())))
    given[is_open] = whole[is_open]
    order = np.lexsort((np.arange(len(sizes)), -sizes, -rest))
    given[order[is_open[order]][:count - int(given.sum())]] += 1
    return given


def _drawn(rows: int, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """(count,) ascending rows, each as likely as any other."""
    return np.sort(generator.choice(rows, count, replace=False, shuffle=False)).astype(np.int64)


def _codes(vectors: Vectors, column: str | None, on_progress: Progress | None, cancelled: Cancel | None,
           rows_a_block: int) -> NDArray[np.int32]:
    """(n,) the number of each row's value, in the order in which values come first. Raises WrongUse, Cancelled."""
    if column is None or column not in vectors.columns:
        known = ", ".join(map(escape_path, vectors.columns)) or "none"
        raise WrongUse(f"{vectors.title}: for a stratified sample, choose one of its columns: {known}.")
    kind = vectors.columns[column]
    if not (kind in ("string", "large_string", "bool") or kind.startswith(("int", "uint"))):
        raise WrongUse(f"{vectors.title}: the values of the column {escape_path(column)!r} are no texts or whole "
                       f"numbers (they are {kind}), so they make no groups. Choose another column, or a random sample.")
    codes, numbers = np.empty(vectors.count, np.int32), dict[object, int]()
    for first, block, values in vectors.blocks(rows_a_block, with_vectors=False, names=(column,)):
        codes[first:first + len(block)] = [numbers.setdefault(value, len(numbers)) for value in values[column]]
        if len(numbers) > MOST_VALUES:
            raise WrongUse(f"{vectors.title}: the column {escape_path(column)!r} has more than {MOST_VALUES:,} values, "
                           "too many for groups. Choose another column, or a random sample.")
        if cancelled and cancelled():
            raise Cancelled("Sampling was stopped.")
        if on_progress:
            on_progress(first + len(block), len(codes))
    return codes


def _stratified(codes: NDArray[np.int32], count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Rows of all values, by their shares; scikit-learn's splits refuse values with one row."""
    sizes = np.bincount(codes).astype(np.int64)
    rows, ends = np.argsort(codes, kind="stable"), np.cumsum(sizes)
    return np.sort(np.concatenate([
        rows[end - size + generator.choice(size, share, replace=False, shuffle=False)]
        for end, size, share in zip(ends, sizes, shares(sizes, count))])).astype(np.int64)


def _most_different(vectors: NDArray[np.float32], count: int, first: int, on_progress: Callable[[int], None],
                    cancelled: Cancel | None) -> NDArray[np.int64]:
    """Rows each of which, when it is taken, is the farthest from the nearest of those taken before.

    The greedy method of T. F. Gonzalez, Clustering to minimize the maximum intercluster distance, Theoretical Computer
    Science 38 (1985) 293–306. Departures: of very many vectors a random POOL is looked at, so what is rarer than one in
    some thousands may be missed; distances are those of vectors divided by their length (cosine), and a vector of
    length 0 is at a right angle to all; the first one is drawn. (scikit-learn's ``kmeans_plusplus`` draws all of them.)

    Args:
        vectors: (n, d).
        count: how many, n at most.
        first: the row to begin with.
        on_progress: called with the number of those found.
        cancelled: asked after each.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    taken = np.empty(count, np.int64)
    nearest = np.full(len(unit), -np.inf, np.float32)  # the cosine of the angle to the nearest of those taken
    row = first
    for number in range(count):
        taken[number] = row
        np.maximum(nearest, unit @ unit[row], out=nearest)
        nearest[row] = np.inf  # equal ones may be taken, none twice
        row = int(np.argmin(nearest))
        if cancelled and cancelled():
            raise Cancelled("Sampling was stopped.")
        on_progress(number + 1)
    return taken
