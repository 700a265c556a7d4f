"""Networks that other distributions add, through the entry-point group `GROUP`.

An entry point's value is ``package:cards.json``: a data file in the folder of a top-level package. It is found and read
without importing anything of theirs; their builders are imported only where a network runs (`building.call_builder`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cards import PENULTIMATE, Layer, ModelCard, Weights
from .errors import WrongUse
from .fields import PREPARATION, Kind, check, number, preparation, read_json, text, whole, yes_or_no

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "orangecontrib.imaging.networks"
_VALUE = re.compile(r"([A-Za-z_]\w*)\s*:\s*(\w[\w.-]*\.json)", re.ASCII)
_LIST = Kind("a list between [ and ], not empty", lambda value: isinstance(value, list) and len(value) > 0)
_GROUP_OF_VALUES = Kind("names with values between { and }", lambda value: isinstance(value, dict))


def _pattern(words: str, pattern: str) -> Kind:
    compiled = re.compile(pattern, re.ASCII)
    return Kind(words, lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None)


_NAME = _pattern("small letters a to z, digits and _", r"[a-z0-9_]{1,60}")
_LAYER = {"name": _NAME, "title": text(80), "dimension": whole(1, 1_000_000)}
_WEIGHTS = {
    "file": _pattern("the name of a file, as net.pth, or for one inside the package its path, as data/net.pth",
                     r"\w[\w.-]*(/\w[\w.-]*)*"),
    "size_mb": number(0, 100_000), "licence": text(),
    "sha256": _pattern("64 digits 0–9 and a–f", r"[0-9a-fA-F]{64}"),
    "url": _pattern("an address that begins with https://", r"https://[\w.-]+(:\d+)?/[^\s\"'<>\\]+"),
}
_NETWORK = {
    "name": _NAME, "title": text(60), "advice": text(), **PREPARATION, "layers": _LIST, "weights": _GROUP_OF_VALUES,
    "builder": _pattern('as "package.module:function"', r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"),
    "paper": text(), "dense": yes_or_no(), "microscopy": _LIST, "top1": number(0, 100),
}
_REQUIRED = ("name", "title", "advice", "input_px", "mean", "std", "layers", "weights", "builder")


@dataclass(frozen=True)
class AddedCard(ModelCard):
    """The card of a network that another distribution brings. `distribution`: its name, as pip knows it."""

    distribution: str = ""


@dataclass(frozen=True)
class Refused:
    """A network that cannot be used: its title (or the nearest known name), who brings it, and why, as a clause."""

    title: str
    distribution: str
    reason: str


@dataclass(frozen=True)
class Added:
    """What other distributions bring: the usable cards, in a fixed order, and the refused ones."""

    cards: tuple[AddedCard, ...]
    refused: tuple[Refused, ...]


def added_cards(taken: Collection[str]) -> Added:
    """The networks of other installed distributions. Never raises: what is wrong is refused, with its reason.

    Args:
        taken: names of networks that are here already; a network of the same name is refused.
    """
    cards: dict[str, AddedCard] = {}
    refused: list[Refused] = []
    for entry in _entries(refused):
        distribution = _distribution(entry)
        try:
            package, folder, networks = _read(entry)
        except WrongUse as error:
            refused.append(Refused(entry.name, distribution, str(error)))
            continue
        for told in networks:
            try:
                card = _card(told, distribution, package, folder)
                _check_name(card.name, taken, cards)
                cards[card.name] = card
            except WrongUse as error:
                refused.append(Refused(_shown_title(told, entry.name), distribution, str(error)))
    return Added(tuple(cards.values()), tuple(refused))


def _entries(refused: list[Refused]) -> Iterator[EntryPoint]:
    """The entry points of the group, in the order of distributions and names."""
    from importlib.metadata import entry_points
    try:
        found = list(entry_points(group=GROUP))
    except (ValueError, OSError, LookupError, AttributeError, TypeError) as error:  # a damaged entry_points.txt
        refused.append(Refused("all", "unknown", f"the list of installed add-ons cannot be read ({error})"))
        return
    yield from sorted(found, key=lambda entry: (_distribution(entry), entry.name, entry.value))


def _distribution(entry: EntryPoint) -> str:
    """The distribution's name; where its metadata tell none, the package's."""
    package = entry.value.partition(":")[0]
    try:
        return entry.dist.metadata["Name"] if entry.dist and "Name" in entry.dist.metadata else package
    except (ValueError, OSError):
        return package


def _read(entry: EntryPoint) -> tuple[str, Path, list[object]]:
    """The package, its folder, and what its file lists; their code is not imported."""
    match = _VALUE.fullmatch(entry.value)
    if not match:
        raise WrongUse(f'its entry point is "{entry.value}", but it must be as "package:cards.json"')
    folder = _folder(match[1])
    try:
        listed = check(read_json(folder / match[2]), {"networks": _LIST}, ["networks"])
    except WrongUse as error:
        raise WrongUse(f"{match[1]}/{match[2]}: {error}") from error
    return match[1], folder, listed["networks"]


def _folder(package: str) -> Path:
    """The folder of a top-level package, which is looked up and not imported."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):  # ValueError: a module of this name that nobody can find
        spec = None
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise WrongUse(f"it has no package {package} with a folder")
    return Path(folders[0])


