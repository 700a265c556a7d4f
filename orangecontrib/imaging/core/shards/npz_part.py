"""Vectors in a NumPy ``.npz`` file: its arrays are read in place, never whole, and never as pickles."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import WrongUse, first_line
from ..paths import escape_path
from .listing import PATH
from .parts import TOLD, Chunk, runs

VECTORS, PATHS, CATEGORIES, COLUMNS = "vectors", "paths", "categories", "columns"
_FORMAT: Any = np.lib.format  # which tells no types
_LOCAL_HEADER = 30  # bytes of a member's header before its name
_KINDS = {"U": "string", "i": "int64", "u": "int64", "f": "double", "b": "bool"}
_LARGEST_TEXT = 64 << 20


@dataclass(frozen=True)
class StoredArray:
    """An array inside a ``.npz`` file.

    Attributes:
        start: where its numbers begin in the file, in bytes.
        shape, kind: as NumPy's ``shape`` and ``dtype``.
    """

    start: int
    shape: tuple[int, ...]
    kind: np.dtype[Any]

    def read(self, file: IO[bytes], first: int, end: int) -> NDArray[Any]:
        """Rows `first` to `end`. Raises EOFError: the file is too short."""
        row = int(np.prod(self.shape[1:], dtype=np.int64)) * self.kind.itemsize
        file.seek(self.start + first * row)
        found = file.read((end - first) * row)
        if len(found) != (end - first) * row:
            raise EOFError("it ends too early")
        return np.frombuffer(found, self.kind).reshape(end - first, *self.shape[1:])


@dataclass(frozen=True)
class NpzPart:
    """The rows of a ``.npz`` file.

    Attributes:
        path: of the file.
        vectors: (n, d) float32.
        columns: by name, the array of its values, and that which is True where a value is missing; ``path`` is one.
        kinds: the columns besides ``path``, with Arrow's name of their type.
        told: texts on the vectors: identity, and what else was merged with them.
    """

    path: str
    vectors: StoredArray
    columns: dict[str, tuple[StoredArray, StoredArray | None]]
    kinds: dict[str, str]
    told: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows."""
        return self.vectors.shape[0]

    def chunks(self, names: Sequence[str], with_vectors: bool, rows_a_block: int,
               rows: NDArray[np.int64] | None = None) -> Iterator[Chunk]:
        """As `parts.Part.chunks`."""
        stretches = ((start, min(start + rows_a_block, self.count)) for start in range(0, self.count, rows_a_block)
                     ) if rows is None else runs(rows, rows_a_block)
        with _damage_told(self.path), open(self.path, "rb") as file:
            for first, end in stretches:
                vectors = self.vectors.read(file, first, end) if with_vectors else np.empty((end - first, 0),
                                                                                            np.float32)
                yield vectors, {name: self._values(file, name, first, end) for name in names}

    def _values(self, file: IO[bytes], name: str, first: int, end: int) -> list[Any]:
        values, missing = self.columns[name]
        found: list[Any] = values.read(file, first, end).tolist()
        if missing is not None:
            for place in np.flatnonzero(missing.read(file, first, end)).tolist():
                found[place] = None
        return found


def open_npz(path: str) -> NpzPart:
    """Find the arrays of a ``.npz`` file of vectors; only their headers are read.

    Raises:
        WrongUse: it cannot be read, is packed, or holds no vectors of pictures.
    """
    with _damage_told(path), open(path, "rb") as file:
        arrays = _arrays(path, file)
        vectors = arrays.get(VECTORS)
        if vectors is None or PATHS not in arrays or len(vectors.shape) != 2 or vectors.kind != np.dtype("<f4"):
            raise WrongUse(f"{escape_path(path)}: this file holds no vectors of pictures: arrays 'vectors' (n, d) of "
                           "float32 and 'paths' are expected. Choose a file that orange-imaging wrote.")
        told = {name: _text(file, arrays[name]) for name in (*TOLD, COLUMNS) if name in arrays}
        columns = _columns(path, arrays, json.loads(told.pop(COLUMNS, "null")))
        kinds = {name: kind for name, (_, _, kind) in columns.items() if name != PATH}
        return NpzPart(path, vectors, {name: (values, missing) for name, (values, missing, _) in columns.items()},
                       kinds, told)


