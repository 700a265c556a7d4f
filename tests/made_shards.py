"""Shards made for tests: of pictures that are nowhere, with vectors from seeds."""

import json
from dataclasses import replace

import numpy as np

from orangecontrib.imaging.core.comparable import comparable
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.shards.files import write_shard
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import Manifest

DIMENSION = 6


def identity(**changes):
    """A full identity as JSON, such as embed tells; `changes` by name."""
    told = {"network": "squeezenet", "weights": "ab" * 32, "options": {"layers": ["penultimate"], "fit": "stretch"},
            "reading": {}, "input": [227, 227], "preprocess": 3, "readers": 5, "engine": "torch 2.13.0",
            "device": "cpu", "batch": 4, "decoders": ["pillow 12.0"]}
    return json.dumps({**told, **changes}, sort_keys=True)


def listing(count, carried=True):
    """A listing of `count` pictures with the columns well (text), dose (double) and none (null values)."""
    columns = {"well": [f"A{row % 12}" for row in range(count)],
               "dose": [None if row % 3 == 0 else row / 4 for row in range(count)]}
    return make_listing("plates", "/pictures", [f"day 1/{row}.png" for row in range(count)], columns if carried else {})


def manifest(pictures, shard_size=7, **changes):
    """The manifest of a run over a listing."""
    made = Manifest(len(pictures), shard_size, DIMENSION, pictures.title, pictures.root, pictures.digest,
                    pictures.columns, "squeezenet", {"layers": ["penultimate"]}, {}, comparable(identity()),
                    {"python": "3.12"}, "2024-05-06T07:08:09+00:00")
    return replace(made, **changes)


def embeddings(piece, skipped=(), seed=0, **changes):
    """Vectors of a piece's pictures, but for the rows `skipped`; `changes` of the identity."""
    rows = np.array([row for row in range(len(piece)) if row not in skipped], dtype=np.int64)
    vectors = np.random.default_rng([seed, piece.first]).normal(size=(len(piece), DIMENSION)).astype(np.float32)[rows]
    reasons = tuple(Skipped(row, piece.paths[row], f"row {row} is broken") for row in sorted(skipped))
    return Embeddings(vectors, rows, reasons, identity(**changes), np.ones(len(rows), bool), "CPU, 2 threads")


def write(out, told, pictures, numbers=None, skipped=(), seed=0, **changes):
    """Write shards of made vectors; their records."""
    heading = told.heading
    pieces = {number: pictures.piece(number, told.shard_size)
              for number in (range(told.shards) if numbers is None else numbers)}
    return [write_shard(out, number, piece, embeddings(piece, skipped, seed, **changes), heading)
            for number, piece in pieces.items()]
