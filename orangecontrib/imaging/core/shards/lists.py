"""Lists of pictures: a file of one path a line, or a table with a column of paths and others to carry along."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..errors import FolderError, WrongUse
from ..paths import escape_path, printable
from .list_files import csv_table, parquet_table, text_table, typed_table
from .listing import PATH, Listing
from .remote import check_address, shown_address

if TYPE_CHECKING:
    import pyarrow

_TEXT, _CSV, _PARQUET = (".txt",), (".csv", ".tsv"), (".parquet",)
LIST_ENDINGS = (*_TEXT, *_CSV, *_PARQUET)
PATH_NAMES = ("path", "image", "image path", "file", "filename", "name")
TAKEN = ("vector", "reason")  # columns of results
_OF_PANDAS = re.compile(r"|Unnamed: [0-9]+|__index_level_[0-9]+__")
_ADDRESS = "^[A-Za-z][A-Za-z0-9_+.:-]+://"  # as `remote.is_address`
_ABSOLUTE = r"^(bytes:)?([A-Za-z]:)?[/\\]" if os.name == "nt" else "^(bytes:)?/"


def is_list(path: str) -> bool:
    """Whether a file is a list, by its ending."""
    return path.lower().endswith(LIST_ENDINGS)


def read_list(path: str, reads_addresses: bool = False) -> Listing:
    """The pictures that a file names, in its order; a path that comes twice stays twice.

    * ``.txt``: one path a line, in UTF-8; empty lines are left out, and nothing is a comment.
    * ``.csv``, ``.tsv``: a table whose first line names the columns; commas, semicolons or tabs stand between.
    * ``.parquet``: a table.

    The column of paths is *path*, else the first of `PATH_NAMES`; all others are carried along: numbers, truth values
    and text. Relative paths start from the list's folder. A name that is not UTF-8 is written as `escape_path` does.

    Args:
        path: of the list.
        reads_addresses: it may hold addresses too, such as ``s3://screen/plate1/A01.png``.

    Raises:
        FolderError: the list cannot be read, or is empty.
        WrongUse: it is not written as such a list is, has no column of paths or a path missing, or holds addresses.
    """
    table, notes = _named_columns(_table(path), path)
    column = _path_column(table.column_names, path)
    if not path.lower().endswith(_PARQUET):
        table = typed_table(table, column)
    names = _names(path, column, table.column(column))
    _check_addresses(path, names, reads_addresses)
    carried, more = _carried(table.drop_columns([column]))
    if column != PATH:
        notes.append(f"{_shown(path)}: the pictures are those of the column {column!r}.")
    root = os.path.dirname(os.path.abspath(path)) if _has_relative(names) else ""
    return Listing(escape_path(path), root, carried.add_column(0, PATH, names), notes=(*notes, *more))


def _table(path: str) -> pyarrow.Table:
    ending = os.path.splitext(path)[1].lower()
    if ending not in LIST_ENDINGS:
        raise WrongUse(f"{_shown(path)}: this is no list of pictures. Lists end in {', '.join(LIST_ENDINGS)}.")
    if not os.path.exists(path):
        raise FolderError(f"{_shown(path)}: there is no such list. Check the path.")
    read = text_table if ending in _TEXT else csv_table if ending in _CSV else parquet_table
    return read(path)


def _named_columns(table: pyarrow.Table, path: str) -> tuple[pyarrow.Table, list[str]]:
    """The columns that somebody named: pandas writes its row numbers as one without a name."""
    named = [at for at, name in enumerate(table.column_names) if not _OF_PANDAS.fullmatch(name)]
    unnamed = [str(at + 1) for at in range(table.num_columns) if at not in named]
    if not unnamed:
        return table, []
    columns = "Column" if len(unnamed) == 1 else "Columns"
    return table.select(named), [f"{_shown(path)}: {columns} {', '.join(unnamed)} without a name, left out."]


def _path_column(names: list[str], path: str) -> str:
    """The column of paths. Raises WrongUse: there is none."""
    if PATH in names:
        return PATH
    plain = {_plain(name): name for name in reversed(names)}
    for wanted in PATH_NAMES:
        if found := plain.get(_plain(wanted)):
            return found
    there = ", ".join(map(printable, names[:20])) + (" …" if len(names) > 20 else "")
    raise WrongUse(f"{_shown(path)}: no column of this list is known to hold paths; its columns are {there or 'none'}. "
                   'Rename the one with the paths to "path".')


def _plain(name: str) -> str:
    return re.sub("[ _-]", "", name).casefold()


def _names(path: str, column: str, values: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The paths, with ``/`` between their parts. Raises WrongUse: one is missing, or no path; FolderError: none."""
    import pyarrow
    import pyarrow.compute as pc

    if not len(values):
        raise FolderError(f"{_shown(path)}: there is no path in this list. Choose another list.")
    if not pyarrow.types.is_string(values.type):
        raise WrongUse(f"{_shown(path)}: the column {column!r} holds no paths ({values.type}). Rename the one with the "
                       'paths to "path".')
    values = pc.fill_null(values, "")
    missing = pc.index(values, "").as_py()
    if missing >= 0:
        raise WrongUse(f"{_shown(path)}: row {missing + 1:,} has nothing in the column {column!r}. Add its path, or "
                       "take the row out.")
    damaged = pc.index(pc.match_substring(values, "\0"), True).as_py()
    if damaged >= 0:
        raise WrongUse(f"{_shown(path)}: the path in row {damaged + 1:,} holds a NUL byte, which no name has. Write "
                       "the list again.")
    return pc.replace_substring(values, "\\", "/") if os.name == "nt" else values


def _check_addresses(path: str, names: pyarrow.ChunkedArray, reads_addresses: bool) -> None:
    """Raise WrongUse for addresses where they are not to be read, and for those that cannot be."""
    import pyarrow.compute as pc

    addresses = names.filter(pc.match_substring_regex(names, _ADDRESS))
    if not len(addresses):
        return
    if not reads_addresses:
        are = "is an address" if len(addresses) == 1 else "are addresses"
        raise WrongUse(f"{_shown(path)}: {len(addresses):,} of its {len(names):,} paths {are}, such as "
                       f"{shown_address(addresses[0].as_py())}. Add --urls if they are to be called, or take them out.")
    for chunk in addresses.chunks:
        for address in chunk.to_pylist():
            check_address(address)


def _has_relative(names: pyarrow.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    return not pc.all(pc.match_substring_regex(names, f"{_ADDRESS}|{_ABSOLUTE}")).as_py()


def _carried(table: pyarrow.Table) -> tuple[pyarrow.Table, list[str]]:
    """The other columns; those that are called as columns of results are get another name, which is told."""
    renamed = {name: f"{name} (list)" for name in table.column_names if name in (*TAKEN, PATH)}
    notes = [f"The column {name!r} of the list is carried along as {other!r}: results have a column of that name."
             for name, other in renamed.items()]
    return table.rename_columns([renamed.get(name, name) for name in table.column_names]), notes


def _shown(path: str) -> str:
    return escape_path(path)
