"""Vectors of any number of pictures, read back: from a folder of shards, or from one file; block by block."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparable import combined_identity, identity_parts
from ..errors import Cancelled, WrongUse
from ..export import skipped_path
from ..paths import escape_path, unescape_path
from ..reading import Reading
from .files import Heading, Record, file_names, read_aside, read_record, shard_path
from .files import skipped_path as shard_skipped_path
from .listing import PATH
from .manifest import Manifest, read_manifest
from .npz_part import open_npz
from .parquet_part import ParquetPart, read_layout
from .parts import ROWS_A_BLOCK, Cancel, Columns, Part, Progress

_ENDINGS = (".parquet", ".npz")


@dataclass(frozen=True)
class Vectors:
    """Vectors on disk, with the names of their pictures; rows are in the order of the listing.

    Attributes:
        title: the folder or file, for people.
        parts: the files' rows, one after the other.
        dimension: the length of a vector.
        columns: the columns besides ``path``, with Arrow's name of their type.
        identity: JSON; all that the numbers depend on besides the pictures. Where they were computed by unlike
            computers, what `comparable.comparable` leaves of it.
        reading: how files became pictures.
        root: the folder, or address, that the pictures' names start from, in the system's own form; ``""``: the root of
            the disk; None: nobody told.
        skipped: how many pictures have no vector, since they could not be read.
        missing: numbers of the shards that are still to be made.
        aside: numbers of the shards that were set aside, with the reason.
    """

    title: str
    parts: tuple[Part, ...]
    dimension: int
    columns: dict[str, str]
    identity: str
    reading: Reading = Reading()
    root: str | None = None
    skipped: int = 0
    missing: tuple[int, ...] = ()
    aside: Mapping[int, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return sum(part.count for part in self.parts)

    def blocks(self, rows_a_block: int = ROWS_A_BLOCK, with_vectors: bool = True, names: tuple[str, ...] | None = None,
               ) -> Iterator[tuple[int, NDArray[np.float32], Columns]]:
        """All rows in their order, at most `rows_a_block` at once.

        Args:
            rows_a_block: how many are in memory at once.
            with_vectors: else the vectors are not read, and have no numbers.
            names: the columns that are read; None: ``path`` and all others.

        Yields:
            The number of the first row, (k, dimension) float32 vectors, and k values of each column.

        Raises:
            WrongUse: a file is gone, damaged, or not as it was.
        """
        wanted = (PATH, *self.columns) if names is None else names
        first = 0
        for part in self.parts:
            for vectors, columns in part.chunks(wanted, with_vectors, rows_a_block):
                yield first, vectors, columns
                first += len(vectors)

    def take(self, rows: NDArray[np.int64], on_progress: Progress | None = None,
             cancelled: Cancel | None = None, rows_a_block: int = ROWS_A_BLOCK,
             names: tuple[str, ...] | None = None) -> tuple[NDArray[np.float32], Columns]:
        """Some rows; of the other files and row groups nothing is read.

        Args:
            rows: (k,) ascending, each once.
            on_progress: called with (done, k).
            cancelled: asked after each block.
            rows_a_block: how many are read at once.
            names: the columns that are read; None: ``path`` and all others.

        Returns:
            (k, dimension) float32 vectors, and k values of each column.

        Raises:
            WrongUse: a file is gone, damaged, or not as it was.
            Cancelled: `cancelled` said so.
        """
        taken = np.empty((len(rows), self.dimension), np.float32)
        columns: Columns = {name: [] for name in ((PATH, *self.columns) if names is None else names)}
        done = 0
        for part, here in self._held(np.asarray(rows, np.int64)):
            for vectors, values in part.chunks(list(columns), True, rows_a_block, here):
                taken[done:done + len(vectors)] = vectors
                for name, some in values.items():
                    columns[name] += some
                done += len(vectors)
                if cancelled and cancelled():
                    raise Cancelled("Reading was stopped.")
                if on_progress:
                    on_progress(done, len(rows))
        return taken, columns

    def _held(self, rows: NDArray[np.int64]) -> Iterator[tuple[Part, NDArray[np.int64]]]:
        """The parts that hold some of the rows, and those rows counted from the part's first."""
        if len(rows) and (rows[0] < 0 or rows[-1] >= self.count or np.any(np.diff(rows) <= 0)):
            raise WrongUse(f"Rows from 0 to {self.count - 1:,} can be taken, in ascending order and each once.")
        first = start = 0
        for part in self.parts:
            end = start + int(np.searchsorted(rows[start:], first + part.count))
            if end > start:
                yield part, rows[start:end] - first
            first, start = first + part.count, end


