"""Image Embedder: pictures in, vectors out, computed on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QComboBox, QFormLayout, QLabel
from Orange.data import StringVariable, Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, TaskState
from Orange.widgets.utils.itemmodels import VariableListModel
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.cards import PENULTIMATE, find_card, network_cards
from ..core.client import shared_client
from ..core.embeddings import Embeddings
from ..core.errors import ImagingError, UnknownLayer, UnknownNetwork
from ..core.pace import Pace, duration_text
from ..core.paths import cache_path
from ..tables.columns import image_columns
from ..tables.embeddings import embed_table, embedded_table, skipped_table, skipped_text

DEVICES = {"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA graphics card", "mps": "Apple GPU"}


@dataclass(frozen=True)
class Result:
    """What a finished job leaves: both tables and how it went."""

    embedded: Table | None
    skipped: Table | None
    embeddings: Embeddings
    seconds: float


def embed_images(data: Table, column: StringVariable, model: str, layer: str, device: str, state: TaskState) -> Result:
    """Embed a table's pictures in the network child; runs in a thread and ends soon after `state` is interrupted."""
    start, pace = monotonic(), Pace()

    def show_progress(done: int, total: int) -> None:
        state.set_progress_value(100 * done / total)
        state.set_partial_result(progress_text(done, total, pace.rate(done)))

    found = embed_table(data, column, lambda paths: shared_client().embed(
        paths, model, layer=layer, device=device, store=cache_path(), on_progress=show_progress,
        cancelled=state.is_interruption_requested))
    embedded = embedded_table(data, found) if len(found.rows) else None
    return Result(embedded, skipped_table(data, found.skipped), found, monotonic() - start)


def progress_text(done: int, total: int, rate: float | None) -> str:
    """Such as ``120 of 300 · 85 images/s · 2.1 s left``; without a rate, the count alone."""
    count = f"{done} of {total}"
    return f"{count} · {rate:.0f} images/s · {duration_text((total - done) / rate)} left" if rate else count


def result_text(result: Result) -> str:
    """Where it ran and how long it took, in one line."""
    found, count = result.embeddings, len(result.embeddings.rows)
    stored = count - found.computed
    if count and not found.computed:
        return f"{count} images in {duration_text(result.seconds)}, all known already."
    known = f"; {stored} known already" if stored else ""
    return f"{count} images in {duration_text(result.seconds)} on {found.device}{known}."


