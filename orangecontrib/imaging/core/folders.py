"""Find the pictures in folders and their sub-folders: natural order, a category from the sub-folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .channel_files import join_channels
from .errors import FolderError
from .files import JOINT
from .folder_walk import FileFilter, check_folder, walk
from .found import FoundImage, Skipped
from .images import ProbeStack
from .name_patterns import NamePattern
from .paths import escape_path, printable
from .probing import Progress, probe_all
from .reading import Reading

_NAMED_ENDINGS = 5


@dataclass(frozen=True)
class Scan:
    """The pictures of a folder, in natural order.

    Attributes:
        folder: absolute, in the system's own form.
        images: the readable ones.
        skipped: those whose header is damaged or that cannot be read so far, their `row` counted among all that were
            found; and sub-folders that may not be read (row -1).
        others: how many files were passed over, by ending in small letters: no pictures by their name (that of
            DICOM files may be any), or no regular files.
        channels: the names of the channels, where files were joined to pictures.
    """

    folder: str
    images: tuple[FoundImage, ...]
    skipped: tuple[Skipped, ...] = ()
    others: dict[str, int] = field(default_factory=dict)
    channels: tuple[str, ...] = ()

    @property
    def usual_channels(self) -> int:
        """How many channels most pictures have; of numbers as frequent, the first; 1 where no header was read."""
        counts = Counter(image.info.channels for image in self.images if image.info)
        return max(counts, key=lambda count: counts[count], default=1)

    def name_of(self, path: str) -> str:
        """The path of a picture, or of each of its channels' files, relative to `folder`; ``/`` between the parts."""
        paths = path.replace(JOINT + os.path.join(self.folder, ""), JOINT)  # of the second file and those behind it
        return os.path.relpath(paths, self.folder).replace(os.sep, "/")


def scan_folder(folder: str | os.PathLike[str] | Sequence[str], *, only: FileFilter = FileFilter(),
                channels: NamePattern | None = None, reading: Reading = Reading(), probe: bool = True,
                probe_stack: ProbeStack | None = None, on_progress: Progress | None = None,
                cancelled: Callable[[], bool] | None = None) -> Scan:
    """Find the pictures below a folder, or several, and in zip files.

    Each folder and zip file is visited once, however many links lead to it, so that no picture comes twice: its
    category is that of its own folder; only where that lies outside the scanned one, that of the first link in natural
    order. Hidden files and folders, pipes and devices are passed over.

    Args:
        folder: one, a zip file, or several; categories of several start from the folder they have in common.
        only: which files are looked at.
        channels: a pattern with a part `channel`: files that differ in it alone are joined to one picture.
        reading: how the files are read; it counts for what their headers are asked.
        probe: also read each header, and put what cannot be read among the skipped.
        probe_stack: takes the place of `images.probe_image` for what begins like no photograph.
        on_progress: called with (done, total) pictures while headers are read.
        cancelled: asked now and then; True ends the scan.

    Raises:
        FolderError: a folder is missing, is no folder, may not be read, or there is no picture.
        WrongUse: the pattern has no part `channel`.
        Cancelled: `cancelled` returned True.
    """
    roots = _roots(folder)
    top = _common(roots)
    stop = cancelled or (lambda: False)
    seen = walk(top, roots, only, stop)
    found, others = seen.found, dict(seen.others)
    if not found:
        raise _nothing_found(top, only, seen.closed, others)
    joined = join_channels(found, channels) if channels else None
    found, alone = (joined.images, joined.skipped) if joined else (found, [])
    closed = (*alone, *seen.closed)
    names = joined.channels if joined else ()
    if not probe:
        return Scan(top, tuple(found), closed, others, names)
    images, skipped = probe_all(found, replace(reading, joined=bool(names)), on_progress, stop, probe_stack)
    return Scan(top, tuple(images), (*skipped, *closed), others, names)


def others_text(others: dict[str, int]) -> str:
    """Such as ``3 other files passed over: .czi (2), no usual ending (1)``; the most frequent endings first."""
    count = sum(others.values())
    frequent = sorted(others.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join([f"{ending or 'no usual ending'} ({number:,})" for ending, number in frequent[:_NAMED_ENDINGS]]
                      + ["…"] * (len(frequent) > _NAMED_ENDINGS))
    return f"{count:,} other {'file' if count == 1 else 'files'} passed over: {named}"


def more_channels_text(scan: Scan) -> str:
    """What is left out where each picture gives the usual channels, each on its own; ``""`` when nothing is."""
    usual = scan.usual_channels
    more = [image.name for image in scan.images if image.info and image.info.channels > usual]
    if not more or usual == 1:  # one alone is read as usual, and so are all
        return ""
    have = "has" if len(more) == 1 else "have"
    return (f"Each picture gives {usual} channels, the most frequent number. {len(more):,} {have} more, such as "
            f"{printable(more[0])}; what is more is left out.")


def _nothing_found(top: str, only: FileFilter, closed: Sequence[Skipped], others: dict[str, int]) -> FolderError:
    """Why there is no picture: a folder or zip file that cannot be read, the filter, or other files only."""
    shown, count = escape_path(top), sum(others.values())
    if closed:
        more = f" (and {len(closed) - 1:,} more)" if len(closed) > 1 else ""
        return FolderError(f"{escape_path(closed[0].path)}: {closed[0].reason}{more}, and there is no other picture. "
                           "Choose another folder.")
    if only.names and count:
        there = "is 1 file, and it is no" if count == 1 else f"are {count:,} files, and none is a"
        return FolderError(f"{shown}: there {there} picture with a name of the form {only.names}. Change the filter, "
                           "or choose another folder.")
    there = f" ({others_text(others)})" if others else ""
    not_deeper = f"; sub-folders deeper than level {only.depth} were not looked into"
    where = " or its sub-folders" if only.depth is None else not_deeper
    return FolderError(f"{shown}: no pictures in this folder{where}{there}. "
                       "Choose another folder; the help page “Microscopy pictures” lists what is read.")


def _roots(folder: str | os.PathLike[str] | Sequence[str]) -> list[str]:
    """The folders to look at, absolute; raises FolderError."""
    given = [os.fspath(folder)] if isinstance(folder, str | os.PathLike) else list(folder)
    if not given or not all(given):
        raise FolderError("No folder is named. Choose the folder that holds the pictures.")
    roots = list(dict.fromkeys(map(os.path.abspath, given)))
    for root in roots:
        check_folder(root)
    return roots


def _common(roots: list[str]) -> str:
    """The folder that all lie in."""
    try:
        return os.path.commonpath(roots)
    except ValueError as error:  # on Windows
        raise FolderError(f"{escape_path(roots[0])} and {escape_path(roots[-1])} lie on different disks. Copy them "
                          "to one, and choose them there.") from error
