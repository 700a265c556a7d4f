"""What ``orange-imaging embed`` says when it is done, to people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.embeddings import Embeddings
from ..core.paths import escape_path
from ..core.reading_notes import count_text, read_clauses

_CLASSES = 12  # that are named


@dataclass(frozen=True)
class Report:
    """A finished run.

    Attributes:
        out: the file of vectors.
        taken: network, layers and options, in words.
        found: the vectors.
        seconds: how long it took to compute them.
        read: how many pictures each clause on their reading concerns, as `ReadingNotes.counts` gives it.
        classes: how many pictures each class has, ``""`` being none; empty where none was asked for.
        skipped, listed: how many pictures, and where they are listed.
        notes: sentences on what else is to be known.
    """

    out: Path
    taken: str
    found: Embeddings
    seconds: float
    read: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    listed: Path | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """All of it, for programs."""
        count, dimension = self.found.vectors.shape
        return json.dumps({
            "out": str(self.out), "vectors": count, "dimension": dimension, "skipped": self.skipped,
            "computed": self.found.computed, "seconds": round(self.seconds, 3), "device": self.found.device,
            "why": self.found.why, "remedy": self.found.remedy, "read": dict(self.read),
            "classes": dict(self.classes), "notes": self.notes,
            "identity": json.loads(self.found.identity)}, indent=2)

    def to_text(self) -> str:
        """Lines for people."""
        (count, dimension), found = self.found.vectors.shape, self.found
        stored = count - found.computed
        lines = [
            f"{escape_path(str(self.out))}: {count_text(count, 'vector')} of {dimension} numbers ({self.taken}).",
            f"{found.device}; {self.seconds:.1f} s; {found.computed} computed, {stored} from the store.",
            *self._read_lines()]
        if self.classes:
            lines.append(_classes_text(self.classes))
        if found.why:
            lines.append(f"{found.why}. {found.remedy}".rstrip())
        if self.listed:
            lines.append(f"{self.skipped} skipped; the reasons are in {escape_path(str(self.listed))}.")
        return "\n".join([*lines, *self.notes])

    def _read_lines(self) -> list[str]:
        if not self.read:
            return []
        title = "pictures" if self.found.computed == len(self.found.rows) else "those computed now"
        return [f"How {title} were read:", *(f"  {clause}" for clause in read_clauses(self.read, "(all with --json)"))]


def _classes_text(classes: Mapping[str, int]) -> str:
    """Such as ``2 classes: A01 (4), A02 (3); 1 without a class.``"""  # noqa: D415 (an example)
    named = [f"{escape_path(name)} ({count:,})" for name, count in classes.items() if name]
    shown = ", ".join(named[:_CLASSES] + ["…"] * (len(named) > _CLASSES))
    without = f"; {classes['']:,} without a class" if "" in classes else ""
    return f"{len(named):,} {'class' if len(named) == 1 else 'classes'}: {shown}{without}."
