"""Measure what a picture, a shard and a task cost, each by itself; prints one line of JSON.

usage: python -m benchmarks.cluster_terms NETWORK MODELS FOLDER PICTURES SHARD_SIZE SMALL_SIZE

Meant to run on one core (`benchmarks.scaling` pins it there). Processor time counts for decoding and network, so that
a busy neighbour matters less.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.network import Network
from orangecontrib.imaging.core.shards.files import Heading, shard_path, write_shard
from orangecontrib.imaging.core.shards.job import Job, embed_piece
from orangecontrib.imaging.core.shards.listing import Listing, make_listing
from orangecontrib.imaging.core.shards.manifest import Manifest, begin, finish, plan
from orangecontrib.imaging.core.shards.running import run_shards

from .made_weights import accept_made

SMALL_SHARD = 4  # pictures: a batch, so that no batch is filled up with zeros
ROUNDS = 3
MANY_NAMES, MANY_RECORDS = 1_000_000, 100


def main(network: str, models: str, folder: str, pictures: str, shard_size: str, small_size: str) -> None:
    """Print all terms of this process."""
    keep_freed_memory()
    accept_made(network, Path(models))
    names = sorted(os.listdir(folder))[:int(pictures)]
    listing, job = make_listing(folder, folder, names), Job(network, device="cpu", models=models, threads=1)
    embed_piece(job, listing.piece(0, 2 * SMALL_SHARD))  # the network is loaded
    shard_s, small_shard_s = shard_seconds(job, listing, (int(shard_size), int(small_size)))
    terms = {**picture_terms(job, listing), "shard_s": shard_s, "small_shard_s": small_shard_s,
             "read_bytes_s": read_rate([Path(folder, name) for name in names]),
             "picture_bytes": statistics.mean(os.path.getsize(Path(folder, name)) for name in names),
             **size_terms(job, listing, int(shard_size)), "listing_bytes": listing_bytes()}
    print(json.dumps(terms))


def picture_terms(job: Job, listing: Listing) -> dict[str, float]:
    """Core-seconds a picture in the network, and for all else."""
    forward: list[float] = []
    run = Network.embed

    def timed(*arguments: object) -> object:
        """As `Network.embed`, in the thread that works."""
        begun = time.thread_time()
        vectors = run(*arguments)
        forward.append(time.thread_time() - begun)
        return vectors

    with patch.object(Network, "embed", timed):
        begun = time.process_time()
        embed_piece(job, listing.piece(0, len(listing)))
        seconds = time.process_time() - begun
    return {"decode_s": (seconds - sum(forward)) / len(listing), "forward_s": sum(forward) / len(listing)}


def shard_seconds(job: Job, listing: Listing, sizes: Sequence[int]) -> list[float]:
    """Seconds that shards of these sizes take beside their pictures: start and records, and the writing of vectors."""
    whole, parts = (statistics.median(_run_seconds(job, listing, size) for _ in range(ROUNDS))
                    for size in (len(listing), SMALL_SHARD))
    shards = -(-len(listing) // SMALL_SHARD)
    least = max(0.0, (parts - whole) / (shards - 1)) - _written(job, SMALL_SHARD)[0]
    return [least + _written(job, size)[0] for size in sizes]


def _run_seconds(job: Job, listing: Listing, shard_size: int) -> float:
    with _begun(job, listing, shard_size) as (out, manifest):
        begun = time.perf_counter()
        run_shards(out, manifest, listing, job, range(manifest.shards))
        return time.perf_counter() - begun


@contextmanager
def _begun(job: Job, listing: Listing, shard_size: int) -> Iterator[tuple[Path, Manifest]]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder), begin(Path(folder), plan(listing, job, shard_size))[0]


def _written(job: Job, pictures: int) -> tuple[float, int]:
    """Seconds to write a shard of so many pictures, and its bytes."""
    listing = make_listing("made", "", [f"/plates/plate-07/well-B03/site-2/{number:08}.tif" for number in
                                        range(pictures)])
    with _begun(job, listing, pictures) as (out, manifest):
        made = _made(manifest.heading, pictures, job)
        seconds = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            write_shard(out, 0, listing.piece(0, pictures), made, manifest.heading)
            seconds.append(time.perf_counter() - begun)
        return statistics.median(seconds), shard_path(out, 0).stat().st_size


def _made(heading: Heading, pictures: int, job: Job) -> Embeddings:
    """Vectors that no picture gave, of the identity that is wanted."""
    vectors = np.random.default_rng(0).random((pictures, heading.dimension), dtype=np.float32)
    [identity] = json.loads(heading.identity)
    return Embeddings(vectors, np.arange(pictures), (), json.dumps(identity), np.ones(pictures, bool), job.device)


def read_rate(files: list[Path]) -> float:
    """Bytes a second of files that lie in no memory, as far as the system lets go of them."""
    for file in files:
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begun = time.perf_counter()
    total = sum(len(file.read_bytes()) for file in files)
    return total / (time.perf_counter() - begun)


def size_terms(job: Job, listing: Listing, shard_size: int) -> dict[str, float]:
    """Bytes that a picture takes in a shard, and a shard in the manifest."""
    few = listing.table.slice(0, 1)
    names = Listing("made", "", few.take([0] * MANY_RECORDS))
    with _begun(job, names, 1) as (out, manifest):
        empty = out.joinpath("manifest.json").stat().st_size
        made = _made(manifest.heading, 1, job)
        for number in range(MANY_RECORDS):
            write_shard(out, number, names.piece(number, 1), made, manifest.heading)
        finish(out)
        records = (out.joinpath("manifest.json").stat().st_size - empty) / MANY_RECORDS
    return {"vector_bytes": _written(job, shard_size)[1] / shard_size, "record_bytes": records}


def listing_bytes() -> float:
    """Bytes of memory a picture in a listing, of names of 51 letters."""
    return _grown(lambda: make_listing("made", "", [f"plate-07/well-B03/site-2/day-1/channel-3/{number:011}.tif"
                                                    for number in range(MANY_NAMES)])) / MANY_NAMES


def _grown(make: Callable[[], Listing]) -> float:
    """By how much this process grew, with what was made still there."""
    before = psutil.Process().memory_info().rss
    made = make()
    grown = psutil.Process().memory_info().rss - before
    return max(float(grown), float(made.table.nbytes))


if __name__ == "__main__":
    main(*sys.argv[1:])
