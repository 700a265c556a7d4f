"""The table of imported folders: one row a picture."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, TimeVariable, Variable
from Orange.data.util import get_unique_names

from ..core.files import JOINT
from ..core.folders import Scan
from ..core.found import FoundImage, count_categories, natural_key
from ..core.name_patterns import CHANNEL, NamePattern
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.stack import ImageInfo
from .columns import image_variable

NAME_COLUMN = "image name"
IMAGE_COLUMN = "image"
CATEGORY_COLUMN = "category"
SLIDE_COLUMN, TILE_COLUMNS = "slide", ("tile x", "tile y")
_CHANNEL_MARK = re.compile(r"[_\-. ]+[A-Za-z]{0,3}$")
#: of a label that is not the class; more are text
MOST_VALUES = 500


@dataclass(frozen=True)
class Labels:
    """Where labels come from.

    Attributes:
        class_from: ``"folder"`` (the sub-folder), the name of a part of the pattern, or ``""`` for no class.
        pattern: takes the names of files apart; each part is a column.
    """

    class_from: str = "folder"
    pattern: NamePattern | None = None


def images_table(scan: Scan, labels: Labels = Labels(), reading: Reading = Reading()) -> Table:
    """The readable pictures of a scanned folder.

    Metas: image name (text, the file's name without its ending), image (text, relative to the folder; ``type`` is
    image, ``origin`` the folder, ``reading`` the recipe), size (bytes on disk), width and height (pixels); channels and
    bit depth; planes, time points, pixel size (micrometers) and acquired (date) where some file says them; of a
    slide's tiles slide (its name relative to the folder), tile x and tile y (left and top, in pixels of its full
    resolution); and the parts of the names. Numbers are missing where the scan read no headers. The class is the
    sub-folder (*category*, missing for pictures in the folder itself, absent where there is no sub-folder) or a part of
    the name.

    Args:
        scan: what `core.folders.scan_folder` found.
        reading: how the files become pictures; it travels with the image column, and so do the names of channels that
            stand on their own, where the files agree on them.
    """
    images = scan.images
    titles = [_title(image, image_files(image, scan)) for image in images]
    columns = [(StringVariable(NAME_COLUMN), list(map(escape_path, titles))),
               (image_variable(IMAGE_COLUMN, scan.folder, replace(reading, joined=bool(scan.channels)),
                               _channel_names(scan, reading)),
                [JOINT.join(map(escape_path, image.name.split(JOINT) if scan.channels else [image.name]))
                 for image in images]),
               *_header_columns(images), *_tile_columns(images)]
    classes, parts = _label_columns(scan, labels, {column.name for column, _ in columns})
    columns += parts
    domain = Domain([], [column for column, _ in classes], metas=[column for column, _ in columns])
    table = Table.from_numpy(domain, np.empty((len(images), 0)), _stacked(classes, len(images), float),
                             metas=_stacked(columns, len(images), object))
    table.name = escape_path(os.path.basename(scan.folder) or scan.folder)
    return table


def category_names(images: Sequence[FoundImage]) -> list[str]:
    """The sub-folders that hold these pictures, in the pictures' order."""
    return [name for name in count_categories(images) if name]


def image_files(image: FoundImage, scan: Scan) -> list[str]:
    """The names of a picture's files: one, or one a channel; of a tile its slide's."""
    return image.file_name.split(JOINT) if scan.channels else [image.file_name]


_Column = tuple[Variable, Sequence[object]]


def _channel_names(scan: Scan, reading: Reading) -> tuple[str, ...]:
    """Of the channels that stand on their own: as the names of joined files say, else as the files do.

    ``()`` where no file names its channels, or two name them differently.
    """
    named = {image.info.channel_names for image in scan.images if image.info} - {()}
    names = scan.channels or (named.pop() if len(named) == 1 else ())
    is_known = reading.separate and max(reading.channels) < len(names)
    return tuple(names[number] for number in reading.channels) if is_known else ()


def _title(image: FoundImage, files: list[str]) -> str:
    """The file's name without its ending; of a tile that of its slide, and its place."""
    place = f" at {image.tile.left_px},{image.tile.top_px}" if image.tile else ""
    return f"{shown_name(files)}{place}"


