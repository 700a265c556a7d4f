"""Shards one after the other in this process, beside others that may work on the same folder."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..errors import Cancelled
from .files import Heading, Record, read_record, write_shard
from .job import Job, embed_piece
from .listing import Listing, Piece
from .manifest import Manifest, check_same_run
from .reached import SeenFolders, check_reached


def run_shards(out: Path, manifest: Manifest, listing: Listing, job: Job, numbers: Sequence[int], *,
               joined: bool = False, on_progress: Callable[[int, int], None] | None = None,
               cancelled: Callable[[], bool] | None = None, on_shard: Callable[[Record], None] | None = None,
               on_note: Callable[[str], None] | None = None) -> None:
    """Embed the shards of these numbers and write them; what another run finishes meanwhile is left out.

    Nothing is told to the manifest: call `manifest.finish` afterwards.

    Args:
        joined: another run may be at work here: the numbers are taken at random, so that two seldom do the same.
        on_progress: called with (done, total) pictures of these shards.
        cancelled: asked several times a second.
        on_shard: called with the record of each shard that was done here.
        on_note: called with sentences for the user, each once.

    Raises:
        Cancelled: `cancelled` returned True; the message tells what is kept.
        OutputError: a shard cannot be written; those before are kept.
        WrongUse: another run began in this folder meanwhile, whose shards stay.
        FolderError: the pictures' folder cannot be reached any more; the shard under way is not written.
        ImagingError: what `job.embed_piece` raises.
    """
    order = random.sample(numbers, len(numbers)) if joined else list(numbers)
    heading, kept, told = manifest.heading, 0, set[str]()
    progress = _Progress(heading, order, on_progress or (lambda done, total: None))
    run = _Run(out, listing, job, heading, progress, cancelled or (lambda: False))
    for number in order:
        try:
            record, notes = run.one(number)
        except Cancelled as error:
            raise Cancelled(cancelled_text(kept, len(order))) from error
        progress.add(heading.pictures_of(number))
        for note in notes:
            if on_note and note not in told:
                on_note(note)
            told.add(note)
        if record:
            kept += 1
            if on_shard:
                on_shard(record)


def cancelled_text(kept: int, asked: int) -> str:
    """What a user is told who stopped the work on shards."""
    shards = "1 shard" if asked == 1 else f"{asked:,} shards"
    return (f"The embedding was cancelled. Of {shards}, {kept:,} {'was' if kept == 1 else 'were'} finished and kept; "
            "the same command goes on with the rest.")


@dataclass(frozen=True)
class _Run:
    """What the shards of one run have in common."""

    out: Path
    listing: Listing
    job: Job
    heading: Heading
    progress: _Progress
    cancelled: Callable[[], bool]
    seen: SeenFolders = field(default_factory=SeenFolders)

    def one(self, number: int) -> tuple[Record | None, tuple[str, ...]]:
        """Embed and write a shard; its record, or None where another run did it, and the notes for the user."""
        if self.cancelled():
            raise Cancelled
        if read_record(self.out, number, self.heading):
            return None, ()
        piece, begun = self.listing.piece(number, self.heading.shard_size), time.perf_counter()
        folders = self.seen.of(piece.paths)
        found = embed_piece(self.job, piece, cancelled=self.cancelled, on_progress=self.progress.within(piece))
        check_reached(self.listing.root, folders, found)
        if read_record(self.out, number, self.heading):
            return None, found.notes
        check_same_run(self.out, self.heading)
        return write_shard(self.out, number, piece, found, self.heading, time.perf_counter() - begun), found.notes


@dataclass
class _Progress:
    """How many pictures of some shards are done."""

    heading: Heading
    numbers: Sequence[int]
    tell: Callable[[int, int], None]
    done: int = 0

    @cached_property
    def total(self) -> int:
        """How many there are."""
        return sum(map(self.heading.pictures_of, self.numbers))

    def add(self, pictures: int) -> None:
        """So many more are done."""
        self.done += pictures
        self.tell(self.done, self.total)

    def within(self, piece: Piece) -> Callable[[int, int], None]:
        """What is told while a piece is embedded, whose own total may count each network and channel."""
        return lambda done, parts: self.tell(self.done + len(piece) * done // max(1, parts), self.total)
