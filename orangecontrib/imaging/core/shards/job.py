"""What a computer is told that embeds a piece: literals alone, so that any version can read at least that much."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..device import find_device
from ..embed import embed
from ..embeddings import Embeddings
from ..errors import WrongUse
from ..found import Skipped
from ..options import Options
from ..readers import shared_readers
from ..reading import Reading
from ..reading_notes import ReadingNotes
from .copies import Progress, embed_copies
from .listing import Piece
from .remote import is_address, shown_address

_BLOCK = 64  # pictures that are fetched together, at least


@dataclass(frozen=True)
class Job:
    """How pictures are to become vectors.

    Attributes:
        model, options, reading, device, threads, models: as for `embed.embed`.
        identity: what `comparable.comparable` leaves of the vectors' identity; ``""``: it is not known beforehand.
        reads_addresses: also pictures at addresses are read.
    """

    model: str
    options: Options = Options()
    reading: Reading = Reading()
    device: str = "auto"
    threads: int | None = None
    models: str | None = None
    identity: str = ""
    reads_addresses: bool = False

    def to_plain(self) -> dict[str, Any]:
        """As literals."""
        return {"model": self.model, "options": json.loads(self.options.to_json()),
                "reading": json.loads(self.reading.to_json()), "device": self.device, "threads": self.threads,
                "models": self.models, "identity": self.identity, "reads_addresses": self.reads_addresses}

    @classmethod
    def from_plain(cls, told: dict[str, Any]) -> Job:
        """What `to_plain` gave."""
        return cls(**{**told, "options": Options.from_json(json.dumps(told["options"])),
                      "reading": Reading.from_json(json.dumps(told["reading"]))})


def embed_piece(job: Job, piece: Piece, *, cancelled: Callable[[], bool] | None = None,
                on_progress: Progress | None = None) -> Embeddings:
    """The vectors of a piece's pictures, and how these were read; rows count those of the piece.

    Raises:
        WrongUse: pictures at addresses are not to be read, or these are not.
        Unreachable: a host gives none of its pictures.
        ImagingError: what `embed.embed` raises.
    """
    rows = [row for row in range(len(piece)) if row not in piece.known]
    paths = [piece.paths[row] for row in rows]

    def embed_some(paths: list[str], on_progress: Progress | None) -> Embeddings:
        """The vectors of files on the disk."""
        notes = ReadingNotes()
        found = embed(paths, job.model, options=job.options, reading=job.reading, device=job.device,
                      threads=job.threads, models=job.models, on_progress=on_progress, on_batch=notes.add,
                      cancelled=cancelled, read_stack=shared_readers().picture)
        return replace(found, read=notes.counts(found.rows.tolist()))

    address = next(filter(is_address, paths), None)
    if address is None:
        found = embed_some(paths, on_progress)
    else:
        _check_agreed(job, address)
        found = embed_copies(embed_some, paths, _block_size(job), cancelled=cancelled, on_progress=on_progress)
    return _with_known(found, piece, rows) if piece.known else found


def _check_agreed(job: Job, address: str) -> None:
    """Raise WrongUse where pictures at addresses are not to be read."""
    if not job.reads_addresses:
        raise WrongUse(f"{shown_address(address)}: pictures at addresses are fetched only where you agree to it. Add "
                       "--urls if these may be asked.")
    if job.reading.joined:
        raise WrongUse(f"{shown_address(address)}: pictures joined from several files are not read from addresses. "
                       "Copy them to a folder, and name that.")


def _block_size(job: Job) -> int:
    """How many pictures keep the threads of this computer at work."""
    device = find_device(job.device, job.threads, job.options.precision)
    return max(_BLOCK, device.threads * device.batch)


def _with_known(found: Embeddings, piece: Piece, rows: list[int]) -> Embeddings:
    """The vectors of some `rows` of a piece as those of the whole; the other rows are skipped, as was known."""
    skipped = [replace(one, row=rows[one.row]) for one in found.skipped]
    skipped += [Skipped(row, piece.paths[row], reason) for row, reason in piece.known.items()]
    return replace(found, rows=np.array(rows, np.int64)[found.rows],
                   skipped=tuple(sorted(skipped, key=lambda one: one.row)))