_Column = tuple[StoredArray, "StoredArray | None", str]


def _columns(path: str, arrays: dict[str, StoredArray], told: dict[str, dict[str, str]] | None) -> dict[str, _Column]:
    """The columns by name: of those `merging` tells, or the category that the one-file command writes."""
    if told is None:
        told = {"category": {"array": CATEGORIES}} if CATEGORIES in arrays else {}
    found: dict[str, _Column] = {PATH: (arrays[PATHS], None, "string")}
    for name, place in told.items():
        values, missing = arrays[place["array"]], arrays.get(place.get("missing", ""))
        found[name] = (values, missing, place.get("type", _KINDS.get(values.kind.kind, "string")))
    count = arrays[VECTORS].shape[0]
    if any(one is not None and one.shape != (count,) for values, missing, _ in found.values()
           for one in (values, missing)):
        raise WrongUse(f"{escape_path(path)}: its arrays have different lengths. It is damaged: make it again.")
    return found


def _arrays(path: str, file: IO[bytes]) -> dict[str, StoredArray]:
    """All arrays by name. Raises WrongUse: one is packed, or holds Python objects."""
    found = {}
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise WrongUse(f"{escape_path(path)}: its arrays are packed, so that no part of them can be read "
                               "alone. Write it with numpy.savez, not with numpy.savez_compressed.")
            start = _start(file, member.header_offset)
            array = _header(file, start)
            if array.kind.hasobject:
                raise WrongUse(f"{escape_path(path)}: the array {escape_path(member.filename)!r} holds Python objects, "
                               "which can run code when they are read. Choose a file that orange-imaging wrote.")
            if array.start + int(np.prod(array.shape, dtype=np.int64)) * array.kind.itemsize > size:
                raise EOFError("it ends too early")
            found[member.filename.removesuffix(".npy")] = array
    return found


def _start(file: IO[bytes], header: int) -> int:
    """Where a member's bytes begin; its local header may be longer than the list at the end of the zip file says."""
    file.seek(header)
    local = file.read(_LOCAL_HEADER)
    if len(local) < _LOCAL_HEADER:
        raise EOFError("it ends too early")
    return header + _LOCAL_HEADER + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")


def _header(file: IO[bytes], start: int) -> StoredArray:
    """Where an array is, of what shape and kind. Raises ValueError: it is none, or lies column by column."""
    file.seek(start)
    version = _FORMAT.read_magic(file)
    read = {(1, 0): _FORMAT.read_array_header_1_0, (2, 0): _FORMAT.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"version {version} of NumPy's format is not known")
    shape, by_columns, kind = read(file)
    if by_columns and len(shape) > 1:
        raise ValueError("an array lies in it column by column")
    return StoredArray(file.tell(), shape, kind)


def _text(file: IO[bytes], array: StoredArray) -> str:
    """A text without axes. Raises ValueError: it is none."""
    if array.shape or array.kind.kind != "U" or array.kind.itemsize > _LARGEST_TEXT:
        raise ValueError("a text is something else")
    file.seek(array.start)
    return str(np.frombuffer(file.read(array.kind.itemsize), array.kind)[0])


@contextmanager
def _damage_told(path: str) -> Iterator[None]:
    """Turn what Python says of a file into a sentence that names it. Raises WrongUse."""
    try:
        yield
    except FileNotFoundError as error:
        raise WrongUse(f"{escape_path(path)}: there is no such file. Was it moved, or removed?") from error
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
        raise WrongUse(f"{escape_path(path)}: it cannot be read as a NumPy .npz file ({first_line(error)}). It is "
                       "damaged or something else: choose another, or make it again.") from error
