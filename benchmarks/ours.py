"""Time this add-on on a folder as its widget works: the network in a child process, vectors in a store.

usage: python benchmarks/ours.py FOLDER      prints one line of JSON, seconds: start, cold, warm
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from orangecontrib.imaging.core.client import Client


def main(folder: str) -> None:
    """Start the engine with one picture, then embed all with an empty store, and again with the filled one."""
    paths = sorted(Path(folder).glob("*.jpg"))
    client = Client()
    with tempfile.TemporaryDirectory() as store:
        seconds = {"start": _time(client, paths[:1], None), "cold": _time(client, paths, Path(store))}
        seconds["warm"] = statistics.median(_time(client, paths, Path(store)) for _ in range(9))
    client.close()
    print(json.dumps(seconds))


def _time(client: Client, paths: list[Path], store: Path | None) -> float:
    start = perf_counter()
    vectors = client.embed(paths, "squeezenet", store=store).vectors
    seconds = perf_counter() - start
    if len(vectors) != len(paths):
        sys.exit("Some pictures were skipped: this is no measurement.")
    return seconds


if __name__ == "__main__":
    main(sys.argv[1])
