"""Time the local embedder of orange3-imageanalytics on a folder; run by the Python it is installed in.

usage: python benchmarks/older.py FOLDER      prints one line of JSON, seconds: start, cold, warm

It keeps its vectors in the user's cache: give it a home folder of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from orangecontrib.imageanalytics.image_embedder import ImageEmbedder


def main(folder: str) -> None:
    """Start with one picture drawn for it alone, then embed all, and all again."""
    paths = [str(path) for path in sorted(Path(folder).glob("*.jpg"))]
    other = str(Path(folder) / "start.png")
    seconds = {"start": _time([other]), "cold": _time(paths), "warm": _time(paths)}
    print(json.dumps(seconds))


def _time(paths: list[str]) -> float:
    start = perf_counter()
    with ImageEmbedder(model="squeezenet") as embedder:
        vectors = embedder(paths)
    seconds = perf_counter() - start
    if any(vector is None for vector in vectors):
        sys.exit("Some pictures were skipped: this is no measurement.")
    return seconds


if __name__ == "__main__":
    main(sys.argv[1])
