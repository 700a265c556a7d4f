"""Our engine beside others on one core: plain torch with batch norm folded, ONNX Runtime, OpenVINO.

usage: python -m benchmarks.engines [--networks …] [--rounds N] [--out FOLDER]

`make bench` builds the environment that has them; each network is measured there in a process of its own (see
engine_rates.py). images/s on one core with batches of 4; the error is relative to plain torch's vectors; then seconds
to get ready, and what the packages add on disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .machine import YARDSTICK_PYTHON, Others, machine_text, private_places
from .made_weights import write_made
from .processes import run_watched
from .reporting import RESULTS, dated, write_record

NETWORKS = ("squeezenet", "resnet50", "inception_v3", "vgg16", "efficientnet_b0")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each engine in each round")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    given = parser.parse_args(arguments)
    if not YARDSTICK_PYTHON.exists():
        sys.exit("The other engines are not here: `make bench` builds the environment that has them.")
    print(machine_text(), flush=True)
    found: dict[str, Any] = {}
    for name in given.networks:
        found[name] = measure(name, given.rounds, given.seconds)
        print("\n".join(report(name, found[name])), flush=True)
    sizes = next(iter(found.values()))["megabytes on disk"]
    print("On disk: " + ", ".join(f"{name} {size} MB" for name, size in sizes.items()))
    print(f"Kept in {write_record(given.out, dated('engines'), {'networks': found})}")


def measure(name: str, rounds: int, seconds: float) -> Mapping[str, Any]:
    """What engine_rates.py found for a network."""
    with tempfile.TemporaryDirectory() as temporary:
        models, others = Path(temporary, "models"), Others()
        write_made(name, models)
        answer = run_watched((YARDSTICK_PYTHON, "-m", "benchmarks.engine_rates", name, models, str(rounds),
                              str(seconds)), private_places(Path(temporary, "home"))).answer
        return {**answer, "cores taken by other programs": others.cores()}


def report(name: str, figures: Mapping[str, Any]) -> list[str]:
    """The lines on a network."""
    return [f"\n{name:16}{'images/s':>10}{'of the best':>13}{'error':>10}{'ready after':>13}",
            *(f"{engine:16}{one['images/s']:10.1f}{one['images/s'] / best_rate(figures):13.2f}"
              f"{one['error']:10.1e}{one['seconds to prepare']:11.1f} s"
              for engine, one in figures["engines"].items())]


def best_rate(figures: Mapping[str, Any]) -> float:
    """The fastest engine's images/s."""
    return max(one["images/s"] for one in figures["engines"].values())


if __name__ == "__main__":
    main()
