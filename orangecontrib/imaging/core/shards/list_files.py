"""Files that hold a list of pictures, as tables: text of one path a line, CSV, Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, TypeVar

from ..errors import FolderError, WrongUse, first_line
from ..paths import escape_path
from .list_columns import plain, typed

if TYPE_CHECKING:
    import pyarrow

_Value = TypeVar("_Value")
_AT_ONCE = 1 << 16  # rows that are plain Python at a time
_DELIMITERS = ",;\t"


def text_table(path: str) -> pyarrow.Table:
    """Column ``path``, one path a line; empty lines are left out. Raises WrongUse."""
    import pyarrow

    with _opened(path, newline=None) as file:
        lines = (line.rstrip("\n") for line in _lines(path, file) if line.strip())
        chunks = [pyarrow.array(some, pyarrow.string()) for some in _some(lines)]
    return pyarrow.table({"path": pyarrow.chunked_array(chunks, pyarrow.string())})


def csv_table(path: str) -> pyarrow.Table:
    """The columns of a CSV file by its first line, numbers where all values are numbers; empty lines are left out.

    Commas, semicolons or tabs stand between, whichever gives the most columns.

    Raises:
        WrongUse: it is no such file, two columns have the same name, or a line has more or fewer values.
    """
    import pyarrow

    with _opened(path, newline="") as file:
        rows = _rows(path, file)
        names = next(rows, [])
        chunks = [pyarrow.table([pyarrow.array(column, pyarrow.string()) for column in zip(*some, strict=True)],
                                names=names) for some in _some(rows)]
    empty = pyarrow.table([pyarrow.array([], pyarrow.string()) for _ in names], names=names)
    return pyarrow.concat_tables([empty, *chunks])


def parquet_table(path: str) -> pyarrow.Table:
    """The columns of a Parquet file.

    Raises:
        WrongUse: it is none, or a column holds neither text nor numbers nor truth values.
        FolderError: it may not be read.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with open(path, "rb") as file, pyarrow.parquet.ParquetFile(file, pre_buffer=False) as opened:
            table = opened.read(use_threads=False)
    except pyarrow.ArrowInvalid as error:
        raise WrongUse(f"{escape_path(path)}: this is no whole Parquet file ({first_line(error)}). Write it again.") \
            from error
    except OSError as error:
        raise _closed(path, error) from error
    names = table.column_names
    _check_names(path, names)
    return pyarrow.table({name: plain(name, table.column(name)) for name in names})


def typed_table(table: pyarrow.Table, kept: str) -> pyarrow.Table:
    """A table of texts with numbers where all values are numbers, but for the column `kept`."""
    import pyarrow

    return pyarrow.table({name: table.column(name) if name == kept else typed(table.column(name))
                          for name in table.column_names})


def _rows(path: str, file: IO[str]) -> Iterator[list[str]]:
    """The names of the columns, then all rows that hold something."""
    lines = _lines(path, file)
    head = _head(lines)
    delimiter = max(_DELIMITERS, key=lambda one: len(next(csv.reader(head[-1:], delimiter=one), [])))
    reader = csv.reader(chain(head, lines), delimiter=delimiter, strict=True,
                        skipinitialspace=f"{delimiter} " in head[-1] if head else False)
    names: list[str] = []
    try:
        for row in reader:
            if not any(row):
                continue
            if not names:
                names = [name.strip() for name in row]
                _check_names(path, names)
                yield names
            else:
                _check_row(path, reader.line_num, row, names)
                yield row
    except csv.Error as error:
        raise WrongUse(f"{escape_path(path)}: line {reader.line_num:,} is not written as CSV ({error}). Mend it, or "
                       "write the list again.") from error


def _head(lines: Iterator[str]) -> list[str]:
    """The lines up to the first that is not empty, which names the columns."""
    head = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    return head


def _check_names(path: str, names: list[str]) -> None:
    doubled = [name for name in names if names.count(name) > 1 and name]
    if doubled:
        raise WrongUse(f"{escape_path(path)}: two columns are called {doubled[0]!r}. Rename one of them.")


def _check_row(path: str, line: int, row: list[str], names: list[str]) -> None:
    if len(row) != len(names):
        raise WrongUse(f"{escape_path(path)}: line {line:,} has {len(row):,} values, but there are {len(names):,} "
                       "columns. Mend it; a name with a comma or the like stands in double quotes.")


def _lines(path: str, file: IO[str]) -> Iterator[str]:
    """The lines of a text file. Raises WrongUse: it is no text in UTF-8."""
    try:
        for number, line in enumerate(file, 1):
            if "\0" in line:
                raise WrongUse(f"{escape_path(path)}: line {number:,} holds a NUL byte, which no name has. Write the "
                               "list again, as text in UTF-8.")
            yield line
    except UnicodeDecodeError as error:
        raise WrongUse(f"{escape_path(path)}: line {_not_utf8(path):,} is not UTF-8. Save the list as UTF-8; in Excel, "
                       "as “CSV UTF-8”.") from error


def _not_utf8(path: str) -> int:
    """The number of the first line that is not UTF-8."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


@contextmanager
def _opened(path: str, newline: str | None) -> Iterator[IO[str]]:
    try:
        with open(path, encoding="utf-8-sig", newline=newline) as file:
            yield file
    except OSError as error:
        raise _closed(path, error) from error


def _closed(path: str, error: OSError) -> FolderError:
    return FolderError(f"{escape_path(path)}: this list cannot be read ({(error.strerror or str(error)).lower()}). "
                       "Check the path.")


def _some(values: Iterator[_Value]) -> Iterator[list[_Value]]:
    """So many values at a time."""
    while some := list(islice(values, _AT_ONCE)):
        yield some
