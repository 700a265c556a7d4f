"""Saving a table's pictures: the texts that name folders and files, and the table of what was written."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table, Variable
from Orange.data.util import get_unique_names

from ..core.files import JOINT
from ..core.found import Skipped
from ..core.paths import escape_path
from ..core.save_plan import Wanted, picture_name
from ..core.saving import Saved
from .columns import image_reading, image_variable

ACTIONS = ("new", "numbered", "replaced")
OWN_NAME = ""  # in place of a column's name: that of the picture's file


def column_texts(table: Table, column: Variable) -> list[str]:
    """A column's values as its widgets show them, one str a row; ``""`` where they are missing."""
    values = table.get_column(column)
    if column.is_string:
        return [value if isinstance(value, str) else "" for value in values]
    known: dict[float, str] = {}
    numbers = np.asarray(values, float).tolist()
    return ["" if number != number else known.get(number) or known.setdefault(number, column.str_val(number))
            for number in numbers]


def wanted_pictures(table: Table, column: StringVariable, paths: Sequence[str], folders: Sequence[str],
                    names: Sequence[str], copies: Mapping[str, str], left_out: Collection[int] = ()) -> list[Wanted]:
    """What is to be saved of a table.

    Args:
        table: of any rows.
        column: its image column.
        paths: one a row, as `columns.image_paths`.
        folders: names of columns that sub-folders are named by, the outer one first.
        names: names of columns whose texts, joined by ``_``, name the files; `OWN_NAME` stands for the file's own
            name. Missing ones are left out; where none is left, the file's own name is used.
        copies: the file on this computer of each web address that has one.
        left_out: rows that are not wanted.

    Raises:
        WrongUse: as `columns.image_reading`.
        KeyError: there is no such column.
    """
    is_joined = image_reading(column).joined
    inner = list(zip(*(column_texts(table, table.domain[name]) for name in folders))) or [()] * len(table)
    is_own = list(names) in ([], [OWN_NAME])
    parts = [_own_names(paths, left_out) if name == OWN_NAME else column_texts(table, table.domain[name])
             for name in names]
    texts = [""] * len(table) if is_own else ["_".join(filter(None, row)) for row in zip(*parts)]
    return [Wanted(row, path, inner[row], texts[row], copies.get(path, ""), is_joined and JOINT in path)
            for row, path in enumerate(paths) if row not in left_out]


def saved_table(table: Table, column: StringVariable, saved: Saved) -> Table | None:
    """The rows whose pictures were saved; None where none was.

    Metas are added: the image column *saved as*, which says where the saved pictures are, *size in bytes*, and *how*:
    new, numbered or replaced.

    Args:
        table: the one that was saved.
        column: its image column.
        saved: what became of it; it says how the saved pictures are read.
    """
    if not saved.written:
        return None
    rows = table[[one.row for one in saved.written]]
    place, size, how = get_unique_names(table.domain, ["saved as", "size in bytes", "how"])
    channels = column.attributes.get("channels") if saved.are_copies else None
    named = image_variable(place, saved.folder, saved.reading(image_reading(column)))
    if channels is not None:
        named.attributes["channels"] = channels
    columns = named, ContinuousVariable(size, number_of_decimals=0), DiscreteVariable(how, ACTIONS)
    domain = Domain(table.domain.attributes, table.domain.class_vars, (*table.domain.metas, *columns))
    result = rows.transform(domain)
    with result.unlocked(result.metas):
        result.metas[:, -3:] = [[relative_path(one.path, saved.folder), float(one.bytes),
                                 float(ACTIONS.index(one.action))] for one in saved.written]
    result.name = table.name
    return result


def refused(paths: Sequence[str], reasons: Sequence[str]) -> list[Skipped]:
    """The rows whose paths lead to no picture, with their reasons (one a row, ``""`` for none)."""
    return [Skipped(row, path, reason) for row, (path, reason) in enumerate(zip(paths, reasons)) if reason]


def relative_path(path: str, folder: str) -> str:
    """The path in `saving.Written` as a table holds it: relative to the folder, with ``/``; ``|`` between files."""
    start = os.path.join(folder, "")  # which may hold a "|" itself
    inside = path.removeprefix(start).split(JOINT + start)
    return JOINT.join(escape_path(one.replace(os.sep, "/")) for one in inside)


def _own_names(paths: Sequence[str], left_out: Collection[int]) -> list[str]:
    """The names of pictures without folder and ending, as part of a longer name; ``""`` for rows that are left out."""
    return ["" if row in left_out else picture_name(path.split(JOINT)[0]) for row, path in enumerate(paths)]
