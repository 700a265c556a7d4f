"""Print what our patches for Orange change: seconds with the installed Orange and with a patched copy of it, in turns.

usage: python -m benchmarks.upstream [--rows N] [--columns N] [--folds N] [--pairs N] [--rounds N]

The patches are those of doc/upstream; the copy lies in a temporary folder, the installed Orange is left as it is. Each
round starts a process with the one and a process with the other, with one thread for linear algebra. Seconds are those
of the processor, which a busy neighbor changes least. Results must be equal, to the last bit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from .machine import SOURCE, load_average, machine_text, private_places
from .reporting import figure_line

PATCHES = SOURCE / "doc" / "upstream"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000, help="of the cross-validation")
    parser.add_argument("--columns", type=int, default=2048, help="of the cross-validation")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=5000, help="rows that are compared with each other")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sizes = [str(size) for size in (given.rows, given.columns, given.folds, given.pairs)]
    print(f"medians of {given.rounds} rounds; {machine_text()}; load {load_average()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        copy = patched_copy(Path(temporary, "patched"))
        environment = private_places(Path(temporary, "home")) | {"OPENBLAS_NUM_THREADS": "1"}
        ways = {"as it is": str(SOURCE), "patched": os.pathsep.join((str(copy), str(SOURCE)))}
        rounds = [{way: measured(environment | {"PYTHONPATH": path}, sizes) for way, path in ways.items()}
                  for _ in range(given.rounds)]
    report(rounds)


def installed_orange() -> Path:
    """The folder that holds the package Orange."""
    return Path(find_spec("Orange").origin).parent.parent


def apply_patch(patch: Path, folder: Path, *options: str) -> None:
    """Apply a patch to the package Orange in `folder`, or with ``--check`` only see whether it applies."""
    subprocess.run(["git", "apply", *options, str(patch)], cwd=folder, check=True,
                   env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)})


def patched_copy(folder: Path) -> Path:
    """A copy of the installed Orange in `folder`, with all patches."""
    shutil.copytree(installed_orange() / "Orange", folder / "Orange", ignore=shutil.ignore_patterns("__pycache__"))
    for patch in sorted(PATCHES.glob("*.patch")):
        apply_patch(patch, folder)
    return folder


def measured(environment: dict[str, str], sizes: list[str]) -> dict[str, dict[str, float]]:
    """What one process finds: seconds, and results to compare."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.upstream_run", *sizes]
    printed = subprocess.run(command, env=environment, cwd=SOURCE, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(printed.stdout.splitlines()[-1])


def report(rounds: list[dict[str, dict[str, dict[str, float]]]]) -> None:
    """Print medians of both ways, and the median of the ratios within rounds. Raises SystemExit if results differ."""
    results = [way["results"] for one in rounds for way in one.values()]
    if any(one != results[0] for one in results):
        raise SystemExit(f"The results differ, this is no measurement: {results}")
    for what in rounds[0]["as it is"]["seconds"]:
        before, after = ([one[way]["seconds"][what] for one in rounds] for way in ("as it is", "patched"))
        print(figure_line(f"{what}, as it is", statistics.median(before), "s"))
        print(figure_line(f"{what}, patched", statistics.median(after), "s"))
        ratio = statistics.median(old / new for old, new in zip(before, after, strict=True))
        print(figure_line(f"{what}, times as fast", ratio, ""), flush=True)


if __name__ == "__main__":
    main()
