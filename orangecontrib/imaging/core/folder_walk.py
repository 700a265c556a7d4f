"""Walk through folders and zip files, and find the pictures by their names."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

from .errors import Cancelled, FolderError, UnreadableImage
from .files import ZIP_SUFFIX, file_identity
from .formats import DICOM, START_BYTES, find_format
from .found import FoundImage, Skipped, natural_key
from .images import IMAGE_SUFFIXES
from .paths import escape_path
from .zip_files import zip_members


@dataclass(frozen=True)
class FileFilter:
    """Which files are looked at.

    Attributes:
        names: forms of names with ``*`` and ``?``, several with ``;`` between; ``""``: all.
        depth: how many levels of sub-folders, 0 for none; None: all. A zip file is a level, and so are its folders.
    """

    names: str = ""
    depth: int | None = None

    def admits(self, name: str) -> bool:
        """Whether a file's name, without its folder, is one of those; capitals do not count."""
        return not self._forms or any(fnmatch.fnmatchcase(name.casefold(), form) for form in self._forms)

    @cached_property
    def _forms(self) -> list[str]:
        forms = self.names.replace("[", "[[]").split(";")  # brackets stand for themselves
        return [form.strip().casefold() for form in forms if form.strip()]


@dataclass
class Walk:
    """What was found: pictures in natural order, sub-folders and zip files that may not be read, other files."""

    found: list[FoundImage]
    closed: list[Skipped]
    others: Counter[str]


def check_folder(folder: str) -> None:
    """Raise FolderError for what is neither a folder nor a zip file that may be read."""
    shown = escape_path(folder)
    if not os.path.exists(folder):
        raise FolderError(f"{shown}: there is no such folder. Check the path, or choose another folder.")
    if _is_zip(folder):
        return
    if not os.path.isdir(folder):
        raise FolderError(f"{shown}: this is a file, not a folder. Choose the folder that holds it.")
    try:
        os.listdir(folder)
    except OSError as error:
        raise FolderError(f"{shown}: this folder may not be read ({(error.strerror or 'refused').lower()}). "
                          "Ask for the right to read it, or choose another folder.") from error


def walk(top: str, roots: Sequence[str], only: FileFilter, stop: Callable[[], bool]) -> Walk:
    """All pictures below some folders, named from `top`; raises Cancelled when `stop` returns True."""
    seen = Walk([], [], Counter())
    archives = {file_identity(root): (root, 0) for root in roots if _is_zip(root)}  # with their levels, each once
    for folder, level, names in _folders(roots, only.depth, seen.closed, stop):
        inside = _inside(folder, top)
        for name in names:
            path = os.path.join(folder, name)
            if name.lower().endswith(ZIP_SUFFIX) and (only.depth is None or level < only.depth) and _is_zip(path):
                archives.setdefault(file_identity(path), (path, level + 1))
            elif _is_wanted(name, only, seen, path):
                seen.found.append(FoundImage(path, f"{inside}/{name}" if inside else name, inside))
    for archive, level in archives.values():
        _look_into(archive, level, top, only, seen)
    seen.closed.sort(key=lambda one: natural_key(one.path))
    categories = {category: natural_key(category) for category in {image.category for image in seen.found}}
    seen.found.sort(key=lambda image: (categories[image.category], natural_key(image.name)))
    return seen


def _is_wanted(name: str, only: FileFilter, seen: Walk, path: str | None = None) -> bool:
    """Whether a file is a picture by its name, and by its kind where its path is given; others are counted."""
    ending = _ending(name)
    is_named = ending in IMAGE_SUFFIXES and (path is None or _is_file_or_broken(path))
    if only.admits(name) and (is_named or (path and not ending and _is_dicom(path))):
        return True
    seen.others[ending] += 1
    return False


def _look_into(archive: str, level: int, top: str, only: FileFilter, seen: Walk) -> None:
    """The pictures in a zip file; its name without the ending counts as a folder's."""
    try:
        members = zip_members(archive)
    except UnreadableImage as error:
        seen.closed.append(Skipped(-1, archive, error.reason))
        return
    outside = _inside(archive, top)
    wrapper = f"{os.path.basename(archive)[:-len(ZIP_SUFFIX)]}/"  # a folder that was zipped lies in its zip file
    is_wrapped = all(member.startswith(wrapper) for member in members if not _is_hidden(member))
    for member in members:
        folders, _, name = member.rpartition("/")
        is_too_deep = only.depth is not None and level + member.count("/") > only.depth
        if not _is_hidden(member) and not is_too_deep and _is_wanted(name, only, seen):
            inner = f"{folders}/"[len(wrapper):-1] if is_wrapped else folders
            category = "/".join(filter(None, (outside[:-len(ZIP_SUFFIX)], inner)))
            seen.found.append(FoundImage(os.path.join(archive, *member.split("/")),
                                         f"{outside}/{member}" if outside else member, category))


def _is_hidden(member: str) -> bool:
    """What a system put into a zip file for itself."""
    return any(part.startswith((".", "__MACOSX")) for part in member.split("/"))


def _inside(folder: str, top: str) -> str:
    """A folder from `top`, ``/`` between the parts; ``""`` for itself."""
    return os.path.relpath(folder, top).replace(os.sep, "/") if folder != top else ""


def _is_zip(path: str) -> bool:
    return path.lower().endswith(ZIP_SUFFIX) and os.path.isfile(path)


def _ending(name: str) -> str:
    """Such as ``.czi``, in small letters; ``""`` for what is none, as in ``Dr. Miller's notes`` or ``1.2.840``."""
    ending = os.path.splitext(name)[1].lower()
    return ending if re.fullmatch(r"\.(?=.*[a-z])[a-z0-9_-]{1,10}", ending) else ""


def _folders(roots: Sequence[str], depth: int | None, closed: list[Skipped],
             stop: Callable[[], bool]) -> Iterator[tuple[str, int, list[str]]]:
    """Each folder once, with its level and visible non-folder names; links wait until no real folder is left."""
    waiting = [(False, natural_key(root), root, 0) for root in roots if not _is_zip(root)]
    heapify(waiting)
    seen: set[object] = set()
    while waiting:
        if stop():
            raise Cancelled("The import was cancelled.")
        _, _, folder, level = heappop(waiting)
        try:
            here = file_identity(folder)
            if here in seen:
                continue
            seen.add(here)
            with os.scandir(folder) as entries:
                visible = {entry: _is_folder(entry) for entry in entries if not entry.name.startswith(".")}
        except OSError as error:
            closed.append(Skipped(-1, folder, f"this sub-folder may not be read ({(error.strerror or '').lower()})"))
            continue
        for entry, inner in visible.items():
            if inner and (depth is None or level < depth):
                heappush(waiting, (entry.is_symlink(), natural_key(entry.path), entry.path, level + 1))
        yield folder, level, [entry.name for entry, inner in visible.items() if not inner]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also through a link; a link to itself is none (``DirEntry.is_dir`` raises for it)."""
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()


def _is_dicom(path: str) -> bool:
    """Whether a file begins as DICOM, whose files often have numbers for names and no ending."""
    try:
        if not os.path.isfile(path):  # a pipe would never end
            return False
        with open(path, "rb") as file:
            return find_format(file.read(START_BYTES), path) is DICOM
    except OSError:
        return False


def _is_file_or_broken(path: str) -> bool:
    """False for pipes and devices; a broken link is kept, to be reported as missing."""
    return os.path.isfile(path) or not os.path.exists(path)
