"""Shards one after the other in this process, beside others that may work on the same folder."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..embeddings import Embeddings
from ..errors import Cancelled, FolderError
from ..files import files_of
from ..paths import escape_path
from .files import Heading, Record, read_record, write_shard
from .job import Job, embed_piece
from .listing import Listing, Piece
from .manifest import Manifest
from .remote import is_address


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
        FolderError: the pictures' folder cannot be reached any more; the shard under way is not written.
        ImagingError: what `job.embed_piece` raises.
    """
    order = random.sample(numbers, len(numbers)) if joined else list(numbers)
    heading, kept, told = manifest.heading, 0, set[str]()
    progress = _Progress(heading, order, on_progress or (lambda done, total: None))
    for number in order:
        try:
            record, notes = _run_one(out, number, listing, job, heading, progress, cancelled or (lambda: False))
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


def check_reached(root: str, embeddings: Embeddings) -> None:
    """See that files were not left out only because their folder, or its disk, is gone.

    Args:
        root: the folder that names start from; an address, or ``""``, tells nothing. Where no picture has a vector,
            their own folders count as well: a list may name them from the root of the disk.

    Raises:
        FolderError: it is not there any more, or empty.
    """
    lost = "" if root and not os.path.isdir(root) else _lost_folder(embeddings)
    root = lost or root
    if root and embeddings.skipped and not is_address(root) and (reason := why_unreached(root)):
        for_good = " If it is gone for good, make an empty folder in its place." if lost else ""
        raise FolderError(f"{escape_path(root)}: the folder of pictures cannot be reached any more ({reason}). See "
                          f"that its disk is there, and start again: what is finished is kept.{for_good}")


def _lost_folder(embeddings: Embeddings) -> str:
    """The first folder of pictures of which none has a vector, where all their folders are gone; else ``""``."""
    if len(embeddings.rows):
        return ""
    folders = list(dict.fromkeys(os.path.dirname(files_of(one.path)[0]) for one in embeddings.skipped))
    is_there = any(is_address(folder) or os.path.isdir(folder) for folder in folders)
    return "" if is_there or not folders else folders[0]


def why_unreached(folder: str) -> str:
    """Why nothing of a folder that was there can be read now, as a clause; ``""`` where it can."""
    if _is_in_file(folder):
        return ""
    try:
        with os.scandir(folder) as entries:
            return "it is empty now" if next(entries, None) is None else ""
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _is_in_file(path: str) -> bool:
    """Whether it is a file, or lies in one, such as a zip file."""
    return any(place.is_file() for place in (Path(path), *Path(path).parents))


def _run_one(out: Path, number: int, listing: Listing, job: Job, heading: Heading, progress: _Progress,
             cancelled: Callable[[], bool]) -> tuple[Record | None, tuple[str, ...]]:
    """Embed and write one shard; its record, or None where another run did it, and the notes for the user."""
    if cancelled():
        raise Cancelled
    if read_record(out, number, heading):
        return None, ()
    piece, begun = listing.piece(number, heading.shard_size), time.perf_counter()
    embeddings = embed_piece(job, piece, cancelled=cancelled, on_progress=progress.within(piece))
    check_reached(listing.root, embeddings)
    if read_record(out, number, heading):
        return None, embeddings.notes
    return write_shard(out, number, piece, embeddings, heading, time.perf_counter() - begun), embeddings.notes


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
