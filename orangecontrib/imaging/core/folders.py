"""Find the pictures in a folder and its sub-folders: natural order, a category from the sub-folder."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from .errors import Cancelled, FolderError, UnreadableImage
from .images import IMAGE_SUFFIXES, ImageInfo, probe_image
from .paths import escape_path

_PROBED_AT_ONCE = 64
_NAMED_ENDINGS = 5
_Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FoundImage:
    """One picture of a folder.

    Attributes:
        path: absolute, in the system's own form.
        name: relative to the scanned folder, ``/`` between the parts.
        category: the sub-folder it lies in, relative to the scanned one; ``""`` for the folder itself.
        info: what its header says, where that was asked for.
    """

    path: str
    name: str
    category: str
    info: ImageInfo | None = None


@dataclass(frozen=True)
class Skipped:
    """A picture that was left out: its row in what was given, its path, and why."""

    row: int
    path: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """The pictures of a folder, in natural order.

    Attributes:
        folder: absolute, in the system's own form.
        images: the readable ones.
        skipped: those whose header is damaged or that cannot be read so far, their `row` counted among all that were
            found; and sub-folders that may not be read (row -1).
        others: how many files were passed over, by ending in small letters: no pictures by their name, or no regular
            files.
    """

    folder: str
    images: tuple[FoundImage, ...]
    skipped: tuple[Skipped, ...] = ()
    others: dict[str, int] = field(default_factory=dict)


def scan_folder(folder: str | os.PathLike[str], *, probe: bool = True,
                on_progress: _Progress | None = None, cancelled: Callable[[], bool] | None = None) -> Scan:
    """Find the pictures below a folder.

    Each folder is visited once, however many links lead to it, so that no picture comes twice: its category is that of
    its own folder; only where that lies outside the scanned one, that of the first link in natural order. Hidden files
    and folders, pipes and devices are passed over.

    Args:
        probe: also read each header, and put what cannot be read among the skipped.
        on_progress: called with (done, total) pictures while headers are read.
        cancelled: asked now and then; True ends the scan.

    Raises:
        FolderError: the folder is missing, is no folder, may not be read, or holds no picture.
        Cancelled: `cancelled` returned True.
    """
    if not os.fspath(folder):
        raise FolderError("No folder is named. Choose the folder that holds the pictures.")
    top = os.path.abspath(folder)
    _check_folder(top)
    stop = cancelled or (lambda: False)
    closed: list[Skipped] = []
    found, others = _walk(top, closed, stop)
    if not found:
        there = f" ({others_text(others)})" if others else ""
        raise FolderError(f"{escape_path(top)}: no pictures in this folder or its sub-folders{there}. "
                          "Choose a folder with JPEG, PNG, BMP, GIF, WebP or TIFF files.")
    if not probe:
        return Scan(top, tuple(found), tuple(closed), others)
    images, skipped = _probe_all(found, on_progress, stop)
    return Scan(top, tuple(images), (*skipped, *closed), others)


def others_text(others: dict[str, int]) -> str:
    """Such as ``3 other files passed over: .czi (2), no usual ending (1)``; the most frequent endings first."""
    count = sum(others.values())
    frequent = sorted(others.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join([f"{ending or 'no usual ending'} ({number:,})" for ending, number in frequent[:_NAMED_ENDINGS]]
                      + ["…"] * (len(frequent) > _NAMED_ENDINGS))
    return f"{count:,} other {'file' if count == 1 else 'files'} passed over: {named}"


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key: ``img2`` before ``img10``, digits before letters, upper and lower case together."""
    parts = re.split(r"([0-9]+)", name)
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]
    return key, name


def _check_folder(folder: str) -> None:
    shown = escape_path(folder)
    if not os.path.exists(folder):
        raise FolderError(f"{shown}: there is no such folder. Check the path, or choose another folder.")
    if not os.path.isdir(folder):
        raise FolderError(f"{shown}: this is a file, not a folder. Choose the folder that holds it.")
    try:
        os.listdir(folder)
    except OSError as error:
        raise FolderError(f"{shown}: this folder may not be read ({(error.strerror or 'refused').lower()}). "
                          "Ask for the right to read it, or choose another folder.") from error


