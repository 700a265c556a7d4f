"""What a widget with pictures needs to let its user label them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from AnyQt.QtWidgets import QGroupBox, QLayout, QPushButton, QVBoxLayout
from numpy.typing import NDArray
from Orange.data import StringVariable, Table
from Orange.widgets.settings import Setting
from Orange.widgets.utils.signals import LazyValue
from Orange.widgets.widget import Msg

from ..core.errors import WrongUse
from ..core.hand_labels import Label
from ..core.paths import unescape_path
from ..tables.hand_labels import with_labels
from .parts.label_desk import LabelDesk
from .parts.label_keys import LabelKeys
from .parts.label_palette import LabelPalette
from .parts.picture_window import PictureWindow

_COLUMN = "label"
_WIDTH_PX = 250
_BUTTON_TIP = "Put labels of your own on pictures, to make a training set of them"


class Labelling:
    """For a widget: a palette of labels, keys that put them, and tables with them as their class.

    Labels of a newer version can neither be shown nor changed: the workflow keeps them, and the palette stays closed.
    """

    class Warning:
        newer_labels = Msg("{}")

    #: as `core.saved_labels` has it
    hand_labels: dict[str, object] = Setting({}, schema_only=True)
    #: the name of the class column
    label_column: str = Setting(_COLUMN, schema_only=True)
    #: whether the palette is open, and keys label
    labels_open: bool = Setting(False, schema_only=True)
    #: whether pictures show their labels
    shows_labels: bool = Setting(True)

    def add_labels(self, buttons: QLayout, side: QLayout, selected: Callable[[], NDArray[np.int64]],
                   on_change: Callable[[], None]) -> None:
        """Put the palette into a layout.

        Args:
            buttons: for the button that opens the palette.
            side: for the palette.
            selected: gives the rows that are to be labeled.
            on_change: called when rows have other labels, or look otherwise.
        """
        self.label_column = self.label_column.strip() if isinstance(self.label_column, str) else ""
        self.label_column = self.label_column or _COLUMN
        self.shows_labels = bool(self.shows_labels)
        self.palette_of_labels = LabelPalette()
        self.label_desk = self._desk(selected)
        self._label_keys = LabelKeys(self)
        self._label_window: PictureWindow | None = None
        self._on_labels = on_change
        self._connect_labels()
        self.label_button = QPushButton("&Labels", checkable=True, autoDefault=False, toolTip=_BUTTON_TIP)
        self.label_button.toggled.connect(self.open_labels)
        buttons.addWidget(self.label_button)
        self._label_box = QGroupBox("Labels")
        self._label_box.setFixedWidth(_WIDTH_PX)
        QVBoxLayout(self._label_box).addWidget(self.palette_of_labels)
        side.addWidget(self._label_box)
        self._show_label_choices()
        self._show_newer_labels()
        self.label_button.setEnabled(not self._newer_labels)
        self._label_box.hide()
        if not self._newer_labels:
            self.open_labels(bool(self.labels_open))

    def _desk(self, selected: Callable[[], NDArray[np.int64]]) -> LabelDesk:
        self._newer_labels = ""
        try:
            return LabelDesk(self.palette_of_labels, selected, self.hand_labels)
        except WrongUse as error:
            self._newer_labels = str(error)
            return LabelDesk(self.palette_of_labels, selected)

    def _show_newer_labels(self) -> None:
        self.Warning.newer_labels(self._newer_labels, shown=bool(self._newer_labels))

    def _connect_labels(self) -> None:
        desk, palette = self.label_desk, self.palette_of_labels
        self._label_keys.digit_pressed.connect(desk.put)
        self._label_keys.undo.connect(desk.undo)
        self._label_keys.redo.connect(desk.redo)
        desk.changed.connect(self._labels_changed)
        palette.column_renamed.connect(self._on_label_column)
        palette.shown.connect(self._on_labels_shown)
        self.settingsAboutToBePacked.connect(self._keep_labels)

    def open_labels(self, is_open: bool) -> None:
        """Open or close the palette; while it is closed nothing is labeled."""
        self.labels_open = is_open
        self.label_button.setChecked(is_open)
        self._label_box.setVisible(is_open)
        self._listen_for_labels()

    def _listen_for_labels(self) -> None:
        self._label_keys.set_listening(self.labels_open and not self._newer_labels)
        if self._label_window is not None:
            are_for_labels = self.labels_open and self.label_desk.matters
            self._window_keys.set_listening(are_for_labels)
            self._label_window.bar.show_keys(are_for_labels=are_for_labels)

    def add_label_window(self, window: PictureWindow) -> None:
        """Label pictures in their own window, too, while there are labels and the palette is open; else digits zoom."""
        self._label_window, self._window_keys = window, LabelKeys(window)
        window.label_of = self.label_of
        self._window_keys.digit_pressed.connect(self._label_in_window)
        self._window_keys.undo.connect(self.label_desk.undo)
        self._window_keys.redo.connect(self.label_desk.redo)
        self._listen_for_labels()

    def _label_in_window(self, digit: int) -> None:
        if self._label_window.row is not None:
            self.label_desk.put(digit, [self._label_window.row])

    def _labels_changed(self) -> None:
        if self.palette_of_labels.notice.text:
            self.open_labels(True)
        self._listen_for_labels()
        if self._label_window is not None:
            self._label_window.show_labels()
        self._on_labels()

    def look_at_labels(self, table: Table | None, column: StringVariable | None) -> None:
        """Turn to other pictures; `on_change` is called when their labels are known.

        Args:
            table: as it came in: pictures that were found again elsewhere keep their labels.
            column: its image column.
        """
        self._show_newer_labels()
        if table is None or column is None:
            self.label_desk.look_at("", ())
        else:
            origin = unescape_path(str(column.attributes.get("origin", "")))
            self.label_desk.look_at(origin, table.get_column(column))

    @property
    def are_labels_awaited(self) -> bool:
        """Whether `on_change` is to be called before long, because the labels of other pictures are looked up."""
        return self.label_desk.matters and not self.label_desk.is_idle

    @property
    def has_labels(self) -> bool:
        """Whether a picture of the table has a label."""
        return bool(self.label_desk.numbers.any())

    @property
    def are_labels_shown(self) -> bool:
        """Whether pictures show their labels, in place of other frames."""
        return self.shows_labels and self.has_labels

    def label_of(self, row: int) -> Label | None:
        """The label that a row's picture shows."""
        return self.label_desk.label_of(row) if self.shows_labels else None

    def labeled(self, table: Table) -> Table:
        """The table with its labels as class; itself where no picture has one.

        Args:
            table: with the rows that were given to `look_at_labels`.
        """
        if not self.has_labels or len(table) != len(self.label_desk.numbers):
            return table
        return with_labels(table, self.label_desk.labels, self.label_desk.numbers, self.label_column)

    def only_labeled(self, table: Table | None) -> LazyValue[Table] | None:
        """The labeled rows of what `labeled` gave, made when they are asked for; None where there are none."""
        rows = np.flatnonzero(self.label_desk.numbers)
        if table is None or not len(rows):
            return None
        return LazyValue[Table](lambda: table[rows], length=len(rows), domain=table.domain)

    def label_items(self) -> list[tuple[str, str]]:
        """For the report: how many pictures have which label."""
        counts = np.bincount(self.label_desk.numbers, minlength=256)
        items = [(label.name, f"{counts[label.number]:,}") for label in self.label_desk.labels]
        return [("Labeled", self.palette_of_labels.state.text()), *items] if items else []

    def _on_label_column(self, name: str) -> None:
        self.label_column = " ".join(name.split()) or _COLUMN
        self._show_label_choices()
        self._labels_changed()

    def _on_labels_shown(self, shows: bool) -> None:
        self.shows_labels = shows
        self._labels_changed()

    def _show_label_choices(self) -> None:
        self.palette_of_labels.show_choices(self.label_column, self.shows_labels)

    def _keep_labels(self) -> None:
        if not self._newer_labels:
            self.hand_labels = self.label_desk.plain()
