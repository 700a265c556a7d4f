"""What millions of pictures will take, reckoned from terms that were measured: pure arithmetic, without a run.

A stage is anything that all pictures go through; it has a ceiling of pictures a second. Stages of one worker work side
by side on different pictures (threads decode while the network computes), so the slowest sets the pace, but on a
processor decoding and network share the cores, so there their times add. What happens once a shard is spread over its
pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True)
class Terms:
    """What was measured, of one network and kind of picture.

    Attributes:
        decode_s: core-seconds a picture for all but the network: reading, decoding, fitting.
        forward_s: core-seconds a picture in the network, on a processor.
        shard_s: seconds a shard beside its pictures: its files, their hashes.
        task_s: seconds of the one client and scheduler for a shard, whatever is in it.
        start_s: seconds from a worker's start to its first picture.
        read_bytes_s: bytes a second of one disk, files that lie in no memory.
        picture_bytes: of a file.
        vector_bytes: a picture takes in shards.
        listing_bytes: a picture takes in the memory of whoever hands out shards.
        record_bytes: a shard takes in ``manifest.json``.
        task_bytes: a shard leaves in the scheduler's memory.
        scheduler_bytes: of the scheduler without a task.
        worker_bytes: a worker takes in the scheduler's memory.
    """

    decode_s: float
    forward_s: float
    shard_s: float
    task_s: float
    start_s: float
    read_bytes_s: float
    picture_bytes: float
    vector_bytes: float
    listing_bytes: float
    record_bytes: float
    task_bytes: float
    scheduler_bytes: float
    worker_bytes: float


@dataclass(frozen=True)
class Site:
    """A cluster as it is assumed; nothing of it was measured here.

    Attributes:
        gpus: workers, one a graphics card.
        cores: a graphics card has, of the speed of those measured.
        gpu_rate: pictures a second of the network on one card.
        storage_bytes_s: of the shared disks, all readers together.
        client_bytes: memory of the computer that hands out shards.
        files_a_folder: so many files a shared folder bears well.
    """

    gpus: int
    cores: int = 16
    gpu_rate: float = 5000.0
    storage_bytes_s: float = 5e9
    client_bytes: float = 24e9
    files_a_folder: int = 1_000_000


@dataclass(frozen=True)
class Forecast:
    """What is to be expected.

    Attributes:
        hours: from the first worker's start to the last shard.
        slowest: the stage that sets the pace, and ceilings (pictures/s) of all stages.
        read_bytes, written_bytes: through the shared disks.
        client_bytes: memory of the listing; `scheduler_bytes`: of the scheduler.
        breaks: what gives way first as pictures become more, and at how many.
    """

    hours: float
    slowest: str
    ceilings: dict[str, float]
    read_bytes: float
    written_bytes: float
    client_bytes: float
    scheduler_bytes: float
    breaks: tuple[str, float]


def seconds_here(terms: Terms, pictures: int, shard_size: int, workers: int, cores: int) -> float:
    """Seconds of a run on processors: `workers` of one thread each on `cores` cores, shares as even as shards allow.

    The worker with the most shards ends last; the last shard may hold fewer pictures than the others.
    """
    shards = -(-pictures // shard_size)
    most = min(-(-shards // workers) * shard_size, pictures)
    slowdown = max(1.0, workers / cores)
    computing = most * (terms.decode_s + terms.forward_s) * slowdown
    return terms.start_s + computing + -(-shards // workers) * terms.shard_s + shards * terms.task_s


def forecast(terms: Terms, site: Site, pictures: int, shard_size: int) -> Forecast:
    """Hours, bytes and memory of a run on graphics cards."""
    shards = -(-pictures // shard_size)
    ceilings = dict(_ceilings(terms, site, shard_size))
    slowest = min(ceilings, key=ceilings.__getitem__)
    most = -(-shards // site.gpus)  # the worker with the most shards ends last
    seconds = max(pictures / ceilings[slowest], most * (shard_size * _worker_share(terms, site) + terms.shard_s))
    return Forecast(
        (terms.start_s + seconds) / HOUR_S, slowest, ceilings, pictures * terms.picture_bytes,
        pictures * terms.vector_bytes, pictures * terms.listing_bytes,
        terms.scheduler_bytes + site.gpus * terms.worker_bytes + shards * terms.task_bytes,
        _first_break(terms, site, shard_size))


def _worker_share(terms: Terms, site: Site) -> float:
    """Seconds a picture keeps one graphics card's worker."""
    return max(1 / site.gpu_rate, terms.decode_s / site.cores)


def _ceilings(terms: Terms, site: Site, shard_size: int) -> Iterator[tuple[str, float]]:
    """Pictures a second that each stage lets through."""
    waiting_s = terms.shard_s / shard_size
    yield "network on the cards", site.gpus / (1 / site.gpu_rate + waiting_s)
    yield "decoding on their cores", site.gpus / (terms.decode_s / site.cores + waiting_s)
    yield "reading from shared disks", site.storage_bytes_s / terms.picture_bytes
    yield "writing to shared disks", site.storage_bytes_s / terms.vector_bytes
    yield "handing out shards", shard_size / terms.task_s


def _first_break(terms: Terms, site: Site, shard_size: int) -> tuple[str, float]:
    """What cannot grow on, and the number of pictures at which it ends."""
    ends = {
        f"memory for the listing ({site.client_bytes / 1e9:.0f} GB)": site.client_bytes / terms.listing_bytes,
        f"files in one folder ({site.files_a_folder:,})": site.files_a_folder / 2 * shard_size,
        "the manifest, read whole at each start (1 GB)": 1e9 / terms.record_bytes * shard_size,
    }
    what = min(ends, key=ends.__getitem__)
    return what, ends[what]