def shown_name(files: Sequence[str]) -> str:
    """A file's name without its ending; of several files what their names begin with in common, without a ``_w``."""
    stems = [os.path.splitext(os.path.basename(name))[0] for name in files]
    if len(stems) == 1:
        return stems[0]
    alike = [letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))]
    return _CHANNEL_MARK.sub("", "".join(alike)) or stems[0]


def _header_columns(images: Sequence[FoundImage]) -> list[_Column]:
    """What headers say; what none says, or what is 1 everywhere, is left out."""
    always = [_number("size", images, lambda info: info.bytes), _number("width", images, lambda info: info.width),
              _number("height", images, lambda info: info.height)]
    known = [_number("channels", images, lambda info: info.channels),
             _number("bit depth", images, lambda info: info.bits)]
    if not any(image.info for image in images):
        return always
    stacks = [column for column in (_number("planes", images, lambda info: info.planes),
                                    _number("time points", images, lambda info: info.times))
              if np.nanmax(np.array(column[1], float), initial=1) > 1]
    sizes = _number("pixel size (µm)", images, lambda info: info.pixel_size_um, decimals=4)
    dates = TimeVariable("acquired", have_date=1, have_time=1)
    acquired = dates, [dates.parse(image.info.acquired) if image.info and image.info.acquired else np.nan
                       for image in images]
    return [*always, *known, *stacks, *[column for column in (sizes, acquired)
                                        if not np.isnan(np.array(column[1], float)).all()]]


def _tile_columns(images: Sequence[FoundImage]) -> list[_Column]:
    """Where tiles lie; missing for other pictures, and left out where there are no tiles."""
    places = [image.tile for image in images]
    if not any(places):
        return []
    slides = [image.file_name if image.tile else "" for image in images]
    starts = [(place.left_px, place.top_px) if place else (np.nan, np.nan) for place in places]
    return [_label(SLIDE_COLUMN, slides), *((ContinuousVariable(name, number_of_decimals=0), list(values))
                                            for name, values in zip(TILE_COLUMNS, zip(*starts), strict=True))]


def _number(name: str, images: Sequence[FoundImage], value: Callable[[ImageInfo], float | None],
            decimals: int = 0) -> _Column:
    found = [value(image.info) if image.info else None for image in images]
    return ContinuousVariable(name, number_of_decimals=decimals), [np.nan if one is None else one for one in found]


def _label_columns(scan: Scan, labels: Labels, taken: set[str]) -> tuple[list[_Column], list[_Column]]:
    """The class, if there is one, and the columns of the other parts."""
    images = scan.images
    classes: list[_Column] = []
    categories = category_names(images) if labels.class_from == "folder" else []
    if categories:
        classes.append(_discrete(CATEGORY_COLUMN, [image.category for image in images], categories))
    if labels.pattern is None:
        return classes, []
    others: list[_Column] = []
    found = [labels.pattern.match(image_files(image, scan)[0]) or {} for image in images]
    parts = [part for part in labels.pattern.parts if part != CHANNEL or not scan.channels]
    for part, name in zip(parts, get_unique_names([*taken, CATEGORY_COLUMN], parts), strict=True):
        values = [one.get(part, "") for one in found]
        if part == labels.class_from:
            classes.append(_discrete(name, values, _distinct(values)))
        else:
            others.append(_label(name, values))
    return classes, others


def _label(name: str, values: Sequence[str]) -> _Column:
    """A column of labels; of text where they are too many to choose from."""
    distinct = _distinct(values)
    if len(distinct) > MOST_VALUES:
        return StringVariable(name), list(map(escape_path, values))
    return _discrete(name, values, distinct)


def _distinct(values: Sequence[str]) -> list[str]:
    return sorted({value for value in values if value}, key=natural_key)


def _discrete(name: str, values: Sequence[str], distinct: Sequence[str]) -> _Column:
    """A column of labels; ``""`` is missing."""
    index = {value: float(at) for at, value in enumerate(distinct)}
    return (DiscreteVariable(name, values=tuple(map(escape_path, distinct))),
            [index.get(value, np.nan) for value in values])


def _stacked(columns: Sequence[_Column], rows: int, dtype: type) -> NDArray[Any]:
    """(rows, columns) of the columns' values."""
    result: NDArray[Any] = np.empty((rows, len(columns)), dtype=dtype)
    for at, (_, values) in enumerate(columns):
        result[:, at] = values
    return result
