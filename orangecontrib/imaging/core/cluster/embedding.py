"""The vectors of a list of pictures, computed by a Dask cluster and gathered here."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..catalogue import find_network, network_names
from ..embed import cancelled_text, embed
from ..embeddings import Batch, Embeddings, Gathering
from ..errors import Cancelled, WorkerError, WrongUse
from ..found import Skipped
from ..joining import Part, embed_each, vector_parts
from ..options import Options
from ..paths import absolute_path
from ..readers import shared_readers
from ..reading import Reading
from ..shards.job import Job
from ..shards.reached import SeenFolders
from .addresses import ADDRESS, parse_scheduler
from .dispatch import Done, SetAside, dispatch
from .opening import OpenCluster, open_cluster
from .reception import Invitation
from .working import check_folders, host_name, tell_unreachable

_SIZES = (8, 256)  # pictures a piece
_PIECES = 32  # at least, where pictures are few


@dataclass(frozen=True)
class Order:
    """A piece of the list.

    Attributes:
        paths: where its pictures are read.
        folders: those of them that the computer sees which asks.
        seen_from: the host of that one.
    """

    paths: list[str]
    folders: tuple[str, ...]
    seen_from: str


def embed_on_cluster(address: str, paths: Sequence[str | os.PathLike[str]], model: str = "squeezenet", *,
                     options: Options = Options(), reading: Reading = Reading(), device: str = "auto",
                     on_progress: Callable[[int, int], None] | None = None,
                     on_batch: Callable[[Batch], None] | None = None,
                     on_note: Callable[[str], None] | None = None,
                     cancelled: Callable[[], bool] | None = None) -> Embeddings:
    """`embed.embed` by the workers of a Dask cluster. Blocks: call it in a thread.

    Each worker must reach the pictures by the paths that they have here. Nothing is stored.

    Args:
        address: of the scheduler, ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.
        paths, model, options, reading: as for `embed.embed`.
        device: what the workers' networks run on.
        on_progress, on_batch: as for `embed.embed`; called in this thread.
        on_note: called in this thread with sentences on what is waited for, or went wrong besides.
        cancelled: asked in this thread several times a second; True lets the workers stop.

    Raises:
        UnknownNetwork, UnknownLayer, WrongUse: there is no such choice, or no scheduler at the address.
        WorkerError: the scheduler is gone, or no worker can do this.
        Cancelled: `cancelled` returned True.
    """
    choice = parse_scheduler(address)
    if choice.kind != ADDRESS:
        raise WrongUse(f"{address!r} is no address of a scheduler. Give one such as tcp://node17:8786.")
    names = [os.fspath(path) for path in paths]
    parts = vector_parts(network_names(model), options, reading)
    for part in parts:  # what cannot be is told before any work
        part.options.dimension(find_network(part.network))
    say, asks = on_note or (lambda sentence: None), cancelled or (lambda: False)
    with open_cluster(choice) as cluster:

        def embed_one(part: Part, on_progress: Callable[[int, int], None] | None) -> Embeddings:
            """The vectors of one network and channel."""
            gathering = _Gathered(names, part, device)
            for batch in gathering.batches(cluster, say, asks):
                if on_batch:
                    on_batch(batch)
                if on_progress:
                    on_progress(gathering.done, len(names))
            return gathering.result(cluster)

        return embed_each(embed_one, parts, on_progress)


def _cut(names: list[str], size: int) -> Iterator[tuple[int, Order]]:
    """The list in pieces, at least one, with the row of the first picture of each."""
    seen, here = SeenFolders(), host_name()
    for first in range(0, max(len(names), 1), size):
        paths = [absolute_path(name) for name in names[first:first + size]]
        yield first, Order(paths, seen.of(paths), here)


class _Orders:
    """Pieces of the list, with the row of their first picture; more may come while they are given out."""

    def __init__(self, orders: Iterator[tuple[int, Order]]) -> None:
        self._orders = orders
        self._more: deque[tuple[int, Order]] = deque()

    def __iter__(self) -> _Orders:
        """Itself."""
        return self

    def __next__(self) -> tuple[int, Order]:
        """The next one."""
        if (order := next(self._orders, None)) is not None:
            return order
        if self._more:
            return self._more.popleft()
        raise StopIteration

    def add_each(self, first: int, order: Order) -> None:
        """Give out each picture of a piece by itself, once all else is given out."""
        self._more.extend((first + row, replace(order, paths=[path])) for row, path in enumerate(order.paths))


class _Gathered:
    """The vectors of one network and channel, as they come in."""

    def __init__(self, names: list[str], part: Part, device: str) -> None:
        self._names = names
        self._job = Job(part.network, part.options, part.reading, device)
        self._gathering = Gathering(names, part.options.dimension(find_network(part.network)))
        self._notes: dict[str, None] = {}  # a set that keeps its order
        self._devices: dict[str, None] = {}
        self._first: Embeddings | None = None

    @property
    def done(self) -> int:
        """How many pictures have a vector or a reason."""
        return self._gathering.done

    def batches(self, cluster: OpenCluster, say: Callable[[str], None], cancelled: Callable[[], bool]
                ) -> Iterator[Batch]:
        """What comes back, piece by piece. Raises WorkerError, Cancelled."""
        def note(sentence: str) -> None:
            """Keep a sentence, and pass it on."""
            self._notes[sentence] = None
            say(sentence)

        size = min(max(len(self._names) // _PIECES, _SIZES[0]), _SIZES[1])
        orders = _Orders(_cut(self._names, size))
        invitation = Invitation(replace(self._job, threads=cluster.threads))
        for outcome in dispatch(cluster, embed_order, invitation, orders, cancelled=cancelled, on_note=note,
                                on_wait=say):
            if isinstance(outcome, SetAside) and len(outcome.payload.paths) > 1:
                orders.add_each(outcome.number, outcome.payload)  # so that only the guilty picture is left out
                continue
            batch = self._taken(outcome)
            self._gathering.add(batch)
            yield batch

    def result(self, cluster: OpenCluster) -> Embeddings:
        """All of it. Raises WorkerError: nothing came back whose identity could be told."""
        if self._first is None:
            raise WorkerError(f"{cluster.title}: every worker ended while it worked on these pictures. Embed them on "
                              "this computer, which names those that are damaged.")
        device = f"{cluster.title}: {', '.join(self._devices)}"
        return self._gathering.result(self._first.identity, device, self._first.why, self._first.remedy,
                                      tuple(self._notes))

    def _taken(self, outcome: Done | SetAside) -> Batch:
        first = outcome.number
        if isinstance(outcome, SetAside):
            rows = range(first, first + len(outcome.payload.paths))
            return Batch([], self._gathering.nothing(),
                         tuple(Skipped(row, self._names[row], outcome.reason) for row in rows))
        found: Embeddings = outcome.value[0]
        self._first = self._first or replace(found, vectors=found.vectors[:0])
        self._devices[found.device] = None
        self._notes.update(dict.fromkeys(found.notes))
        rows_here: NDArray[np.int64] = found.rows + first
        return Batch(rows_here.tolist(), found.vectors,
                     tuple(Skipped(one.row + first, self._names[one.row + first], one.reason) for one in found.skipped),
                     rows_here[found.is_computed].tolist(),
                     notes={row + first: clauses for row, clauses in outcome.value[1].items()})


def embed_order(job: Job, order: Order, is_unwanted: Callable[[], bool]
                ) -> tuple[Embeddings, dict[int, tuple[str, ...]]]:
    """In a worker: the vectors of a piece of the list, and how its pictures were read, by row.

    Raises:
        ImagingError: this worker cannot do it.
    """
    notes: dict[int, tuple[str, ...]] = {}
    found = embed(order.paths, job.model, options=job.options, reading=job.reading, device=job.device,
                  threads=job.threads, models=job.models, cancelled=is_unwanted, read_stack=shared_readers().picture,
                  on_batch=lambda batch: notes.update(batch.notes))
    if is_unwanted():
        raise Cancelled(cancelled_text(False))
    check_folders(order.folders, found.skipped)
    return replace(found, skipped=tuple(tell_unreachable(one, order.seen_from) for one in found.skipped)), notes
