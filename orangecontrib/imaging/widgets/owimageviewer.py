"""Image Viewer: thumbnails of the pictures that a table names; the chosen ones go on."""

from __future__ import annotations

import hashlib
import os
from html import escape

from AnyQt.QtCore import QBuffer, QIODevice
from AnyQt.QtWidgets import QLabel
from Orange.data import StringVariable, Table, Variable
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, DomainContextHandler, Setting
from Orange.widgets.utils.annotated_data import (
    ANNOTATED_DATA_SIGNAL_NAME,
    lazy_annotated_table,
)
from Orange.widgets.utils.itemmodels import DomainModel, VariableListModel
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.signals import LazyValue
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.errors import WrongUse
from ..core.paths import escape_path
from ..core.reading import Reading
from ..tables.columns import image_columns, image_reading, why_no_column, why_no_file
from .parts.image_grid import ImageGrid
from .parts.picture_area import SIZES_PX, PictureItem
from .parts.picture_window import PictureWindow
from .parts.thumbnails import Thumbnails
from .whereabouts import Whereabouts

_ZOOM_STEP = 1.15


class OWImageViewer(OWWidget, Whereabouts):
    """A grid of thumbnails; the rows of the chosen ones are sent on."""

    name = "Image Viewer"
    description = "Look at pictures, and choose some of them."
    icon = "icons/ImageViewer.svg"
    priority = 30
    keywords = "image viewer, picture, thumbnail, gallery, photo"

    class Inputs:
        data = Input("Data", Table)

    class Outputs:
        selected = Output("Selected Images", Table, default=True)
        annotated = Output(ANNOTATED_DATA_SIGNAL_NAME, Table)

    class Error(OWWidget.Error):
        no_column = Msg("{}")
        wrong_reading = Msg("{}")

    class Warning(OWWidget.Warning):
        no_rows = Msg("This data has no rows.")
        unreadable = Msg("{} could not be read. Point at a grey field to see why.")
        not_in_folder = Msg("{}: the pictures of this table are not in this folder. Choose another one.")

    settings_version = 100
    settingsHandler = DomainContextHandler()
    image_column: StringVariable | None = ContextSetting(None)
    title_column: Variable | None = ContextSetting(None)
    thumbnail_px: int = Setting(120)
    auto_commit: bool = Setting(True)
    #: {"rows": [int, …], "of": fingerprint of the image column}
    saved_selection: dict[str, object] = Setting({}, schema_only=True)

    def __init__(self) -> None:
        super().__init__()
        self._given: Table | None = None
        self._data: Table | None = None
        self._refused = 0
        self._paths: frozenset[str] = frozenset()
        self._fingerprint = ""
        self.thumbnails = Thumbnails(self)
        self.thumbnails.changed.connect(self._show_failures)
        self._add_controls()
        self.grid = ImageGrid(self.thumbnails)
        self.grid.set_thumbnail_px(self.thumbnail_px)
        self.grid.selection_changed.connect(self._on_selection)
        self.grid.opened.connect(self._open)
        self.grid.zoomed.connect(self._zoom)
        self.add_place_bar(self.mainArea.layout(), self._on_column)
        self.mainArea.layout().addWidget(self.grid)
        self.window_of_one = PictureWindow(self, self.thumbnails)
        self.window_of_one.moved.connect(self.grid.set_current)
        self.grid.setFocus()

    def _add_controls(self) -> None:
        self._image_model = VariableListModel()
        self._title_model = DomainModel(placeholder="(file name)", separators=True)
        box = gui.vBox(self.controlArea, "Pictures")
        gui.comboBox(box, self, "image_column", label="Column with pictures:",
                     model=self._image_model, callback=self._on_column, searchable=True)
        gui.comboBox(box, self, "title_column", label="Title:",
                     model=self._title_model, callback=self._show, searchable=True)
        box = gui.vBox(self.controlArea, "Size")
        self._slider = gui.hSlider(
            box, self, "thumbnail_px", minValue=SIZES_PX[0], maxValue=SIZES_PX[1], step=4,
            createLabel=False, callback=self._on_size)
        self._slider.setToolTip("Size of the thumbnails; also Ctrl and the mouse wheel")
        self._summary = QLabel(wordWrap=True)
        gui.vBox(self.controlArea, "Selection").layout().addWidget(self._summary)
        gui.rubber(self.controlArea)
        gui.auto_send(self.buttonsArea, self, "auto_commit")

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Show the pictures of a table, in place of those before."""
        self.closeContext()
        self.clear_messages()
        self._given = self._data = data
        domain = data.domain if data is not None else None
        self._image_model[:] = columns = image_columns(data)
        self._title_model.set_domain(domain)
        self.image_column = columns[0] if columns else None
        self.title_column = next(
            (column for column in (domain.metas if domain is not None else ())
             if column.is_string and column is not self.image_column), None)
        if columns:  # a context without pictures would fit, and empty, every later table
            self.openContext(domain)
        if data is not None and not columns:
            self.Error.no_column(why_no_column(data))
        self.Warning.no_rows(shown=data is not None and len(data) == 0)
        self.thumbnails.recheck()
        self._show()
        self.commit.now()

    def _on_column(self) -> None:
        self._show()
        self.commit.deferred()

    def _show(self) -> None:
        """Fill the grid; a selection saved with this very data returns."""
        self._data, reading = self._given, self._reading()
        self.thumbnails.set_reading(reading or Reading())
        items = self._items(reading)
        self._refused = sum(1 for item in items if item.reason)
        self._paths = frozenset(item.path for item in items)
        self._fingerprint = self._fingerprint_of_column()
        known = self.saved_selection.get("of") == self._fingerprint
        self.grid.set_items(items, self.saved_selection["rows"] if known else ())
        self.window_of_one.set_items(items, reading or Reading())
        self._summarize()
        self._show_failures()

    def _reading(self) -> Reading | None:
        """How the chosen column's files become pictures; None, and an error, where it does not say so rightly."""
        self.Error.wrong_reading.clear()
        if self.image_column is None:
            return Reading()
        try:
            return image_reading(self.image_column)
        except WrongUse as error:
            self.Error.wrong_reading(str(error))
            return None

    def _items(self, reading: Reading | None) -> list[PictureItem]:
        if self._data is None or self.image_column is None or reading is None:
            self.locate_nothing()
            return []
        self._data, paths = self.locate(self._data, self.image_column)
        self.thumbnails.set_hosts(self.hosts)
        self.window_of_one.thumbnails.set_hosts(self.hosts)
        if self.title_column is None:
            captions = [escape_path(os.path.basename(path)) for path in paths]
        else:
            captions = [value if isinstance(value, str) and value else self.title_column.str_val(value)
                        for value in self._data.get_column(self.title_column)]
        reasons = [why_no_file(path, self.hosts) or "" for path in paths]
        return list(map(PictureItem, paths, captions, reasons))

    def _fingerprint_of_column(self) -> str:
        """Tells one set of rows from another, also after the workflow was opened again."""
        if self._data is None or self.image_column is None:
            return ""
        values = "\0".join(map(str, self._data.get_column(self.image_column)))
        return hashlib.sha256(values.encode("utf-8", "surrogatepass")).hexdigest()

    def _on_size(self) -> None:
        self.grid.set_thumbnail_px(self.thumbnail_px)

    def _zoom(self, direction: int) -> None:
        wanted = round(self.thumbnail_px * _ZOOM_STEP ** direction)
        self.thumbnail_px = min(SIZES_PX[1], max(SIZES_PX[0], wanted))
        self._on_size()

    def _open(self, row: int) -> None:
        self.window_of_one.set_compared(sorted(self.grid.selection.rows))
        self.window_of_one.show_row(row)

    def _show_failures(self) -> None:
        count = self._refused + len(self._paths & self.thumbnails.failures().keys())
        self.Warning.unreadable(f"{count} {pl(count, 'picture')}", shown=count > 0)

    def _on_selection(self) -> None:
        rows = sorted(self.grid.selection.rows)
        self.saved_selection = {"rows": rows, "of": self._fingerprint} if rows else {}
        self._summarize()
        self.commit.deferred()

    def _summarize(self) -> None:
        count, chosen = len(self.grid.items), len(self.grid.selection.rows)
        self._summary.setText(f"{chosen:,} of {count:,} {pl(count, 'picture')}" if count
                              else "No pictures.")

    @gui.deferred
    def commit(self) -> None:
        """Send the chosen rows, and all rows with a column that says which were chosen."""
        data, rows = self._data, sorted(self.grid.selection.rows)
        selected = LazyValue[Table](lambda: data[rows], length=len(rows),
                                    domain=data.domain) if rows else None
        self.Outputs.selected.send(selected)
        self.Outputs.annotated.send(
            lazy_annotated_table(data, rows) if data is not None else None)

    def send_report(self) -> None:
        """Columns, counts, and the pictures in sight."""
        if self._data is None:
            return
        title = self.title_column.name if self.title_column is not None else "file name"
        self.report_items((
            ("Column with pictures", self.image_column.name if self.image_column else "none"),
            ("Title", title),
            ("Selected", self._summary.text())))
        if self.grid.items:
            self.report_raw(f'<img alt="{escape(self.name)}" src="{_data_url(self.grid)}"/>')

    def onDeleteWidget(self) -> None:
        """End the threads that read pictures."""
        self.thumbnails.close()
        self.window_of_one.thumbnails.close()
        self.window_of_one.close()
        super().onDeleteWidget()


def _data_url(grid: ImageGrid) -> str:
    """What the grid shows now, as a PNG inside an address."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    grid.viewport().grab().save(buffer, "PNG")
    return "data:image/png;base64," + bytes(buffer.data().toBase64()).decode("ascii")


if __name__ == "__main__":  # pragma: no cover
    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageViewer).run(images_table(scan_folder(os.getcwd())))
