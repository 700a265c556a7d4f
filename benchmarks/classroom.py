"""Print what a lesson asks of a laptop: time and memory of the tutorials, and the room that weights take.

usage: python -m benchmarks.classroom [--rounds N] [--csv FILE]

Each tutorial is run without a screen on its synthetic pictures; Orange's start, its widgets and the network's process
all count. The first time all is drawn and computed, in an empty home folder; the second time the vectors are known.
Medians are printed; windows of the canvas come on top.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from orangecontrib.imaging.core.cards import network_cards
from orangecontrib.imaging.core.space import size_text

from .machine import SOURCE, machine_text, private_places
from .processes import Run, run_watched

HEADER = "Workflow,First time (s),Again (s),Memory at most"
TUTORIALS = ("explore", "classify", "map", "grid")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", type=Path, help="gets the table of the help page: doc/measured/classroom.csv")
    given = parser.parse_args()
    print(f"Tutorials without a screen, medians of {given.rounds} rounds; {machine_text()}", flush=True)
    lines = [HEADER]
    for name in TUTORIALS:
        rounds = [run_twice(SOURCE / "tutorials" / f"{name}.ows") for _ in range(given.rounds)]
        first, second, peak = (statistics.median(one[at] for one in rounds) for at in range(3))
        print(f"{name:9} first time {first:5.0f} s   again {second:5.0f} s   at most {size_text(peak)} of memory",
              flush=True)
        lines.append(f"*{name.title()}*,{first:.0f},{second:.0f},{size_text(peak)}")
    if given.csv:
        given.csv.write_text("\n".join(lines) + "\n", encoding="utf-8")
    weights = [card.weights for card in network_cards() if card.weights.url]
    room = size_text(round(sum(one.size_mb for one in weights) * 2**20))
    print(f"weights of all networks: {len(weights)} files, {room}")


def run_twice(flow: Path) -> tuple[float, float, float]:
    """Seconds of the first run of a workflow, those of the next one, and the peak memory in bytes."""
    with tempfile.TemporaryDirectory() as temporary:
        environment = private_places(Path(temporary, "home"))
        first, again = (run_once(flow, Path(temporary, "out"), environment) for _ in range(2))
    return first.answer["seconds"], again.answer["seconds"], max(first.peak_bytes, again.peak_bytes)


def run_once(flow: Path, out: Path, environment: dict[str, str]) -> Run:
    """Run a workflow in a process of its own, its start counted."""
    started = time.time()
    program = ("import json, sys, time\nfrom orangecontrib.imaging.cli import main\nended = main(sys.argv[2:])\n"
               "print(json.dumps({'seconds': time.time() - float(sys.argv[1])}))\nsys.exit(ended)")
    command = (sys.executable, "-c", program, json.dumps(started), "run", flow, "--out", out)
    return run_watched(command, environment)


if __name__ == "__main__":
    main()
