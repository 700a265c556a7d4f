"""Image Viewer: thumbnails of the pictures that a table names; the chosen ones go on."""

from __future__ import annotations

import os
from functools import partial
from html import escape

import numpy as np
from AnyQt.QtWidgets import QHBoxLayout, QLabel
from numpy.typing import NDArray
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import DomainContextHandler, Setting
from Orange.widgets.utils.annotated_data import (
    ANNOTATED_DATA_SIGNAL_NAME,
    lazy_annotated_table,
)
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.signals import LazyValue
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..tables.columns import image_reading, why_no_column
from .from_older import PACKAGE, FromOlder
from .jobs.kept_choice import to_settings
from .jobs.viewing import Gallery, Opened, Shown, Wanted, open_gallery
from .labelling import Labelling
from .older_settings import viewer_settings
from .parts.image_grid import ImageGrid
from .parts.lookup import Lookup
from .parts.picture_area import SIZES_PX
from .parts.picture_window import PictureWindow
from .parts.search_field import SearchField
from .parts.snapshot import data_address
from .parts.thumbnails import Thumbnails
from .unread import Unread
from .view_form import ViewForm
from .whereabouts import Whereabouts

_ZOOM_STEP = 1.15
_NO_DATA = "Connect Import Images, or any data with a column that names pictures, to see them here."


