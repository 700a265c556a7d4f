"""Image Map: pictures on a plane, similar ones near each other; the chosen ones go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from html import escape

import numpy as np
from Orange.data import Table
from Orange.misc import DistMatrix
from Orange.widgets import gui
from Orange.widgets.settings import DomainContextHandler, Setting
from Orange.widgets.utils.annotated_data import (
    ANNOTATED_DATA_SIGNAL_NAME,
    create_annotated_table,
    domain_with_annotation_column,
)
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.signals import LazyValue
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.errors import ImagingError, WrongUse
from ..tables.columns import image_columns, why_no_column
from ..tables.map_columns import check_distances, distance_rows, has_numbers, placed_domain, with_places
from .frames import color_legend, row_colors
from .job_mixin import JobMixin
from .jobs.mapping import Placed, chosen_layout, place_rows, possible_layouts
from .map_controls import MapControls
from .map_pictures import MapPictures
from .parts.layout_names import COLUMNS
from .parts.map_area import MapArea
from .parts.map_axes import normalised
from .parts.map_legend import MapLegend
from .parts.map_scene import MapPoints
from .parts.map_sheet import map_sheet
from .parts.map_tools import MapTools
from .parts.printing import Printed, Sheet
from .parts.row_items import RowItems
from .parts.snapshot import data_address
from .sheet_saving import SheetSaving
from .unread import Unread
from .whereabouts import Whereabouts


class OWImageMap(SheetSaving, OWWidget, JobMixin, Whereabouts, MapControls, MapPictures, Unread):
    """A plane of pictures; the rows of the chosen ones are sent on."""

    name = "Image Map"
    description = "See pictures on a map on which similar ones lie near each other, and choose some of them."
    icon = "icons/ImageMap.svg"
    priority = 45
    keywords = "image map, t-sne, tsne, umap, mds, pca, projection, embedding, scatter plot, similar, zoom, atlas"

    class Inputs:
        data = Input("Data", Table, default=True)
        distances = Input("Distances", DistMatrix)
        subset = Input("Data Subset", Table)

    class Outputs:
        selected = Output("Selected Images", Table, default=True)
        annotated = Output(ANNOTATED_DATA_SIGNAL_NAME, Table)

    class Error(SheetSaving.Error, Whereabouts.Error, OWWidget.Error):
        failed = Msg("{}")
        wrong_distances = Msg("{}")
        no_layout = Msg("This data has no numbers to lay the pictures out by. Connect Image Embedder, or Distances.")

    class Warning(SheetSaving.Warning, Whereabouts.Warning, Unread.Warning, OWWidget.Warning):
        no_rows = Msg("This data has no rows.")
        left_out = Msg("Left out, because numbers are missing: {}.")
        foreign_subset = Msg("None of the pictures in Data Subset is in Data, so none stands out.")

    class Information(SheetSaving.Information, OWWidget.Information):
        dots_only = Msg("{} Dots are shown.")
        stopped = Msg("Cancelled. The layout is not finished.")

    settings_version = 100
    settingsHandler = DomainContextHandler()
    auto_commit: bool = Setting(True)
    #: {"rows": [int, …], "of": fingerprint of the rows}
    saved_selection: dict[str, object] = Setting({}, schema_only=True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._data: Table | None = None
        self._distances: DistMatrix | None = None
        self._subset: Table | None = None
        self._is_new = False
        self._forget()
        self.add_pictures()
        self.add_controls()
        self.area = MapArea(self.thumbnails)
        self.area.tell_of = self.tell_of
        self.area.selection_changed.connect(self._on_selection)
        self.area.opened.connect(self.window_of_one.show_row)
        self.legend = MapLegend(self.area)
        self.tools = MapTools(self.drag_mode)
        self.tools.mode_chosen.connect(self._on_mode)
        self.tools.zoomed.connect(self.area.zoom)
        self.tools.whole.connect(self.area.show_all)
        self.add_place_bar(self.mainArea.layout(), self.on_image_column)
        self.mainArea.layout().addWidget(self.area)
        self.mainArea.layout().addWidget(self.tools)
        gui.auto_send(self.buttonsArea, self, "auto_commit")
        self.area.set_look(self.look())
        self._on_mode(self.drag_mode)
        self.on_layout()
        self._summarize()
        self.area.setFocus()

    def _forget(self) -> None:
        """What was known of the table before."""
        self._table: Table | None = None  # as it was given, and with a column that says where its pictures are
        self._located: Table | None = None
        self._items = RowItems()
        self._fingerprint, self._is_restored = "", False
        self._layout: tuple[object, ...] = ()
        self._method = ""
        self._placed: Placed | None = None
        self._is_laid_out = False

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Show the rows of a table, in place of those before."""
        self._data, self._is_new = data, True

    @Inputs.distances
    def set_distances(self, distances: DistMatrix | None) -> None:
        """Lay the rows out by distances between them."""
        self._distances, self._is_new = distances, True

    @Inputs.subset
    def set_subset(self, subset: Table | None) -> None:
        """Let these rows stand out."""
        self._subset = subset

    def handleNewSignals(self) -> None:
        if self._is_new:
            self._is_new = False
            self._take_inputs()
        else:
            self._show_map(keep_view=True)

    def _take_inputs(self) -> None:
        """Start with other rows, or other distances."""
        self.closeContext()
        self.clear_messages()
        self.cancel()
        self._forget()
        self._show_map()  # what is shown asks the table for its captions
        self.window_of_one.set_items(self._items)
        self.area.select([])
        distances = self._distances
        table = self._data if self._data is not None or distances is None else distance_rows(distances)
        self._table = self._located = table
        columns = image_columns(table)
        self.fill_columns(table.domain if table is not None else None, columns)
        if table is not None:
            self.openContext(table.domain)
            self.choose_missing()
            self.Warning.no_rows(shown=not len(table))
            if not columns:
                self.Information.dots_only(why_no_column(table))
        self.thumbnails.recheck()
        self.on_image_column()

    def on_pictures(self) -> None:
        """The pictures of the rows are known; those that were chosen before are chosen again."""
        self._lay_out()
        self.restore_choice()
        self._summarize()
        self.commit.now()

    def on_layout(self) -> None:
        """Another layout was chosen."""
        self._lay_out()
        self.commit.now()

    def _lay_out(self) -> None:
        """Lay the rows out as is chosen, unless they are already."""
        table, distances = self._table, self._usable_distances()
        possible = possible_layouts(
            table is not None and has_numbers(table.domain), distances is not None, len(self.x_model))
        method = chosen_layout(self.method, possible, distances is not None) if table is not None else ""
        self.show_layouts(possible, method, table is not None)
        layout = (method, *((self.x_column, self.y_column) if method == COLUMNS else ()))
        if layout == self._layout and (self._is_laid_out or self.task is not None):
            self._show_map(keep_view=True)
            return
        self.cancel()
        self._layout, self._method, self._placed = layout, method, None
        self._is_laid_out = False
        for message in (self.Error.failed, self.Error.no_layout, self.Warning.left_out, self.Information.stopped):
            message.clear()
        self.clear_saved()
        self._start(table, distances, method)

    def _start(self, table: Table | None, distances: DistMatrix | None, method: str) -> None:
        self._show_button()
        if table is None or not len(table) or not method:
            is_said = table is None or not len(table) or self.Error.wrong_distances.is_shown()
            self.Error.no_layout(shown=not is_said)
            self._show_map()
        elif method == COLUMNS:
            self._is_laid_out = True
            self._show_placed(Placed.of(np.column_stack(
                [np.asarray(table.get_column(column), float) for column in (self.x_column, self.y_column)])))
            self._show_button()
        else:
            self._show_map()
            self.start(place_rows, table, distances, method)
            self._show_button()

    def _usable_distances(self) -> DistMatrix | None:
        """The distances, where they are between these rows; else None, and an error."""
        self.Error.wrong_distances.clear()
        if self._distances is None:
            return None
        try:  # without rows they may still be distances between columns
            check_distances(self._table if self._table is not None else range(len(self._distances)), self._distances)
            if self._table is None:
                raise WrongUse("Distances came without the rows they were computed from. "
                               "Connect the same table to Data.")
        except WrongUse as error:
            self.Error.wrong_distances(str(error))
            return None
        return self._distances

    def on_partial_result(self, result: Placed) -> None:
        self._placed = result
        self._show_map(keep_view=True)

    def on_done(self, result: Placed | Printed) -> None:
        if isinstance(result, Printed):
            self.end_saving()
            self._show_button(is_running=False)
            self.show_saved(result)
            return
        self._show_placed(result)
        self._is_laid_out = True
        self._show_button(is_running=False)
        self.commit.now()

    def on_exception(self, ex: Exception) -> None:
        if self.end_saving():
            self.Error.not_saved(str(ex))
        else:
            self.Error.failed(str(ex))
            self._placed = None
            self._show_map()
        self._show_button(is_running=False)
        if not isinstance(ex, ImagingError):
            raise ex

    def on_stop(self) -> None:
        """Stop the layout where it is, or begin it anew."""
        if self.task is None:
            self._layout = ()
            self.on_layout()
            return
        was_saving = self.give_up_saving()
        self.cancel()
        if was_saving:
            self._show_button()
            return
        self._is_laid_out = self._placed is not None
        self.Information.stopped()
        self._show_button()
        self._show_map(keep_view=True)
        self.commit.now()

    def _show_button(self, is_running: bool | None = None) -> None:
        is_running = self.task is not None if is_running is None else is_running
        self.stop_button.setText("Lay Out Again" if self.Information.stopped.is_shown() else "Cancel")
        self.stop_button.setEnabled(is_running or self.Information.stopped.is_shown())

    def printed_sheet(self) -> Sheet | None:
        """What is in sight; None while it is not laid out."""
        if not self._is_laid_out:
            return None
        return map_sheet(self.area, self._recipe, self.hosts, color_legend(self._table, self.color_column))

    def begin_job(self, text: str, job: Callable[..., object], *given: object) -> None:
        """Save the map in a thread."""
        self.start(job, *given)
        self.setInvalidated(False)  # what is sent does not wait for it
        self._show_button()

    def _show_placed(self, placed: Placed) -> None:
        self._placed = placed
        self.Warning.left_out(f"{placed.unplaced:,} {pl(placed.unplaced, 'row')}", shown=placed.unplaced > 0)
        self._show_map(keep_view=True)

    def _show_map(self, keep_view: bool = False) -> None:
        """Show the rows where they were placed."""
        table, placed = self._table, self._placed
        self.area.message = self._message()
        self.area.counted = "pictures" if len(self._items) else "rows"
        count = len(table) if table is not None else 0
        places = (normalised(placed.places, self._method != COLUMNS) if placed is not None
                  else np.full((count, 2), np.nan))
        column = self.color_column if placed is not None else None
        self.legend.show_legend(color_legend(table, column))
        self.area.left_px = self.legend.taken_px()
        self.area.set_points(MapPoints(places, self._colors(count), self._standing_out(count)),
                             self._items, keep_view=keep_view)

    def _message(self) -> str:
        """What is said in place of a map."""
        if self._table is None:
            return "Connect Image Embedder, or any data with numbers, to see its pictures on a map."
        return "The map is being laid out …" if self.task is not None or not self._layout else "There is no map."

    def on_colors(self) -> None:
        """Other colors at the same places."""
        self._show_map(keep_view=True)

    def _colors(self, count: int) -> np.ndarray:
        if not count or self.color_column is None:
            return np.zeros((count, 4), np.uint8)
        return row_colors(self._table, self.color_column)

    def _standing_out(self, count: int) -> np.ndarray | None:
        """Which rows are in Data Subset; None where it is not connected."""
        self.Warning.foreign_subset.clear()
        if self._subset is None or not count:
            return None
        among = np.isin(self._table.ids, self._subset.ids)
        self.Warning.foreign_subset(shown=not among.any())
        return among if among.any() else None

    def on_look(self) -> None:
        """Other sizes; pictures, dots or both."""
        self.area.set_look(self.look())

    def _on_mode(self, mode: str) -> None:
        self.drag_mode = mode
        self.area.set_mode(mode)

    def _on_selection(self) -> None:
        self.remember_choice()
        self._summarize()
        self.commit.deferred()

    def _summarize(self) -> None:
        count, chosen = len(self._table or ()), int(self.area.selected.sum())
        pictures = f"{chosen:,} of {count:,} {pl(count, 'picture')}"
        rows = f"{chosen:,} of {count:,} {pl(count, 'row')}"
        self.summary.setText((pictures if len(self._items) else rows) if count else "No pictures.")

    @gui.deferred
    def commit(self) -> None:
        """Send the chosen rows, and all rows with their places and a column that says which were chosen."""
        table, placed = self._located, self._placed
        if table is None or placed is None or not self._is_laid_out:
            self.Outputs.selected.send(None)
            self.Outputs.annotated.send(None)
            return
        rows = np.flatnonzero(self.area.selected)
        whole = cache(partial(with_places, table, placed.places))
        domain = placed_domain(table.domain)
        self.Outputs.selected.send(LazyValue[Table](
            lambda: whole()[rows], length=len(rows), domain=domain) if len(rows) else None)
        self.Outputs.annotated.send(LazyValue[Table](
            lambda: create_annotated_table(whole(), rows), length=len(table),
            domain=domain_with_annotation_column(domain)[0]))

    def send_report(self) -> None:
        """Layout, columns, counts, and the map as it is in sight."""
        if self._table is None:
            return
        columns = (("Column with pictures", self.image_column), ("Layout", self._layout_text()),
                   ("Color", self.color_column), ("Caption", self.caption_column))
        self.report_items([(name, str(value or "none")) for name, value in columns])
        self.report_items([("Selected", self.summary.text())])
        self.report_raw(f'<img alt="{escape(self.name)}" src="{data_address(self.area)}"/>')

    def _layout_text(self) -> str:
        return f"{self.x_column} and {self.y_column}" if self._method == COLUMNS else self._method

    def onDeleteWidget(self) -> None:
        """End the threads that read pictures, and the layout."""
        self.cancel()
        self.close_pictures()
        super().onDeleteWidget()


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWImageMap).run(Table("iris"))
