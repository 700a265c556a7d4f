"""What there is in a folder of shards: what is done, a file that stayed being read once only, and what is not ours."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .difference import is_same_embedding
from .files import (
    Heading,
    Record,
    aside_path,
    file_names,
    no_folder,
    read_aside,
    read_record,
    shard_path,
    skipped_path,
)
from .footers import read_metadata, readable

_OURS = re.compile(r"(shard|skipped|aside)-(\d{5,})\.parquet")
_State = tuple[int, int, int]


class Looking:
    """Looks at a folder of shards."""

    def __init__(self, out: Path) -> None:
        """Nothing is read yet."""
        self._out = out
        self._seen: dict[int, tuple[tuple[_State, _State], Record | None]] = {}

    def look(self, heading: Heading) -> tuple[dict[int, Record], dict[int, str]]:
        """The records of the shards that are done, and why others are set aside; by number, ascending.

        Raises:
            WrongUse: the folder, or a file in it, may not be read.
        """
        states = _states(self._out)
        done, aside = {}, {}
        for number in range(heading.shards):
            record = self._record(number, heading, states)
            if record:
                done[number] = record
            elif aside_path(self._out, number).name in states:
                reason = read_aside(self._out, number, heading)
                aside.update({number: reason} if reason is not None else {})
        return done, aside

    def _record(self, number: int, heading: Heading, states: dict[str, _State]) -> Record | None:
        vectors = states.get(shard_path(self._out, number).name)
        skipped = states.get(skipped_path(self._out, number).name)
        if vectors is None or skipped is None:
            return None
        state = (vectors, skipped)
        if number not in self._seen or self._seen[number][0] != state:
            self._seen[number] = state, read_record(self._out, number, heading)
        return self._seen[number][1]


def first_stranger(out: Path, heading: Heading) -> str | None:
    """The name of a file that shards would replace though it is not of this run; None where there is none.

    What the run left is no stranger: shards set aside, and what was written of a shard that did not get done.

    Raises:
        WrongUse: the folder, or a file in it, may not be read.
    """
    found = filter(None, map(_OURS.fullmatch, sorted(file_names(out))))
    return next((match[0] for match in found if not _is_ours(out, match[0], match[1], int(match[2]), heading)), None)


def _is_ours(out: Path, name: str, kind: str, number: int, heading: Heading) -> bool:
    if record := read_record(out, number):  # done, maybe by another run of the same pictures, cut otherwise
        return record.belongs_to(heading)
    if number >= heading.shards:
        return False
    if kind == "aside":
        return read_aside(out, number, heading) is not None
    told = read_metadata(out / name)
    return (told.get("listing") == heading.digest and told.get("first") == str(number * heading.shard_size)
            and is_same_embedding(told.get("identity", "[]"), heading.identity))


def _states(out: Path) -> dict[str, _State]:
    """Time, bytes and number on the disk of each file, by name: what tells that it is another one than before."""
    found = {}
    try:
        with readable(out), os.scandir(out) as entries:
            for entry in entries:
                try:
                    status = entry.stat()
                except FileNotFoundError:  # one that was being written
                    continue
                found[entry.name] = status.st_mtime_ns, status.st_size, status.st_ino
    except OSError as error:
        raise no_folder(out) from error
    return found
