"""``orange-imaging embed``: every picture of a folder becomes a vector."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, replace
from pathlib import Path

from ..core.catalogue import find_network, network_names
from ..core.components import check_components, to_components
from ..core.cutting import cut_slides
from ..core.device import DEVICE_NAMES
from ..core.embed import embed
from ..core.embeddings import Embeddings
from ..core.errors import FolderError, WrongUse
from ..core.export import TABLE_ENDINGS, Exported, check_output, skipped_path, write_skipped, write_vectors
from ..core.folders import Scan, scan_folder
from ..core.found import Skipped
from ..core.memory import keep_freed_memory
from ..core.options import FITS, PRECISIONS, PRESETS, SCALES, VIEWS, Options, find_preset, parse_scales
from ..core.paths import escape_path, printable
from ..core.reading import Reading
from ..core.reading_notes import ReadingNotes
from ..core.recipe import check_choice
from ..core.store import Store
from ..core.weights import check_models, download_folder, require_weights, weights_path
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from .fetch import announce, fetch_one
from .parsing import Commands
from .reading import add_source, source_of
from .report import Report
from .source import Source


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "embed", help="turn every picture of a folder into a vector",
        description="Turn every picture of a folder and its sub-folders into a vector. Pictures "
                    "that cannot be read are named on stderr and in OUT.skipped.csv.")
    parser.add_argument("folder", metavar="FOLDER",
                        help="a folder or zip file of pictures; its sub-folders are categories")
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
    add_source(parser)
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
    options, source = _options(given), source_of(given)
    dimension = _check(given, options)
    keep_freed_memory()
    scan = _scan(given, source)
    reading = source.settled(scan)
    if given.components is not None:
        check_components(given.components, len(scan.images), dimension * len(reading.parts()))
    _fetch(given)
    started, notes = time.monotonic(), ReadingNotes()
    embeddings = _compute(given, options, scan, reading, notes)
    seconds = time.monotonic() - started
    skipped = _tell_skipped(scan, embeddings.skipped)
    for note in embeddings.notes:
        print(note, file=sys.stderr)
    if not len(embeddings.rows):
        raise _nothing_read(given.out, scan, skipped)
    if given.components is not None:
        embeddings = to_components(embeddings, given.components)
    _write(given, options, scan, source, reading, embeddings)
    report = Report(given.out, _taken(given, options, embeddings), embeddings, seconds,
                    notes.counts(embeddings.rows.tolist()), source.classes(scan, embeddings.rows), len(skipped),
                    write_skipped(given.out, skipped), source.notes(scan))
    print(report.to_json() if given.json else report.to_text())


def _check(given: argparse.Namespace, options: Options) -> int:
    """The length of a network's vectors. Raises WrongUse for what cannot be."""
    check_output(given.out)
    if given.models is not None:
        check_models(given.models)
    return check_choice(given.model, options, given.device)


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


def _scan(given: argparse.Namespace, source: Source) -> Scan:
    """The pictures of the folder. Raises FolderError: there is none that can be read."""
    with until_interrupted() as cancelled:
        scan = scan_folder(given.folder, only=source.only, reading=source.reading.reading, cancelled=cancelled,
                           probe=_is_table(given.out) or source.reading.is_each_channel,
                           channels=source.pattern if source.joins_channels else None)
        if source.tiles:
            scan = cut_slides(scan, source.tiles, cancelled=cancelled)
    if not scan.images:
        raise _nothing_read(given.out, scan, _tell_skipped(scan))
    _check_table(scan, source, given.out)
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


def _compute(given: argparse.Namespace, options: Options, scan: Scan, reading: Reading,
             notes: ReadingNotes) -> Embeddings:
    with (until_interrupted() as cancelled, ProgressBar("pictures") as progress,
          closing(Store()) if given.store else nullcontext() as store):
        return embed([image.path for image in scan.images], given.model, options=options, reading=reading,
                     device=given.device, models=given.models, store=store, on_progress=progress, on_batch=notes.add,
                     cancelled=cancelled)


def _check_table(scan: Scan, source: Source, out: Path) -> None:
    """Refuse names that the output cannot keep, before the work."""
    if out.suffix.lower() == ".tab":
        from ..tables.files import check_tab
        from ..tables.imports import Labels, images_table

        check_tab(images_table(scan, Labels(source.class_from, source.pattern)), out)


def _tell_skipped(scan: Scan, unread: Sequence[Skipped] = ()) -> list[tuple[str, str]]:
    """Name all that was left out; gives (path relative to the folder, reason)."""
    skipped = [(scan.name_of(one.path), one.reason) for one in (*scan.skipped, *unread)]
    for name, reason in skipped:
        print(f"{printable(name)}: skipped, {reason}", file=sys.stderr)
    return skipped


def _nothing_read(out: Path, scan: Scan, skipped: list[tuple[str, str]]) -> FolderError:
    """List the reasons; gives the error that says so. Vectors of an earlier run are left alone."""
    write_skipped(out, skipped)
    earlier = f" {escape_path(str(out))} is there still, from an earlier run." if out.exists() else ""
    none, reasons = ("its only picture cannot", "The reason is") if len(skipped) == 1 else (
        f"none of its {len(skipped):,} pictures can", "The reasons are")
    return FolderError(f"{escape_path(scan.folder)}: {none} be read. {reasons} in "
                       f"{escape_path(str(skipped_path(out)))}.{earlier}")


def _is_table(out: Path) -> bool:
    return out.suffix.lower() in TABLE_ENDINGS


def _write(given: argparse.Namespace, options: Options, scan: Scan, source: Source, reading: Reading,
           embeddings: Embeddings) -> None:
    if _is_table(given.out):
        from ..tables.columns import separate_channels
        from ..tables.computed_vectors import picture_vectors
        from ..tables.embeddings import embedded_table
        from ..tables.files import save_table
        from ..tables.imports import IMAGE_COLUMN, Labels, images_table

        table = images_table(scan, Labels(source.class_from, source.pattern), reading)
        column = table.domain[IMAGE_COLUMN]
        channels = () if given.components is not None else separate_channels(column)
        computed = picture_vectors(column, given.model, options, embeddings)
        save_table(embedded_table(table, embeddings, channels, computed), given.out)
        return
    images = [scan.images[row] for row in embeddings.rows]
    write_vectors(given.out, Exported(embeddings.vectors, [image.name for image in images],
                                      [source.category(image) for image in images], embeddings.identity))


def _taken(given: argparse.Namespace, options: Options, found: Embeddings) -> str:
    """Network, layers, and each option that is not as usual, such as ``views turns``."""
    usual, words = asdict(Options()), [given.model, "+".join(options.layers)]
    for name, value in options.record().items():
        if name != "layers" and value != usual[name]:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            words.append(name.replace("_", " ") if value is True else f"{name} {shown}")
    return ", ".join([*words, *([f"components {found.vectors.shape[1]}"] if given.components else [])])
