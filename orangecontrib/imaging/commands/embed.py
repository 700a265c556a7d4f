"""``orange-imaging embed``: every picture of a folder becomes a vector."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import closing, nullcontext
from dataclasses import asdict, replace
from pathlib import Path

from ..core.catalogue import find_network, network_names
from ..core.components import check_components, to_components
from ..core.device import DEVICE_NAMES
from ..core.embed import check_choice, embed
from ..core.embeddings import Embeddings
from ..core.errors import FolderError, WrongUse
from ..core.export import TABLE_ENDINGS, Exported, check_output, write_skipped, write_vectors
from ..core.folders import Scan, others_text, scan_folder
from ..core.memory import keep_freed_memory
from ..core.options import FITS, PRECISIONS, PRESETS, SCALES, VIEWS, Options, find_preset, parse_scales
from ..core.paths import escape_path
from ..core.store import Store
from ..core.weights import check_models, download_folder, require_weights, weights_path
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from .fetch import announce, fetch_one
from .parsing import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "embed", help="turn every picture of a folder into a vector",
        description="Turn every picture of a folder and its sub-folders into a vector. Pictures "
                    "that cannot be read are named on stderr and in OUT.skipped.csv.")
    parser.add_argument("folder", metavar="FOLDER", help="pictures; sub-folders are categories")
    parser.add_argument("-o", "--out", required=True, type=Path,
                        help="file to write, by its ending: .npz, .parquet, .csv, or for an Orange "
                             "table .pkl and .tab (6 digits); one that is there is replaced")
    parser.add_argument("-m", "--model", default="squeezenet", metavar="NETWORK",
                        help="see 'orange-imaging models', or a file of your own; several joined by + give their "
                             "vectors side by side (default: %(default)s)")
    parser.add_argument("--models", metavar="DIR", help="a folder of weights files, looked into first")
    parser.add_argument("--device", default="auto", metavar="DEVICE",
                        help=f"{', '.join(DEVICE_NAMES)} (default: %(default)s)")
    parser.add_argument("--no-store", dest="store", action="store_false",
                        help="compute all anew, and keep nothing for the next time")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON, for programs")
    _add_options(parser)
    parser.set_defaults(command=run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is taken, of which views")
    group.add_argument("--preset", choices=PRESETS, help="named options; those below change them")
    group.add_argument("--layer", metavar="LAYER[+LAYER…]", help="side by side in the vector (default: penultimate)")
    group.add_argument("--fit", choices=FITS, help="how a picture becomes the network's square (default: stretch)")
    group.add_argument("--views", choices=VIEWS, help="the vector is averaged over them (default: one)")
    group.add_argument("--scales", metavar="PX,PX…", help="of the shorter side, for --fit dense "
                                                          f"(default: {','.join(map(str, SCALES))})")
    group.add_argument("--joined", choices=("stack", "average"), help="vectors of the scales (default: stack)")
    group.add_argument("--unit-length", action="store_true", default=None, help="divide vectors by their length")
    group.add_argument("--components", type=int, metavar="K", help="keep K principal components, fitted on all")
    group.add_argument("--precision", choices=PRECISIONS, help="others are faster on some devices, and less exact "
                                                               "(default: fp32)")


def run(given: argparse.Namespace) -> None:
    """Check all that can be checked, fetch weights that are not here, embed, write, and say what was done."""
    options = _options(given)
    check_output(given.out)
    if given.models is not None:
        check_models(given.models)
    dimension = check_choice(given.model, options, given.device)
    is_table = given.out.suffix.lower() in TABLE_ENDINGS
    keep_freed_memory()
    scan = _scan(given, probe=is_table)
    if given.components is not None:
        check_components(given.components, len(scan.images), dimension)
    _fetch(given)
    started = time.monotonic()
    embeddings = _compute(given, options, scan)
    seconds = time.monotonic() - started
    skipped = _name_skipped(scan, embeddings)
    for line in (*(f"{_printable(name)}: skipped, {reason}" for name, reason in skipped), *embeddings.notes):
        print(line, file=sys.stderr)
    if not len(embeddings.rows):
        raise FolderError(f"{escape_path(scan.folder)}: none of its {len(skipped)} pictures can be "
                          "read. The reasons are above.")
    if given.components is not None:
        embeddings = to_components(embeddings, given.components)
    _write(given.out, scan, embeddings, is_table)
    listed = write_skipped(given.out, skipped)
    _tell(given, options, embeddings, seconds, scan, len(skipped), listed)


def _options(given: argparse.Namespace) -> Options:
    """The preset, changed by what else was given. Raises WrongUse for what cannot be."""
    card = find_network(network_names(given.model)[0])
    changes = {name: getattr(given, name) for name in ("fit", "views", "joined", "unit_length", "precision")
               if getattr(given, name) is not None}
    if given.layer is not None:
        changes["layers"] = tuple(given.layer.split("+"))
    if given.scales is not None:
        changes["scales"] = parse_scales(given.scales)
    options = replace(find_preset(given.preset or "paper", card), **changes)
    if (given.scales is not None or given.joined) and options.fit != "dense":
        raise WrongUse("Scales are for pictures that are seen densely. Add --fit dense.")
    return options


def _scan(given: argparse.Namespace, probe: bool) -> Scan:
    with until_interrupted() as cancelled:
        scan = scan_folder(given.folder, probe=probe, cancelled=cancelled)
    _check_table(scan, given.out)
    return scan


def _fetch(given: argparse.Namespace) -> None:
    """Download weights that are not here; say so first. Raises WeightsMissing: some cannot be downloaded."""
    cards = [find_network(name) for name in network_names(given.model)]
    for card in cards:
        if not card.weights.url:
            require_weights(card, given.models)
    absent = [card for card in cards if not weights_path(card, given.models)]
    if absent:
        check_models(given.models)
        announce(absent, download_folder(given.models), stream=sys.stderr)
        with until_interrupted() as cancelled:
            for card in absent:
                fetch_one(card, download_folder(given.models), cancelled)


def _compute(given: argparse.Namespace, options: Options, scan: Scan) -> Embeddings:
    with (until_interrupted() as cancelled, ProgressBar("pictures") as progress,
          closing(Store()) if given.store else nullcontext() as store):
        return embed([image.path for image in scan.images], given.model, options=options, device=given.device,
                     models=given.models, store=store, on_progress=progress, cancelled=cancelled)


def _check_table(scan: Scan, out: Path) -> None:
    """Refuse names that the output cannot keep, before the work."""
    if out.suffix.lower() == ".tab":
        from ..tables.files import check_tab
        from ..tables.imports import images_table

        check_tab(images_table(scan), out)


def _name_skipped(scan: Scan, embeddings: Embeddings) -> list[tuple[str, str]]:
    """(path relative to the folder, reason) of all that was left out."""
    return [(os.path.relpath(one.path, scan.folder).replace(os.sep, "/"), one.reason)
            for one in (*scan.skipped, *embeddings.skipped)]


def _write(out: Path, scan: Scan, embeddings: Embeddings, is_table: bool) -> None:
    if is_table:
        from ..tables.embeddings import embedded_table
        from ..tables.files import save_table
        from ..tables.imports import images_table

        save_table(embedded_table(images_table(scan), embeddings), out)
        return
    images = [scan.images[row] for row in embeddings.rows]
    write_vectors(out, Exported(embeddings.vectors, [image.name for image in images],
                                [image.category for image in images], embeddings.identity))


def _tell(given: argparse.Namespace, options: Options, found: Embeddings, seconds: float, scan: Scan, skipped: int,
          listed: Path | None) -> None:
    count, dimension = found.vectors.shape
    if given.json:
        print(json.dumps({
            "out": str(given.out), "vectors": count, "dimension": dimension, "skipped": skipped,
            "computed": found.computed, "seconds": round(seconds, 3), "device": found.device, "why": found.why,
            "identity": json.loads(found.identity)}, indent=2))
        return
    taken = ", ".join([given.model, *_words(options), *([f"components {dimension}"] if given.components else [])])
    print(f"{escape_path(str(given.out))}: {count} vectors of {dimension} numbers ({taken}).")
    print(f"{found.device}; {seconds:.1f} s; {found.computed} computed, {count - found.computed} from the store.")
    if found.why:
        print(f"{found.why}.")
    if listed:
        print(f"{skipped} skipped; the reasons are in {escape_path(str(listed))}.")
    if scan.others:
        print(f"{others_text(scan.others)}.")


def _words(options: Options) -> list[str]:
    """Layers, and each option that is not as usual, such as ``views turns``."""
    usual, words = asdict(Options()), ["+".join(options.layers)]
    for name, value in options.record().items():
        if name != "layers" and value != usual[name]:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            words.append(name.replace("_", " ") if value is True else f"{name} {shown}")
    return words


def _printable(name: str) -> str:
    """A name in one line, whatever letters it holds."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1]
                   for letter in escape_path(name))
