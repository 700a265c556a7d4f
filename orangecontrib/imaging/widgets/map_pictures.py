"""The pictures of Image Map's rows: where they are, how they are read, what is told of them."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
from numpy.typing import NDArray
from Orange.data import Table

from ..core.paths import escape_path
from ..core.reading import Reading
from .jobs.kept_choice import of_this_run
from .jobs.looking_through import LookedThrough, look_through, rows_fingerprint
from .parts.picture_window import PictureWindow
from .parts.row_items import RowItems
from .parts.thumbnails import Thumbnails


class MapPictures:
    """For the widget, that has `Whereabouts` and `MapControls` too, and hears of pictures by `on_pictures`."""

    def add_pictures(self) -> None:
        """Make what reads pictures, and the window for one of them."""
        self.thumbnails = Thumbnails(self)
        self.thumbnails.changed.connect(self.show_failures)
        self.window_of_one = PictureWindow(self, self.thumbnails)
        self._recipe = Reading()
        #: of the rows that were chosen in this run; None before
        self._chosen_ids: NDArray[np.int64] | None = None

    def close_pictures(self) -> None:
        """End the threads that read pictures."""
        self.thumbnails.close()
        self.window_of_one.pictures.close()
        self.window_of_one.close()

    def on_image_column(self) -> None:
        """Find out where the pictures of the chosen column are; then lay them out."""
        reading = self.reading_of(self.image_column)
        self._recipe = reading or Reading()
        self.thumbnails.set_reading(self._recipe)
        if self._table is None:
            self.locate_nothing()
            self._take(RowItems(), frozenset(), "")
        elif self.image_column is None or reading is None:
            self._located = self._table
            self.look_later(partial(rows_fingerprint, self._table), partial(self._take, RowItems(), frozenset()))
        else:
            self.locate_later(self._table, self.image_column, self._on_found, look_through)

    def _on_found(self, found: LookedThrough) -> None:
        located = found.located
        self._located = located.table
        self.thumbnails.set_hosts(self.hosts)
        self.window_of_one.pictures.set_hosts(self.hosts)
        self._take(RowItems(located.paths, located.reasons, self._caption), found.paths, found.fingerprint)

    def _take(self, items: RowItems, paths: frozenset[str], rows: str) -> None:
        """These are the pictures now, all their paths, and what tells the rows from others."""
        self._items, self._fingerprint = items, rows
        self.window_of_one.set_items(items, self._recipe)
        self.count_failures_of(paths, sum(map(bool, items.reasons)))
        self.on_pictures()

    def restore_choice(self) -> None:
        """Choose the rows of a new table that were chosen before; of the same table they are still chosen.

        In this run a row is followed by what Orange knows it by; in a workflow that was opened, by its number among
        the very same rows.
        """
        if self._table is not None and not self._is_restored:
            self._is_restored = True
            self.area.select(self._rows_before(self._table))
        self._save_choice(np.flatnonzero(self.area.selected))

    def _rows_before(self, table: Table) -> NDArray[np.int64]:
        if self._chosen_ids is not None:
            return of_this_run(table, self._chosen_ids)
        if self.saved_selection.get("of") != self._fingerprint:
            return np.empty(0, np.int64)
        saved = self.saved_selection["rows"]
        rows = np.array(sorted({row for row in saved if type(row) is int and 0 <= row < len(table)}), np.int64)
        self._chosen_ids = table.ids[rows]
        return rows

    def remember_choice(self) -> None:
        """The user chose rows, or none."""
        if not self._is_restored:  # of a table whose rows are not known yet none can be chosen
            return
        rows = np.flatnonzero(self.area.selected)
        self._chosen_ids = self._table.ids[rows]
        self.saved_selection = {}
        self._save_choice(rows)

    def _save_choice(self, rows: NDArray[np.int64]) -> None:
        """Where none of the chosen rows is here, those stay saved that were chosen elsewhere."""
        if len(rows):
            self.saved_selection = {"rows": rows.tolist(), "of": self._fingerprint}

    def on_captions(self) -> None:
        """Tips are read from the columns when they are shown; a window that is open shows its picture again."""
        self.window_of_one.set_order(None)

    def _caption(self, row: int) -> str:
        if self.caption_column is None:
            return escape_path(os.path.basename(self._items.paths[row]))
        return str(self._table[row, self.caption_column])

    def tell_of(self, row: int) -> list[str]:
        """The values of the columns that are to be told, and of the one that gives the color."""
        columns = [*self.tip_columns, *([self.color_column] if self.color_column is not None else [])]
        return [f"{column.name}: {self._table[row, column]}" for column in dict.fromkeys(columns)]
