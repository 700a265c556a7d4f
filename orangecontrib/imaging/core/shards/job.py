"""What a computer is told that embeds a piece: literals alone, so that any version can read at least that much."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..embed import embed
from ..embeddings import Embeddings
from ..found import Skipped
from ..options import Options
from ..readers import shared_readers
from ..reading import Reading
from .listing import Piece


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
                on_progress: Callable[[int, int], None] | None = None) -> Embeddings:
    """The vectors of a piece's pictures; rows count those of the piece. Raises what `embed.embed` raises."""
    rows = [row for row in range(len(piece)) if row not in piece.known]
    found = embed([piece.paths[row] for row in rows], job.model, options=job.options, reading=job.reading,
                  device=job.device, threads=job.threads, models=job.models, on_progress=on_progress,
                  cancelled=cancelled, read_stack=shared_readers().picture)
    return _with_known(found, piece, rows) if piece.known else found


def _with_known(found: Embeddings, piece: Piece, rows: list[int]) -> Embeddings:
    """The vectors of some `rows` of a piece as those of the whole; the other rows are skipped, as was known."""
    skipped = [replace(one, row=rows[one.row]) for one in found.skipped]
    skipped += [Skipped(row, piece.paths[row], reason) for row, reason in piece.known.items()]
    return replace(found, rows=np.array(rows, np.int64)[found.rows],
                   skipped=tuple(sorted(skipped, key=lambda one: one.row)))
