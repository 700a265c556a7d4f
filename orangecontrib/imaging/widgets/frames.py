"""Colors of rows, by a column: frames around pictures, dots on a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table, Variable
from Orange.widgets import gui  # noqa: F401 - gives columns their palettes

from .parts.color_legend import Color, Legend

_STEPS = 5


def row_colors(table: Table, column: Variable) -> NDArray[np.uint8]:
    """Colors of rows by a categorical or numeric column, as Orange's palettes have them.

    Returns:
        (n, 4) uint8 RGBA, one row a row of the table; alpha 0 where the value is missing, else 255.
    """
    values = np.asarray(table.get_column(column), float)
    colors = np.empty((len(values), 4), np.uint8)
    colors[:, :3] = column.palette.values_to_colors(values)
    colors[:, 3] = np.where(np.isnan(values), 0, 255)
    return colors


def legend(column: Variable) -> list[tuple[str, Color]]:
    """The names of a categorical column's values with their colors; empty for a numeric one."""
    if not column.is_discrete:
        return []
    colors = column.palette.qcolors[:len(column.values)]
    return [(value, color.getRgb()[:3]) for value, color in zip(column.values, colors)]


def color_scale(table: Table, column: Variable) -> list[tuple[str, Color]]:
    """As `legend`, and of a numeric column some values between its least and its largest."""
    if column.is_discrete:
        return legend(column)
    values = np.asarray(table.get_column(column), float)
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    steps = np.linspace(values.min(), values.max(), _STEPS)
    colors = column.palette.values_to_colors(steps).tolist()
    return list({column.str_val(step): tuple(color) for step, color in zip(steps, colors)}.items())


def color_legend(table: Table, column: Variable | None) -> Legend | None:
    """What the colors of a column's values mean, on a map and in print; None without a column."""
    return Legend(column.name, color_scale(table, column)) if column is not None else None
