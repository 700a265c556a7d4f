"""What Image Viewer finds out in threads: captions, order, groups and hits of a search, for 100,000 rows.

The window stays alive meanwhile: nothing here holds Python's lock for more than some milliseconds, which a sort of
100,000 texts in one call would do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from Orange.data import StringVariable, Table, Variable

from ...core.paths import escape_path
from ...core.unhurried import unhurried
from ..frames import color_scale, row_colors
from ..parts.color_legend import Entries
from ..parts.picture_items import Arrangement, Groups, PictureItems
from .kept_choice import Names, found_again, names_of, of_this_run
from .ordering import groups_of, sorted_rows

if TYPE_CHECKING:
    from ..whereabouts import Located


@dataclass(frozen=True)
class ViewChoice:
    """How pictures are shown.

    Attributes:
        captions: the columns that are written below a picture; () for the file's name.
        sort_by: None for the order of the table.
        descending: whether the last comes first; rows without a value come last in any case.
        group_by: the column that headings are made of; None for none.
        frames: the column that frames are colored by; None for none.
        search: what a caption or a text must hold; "" for all rows.
    """

    captions: tuple[Variable, ...] = ()
    sort_by: Variable | None = None
    descending: bool = False
    group_by: Variable | None = None
    frames: Variable | None = None
    search: str = ""


@dataclass(frozen=True, eq=False)
class Shown:
    """What a grid shows.

    Attributes:
        items: by row.
        arrangement: of these rows.
        colors: (n, 4) uint8 RGBA of frames by row, or None.
        legend: values of the column that gives the colors, with these (RGB).
    """

    items: PictureItems
    arrangement: Arrangement
    colors: NDArray[np.uint8] | None = None
    legend: Entries = ()


@dataclass(eq=False)
class Gallery:
    """The pictures of a table, and what was found out about them; what took long is kept.

    Attributes:
        table: n rows.
        paths: n, as `columns.image_paths`.
        reasons: n: why a path leads to no picture, else "".
    """

    table: Table
    paths: Sequence[str]
    reasons: Sequence[str]
    _orders: dict[tuple[Variable | None, bool], NDArray[np.int64]] = field(default_factory=dict)
    _texts: dict[tuple[Variable, ...], list[str]] = field(default_factory=dict)

    def show(self, choice: ViewChoice) -> Shown:
        """What is to be shown of it; blocking, for a thread.

        Args:
            choice: columns of the table.
        """
        captions = Captions(self.table, choice.captions, self.paths)
        colors = row_colors(self.table, choice.frames) if choice.frames is not None else None
        shown = color_scale(self.table, choice.frames) if choice.frames is not None else ()
        return Shown(PictureItems(self.paths, captions, self.reasons), self._arrangement(choice), colors, shown)

    def bright(self, subset: NDArray[np.int64] | None) -> NDArray[np.bool_] | None:
        """(n,) bool, the rows with these ids; None for no ids."""
        return np.isin(self.table.ids, subset) if subset is not None else None

    @cached_property
    def path_set(self) -> frozenset[str]:
        """All paths."""
        return frozenset(unhurried(self.paths))

    @cached_property
    def refused(self) -> int:
        """How many rows name no file."""
        return sum(1 for reason in self.reasons if reason)

    def _arrangement(self, choice: ViewChoice) -> Arrangement:
        order = self._order(choice.sort_by, choice.descending)
        if choice.search:
            order = order[self._hits(choice)[order]]
        groups = Groups()
        if choice.group_by is not None and len(order):
            codes, titles = groups_of(self.table, choice.group_by)
            order = order[np.argsort(codes[order], kind="stable")]
            counts = np.bincount(codes[order], minlength=len(titles))
            found = np.flatnonzero(counts)
            groups = Groups([titles[number] for number in found.tolist()], counts[found])
        return Arrangement(order, len(self.paths), groups)

    def _order(self, column: Variable | None, descending: bool) -> NDArray[np.int64]:
        if (column, descending) not in self._orders:
            rows = (sorted_rows(self.table, column, descending) if column is not None
                    else np.arange(len(self.paths))[::-1 if descending else 1])
            self._orders[column, descending] = rows
        return self._orders[column, descending]

    def _hits(self, choice: ViewChoice) -> NDArray[np.bool_]:
        """(n,) bool, the rows that hold what is searched for; upper and lower case are the same."""
        if choice.captions not in self._texts:
            texts = [column for column in self.table.domain.metas if isinstance(column, StringVariable)]
            columns = tuple(dict.fromkeys((*choice.captions, *texts)))
            lines = Captions(self.table, columns, self.paths)
            self._texts[choice.captions] = ["\n".join(lines[row]).casefold() for row in range(len(lines))]
        wanted = choice.search.casefold()
        return np.array([wanted in text for text in self._texts[choice.captions]], bool)


class Captions(Sequence[tuple[str, ...]]):
    """By row, what is written below its picture; made when it is asked for.

    Args:
        table: of any rows.
        columns: a line each; () for one with the file's name.
        paths: one a row.
    """

    def __init__(self, table: Table, columns: Sequence[Variable], paths: Sequence[str]) -> None:
        self._columns = [(column, table.get_column(column)) for column in columns]
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, row: int) -> tuple[str, ...]:  # type: ignore[override]
        """The lines of a row."""
        if not self._columns:
            return (escape_path(os.path.basename(self._paths[row])),)
        return tuple(_text(column, values[row]) for column, values in self._columns)


def _text(column: Variable, value: object) -> str:
    return value if isinstance(value, str) and value else str(column.str_val(value))


@dataclass(frozen=True, eq=False)
class Opened:
    """A table whose pictures are to be shown.

    Attributes:
        table: with a column that says where its pictures are now.
        gallery: its pictures.
        names: what its rows are known by.
        rows: (k,) int64, those that were chosen before, ascending.
        shown: what is shown first.
        bright: (n,) bool, the rows of the subset; None where there is none.
    """

    table: Table
    gallery: Gallery
    names: Names
    rows: NDArray[np.int64]
    shown: Shown
    bright: NDArray[np.bool_] | None


@dataclass(frozen=True, eq=False)
class Wanted:
    """How a table is to be opened.

    Attributes:
        choice: how its pictures are shown.
        subset: (m,) int64, the ids of the rows that are highlighted; None for no subset.
        saved: the choice of rows that was saved with the workflow.
        ids: (m,) int64, of the rows that were chosen in this run.
    """

    choice: ViewChoice
    subset: NDArray[np.int64] | None
    saved: Mapping[str, object]
    ids: NDArray[np.int64]


def open_gallery(given: Table, wanted: Wanted, located: Located) -> Opened:
    """Find out all that the window needs of a table; blocking, for a thread.

    Args:
        given: the table that came.
        wanted: how it is to be shown; columns of `given`.
        located: where its pictures are.
    """
    gallery = Gallery(located.table, located.paths, located.reasons)
    names = names_of(given, located.column, located.own)
    rows = of_this_run(given, wanted.ids)
    if not len(rows):
        rows = found_again(wanted.saved, names, given.get_column(located.column.name))
    gallery.path_set, gallery.refused  # noqa: B018 - found out here, so that the window need not
    return Opened(located.table, gallery, names, rows, gallery.show(wanted.choice), gallery.bright(wanted.subset))
