"""Many pictures: from how many on Orange's own widgets hold the window for long, and what to do about it."""

from __future__ import annotations

#: pictures from which Hierarchical Clustering and MDS hold the window for several seconds at a time
ROWS_FOR_PAIRS = 5_000
#: pictures beyond which Distances refuses
MOST_ROWS_FOR_PAIRS = 20_000
#: numbers in the whole table, rows times columns, from which a cross-validation takes about a minute
NUMBERS_FOR_LEARNING = 4_000_000
#: principal components that linear models lose little with
ADVISED_COMPONENTS = 50


def advice_on_size(rows: int, columns: int) -> str:
    """Which widgets are slow with so many pictures and so many numbers for each, and what to do.

    The limits follow the table that ``python -m benchmarks.scale`` prints (doc/large.rst).

    Returns:
        Sentences for the user, one a line, as Orange wraps no messages; ``""`` where nothing is slow.
    """
    return "\n".join(filter(None, (_on_pairs(rows), _on_learning(rows, columns))))


def _on_pairs(rows: int) -> str:
    """On the widgets that compare every two pictures."""
    remedy = "Use Image Map or Image Grid, or put Data Sampler before Distances."
    if rows > MOST_ROWS_FOR_PAIRS:
        return f"Distances takes {MOST_ROWS_FOR_PAIRS:,} pictures at the most, and there are {rows:,}.\n{remedy}"
    if rows >= ROWS_FOR_PAIRS:
        return f"Hierarchical Clustering and MDS freeze the window for long with {rows:,} pictures.\n{remedy}"
    return ""


def _on_learning(rows: int, columns: int) -> str:
    """On the widgets that learn from all numbers."""
    if rows * columns < NUMBERS_FOR_LEARNING or columns <= 2 * ADVISED_COMPONENTS:
        return ""
    return (f"Test and Score takes long with {rows:,} × {columns:,} numbers.\n"
            f"Set Components to {ADVISED_COMPONENTS} under More options.")
