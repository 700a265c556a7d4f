"""What ``orange-imaging embed`` says when shards are done, to people and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.device import Device
from ..core.paths import escape_path, printable
from ..core.reading_notes import count_text, read_clauses
from ..core.shards.files import Record, skipped_path
from ..core.shards.manifest import Manifest
from ..core.shards.skips import skipped_rows

_NAMED = 20  # skipped pictures


@dataclass(frozen=True)
class ShardReport:
    """A finished run.

    Attributes:
        out: the folder of shards.
        taken: network, layers and options, in words.
        manifest: what the folder holds now.
        now: how many shards this run did.
        seconds: how long that took.
        device: where it ran.
        part: (I, N), from 1, where it was for a part of the shards; None: for all.
        notes: sentences on what else is to be known.
    """

    out: Path
    taken: str
    manifest: Manifest
    now: int
    seconds: float
    device: Device
    part: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many shards are not done."""
        return self.manifest.shards - len(self.manifest.done)

    @property
    def before(self) -> int:
        """How many shards were done before, or meanwhile by others."""
        return len(self.manifest.done) - self.now

    def to_json(self) -> str:
        """All of it, for programs."""
        manifest = self.manifest
        return json.dumps({
            "out": str(self.out), "pictures": manifest.pictures, "vectors": manifest.vectors,
            "dimension": manifest.dimension, "skipped": manifest.skipped, "shards": manifest.shards, "now": self.now,
            "before": self.before, "missing": self.missing, "aside": {str(number): reason for number, reason
                                                                      in manifest.aside.items()},
            "seconds": round(self.seconds, 3), "device": self.device.title, "why": self.device.why,
            "remedy": self.device.remedy, "read": manifest.read, "notes": self.notes,
            "identity": json.loads(manifest.identity)}, indent=2)

    def to_text(self) -> str:
        """Lines for people."""
        manifest, shown = self.manifest, escape_path(str(self.out))
        shards = f"{len(manifest.done):,} of {manifest.shards:,} shards" if self.missing else count_text(
            manifest.shards, "shard")
        lines = [
            f"{shown}: {count_text(manifest.vectors, 'vector')} of {manifest.dimension} numbers in {shards} "
            f"({self.taken}).",
            f"{self.device.title}; {self.seconds:.1f} s; {count_text(self.now, 'shard')} now, {self.before:,} before, "
            f"{self.missing:,} missing.", *self._read_lines()]
        if manifest.aside:
            lines.append(f"{count_text(len(manifest.aside), 'shard')} set aside; the pictures are in {shown}, in "
                         "aside-*.parquet.")
        if self.missing:
            lines.append("The other parts bring what is missing." if self.part and self.part[1] > 1 else
                         "Run the same line again for what is missing.")
        if self.device.why and not self.part:  # an array's parts would all say it
            lines.append(f"{self.device.why}. {self.device.remedy}".rstrip())
        if manifest.skipped:
            lines.append(f"{manifest.skipped:,} skipped; the reasons are in {shown}, in skipped-*.parquet; "
                         "'orange-imaging merge' lists them as .csv.")
        return "\n".join([*lines, *self.notes])

    def _read_lines(self) -> list[str]:
        clauses = read_clauses(self.manifest.read, "(all with --json)")
        return ["How pictures were read:", *(f"  {clause}" for clause in clauses)] if clauses else []


def tell_skipped(out: Path, records: Sequence[Record]) -> None:
    """Name on stderr the first pictures that these shards left out, and how many more there are."""
    named = 0
    for record in sorted(records, key=lambda one: one.number):
        if record.skipped and named < _NAMED:
            rows = skipped_rows(skipped_path(out, record.number))[:_NAMED - named]
            named += len(rows)
            for name, reason in rows:
                print(f"{printable(name)}: skipped, {reason}", file=sys.stderr)
    more = sum(record.skipped for record in records) - named
    if more:
        print(f"and {more:,} more, in skipped-*.parquet.", file=sys.stderr)
