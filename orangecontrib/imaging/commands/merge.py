"""``orange-imaging merge``: a folder of shards becomes one file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from ..core.errors import WrongUse
from ..core.free_memory import free_memory
from ..core.paths import escape_path
from ..core.shards.checking import left_out_text, open_shards
from ..core.shards.merging import ENDINGS, Merged, check_all, check_target, list_skipped, merge_shards
from ..core.shards.reading import Vectors
from ..core.space import size_text
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from .parsing import Commands

_TABLE = ".pkl"
_COPY_BYTES = 8  # of a number, once more, while Orange writes a table


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "merge", help="make one file of a folder of shards",
        description="Make one file of a folder of shards, in the order of the listing that they were made of. Each "
                    "shard is compared with its SHA-256 first. Pictures without a vector are listed in "
                    "FILE.skipped.csv.")
    parser.add_argument("out", metavar="OUT", type=Path, help="a folder of shards, as 'orange-imaging embed' fills it")
    parser.add_argument("-o", "--out", dest="target", metavar="FILE", required=True, type=Path,
                        help="file to write, by its ending: .parquet or .npz, however many pictures there are, or "
                             ".pkl, an Orange table, which must fit into memory; one that is there is replaced")
    parser.add_argument("--partial", action="store_true", help="also where shards are missing or were set aside")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON, for programs")
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """Merge, and say what was done. Raises WrongUse, OutputError, Cancelled; then the file is as it was before."""
    started = time.monotonic()
    if given.target.suffix.lower() not in (*ENDINGS, _TABLE):
        raise WrongUse(f"{escape_path(str(given.target))}: shards are merged into a .parquet, .npz or .pkl file. "
                       "Choose one of these endings.")
    if given.target.suffix.lower() == _TABLE:
        merged = _to_table(given)
    else:
        with until_interrupted() as cancelled, ProgressBar("reads of shards") as progress:
            merged = merge_shards(given.out, given.target, partial=given.partial, on_progress=progress,
                                  cancelled=cancelled)
    tell = _json if given.json else _text
    print(tell(given.target, merged, time.monotonic() - started))


def _to_table(given: argparse.Namespace) -> Merged:
    """Write an Orange table."""
    check_target(given.out, given.target)  # which sees whether Orange is there
    from ..tables.files import save_table
    from ..tables.sharded import table_bytes, table_of
    shards = open_shards(given.out, given.partial)
    vectors = shards.vectors
    _check_memory(given.target, vectors,
                  table_bytes(vectors, vectors.count) + _COPY_BYTES * vectors.count * vectors.dimension)
    with until_interrupted() as cancelled:
        with ProgressBar("shards checked") as progress:
            check_all(shards, progress, cancelled)
        with ProgressBar("vectors") as progress:
            table = table_of(vectors, on_progress=progress, cancelled=cancelled)
    save_table(table, given.target)
    return list_skipped(shards, given.target)


def _check_memory(target: Path, vectors: Vectors, needed: int) -> None:
    """Say how much memory a table takes. Raises WrongUse: there is less."""
    told = f"a table of {vectors.count:,} vectors of {vectors.dimension:,} numbers takes {size_text(needed)} of memory"
    free = free_memory()
    if free is not None and needed > free:
        raise WrongUse(f"{escape_path(str(target))}: {told} while it is written, and {size_text(free)} are free here. "
                       "Merge into .parquet, which takes little; Orange opens a sample of it.")
    print(f"{told[0].upper()}{told[1:]} while it is written.", file=sys.stderr)


def _text(target: Path, merged: Merged, seconds: float) -> str:
    """Lines for people."""
    lines = [f"{escape_path(str(target))}: {merged.rows:,} vector{'s' * (merged.rows != 1)} of {merged.dimension:,} "
             f"numbers from {merged.checked:,} shard{'s' * (merged.checked != 1)}, each with the SHA-256 that it was "
             "written with.", f"{size_text(target.stat().st_size)}; {seconds:.1f} s."]
    if merged.listed:
        lines.append(f"{merged.skipped:,} skipped; the reasons are in {escape_path(str(merged.listed))}.")
    if left_out := left_out_text(merged.vectors):
        lines.append(f"Not in it: {left_out}")
    return "\n".join(lines)


def _json(target: Path, merged: Merged, seconds: float) -> str:
    """All of it, for programs."""
    return json.dumps({
        "out": str(target), "vectors": merged.rows, "dimension": merged.dimension, "skipped": merged.skipped,
        "shards": merged.checked, "missing": merged.missing, "aside": merged.aside, "columns": merged.vectors.columns,
        "bytes": target.stat().st_size, "seconds": round(seconds, 3),
        "identity": json.loads(merged.vectors.identity or "null")}, indent=2)
