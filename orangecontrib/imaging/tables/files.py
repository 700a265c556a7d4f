"""Orange tables to files."""

from __future__ import annotations

import os
from pathlib import Path

from Orange.data import Table

from ..core.placing import placed


def save_table(table: Table, path: Path) -> None:
    """Save a table as ``.tab`` or ``.pkl``; a file that is there is replaced, whole or not at all.

    Orange keeps a table's own attributes in a second file, ``PATH.metadata``; it moves along.

    Raises:
        OutputError: the file cannot be written.
    """
    with placed(path) as beside:
        table.save(str(beside))
        attributes = Path(f"{beside}.metadata")
        if attributes.exists():
            os.replace(attributes, f"{path}.metadata")
