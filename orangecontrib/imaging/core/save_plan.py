"""What saving pictures would write: decided from names alone, before a file is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .addresses import is_web_address
from .errors import Cancelled, WrongUse
from .files import JOINT
from .formats import FORMATS as FILE_FORMATS
from .found import Skipped
from .options import FITS
from .safe_names import Taken, case_key, safe_name, safe_suffix, without_picture_suffix
from .tiles import tile_place

FORMATS = {"original": "Copy of the file", "png": "PNG", "jpeg": "JPEG", "tiff": "TIFF"}
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif"}
SIZES = {"full": "Full size", "longest": "Longest side", "network": "As a network sees it"}
SQUARE_FITS = {name: title for name, title in FITS.items() if name != "dense"}  # which give one picture each
IF_EXISTS = {"number": "Keep it, number the new one", "skip": "Keep it, leave the new one out", "replace": "Replace it"}
QUALITIES, LONGEST_PX = (1, 100), (16, 20_000)
MOST_FOLDERS = 8
_NO_VALUE = "no value"
_KINDS = {"file": "a file", "folder": "a folder", "link": "a link"}
Listing = Callable[[str], Mapping[str, str]]  # see plan_saving


@dataclass(frozen=True)
class Form:
    """What is written of a picture.

    Attributes:
        format: a key of `FORMATS`; ``"original"`` copies files as they are, all else below is then without effect.
        quality: of JPEG, 1–100.
        size: a key of `SIZES`; no picture is enlarged but for ``"network"``.
        longest_px: for ``"longest"``, in pixels.
        network, fit: for ``"network"``: its name, or a file, and a key of `SQUARE_FITS`; see `preprocess.fit`.
    """

    format: str = "original"
    quality: int = 90
    size: str = "full"
    longest_px: int = 1024
    network: str = "squeezenet"
    fit: str = "stretch"

    def __post_init__(self) -> None:
        """Raise WrongUse for what is not among the choices."""
        _check("format", self.format, FORMATS)
        _check("size", self.size, SIZES)
        _check("fit", self.fit, SQUARE_FITS)
        for what, value, (low, high) in (("quality", self.quality, QUALITIES),
                                         ("longest_px", self.longest_px, LONGEST_PX)):
            if type(value) is not int or not low <= value <= high:
                raise WrongUse(f"{value!r} is not a choice for {what}. Choose a number from {low} to {high:,}.")

    @property
    def made(self) -> Form:
        """Of what is written anew: itself, and where files are copied full-size PNG, for tiles."""
        return Form("png") if self.format == "original" else self


@dataclass(frozen=True)
class Wanted:
    """A picture that is to be saved.

    Attributes:
        row: of the table.
        path: in the system's own form, a web address, or the files of channels with ``|`` between.
        folders: texts that sub-folders are named by, the outer one first; ``""`` where a value is missing.
        name: a text that the file is named by; ``""`` for the name that the file has.
        copy: the file on this computer, where `path` is a web address.
        is_joined: `path` holds the files of channels.
    """

    row: int
    path: str
    folders: tuple[str, ...] = ()
    name: str = ""
    copy: str = ""

    is_joined: bool = False

    @property
    def files(self) -> list[str]:
        """Those of its channels, or the one file."""
        return self.path.split(JOINT) if self.is_joined else [self.path]


@dataclass(frozen=True)
class PlannedFile:
    """A file to come.

    Attributes:
        source: what it is made of, in the system's own form; of a file that is made of all channels, all of them.
        target: relative to the chosen folder, ``/`` between its parts.
        action: ``"new"``, ``"numbered"`` (its name was in use), or ``"replaced"``.
        copies: the source is copied as it is.
    """

    source: str
    target: str
    action: str
    copies: bool


@dataclass(frozen=True)
class PlannedRow:
    """The files of a row: one, or where files of channels are copied, each of them."""

    row: int
    path: str
    files: tuple[PlannedFile, ...]


@dataclass(frozen=True)
class SavePlan:
    """What is to be written, and which rows are left out, both in the order of rows."""

    rows: tuple[PlannedRow, ...]
    skipped: tuple[Skipped, ...]

    def files(self) -> Iterator[PlannedFile]:
        """All files to come."""
        return (file for row in self.rows for file in row.files)


def plan_saving(wanted: Sequence[Wanted], form: Form, if_exists: str, listing: Listing,
                cancelled: Callable[[], bool] = lambda: False) -> SavePlan:
    """Find a name for each picture: no two get the same one, and nothing that is there is lost unless asked for.

    Different values of a column never share a sub-folder, and names that differ by case alone count as the same, for
    on the usual disks of Windows and macOS they are.

    Args:
        wanted: in the order of rows; names that come first keep theirs.
        form: what is written.
        if_exists: a key of `IF_EXISTS`: what becomes of files that were there before.
        listing: the names in a folder, given relative to the chosen one (``""``, ``"SN/a"``), each with ``"file"``,
            ``"folder"`` or ``"link"``; empty for a folder that is not there. Asked once a folder.
        cancelled: asked for each picture.

    Raises:
        Cancelled: `cancelled` said so.
        WrongUse: `if_exists` is no choice, or there are more levels of sub-folders than 8.
    """
    _check("if_exists", if_exists, IF_EXISTS)
    if any(len(one.folders) > MOST_FOLDERS for one in wanted):
        raise WrongUse(f"Sub-folders can be nested {MOST_FOLDERS} deep. Choose fewer columns for them.")
    planner = _Planner(form, if_exists, listing)
    rows: list[PlannedRow] = []
    skipped: list[Skipped] = []
    for one in wanted:
        if cancelled():
            raise Cancelled("Planning was cancelled.")
        try:
            rows.append(planner.row(one))
        except _LeftOut as reason:
            skipped.append(Skipped(one.row, one.path, str(reason)))
    return SavePlan(tuple(rows), tuple(skipped))


class _LeftOut(Exception):
    """Why a picture is not saved, as a clause."""


class _Folder:
    """A folder to write in: what is there, by `case_key`, and what is to come."""

    def __init__(self, place: str, there: Mapping[str, str]) -> None:
        self.place = place
        self.there = {case_key(name): kind for name, kind in there.items()}
        self.planned = Taken()
        self.inner: dict[str, _Folder | str] = {}  # by the very values of a column; or why nothing is written there

    def within(self, name: str) -> str:
        return f"{self.place}/{name}" if self.place else name


class _Planner:
    def __init__(self, form: Form, if_exists: str, listing: Listing) -> None:
        self._form, self._if_exists, self._listing = form, if_exists, listing
        self._top = _Folder("", listing(""))

    def row(self, one: Wanted) -> PlannedRow:
        """Raises _LeftOut."""
        folder = self._top
        for value in one.folders:
            folder = self._inner(folder, value)
        copies = self._form.format == "original" and tile_place(one.path) is None
        suffix = SUFFIXES[self._form.made.format]
        sources = one.files if copies else [one.path]
        chosen, files = without_picture_suffix(one.name), []
        for source in sources:
            own, suffix = _own_name(source, one.copy) if copies else (picture_name(one.files[0]), suffix)
            name = f"{chosen}_{own}" if chosen and len(sources) > 1 else chosen or own
            target, action = self._free(folder, name, suffix)
            files.append(PlannedFile(one.copy or source, target, action, copies))
        return PlannedRow(one.row, one.path, tuple(files))

    def _inner(self, folder: _Folder, value: str) -> _Folder:
        """The sub-folder for a value; an existing one of this name is used. Raises _LeftOut."""
        if value not in folder.inner:
            name = folder.planned.take(safe_name(value or _NO_VALUE))
            place, kind = folder.within(name), folder.there.get(case_key(name), "")
            folder.inner[value] = f"{place!r} is {_KINDS[kind]}, and no folder to write in" if kind in (
                "file", "link") else _Folder(place, self._listing(place))
        inner = folder.inner[value]
        if isinstance(inner, str):
            raise _LeftOut(inner)
        return inner

    def _free(self, folder: _Folder, text: str, suffix: str) -> tuple[str, str]:
        """A file's name and what becomes of what is there. Raises _LeftOut."""
        wished = safe_name(text, suffix)
        name = folder.planned.take(wished, suffix, folder.there if self._if_exists == "number" else ())
        kind = folder.there.get(case_key(name))
        if kind and self._if_exists == "skip":
            raise _LeftOut(f"{folder.within(name)!r} is there already")
        if kind and kind != "file":
            raise _LeftOut(f"{folder.within(name)!r} is {_KINDS[kind]}, which is not replaced")
        return folder.within(name), "replaced" if kind else "new" if name == wished else "numbered"


