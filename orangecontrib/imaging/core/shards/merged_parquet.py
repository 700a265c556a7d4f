"""Shards as one Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .checking import Shards, Walk
from .listing import PATH
from .parquet_part import VECTOR
from .parts import Columns

if TYPE_CHECKING:
    import pyarrow


def write_parquet(path: Path, walk: Walk) -> None:
    """Write the rows of all shards, as many at a time as are in memory. Raises WrongUse, Cancelled."""
    from pyarrow.parquet import ParquetWriter
    vectors = walk.shards.vectors
    schema, names = _schema(walk.shards), [PATH, *vectors.columns]
    with ParquetWriter(path, schema, compression="zstd", use_dictionary=names, write_statistics=names,
                       use_byte_stream_split=[f"{VECTOR}.list.element"]) as writer:
        for numbers, columns in walk.chunks(names, with_vectors=True, checked=True):
            writer.write_table(_table(schema, numbers, columns))


def told_texts(shards: Shards) -> dict[str, str]:
    """What a merged file tells of its vectors, by the names in `parts.TOLD`."""
    from ..paths import escape_path
    vectors = shards.vectors
    return {"identity": vectors.identity, "reading": shards.heading.reading, "root": escape_path(shards.heading.root),
            "title": shards.title, "pictures": str(vectors.count + vectors.skipped)}


def _schema(shards: Shards) -> pyarrow.Schema:
    import pyarrow
    vectors = shards.vectors
    fields = [(PATH, pyarrow.string()),
              *((name, pyarrow.type_for_alias(kind)) for name, kind in vectors.columns.items()),
              (VECTOR, pyarrow.list_(pyarrow.float32(), vectors.dimension))]
    return pyarrow.schema(fields, metadata=told_texts(shards))


def _table(schema: pyarrow.Schema, vectors: NDArray[np.float32], columns: Columns) -> pyarrow.Table:
    import pyarrow
    arrays = [pyarrow.array(columns[name], schema.field(name).type) for name in columns]
    numbers = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.reshape(-1)),
                                                     type=schema.field(VECTOR).type)
    return pyarrow.Table.from_arrays([*arrays, numbers], schema=schema)
