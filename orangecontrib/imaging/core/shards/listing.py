"""What is to be embedded, in its order: millions of pictures by name, held by Arrow, taken piece by piece."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..addresses import is_web_address
from ..files import JOINT
from ..paths import escape_path, unescape_path

if TYPE_CHECKING:
    import pyarrow

PATH = "path"
_AT_ONCE = 1 << 16  # values that are plain Python at a time


@dataclass(frozen=True)
class Piece:
    """The pictures of one shard, as plain Python: it travels to workers.

    Attributes:
        first: the row of its first picture in the listing.
        paths: n places to read: absolute, in the system's own form; or addresses.
        names: n names, as results tell them: relative to the listing's root, ``/`` between the parts, through
            `paths.escape_path`.
        carried: further columns of n values: str, int, float, bool or None.
        known: by row of the piece, why a picture is left out that the search for pictures left out already.
    """

    first: int
    paths: list[str]
    names: list[str]
    carried: dict[str, list[Any]] = field(default_factory=dict)
    known: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Listing:
    """All pictures of a source.

    Attributes:
        title: the source as it was given, for people.
        root: the folder, or address, that names start from; ``""``: they start from the root of the disk.
        table: column ``path`` (text: names as `Piece.names` has them) and the columns carried along, n rows.
        known: by row, the reason of pictures that the search for pictures left out: a folder that may not be read, a
            slide without tissue. They are rows, so that they are told with all others that were skipped.
        is_joined: a name holds the files of a picture's channels, each through `paths.escape_path`, ``|`` between.
        notes: sentences for the user on how the source was read.
    """

    title: str
    root: str
    table: pyarrow.Table
    known: Mapping[int, str] = field(default_factory=dict)
    is_joined: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def columns(self) -> dict[str, str]:
        """The columns carried along, with Arrow's name of their type."""
        return {entry.name: str(entry.type) for entry in self.table.schema if entry.name != PATH}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all names and values, in hex: two listings of one digest have the same rows in the same order.

        The root does not count: another computer may know the folder by another path.
        """
        found = hashlib.sha256(repr([sorted(self.columns.items()), sorted(self.known.items())]).encode())
        for name in sorted(self.table.column_names):
            found.update(f"\0{name}\0".encode())
            column = self.table.column(name)
            for start in range(0, len(self), _AT_ONCE):  # not the buffers: they depend on how they were made
                values = column.slice(start, _AT_ONCE).to_pylist()
                found.update("".join([f"{value!r}\n" for value in values]).encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    def piece(self, number: int, size: int) -> Piece:
        """The pictures of shard `number`, from 0, of so many a shard."""
        first = number * size
        rows = self.table.slice(first, size)
        names = rows.column(PATH).to_pylist()
        carried = {name: rows.column(name).to_pylist() for name in self.columns}
        known = {row: self.known[first + row] for row in range(len(names)) if first + row in self.known}
        return Piece(first, [full_path(name, self.root, self.is_joined) for name in names], names, carried, known)


def make_listing(title: str, root: str, names: Sequence[str], carried: Mapping[str, Sequence[Any]] | None = None
                 ) -> Listing:
    """A listing of plain Python values; `names` in the system's own form."""
    import pyarrow

    columns = {PATH: pyarrow.array(map(escape_path, names), pyarrow.string())}
    for name, values in (carried or {}).items():
        columns[name] = pyarrow.array(values)
    return Listing(escape_path(title), root, pyarrow.table(columns))


def shard_count(pictures: int, size: int) -> int:
    """How many shards of `size` pictures hold them all; the last may hold fewer."""
    return -(-pictures // size)


def full_path(name: str, root: str, is_joined: bool = False) -> str:
    """Where a picture of this name is read; of files joined into one picture, each of them with ``|`` between.

    A name that is absolute, or an address, stays what it is.
    """
    parts = [unescape_path(part) for part in (name.split(JOINT) if is_joined else [name])]
    if is_web_address(parts[0]) or not root:
        return JOINT.join(parts)
    if is_web_address(root):
        return f"{root.rstrip('/')}/{parts[0]}"
    return JOINT.join(part if os.path.isabs(part) else os.path.join(root, *part.split("/")) for part in parts)