class OWImageViewer(FromOlder, OWWidget, ViewForm, Whereabouts, Labelling, Unread):
    """A grid of thumbnails; the rows of the chosen ones are sent on."""

    name = "Image Viewer"
    description = "Look at pictures, and choose some of them."
    icon = "icons/ImageViewer.svg"
    priority = 30
    keywords = "image viewer, picture, thumbnail, gallery, photo"
    replaces = (f"{PACKAGE}.owimageviewer.OWImageViewer", "Orange.widgets.data.owimageviewer.OWImageViewer")

    class Inputs:
        data = Input("Data", Table, default=True, replaces=["Podatki"])
        subset = Input("Data Subset", Table)

    class Outputs:
        selected = Output("Selected Images", Table, default=True, replaces=["Izbrane slike"])
        annotated = Output(ANNOTATED_DATA_SIGNAL_NAME, Table, replaces=["Podatki"])
        labeled = Output("Labeled Images", Table)

    class Error(Whereabouts.Error, OWWidget.Error):
        no_column = Msg("{}")

    class Warning(FromOlder.Warning, Whereabouts.Warning, Labelling.Warning, Unread.Warning,
                  OWWidget.Warning):
        no_rows = Msg("This data has no rows.")

    settings_version = 100
    of_older = staticmethod(viewer_settings)
    settingsHandler = DomainContextHandler()
    thumbnail_px: int = Setting(120)
    auto_commit: bool = Setting(True)
    #: as `jobs.kept_choice` says
    saved_selection: dict[str, object] = Setting({}, schema_only=True)

    def __init__(self) -> None:
        super().__init__()
        self._given: Table | None = None
        self._data: Table | None = None
        self._opened: Opened | None = None
        self._shown: Shown | None = None
        self._subset: NDArray[np.int64] | None = None
        self._chosen_ids = np.empty(0, np.int64)
        self._bright: NDArray[np.bool_] | None = None
        self._is_new = self._is_outdated = False
        self._looking = Lookup(self)
        self._looking.answered.connect(self._on_shown)
        self.tell_of_older()
        self._check_settings()
        self.thumbnails = Thumbnails(self)
        self.thumbnails.changed.connect(self.show_failures)
        self._add_controls()
        self._add_pictures()
        self.window_of_one = PictureWindow(self, self.thumbnails)
        self.add_label_window(self.window_of_one)
        self.window_of_one.moved.connect(self.grid.set_current)
        self.grid.setFocus()

    def _check_settings(self) -> None:
        """A file may hold anything in their place."""
        usual = self.thumbnail_px if isinstance(self.thumbnail_px, int) else 120
        self.thumbnail_px = min(SIZES_PX[1], max(SIZES_PX[0], usual))
        self.saved_selection = self.saved_selection if isinstance(self.saved_selection, dict) else {}

    def _add_controls(self) -> None:
        self.add_view_form(self.controlArea, self._on_column, self._show_otherwise)
        self._slider = gui.hSlider(
            self.pictures_box, self, "thumbnail_px", label="Size:", minValue=SIZES_PX[0], maxValue=SIZES_PX[1], step=4,
            createLabel=False, callback=self._on_size)
        self._slider.setToolTip("Size of the thumbnails; also Ctrl and the mouse wheel")
        self._slider.setAccessibleName("Size of the thumbnails")
        self.setTabOrder(self.captions, self._slider)
        self._summary = QLabel(wordWrap=True)
        gui.vBox(self.controlArea, "Selection").layout().addWidget(self._summary)
        gui.rubber(self.controlArea)
        gui.auto_send(self.buttonsArea, self, "auto_commit")

    def _add_pictures(self) -> None:
        layout = self.mainArea.layout()
        above, beside = QHBoxLayout(), QHBoxLayout()
        layout.addLayout(above)
        self.search = SearchField("Search captions and texts")
        above.addWidget(self.search, 1)
        self.add_place_bar(layout, self._on_column)
        self.grid = ImageGrid(self.thumbnails)
        self.grid.setAccessibleName("Pictures")
        self.grid.set_thumbnail_px(self.thumbnail_px)
        self.grid.set_hint(_NO_DATA)
        self.grid.label_of = self.label_of
        self.grid.selection_changed.connect(self._on_selection)
        self.grid.opened.connect(self._open)
        self.grid.zoomed.connect(self._zoom)
        self.grid.typed.connect(self.search.begin)
        layout.addLayout(beside, 1)
        beside.addWidget(self.grid, 1)
        self.add_labels(above, beside, self._rows_to_label, self._show_labels)
        self.palette_of_labels.left.connect(self.grid.setFocus)
        self.palette_of_labels.chosen.connect(self._choose_labeled)
        self.search.searched.connect(self._show_otherwise)
        self.search.left.connect(self.grid.setFocus)

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Show the pictures of a table, in place of those before."""
        self.closeContext()
        self.clear_messages()
        self._given = data
        self.search.clear()
        self.fill_view_form(data)
        if self.image_column is not None:  # a context without pictures would fit, and empty, every later table
            self.openContext(data.domain)
            self.image_column = self.older_column(data, self._image_model) or self.image_column
        self.show_view_form()
        if data is not None and self.image_column is None:
            self.Error.no_column(why_no_column(data))
        self.Warning.no_rows(shown=data is not None and len(data) == 0)
        self.thumbnails.recheck()
        self._is_new = True
        self._show()

    @Inputs.subset
    def set_subset(self, subset: Table | None) -> None:
        """Let the rows of the data that are not in a subset stand back."""
        self._subset = subset.ids if subset is not None else None
        self._show_otherwise()

    def _on_column(self) -> None:
        self._show()

    def _show(self) -> None:
        """Find out, in a thread, what there is to show; until then nothing is shown."""
        self._data, self._opened, self._is_outdated = self._given, None, False
        self.grid.set_items(())
        self.window_of_one.set_items(())
        self._show_marks(None)
        self.count_failures_of()
        self.look_at_labels(self._given, self.image_column)
        reading = self.reading_of(self.image_column)
        if self._given is None or self.image_column is None or reading is None:
            self.locate_nothing()
            self.grid.set_hint("" if self._given is not None else _NO_DATA)
            self._summarize()
            self._send_on()
            return
        self.thumbnails.set_reading(reading)
        self.grid.set_hint("Looking at the data…")
        wanted = Wanted(self.view_choice(self.search.text), self._subset, self.saved_selection, self._chosen_ids)
        self.locate_later(self._given, self.image_column, self._on_opened, partial(open_gallery, self._given, wanted))

    def _on_opened(self, opened: Opened) -> None:
        """Fill the grid; a selection made or saved with these pictures returns."""
        self._opened, self._data = opened, opened.table
        for pictures in (self.thumbnails, self.window_of_one.pictures):
            pictures.set_hosts(self.hosts)
        self.grid.set_items(opened.shown.items, opened.rows)
        self.window_of_one.set_items(opened.shown.items, image_reading(self.image_column))
        self._on_shown((opened.gallery, opened.shown, opened.bright))
        self.grid.scroll_to(self.grid.selection.current)
        self.count_failures_of(opened.gallery.path_set, opened.gallery.refused)
        self._send_on()
        if self._is_outdated:
            self._show_otherwise()

    def _send_on(self) -> None:
        """New data goes on at once, the same data otherwise as the user wishes; its labels are waited for."""
        if self.are_labels_awaited:
            self.setInvalidated(True)
            return
        is_new, self._is_new = self._is_new, False
        (self.commit.now if is_new else self.commit.deferred)()

    def _show_otherwise(self, *_: object) -> None:
        """Find out, in a thread, in which order, with which captions … the same pictures are to be shown."""
        if self._opened is None:
            self._is_outdated = self.is_locating
            return
        self._is_outdated = False
        gallery, choice, subset = self._opened.gallery, self.view_choice(self.search.text), self._subset
        self._looking.ask(lambda: (gallery, gallery.show(choice), gallery.bright(subset)))

    def _on_shown(self, answer: tuple[Gallery, Shown, NDArray[np.bool_] | None]) -> None:
        gallery, shown, bright = answer
        if self._opened is None or gallery is not self._opened.gallery:
            return
        self.grid.rearrange(shown.items, shown.arrangement)
        self.window_of_one.set_order(shown.arrangement.order)
        self._bright = bright
        self._show_marks(shown)
        self.grid.set_hint(f"No picture has “{self.search.text}” in its caption or texts." if self.search.text else "")
        self._summarize()

    def _show_marks(self, shown: Shown | None) -> None:
        self._shown = shown
        if shown is None:
            self._bright = None
        is_framed = shown is not None and not self.are_labels_shown
        self.grid.set_marks(shown.colors if is_framed else None, self._bright)
        self.show_legend(shown.legend if is_framed else ())

    def _on_size(self) -> None:
        self.grid.set_thumbnail_px(self.thumbnail_px)

    def _zoom(self, direction: int) -> None:
        wanted = round(self.thumbnail_px * _ZOOM_STEP ** direction)
        self.thumbnail_px = min(SIZES_PX[1], max(SIZES_PX[0], wanted))
        self._on_size()

    def _open(self, row: int) -> None:
        self.window_of_one.set_compared(self.grid.arrangement.shown(self.grid.selection.numbers))
        self.window_of_one.show_row(row)

    def _on_selection(self) -> None:
        rows = self.grid.selection.numbers
        if self._opened is not None:
            self._chosen_ids = self._data.ids[rows]
            self.saved_selection = to_settings(rows, self._opened.names)
        self._summarize()
        self.commit.deferred()

    def _summarize(self) -> None:
        """How many pictures are selected, found and in the subset."""
        count, selection, arrangement = len(self.grid.items), self.grid.selection, self.grid.arrangement
        lines = [f"{selection.count:,} of {count:,} {pl(count, 'picture')}" if count else "No pictures."]
        hidden = selection.count - len(arrangement.shown(selection.numbers))
        if hidden:
            lines.append(f"{hidden:,} of them not found by the search")
        if count and self._bright is not None:
            lines.append(f"{int(self._bright.sum()):,} in the subset")
        self._summary.setText("\n".join(lines))
        self.search.show_found(f"{len(arrangement.order):,} of {count:,}" if self.search.text and count else "")

    def _rows_to_label(self) -> NDArray[np.int64]:
        """The selected rows, but for those that a search hides: nobody labels what they do not see."""
        return self.grid.arrangement.shown(self.grid.selection.numbers)

    def _choose_labeled(self, number: int) -> None:
        if self._opened is not None:
            self.grid.choose_rows(np.flatnonzero(self.label_desk.numbers == number))

    def _show_labels(self) -> None:
        """Rows have other labels: their frames and what is sent follow."""
        self._show_marks(self._shown)
        if not self.is_locating:
            self.setInvalidated(False)
            self._send_on()

    def outgoing(self) -> Table | None:
        """The table whose rows are sent."""
        return self.labeled(self._data) if self._data is not None else None

    @gui.deferred
    def commit(self) -> None:
        """Send the chosen rows, and all rows with a column that says which were chosen."""
        data, rows = self.outgoing(), self.grid.selection.numbers.tolist()
        selected = LazyValue[Table](lambda: data[rows], length=len(rows),
                                    domain=data.domain) if rows and data is not None else None
        self.Outputs.selected.send(selected)
        self.Outputs.labeled.send(self.only_labeled(data))
        self.Outputs.annotated.send(
            lazy_annotated_table(data, rows) if data is not None else None)

    def send_report(self) -> None:
        """Columns, counts, and the pictures in sight."""
        if self._data is None:
            return
        found = f"{self.search.text} ({len(self.grid.arrangement.order):,} found)" if self.search.text else ""
        searched = [("Search", found)] if found else []
        self.report_items((*self.view_report(), *searched, ("Selected", self._summary.text()), *self.label_items()))
        if len(self.grid.items):
            self.report_raw(f'<img alt="{escape(self.name)}" src="{data_address(self.grid.viewport())}"/>')

    def onDeleteWidget(self) -> None:
        """End the threads that read pictures."""
        self.thumbnails.close()
        self.window_of_one.pictures.close()
        self.window_of_one.close()
        super().onDeleteWidget()


if __name__ == "__main__":  # pragma: no cover
    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageViewer).run(images_table(scan_folder(os.getcwd())))