class OWImageEmbedder(OWWidget, ConcurrentWidgetMixin):
    name = "Image Embedder"
    description = "Turn pictures into vectors with a deep network, on this computer."
    icon = "icons/ImageEmbedder.svg"
    priority = 20
    keywords = "embedding, deep network, features, penultimate, squeezenet"

    class Inputs:
        images = Input("Images", Table)

    class Outputs:
        embeddings = Output("Embeddings", Table, default=True)
        skipped = Output("Skipped Images", Table)

    class Error(OWWidget.Error):
        no_image_column = Msg("The data has no text column, so no pictures. Connect Import Images.")
        none_embedded = Msg("None of the {} pictures could be embedded. The first: {}.")
        failed = Msg("{}")

    class Warning(OWWidget.Warning):
        skipped = Msg("Skipped: {} of {}. The first: {}. Connect Skipped Images to a Data Table to see all.")
        unknown_network = Msg("{} This widget now uses {} instead.")
        noted = Msg("{}")

    want_main_area = False
    resizing_enabled = False
    settings_version = 100

    image_column: str = Setting("")
    network: str = Setting("squeezenet")
    layer: str = Setting(PENULTIMATE)
    device: str = Setting("auto")
    auto_apply: bool = Setting(True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self._data: Table | None = None
        self._result: Result | None = None
        self._check_settings()

        form = QFormLayout(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._columns = VariableListModel()
        self._column_combo = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._column_combo.setModel(self._columns)
        self._network_combo, self._layer_combo, self._device_combo = QComboBox(), QComboBox(), QComboBox()
        self._advice = _text_label()
        form.addRow("Image column:", self._column_combo)
        form.addRow("Network:", self._network_combo)
        form.addRow("", self._advice)
        form.addRow("Layer:", self._layer_combo)
        form.addRow("Run on:", self._device_combo)
        gui.widgetBox(self.controlArea, "Embedding", orientation=form)
        self._status = _text_label("No pictures on the input.")
        gui.widgetBox(self.controlArea, "Status").layout().addWidget(self._status)

        self._fill_combos()
        self._column_combo.activated.connect(self._column_chosen)
        self._network_combo.activated.connect(self._network_chosen)
        self._layer_combo.activated.connect(self._layer_chosen)
        self._device_combo.activated.connect(self._device_chosen)
        gui.rubber(self.controlArea)
        self._cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self.cancel_job, autoDefault=False)
        self._continue_button = gui.button(self.buttonsArea, self, "Continue", callback=self.commit.now,
                                           autoDefault=False)
        self._show_buttons()
        gui.auto_apply(self.buttonsArea, self, commit=self.commit)

    @Inputs.images
    def set_images(self, data: Table | None) -> None:
        self._data = data
        self._columns[:] = image_columns(data.domain) if data else []
        self._choose_column()
        self.Error.no_image_column(shown=bool(data) and not self._columns)
        self.commit.now()

    @gui.deferred
    def commit(self) -> None:
        self._clear()
        if not self._columns:
            self._status.setText("No pictures on the input.")
            return
        self._status.setText("Starting the network …")
        self._show_buttons(working=True)
        column = self._columns[self._column_combo.currentIndex()]
        self.start(embed_images, self._data, column, self.network, self.layer, self.device)

    def cancel_job(self) -> None:
        """Stop at once; what was finished is kept and found again by the next run."""
        self.cancel()
        self._show_buttons(stopped=True)
        self._status.setText("Cancelled. What was finished is kept.")

    def on_partial_result(self, result: str) -> None:
        self.setStatusMessage(result)
        self._status.setText(result)

    def on_done(self, result: Result) -> None:
        self._show_buttons()
        self._result = result
        self._show_result(result)
        self.Outputs.embeddings.send(result.embedded)
        self.Outputs.skipped.send(result.skipped)

    def on_exception(self, ex: Exception) -> None:
        self._show_buttons(stopped=True)
        self._status.setText("Not finished.")
        if not isinstance(ex, (ImagingError, OSError)):
            raise ex
        self.Error.failed(str(ex))

    def onDeleteWidget(self) -> None:
        self.cancel()  # shutdown() would wait for the job
        super().onDeleteWidget()

    def send_report(self) -> None:
        self.report_items("Embedding", [
            ("Network", find_card(self.network).title), ("Layer", self._layer_combo.currentText()),
            ("Image column", self._column_combo.currentText()), ("Result", self._status.text())])
        if self._result:
            self.report_items("Reproducibility", [("Identity", self._result.embeddings.identity)])

    def _check_settings(self) -> None:
        """A workflow may name a network, a layer or a device that is not here."""
        try:
            card = find_card(self.network)
        except UnknownNetwork as error:
            card, self.layer = network_cards()[0], PENULTIMATE
            self.Warning.unknown_network(str(error), card.title)
        self.network = card.name
        try:
            card.layer(self.layer)
        except UnknownLayer as error:
            self.layer = PENULTIMATE
            self.Warning.unknown_network(str(error), card.layer(PENULTIMATE).title)
        if self.device not in DEVICES:
            self.device = "auto"

    def _fill_combos(self) -> None:
        for card in network_cards():
            self._network_combo.addItem(card.title, card.name)
        self._network_combo.setCurrentIndex(self._network_combo.findData(self.network))
        for name, title in DEVICES.items():
            self._device_combo.addItem(title, name)
        self._device_combo.setCurrentIndex(self._device_combo.findData(self.device))
        self._fill_layers()

    def _fill_layers(self) -> None:
        card = find_card(self.network)
        self._advice.setText(card.advice)
        self._layer_combo.clear()
        for layer in card.layers:
            self._layer_combo.addItem(f"{layer.title}: {layer.dimension} numbers", layer.name)
        self._layer_combo.setCurrentIndex(self._layer_combo.findData(self.layer))

    def _choose_column(self) -> None:
        names = [column.name for column in self._columns]
        self._column_combo.setCurrentIndex(names.index(self.image_column) if self.image_column in names else 0)

    def _column_chosen(self) -> None:
        self.image_column = self._column_combo.currentText()
        self.commit.deferred()

    def _network_chosen(self) -> None:
        self.network = self._network_combo.currentData()
        self.layer = PENULTIMATE
        self._fill_layers()
        self.Warning.unknown_network.clear()
        self.commit.deferred()

    def _layer_chosen(self) -> None:
        self.layer = self._layer_combo.currentData()
        self.commit.deferred()

    def _device_chosen(self) -> None:
        self.device = self._device_combo.currentData()
        self.commit.deferred()

    def _clear(self) -> None:
        """Forget the last result before a new job."""
        self.cancel()
        self._show_buttons()
        self._result = None
        for message in (self.Error.none_embedded, self.Error.failed, self.Warning.skipped, self.Warning.noted):
            message.clear()
        self.Outputs.embeddings.send(None)
        self.Outputs.skipped.send(None)

    def _show_buttons(self, working: bool = False, stopped: bool = False) -> None:
        self._cancel_button.setEnabled(working)
        self._cancel_button.setVisible(not stopped)
        self._continue_button.setVisible(stopped)

    def _show_result(self, result: Result) -> None:
        found, total = result.embeddings, len(self._data or ())
        self._status.setText(result_text(result))
        if found.skipped and not len(found.rows):
            self.Error.none_embedded(total, skipped_text(found.skipped[0]))
        elif found.skipped:
            self.Warning.skipped(len(found.skipped), total, skipped_text(found.skipped[0]))
        if found.notes:
            self.Warning.noted(" ".join(found.notes))


def _text_label(text: str = "") -> QLabel:
    """Room for two lines: the window keeps its size while the text changes."""
    label = QLabel(text, wordWrap=True, minimumWidth=300, alignment=Qt.AlignmentFlag.AlignTop)
    label.setMinimumHeight(2 * label.fontMetrics().lineSpacing())
    return label


if __name__ == "__main__":
    import sys

    from Orange.widgets.utils.widgetpreview import WidgetPreview

    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageEmbedder).run(images_table(scan_folder(sys.argv[1])))
