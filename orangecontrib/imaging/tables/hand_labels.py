"""Labels that were put by hand, as the class of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from Orange.data import DiscreteVariable, Domain, Table
from Orange.data.util import get_unique_names

from ..core.hand_labels import Label


def with_labels(table: Table, labels: Sequence[Label], numbers: NDArray[np.uint8], name: str) -> Table:
    """The table with its labels as the class; a class that it had becomes a meta.

    All labels are values, also those that no row has, so that tables labeled with one palette fit together. Row ids
    and all else are kept; the table that was given stays as it was.

    Args:
        table: of n rows.
        labels: that there are; the class has their names and colors, in this order.
        numbers: (n,) uint8, the label's number of each row; 0 for none, which makes a missing value.
        name: of the class; changed where the table has a column of this name.
    """
    column = DiscreteVariable(get_unique_names(table.domain, name), [label.name for label in labels])
    column.attributes["colors"] = {label.name: label.color for label in labels}
    domain = table.domain
    result = table.transform(Domain(domain.attributes, column, (*domain.metas, *domain.class_vars)))
    places = np.full(256, np.nan)
    places[[label.number for label in labels]] = np.arange(len(labels))
    with result.unlocked(result.Y):
        result.Y[:] = places[numbers]
    return result
