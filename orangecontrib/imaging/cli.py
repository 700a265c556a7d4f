"""The command ``orange-imaging``: embed, models, samples, run, demo.

Exit codes: 0 done (skipped pictures allowed), 1 failed, 2 wrong use or no readable picture,
130 stopped by the user; each but the first with one sentence on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import NoReturn

from . import __version__
from .core.cards import PENULTIMATE, find_card, network_cards
from .core.device import DEVICE_NAMES
from .core.embed import Embeddings, embed
from .core.errors import Cancelled, FolderError, ImagingError, WorkflowError, WrongUse
from .core.export import TABLE_ENDINGS, Exported, check_output, write_skipped, write_vectors
from .core.folders import Scan, others_text, scan_folder
from .core.memory import keep_freed_memory
from .core.paths import escape_path
from .core.samples import SAMPLE_SETS, write_samples
from .core.store import Store
from .core.weights import weights_path
from .progress import ProgressBar

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code.

    Args:
        arguments: what follows ``orange-imaging`` on the line; None: those of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal in Latin-1 must not break a Greek name
            stream.reconfigure(errors="backslashreplace")
    given = _parser().parse_args(arguments)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn their programmers; users of this command can do nothing
    try:
        given.command(given)
        sys.stdout.flush()
        return DONE
    except (Cancelled, KeyboardInterrupt) as error:
        return _end(STOPPED, str(error) or "Stopped.")
    except WrongUse as error:
        return _end(WRONG_USE, str(error))
    except ImagingError as error:
        return _end(FAILED, str(error))
    except BrokenPipeError:  # `orange-imaging models | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sentence = message[:1].upper() + message[1:]
        sys.exit(_end(WRONG_USE, f"{sentence}. See: {self.prog} --help"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="orange-imaging",
        description="From a folder of pictures to vectors, tables and finished workflows. "
                    "Pictures never leave this machine.",
        epilog="Exit codes: 0 done (skipped pictures allowed), 1 failed, 2 wrong use or no "
               "readable picture, 130 stopped.")
    parser.add_argument("--version", action="version", version=f"orange-imaging {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_embed(commands)
    _add_models(commands)
    _add_samples(commands)
    _add_run(commands)
    _add_demo(commands)
    return parser


_Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_embed(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "embed", help="turn every picture of a folder into a vector",
        description="Turn every picture of a folder and its sub-folders into a vector. Pictures "
                    "that cannot be read are named on stderr and in OUT.skipped.csv.")
    parser.add_argument("folder", metavar="FOLDER", help="pictures; sub-folders are categories")
    parser.add_argument("-m", "--model", default="squeezenet", metavar="NETWORK",
                        help="see 'orange-imaging models' (default: %(default)s)")
    parser.add_argument("--layer", default=PENULTIMATE, help="(default: %(default)s)")
    parser.add_argument("-o", "--out", required=True, type=Path,
                        help="file to write, by its ending: .npz, .parquet, .csv, or for an Orange "
                             "table .pkl and .tab (6 digits); one that is there is replaced")
    parser.add_argument("--device", default="auto", metavar="DEVICE",
                        help=f"{', '.join(DEVICE_NAMES)} (default: %(default)s)")
    parser.add_argument("--no-store", dest="store", action="store_false",
                        help="compute all anew, and keep nothing for the next time")
    parser.set_defaults(command=_embed)


def _add_models(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("models", help="list the networks")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(command=_models)


def _add_samples(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "samples", help="draw synthetic sample pictures into a folder",
        description="Draw synthetic sample pictures: no microscope took them.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="made where it is missing")
    parser.add_argument("--set", dest="sets", action="append", metavar="SET",
                        help=f"{' or '.join(SAMPLE_SETS)} (default: all)")
    parser.add_argument("--per-class", type=int, metavar="N", help="pictures of each class")
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="other numbers give other pictures (default: %(default)s)")
    parser.set_defaults(command=_samples)


def _add_run(commands: _Commands[_Parser]) -> None:
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
    parser.set_defaults(command=_run)


def _add_demo(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "demo", help="see sample pictures clustered",
        description="Run the Explore workflow on synthetic pictures; where there is a screen, "
                    "open it in Orange.")
    parser.add_argument("--out", type=Path, default=Path("orange-imaging-demo"), metavar="DIR",
                        help="pictures and results (default: %(default)s)")
    parser.set_defaults(command=_demo)


def _embed(given: argparse.Namespace) -> None:
    find_card(given.model).layer(given.layer)
    check_output(given.out)
    is_table = given.out.suffix.lower() in TABLE_ENDINGS
    keep_freed_memory()
    started = time.monotonic()
    scan, embeddings = _compute(given, probe=is_table)
    seconds = time.monotonic() - started
    skipped = _name_skipped(scan, embeddings)
    for line in (*(f"{_printable(name)}: skipped, {reason}" for name, reason in skipped),
                 *embeddings.notes):
        _say(line)
    if not len(embeddings.rows):
        raise FolderError(f"{escape_path(scan.folder)}: none of its {len(skipped)} pictures can be "
                          "read. The reasons are above.")
    _write(given.out, scan, embeddings, is_table)
    listed = write_skipped(given.out, skipped)
    print(f"{escape_path(str(given.out))}: {len(embeddings.rows)} vectors of "
          f"{embeddings.vectors.shape[1]} numbers ({given.model}, {given.layer}).")
    print(f"{embeddings.device}; {seconds:.1f} s; {embeddings.computed} computed, "
          f"{len(embeddings.rows) - embeddings.computed} from the store.")
    if listed:
        print(f"{len(skipped)} skipped; the reasons are in {escape_path(str(listed))}.")
    if scan.others:
        print(f"{others_text(scan.others)}.")


def _compute(given: argparse.Namespace, probe: bool) -> tuple[Scan, Embeddings]:
    with _until_interrupted() as cancelled, ProgressBar("pictures") as progress:
        scan = scan_folder(given.folder, probe=probe, cancelled=cancelled)
        _check_table(scan, given.out)
        store = Store() if given.store else None
        embeddings = embed([image.path for image in scan.images], given.model, layer=given.layer,
                           device=given.device, store=store, on_progress=progress,
                           cancelled=cancelled)
        if store:
            store.close()
    return scan, embeddings


def _check_table(scan: Scan, out: Path) -> None:
    """Refuse names that the output cannot keep, before the work."""
    if out.suffix.lower() == ".tab":
        from .tables.files import check_tab
        from .tables.imports import images_table

        check_tab(images_table(scan), out)


def _name_skipped(scan: Scan, embeddings: Embeddings) -> list[tuple[str, str]]:
    """(path relative to the folder, reason) of all that was left out."""
    return [(os.path.relpath(one.path, scan.folder).replace(os.sep, "/"), one.reason)
            for one in (*scan.skipped, *embeddings.skipped)]


def _write(out: Path, scan: Scan, embeddings: Embeddings, is_table: bool) -> None:
    if is_table:
        from .tables.embeddings import embedded_table
        from .tables.files import save_table
        from .tables.imports import images_table

        save_table(embedded_table(images_table(scan), embeddings), out)
        return
    images = [scan.images[row] for row in embeddings.rows]
    write_vectors(out, Exported(embeddings.vectors, [image.name for image in images],
                                [image.category for image in images], embeddings.identity))


def _models(given: argparse.Namespace) -> None:
    cards = network_cards()
    rows = [{"name": card.name, "title": card.title, "advice": card.advice,
             "dimension": card.layer(PENULTIMATE).dimension,
             "layers": [layer.name for layer in card.layers],
             "dimensions": {layer.name: layer.dimension for layer in card.layers},
             "available": weights_path(card) is not None} for card in cards]
    if given.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row, card in zip(rows, cards):
        layers = ", ".join(f"{layer.name} ({layer.dimension})" for layer in card.layers)
        print(f"{card.name}: {card.title}. {card.advice}\n"
              f"    layers: {layers}\n"
              f"    weights: {'on this machine' if row['available'] else 'not installed'}")


def _samples(given: argparse.Namespace) -> None:
    with _until_interrupted() as cancelled, ProgressBar("pictures") as progress:
        written = write_samples(given.folder, given.sets, given.per_class, given.seed,
                                on_progress=progress, cancelled=cancelled)
    print(f"{escape_path(str(given.folder))}: {len(written)} synthetic pictures.")


def _run(given: argparse.Namespace) -> None:
    _check_orange()
    from .workflow import run_workflow

    with _ended_at_once():
        written = run_workflow(given.flow, folder=given.folder, out=given.out, trust=given.trust)
    for path in written:
        print(escape_path(str(path)))
    if given.out is None:
        print("The workflow ran to its end. Nothing was written: name a folder for the results with --out.")


def _demo(given: argparse.Namespace) -> None:
    _check_orange()
    from .workflow import demo

    print("Drawing synthetic pictures and running the Explore workflow on them; this takes half a "
          "minute.", flush=True)
    with _ended_at_once():
        written = demo(given.out)
    for path in written:
        print(escape_path(str(path)))
    print("Look first at Hierarchical Clustering.png, a tree on which alike hangs together, and at MDS.png, a map on "
          "which alike lies close; both have a colour for each class.")


def _check_orange() -> None:
    if find_spec("Orange") is None or not (find_spec("PyQt5") or find_spec("PyQt6")):
        raise WorkflowError("Workflows need Orange and Qt, which are not installed here. Install "
                            "them: pip install 'Orange3-Imaging[pyqt5]'")


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Tell whether the user pressed Ctrl+C: what is under way is finished; a second one ends it."""
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        """Remember the first Ctrl+C."""
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Let Ctrl+C end the process here: Python's own end waits for widgets' threads, or crashes."""
    try:
        yield
    except KeyboardInterrupt:
        _end(STOPPED, "Stopped.")
        os._exit(STOPPED)


def _printable(name: str) -> str:
    """A name in one line, whatever letters it holds."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1]
                   for letter in escape_path(name))


def _end(code: int, sentence: str) -> int:
    _say(f"orange-imaging: {sentence}")
    return code


def _say(line: str) -> None:
    print(line, file=sys.stderr)
