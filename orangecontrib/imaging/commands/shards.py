"""``orange-imaging embed SOURCE -o OUT/``: vectors in shards, all of them or the part of one machine of many."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ..core.catalogue import find_network, network_names
from ..core.device import Device
from ..core.errors import Cancelled, FolderError, ImagingError, OutputError, WrongUse
from ..core.export import ENDINGS
from ..core.memory import keep_freed_memory
from ..core.options import Options
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.recipe import device_for
from ..core.shards.files import Record, missing_shards
from ..core.shards.job import Job
from ..core.shards.listing import Listing
from ..core.shards.manifest import MANIFEST, Manifest, begin, finish, plan, read_manifest
from ..core.shards.running import run_shards
from ..core.space import NO_DRIVE
from ..interrupt import until_interrupted
from ..progress import ProgressBar
from .cluster import add_option, check_cluster, check_scheduler, device_of, run_by_scheduler
from .listing import Pictures, is_folder, known_reading, list_pictures, settled_reading
from .network import check_network, fetch_absent, taken_text
from .shard_plan import ShardPlan, is_of
from .shard_report import ShardReport, tell_skipped
from .source import Source

_USUAL_SIZE = 2000
_PART = re.compile("([0-9]+)/([0-9]+)")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("in shards, for very many pictures and for clusters (-o OUT/)")
    group.add_argument("--shard-size", type=int, metavar="N", help=f"pictures a shard (default: {_USUAL_SIZE})")
    group.add_argument("--shard", metavar="I/N", help="only part I of N, from 1, as in a Slurm job array: "
                                                      "$SLURM_ARRAY_TASK_ID/8 with --array=1-8")
    group.add_argument("--plan", action="store_true", help="say how much is to be done, and do nothing")
    group.add_argument("--urls", action="store_true",
                       help="also pictures at addresses (s3://, gs://, http://, https://), which are called")
    add_option(group)


def is_sharded(given: argparse.Namespace) -> bool:
    """Whether vectors go into a folder of shards. Raises WrongUse: a list or an address with a file for the vectors."""
    asked = given.shard_size is not None or given.shard is not None or given.plan or given.urls
    asked = asked or given.scheduler is not None
    if asked or given.out.endswith(("/", os.sep)) or os.path.isdir(given.out):
        return True
    if not is_folder(given.source):
        raise WrongUse(f"{escape_path(given.source)}: lists and addresses are embedded into a folder of shards. "
                       f"{_instead(given.out)}")
    return False


def run(given: argparse.Namespace, options: Options, source: Source) -> None:
    """Check all that can be checked, begin or join the run in this folder, embed, and say what was done.

    Raises:
        WrongUse: the options do not go together, or the folder holds shards of another run.
        FolderError: there is no picture, or none can be read.
        Cancelled: Ctrl+C; finished shards stay.
    """
    out, part = Path(given.out), _part(given.shard)
    _check(given)
    device = device_of(given, options.precision)
    dimension = check_network(given, options, device)
    keep_freed_memory()
    begun = read_manifest(out) if os.path.lexists(out / MANIFEST) else None
    if begun is None and not given.plan:
        check_cluster(given)
    pictures = list_pictures(given.source, source, given.urls)
    size = given.shard_size or (begun.shard_size if begun else _USUAL_SIZE)
    for note in pictures.listing.notes:
        print(note, file=sys.stderr)
    if given.plan:
        planned = ShardPlan(out, pictures.listing, size, dimension * len(source.reading.reading.parts()), begun,
                            given.model, options, part, known_reading(pictures, source))
        print(planned.to_json() if given.json else planned.to_text())
        return
    job = _job(given, options, source, pictures, begun)
    manifest, joined = begin(out, plan(pictures.listing, job, size, source.reading.settled, device))
    notes = list(source.notes(pictures.scan)) if pictures.scan else []
    job, listing, device = replace(job, identity=manifest.identity), pictures.listing, _first(given, options, device)
    del pictures  # what was found of millions of files takes a GB
    started = time.monotonic()
    with _kept(out, manifest):
        if given.scheduler is None:
            records = _compute(out, manifest, listing, job, part, joined, notes)
        else:
            records, title = _compute_on_cluster(given.scheduler, out, manifest, listing, job)
            device = replace(device, title=title, why="", remedy="")
    seconds = time.monotonic() - started
    _tell(given, ShardReport(out, taken_text(given.model, options), finish(out), len(records), seconds, device, part,
                             tuple(notes)), records)


def _job(given: argparse.Namespace, options: Options, source: Source, pictures: Pictures,
         begun: Manifest | None) -> Job:
    """How the pictures become vectors; weights are fetched, and it is told what was taken from the run that is joined.

    Raises:
        WrongUse: the pictures have no range in common.
        WeightsMissing: some weights cannot be downloaded.
        Cancelled: Ctrl+C.
    """
    reading = settled_reading(pictures, source, begun, given.source)
    if begun and source.reading.is_folder_range and reading == Reading(**begun.reading):
        print(f"One range of contrast for all, as the run found it that began here: {_ranges_text(reading)}.",
              file=sys.stderr)
    fetch_absent(given)
    return Job(given.model, options, reading, given.device, models=given.models, reads_addresses=given.urls)


def _first(given: argparse.Namespace, options: Options, device: Device) -> Device:
    """The one that the first network runs on."""
    return device_for(find_network(network_names(given.model)[0]), options, device)


def _compute(out: Path, manifest: Manifest, listing: Listing, job: Job, part: tuple[int, int] | None, joined: bool,
             notes: list[str]) -> list[Record]:
    """Embed the shards of this part that are missing; their records. `notes` takes sentences for the user."""
    numbers = [number for number in missing_shards(out, manifest) if is_of(number, part)]
    records: list[Record] = []
    with until_interrupted() as cancelled, ProgressBar("pictures") as progress:
        run_shards(out, manifest, listing, job, numbers, joined=joined and part is None, on_progress=progress,
                   cancelled=cancelled, on_shard=records.append, on_note=notes.append)
    return records


def _compute_on_cluster(scheduler: str, out: Path, manifest: Manifest, listing: Listing,
                        job: Job) -> tuple[list[Record], str]:
    """Have the missing shards embedded by a cluster; their records, and its title."""
    numbers, records = missing_shards(out, manifest), list[Record]()
    if not numbers:
        return records, "No worker was needed"
    with until_interrupted() as cancelled:
        title = run_by_scheduler(scheduler, out, manifest, listing, job, numbers, cancelled, records.append)
    return records, title


@contextmanager
def _kept(out: Path, manifest: Manifest) -> Iterator[None]:
    """Where the work ends before all is done, the manifest tells what is, and the user that it stays.

    Raises:
        Cancelled, OutputError: as the block does, with how to go on.
        ImagingError: what else the block raises.
    """
    try:
        yield
    except ImagingError as error:
        with suppress(ImagingError):  # a disk that is full, or a folder that is gone, is told already
            finish(out)
        if not isinstance(error, Cancelled | OutputError):
            raise
        done = manifest.shards - len(missing_shards(out, manifest))
        what = "The embedding was cancelled." if isinstance(error, Cancelled) else str(error)
        raise type(error)(f"{what} {done:,} of {manifest.shards:,} shards are done and stay; run the same line again "
                          "to go on.") from error


def _tell(given: argparse.Namespace, report: ShardReport, records: Sequence[Record]) -> None:
    """Name skipped pictures, and say what was done. Raises FolderError: no picture could be read."""
    tell_skipped(report.out, records)
    manifest = report.manifest
    if manifest.is_complete and not manifest.vectors:
        raise FolderError(f"{escape_path(given.source)}: none of its {manifest.pictures:,} pictures can be read. The "
                          f"reasons are in {escape_path(str(report.out))}, in skipped-*.parquet.")
    print(report.to_json() if given.json else report.to_text())


def _ranges_text(reading: Reading) -> str:
    return ", ".join(f"{low:g}–{high:g}" for low, high in reading.ranges)


def _part(text: str | None) -> tuple[int, int] | None:
    """(I, N) of ``I/N``. Raises WrongUse."""
    if text is None:
        return None
    found = _PART.fullmatch(text)
    part, parts = map(int, found.groups()) if found else (0, 0)
    if 1 <= part <= parts:
        return part, parts
    shown = parts or 8
    raise WrongUse(f"--shard {text}: parts are counted from 1, as 1/{shown} to {shown}/{shown}. In a Slurm job array "
                   f"write --array=1-{shown} and --shard $SLURM_ARRAY_TASK_ID/{shown}.")


def _check(given: argparse.Namespace) -> None:
    """Raise WrongUse for what does not go together."""
    shown = escape_path(given.out)
    check_scheduler(given)
    if given.components is not None:
        raise WrongUse("--components does not go with shards, for it looks at the vectors of all pictures. Leave it "
                       "out; merge the shards first, then use PCA in Orange.")
    if given.shard_size is not None and given.shard_size < 1:
        raise WrongUse(f"--shard-size {given.shard_size}: write how many pictures a shard has, such as {_USUAL_SIZE}.")
    if file := _file_in_the_way(given.out):
        raise WrongUse(f"{escape_path(file)}: this is a file, but shards go into a folder. {_instead(given.out)}")
    if given.out.lower().endswith(ENDINGS) and not os.path.isdir(given.out):
        raise WrongUse(f"{shown}: shards go into a folder. {_instead(given.out)}")
    if find_spec("pyarrow") is None:
        raise WrongUse("Shards need pyarrow, which is not installed. Install it: pip install "
                       "\"Orange3-Imaging[cluster]\", or, where Orange is not wanted, pip install pyarrow")


def _file_in_the_way(out: str) -> str:
    """What is no folder, though the folder of shards would have to be there or below; ``""``: nothing.

    Raises:
        WrongUse: not even the drive is there, which happens on Windows.
    """
    place = os.path.abspath(out)
    while not os.path.lexists(place):
        below, place = place, os.path.dirname(place)
        if place == below:
            raise WrongUse(f"{escape_path(place)}: {NO_DRIVE}")
    if os.path.isdir(place):
        return ""
    try:
        return os.path.relpath(place)
    except ValueError:  # it is on another drive
        return place


def _instead(out: str) -> str:
    if not out.lower().endswith(ENDINGS):
        return "Name another folder, as in -o vectors/."
    stem = escape_path(os.path.splitext(out)[0])
    return f"Write -o {stem}/ and then: orange-imaging merge {stem}/ -o {escape_path(out)}"
