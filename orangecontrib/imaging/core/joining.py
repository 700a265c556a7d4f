"""Vectors of several networks, and of several channels, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .cards import PENULTIMATE
from .embeddings import Embeddings
from .errors import WrongUse
from .options import Options
from .reading import Reading

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """What one network sees of the pictures: a part of the vectors."""

    network: str
    options: Options
    reading: Reading


EmbedOne = Callable[[Part, Progress | None], Embeddings]


def embed_each(embed_one: EmbedOne, parts: Sequence[Part], on_progress: Progress | None) -> Embeddings:
    """Embed part by part, and put the vectors side by side.

    Args:
        embed_one: called with a part and a progress callback.
        on_progress: called with (done, total) over all parts.
    """
    return side_by_side([embed_one(part, _share(on_progress, place, len(parts))) for place, part in enumerate(parts)])


def vector_parts(networks: Sequence[str], options: Options, reading: Reading) -> list[Part]:
    """The parts of a vector, in their order: channel by channel, and network by network within each.

    The first network gets the options given, the others give their penultimate layer, seen the same way.

    Raises:
        WrongUse: a network is named twice.
    """
    if len(set(networks)) < len(networks):
        raise WrongUse("Name each network only once.")
    rest = replace(options, layers=(PENULTIMATE,))
    return [Part(name, rest if place else options, one)
            for one in reading.parts() for place, name in enumerate(networks)]


def side_by_side(parts: Sequence[Embeddings]) -> Embeddings:
    """One embedding of all; a picture that one of them skipped is skipped."""
    if len(parts) == 1:
        return parts[0]
    skipped = {one.row: one for part in reversed(parts) for one in part.skipped}
    rows = np.array([row for row in parts[0].rows if row not in skipped], dtype=np.int64)
    seen = [np.isin(part.rows, rows) for part in parts]
    return Embeddings(
        vectors=np.hstack([part.vectors[kept] for part, kept in zip(parts, seen)]), rows=rows,
        skipped=tuple(skipped[row] for row in sorted(skipped)),
        identity=joined_identity([part.identity for part in parts]),
        is_computed=np.any([part.is_computed[kept] for part, kept in zip(parts, seen)], axis=0),
        device=parts[0].device, why=parts[0].why, remedy=parts[0].remedy,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)))


def joined_identity(identities: Sequence[str]) -> str:
    """That of vectors side by side, from those of the parts."""
    if len(identities) == 1:
        return identities[0]
    return json.dumps({"side by side": [json.loads(identity) for identity in identities]}, sort_keys=True)


def _share(on_progress: Progress | None, place: int, count: int) -> Progress | None:
    """The progress of one part, shown as a part of the whole."""
    if on_progress is None or count == 1:
        return on_progress
    return lambda done, total: on_progress(place * total + done, count * total)
