"""Shards by a Dask cluster: its workers read the pictures and write the files; only records come back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from ..errors import Cancelled
from ..shards.files import Heading, Record, read_record, write_aside, write_shard
from ..shards.job import Job, embed_piece
from ..shards.listing import Listing, Piece
from ..shards.manifest import Manifest, check_same_run
from ..shards.reached import SeenFolders
from ..shards.remote import is_address
from ..shards.running import cancelled_text
from .dispatch import SetAside, dispatch
from .greeting import Greeting, places_of, versions
from .opening import OpenCluster
from .reception import Invitation
from .working import check_folders, host_name, progress_teller, tell_unreachable


@dataclass(frozen=True)
class Assignment:
    """A shard, as it travels to a worker.

    Attributes:
        out: the folder of shards.
        number, piece: of the shard.
        heading: what all shards have in common.
        folders: those of its pictures that were seen where the pictures were listed.
        seen_from: the host that the pictures were listed on.
        topic: where the worker tells how far it is.
    """

    out: str
    number: int
    piece: Piece
    heading: Heading
    folders: tuple[str, ...]
    seen_from: str
    topic: str


def run_on_cluster(out: Path, manifest: Manifest, listing: Listing, job: Job, numbers: Sequence[int],
                   cluster: OpenCluster, *, on_progress: Callable[[int, int], None] | None = None,
                   cancelled: Callable[[], bool] | None = None, on_shard: Callable[[Record], None] | None = None,
                   on_note: Callable[[str], None] | None = None) -> list[SetAside]:
    """Have the shards of these numbers embedded and written by the workers of a cluster.

    Nothing is told to the manifest: call `manifest.finish` afterwards.

    Args:
        out, manifest, listing, job, numbers: as for `running.run_shards`; `out` and the pictures are reached by the
            workers at the same places.
        on_progress: called in this thread with (done, total) pictures of these shards.
        cancelled: asked in this thread several times a second; True lets the workers stop.
        on_shard: called in this thread with the record of each shard that was done.
        on_note: called in this thread with sentences for the user.

    Returns:
        The shards that were set aside since they ended their workers; their pictures are listed beside the shards.

    Raises:
        Cancelled: `cancelled` returned True; the message tells what is kept.
        WorkerError: the scheduler is gone, or no worker can do this; with the reasons.
        OutputError: a shard that was set aside cannot be listed.
    """
    out, heading, kept, aside = Path(os.path.abspath(out)), manifest.heading, 0, list[SetAside]()
    progress = _Progress(heading, numbers, on_progress or (lambda done, total: None), cancelled or (lambda: False))
    progress.listen(cluster)
    here = Greeting(host_name(), versions=versions(), identity=manifest.identity)
    places = places_of(_root(listing), out, manifest.begun)
    invitation = Invitation(replace(job, threads=job.threads or cluster.threads), places, here)
    tasks = _tasks(out, listing, heading, numbers, progress)
    try:
        for outcome in dispatch(cluster, embed_shard, invitation, tasks, cancelled=progress.look,
                                on_note=on_note or (lambda sentence: None)):
            if isinstance(outcome, SetAside):
                write_aside(out, outcome.number, outcome.payload.piece, heading, outcome.reason)
                aside.append(outcome)
            else:
                kept += 1
                if on_shard:
                    on_shard(outcome.value)
            progress.add(outcome.number)
    except Cancelled as error:
        raise Cancelled(cancelled_text(kept, len(numbers))) from error
    return aside


def embed_shard(job: Job, given: Assignment, is_unwanted: Callable[[], bool]) -> Record:
    """In a worker: embed a shard and write it, unless it is done already; its record.

    Raises:
        ImagingError: this worker cannot do it.
    """
    out = Path(given.out)
    if record := read_record(out, given.number, given.heading):
        return record
    begun = time.perf_counter()
    found = embed_piece(job, given.piece, cancelled=is_unwanted, on_progress=progress_teller(given.topic, given.number))
    check_folders(given.folders, found.skipped)
    told = tuple(tell_unreachable(one, given.seen_from) for one in found.skipped)
    if is_unwanted():
        raise Cancelled
    check_same_run(out, given.heading)
    return write_shard(out, given.number, given.piece, replace(found, skipped=told), given.heading,
                       time.perf_counter() - begun)


def _tasks(out: Path, listing: Listing, heading: Heading, numbers: Sequence[int],
           progress: _Progress) -> Iterator[tuple[int, Assignment]]:
    """The shards, cut when a worker is free; those that another run has done meanwhile are left out."""
    seen = SeenFolders()
    for number in numbers:
        if read_record(out, number, heading):
            progress.add(number)
            continue
        piece = listing.piece(number, heading.shard_size)
        yield number, Assignment(os.fspath(out), number, piece, heading, seen.of(piece.paths), host_name(),
                                 progress.topic)


def _root(listing: Listing) -> str:
    """What each worker must see of the pictures; of names that start from the disk's root, the first picture."""
    if is_address(listing.root) or not len(listing):
        return ""
    return listing.root or listing.piece(0, 1).paths[0]


@dataclass
class _Progress:
    """How many pictures of some shards are done: of those under way, as their workers tell."""

    heading: Heading
    numbers: Sequence[int]
    tell: Callable[[int, int], None]
    cancelled: Callable[[], bool]
    topic: str = field(default_factory=lambda: f"orange-imaging-{uuid4().hex}")

    def __post_init__(self) -> None:
        self._total = sum(map(self.heading.pictures_of, self.numbers))
        self._finished: set[int] = set()
        self._done = self._told = 0
        self._parts: dict[int, float] = {}

    def listen(self, cluster: OpenCluster) -> None:
        """Note from now on what workers tell."""
        cluster.client.subscribe_topic(self.topic, self._note)

    def add(self, number: int) -> None:
        """A shard is finished, or set aside."""
        self._finished.add(number)
        self._parts.pop(number, None)
        self._done += self.heading.pictures_of(number)
        self._show()

    def look(self) -> bool:
        """Tell how far it is; whether to stop."""
        self._show()
        return self.cancelled()

    def _show(self) -> None:
        done = self._done + sum(int(share * self.heading.pictures_of(number))
                                for number, share in [*self._parts.items()] if number not in self._finished)
        if done != self._told:
            self._told = done
            self.tell(done, self._total)

    def _note(self, event: tuple[float, tuple[int, float]]) -> None:
        """In Dask's thread: how much of a shard is done, from 0 to 1."""
        number, share = event[1]
        self._parts[number] = share
