"""How fast every network of the registry is here, on JPEG files of 640 x 480.

usage: python -m benchmarks.networks [--networks …] [--seconds S] [--out FOLDER]

Each runs for some seconds in a process of its own, with made weights (see engine.py). Keeps networks.json: images/s,
seconds to the first vector, and the speed relative to SqueezeNet's.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from orangecontrib.imaging.core.cards import network_cards

from .machine import Others, machine_text, private_places
from .made_weights import write_made
from .pictures import write_jpegs
from .processes import run_watched
from .reporting import RESULTS, write_record

FIRST = "squeezenet"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    names = [card.name for card in network_cards()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    given = parser.parse_args(arguments)
    print(machine_text(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        pictures = Path(temporary, "pictures")
        pictures.mkdir()
        write_jpegs(pictures, 60)
        asked = dict.fromkeys([FIRST, *given.networks])
        found = {name: measure(name, pictures, given.seconds) for name in asked}
    for figures in found.values():
        figures["times SqueezeNet's"] = round(figures["images/s"] / found[FIRST]["images/s"], 4)
    print(f"Kept in {write_record(given.out, 'networks', {'networks': found})}")


def measure(name: str, pictures: Path, seconds: float) -> dict[str, float]:
    """The figures of one network; its weights are deleted afterwards."""
    models, others = pictures.parent / "models", Others()
    write_made(name, models)
    run = run_watched((sys.executable, "-m", "benchmarks.engine", pictures, "--network", name, "--models", models,
                       "--seconds", str(seconds), "--since", f"{time.time():.3f}"),
                      private_places(pictures.parent / "home"))
    shutil.rmtree(models, ignore_errors=True)
    figures = {"images/s": round(run.answer["rate"], 2), "first vector, s": round(run.answer["start"], 2),
               "peak memory, MB": round(run.peak_bytes / 2**20), "cores taken by other programs": others.cores()}
    print(f"{name:20} " + ", ".join(f"{what} {value:g}" for what, value in figures.items()), flush=True)
    return figures


if __name__ == "__main__":
    main()
