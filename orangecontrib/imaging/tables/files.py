"""Orange tables to files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from Orange.data import Table, Variable
from Orange.data.variable import MISSING_VALUES

from ..core.errors import WrongUse
from ..core.paths import escape_path
from ..core.placing import placed

# Orange's reader strips blanks, and may take an apostrophe that opens a word for a quotation mark.
_UNSAFE_TEXT = re.compile(r"^\s|\s$|(^|\W)'")
# All classes stand in one cell with blanks between them, a blank within one after a backslash.
_UNSAFE_CLASS = re.compile(rf"{_UNSAFE_TEXT.pattern}|[^\S ]|\\$")


def save_table(table: Table, path: Path) -> None:
    """Save a table as ``.tab`` or ``.pkl``; a file that is there is replaced, whole or not at all.

    Orange keeps a table's own attributes in a second file, ``PATH.metadata``; it moves along.

    Raises:
        WrongUse: Orange would not read a class or a text of it back from a ``.tab``; nothing was written.
        OutputError: the file cannot be written.
    """
    if path.suffix.lower() == ".tab":
        check_tab(table, path)
    with placed(path) as beside:
        attributes = Path(f"{beside}.metadata")
        try:
            table.save(str(beside))
            if attributes.exists():
                os.replace(attributes, f"{path}.metadata")
        finally:
            attributes.unlink(missing_ok=True)


def check_tab(table: Table, path: Path) -> None:
    """Raise WrongUse when Orange would not read a class or a text of the table back from a ``.tab`` file at `path`."""
    for variable in (*table.domain.variables, *table.domain.metas):
        for value in _unsafe_in_tab(table, variable):
            raise WrongUse(f"{escape_path(str(path))}: {value!r} in column {variable.name!r} is not safe in a .tab "
                           "file: Orange may read it as another or as missing. Choose the ending .pkl or .csv, which "
                           "keep it.")


def _unsafe_in_tab(table: Table, variable: Variable) -> list[str]:
    """The classes or texts of a column that a .tab file may lose or change."""
    if variable.is_discrete:
        return [value for value in variable.values if value in MISSING_VALUES or _UNSAFE_CLASS.search(value)]
    if variable.is_string:
        return [value for value in map(str, table.get_column(variable)) if _UNSAFE_TEXT.search(value)]
    return []
