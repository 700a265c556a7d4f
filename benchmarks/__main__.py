"""Print how fast pictures become vectors: by this add-on, by what the machine allows, and by the older add-on.

usage: python -m benchmarks [--images N] [--rounds N]

SqueezeNet's penultimate layer on JPEG files of 640 x 480 that are made for it. Rounds take turns, medians are printed.
Cold: no picture is known yet; the program and its network have been loaded. Warm: all are known from before.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from .machine import SOURCE, YARDSTICK, machine_text, private_places
from .pictures import write_jpegs
from .processes import Run, run_watched

HERE = Path(__file__).resolve().parent
OLDER_PYTHON = SOURCE / "build" / "envs" / "older" / "bin" / "python"
AIM_OF_LIMIT, AIM_OF_OLDER, AIM_WARM = 0.70, 6.0, 20.0


@dataclass(frozen=True)
class Round:
    """One turn of all; None where a program is not here."""

    ours: Run
    limit: Run | None
    older: Run | None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{given.images} JPEG files of 640 x 480, medians of {given.rounds} rounds; {machine_text()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "pictures")
        folder.mkdir()
        write_jpegs(folder, given.images)
        Image.new("RGB", (640, 480), "teal").save(folder / "start.png")
        rounds = [_measure(folder, Path(temporary, f"home{number}")) for number in range(given.rounds)]
    _report(rounds, given.images)


def _measure(folder: Path, home: Path) -> Round:
    environment = {**private_places(home), "PYTHONPATH": ""}  # the older add-on is to see its own code only
    ours = run_watched((sys.executable, HERE / "ours.py", folder), environment)
    limit = older = None
    if YARDSTICK.exists():
        limit = run_watched((sys.executable, YARDSTICK, folder, "--rounds", "1"), environment)
    if OLDER_PYTHON.exists():
        older = run_watched((OLDER_PYTHON, HERE / "older.py", folder), environment)
    return Round(ours, limit, older)


def _report(rounds: list[Round], images: int) -> None:
    ours = [one.ours for one in rounds]
    cold, warm = _rate(ours, "cold", images), _rate(ours, "warm", images)
    _line("this add-on, cold", cold, f"after {_median(ours, 'start'):.1f} s to start its engine with one picture")
    _line("this add-on, warm", warm)
    _aim("warm, times cold", warm / cold, AIM_WARM)
    _report_memory(ours)
    if limits := [one.limit for one in rounds if one.limit]:
        _report_limit(limits, cold)
    else:
        print(f"The machine's limit was not measured: {YARDSTICK.name} is not here.")
    if older := [one.older for one in rounds if one.older]:
        _report_older(older, images, cold)
    else:
        print("The older add-on was not measured: `make bench` installs it.")


def _report_limit(limits: list[Run], cold: float) -> None:
    limit = _median(limits, "limit")
    _line("limit of this machine", limit,
          f"a core decodes {_median(limits, 'decode'):.0f} and runs {_median(limits, 'forward'):.0f} images/s")
    _line("naive loop, torch", _median(limits, "naive"))
    _aim("cold, share of the limit", cold / limit, AIM_OF_LIMIT)


def _report_older(older: list[Run], images: int, cold: float) -> None:
    _line("older add-on, cold", _rate(older, "cold", images), "its local SqueezeNet")
    _line("older add-on, warm", _rate(older, "warm", images))
    _report_memory(older)
    _aim("cold, times the older add-on", cold / _rate(older, "cold", images), AIM_OF_OLDER)


def _report_memory(runs: list[Run]) -> None:
    print(f"{'peak memory of its processes':32}{statistics.median(run.peak_bytes for run in runs) / 2**20:10.0f} MB")


def _line(what: str, rate: float, remark: str = "") -> None:
    print(f"{what:32}{rate:10.0f} images/s  {remark}".rstrip())


def _aim(what: str, value: float, aim: float) -> None:
    print(f"{what:32}{value:10.2f}           aim: {aim:g}, {'met' if value >= aim else 'MISSED'}")


def _median(runs: list[Run], name: str) -> float:
    return statistics.median(run.answer[name] for run in runs)


def _rate(runs: list[Run], name: str, images: int) -> float:
    return images / _median(runs, name)


if __name__ == "__main__":
    main()
