"""Print how pictures are shown: thumbnails a second when opened first and again, memory, and the full view.

usage: python -m benchmarks.viewer [--pictures N] [--scrolled N]

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
from .reporting import figure_line
from .viewer_full import looked_closely
from .viewer_thumbnails import opened_twice, scrolled

Figures = dict[str, tuple[float, str]]  # what was measured -> (value, unit)
SECTIONS: dict[str, Callable[[argparse.Namespace, Path], Figures]] = {
    "thumbnails": opened_twice,
    "scrolling": scrolled,
    "full view": looked_closely,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1000, help="that are opened twice")
    parser.add_argument("--scrolled", type=int, default=5000, help="that are scrolled through")
    parser.add_argument("--only", choices=SECTIONS, help="this section alone")
    given = parser.parse_args()
    print(machine_text(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.update(private_places(Path(temporary, "home")), QT_QPA_PLATFORM="offscreen")
        for name, measure in SECTIONS.items():
            if given.only in (None, name):
                print(f"{name}:", flush=True)
                for what, (value, unit) in measure(given, Path(temporary)).items():
                    print(f"  {figure_line(what, value, unit)}", flush=True)


if __name__ == "__main__":
    main()
