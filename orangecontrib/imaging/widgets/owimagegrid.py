"""Image Grid: pictures in the cells of a grid, similar ones near each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from Orange.data import ContinuousVariable, StringVariable, Table
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, DomainContextHandler, Setting
from Orange.widgets.utils.annotated_data import create_groups_table, lazy_annotated_table
from Orange.widgets.utils.itemmodels import DomainModel, VariableListModel
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.errors import ImagingError, OutputError
from ..tables.columns import image_columns, why_no_column
from .frames import color_legend
from .from_older import PACKAGE, FromOlder
from .grid_looks import GridLooks
from .grid_shape import GridShape
from .job_mixin import JobMixin
from .jobs.laying_out import Grid, lay_out
from .jobs.looking_through import LookedThrough, look_through
from .older_settings import grid_settings
from .parts.cell_choice import CellChoice
from .parts.grid_form import GridForm
from .parts.grid_sheet import grid_sheet
from .parts.layout_names import COLUMNS, LAYOUTS
from .parts.picture_window import PictureWindow
from .parts.printing import Printed, Sheet
from .parts.row_items import RowItems
from .parts.text_label import text_label
from .parts.thumbnails import Thumbnails
from .sheet_saving import SheetSaving
from .unread import Unread
from .whereabouts import Whereabouts


class OWImageGrid(SheetSaving, FromOlder, OWWidget, JobMixin, Whereabouts, GridLooks, GridShape, Unread):
    """Lays pictures out in a thread, shows them in cells, and sends the groups that are chosen."""

    name = "Image Grid"
    description = "Lay pictures out in a grid, similar ones near each other."
    icon = "icons/ImageGrid.svg"
    priority = 40
    keywords = "image grid, layout, similarity, tsne, map, gallery"
    replaces = (f"{PACKAGE}.owimagegrid.OWImageGrid",)
    graph_name = "area"

    class Inputs:
        data = Input("Embeddings", Table, default=True, replaces=["Vložitve"])
        subset = Input("Data Subset", Table, replaces=["Podskupina podatkov"])

    class Outputs:
        selected = Output("Selected Images", Table, default=True, replaces=["Izbrane slike"])
        annotated = Output("Images", Table, replaces=["Slike"])

    class Error(SheetSaving.Error, Whereabouts.Error, OWWidget.Error):
        no_column = Msg("{}")
        failed = Msg("{}")

    class Information(SheetSaving.Information, OWWidget.Information):
        pass

    class Warning(SheetSaving.Warning, FromOlder.Warning, Whereabouts.Warning, Unread.Warning, OWWidget.Warning):
        no_rows = Msg("This data has no rows.")
        left_out = Msg("Left out, because numbers are missing: {}.")
        foreign_subset = Msg("None of the pictures in Data Subset is in Data, so none stands out.")

    settings_version = 100
    of_older = staticmethod(grid_settings)
    settingsHandler = DomainContextHandler()
    image_column: StringVariable | None = ContextSetting(None)
    x_column: ContinuousVariable | None = ContextSetting(None)
    y_column: ContinuousVariable | None = ContextSetting(None)
    method: str = Setting("t-SNE")
    auto_commit: bool = Setting(True)
    #: {"groups": [int, …] one a row, "of": fingerprint of the image column}
    saved_selection: dict[str, Any] = Setting({}, schema_only=True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._given: Table | None = None
        self._summary = ""
        self._fingerprint = ""
        self.tell_of_older()
        self._check_settings()
        self.thumbnails = Thumbnails(self)
        self.thumbnails.changed.connect(self.show_failures)
        self._add_controls()
        self._add_area()
        self.window_of_one = PictureWindow(self, self.thumbnails)
        self.window_of_one.moved.connect(self.area.set_current)
        self.watch_window()
        self.area.setFocus()

    def _check_settings(self) -> None:
        """A workflow may have been saved with what cannot be."""
        self.method = self.method if self.method in LAYOUTS else LAYOUTS[0]
        self.check_shape()
        if not isinstance(self.saved_selection, dict):
            self.saved_selection = {}

    def _add_controls(self) -> None:
        self._image_model, self._axis_model = VariableListModel(), DomainModel(valid_types=ContinuousVariable)
        box = gui.vBox(self.controlArea, "Pictures")
        gui.comboBox(box, self, "image_column", label="Column:", model=self._image_model, callback=self._locate,
                     searchable=True).setAccessibleName("Column with pictures")
        self.add_looks(box)
        self._add_layout_box()
        gui.rubber(self.controlArea)
        gui.auto_send(self.buttonsArea, self, "auto_commit")

    def _add_layout_box(self) -> None:
        self._form = GridForm()
        for name, text in (("x_column", "&x:"), ("y_column", "&y:")):
            combo = gui.comboBox(None, self, name, model=self._axis_model, callback=self._on_method_or_axes,
                                 searchable=True)
            self._form.add_axis(text, combo)
        self._form.method_chosen.connect(self._on_method)
        self._form.shape_chosen.connect(self.on_shape)
        box = gui.vBox(self.controlArea, "Layout")
        box.layout().addWidget(self._form)
        self._status = text_label("No pictures.", lines=2)
        box.layout().addWidget(self._status)
        self._button = gui.button(box, self, "Lay Out Again", callback=self._stop_or_start, autoDefault=False)
        self._button.setEnabled(False)
        self._show_form()

    def _add_area(self) -> None:
        self.area = CellChoice(self.thumbnails)
        self.area.set_filled(self.is_filled)
        self.area.tip_lines = self.tip_lines
        self.area.selection_changed.connect(self._on_selection)
        self.area.opened.connect(self._open)
        self.area.setAccessibleName("Pictures")
        self.add_place_bar(self.mainArea.layout(), self._locate)
        self.mainArea.layout().addWidget(self.area)

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Lay out the pictures of a table, in place of those before."""
        self.closeContext()
        self.clear_messages()
        self.cancel()
        self._given = self._data = data
        domain = data.domain if data is not None else None
        self._image_model[:] = columns = image_columns(data)
        self._axis_model.set_domain(domain)
        self.offer_columns(domain)
        self.image_column = columns[0] if columns else None
        self.x_column = self.y_column = self._layout = None
        if columns:  # a context without pictures would fit, and empty, every later table
            self.openContext(domain)
            self.image_column = self.older_column(data, columns) or self.image_column
        self._choose_axes()
        if data is not None and not columns:
            self.Error.no_column(why_no_column(data))
        self.Warning.no_rows(shown=data is not None and len(data) == 0)
        self.thumbnails.recheck()
        self._locate()
        self.commit.now()

    def _choose_axes(self) -> None:
        """The first two columns of numbers, where none are chosen."""
        columns = [variable for variable in self._axis_model if isinstance(variable, ContinuousVariable)]
        first, second = (*columns[:2], *columns[:1], None, None)[:2]
        self.x_column, self.y_column = self.x_column or first, self.y_column or second

    @Inputs.subset
    def set_subset(self, subset: Table | None) -> None:
        """Let all pictures but these rows stand back."""
        self._subset = subset
        self.show_subset()

    def _locate(self) -> None:
        """Find out where the pictures are, and go on from there."""
        self.cancel()
        self.Error.failed.clear()
        self._show_items(RowItems(), frozenset(), "")
        reading = self.reading_of(self.image_column)
        if not self._given or self.image_column is None or reading is None:
            self.locate_nothing()
            self.show_colors()
            self._show_working("No pictures.")
            return
        self.thumbnails.set_reading(reading)
        self._show_working("Looking for the pictures …", is_working=True)
        self.locate_later(self._given, self.image_column, self._on_place, look_through)

    def _on_place(self, found: LookedThrough) -> None:
        located = found.located
        self.thumbnails.set_hosts(self.hosts)
        self.window_of_one.pictures.set_hosts(self.hosts)
        self._show_items(RowItems(located.paths, located.reasons, self.caption_of), found.paths, found.fingerprint)
        self.show_looks(located.table)
        self.commit.now()
        self.place_again()

    def _show_items(self, items: RowItems, paths: frozenset[str], fingerprint: str) -> None:
        """These pictures, without cells; a selection saved with this very data returns."""
        self._fingerprint, self._grid = fingerprint, None
        saved = self.saved_selection.get("groups") if self.saved_selection.get("of") == fingerprint else None
        if not len(items):  # the window must not ask for rows that are gone
            self.window_of_one.set_items(items)
        self.area.set_frames(None)
        self.area.set_faded(None)
        self.area.set_items(items, saved if isinstance(saved, list) else ())
        self.Warning.left_out.clear()
        self.count_failures_of(paths, sum(map(bool, items.reasons)))

    def start_layout(self) -> None:
        """Lay the pictures out anew."""
        self.Error.failed.clear()
        self._layout = None
        axes = [axis for axis in (self.x_column, self.y_column) if axis is not None]
        self.begin_job("Laying out …", lay_out, self._data, self.method, axes, self.choice())

    def begin_job(self, text: str, job: Callable[..., object], *given: object) -> None:
        """Start a job in the place of the one before, and say what it does."""
        self._show_working(text, is_working=True)
        self.start(job, *given)
        self.setInvalidated(False)  # what is sent does not wait for it

    def printed_sheet(self) -> Sheet | None:
        """The whole grid; None while it is not finished."""
        if self._layout is None or self._grid is None:
            return None
        return grid_sheet(self.area, self.reading(), self.hosts, color_legend(self._data, self.color_column))

    def on_partial_result(self, grid: Grid) -> None:
        """Show a layout that is not finished."""
        self._show_grid(grid)

    def on_done(self, result: Grid | Printed) -> None:
        if isinstance(result, Printed):
            self.end_saving()
            self._show_working(self._summary)
            self.show_saved(result)
        else:
            self._show_result(result)

    def _show_result(self, grid: Grid) -> None:
        self._layout = grid.layout
        self._show_grid(grid)
        rows, columns = grid.shape
        count, left_out = len(grid.layout.rows), grid.layout.count - len(grid.layout.rows)
        self._summary = f"{count:,} {pl(count, 'picture')} in {rows} × {columns} cells"
        self._show_working(self._summary)
        without = np.flatnonzero(grid.cells < 0)[:3]
        named = ", ".join(self.area.items[row].caption for row in without) + (", …" if left_out > 3 else "")
        self.Warning.left_out(f"{left_out:,} {pl(left_out, 'picture')} ({named})", shown=left_out > 0)
        self.fit_soon()

    def on_exception(self, ex: Exception) -> None:
        if self.end_saving() and isinstance(ex, OutputError):
            self._show_working(self._summary)
            self.Error.not_saved(str(ex))
        else:
            self._fail(ex)
        if not isinstance(ex, ImagingError):
            raise ex

    def _fail(self, error: Exception) -> None:
        """Say why; a grid that was laid out otherwise goes."""
        if self._layout is None:
            self._grid = None
            self.area.set_cells(np.full(len(self.area.items), -1), (0, 0))
            self.Warning.left_out.clear()
        self._show_working("Not laid out.")
        self.Error.failed(str(error))

    def _show_grid(self, grid: Grid) -> None:
        self._grid = grid
        self.clear_saved()
        self.area.set_cells(grid.cells, grid.shape)

    def _show_working(self, text: str, *, is_working: bool = False) -> None:
        self._is_working = is_working
        self._status.setText(text)
        self._button.setText("Cancel" if is_working else "Lay Out Again")
        self._button.setEnabled(is_working or bool(self._given and self.image_column))

    def _stop_or_start(self) -> None:
        if not self._is_working:
            (self.start_layout if self.area.items else self._locate)()
            return
        self.give_up_saving()
        self.cancel()
        self.locate_nothing()
        cancelled = "Cancelled. The layout is not finished." if self.area.items else "Cancelled."
        self._show_working(cancelled if self._layout is None or self._grid is None else self._summary)

    def _on_method(self, method: str) -> None:
        self.method = method
        self._on_method_or_axes()

    def _on_method_or_axes(self) -> None:
        self._layout = None
        self._show_form()
        if self.area.items:
            self.start_layout()

    def _show_form(self) -> None:
        self._form.show_choice(self.method, self.grid_rows, self.grid_columns)
        self._form.show_axes(are_shown=self.method == COLUMNS)

    def _open(self, row: int) -> None:
        self.window_of_one.show_row(row)

    def _on_selection(self) -> None:
        groups = self.area.selection.groups
        self.saved_selection = {"groups": groups.tolist(), "of": self._fingerprint} if groups.any() else {}
        self.commit.deferred()

    @gui.deferred
    def commit(self) -> None:
        """Send the chosen rows with their groups, and all rows with a column that says which were chosen."""
        data, selection = self._data, self.area.selection
        is_known = data is not None and len(selection.groups) == len(data)
        rows = selection.rows if is_known else np.empty(0, np.int64)
        selected = annotated = None
        if len(rows):
            selected = create_groups_table(data, selection.groups, False, "Group")
        if data is not None:
            annotated = (create_groups_table(data, selection.groups) if len(rows) and selection.count > 1
                         else lazy_annotated_table(data, rows))
        self.Outputs.selected.send(selected)
        self.Outputs.annotated.send(annotated)

    def send_report(self) -> None:
        """What was laid out and how, and the grid."""
        if self._data is None:
            return
        named = [("Layout", self.method)]
        if self.method == COLUMNS:
            named += [("x", str(self.x_column)), ("y", str(self.y_column))]
        self.report_items((*named, ("Pictures", self._status.text()),
                           ("Color", self.color_column.name if self.color_column else "none"),
                           ("Selected", f"{len(self.area.selection.rows):,}")))
        if self._grid is not None:
            self.report_plot(self.area)

    def onDeleteWidget(self) -> None:
        """End the job, and the threads that read pictures."""
        self.cancel()  # shutdown() would wait for the job
        self.thumbnails.close()
        self.window_of_one.pictures.close()
        self.window_of_one.close()
        super().onDeleteWidget()


if __name__ == "__main__":  # pragma: no cover
    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageGrid).run(images_table(scan_folder(os.getcwd())))
