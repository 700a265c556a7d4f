"""What was computed a moment ago, of which rows: columns that are asked for one by one do not embed a table each time.

Orange hands over the rows of a table as new tables, again and again, but the ids of rows remain views of one array: by
it a table is known again, and when it goes, what is kept goes too. Only the last block is kept, and used for some
seconds after it was used last: files may change, and what failed may be mended.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray
from Orange.data import Instance, Table

from .columns import text_column
from .embedding_service import service

KEPT_S = 5.0
_LONGEST_S = 60.0
_MOST = 3  # embeddings; a block of 5,000 rows and 2,048 columns takes 40 MB
_TELL_AGAIN_S = 60.0


@dataclass(frozen=True)
class Rows:
    """Rows of a table, as far as a computation from their pictures depends on them.

    Attributes:
        anchor: what lives as long as the whole table.
        facts: on the image column.
        values: (n,) object, of the image column; none where it is missing.
    """

    anchor: object
    facts: str
    values: NDArray[np.object_]

    @classmethod
    def of(cls, data: Table | Instance, table: Table, name: str) -> Rows:
        """Of what Orange gave, and the same as a table; `name`: of the image column."""
        column = text_column(table, name)
        if column is None:
            return cls(_anchor(data), f"none of {[one.name for one in table.domain.metas]}", np.empty(0, object))
        return cls(_anchor(data), f"{column.name!r} {column.attributes}", table.get_column(column))

    def are_those(self, facts: str, values: NDArray[np.object_]) -> bool:
        """Whether these are the same pictures, in the same order."""
        # As lists: there a value is equal to itself, even where it is missing and not a number.
        return self.facts == facts and self.values.tolist() == values.tolist()


class _Spell:
    """The time for which something may be used, from now on."""

    def __init__(self) -> None:
        self._began = self._used = monotonic()

    def goes_on(self) -> bool:
        """Whether it may still be used; this is a use."""
        now = monotonic()
        if now - self._used > KEPT_S or now - self._began > _LONGEST_S:
            return False
        self._used = now
        return True


@dataclass
class _Kept:
    maker: Hashable
    anchor: ReferenceType[object]
    facts: str
    values: NDArray[np.object_]
    vectors: NDArray[np.float32]
    spell: _Spell = field(default_factory=_Spell)


@dataclass
class _Failed:
    maker: Hashable
    anchor: ReferenceType[object]
    spell: _Spell = field(default_factory=_Spell)


@dataclass
class _Told:
    anchor: ReferenceType[object]
    kind: str
    rows: int
    at: float


class RecentBlock:
    """The last blocks that were computed, the last failures, and what the user was told of tables that there are."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[_Kept, ...] = ()
        self._failed: tuple[_Failed, ...] = ()
        self._told: list[_Told] = []

    def recall(self, maker: Hashable, rows: Rows) -> NDArray[np.float32] | None:
        """(n, d) float32: what this maker made of these very rows a moment ago; else None."""
        with self._lock:
            return next((one.vectors for one in self._kept if one.maker == maker
                         and rows.are_those(one.facts, one.values) and one.spell.goes_on()), None)

    def keep(self, maker: Hashable, rows: Rows, vectors: NDArray[np.float32]) -> None:
        """Keep what was made, in place of what this maker made before."""
        kept = _Kept(maker, ref(rows.anchor, self._forget), rows.facts, rows.values.copy(), vectors)
        with self._lock:
            self._kept = (kept, *(one for one in self._kept if one.maker != maker))[:_MOST]

    def fail(self, maker: Hashable, rows: Rows) -> None:
        """Note that nothing could be made of a table."""
        failed = _Failed(maker, ref(rows.anchor))
        with self._lock:
            self._failed = (failed, *(one for one in self._failed if one.maker != maker))[:_MOST]

    def has_failed(self, maker: Hashable, rows: Rows) -> bool:
        """Whether nothing could be made of this table a moment ago: it is not tried for each column and block."""
        with self._lock:
            return any(one.maker == maker and one.anchor() is rows.anchor and one.spell.goes_on()
                       for one in self._failed)

    def tell(self, rows: Rows, kind: str, text: str) -> None:
        """Tell the user; things of one kind once for a table, and again only when the same rows come back later."""
        if self._is_news(rows, kind):
            service().warn(text)

    def _is_news(self, rows: Rows, kind: str) -> bool:
        now, which = monotonic(), hash((rows.facts, *map(str, rows.values)))
        with self._lock:
            self._told = [told for told in self._told if told.anchor() is not None]
            for told in self._told:
                if told.anchor() is rows.anchor and told.kind == kind:
                    is_news = told.rows == which and now - told.at > _TELL_AGAIN_S
                    told.at = now if is_news else told.at
                    return is_news
            self._told.append(_Told(ref(rows.anchor), kind, which, now))
            return True

    def _forget(self, anchor: ReferenceType[object]) -> None:
        """The table is gone. Without the lock: it may be this thread that holds it, when memory is tidied up."""
        self._kept = tuple(one for one in self._kept if one.anchor is not anchor)


RECENT = RecentBlock()


def _anchor(data: Table | Instance) -> object:
    """The array that the ids of a table's rows are a view of, however often rows were chosen from it by slices."""
    table = data if isinstance(data, Table) else getattr(data, "table", None)
    if table is None:
        return data
    array = table.ids
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
