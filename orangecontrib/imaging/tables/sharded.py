"""Vectors from files, of shards or merged, as the table that Image Embedder would give for the same pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from Orange.data import Domain, StringVariable, Table
from Orange.data.util import get_unique_names

from ..core.errors import Cancelled
from ..core.files import JOINT
from ..core.reading import Reading
from ..core.shards.listing import PATH
from .carried import Column, carried_column
from .columns import image_variable, separate_channels
from .computed_vectors import PictureVectors
from .embeddings import IDENTITY_ATTRIBUTE, vector_columns
from .imports import CATEGORY_COLUMN, IMAGE_COLUMN, NAME_COLUMN, shown_name
from .request import request_of

if TYPE_CHECKING:
    from ..core.shards.reading import Vectors

_NUMBER_BYTES = 8  # Orange's tables are of float64
_READ_BYTES = 4  # files are of float32
_NAMES_BYTES = 250  # two texts of Python a row, and what refers to them

Rows = NDArray[np.int64]
Progress = Callable[[int, int], None]


def table_bytes(vectors: Vectors, count: int) -> int:
    """About how much memory, in bytes, `table_of` takes for so many rows.

    All rows are read block by block; of fewer, the vectors are there as float32 and as Orange's float64 at once.
    """
    number = _NUMBER_BYTES + (_READ_BYTES if count < vectors.count else 0)
    return count * (number * vectors.dimension + _NUMBER_BYTES * len(vectors.columns) + _NAMES_BYTES)


def table_of(vectors: Vectors, rows: Rows | None = None, *, on_progress: Progress | None = None,
             cancelled: Callable[[], bool] | None = None) -> Table:
    """The pictures with their vectors: columns n0, n1, … hidden from view, and what was carried along.

    Metas: image name (text), image (text; ``type`` is image, ``origin`` the folder where the pictures were, ``reading``
    the recipe), then the carried columns, see `carried.carried_column`. A column *category* of text is the class. The
    table's attribute ``embedding`` is the identity of the vectors. Where that names one of our networks, the columns
    compute themselves for other tables as those of Image Embedder do, and equal them.

    Args:
        vectors: as `core.shards.reading.open_vectors` gives them.
        rows: (k,) int64, ascending: those that are taken; None for all.
        on_progress: called with (rows read, rows in all).
        cancelled: asked between blocks.

    Raises:
        WrongUse: a file is damaged, or gone.
        Cancelled: `cancelled` said so.
    """
    numbers = np.empty((vectors.count if rows is None else len(rows), vectors.dimension))
    carried: dict[str, list[Any]] = {PATH: [], **{name: [] for name in vectors.columns}}
    for first, found, values in _blocks(vectors, rows, on_progress, cancelled):
        numbers[first:first + len(found)] = found
        for name, column in carried.items():
            column.extend(values[name])
    return _table(vectors, numbers, carried.pop(PATH), carried)


def skipped_table_of(skipped: Sequence[tuple[str, str]], root: str, reading: Reading) -> Table | None:
    """Pictures without a vector, with a text meta *reason*; None where there are none.

    Args:
        skipped: names, relative to the root, with reasons.
        root: the folder that names start from.
        reading: how the files become pictures.
    """
    if not skipped:
        return None
    metas = [image_variable(IMAGE_COLUMN, root, reading), StringVariable("reason")]
    values = np.array(skipped, object)
    table = Table.from_numpy(Domain([], metas=metas), np.empty((len(skipped), 0)), metas=values)
    table.name = "skipped pictures"
    return table


def _blocks(vectors: Vectors, rows: Rows | None, on_progress: Progress | None, cancelled: Callable[[], bool] | None
            ) -> Iterator[tuple[int, NDArray[np.float32], dict[str, list[Any]]]]:
    """All rows, some at a time, so that they are never twice in memory; or a few at once. Raises Cancelled."""
    if rows is not None:
        yield 0, *vectors.take(rows, on_progress, cancelled)
        return
    for first, found, values in vectors.blocks():
        if cancelled is not None and cancelled():
            raise Cancelled("Reading was stopped.")
        yield first, found, values
        if on_progress is not None:
            on_progress(first + len(found), vectors.count)


def _table(vectors: Vectors, numbers: NDArray[np.float64], names: list[str], carried: dict[str, list[Any]]) -> Table:
    image = image_variable(IMAGE_COLUMN, vectors.root or "", vectors.reading)
    titles = [shown_name(_files(name, vectors.reading)) for name in names]
    metas: list[Column] = [(StringVariable(NAME_COLUMN), np.array(titles, object)), (image, np.array(names, object))]
    classes: list[Column] = []
    free = get_unique_names([NAME_COLUMN, IMAGE_COLUMN], list(carried), equal_numbers=False)
    for name, (told, values) in zip(free, carried.items(), strict=True):
        column = carried_column(name, vectors.columns[told], values, told == CATEGORY_COLUMN)
        is_class = told == CATEGORY_COLUMN and column[0].is_discrete
        (classes if is_class else metas).append(column)
    outer = Domain([], [column for column, _ in classes], [column for column, _ in metas])
    columns = vector_columns(outer, vectors.dimension, separate_channels(image), _computed(vectors, image))
    table = Table.from_numpy(Domain(columns, outer.class_vars, outer.metas), numbers,
                             _side_by_side(classes, len(names), float), _side_by_side(metas, len(names), object))
    table.name = os.path.basename(vectors.title)
    if vectors.identity:
        table.attributes = {IDENTITY_ATTRIBUTE: vectors.identity}
    return table


def _computed(vectors: Vectors, image: StringVariable) -> PictureVectors | None:
    request = request_of(vectors.identity, vectors.reading)
    if request is None:
        return None
    return PictureVectors(image.name, request, vectors.identity, vectors.dimension, separate_channels(image))


def _files(name: str, reading: Reading) -> list[str]:
    return name.split(JOINT) if reading.joined else [name]


def _side_by_side(columns: Sequence[Column], rows: int, dtype: type) -> NDArray[Any]:
    """(rows, columns) of the columns' values."""
    result: NDArray[Any] = np.empty((rows, len(columns)), dtype=dtype)
    for at, (_, values) in enumerate(columns):
        result[:, at] = values
    return result
