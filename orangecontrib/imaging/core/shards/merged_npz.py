"""Shards as one NumPy ``.npz`` file, whose arrays are written row by row into the zip file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import WrongUse
from ..paths import escape_path
from .checking import Walk
from .listing import PATH
from .merged_parquet import told_texts
from .npz_part import CATEGORIES, COLUMNS, PATHS, VECTORS
from .parts import TOLD

_FORMAT: Any = np.lib.format  # which tells no types
_LONGEST = 4096  # letters of a text; every row has the room of the longest
_RESERVED = {VECTORS, PATHS, CATEGORIES, COLUMNS, *TOLD}


@dataclass
class _Column:
    """A column's array to be: of which kind, with room for how many letters, and what tells where values are missing.

    `mask` is the name of that array, where `is_missing`.
    """

    array: str
    kind: str
    letters: int = 1
    is_missing: bool = False
    mask: str = ""

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(f"<U{self.letters}") if self.kind == "U" else np.dtype(self.kind)


def write_npz(path: Path, walk: Walk) -> None:
    """Write the vectors of all shards, their columns one after the other, and what is told of them.

    Arrays: ``vectors`` (n, d) float32; ``paths`` (n,) text; each column carried along by its name, but ``category`` as
    ``categories``, and ``column NAME`` where the name is taken; where values are missing, ``missing NAME`` (n,) bool
    says where; texts identity, reading, root, title and pictures; and ``columns``, JSON: where each column is, and its
    type. Where another column is called ``column NAME`` or ``missing NAME``, a number follows. NumPy reads all of it
    without pickle.

    Raises:
        WrongUse: a shard is damaged, or a text is too long for such a file.
        Cancelled: the walk was stopped.
    """
    vectors = walk.shards.vectors
    taken = {*_RESERVED, *vectors.columns}
    columns = {PATH: _Column(PATHS, "U"), **_columns(vectors.columns, taken)}
    walk.times = 2 + len(columns)
    _measure(columns, walk)
    for column in columns.values():
        if column.is_missing:
            column.mask = _free(f"missing {column.array}", taken)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        shape = (vectors.count, vectors.dimension)
        _write(archive, VECTORS, shape, np.dtype("<f4"), (block for block, _ in walk.chunks([], with_vectors=True)))
        for name, column in columns.items():
            _write_column(archive, name, column, vectors.count, walk)
        told = {**told_texts(walk.shards), COLUMNS: json.dumps(_places(columns, vectors.columns))}
        for name, text in told.items():
            _write(archive, name, (), np.dtype(f"<U{max(1, len(text))}"), [np.array(text)])


def _columns(kinds: Mapping[str, str], taken: set[str]) -> dict[str, _Column]:
    """The arrays of columns; `taken` has the names that other arrays have, and takes these."""
    return {name: _column(CATEGORIES if name == "category" else _free(f"column {name}", taken) if name in _RESERVED
                          else name, kind)
            for name, kind in kinds.items()}


def _free(name: str, taken: set[str]) -> str:
    """A name that no array has, with a number where this one is taken; it is taken then."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name} {number}", number + 1
    taken.add(found)
    return found


def _column(array: str, kind: str) -> _Column:
    if kind.startswith(("int", "uint")):
        return _Column(array, "<i8" if kind != "uint64" else "<u8")
    return _Column(array, {"bool": "?", "double": "<f8", "float": "<f8"}.get(kind, "U"))


def _measure(columns: dict[str, _Column], walk: Walk) -> None:
    """Go through all shards once, check them, and see how long texts are and what is missing. Raises WrongUse."""
    for _, values in walk.chunks(list(columns), checked=True):
        for name, column in columns.items():
            here = values[name]
            column.is_missing = column.is_missing or None in here
            if column.kind == "U":
                column.letters = max(column.letters, *(len(_text(value)) for value in here))
            if column.letters > _LONGEST:
                raise WrongUse(f"The column {escape_path(name)!r} has a text of {column.letters:,} letters, and a .npz "
                               "file would take that room for every picture. Choose the ending .parquet.")


def _write_column(archive: zipfile.ZipFile, name: str, column: _Column, count: int, walk: Walk) -> None:
    """Write a column's values, and where they are missing; then a value of 0 or ``""`` is in their place."""
    to_value: Callable[[Any], Any] = _text if column.kind == "U" else lambda value: 0 if value is None else value
    masks: list[np.ndarray[Any, Any]] = []

    def blocks() -> Iterable[np.ndarray[Any, Any]]:
        for _, values in walk.chunks([name]):
            if column.is_missing:
                masks.append(np.array([value is None for value in values[name]], bool))
            yield np.array([to_value(value) for value in values[name]], column.dtype)

    _write(archive, column.array, (count,), column.dtype, blocks())
    if column.is_missing:
        _write(archive, column.mask, (count,), np.dtype(bool), masks)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _places(columns: dict[str, _Column], kinds: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"array": column.array, "type": kinds[name] if column.kind != "U" else "string",
                   **({"missing": column.mask} if column.is_missing else {})}
            for name, column in columns.items() if name != PATH}


def _write(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kind: np.dtype[Any],
           blocks: Iterable[np.ndarray[Any, Any]]) -> None:
    """Write an array block by block."""
    file: IO[bytes]
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        header = {"descr": _FORMAT.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        _FORMAT.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, kind).tobytes())
