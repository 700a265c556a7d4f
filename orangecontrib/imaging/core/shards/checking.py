"""A folder of shards that is to be read as a whole: nothing missing, nothing twice, every byte as it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Cancelled, WrongUse
from ..paths import escape_path, unescape_path
from .files import Heading, Record, aside_path, shard_path, skipped_path
from .manifest import read_manifest
from .parquet_part import damage_told
from .parts import ROWS_A_BLOCK, Cancel, Chunk, Progress
from .reading import Vectors, shard_records, vectors_of_shards
from .skips import skipped_rows

_READ_BYTES = 1 << 20
_NAMED = 8  # missing shards


@dataclass(frozen=True)
class Shards:
    """A folder of shards that may be merged.

    Attributes:
        out: the folder.
        heading: what all shards have in common.
        title: of the listing.
        records: those that are done.
        vectors: their rows, a part a shard.
    """

    out: Path
    heading: Heading
    title: str
    records: dict[int, Record]
    vectors: Vectors

    def check(self, number: int, cancelled: Cancel | None = None) -> None:
        """Compare a shard's bytes with their SHA-256. Raises WrongUse, Cancelled."""
        path, found = shard_path(self.out, number), hashlib.sha256()
        with damage_told(str(path)), open(path, "rb") as file:
            while data := file.read(_READ_BYTES):
                found.update(data)
                _stop(cancelled)
        if found.hexdigest() != self.records[number].sha256:
            raise WrongUse(f"{escape_path(str(path))}: this shard is damaged: its SHA-256 is not that of the file "
                           "which was written. Remove it and run embed again.")

    def skipped(self) -> Iterator[tuple[str, str]]:
        """The pictures without a vector, in the listing's order, and why; of shards set aside all. Raises WrongUse."""
        for number in range(self.heading.shards):
            if number in self.records:
                yield from _listed(skipped_path(self.out, number), self.records[number].skipped)
            elif number in self.vectors.aside:
                yield from _listed(aside_path(self.out, number), self.heading.pictures_of(number))


@dataclass
class Walk:
    """Goes through the shards, once or several times.

    Attributes:
        shards: the folder.
        on_progress: called with (done, total) readings of a shard.
        cancelled: asked after each block of rows.
        times: how often the shards are gone through.
        done: how many shards were read so far.
    """

    shards: Shards
    on_progress: Progress | None = None
    cancelled: Cancel | None = None
    times: int = 1
    done: int = field(default=0, init=False)

    def chunks(self, names: Sequence[str], with_vectors: bool = False, checked: bool = False) -> Iterator[Chunk]:
        """All rows in the listing's order, in blocks of one shard each; empty blocks are left out.

        Args:
            names: the columns that are wanted.
            with_vectors: also the vectors are.
            checked: each shard is compared with its SHA-256 first.

        Raises:
            WrongUse: a shard is damaged.
            Cancelled: `cancelled` said so.
        """
        for number, part in zip(self.shards.records, self.shards.vectors.parts):
            if checked:
                self.shards.check(number, self.cancelled)
            for vectors, columns in part.chunks(names, with_vectors, ROWS_A_BLOCK):
                if len(vectors):
                    yield vectors, columns
                _stop(self.cancelled)
            self.done += 1
            if self.on_progress:
                self.on_progress(self.done, self.times * len(self.shards.records))


def open_shards(out: Path, partial: bool = False) -> Shards:
    """Look at a folder of shards: of the pictures that it is of, each has a vector or was skipped, once.

    Args:
        out: the folder.
        partial: shards may be missing.

    Raises:
        WrongUse: some are missing; or it is no such folder, or not as it was written.
    """
    manifest = read_manifest(out)
    heading = manifest.heading
    records = shard_records(out, heading)  # each of the rows that its number says, and of all of them
    vectors = vectors_of_shards(out, manifest, records)
    if not partial and (vectors.missing or vectors.aside):
        raise WrongUse(f"{vectors.title}: {left_out_text(vectors)} Run the same 'orange-imaging embed' again, which "
                       "makes only these; or add --partial to leave them out.")
    if not vectors.count:
        raise WrongUse(f"{vectors.title}: there is no vector in it yet. Run 'orange-imaging embed' first; where all "
                       "pictures were skipped, the reasons are in the files skipped-….parquet.")
    return Shards(out, heading, manifest.title, records, vectors)


def left_out_text(vectors: Vectors) -> str:
    """Which shards are not there, in sentences."""
    there = len(vectors.parts) + len(vectors.missing) + len(vectors.aside)
    words = []
    if vectors.missing:
        is_one = len(vectors.missing) == 1
        words.append(f"{len(vectors.missing):,} of {there:,} shards {'is' if is_one else 'are'} still to be made "
                     f"({_numbers(vectors.missing)}).")
    if vectors.aside:
        is_one = len(vectors.aside) == 1
        words.append(f"{len(vectors.aside):,} of {there:,} {'was' if is_one else 'were'} set aside, for "
                     f"{'it' if is_one else 'they'} ended the programs that worked on {'it' if is_one else 'them'} "
                     f"({_numbers(tuple(vectors.aside))}).")
    return " ".join(words)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join([*map(str, numbers[:_NAMED]), *(["…"] if len(numbers) > _NAMED else [])])


def _listed(path: Path, count: int) -> list[tuple[str, str]]:
    """The pictures that a list names, in the system's own form, with the reasons. Raises WrongUse."""
    found = [(unescape_path(name), reason) for name, reason in skipped_rows(path)]
    if len(found) != count:
        raise WrongUse(f"{escape_path(str(path))}: it lists {len(found):,} pictures instead of {count:,}, so it is not "
                       "the file that was written. Remove it and run embed again.")
    return found


def _stop(cancelled: Cancel | None) -> None:
    if cancelled and cancelled():
        raise Cancelled("Merging was stopped; nothing was written.")
