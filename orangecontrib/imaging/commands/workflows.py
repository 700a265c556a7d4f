"""``orange-imaging run`` and ``demo``: Orange workflows from the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import WorkflowError
from ..core.paths import escape_path
from .parsing import STOPPED, Commands


def add_run(commands: Commands) -> None:
    """Add the command ``run``."""
    parser = commands.add_parser(
        "run", help="run an Orange workflow without a screen",
        description="Run an Orange workflow without a screen, to its end. A workflow is a "
                    "program: run only those that come from somebody you trust.")
    parser.add_argument("flow", metavar="FLOW.ows", type=Path)
    parser.add_argument("--folder", type=Path, metavar="DIR",
                        help="pictures, in place of the folder of its Import Images")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="gets every table (CSV) and the widgets' pictures (PNG)")
    parser.add_argument("--trust", action="store_true",
                        help="open it even if it can run somebody's code on this computer")
    parser.set_defaults(command=run)


def add_demo(commands: Commands) -> None:
    """Add the command ``demo``."""
    parser = commands.add_parser(
        "demo", help="see sample pictures clustered",
        description="Run the Explore workflow on synthetic pictures; where there is a screen, "
                    "open it in Orange.")
    parser.add_argument("--out", type=Path, default=Path("orange-imaging-demo"), metavar="DIR",
                        help="pictures and results (default: %(default)s)")
    parser.set_defaults(command=demo)


def run(given: argparse.Namespace) -> None:
    """Run a workflow to its end."""
    _check_orange()
    from ..workflow import run_workflow

    with _ended_at_once():
        written = run_workflow(given.flow, folder=given.folder, out=given.out, trust=given.trust)
    for path in written:
        print(escape_path(str(path)))
    if given.out is None:
        print("The workflow ran to its end. Nothing was written: name a folder for the results with --out.")


def demo(given: argparse.Namespace) -> None:
    """Run the Explore workflow on synthetic pictures."""
    _check_orange()
    from ..workflow import demo as run_demo

    print("Drawing synthetic pictures and running the Explore workflow on them; this takes half a "
          "minute.", flush=True)
    with _ended_at_once():
        written = run_demo(given.out)
    for path in written:
        print(escape_path(str(path)))
    print("Look first at Hierarchical Clustering.png, a tree on which alike hangs together, and at MDS.png, a map on "
          "which alike lies close; both have a color for each class.")


def _check_orange() -> None:
    if find_spec("Orange") is None or not (find_spec("PyQt5") or find_spec("PyQt6")):
        raise WorkflowError("Workflows need Orange and Qt, which are not installed here. Install "
                            "them: pip install 'Orange3-Imaging[pyqt5]'")


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Let Ctrl+C end the process here: Python's own end waits for widgets' threads, or crashes."""
    try:
        yield
    except KeyboardInterrupt:
        print("orange-imaging: Stopped.", file=sys.stderr)
        os._exit(STOPPED)
