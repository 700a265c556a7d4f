"""Print how long the import of many small pictures takes: by this add-on, and by the older one.

usage: python -m benchmarks.imports [--images N] [--rounds N]

PNG files of 32 x 32 in 20 sub-folders; from the folder's name to the table. Rounds take turns, medians are printed. The
memory is that of the process at its peak, less what its imports take.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from .machine import machine_text, private_places
from .processes import Run, run_watched

HERE = Path(__file__).resolve().parent
OLDER_PYTHON = HERE.parent / "build" / "envs" / "older" / "bin" / "python"
FOLDERS = 20
AIM_S, AIM_MB = 2.0, 100.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{given.images} PNG files of 32 x 32, medians of {given.rounds} rounds; {machine_text()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "pictures")
        write_pngs(folder, given.images)
        environment = {**private_places(Path(temporary, "home")), "PYTHONPATH": "", "QT_QPA_PLATFORM": "offscreen"}
        programs = {"this add-on": sys.executable, "the older add-on": OLDER_PYTHON}
        runs: dict[str, list[Run]] = {name: [] for name, python in programs.items() if Path(python).exists()}
        for _ in range(given.rounds):
            for name, found in runs.items():
                found.append(run_watched((programs[name], HERE / "import_once.py", folder), environment))
    for name, found in runs.items():
        seconds, megabytes = (statistics.median(run.answer[key] for run in found) for key in ("seconds", "megabytes"))
        print(f"{name:18} {seconds:5.2f} s   {megabytes:5.0f} MB above its imports   "
              f"{found[0].answer['columns']:.0f} columns of metadata")
    print(f"aims: {AIM_S:.0f} s, {AIM_MB:.0f} MB")


def write_pngs(folder: Path, count: int) -> None:
    """Different small pictures, shared out among sub-folders."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"class {number % FOLDERS}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path)


if __name__ == "__main__":
    main()
