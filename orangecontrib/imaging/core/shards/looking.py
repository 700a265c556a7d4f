"""What is done in a folder of shards, looked at again and again: a file that stayed is not read twice."""

from __future__ import annotations

import os
from pathlib import Path

from .files import Heading, Record, aside_path, no_folder, read_aside, read_record, shard_path, skipped_path
from .footers import readable

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
