"""``orange-imaging embed``: every picture of a folder becomes a vector."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path

from ..core.components import check_components, to_components
from ..core.embed import embed
from ..core.embeddings import Embeddings
from ..core.errors import FolderError
from ..core.export import TABLE_ENDINGS, Exported, check_output, skipped_path, write_skipped, write_vectors
from ..core.folders import Scan
from ..core.found import Skipped
from ..core.memory import keep_freed_memory
from ..core.options import Options
from ..core.paths import escape_path, printable
from ..core.reading import Reading
from ..core.reading_notes import ReadingNotes
from ..core.store import Store
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from . import shards
from .listing import find_pictures
from .network import add_network, check_network, fetch_absent, options_of, taken_text
from .parsing import Commands
from .reading import add_source, source_of
from .report import Report
from .source import Source


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "embed", help="turn every picture of a folder into a vector",
        description="Turn every picture of a folder and its sub-folders, or of a list, into a vector. Pictures "
                    "that cannot be read are named on stderr and in OUT.skipped.csv.")
    parser.add_argument("source", metavar="FOLDER",
                        help="a folder or zip file of pictures; its sub-folders are categories. With shards also a "
                             "list (.txt, .csv, .parquet) or an address")
    parser.add_argument("-o", "--out", required=True,
                        help="file to write, by its ending: .npz, .parquet, .csv, or for an Orange "
                             "table .pkl and .tab (6 digits); one that is there is replaced. A folder, as OUT/: shards")
    parser.add_argument("--no-store", dest="store", action="store_false",
                        help="compute all anew, and keep nothing for the next time")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON, for programs")
    add_network(parser)
    add_source(parser)
    shards.add_options(parser)
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """Check all that can be checked, fetch weights that are not here, embed, write, and say what was done."""
    options, source = options_of(given), source_of(given)
    if shards.is_sharded(given):
        shards.run(given, options, source)
    else:
        given.out = Path(given.out)
        _run(given, options, source)


def _run(given: argparse.Namespace, options: Options, source: Source) -> None:
    """Into one file."""
    check_output(given.out)
    dimension = check_network(given, options)
    keep_freed_memory()
    scan = _scan(given, source)
    reading = source.settled(scan)
    if given.components is not None:
        check_components(given.components, len(scan.images), dimension * len(reading.parts()))
    fetch_absent(given)
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
    taken = taken_text(given.model, options, embeddings.vectors.shape[1] if given.components else 0)
    report = Report(given.out, taken, embeddings, seconds,
                    notes.counts(embeddings.rows.tolist()), source.classes(scan, embeddings.rows), len(skipped),
                    write_skipped(given.out, skipped), source.notes(scan))
    print(report.to_json() if given.json else report.to_text())


def _scan(given: argparse.Namespace, source: Source) -> Scan:
    """The pictures of the folder. Raises FolderError: there is none that can be read."""
    with until_interrupted() as cancelled:
        scan = find_pictures(given.source, source, cancelled,
                             probe=_is_table(given.out) or source.reading.is_each_channel)
    if not scan.images:
        raise _nothing_read(given.out, scan, _tell_skipped(scan))
    _check_table(scan, source, given.out)
    return scan


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


