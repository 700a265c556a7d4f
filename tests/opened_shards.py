"""Folders of shards made for tests, with vectors that tell their row."""

import json

import numpy as np

from orangecontrib.imaging.core.comparable import comparable
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards.files import write_aside, write_shard
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import Manifest, begin, finish

IDENTITY = json.dumps({"network": "squeezenet", "weights": "ab", "options": Options().record(),
                       "reading": json.loads(Reading().to_json()), "device": "cpu", "engine": "torch"}, sort_keys=True)


def make_shards(out, names, size=4, root="/screen", carried=None, skipped=(), left_out=(), aside=(), identity=IDENTITY,
                vectors=None, finishes=True):
    """Write a folder of shards; its path as text.

    Args:
        names: of the pictures.
        carried: columns by name.
        skipped: rows of pictures without a vector.
        left_out, aside: numbers of shards that are not made, or set aside.
        vectors: (n, d); None: n vectors of three numbers, 10 a row more each time.
    """
    if vectors is None:
        vectors = 10.0 * np.arange(len(names))[:, None] + np.arange(3)
    vectors = np.asarray(vectors, np.float32)
    listing = make_listing(root, root, names, carried)
    manifest = Manifest(
        len(listing), size, vectors.shape[1], listing.title, listing.root, listing.digest, listing.columns,
        "squeezenet", Options().record(), json.loads(Reading().to_json()), comparable(identity), {},
        "2026-01-01T00:00:00+00:00")
    begin(out, manifest)
    for number in range(manifest.shards):
        piece = listing.piece(number, size)
        if number in aside:
            write_aside(out, number, piece, manifest.heading, "it ended three workers")
        elif number not in left_out:
            rows = [row for row in range(len(piece)) if piece.first + row not in skipped]
            told = tuple(Skipped(row, piece.paths[row], "the file is empty") for row in range(len(piece))
                         if row not in rows)
            found = Embeddings(vectors[[piece.first + row for row in rows]], np.array(rows, np.int64), told, identity,
                               np.ones(len(rows), bool), "CPU")
            write_shard(out, number, piece, found, manifest.heading)
    if finishes:
        finish(out)
    return str(out)


def names_of(count):
    return [f"sub{row % 2}/{row:03}.png" for row in range(count)]