def _own_name(path: str, copy: str) -> tuple[str, str]:
    """The name of a file that is copied without its ending, and this ending. Raises _LeftOut.

    Args:
        path: of the file, or its address.
        copy: the file on this computer, where `path` is an address.
    """
    if any(kind.has_companions(path) for kind in FILE_FORMATS):
        raise _LeftOut("its pixels lie in other files; copy its folder yourself, or choose PNG, JPEG or TIFF")
    name = _base_name(path)
    ending = os.path.splitext(copy or name)[1]
    suffix = safe_suffix(ending)
    return name[:-len(ending)] if suffix and name.lower().endswith(ending.lower()) else name, suffix


def picture_name(path: str) -> str:
    """The name of a picture that is written anew, without an ending."""
    if tile := tile_place(path):
        return f"{without_picture_suffix(os.path.basename(tile.slide))} {tile.name}"
    return without_picture_suffix(_base_name(path))


def _base_name(path: str) -> str:
    if not is_web_address(path):
        return os.path.basename(path)
    try:
        place = urlsplit(path).path
    except ValueError:  # such as http://[a/b.png
        place = re.split("[?#]", path, maxsplit=1)[0]
    return unquote(place).rpartition("/")[2]


def _check(what: str, value: object, allowed: Collection[str]) -> None:
    if value not in allowed:
        raise WrongUse(f"{value!r} is not a choice for {what}. Choose one of: {', '.join(allowed)}.")
