"""Pictures a second, end to end, beside what the machine allows and beside the loops that scripts use.

usage: python -m benchmarks.throughput [--networks …] [--sizes 640x480 …] [--images N] [--rounds N] [--out FOLDER]
                                       [--patience N] [--stolen-core | --memory | --warm]

Within each round, for each network and size of JPEG, one after the other: the limit and the naive loop, as the
yardstick measures them; a torch DataLoader with two workers; ours. Ratios are taken within a round; medians are
printed. On a shared machine, --patience has what was disturbed measured again. The last three measure steadiness: see
steady.py.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import steady
from .machine import YARDSTICK, Others, load_average, machine_text, measuring_python, private_places
from .made_weights import write_made
from .pictures import write_jpegs
from .processes import Run, run_watched
from .reporting import RESULTS, aim_line, dated, figure_line, write_record

HERE = Path(__file__).resolve().parent
ENGINE = (sys.executable, "-m", "benchmarks.engine")
IMAGES = {"squeezenet": 600, "resnet50": 192, "inception_v3": 144, "vgg16": 64}  # about ten seconds each
DIFFERENT = {"640x480": 60, "2048x1536": 24}  # pictures drawn; they are gone through again and again
TORCHVISION = {"squeezenet": "squeezenet1_1"}  # where it has another name than ours
DISTURBING = 0.1  # cores that other programs take
AIM_OF_LIMIT, AIM_OF_NAIVE, AIM_START_S = 0.90, {"squeezenet": 3.0, "other": 1.5}, {"squeezenet": 3.0, "other": 6.0}


@dataclass(frozen=True)
class Turn:
    """What one turn of all gave, images/s, for a network and a size of picture; None: not measured here.

    `limit` is that of the fastest decoder and engine that the yardstick's environment has, `plain_limit` that of those
    that come with torch; `load` is the load average before it, `others` the cores that other programs took meanwhile.
    """

    network: str
    size: str
    limit: float | None
    plain_limit: float | None
    naive: float | None
    decode: float | None
    forward: float | None
    loader: float
    ours: float
    start_s: float
    peak_mb: float
    load: float | None
    others: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=list(IMAGES))
    parser.add_argument("--sizes", nargs="+", default=list(DIFFERENT))
    parser.add_argument("--images", type=int, help="a measurement; by default about ten seconds' worth")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument("--patience", type=int, default=0, metavar="N",
                        help=f"measure again, up to N times, what other programs took over {DISTURBING} cores from")
    other = parser.add_mutually_exclusive_group()
    for name in steady.MEASUREMENTS:
        other.add_argument(f"--{name}", dest="steady", action="store_const", const=name)
    given = parser.parse_args(arguments)
    print(machine_text(), flush=True)
    if given.steady:
        steady.measure(given.steady, given.images, given.rounds, given.out)
    else:
        _measure_all(given)


def _measure_all(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        prepare(place, given.networks, given.sizes)
        turns = [measure_patiently(place, network, size, given.images or IMAGES.get(network, 96), given.patience)
                 for _ in range(given.rounds) for network in given.networks for size in given.sizes]
    for network in given.networks:
        for size in given.sizes:
            print("\n" + "\n".join(report([turn for turn in turns if (turn.network, turn.size) == (network, size)])))
    if not YARDSTICK.exists():
        print(f"\nThe machine's limit was not measured: {YARDSTICK.name} is not here.")
    kept = write_record(given.out, dated("throughput"), {"rounds": [asdict(turn) for turn in turns]})
    print(f"\nKept in {kept}")


def prepare(place: Path, networks: Sequence[str], sizes: Sequence[str]) -> None:
    """Write made weights and JPEG files of each size, such as ``640x480``."""
    for network in networks:
        write_made(network, place / "models")
    for size in sizes:
        width, height = map(int, size.split("x"))
        (place / size).mkdir()
        write_jpegs(place / size, DIFFERENT.get(size, 24), width, height)


def measure_patiently(place: Path, network: str, size: str, images: int, patience: int) -> Turn:
    """The least disturbed of several turns, or the first that was not disturbed."""
    turns: list[Turn] = []
    while len(turns) <= patience and not (turns and turns[-1].others <= DISTURBING):
        turns.append(measure(place, network, size, images))
    return min(turns, key=lambda turn: turn.others)


def measure(place: Path, network: str, size: str, images: int) -> Turn:
    """One turn of all programs."""
    environment, pictures = private_places(place / "home"), place / size
    name, load, others = TORCHVISION.get(network, network), load_average(), Others()
    bar: dict[str, float] = {}
    if YARDSTICK.exists():
        run = run_watched((measuring_python(), YARDSTICK, pictures, "--network", name, "--rounds", "1"), environment)
        bar = {**run.answer, "plain_limit": plain_limit(run)}
    loader = run_watched((sys.executable, HERE / "loader.py", pictures, name, str(images)), environment)
    ours = run_watched((*ENGINE, pictures, "--network", network, "--models", place / "models", "--images", str(images),
                        "--since", f"{time.time():.3f}"), environment)
    turn = Turn(network, size, *(bar.get(term) for term in ("limit", "plain_limit", "naive", "decode", "forward")),
                loader.answer["rate"], ours.answer["rate"], ours.answer["start"], ours.peak_bytes / 2**20, load,
                others.cores())
    speeds = ", ".join(f"{name} {getattr(turn, name) or 0:.1f}" for name in ("ours", "loader", "limit", "naive"))
    print(f"{network:14} {size:10} images/s: {speeds}; load {load}, others took {turn.others:.2f} cores", flush=True)
    return turn


def plain_limit(run: Run) -> float:
    """The limit, images/s, with Pillow and torch alone, from what the yardstick printed of each decoder and engine."""
    rates = dict(re.findall(r"^(decode|forward) +(?:pillow\+)?torch +([\d.]+)", run.printed, re.MULTILINE))
    return run.answer["cores"] / sum(1 / float(rates[term]) for term in ("decode", "forward"))


def report(turns: Sequence[Turn]) -> list[str]:
    """The lines on a network and a size: medians, and the aims."""
    network, size = turns[0].network, turns[0].size
    lines = [f"{network}, JPEG files of {size}, medians of {len(turns)} rounds",
             figure_line("this add-on", _median(turns, "ours"), "images/s"),
             figure_line("torch DataLoader, two workers", _median(turns, "loader"), "images/s")]
    if turns[0].limit:
        core = f"a core decodes {_median(turns, 'decode'):.0f} and runs {_median(turns, 'forward'):.1f}"
        lines += [figure_line("limit of this machine", _median(turns, "limit"), "images/s", core),
                  figure_line("naive loop, torch", _median(turns, "naive"), "images/s"),
                  aim_line("share of the limit", _ratio(turns, "limit"), "", at_least=AIM_OF_LIMIT),
                  aim_line("share of the limit with torch and Pillow alone", _ratio(turns, "plain_limit"), "",
                           at_least=AIM_OF_LIMIT)]
        if network != "squeezenet" or size == "640x480":
            lines.append(aim_line("times the naive loop", _ratio(turns, "naive"), "",
                                  at_least=AIM_OF_NAIVE.get(network, AIM_OF_NAIVE["other"])))
    return [*lines, figure_line("times the DataLoader", _ratio(turns, "loader"), ""),
            aim_line("from start to the first vector", _median(turns, "start_s"), "s",
                     at_most=AIM_START_S.get(network, AIM_START_S["other"])),
            figure_line("peak memory of all processes", _median(turns, "peak_mb"), "MB"),
            figure_line("taken by other programs meanwhile", max(turn.others for turn in turns), "cores", "at most")]


def _median(turns: Sequence[Turn], name: str) -> float:
    return statistics.median(getattr(turn, name) for turn in turns)


def _ratio(turns: Sequence[Turn], name: str) -> float:
    """Ours over another one, within each round; the median."""
    return statistics.median(turn.ours / getattr(turn, name) for turn in turns)


if __name__ == "__main__":
    main()
