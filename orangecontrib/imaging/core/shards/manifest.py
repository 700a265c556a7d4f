"""What a folder of shards holds in all: of which pictures, by which embedding, and what of it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..comparable import comparable, identity_parts
from ..device import Device
from ..errors import OutputError, WrongUse, first_line
from ..paths import escape_path
from ..placing import placed, remove_given_up, writing
from ..reading_notes import added_up
from ..recipe import check_choice, identity_of
from ..versions import versions_here
from .difference import ADDED, are_other_pictures, run_differences
from .files import REASON, VECTOR, Heading, Record
from .footers import readable
from .job import Job
from .listing import PATH, Listing, shard_count
from .looking import Looking, first_stranger

MANIFEST = "manifest.json"
FORMAT = 1
_TURNS = 5
_KIND = "orange-imaging shards"
_ELSEWHERE = "Choose another folder with -o, or remove this one."
_ANEW = "Remove this file and run the same 'orange-imaging embed' again: it keeps the shards that are whole."


@dataclass(frozen=True)
class Manifest:
    """What a folder of shards holds.

    Attributes:
        pictures: how many the listing has.
        shard_size: pictures a shard; the last may have fewer.
        dimension: length of a vector.
        title, root, digest, columns: of the listing.
        model: the network, as it was asked for.
        options, reading: how pictures become vectors, as records.
        identity: what `comparable.comparable` leaves of the vectors' identity.
        versions: of what the run was begun with, by name.
        begun: when that was, as ISO 8601 tells it, UTC.
        done: the shards that were done when the manifest was last written, by number.
        aside: why shards were set aside, by number.
        settled: what of the reading was taken from the pictures themselves: ``"channels"``, ``"range"``.
    """

    pictures: int
    shard_size: int
    dimension: int
    title: str
    root: str
    digest: str
    columns: dict[str, str]
    model: str
    options: dict[str, Any]
    reading: dict[str, Any]
    identity: str
    versions: dict[str, str]
    begun: str
    done: dict[int, Record] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)
    settled: tuple[str, ...] = ()

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return shard_count(self.pictures, self.shard_size)

    @property
    def is_complete(self) -> bool:
        """Whether all of them are done."""
        return len(self.done) == self.shards

    @property
    def vectors(self) -> int:
        """How many pictures have a vector so far."""
        return sum(record.vectors for record in self.done.values())

    @property
    def skipped(self) -> int:
        """How many pictures were left out so far."""
        return sum(record.skipped for record in self.done.values())

    @property
    def read(self) -> dict[str, int]:
        """How many of the pictures that have a vector were read in which way, in clauses."""
        return added_up(record.read for record in self.done.values())

    @property
    def engines(self) -> dict[str, int]:
        """What computed how many of the shards, such as ``{"cpu, torch 2.13.0": 12}``."""
        counts: dict[str, int] = {}
        for record in self.done.values():
            name = engine_text(record.identity)
            counts[name] = counts.get(name, 0) + 1
        return counts

    @property
    def heading(self) -> Heading:
        """What its shards have in common, for those who write them."""
        return Heading(self.digest, self.pictures, self.shard_size, self.dimension, self.root, self.columns,
                       json.dumps(self.reading, sort_keys=True), self.identity)


def engine_text(identity: str) -> str:
    """What computed vectors, for people: device and version of torch."""
    parts = [f"{part.get('device', '?')}, {part.get('engine', '?')}" for part in identity_parts(identity)]
    return "; ".join(dict.fromkeys(parts))


def plan(listing: Listing, job: Job, shard_size: int, settled: tuple[str, ...] = (),
         device: Device | None = None) -> Manifest:
    """The manifest of a run that is to begin; nothing is written.

    Args:
        settled: what of the job's reading was taken from the pictures, as in `Manifest`.
        device: what other computers work with; None: the job's is one of this computer.

    Raises:
        UnknownNetwork, UnknownLayer, UnknownDevice, WrongUse: there is no such choice.
        WeightsError: the network's weights are absent or not what was published.
    """
    if shard_size < 1:
        raise WrongUse(f"A shard of {shard_size} pictures cannot be: give a shard size of at least 1, such as 2000.")
    told = job.to_plain()
    used = device or job.device
    dimension = check_choice(job.model, job.options, used, job.reading)
    identity = job.identity or comparable(identity_of(job.model, job.options, job.reading, used, job.models))
    return Manifest(len(listing), shard_size, dimension, listing.title, listing.root, listing.digest, listing.columns,
                    job.model, told["options"], told["reading"], identity, versions_here(),
                    datetime.now(UTC).isoformat(timespec="seconds"), settled=settled)


def begin(out: Path, manifest: Manifest) -> tuple[Manifest, bool]:
    """Begin a run, or join that which is there: of the same pictures and embedding, cut alike.

    The folder is made where it is missing. Files of other names in it are no obstacle, nor is what this
    very run left there, whose manifest is gone.

    Returns:
        What the folder's manifest tells, and whether it was there.

    Raises:
        WrongUse: another run is there, named with all that differs; or files that shards would replace.
        OutputError: the folder or the manifest cannot be written.
    """
    _check_columns(manifest.columns)
    if os.path.lexists(out / MANIFEST):
        return _join(out, manifest), True
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    stranger = first_stranger(out, manifest.heading)
    if stranger and not os.path.lexists(out / MANIFEST):  # else another run began meanwhile
        raise WrongUse(f"{escape_path(str(out))}: {escape_path(stranger)} is there, but no {MANIFEST} that tells what "
                       "it is of, and it is not of this run. Choose another folder with -o, or move this file away.")
    try:
        _write(out, manifest, replaces=False)
    except OutputError as error:
        if not isinstance(error.__cause__, FileExistsError):
            raise
        return _join(out, manifest), True
    return manifest, False


def check_joins(out: Path, told: Manifest, wanted: Manifest) -> None:
    """Refuse a run that cannot join that which is told of in a folder. Raises WrongUse, with all that differs."""
    if differences := run_differences(told, wanted):
        advice = f"{ADDED} Else choose another folder with -o." if are_other_pictures(told, wanted) else _ELSEWHERE
        raise WrongUse(f"{escape_path(str(out))}: the shards there are of another run, with which this one cannot be "
                       f"mixed: {'; '.join(differences)}. {advice}")


def read_manifest(out: Path) -> Manifest:
    """What a folder of shards tells of itself; what is done, as of the last time a run ended.

    Raises:
        WrongUse: it is no folder of shards; its manifest is damaged, or of a newer version; or it may not be read.
    """
    path = out / MANIFEST
    shown = escape_path(str(path))
    try:
        with readable(path):
            told = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WrongUse(f"{escape_path(str(out))}: there are no shards here, for there is no {MANIFEST}. Give the "
                       "folder that 'orange-imaging embed' wrote.") from error
    except ValueError as error:  # JSON or UTF-8
        raise WrongUse(f"{shown}: the file is damaged ({first_line(error)}). {_ANEW}") from error
    if not isinstance(told, dict) or told.get("kind") != _KIND:
        raise WrongUse(f"{shown}: this file is of another program, and tells of no shards. {_ELSEWHERE}")
    if told.get("format") != FORMAT:
        raise WrongUse(f"{shown}: it was written by a newer version of this add-on (format {told.get('format')}; this "
                       f"version reads {FORMAT}). Use that version, or another folder.")
    try:
        return _from_plain(told)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise WrongUse(f"{shown}: the file is damaged (wrong or missing: {first_line(error)}). {_ANEW}") from error


def check_same_run(out: Path, heading: Heading) -> None:
    """See, before a shard is written, that no other run has begun in its folder, such as after it was emptied.

    A manifest that is gone or damaged tells of no other run.

    Raises:
        WrongUse: the shards that are to be there are another run's.
    """
    try:
        state = (out / MANIFEST).stat()
        told = _heading_of(out, (state.st_mtime_ns, state.st_size, state.st_ino))
    except (WrongUse, OSError):
        return
    if told != heading:
        raise WrongUse(f"{escape_path(str(out))}: another run has begun in this folder since this one did. Its shards "
                       "stay, and this run ends. Name another folder with -o.")


@lru_cache(maxsize=8)
def _heading_of(out: Path, state: tuple[int, int, int]) -> Heading:
    """What the manifest of this state tells, which may have megabytes; it is read once."""
    return read_manifest(out).heading


def finish(out: Path) -> Manifest:
    """Write into the manifest what is done now, and look again until it tells what is on the disk.

    So of two computers that finish at once the last one tells all, without a lock. What others finish all the while
    they tell themselves when they end, so that it is looked a few times only. Files go that runs left unfinished that
    were killed more than a day ago.

    Raises:
        WrongUse: as `read_manifest`.
        OutputError: the manifest cannot be written.
    """
    looking = Looking(out)
    for _ in range(_TURNS):
        told = read_manifest(out)
        done, aside = looking.look(told.heading)
        found = replace(told, done=done, aside=aside)
        if found == told:
            break
        _write(out, found, replaces=True)
    remove_given_up(out, (".parquet", ".json"))
    return found


def _check_columns(columns: Mapping[str, str]) -> None:
    """Refuse columns that shards have no place for. Raises WrongUse."""
    import pyarrow
    for name, kind in columns.items():
        if name in (PATH, VECTOR, REASON):
            raise WrongUse(f"A column named {name!r} cannot be carried along, for shards have one of their own. Rename "
                           "it in the list.")
        try:
            pyarrow.type_for_alias(kind)
        except ValueError as error:
            raise WrongUse(f"The column {name!r} cannot be carried along: its values are of the type {kind}. Make them "
                           "texts or numbers, or leave the column out of the list.") from error


def _join(out: Path, manifest: Manifest) -> Manifest:
    told = read_manifest(out)
    check_joins(out, told, manifest)
    return told


def _write(out: Path, manifest: Manifest, replaces: bool) -> None:
    text = json.dumps(_to_plain(manifest), indent=1)
    with placed(out / MANIFEST, replaces) as beside, open(beside, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _to_plain(manifest: Manifest) -> dict[str, Any]:
    """As JSON holds it: identities and clauses, which are long, only once each."""
    identities = list(dict.fromkeys(record.identity for record in manifest.done.values()))
    clauses = list(manifest.read)
    place = {text: number for texts in (identities, clauses) for number, text in enumerate(texts)}
    done = {str(number): {**_without(asdict(record), "number", "digest"), "identity": place[record.identity],
                          "read": [[place[clause], count] for clause, count in record.read.items()]}
            for number, record in manifest.done.items()}
    told = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__ if name not in ("done", "aside")}
    return {"kind": _KIND, "format": FORMAT, **told, "identity": json.loads(manifest.identity),
            "shards": manifest.shards, "is_complete": manifest.is_complete, "vectors": manifest.vectors,
            "skipped": manifest.skipped, "engines": manifest.engines, "read": manifest.read,
            "identities": [json.loads(identity) for identity in identities],
            "aside": {str(number): reason for number, reason in manifest.aside.items()}, "done": done}


def _from_plain(told: Mapping[str, Any]) -> Manifest:
    identities, clauses = [json.dumps(identity, sort_keys=True) for identity in told["identities"]], list(told["read"])
    done = {int(number): Record(**{**record, "number": int(number), "digest": told["digest"],
                                   "identity": identities[record["identity"]],
                                   "read": {clauses[place]: count for place, count in record["read"]}})
            for number, record in told["done"].items()}
    aside = {int(number): str(reason) for number, reason in told["aside"].items()}
    plain = {name: told[name] for name in Manifest.__dataclass_fields__}
    return Manifest(**{**plain, "identity": json.dumps(told["identity"], sort_keys=True), "done": done, "aside": aside,
                       "settled": tuple(told["settled"])})


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
