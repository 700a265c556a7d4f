"""Print what a million vectors on disk cost: to be merged into one file, looked at, and sampled.

usage: python -m benchmarks.sharded [--pictures N] [--dimension N] [--shard-size N] [--rows N]

Made vectors, half of whose numbers are 0 as behind a network's last rectifier, in shards of a temporary folder; they
and the merged files take 5 GB for a million of 512, and all is removed at the end. Each step is a process of its own:
its seconds without its start, and the most memory that it took, with Python and pyarrow, told as the first step.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .machine import load_average, machine_text, private_places
from .processes import run_watched
from .reporting import aim_line, figure_line

CATEGORIES = 7
AIM_MERGE_MB, AIM_LOOK_S = 400.0, 2.0
_IDENTITY = json.dumps({"network": "made"})


def main(given: list[str] | None = None) -> None:
    """Measure and print; or do one step for the measuring process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--shard-size", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=5000, help="in a sample")
    parser.add_argument("--step", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    if options.step:
        name, folder = options.step
        done = STEPS[name]
        import pyarrow.parquet  # noqa: F401  (loaded before the time is taken)
        started = time.perf_counter()
        done(Path(folder), options.rows)
        print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak_bytes()}))
        return
    print(f"{machine_text()}; load {load_average()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for line in figures(options, Path(temporary)):
            print(line, flush=True)


def figures(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Lines of figures."""
    started = time.perf_counter()
    size = make_shards(folder / "shards", options.pictures, options.dimension, options.shard_size)
    yield figure_line(f"{options.pictures} x {options.dimension} made", time.perf_counter() - started, "s",
                      f"{size / 1e6:.0f} MB in shards of {options.shard_size}")
    environment = private_places(folder / "home")
    for name in STEPS:
        run = run_watched((sys.executable, "-m", "benchmarks.sharded", "--rows", str(options.rows), "--step", name,
                           folder), environment)
        seconds, peak_mb = run.answer["seconds"], max(run.answer["peak"], run.peak_bytes) / 1e6
        yield (aim_line(name, seconds, "s", at_most=AIM_LOOK_S) if name.startswith("look") else
               figure_line(name, seconds, "s"))
        yield (aim_line(f"  memory to {name}", peak_mb, "MB", at_most=AIM_MERGE_MB) if name.startswith("merge") else
               figure_line(f"  memory to {name}", peak_mb, "MB"))


def peak_bytes() -> int:
    """The most memory that this process had at once; 0 where the system does not tell (all but Linux)."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def make_shards(out: Path, pictures: int, dimension: int, shard_size: int) -> int:
    """Write shards of made vectors, one picture in a thousand being skipped; their bytes."""
    from orangecontrib.imaging.core.comparable import comparable
    from orangecontrib.imaging.core.embeddings import Embeddings
    from orangecontrib.imaging.core.found import Skipped
    from orangecontrib.imaging.core.shards.files import write_shard
    from orangecontrib.imaging.core.shards.listing import Piece
    from orangecontrib.imaging.core.shards.manifest import Manifest, begin, finish
    manifest = Manifest(pictures, shard_size, dimension, "made", "/made", "0" * 64, {"category": "string"}, "made", {},
                        {}, comparable(_IDENTITY), {}, "2026-01-01T00:00:00+00:00")
    begin(out, manifest)
    total = 0
    for number in range(manifest.shards):
        first = number * shard_size
        count = min(shard_size, pictures - first)
        names = [f"plate {row // 1000:05d}/well {row % 1000:03d}.png" for row in range(first, first + count)]
        piece = Piece(first, names, names, {"category": [f"kind {row % CATEGORIES}" for row in range(count)]})
        rows = np.flatnonzero(np.arange(first, first + count) % 1000)
        skipped = tuple(Skipped(row, names[row], "not a picture") for row in range(count) if (first + row) % 1000 == 0)
        vectors = np.random.default_rng(number).standard_normal((len(rows), dimension), dtype=np.float32)
        found = Embeddings(np.maximum(vectors, 0), rows, skipped, _IDENTITY, np.ones(len(rows), bool), "CPU")
        total += write_shard(out, number, piece, found, manifest.heading).bytes
    finish(out)
    return total


def _nothing(_: Path, __: int) -> None:
    """What is there before a step."""


def _look(place: str) -> Callable[[Path, int], None]:
    def look(folder: Path, _: int) -> None:
        from orangecontrib.imaging.core.shards.reading import open_vectors
        open_vectors(folder / place)
    return look


def _merge(place: str) -> Callable[[Path, int], None]:
    def merge(folder: Path, _: int) -> None:
        from orangecontrib.imaging.core.shards.merging import merge_shards
        merge_shards(folder / "shards", folder / place)
    return merge


def _sample(place: str, how: str) -> Callable[[Path, int], None]:
    def sample(folder: Path, rows: int) -> None:
        from orangecontrib.imaging.core.shards.reading import open_vectors
        from orangecontrib.imaging.core.shards.sampling import sample_rows
        vectors = open_vectors(folder / place)
        vectors.take(sample_rows(vectors, rows, how, "category"))
    return sample


STEPS: dict[str, Callable[[Path, int], None]] = {
    "start": _nothing, "merge into .parquet": _merge("o.parquet"), "merge into .npz": _merge("o.npz"),
    "look at shards": _look("shards"), "look at .parquet": _look("o.parquet"), "look at .npz": _look("o.npz"),
    "random sample of shards": _sample("shards", "random"),
    "stratified sample of shards": _sample("shards", "stratified"),
    "most different of shards": _sample("shards", "most different"),
    "random sample of .parquet": _sample("o.parquet", "random"),
    "random sample of .npz": _sample("o.npz", "random"),
    "most different of .npz": _sample("o.npz", "most different"),
}


if __name__ == "__main__":
    main()