def open_vectors(path: str | Path) -> Vectors:
    """Look at vectors on disk; none of them is read yet.

    Args:
        path: a folder of shards, complete or not; or a ``.parquet`` or ``.npz`` file that ``orange-imaging`` wrote.

    Raises:
        WrongUse: there is no such thing, or it is damaged, or something else.
    """
    place = Path(path)
    if place.is_dir():
        manifest = read_manifest(place)
        return vectors_of_shards(place, manifest, shard_records(place, manifest.heading))
    if place.suffix.lower() not in _ENDINGS:
        raise WrongUse(f"{escape_path(str(path))}: vectors are read from a folder of shards, a .parquet or a .npz "
                       "file. Choose one of these.")
    if not place.is_file():
        raise WrongUse(f"{escape_path(str(path))}: there is no such file. Was it moved, or removed?")
    part: Part
    if place.suffix.lower() == ".npz":
        part = held = open_npz(str(place))
        return _of_file(place, part, held.vectors.shape[1], held.kinds, held.told)
    layout = read_layout(str(place))
    return _of_file(place, ParquetPart(str(place), layout.rows, layout.dimension), layout.dimension, layout.columns,
                    layout.told)


def shard_records(out: Path, heading: Heading) -> dict[int, Record]:
    """The shards that are done, by number.

    Raises:
        WrongUse: one of them is not as it was written.
    """
    found, there = {}, file_names(out)
    for number in range(heading.shards):
        path = shard_path(out, number)
        if path.name not in there or shard_skipped_path(out, number).name not in there:
            continue
        record = read_record(out, number, heading)
        if record is None:
            raise WrongUse(f"{escape_path(str(path))}: this shard is damaged, or of other pictures: it is not as it "
                           "was written. Remove it and run embed again.")
        found[number] = record
    return found


def vectors_of_shards(out: Path, manifest: Manifest, records: Mapping[int, Record]) -> Vectors:
    """The vectors of those shards that are done; the others are told as missing or set aside. Raises WrongUse."""
    heading = manifest.heading
    undone = [number for number in range(heading.shards) if number not in records]
    aside = {number: reason for number in undone if (reason := read_aside(out, number, heading)) is not None}
    parts = tuple(ParquetPart(str(shard_path(out, number)), record.vectors, heading.dimension)
                  for number, record in records.items())
    identity = combined_identity(record.identity for record in records.values()) or heading.identity
    return Vectors(escape_path(str(out)), parts, heading.dimension, dict(heading.columns), identity,
                   _reading(out, {"reading": heading.reading}), heading.root,
                   sum(record.skipped for record in records.values()),
                   tuple(number for number in undone if number not in aside), aside)


def _of_file(path: Path, part: Part, dimension: int, columns: dict[str, str], told: Mapping[str, str]) -> Vectors:
    pictures = told.get("pictures", "")
    skipped = int(pictures) - part.count if pictures.isdecimal() else _listed(skipped_path(path))
    return Vectors(escape_path(str(path)), (part,), dimension, columns, told.get("identity", ""), _reading(path, told),
                   unescape_path(told["root"]) if "root" in told else None, skipped)


def _listed(path: Path) -> int:
    """How many skipped pictures a list beside a file of vectors names."""
    if not path.is_file():
        return 0
    with open(path, encoding="utf-8", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)


def _reading(path: Path, told: Mapping[str, str]) -> Reading:
    """How files became pictures: as is told, or as the identity has it. Raises WrongUse."""
    try:
        if text := told.get("reading", ""):
            return Reading.from_json(text)
        recipes: list[dict[str, Any]] = [part["reading"] for part in identity_parts(told.get("identity") or "[]")
                                         if "reading" in part]
        return Reading(**recipes[0]) if recipes and all(one == recipes[0] for one in recipes) else Reading()
    except (ValueError, TypeError, KeyError) as error:
        raise WrongUse(f"{escape_path(str(path))}: how its pictures were read was written by another version of this "
                       "add-on. Install a newer one, or embed again.") from error
