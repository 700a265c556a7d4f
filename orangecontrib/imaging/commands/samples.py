"""``orange-imaging samples``: synthetic pictures to try things on."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core.paths import escape_path
from ..core.samples import SAMPLE_SETS, write_samples
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from .parsing import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "samples", help="draw synthetic sample pictures into a folder",
        description="Draw synthetic sample pictures: no microscope took them.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="made where it is missing")
    parser.add_argument("--set", dest="sets", action="append", metavar="SET",
                        help=f"{' or '.join(SAMPLE_SETS)} (default: all)")
    parser.add_argument("--per-class", type=int, metavar="N", help="pictures of each class")
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="other numbers give other pictures (default: %(default)s)")
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """Draw them."""
    with until_interrupted() as cancelled, ProgressBar("pictures") as progress:
        written = write_samples(given.folder, given.sets, given.per_class, given.seed,
                                on_progress=progress, cancelled=cancelled)
    print(f"{escape_path(str(given.folder))}: {len(written)} synthetic pictures.")
