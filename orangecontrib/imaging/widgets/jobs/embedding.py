"""The embedding of a table's pictures as a widget's job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from ...core.addresses import is_web_address
from ...core.cards import ModelCard
from ...core.catalogue import find_network, network_names
from ...core.client import shared_client
from ...core.cluster.embedding import embed_on_cluster
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

_IN_THE_WEB = ("it lies in the web, and a cluster's workers fetch nothing; choose This computer under Run on, or "
               "save the picture where the workers see it")


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
    """Embed a table's pictures in the network child, or on a cluster.

    Runs in a thread and ends soon after `state` is interrupted.
    """
    start, pace, column = monotonic(), Pace(), data.domain[job.column]
    cards = [find_network(name) for name in network_names(job.model)]
    absent = () if job.scheduler else absent_weights(cards, job.models)
    if absent:
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
        call = partial(_on_cluster, job, state) if job.scheduler else partial(_here, job)
        found = call(paths, job.model, options=job.options, reading=reading, on_progress=show_progress,
                     on_batch=notes.add, cancelled=state.is_interruption_requested)
        read.update(notes.counts(found.rows.tolist()))
        return found

    if job.scheduler:
        found = _without_web(embed_table(data, column, embed))
    else:
        found = embed_table(data, column, partial(_embed_copies, embed, job.hosts, state), job.hosts)
    embedded = None
    if len(found.rows):
        found = to_components(found, job.components) if job.components else found
        channels = () if job.components else separate_channels(column)
        embedded = embedded_table(data, found, channels, picture_vectors(column, job.model, job.options, found))
    return Result(job, cards, embedded, skipped_table(data, found.skipped), found, monotonic() - start, read)


def _here(job: Job, paths: list[str], model: str, **named: Any) -> Embeddings:
    """The vectors of files, computed on this computer, or known to it."""
    return shared_client().embed(paths, model, device=job.device, store=cache_path(), models=job.models or None,
                                 **named)


def _on_cluster(job: Job, state: TaskState, paths: list[str], model: str, **named: Any) -> Embeddings:
    """The vectors of files that a cluster's workers see, too; each works on the device that it has."""
    found = embed_on_cluster(job.scheduler, paths, model, device="auto", on_note=state.set_partial_result, **named)
    # the reasons of one worker are not all workers', nor this computer's
    return replace(found, why="", remedy=f"A worker of the cluster says: {found.remedy}" if found.remedy else "")


def _without_web(found: Embeddings) -> Embeddings:
    """Pictures in the web are skipped, whatever the user agreed to: their copies lie on this computer."""
    skipped = (replace(one, reason=_IN_THE_WEB) if is_web_address(one.path) else one for one in found.skipped)
    return replace(found, skipped=tuple(skipped))


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
