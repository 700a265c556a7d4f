"""The embedding of a table's pictures as a widget's job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

import numpy as np
from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from ...core.cards import ModelCard
from ...core.catalogue import find_network, network_names
from ...core.client import shared_client
from ...core.components import check_components, to_components
from ...core.embeddings import Embeddings
from ...core.errors import WeightsMissing
from ...core.found import Skipped
from ...core.pace import Pace
from ...core.paths import cache_path
from ...core.reading import Reading
from ...core.reading_notes import ReadingNotes
from ...core.web import local_copies
from ...tables.columns import image_reading, separate_channels
from ...tables.computed_vectors import picture_vectors
from ...tables.embeddings import embed_table, embedded_table, skipped_table
from ..canvas_service import shared_service
from ..parts.job_texts import Job, progress_text
from ..parts.option_choices import vector_length
from ..parts.weights_texts import absent_text, absent_weights


@dataclass(frozen=True)
class Result:
    """What a finished job leaves: both tables and how it went.

    Attributes:
        cards: of its networks.
        read: how many of the pictures that were read now each clause on their reading concerns.
    """

    job: Job
    cards: list[ModelCard]
    embedded: Table | None
    skipped: Table | None
    embeddings: Embeddings
    seconds: float
    read: Mapping[str, int] = field(default_factory=dict)


def embed_images(data: Table, job: Job, state: TaskState) -> Result:
    """Embed a table's pictures in the network child; runs in a thread and ends soon after `state` is interrupted."""
    start, pace, column = monotonic(), Pace(), data.domain[job.column]
    cards = [find_network(name) for name in network_names(job.model)]
    if absent := absent_weights(cards, job.models):
        raise WeightsMissing(" ".join(absent_text(card, job.models) for card in absent))
    if job.models:
        shared_service().look_into(job.models)
    parts, read = len(image_reading(column).parts()), {}
    if job.components:
        check_components(job.components, len(data), parts * vector_length(job.options, *cards))

    def show_progress(done: int, total: int) -> None:
        state.set_progress_value(100 * done / total)
        state.set_partial_result(progress_text(done, total, pace.rate(done), parts * len(cards)))

    def embed(paths: list[str], reading: Reading) -> Embeddings:
        notes = ReadingNotes()
        found = shared_client().embed(
            paths, job.model, options=job.options, reading=reading, device=job.device, store=cache_path(),
            models=job.models or None, on_progress=show_progress, on_batch=notes.add,
            cancelled=state.is_interruption_requested)
        read.update(notes.counts(found.rows.tolist()))
        return found

    found = embed_table(data, column, partial(_embed_copies, embed, job.hosts, state), job.hosts)
    embedded = None
    if len(found.rows):
        found = to_components(found, job.components) if job.components else found
        channels = () if job.components else separate_channels(column)
        embedded = embedded_table(data, found, channels, picture_vectors(column, job.model, job.options, found))
    return Result(job, cards, embedded, skipped_table(data, found.skipped), found, monotonic() - start, read)


def _embed_copies(embed: Callable[[list[str], Reading], Embeddings], hosts: frozenset[str], state: TaskState,
                  paths: list[str], reading: Reading) -> Embeddings:
    """The vectors of files, and of the copies of web addresses; what cannot be fetched is skipped."""
    def show_progress(done: int, total: int) -> None:
        state.set_partial_result(f"Fetching pictures: {done:,} of {total:,}")

    copies, reasons = local_copies(paths, hosts, on_progress=show_progress,
                                   cancelled=state.is_interruption_requested)
    rows = [row for row, path in enumerate(paths) if path not in reasons]
    found = embed([copies.get(paths[row], paths[row]) for row in rows], reading)
    skipped = [replace(one, row=rows[one.row], path=paths[rows[one.row]]) for one in found.skipped]
    skipped += [Skipped(row, path, reasons[path]) for row, path in enumerate(paths) if path in reasons]
    return replace(found, rows=np.asarray(rows, np.int64)[found.rows],
                   skipped=tuple(sorted(skipped, key=lambda one: one.row)))
