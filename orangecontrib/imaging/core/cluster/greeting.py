"""What a worker is asked before its first piece of work, and why it may get none."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..comparable import comparable
from ..device import find_device
from ..errors import ImagingError, WrongUse
from ..paths import escape_path
from ..recipe import identity_of
from ..shards.difference import embedding_differences
from ..shards.job import Job
from ..shards.manifest import read_manifest
from .working import host_name

DISTRIBUTION = "Orange3-Imaging"
INSTALL = "Install it there, in the same version, as the page “On a cluster” of the documentation says."
_NOTED = ("torch", "torchvision", "pillow", "tifffile", "imagecodecs", "onnxruntime", "distributed")


@dataclass(frozen=True)
class Places:
    """What a worker must see as this computer does.

    Attributes:
        root: a folder or file of the pictures; ``""``: nothing is looked for.
        out: the folder that shards are written to; ``""``: none is written.
        begun: when the run there began, as its manifest tells.
    """

    root: str = ""
    out: str = ""
    begun: str = ""


@dataclass(frozen=True)
class Greeting:
    """A worker's answer.

    Attributes:
        host: the name of its computer.
        device: what its network runs on, for people.
        versions: of Python and of packages, by name.
        identity: what `comparable.comparable` leaves of its vectors' identity; ``""`` where it cannot work.
        fault: a sentence on why it cannot work; ``""``: it can.
    """

    host: str
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    fault: str = ""


def places_of(root: str, out: Path, begun: str) -> Places:
    """What workers must see; pictures that this computer does not see itself are not asked for."""
    return Places(root if os.path.exists(root) else "", os.fspath(out), begun)


def greet(job: dict[str, Any], places: Places) -> Greeting:
    """Look around in a worker, without reading any picture.

    Args:
        job: as `Job.to_plain` gives it.
    """
    host, told = host_name(), Job.from_plain(job)
    try:
        device = find_device(told.device, told.threads, told.options.precision)
        identity = comparable(identity_of(told.model, told.options, told.reading, told.device, told.models))
    except ImagingError as error:
        return Greeting(host, versions=versions(), fault=str(error))
    return Greeting(host, device.title, versions(), identity, _unseen(places))


def why_not(greeting: Greeting, here: Greeting) -> str:
    """Why a worker is not to be used, in sentences; ``""`` where it may be.

    Args:
        here: what this computer would answer, whose vectors are to be met; its identity may be empty: any will do.
    """
    if greeting.fault:
        return greeting.fault
    if here.identity and greeting.identity != here.identity:
        differences = "; ".join(embedding_differences(here.identity, greeting.identity))
        return (f"It would compute other vectors: {differences}. What was is this run's, what is now is that worker's. "
                "Bring the same there.")
    return ""


def other_versions(greeting: Greeting, here: Greeting) -> str:
    """What differs without changing more than the last digits, as a clause; ``""`` where nothing does."""
    both = greeting.versions.keys() & here.versions.keys()
    return ", ".join(f"{name} {greeting.versions[name]} (here {here.versions[name]})" for name in sorted(both)
                     if greeting.versions[name] != here.versions[name])


def wrong_version(package: str, there: str, here: str) -> str:
    """Why a worker of another version is not used, in sentences."""
    if package == "python":
        return f"It runs Python {there}, and this computer Python {here}. Install the same Python there."
    return f"It has {package} {there}, and this computer {here}. {INSTALL}"


def versions() -> dict[str, str]:
    """Of Python and of packages that the last digits depend on, where they are installed."""
    from importlib.metadata import PackageNotFoundError, version
    found = {"python": platform.python_version()}
    for name in _NOTED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _unseen(places: Places) -> str:
    """A sentence on what this worker does not see; ``""`` where it sees all."""
    share = "Mount the same folder there, at the same place."
    if places.root and not os.path.exists(places.root):
        return f"It does not see the pictures in {escape_path(places.root)}. {share}"
    if not places.out:
        return ""
    try:
        seen = read_manifest(Path(places.out))
    except WrongUse:
        return f"It does not see the folder of shards {escape_path(places.out)}. {share}"
    if seen.begun != places.begun:
        return f"The folder {escape_path(places.out)} is another one there. {share}"
    return ""
