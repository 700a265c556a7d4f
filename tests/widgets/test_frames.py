"""Rows have the colors that Orange's palettes give to a column."""

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table

from orangecontrib.imaging.widgets.frames import color_scale, legend, row_colors


def test_rows_have_the_colors_of_their_values_and_missing_ones_none():
    kind = DiscreteVariable("kind", values=("a", "b"))
    table = Table.from_numpy(Domain([kind]), np.array([[1.0], [np.nan], [0.0]]))
    first, second = (color.getRgb()[:3] for color in kind.palette.qcolors[:2])
    colors = row_colors(table, kind)
    assert tuple(colors[0]) == (*second, 255)
    assert tuple(colors[2]) == (*first, 255)
    assert colors[1, 3] == 0
    assert legend(kind) == [("a", first), ("b", second)]


def test_numbers_go_from_one_end_of_the_palette_to_the_other():
    size = ContinuousVariable("size")
    table = Table.from_numpy(Domain([size]), np.array([[0.0], [5.0], [10.0]]))
    colors = row_colors(table, size)
    assert len({tuple(color) for color in colors}) == 3
    assert legend(size) == []


def test_of_numbers_five_values_are_explained_in_the_colors_of_their_rows_and_infinite_ones_do_not_count():
    size = ContinuousVariable("size", number_of_decimals=1)
    table = Table.from_numpy(Domain([size]), np.array([[0.0], [5.0], [10.0], [np.nan]]))
    colors = row_colors(table, size)
    shown = color_scale(table, size)
    assert [name for name, _ in shown] == ["0.0", "2.5", "5.0", "7.5", "10.0"]
    assert [color for _, color in shown][::2] == [tuple(color[:3]) for color in colors[:3].tolist()]
    endless = Table.from_numpy(Domain([size]), np.array([[1.0], [np.inf], [3.0]]))
    assert [name for name, _ in color_scale(endless, size)][::4] == ["1.0", "3.0"]
    assert color_scale(table[3:], size) == []
