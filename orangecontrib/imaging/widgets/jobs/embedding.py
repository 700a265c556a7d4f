"""The embedding of a table's pictures as a widget's job."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState

from ...core.cards import ModelCard
from ...core.catalogue import find_network, network_names
from ...core.client import shared_client
from ...core.components import check_components, to_components
from ...core.embeddings import Embeddings
from ...core.errors import WeightsMissing
from ...core.pace import Pace
from ...core.paths import cache_path
from ...tables.embeddings import embed_table, embedded_table, skipped_table
from ..parts.job_texts import Job, progress_text
from ..parts.option_choices import vector_length
from ..parts.weights_row import absent_text, absent_weights


@dataclass(frozen=True)
class Result:
    """What a finished job leaves: both tables and how it went; `cards`: of its networks."""

    job: Job
    cards: list[ModelCard]
    embedded: Table | None
    skipped: Table | None
    embeddings: Embeddings
    seconds: float


def embed_images(data: Table, job: Job, state: TaskState) -> Result:
    """Embed a table's pictures in the network child; runs in a thread and ends soon after `state` is interrupted."""
    start, pace = monotonic(), Pace()
    cards = [find_network(name) for name in network_names(job.model)]
    if absent := absent_weights(cards, job.models):
        raise WeightsMissing(" ".join(absent_text(card, job.models) for card in absent))
    if job.components:
        check_components(job.components, len(data), vector_length(job.options, *cards))

    def show_progress(done: int, total: int) -> None:
        state.set_progress_value(100 * done / total)
        state.set_partial_result(progress_text(done, total, pace.rate(done), len(cards)))

    found = embed_table(data, data.domain[job.column], lambda paths: shared_client().embed(
        paths, job.model, options=job.options, device=job.device, store=cache_path(), models=job.models or None,
        on_progress=show_progress, cancelled=state.is_interruption_requested))
    if job.components and len(found.rows):
        found = to_components(found, job.components)
    embedded = embedded_table(data, found) if len(found.rows) else None
    return Result(job, cards, embedded, skipped_table(data, found.skipped), found, monotonic() - start)