def _walk(top: str, closed: list[Skipped], stop: Callable[[], bool]) -> tuple[list[FoundImage], dict[str, int]]:
    """All pictures by name, in natural order of sub-folder and name, and the counts of other files."""
    found: list[FoundImage] = []
    others: Counter[str] = Counter()
    for folder, names in _folders(top, closed, stop):
        category = os.path.relpath(folder, top).replace(os.sep, "/") if folder != top else ""
        for name in names:
            path, ending = os.path.join(folder, name), _ending(name)
            if ending in IMAGE_SUFFIXES and _is_file_or_broken(path):
                found.append(FoundImage(path, f"{category}/{name}" if category else name, category))
            else:
                others[ending] += 1
    closed.sort(key=lambda one: natural_key(one.path))
    found.sort(key=lambda image: (natural_key(image.category), natural_key(image.name)))
    return found, dict(others)


def _ending(name: str) -> str:
    """Such as ``.czi``, in small letters; ``""`` for what is none, as in ``Dr. Miller's notes``."""
    ending = os.path.splitext(name)[1].lower()
    return ending if re.fullmatch(r"\.[a-z0-9_-]{1,10}", ending) else ""


def _folders(top: str, closed: list[Skipped], stop: Callable[[], bool]) -> Iterator[tuple[str, list[str]]]:
    """Each folder once, with its visible non-folder names; links wait until no real folder is left."""
    waiting = [(False, natural_key(top), top)]
    seen: set[object] = set()
    while waiting:
        if stop():
            raise Cancelled("The import was cancelled.")
        _, _, folder = heappop(waiting)
        try:
            here = _identity(folder)
            if here in seen:
                continue
            seen.add(here)
            with os.scandir(folder) as entries:
                visible = {entry: _is_folder(entry) for entry in entries if not entry.name.startswith(".")}
        except OSError as error:
            closed.append(Skipped(-1, folder, f"this sub-folder may not be read ({(error.strerror or '').lower()})"))
            continue
        for entry, inner in visible.items():
            if inner:
                heappush(waiting, (entry.is_symlink(), natural_key(entry.path), entry.path))
        yield folder, [entry.name for entry, inner in visible.items() if not inner]


def _identity(folder: str) -> object:
    """What a folder and the links to it have in common; some file systems on Windows number no files."""
    state = os.stat(folder)
    return (state.st_dev, state.st_ino) if state.st_ino else os.path.normcase(os.path.realpath(folder))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also through a link; a link to itself is none (``DirEntry.is_dir`` raises for it)."""
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()


def _is_file_or_broken(path: str) -> bool:
    """False for pipes and devices; a broken link is kept, to be reported as missing."""
    return os.path.isfile(path) or not os.path.exists(path)


def _probe_all(found: list[FoundImage], on_progress: _Progress | None,
               stop: Callable[[], bool]) -> tuple[list[FoundImage], list[Skipped]]:
    images: list[FoundImage] = []
    skipped: list[Skipped] = []
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for start in range(0, len(found), _PROBED_AT_ONCE):
            if stop():
                raise Cancelled("The import was cancelled.")
            for row, result in enumerate(pool.map(_probe, found[start:start + _PROBED_AT_ONCE]), start):
                if isinstance(result, FoundImage):
                    images.append(result)
                else:
                    skipped.append(Skipped(row, found[row].path, result.reason))
            if on_progress:
                on_progress(min(start + _PROBED_AT_ONCE, len(found)), len(found))
    return images, skipped


def _probe(image: FoundImage) -> FoundImage | UnreadableImage:
    try:
        return replace(image, info=probe_image(image.path))
    except UnreadableImage as error:
        return error


def count_categories(images: Iterable[FoundImage]) -> dict[str, int]:
    """How many pictures each category holds, in order of appearance; ``""`` is the folder itself."""
    counts: dict[str, int] = {}
    for image in images:
        counts[image.category] = counts.get(image.category, 0) + 1
    return counts
