"""What ``orange-imaging embed --plan`` says of a run that is to come."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..core.options import Options
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.reading_notes import count_text
from ..core.recipe import supposed_identity
from ..core.shards.files import missing_shards
from ..core.shards.listing import Listing, shard_count
from ..core.shards.manifest import Manifest, check_joins
from ..core.space import free_bytes, size_text

_BYTES = 4  # of a number


@dataclass(frozen=True)
class ShardPlan:
    """A run that is to come; nothing is computed, and nothing is written.

    Attributes:
        out: the folder of shards.
        listing: all pictures.
        size: pictures a shard.
        dimension: length of a vector, as far as it is known before pictures are looked at.
        begun: what the folder tells of an earlier run, if there is one.
        model, options: the embedding.
        part: (I, N), from 1, of the shards; None: all.
        reading: how pictures are read; None: it is not known before they are looked at.
    """

    out: Path
    listing: Listing
    size: int
    dimension: int
    begun: Manifest | None
    model: str
    options: Options
    part: tuple[int, int] | None = None
    reading: Reading | None = None

    @property
    def shards(self) -> int:
        """How many there are."""
        return shard_count(len(self.listing), self.size)

    @cached_property
    def missing(self) -> list[int]:
        """Their numbers, ascending. Raises WrongUse: the folder holds shards of another run."""
        if self.begun is None:
            return list(range(self.shards))
        check_joins(self.out, self.begun, self._wanted(self.begun))
        return missing_shards(self.out, self.begun)

    def _wanted(self, begun: Manifest) -> Manifest:
        """The manifest of this run; what is not known yet, such as its weights, is taken to be as it was."""
        reading = self.reading or Reading(**begun.reading)
        return replace(begun, pictures=len(self.listing), shard_size=self.size, digest=self.listing.digest,
                       columns=self.listing.columns, root=self.listing.root,
                       identity=supposed_identity(begun.identity, self.model, self.options, reading))

    @property
    def _mine(self) -> list[int]:
        """Of those that are missing, this part's."""
        return [number for number in self.missing if is_of(number, self.part)]

    @property
    def bytes_to_come(self) -> int:
        """Of the vectors that are missing, as numbers in memory; files are smaller."""
        pictures = sum(min(self.size, len(self.listing) - number * self.size) for number in self._mine)
        return pictures * (self.begun.dimension if self.begun else self.dimension) * _BYTES

    def to_json(self) -> str:
        """All of it, for programs."""
        return json.dumps({
            "out": str(self.out), "pictures": len(self.listing), "shards": self.shards, "shard_size": self.size,
            "done": self.shards - len(self.missing), "missing": self.missing, "to_do": self._mine,
            "bytes_to_come": self.bytes_to_come, "columns": self.listing.columns}, indent=2)

    def to_text(self) -> str:
        """Lines for people."""
        done, mine = self.shards - len(self.missing), self._mine
        lines = [f"{self.listing.title}: {count_text(len(self.listing), 'picture')} in "
                 f"{count_text(self.shards, 'shard')} of {self.size:,}, into {escape_path(str(self.out))}.",
                 f"{count_text(done, 'shard')} done, {len(self.missing):,} missing."]
        if self.part:
            lines.append(f"Part {self.part[0]} of {self.part[1]}: {count_text(len(mine), 'shard')} to do.")
        if self.listing.columns:
            lines.append(f"Carried along: {', '.join(map(escape_path, self.listing.columns))}.")
        if mine:
            free = size_text(free_bytes(self.out))
            lines.append(f"At most {size_text(self.bytes_to_come)} to come; {free} are free.")
        return "\n".join([*lines, "Nothing was computed or written."])


def is_of(number: int, part: tuple[int, int] | None) -> bool:
    """Whether a shard, from 0, is one of part (I, N), from 1; None: of all."""
    return part is None or number % part[1] == part[0] - 1
