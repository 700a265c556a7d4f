"""A folder of shards becomes one file, in bounded memory; every shard is checked before its rows are taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import WrongUse
from ..export import check_output, skipped_path, write_skipped
from ..paths import escape_path
from ..placing import placed
from .checking import Shards, Walk, open_shards
from .manifest import MANIFEST
from .merged_npz import write_npz
from .merged_parquet import write_parquet
from .parts import Cancel, Progress
from .reading import Vectors

ENDINGS = (".parquet", ".npz")
_OWN_NAMES = re.compile(r"(?:shard|skipped|aside)-\d+\.parquet", re.IGNORECASE)


@dataclass(frozen=True)
class Merged:
    """What was merged.

    Attributes:
        rows, dimension: of the vectors.
        skipped: how many pictures have none; with their reasons in `listed`.
        missing: numbers of the shards that were not there.
        aside: numbers of those that were set aside; their pictures are among the skipped.
        checked: how many shards were compared with their SHA-256.
        listed: where skipped pictures are listed; None where there are none.
        vectors: what the folder holds.
    """

    rows: int
    dimension: int
    skipped: int
    missing: tuple[int, ...]
    aside: tuple[int, ...]
    checked: int
    listed: Path | None
    vectors: Vectors


def check_target(out: Path, target: Path) -> None:
    """See, before any work, that a folder of shards can become this file; also one in the folder.

    Raises:
        WrongUse: it cannot be written, or would take the place of a file that the folder is made of.
    """
    check_output(target)
    for path in (target, skipped_path(target)):
        place = path.resolve()
        if place.parent == out.resolve() and (_OWN_NAMES.fullmatch(place.name) or place.name.lower() == MANIFEST):
            raise WrongUse(f"{escape_path(str(path))}: a file of this name belongs to the shards themselves. Choose "
                           "another name, such as table.parquet.")


def merge_shards(out: Path, target: Path, *, partial: bool = False, on_progress: Progress | None = None,
                 cancelled: Cancel | None = None) -> Merged:
    """Write the vectors of a folder of shards into one file, in the order of the listing, and list what was skipped.

    The file appears whole or not at all; one that is there is replaced.

    * ``.parquet``: columns path, those carried along, and vector (lists of float32 of one length), a row group a
      shard, or 4,096 rows of it; identity, reading, root, title and pictures in the schema's metadata.
    * ``.npz``: arrays ``vectors`` (n, d) float32, ``paths`` (n,) text, one a column carried along, and the texts
      above; see `merged_npz.write_npz`.

    Args:
        out: the folder.
        target: the file, by its ending.
        partial: also where shards are missing.
        on_progress: called with (done, total) readings of a shard.
        cancelled: asked after each block of rows.

    Raises:
        WrongUse: shards are missing or damaged, or the file cannot be such a one.
        OutputError: the file cannot be written.
        Cancelled: `cancelled` said so; nothing is left behind.
    """
    if target.suffix.lower() not in ENDINGS:
        raise WrongUse(f"{escape_path(str(target))}: shards are merged into a {' or '.join(ENDINGS)} file.")
    check_target(out, target)
    walk = Walk(open_shards(out, partial), on_progress, cancelled)
    write = write_npz if target.suffix.lower() == ".npz" else write_parquet
    with placed(target) as beside:
        write(beside, walk)
    return list_skipped(walk.shards, target)


def check_all(shards: Shards, on_progress: Progress | None = None, cancelled: Cancel | None = None) -> None:
    """Compare every shard with its SHA-256, for those who take the rows themselves. Raises WrongUse, Cancelled."""
    for done, number in enumerate(shards.records, 1):
        shards.check(number, cancelled)
        if on_progress:
            on_progress(done, len(shards.records))


def list_skipped(shards: Shards, target: Path) -> Merged:
    """List the skipped pictures beside a file that was merged; tells what was merged. Raises WrongUse, OutputError."""
    vectors, skipped = shards.vectors, list(shards.skipped())
    return Merged(vectors.count, vectors.dimension, len(skipped), vectors.missing, tuple(vectors.aside),
                  len(shards.records), write_skipped(target, skipped), vectors)
