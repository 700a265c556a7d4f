"""Advice begins where widgets begin to be slow, and names a way out that this add-on and Orange have."""

import pytest

from orangecontrib.imaging.core.large import advice_on_size

PAIRS = "Use Image Map or Image Grid, or put Data Sampler before Distances."


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (1, 512), (4_999, 512), (1_953, 2_048), (4_999, 50)])
def test_nothing_is_said_of_tables_that_all_widgets_can_take(rows, columns):
    assert advice_on_size(rows, columns) == ""


def test_from_5000_rows_on_comparing_all_pairs_is_slow_and_beyond_20000_refused():
    assert advice_on_size(5_000, 50) == (
        f"Hierarchical Clustering and MDS freeze the window for long with 5,000 pictures.\n{PAIRS}")
    assert advice_on_size(20_000, 50).startswith("Hierarchical Clustering and MDS freeze")
    assert advice_on_size(20_001, 50) == (
        f"Distances takes 20,000 pictures at the most, and there are 20,001.\n{PAIRS}")


def test_components_are_advised_from_4_million_numbers_on_while_there_are_many_columns():
    advice = "Test and Score takes long with 1,954 × 2,048 numbers.\nSet Components to 50 under More options."
    assert advice_on_size(1_954, 2_048) == advice
    assert advice_on_size(3_999, 1_000) == ""
    assert "Components" in advice_on_size(4_000, 1_000)
    assert "Components" not in advice_on_size(100_000, 100)  # as few as that they are already
    assert "Components" in advice_on_size(100_000, 101)


def test_both_are_said_where_both_are_slow():
    advice = advice_on_size(12_000, 2_048)
    assert advice.index("12,000 pictures") < advice.index(PAIRS) < advice.index("12,000 × 2,048 numbers")
