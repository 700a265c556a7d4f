"""Tables of made vectors, as hard to tell apart as those of pictures: classes overlap, numbers hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from Orange.data import Table

CLASSES = 4
_HIDDEN, _APART, _NOISE = 64, 0.3, 0.6


def vectors_table(rows: int, columns: int, seed: int = 0) -> Table:
    """Vectors (rows, columns) of four classes, with a class and a name.

    As behind a network's last rectifier, no number is negative, and about half of them are 0; they follow 64 hidden
    ones, around centers that are less apart than the classes are wide.
    """
    from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, CLASSES, rows)
    centers = _APART * rng.normal(size=(CLASSES, _HIDDEN))
    hidden = centers[classes] + rng.normal(size=(rows, _HIDDEN))
    numbers = hidden @ rng.normal(size=(_HIDDEN, columns)) / np.sqrt(_HIDDEN) * 2
    vectors = np.maximum(0, numbers + _NOISE * rng.normal(size=(rows, columns)))
    domain = Domain([ContinuousVariable(f"n{number}") for number in range(columns)],
                    DiscreteVariable("kind", [f"kind {number}" for number in range(CLASSES)]), [StringVariable("name")])
    for column in domain.attributes:
        column.attributes["hidden"] = True
    names = np.array([[f"picture {row}"] for row in range(rows)], object)
    return Table.from_numpy(domain, vectors, classes.astype(float), names)
