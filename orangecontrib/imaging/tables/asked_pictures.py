"""The pictures of a table as a computed column asks for them, or why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from Orange.data import StringVariable, Table

from ..core.addresses import host_of
from ..core.errors import WrongUse
from ..core.found import Skipped
from ..core.reading import Reading
from ..core.reading_words import reading_differences
from ..core.web import kept_copy
from .columns import (
    READING_ATTRIBUTE,
    image_columns,
    image_paths,
    image_reading,
    is_image_column,
    names_pictures,
    separate_channels,
    text_column,
    why_no_file,
)

_NOT_HERE = ("no copy of it is on this computer, and a model fetches nothing from the web; embed this table by Image "
             "Embedder first, which asks whether it may")
_MOST_NAMES = 6


@dataclass(frozen=True)
class Asked:
    """The files of a table's pictures.

    Attributes:
        paths: full paths of files on this computer.
        rows: (m,) int64, ascending: the row of each.
        skipped: the other rows, with their reasons.
    """

    paths: list[str]
    rows: NDArray[np.int64]
    skipped: tuple[Skipped, ...]


def find_image_column(table: Table, name: str) -> StringVariable:
    """The text column of this name.

    Raises:
        WrongUse: there is none; the sentences name the columns of pictures that there are.
    """
    column = text_column(table, name)
    if column is not None:
        return column
    wrong = "holds no text" if name in table.domain else "is not there"
    others = [one.name for one in image_columns(table) if is_image_column(one) or names_pictures(table, one)]
    if not others:
        raise WrongUse(f"Its column of pictures, {name!r}, {wrong}, and no other column names pictures. Connect a "
                       "table of pictures, such as Import Images gives.")
    shown = ", ".join(map(repr, others[:_MOST_NAMES])) + (", …" if len(others) > _MOST_NAMES else "")
    raise WrongUse(f"Its column of pictures, {name!r}, {wrong}. There is {shown}: if these are the pictures, rename "
                   f"the column to {name!r} in Edit Domain.")


def check_reading(column: StringVariable, reading: Reading, channels: Sequence[str]) -> None:
    """See that the pictures of a column are to be read as those were that a model was trained on.

    A column of plain file names, not made by Import Images, says nothing of it: then it is read as they were.

    Args:
        channels: the names of those that stood on their own.

    Raises:
        WrongUse: they are not; the sentences tell the differences.
    """
    if not is_image_column(column) and READING_ATTRIBUTE not in column.attributes:
        return
    here, named = image_reading(column), separate_channels(column)
    if (here, named) == (reading, tuple(channels)):
        return
    differences = reading_differences(here, reading, named, channels)
    remedy = ("In Import Images, under How Pictures Are Read, choose as in training, or train again on pictures that "
              "are read as these.")
    if len(reading.ranges) > 1:  # those of other folders together would be others again
        remedy = ("Ranges of several channels cannot be typed, so train again: import the training pictures together "
                  "with these, with one range for the whole folder, or import both with Fixed range.")
    raise WrongUse(f"The pictures of its column {column.name!r} are read otherwise than in training. "
                   f"{'; '.join(differences)}. {remedy}")


def asked_pictures(table: Table, column: StringVariable, reading: Reading) -> Asked:
    """The files of a column's pictures; of web addresses the copies that are kept here.

    Raises:
        WrongUse: the column does not say rightly how its pictures are read.
        OutputError: the cache with the copies can be neither found nor made.
    """
    files: dict[int, str] = {}
    skipped = []
    for row, path in enumerate(image_paths(table, column, reading)):
        host = host_of(path)
        reason = why_no_file(path, {host})
        copy = kept_copy(path) if host else path
        if reason or copy is None:
            skipped.append(Skipped(row, path, reason or _NOT_HERE))
        else:
            files[row] = copy
    return Asked(list(files.values()), np.fromiter(files, np.int64, len(files)), tuple(skipped))
