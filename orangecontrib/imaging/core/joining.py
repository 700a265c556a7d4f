"""Vectors of several networks side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .cards import PENULTIMATE
from .embeddings import Embeddings
from .errors import WrongUse
from .options import Options

Progress = Callable[[int, int], None]
EmbedOne = Callable[[str, Options, Progress | None], Embeddings]


def embed_each(embed_one: EmbedOne, networks: Sequence[str], options: Options,
               on_progress: Progress | None) -> Embeddings:
    """Embed with each network, one after the other, and put their vectors side by side.

    Args:
        embed_one: called with a network's name, its options and a progress callback.
        options: for the first network; the others give their penultimate layer, seen the same way.
        on_progress: called with (done, total) over all networks.
    """
    return side_by_side([embed_one(name, chosen, _part(on_progress, place, len(networks)))
                         for place, (name, chosen) in enumerate(with_options(networks, options))])


def with_options(networks: Sequence[str], options: Options) -> list[tuple[str, Options]]:
    """Each network with its options: those given for the first, the penultimate layer of the others.

    Raises:
        WrongUse: a network is named twice.
    """
    if len(set(networks)) < len(networks):
        raise WrongUse("Name each network only once.")
    rest = replace(options, layers=(PENULTIMATE,))
    return [(name, rest if place else options) for place, name in enumerate(networks)]


def side_by_side(parts: Sequence[Embeddings]) -> Embeddings:
    """One embedding of all; a picture that one of them skipped is skipped."""
    if len(parts) == 1:
        return parts[0]
    skipped = {one.row: one for part in reversed(parts) for one in part.skipped}
    rows = np.array([row for row in parts[0].rows if row not in skipped], dtype=np.int64)
    return Embeddings(
        vectors=np.hstack([part.vectors[np.isin(part.rows, rows)] for part in parts]), rows=rows,
        skipped=tuple(skipped[row] for row in sorted(skipped)),
        identity=json.dumps({"side by side": [json.loads(part.identity) for part in parts]}, sort_keys=True),
        computed=max(part.computed for part in parts), device=parts[0].device, why=parts[0].why,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)))


def _part(on_progress: Progress | None, place: int, count: int) -> Progress | None:
    """The progress of one part, shown as a part of the whole."""
    if on_progress is None or count == 1:
        return on_progress
    return lambda done, total: on_progress(place * total + done, count * total)
