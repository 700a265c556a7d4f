"""What a folder, a list or an address holds, as a listing of pictures; and how they are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..core.cutting import cut_slides
from ..core.errors import WrongUse
from ..core.files import JOINT
from ..core.folders import Scan, scan_folder
from ..core.found import FoundImage
from ..core.name_patterns import CHANNEL
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.shards.listing import PATH, Listing
from ..core.shards.lists import TAKEN, is_list, read_list
from ..core.shards.manifest import Manifest
from ..core.shards.remote import is_address, list_addresses, shown_address
from ..interrupt import until_interrupted
from .source import Source

_CATEGORY = "category"
_EACH = "--each-channel without --channels"


@dataclass(frozen=True)
class Pictures:
    """What is to be embedded.

    Attributes:
        listing: all pictures.
        scan: of a folder, what was found there; else None.
    """

    listing: Listing
    scan: Scan | None = None


def find_pictures(folder: str, source: Source, cancelled: Callable[[], bool], probe: bool) -> Scan:
    """The pictures of a folder, its slides cut where that was asked for. Raises as `folders.scan_folder`."""
    scan = scan_folder(folder, only=source.only, reading=source.reading.reading, cancelled=cancelled, probe=probe,
                       channels=source.pattern if source.joins_channels else None)
    return cut_slides(scan, source.tiles, cancelled=cancelled) if source.tiles else scan


def is_folder(given: str) -> bool:
    """Whether a source is a folder or a zip file; else it is a list or an address."""
    return os.path.isdir(given) or not (is_list(given) or is_address(given))


def list_pictures(given: str, source: Source, reads_addresses: bool) -> Pictures:
    """The pictures of a folder, a list or an address.

    Raises:
        FolderError: there is no picture.
        WrongUse: the list is not written as lists are, or an option is for folders only.
        Cancelled: the user pressed Ctrl+C.
    """
    if is_address(given):
        _check_address(given, source, reads_addresses)
        with until_interrupted() as cancelled:
            return Pictures(list_addresses(given, only=source.only, cancelled=cancelled))
    if not is_folder(given):
        _check_list(given, source)
        return Pictures(read_list(given, reads_addresses))
    with until_interrupted() as cancelled:
        scan = find_pictures(given, source, cancelled, probe=False)
    source.check_names(scan)
    return Pictures(listing_of_folder(scan, source, given), scan)


def listing_of_folder(scan: Scan, source: Source, title: str) -> Listing:
    """The pictures of a folder, with their category and a column for each part of their names.

    What was left out follows as rows that are known to be skipped, with their reasons.
    """
    import pyarrow

    joined = bool(scan.channels)
    left_out = [FoundImage(one.path, scan.name_of(one.path), "") for one in scan.skipped]
    names = [_written(image.name, joined) for image in (*scan.images, *left_out)]
    columns: dict[str, list[str | None]] = {
        _CATEGORY: [escape_path(source.category(image)) for image in scan.images], **_part_columns(scan, source)}
    known = {len(scan.images) + at: one.reason for at, one in enumerate(scan.skipped)}
    missing: list[str | None] = [None] * len(left_out)
    texts = {name: values + missing for name, values in columns.items()}
    table = pyarrow.table({name: pyarrow.array(values, pyarrow.string())
                           for name, values in {PATH: names, **texts}.items()})
    return Listing(escape_path(title), scan.folder, table, known, joined)


def known_reading(pictures: Pictures, source: Source) -> Reading | None:
    """The recipe where it depends on no picture's channels or range; else None."""
    return None if source.reading.settled else replace(source.reading.reading, joined=pictures.listing.is_joined)


def settled_reading(pictures: Pictures, source: Source, begun: Manifest | None, given: str) -> Reading:
    """The recipe of these pictures; that of the run that is joined where it may be the same.

    So only the first of many processes looks at the pictures for their channels or their range.

    Args:
        begun: the run that is joined, if there is one.
        given: the source.

    Raises:
        WrongUse: the pictures have no range in common.
        Cancelled: the user pressed Ctrl+C.
    """
    choice, scan = source.reading, pictures.scan
    if known := known_reading(pictures, source):
        return known
    if begun is not None and begun.settled == choice.settled:
        earlier = Reading(**begun.reading)
        if earlier.joined == pictures.listing.is_joined and choice.may_have_become(earlier):
            return earlier
    if scan is None:
        return source.with_range(pictures.listing.piece(0, len(pictures.listing)).paths, choice.reading)
    if choice.is_each_channel:
        with until_interrupted() as cancelled:
            scan = find_pictures(given, source, cancelled, probe=True)
    return source.with_range([image.path for image in scan.images], choice.of(scan))


def _written(name: str, joined: bool) -> str:
    """A name as results tell it: of files that are joined, each."""
    return JOINT.join(map(escape_path, name.split(JOINT) if joined else [name]))


def _part_columns(scan: Scan, source: Source) -> dict[str, list[str | None]]:
    """By name of a part, what the pictures' names say; a part that is called as a column of results is renamed."""
    if source.pattern is None:
        return {}
    found = [source.parts(image) for image in scan.images]
    taken = (PATH, _CATEGORY, *TAKEN)
    return {f"{part} (name)" if part in taken else part: [_escaped(one.get(part)) for one in found]
            for part in source.pattern.parts if part != CHANNEL or not scan.channels}


def _escaped(text: str | None) -> str | None:
    return None if text is None else escape_path(text)


def _check_address(given: str, source: Source, reads_addresses: bool) -> None:
    """Raise WrongUse where addresses are not to be read, or for options that look at files."""
    if not reads_addresses:
        raise WrongUse(f"{shown_address(given)}: this is an address. Add --urls if it is to be called.")
    if source.reading.is_folder_range:
        raise WrongUse(f"{shown_address(given)}: --contrast folder goes with pictures on this computer only. Give the "
                       "range in numbers, as in --contrast 0,4095.")
    _check_options(shown_address(given), {"--names": bool(source.pattern), "--slide-tiles": bool(source.tiles),
                                          _EACH: source.reading.is_each_channel})


def _check_list(given: str, source: Source) -> None:
    """Raise WrongUse for options that look at folders; the columns of a list say what names would."""
    _check_options(escape_path(given), {
        "--only": bool(source.only.names), "--depth": source.only.depth is not None, "--names": bool(source.pattern),
        "--slide-tiles": bool(source.tiles), _EACH: source.reading.is_each_channel})


def _check_options(shown: str, given: dict[str, bool]) -> None:
    for option, is_given in given.items():
        if is_given:
            instead = "Name the channels, as in --channels 1,2" if option == _EACH else "Leave it out"
            raise WrongUse(f"{shown}: {option} goes with folders of pictures only. {instead}.")
