"""Which pictures have no vector, and why: beside shards, and beside a file that they were merged into."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ..errors import WrongUse
from ..export import skipped_path as list_path
from ..paths import escape_path
from .files import REASON, aside_path, read_aside, skipped_path
from .listing import PATH
from .manifest import read_manifest
from .parquet_part import damage_told
from .reading import shard_records


def read_skipped(path: str | Path) -> list[tuple[str, str]]:
    """The pictures without a vector, each with its reason: those skipped, then those of shards that were set aside.

    Args:
        path: as for `reading.open_vectors`.

    Returns:
        Names as the vectors' column ``path`` has them, and reasons as clauses.

    Raises:
        WrongUse: a file is damaged, or of another kind.
    """
    place = Path(path)
    return list(_of_shards(place) if place.is_dir() else _listed(list_path(place)))


def skipped_rows(path: Path) -> list[tuple[str, str]]:
    """The pictures, each with its reason, that the list of one shard names. Raises WrongUse: it is damaged."""
    with damage_told(str(path)), open(path, "rb") as file:
        from pyarrow.parquet import ParquetFile  # without threads of Arrow's: beside torch's they may abort at exit
        rows = ParquetFile(file, pre_buffer=False).read([PATH, REASON], use_threads=False)
        return list(zip(rows.column(PATH).to_pylist(), rows.column(REASON).to_pylist(), strict=True))


def _of_shards(out: Path) -> Iterator[tuple[str, str]]:
    heading = read_manifest(out).heading
    done = shard_records(out, heading)
    for number, record in done.items():
        if record.skipped:
            yield from skipped_rows(skipped_path(out, number))
    for number in range(heading.shards):
        if number not in done and read_aside(out, number, heading) is not None:
            yield from skipped_rows(aside_path(out, number))


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        return
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            yield from ((row[0], row[1]) for row in rows)
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise WrongUse(f"{escape_path(str(path))}: this list of skipped pictures cannot be read. Remove it, or merge "
                       "the shards again.") from error
