"""How Image Grid shows its pictures: captions, colors, and which of them stand back."""

from __future__ import annotations

import os

import numpy as np
from AnyQt.QtWidgets import QCheckBox, QLabel, QWidget
from Orange.data import Domain, Table, Variable
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, Setting
from Orange.widgets.utils.itemmodels import DomainModel

from ..core.paths import escape_path
from ..core.reading import Reading
from ..tables.columns import image_reading
from .frames import color_scale, row_colors
from .parts.color_legend import legend_text


class GridLooks:
    """For a widget with an area of cells, a window of one picture, and `image_column`."""

    caption_column: Variable | None = ContextSetting(None)
    color_column: Variable | None = ContextSetting(None)
    is_filled: bool = Setting(False)
    _data: Table | None = None
    _subset: Table | None = None

    def add_looks(self, box: QWidget) -> None:
        """Put the controls into a box."""
        self.is_filled = self.is_filled is True
        self._caption_model = DomainModel(placeholder="(no captions)", separators=True)
        self._color_model = DomainModel(placeholder="(no frames)", separators=True, valid_types=DomainModel.PRIMITIVE)
        for name, label, model, callback in (
                ("caption_column", "Caption:", self._caption_model, self.show_captions),
                ("color_column", "Color by:", self._color_model, self.show_colors)):
            combo = gui.comboBox(box, self, name, label=label, model=model, callback=callback, searchable=True)
            combo.setAccessibleName(label.rstrip(":"))
        self._filled = QCheckBox("&Fill the cells", checked=self.is_filled,
                                 toolTip="Cut pictures to squares instead of showing them whole")
        self._filled.toggled.connect(self._on_filled)
        box.layout().addWidget(self._filled)
        self._legend = QLabel(wordWrap=True)
        self._legend.hide()
        box.layout().addWidget(self._legend)

    def offer_columns(self, domain: Domain | None) -> None:
        """Other columns to choose from; pictures have the colors of their classes at first, and no captions."""
        for model in (self._caption_model, self._color_model):
            model.set_domain(domain)
        self.caption_column = None
        self.color_column = domain.class_var if domain is not None and domain.class_var else None

    def show_looks(self, table: Table) -> None:
        """Show the pictures of these rows as was chosen."""
        self._data = table
        self.window_of_one.set_items(self.area.items, self.reading())
        self.show_captions()
        self.show_colors()
        self.show_subset()

    def show_captions(self) -> None:
        """Show the values of the chosen column below the pictures."""
        self.area.set_captions(are_shown=self.caption_column is not None)

    def caption_of(self, row: int) -> str:
        """What a picture is called: by the chosen column, or else its file's name."""
        if self.caption_column is None:
            return escape_path(os.path.basename(self.area.items.paths[row]))
        return str(self._data[row, self.caption_column])

    def reading(self) -> Reading:
        """How the files of the chosen column become pictures; it was found to be right before."""
        return image_reading(self.image_column)

    def show_colors(self) -> None:
        """Frame the pictures in the colors of the chosen column, and say what they mean."""
        column = self.color_column
        has_colors = column is not None and bool(self.area.items)
        self.area.set_frames(row_colors(self._data, column) if has_colors else None)
        self._legend.setText(legend_text(color_scale(self._data, column)) if has_colors else "")
        self._legend.setVisible(bool(self._legend.text()))

    def show_subset(self) -> None:
        """Let all pictures but those of the subset stand back."""
        self.Warning.foreign_subset.clear()
        is_faded = None
        if self._subset is not None and self.area.items:
            is_faded = ~np.isin(self._data.ids, self._subset.ids)
            self.Warning.foreign_subset(shown=bool(is_faded.all()))
        self.area.set_faded(None if is_faded is None or is_faded.all() else is_faded)

    def _on_filled(self, is_filled: bool) -> None:
        self.is_filled = is_filled
        self.area.set_filled(is_filled)

    def tip_lines(self, row: int) -> list[str]:
        """What a picture's tip says of its row."""
        column = self.color_column
        return [] if column is None else [f"{column.name}: {column.str_val(self._data[row, column])}"]
