"""Time our engine on a folder, in a process of its own; prints one line of JSON.

usage: python -m benchmarks.engine FOLDER --network NAME --models FOLDER [--images N | --seconds S] [--since T]

  start   seconds from the start of the process (T, seconds since 1970) to the first vector of one picture
  rate    images/s after that; the pictures of the folder are gone through as often as needed, none is kept

The engine is called directly, with memory kept as its child process keeps it: the networks have made weights, which
only this process accepts (see made_weights.py), so that the widget's child process would refuse them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from orangecontrib.imaging.core.device import usable_cores
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.memory import keep_freed_memory

from .made_weights import accept_made

_PILOT = 8  # pictures a core that tell how many the measurement takes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--images", type=int)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--since", type=float, default=time.time())
    given = parser.parse_args()
    keep_freed_memory()
    accept_made(given.network, given.models)
    paths = sorted(given.folder.glob("*.jpg"))
    rate_of([paths[0]], given)
    start = time.time() - given.since
    images = given.images or max(1, round(rate_of(list(islice(cycle(paths), _PILOT * usable_cores())), given)
                                          * given.seconds))
    rate = rate_of(list(islice(cycle(paths), images)), given)
    print(json.dumps({"start": start, "rate": rate, "images": images}))


def rate_of(paths: Sequence[Path], given: argparse.Namespace) -> float:
    """Pictures a second."""
    started = time.perf_counter()
    vectors = embed(paths, given.network, models=given.models, device="cpu").vectors
    seconds = time.perf_counter() - started
    if len(vectors) != len(paths):
        sys.exit("Some pictures were skipped: this is no measurement.")
    return len(paths) / seconds


if __name__ == "__main__":
    main()
