"""Print how pictures are shown: thumbnails a second, memory, the full view, and 100,000 rows opened and labeled.

usage: python -m benchmarks.viewer [--pictures N] [--scrolled N] [--rows N] [--steps N] [--side PX]
                                   [--only SECTION ...]

JPEG files with the spectrum of photographs, on a screen that is not there (Qt's "offscreen"). Each section
is a function that returns its figures; the caches and settings of the user are left alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from .machine import machine_text, private_places
from .reporting import aim_line, figure_line
from .viewer_full import looked_closely
from .viewer_labels import labeled
from .viewer_opening import opened
from .viewer_thumbnails import opened_twice, scrolled

Figures = dict[str, tuple[float, str]]  # what was measured -> (value, unit)
SECTIONS: dict[str, Callable[[argparse.Namespace, Path], Figures]] = {
    "thumbnails": opened_twice,
    "scrolling": scrolled,
    "full view": looked_closely,
    "opening": opened,
    "labels": labeled,
}
AIMS = {"until the first captions": 1.0, "first screen of thumbnails after that": 1.0, "longest stall": 50.0,
        "the interface stops": 50.0, "a label on all": 20.0}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1000, help="that are opened twice")
    parser.add_argument("--scrolled", type=int, default=5000, help="that are scrolled through")
    parser.add_argument("--rows", type=int, default=100_000, help="of the table that is opened")
    parser.add_argument("--steps", type=int, default=100, help="by wheel, by pages and by the bar, in that table")
    parser.add_argument("--side", type=int, default=10_000, help="of the large picture in the full view, in pixels")
    parser.add_argument("--only", choices=SECTIONS, nargs="+", default=list(SECTIONS), help="these sections alone")
    given = parser.parse_args()
    print(machine_text(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.update(private_places(Path(temporary, "home")), QT_QPA_PLATFORM="offscreen")
        for name, measure in SECTIONS.items():
            if name in given.only:
                print(f"{name}:", flush=True)
                for what, (value, unit) in measure(given, Path(temporary)).items():
                    aim = next((AIMS[start] for start in AIMS if what.startswith(start)), None)
                    line = figure_line(what, value, unit) if aim is None else aim_line(what, value, unit, at_most=aim)
                    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
