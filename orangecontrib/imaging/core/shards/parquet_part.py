"""Vectors in a Parquet file: one column of lists of one length, or columns n0, n1 …; read row group by row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import WrongUse, first_line
from ..paths import escape_path
from .listing import PATH
from .parts import Chunk

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

VECTOR = "vector"
_BUFFER_BYTES = 64 << 10  # read ahead of a column


@dataclass(frozen=True)
class Layout:
    """Where a file keeps what.

    Attributes:
        dimension: the length of a vector.
        numbers: the columns that hold the vectors' numbers.
        columns: the other columns besides ``path``, with Arrow's name of their type.
        told: the texts in the schema's metadata.
        rows: how many.
    """

    dimension: int
    numbers: tuple[str, ...]
    columns: dict[str, str]
    told: dict[str, str] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class ParquetPart:
    """The rows of a Parquet file.

    Attributes:
        path: of the file.
        count: how many rows it must have.
        dimension: the length that its vectors must have.
    """

    path: str
    count: int
    dimension: int

    def chunks(self, names: Sequence[str], with_vectors: bool, rows_a_block: int,
               rows: NDArray[np.int64] | None = None) -> Iterator[Chunk]:
        """As `parts.Part.chunks`; of each row group that holds one of `rows`, all is read, but not at once."""
        with damage_told(self.path), _opened(self.path) as file:
            layout = self._checked(file)
            wanted = [*names, *(layout.numbers if with_vectors else ())]
            groups, places = _groups(file, rows)
            at = 0
            for batch in file.iter_batches(rows_a_block, row_groups=groups, columns=wanted, use_threads=False):
                end = at + len(batch)
                if places is None:
                    yield _chunk(self.path, batch, layout, names, with_vectors)
                elif len(here := places[slice(*np.searchsorted(places, (at, end)))]):
                    yield _chunk(self.path, batch.take(_indices(here - at)), layout, names, with_vectors)
                at = end

    def _checked(self, file: pyarrow.parquet.ParquetFile) -> Layout:
        layout = _layout(self.path, file)
        if layout.dimension != self.dimension:
            raise WrongUse(f"{escape_path(self.path)}: its vectors have {layout.dimension} numbers, and those of the "
                           f"other files {self.dimension}. It does not belong here: remove it and run embed again.")
        if layout.rows != self.count:
            raise WrongUse(f"{escape_path(self.path)}: it holds {layout.rows:,} vectors instead of {self.count:,}, so "
                           "it is not the file that was written. Remove it and run embed again.")
        return layout


def read_layout(path: str) -> Layout:
    """What a Parquet file of vectors holds; its rows are not read.

    Raises:
        WrongUse: it cannot be read, or holds no vectors of pictures.
    """
    with damage_told(path), _opened(path) as file:
        return _layout(path, file)


@contextmanager
def damage_told(path: str) -> Iterator[None]:
    """Turn what pyarrow says of a file into a sentence that names it. Raises WrongUse."""
    if find_spec("pyarrow") is None:
        raise WrongUse(f"{escape_path(path)}: reading .parquet needs pyarrow, which is not installed. Install it (pip "
                       "install pyarrow).")
    import pyarrow
    try:
        yield
    except FileNotFoundError as error:
        raise WrongUse(f"{escape_path(path)}: there is no such file. Was it moved, or removed?") from error
    except (OSError, pyarrow.ArrowException) as error:
        raise WrongUse(f"{escape_path(path)}: it cannot be read as a Parquet file ({first_line(error)}). It is damaged "
                       "or something else: choose another, or make it again.") from error


@contextmanager
def _opened(path: str) -> Iterator[pyarrow.parquet.ParquetFile]:
    from pyarrow.parquet import ParquetFile
    with open(path, "rb") as source, ParquetFile(source, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
        yield file


def _layout(path: str, file: pyarrow.parquet.ParquetFile) -> Layout:
    """Where the columns are. Raises WrongUse: there are no paths, or no vectors."""
    import pyarrow
    schema = file.schema_arrow
    told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items() if key != b"ARROW:schema"}
    numbers, dimension = _numbers(schema)
    if PATH not in schema.names or not numbers or not pyarrow.types.is_string(schema.field(PATH).type):
        raise WrongUse(f"{escape_path(path)}: this Parquet file holds no vectors of pictures: columns 'path' and "
                       "'vector', or 'path', 'n0', 'n1' …, are expected. Choose a file that orange-imaging wrote.")
    others = {one.name: str(one.type) for one in schema if one.name != PATH and one.name not in numbers}
    return Layout(dimension, numbers, others, told, file.metadata.num_rows)


def _numbers(schema: pyarrow.Schema) -> tuple[tuple[str, ...], int]:
    """The columns of the vectors' numbers, and how many numbers that are."""
    import pyarrow
    if VECTOR in schema.names and pyarrow.types.is_fixed_size_list(kind := schema.field(VECTOR).type):
        return ((VECTOR,), kind.list_size) if kind.value_type == pyarrow.float32() else ((), 0)
    found: list[str] = []
    while (name := f"n{len(found)}") in schema.names and schema.field(name).type == pyarrow.float32():
        found.append(name)
    return tuple(found), len(found)


def _groups(file: pyarrow.parquet.ParquetFile, rows: NDArray[np.int64] | None
            ) -> tuple[list[int], NDArray[np.int64] | None]:
    """The row groups that hold these rows, and the rows' places in them, laid one after the other."""
    if rows is None:
        return list(range(file.num_row_groups)), None
    counts = np.array([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)], np.int64)
    ends = np.cumsum(counts)
    holder = np.searchsorted(ends, rows, side="right")
    groups = np.unique(holder)
    before = np.zeros(len(counts) + 1, np.int64)  # rows of groups that are left out
    before[groups] = (ends - counts)[groups] - np.r_[0, np.cumsum(counts[groups])[:-1]]
    return groups.tolist(), rows - before[holder]


def _indices(places: NDArray[np.int64]) -> Any:
    import pyarrow
    return pyarrow.array(places)


def _chunk(path: str, batch: pyarrow.RecordBatch, layout: Layout, names: Sequence[str], with_vectors: bool) -> Chunk:
    columns = {name: batch.column(name).to_pylist() for name in names}
    if not with_vectors:
        return np.empty((len(batch), 0), np.float32), columns
    if any(batch.column(name).null_count for name in layout.numbers):
        raise WrongUse(f"{escape_path(path)}: a row of it has no vector. It is damaged: make it again.")
    if layout.numbers == (VECTOR,):
        flat = batch.column(VECTOR).flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(-1, layout.dimension), columns
    return np.stack([batch.column(name).to_numpy() for name in layout.numbers], axis=1), columns