def _card(told: object, distribution: str, package: str, folder: Path) -> AddedCard:
    values = check(told, _NETWORK, _REQUIRED)
    layers = tuple(_layer(number, layer) for number, layer in enumerate(values["layers"]))
    names = [layer.name for layer in layers]
    if names[0] != PENULTIMATE or len(set(names)) < len(names):
        raise WrongUse(f'the first of its "layers" must be called "{PENULTIMATE}", and no two the same')
    microscopy = values.get("microscopy", [PENULTIMATE])
    if not all(microscopy.count(name) == 1 and name in names for name in microscopy):
        raise WrongUse(f'"microscopy" must list some of its layers, each once: {", ".join(names)}')
    told_prepared = {name: value for name, value in values.items() if name in PREPARATION}
    return AddedCard(
        name=values["name"], title=values["title"], group="added", advice=values["advice"],
        **preparation(told_prepared), layers=layers, weights=_weights(values["weights"], package, folder),
        builder=values["builder"], paper=values.get("paper", ""), dense=values.get("dense", False),
        microscopy=tuple(microscopy), top1=values.get("top1"), distribution=distribution)


def _layer(number: int, told: object) -> Layer:
    try:
        values = check(told, _LAYER, _LAYER)
    except WrongUse as error:
        raise WrongUse(f'number {number + 1} of its "layers": {error}') from error
    return Layer(values["name"], values["title"], values["dimension"], averaged=())


def _weights(told: dict[str, Any], package: str, folder: Path) -> Weights:
    """Weights at an address, or without one in the package itself."""
    try:
        values = check(told, _WEIGHTS, ("file", "size_mb", "licence", "sha256"))
        file, url = values["file"], values.get("url", "")
        if url and "/" in file:
            raise WrongUse(f'"file" is {file}, but what is downloaded has a name without a folder')
        if not url and not (folder / file).is_file():
            raise WrongUse(f'there is no "url", and no file {file} in the package {package}')
    except WrongUse as error:
        raise WrongUse(f'its "weights": {error}') from error
    return Weights(file=file, size_mb=values["size_mb"], licence=values["licence"], sha256=values["sha256"].lower(),
                   url=url, package="" if url else package)


def _check_name(name: str, taken: Collection[str], cards: Collection[str]) -> None:
    if name in taken:
        raise WrongUse(f'a network called "{name}" is here already; the built-in one is used')
    if name in cards:
        raise WrongUse(f'another added network is called "{name}" too; the first one is used')


def _shown_title(told: object, otherwise: str) -> str:
    """The title that a network's entry tells, or its name."""
    values = told if isinstance(told, dict) else {}
    return next((values[key] for key in ("title", "name") if text(60).fits(values.get(key))), otherwise)
