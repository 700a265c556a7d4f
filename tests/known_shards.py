"""A folder of shards made without pictures or a network: known vectors, names, columns and reasons."""

import json
from dataclasses import dataclass

import numpy as np

from orangecontrib.imaging.core.comparable import comparable
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.shards.files import write_aside, write_shard
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import Manifest, begin, finish

READING = {"contrast": "type"}
UNREADABLE = "not a picture"


def identity(engine="torch 2.13.0", weights="ab" * 32):
    return json.dumps({"network": "squeezenet", "weights": weights, "options": {}, "reading": READING,
                       "device": "cpu", "engine": engine, "batch": 32, "decoders": []}, sort_keys=True)


@dataclass
class Made:
    """What `make_shards` wrote: all of the listing, and which rows have a vector."""

    out: object
    manifest: Manifest
    listing: object
    vectors: np.ndarray  # (n, d) of all pictures
    has_vector: np.ndarray

    @property
    def expected(self):
        """The vectors that must come back."""
        return self.vectors[self.has_vector]

    def values(self, name):
        """A column of those that have a vector."""
        column = self.listing.table.column(name).to_pylist()
        return [value for value, there in zip(column, self.has_vector) if there]


def make_shards(out, pictures=25, dimension=6, shard_size=7, skipped=(3, 14, 15), missing=(), aside=(), carried=None,
                engines=("torch 2.13.0",), finished=True, vectors=None, names=None):
    """Write shards of random vectors; the shard of number i was computed by one of `engines`, in turn.

    The first two columns carried along have a value missing.
    """
    if vectors is None:
        vectors = np.random.default_rng(pictures).normal(size=(pictures, dimension)).astype(np.float32)
    if carried is None:
        carried = {"category": [f"č{row % 3}" if row != 8 else None for row in range(pictures)],
                   "well": [row % 5 if row != 9 else None for row in range(pictures)],
                   "dose": [row / 7 for row in range(pictures)],
                   "is control": [row % 2 == 0 for row in range(pictures)]}
    names = names or [f"plate {row // 10}/{row}.png" for row in range(pictures)]
    listing = make_listing("pictures", "/data/pictures", names, carried)
    manifest = Manifest(pictures, shard_size, vectors.shape[1], "pictures", "/data/pictures", listing.digest,
                        listing.columns, "squeezenet", {}, READING, comparable(identity()), {}, "2026-01-01T00:00:00")
    begin(out, manifest)
    has_vector = np.ones(pictures, bool)
    has_vector[list(skipped)] = False
    for number in range(manifest.shards):
        piece = listing.piece(number, shard_size)
        here = slice(piece.first, piece.first + len(piece))
        if number in aside:
            write_aside(out, number, piece, manifest.heading, "it ended 3 workers")
        if number in (*missing, *aside):
            has_vector[here] = False
            continue
        rows = np.flatnonzero(has_vector[here])
        reasons = tuple(Skipped(int(row), piece.paths[row], UNREADABLE) for row in np.flatnonzero(~has_vector[here]))
        found = Embeddings(vectors[here][rows], rows, reasons, identity(engines[number % len(engines)]),
                           np.ones(len(rows), bool), "CPU")
        write_shard(out, number, piece, found, manifest.heading)
    return Made(out, finish(out) if finished else manifest, listing, vectors, has_vector)
