"""Image Embedder: pictures in, vectors out, computed on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QComboBox, QFormLayout, QSpinBox
from Orange.data import StringVariable, Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, TaskState
from Orange.widgets.utils.itemmodels import VariableListModel
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.cards import ModelCard
from ..core.catalogue import all_cards, find_network, network_names
from ..core.client import shared_client
from ..core.components import to_components
from ..core.download import fetch_weights
from ..core.embeddings import Embeddings
from ..core.errors import ImagingError
from ..core.options import Options
from ..core.pace import Pace
from ..core.paths import cache_path
from ..core.space import size_text
from ..tables.columns import image_columns
from ..tables.embeddings import embed_table, embedded_table, skipped_table, skipped_text
from .parts.job_texts import progress_text, result_text
from .parts.network_menu import NetworkMenu
from .parts.text_label import text_label
from .parts.vector_options import VectorOptions
from .parts.weights_row import WeightsRow, absent_weights, folder_text

DEVICES = {"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA graphics card", "mps": "Apple GPU"}


@dataclass(frozen=True)
class Job:
    """What to do: networks joined by ``+``, and a folder of weights files or ``""``."""

    model: str
    options: Options
    components: int
    device: str
    models: str


@dataclass(frozen=True)
class Result:
    """What a finished job leaves: both tables and how it went."""

    embedded: Table | None
    skipped: Table | None
    embeddings: Embeddings
    seconds: float


def embed_images(data: Table, column: StringVariable, job: Job, state: TaskState) -> Result:
    """Embed a table's pictures in the network child; runs in a thread and ends soon after `state` is interrupted."""
    start, pace = monotonic(), Pace()

    def show_progress(done: int, total: int) -> None:
        state.set_progress_value(100 * done / total)
        state.set_partial_result(progress_text(done, total, pace.rate(done)))

    found = embed_table(data, column, lambda paths: shared_client().embed(
        paths, job.model, options=job.options, device=job.device, store=cache_path(), models=job.models or None,
        on_progress=show_progress, cancelled=state.is_interruption_requested))
    if job.components and len(found.rows):
        found = to_components(found, job.components)
    embedded = embedded_table(data, found) if len(found.rows) else None
    return Result(embedded, skipped_table(data, found.skipped), found, monotonic() - start)


def fetch_networks(cards: list[ModelCard], models: str, state: TaskState) -> None:
    """Download the weights of these networks; runs in a thread."""
    for card in cards:
        def show_progress(done: int, total: int, title: str = card.title) -> None:
            state.set_progress_value(100 * done / max(total, 1))
            state.set_partial_result(f"{title}: {size_text(done)} of {size_text(total)}")

        fetch_weights(card, models=models or None, on_progress=show_progress, cancelled=state.is_interruption_requested)


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
        weights_absent = Msg("The weights of {} are not on this computer. Click Download, or put {} into {}.")
        noted = Msg("{}")

    want_main_area = False
    resizing_enabled = False
    settings_version = 101

    image_column: str = Setting("")
    network: str = Setting("squeezenet")
    second_network: str = Setting("")
    options: dict[str, Any] = Setting({})
    components: int = Setting(0)
    device: str = Setting("auto")
    models_folder: str = Setting("")
    auto_apply: bool = Setting(True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self._data: Table | None = None
        self._result: Result | None = None
        self._options = Options()
        self._check_settings()
        self._build_network_box()
        self._build_vector_box()
        self._status = text_label("No pictures on the input.", lines=3)
        gui.widgetBox(self.controlArea, "Status").layout().addWidget(self._status)
        gui.rubber(self.controlArea)
        self._cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self.cancel_job, autoDefault=False)
        self._continue_button = gui.button(self.buttonsArea, self, "Continue", callback=self.commit.now,
                                           autoDefault=False)
        self._show_buttons()
        gui.auto_apply(self.buttonsArea, self, commit=self.commit)
        self._show_choice()

    def _build_network_box(self) -> None:
        form = QFormLayout(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._columns = VariableListModel()
        self._column_combo = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._column_combo.setModel(self._columns)
        self._column_combo.activated.connect(self._column_chosen)
        self._networks = NetworkMenu()
        self._networks.chosen.connect(self._network_chosen)
        self._advice = text_label(lines=2)
        self._weights = WeightsRow()
        self._weights.download.connect(self._download)
        self._weights.folder_chosen.connect(self._models_folder_chosen)
        self._device_combo = QComboBox()
        for name, title in DEVICES.items():
            self._device_combo.addItem(title, name)
        self._device_combo.setCurrentIndex(self._device_combo.findData(self.device))
        self._device_combo.activated.connect(self._device_chosen)
        for label, field in (("Image column:", self._column_combo), ("Network:", self._networks), ("", self._advice),
                             ("Weights:", self._weights), ("Run on:", self._device_combo)):
            form.addRow(label, field)
        gui.widgetBox(self.controlArea, "Network", orientation=form)

    def _build_vector_box(self) -> None:
        box = gui.widgetBox(self.controlArea, "Vector")
        self._vector_options = VectorOptions()
        self._vector_options.changed.connect(self._options_chosen)
        box.layout().addWidget(self._vector_options)
        self._second_combo = QComboBox(toolTip="Its penultimate layer, side by side with the vector above.")
        self._second_combo.activated.connect(self._second_chosen)
        self._components_spin = QSpinBox(
            minimum=0, maximum=4096, value=self.components, specialValueText="All numbers",
            toolTip="Keep this many principal components. They are fitted on all rows, so a cross-validation has seen "
                    "its test pictures, though not their classes.")
        self._components_spin.setKeyboardTracking(False)
        self._components_spin.valueChanged.connect(self._components_chosen)
        self._vector_options.add_row("Second network:", self._second_combo)
        self._vector_options.add_row("Components:", self._components_spin)

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
        if (cards := self._cards()) is None:
            self._status.setText("Not started.")
            return
        if absent := absent_weights(cards, self.models_folder):
            self._show_absent(absent[0])
            return
        self._status.setText("Starting the network …")
        self._show_buttons(working=True)
        column = self._columns[self._column_combo.currentIndex()]
        job = Job(self._model(), self._options, self.components, self.device, self.models_folder)
        self.start(embed_images, self._data, column, job)

    def cancel_job(self) -> None:
        """Stop at once; what was finished is kept and found again by the next run."""
        self.cancel()
        self._show_buttons(stopped=True)
        self._status.setText("Cancelled. What was finished is kept.")

    def on_partial_result(self, result: str) -> None:
        self.setStatusMessage(result)
        self._status.setText(result)

    def on_done(self, result: Result | None) -> None:
        self._show_buttons()
        if result is None:  # the weights are here now
            self._show_choice()
            QTimer.singleShot(0, self.commit.now)  # a job may not start from the end of another
            return
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
            ("Network", self._networks.currentText() + (
                f" and {self._second_combo.currentText()}" if self.second_network else "")),
            ("Vector", f"{self._options.to_json()}{f', {self.components} components' if self.components else ''}"),
            ("Image column", self._column_combo.currentText()), ("Result", self._status.text())])
        if self._result:
            self.report_items("Reproducibility", [("Identity", self._result.embeddings.identity)])

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """Before version 101 there was one layer, and there were no options."""
        if (version or 0) < 101 and "layer" in settings:
            settings["options"] = {"layers": [settings.pop("layer")]}

    def _check_settings(self) -> None:
        """A workflow may name a network, a layer or a device that is not here."""
        try:
            card = find_network(self.network)
        except ImagingError as error:
            card, self.options = all_cards()[0], {}
            self.Warning.unknown_network(str(error), card.title)
        self.network = card.name
        self._options = self._checked_options(card)
        if self.second_network == self.network or self.second_network not in {"", *(one.name for one in all_cards())}:
            self.Warning.unknown_network(f"The second network {self.second_network!r} cannot be used.", "one network")
            self.second_network = ""
        if self.device not in DEVICES:
            self.device = "auto"

    def _checked_options(self, card: ModelCard) -> Options:
        try:
            options = Options.from_record(self.options)
            options.dimension(card)
        except (ImagingError, TypeError, ValueError) as error:
            self.Warning.unknown_network(str(error), "the penultimate layer, one view,")
            options = Options()
        return options

    def _cards(self) -> list[ModelCard] | None:
        """The chosen networks; None, and a message, where a file of the user's own is gone."""
        try:
            return [find_network(name) for name in network_names(self._model())]
        except ImagingError as error:
            self.Error.failed(str(error))
            return None

    def _model(self) -> str:
        return f"{self.network}+{self.second_network}" if self.second_network else self.network

    def _show_choice(self) -> None:
        """Show the networks, the options of the chosen one, and whether its weights are here."""
        if (cards := self._cards()) is None:
            return
        card = cards[0]
        self._networks.fill(card.name, self.models_folder)
        self._advice.setText(card.advice)
        self._vector_options.show_options(card, self._options)
        self._second_combo.clear()
        self._second_combo.addItem("None", "")
        for other in all_cards():
            if other.name != card.name:
                self._second_combo.addItem(other.title, other.name)
        self._second_combo.setCurrentIndex(max(0, self._second_combo.findData(self.second_network)))
        self._weights.show_weights(absent_weights(cards, self.models_folder), self.models_folder)

    def _show_absent(self, card: ModelCard) -> None:
        self.Warning.weights_absent(card.title, card.weights.file, folder_text(self.models_folder))
        self._status.setText("Waiting for the weights.")

    def _download(self) -> None:
        self._clear()
        self._status.setText("Starting the download …")
        self._show_buttons(working=True)
        absent = absent_weights(self._cards() or (), self.models_folder)
        self.start(fetch_networks, [card for card in absent if card.weights.url], self.models_folder)

    def _choose_column(self) -> None:
        names = [column.name for column in self._columns]
        self._column_combo.setCurrentIndex(names.index(self.image_column) if self.image_column in names else 0)

    def _column_chosen(self) -> None:
        self.image_column = self._column_combo.currentText()
        self.commit.deferred()

    def _network_chosen(self, network: str) -> None:
        if network == self.network:
            return
        try:
            card = find_network(network)
        except ImagingError as error:
            self.Error.failed(str(error))
            return
        self.Error.failed.clear()
        self.Warning.unknown_network.clear()
        self.network = card.name
        if self.second_network == card.name:
            self.second_network = ""
        self._set_options(Options())
        self._show_choice()
        self.commit.deferred()

    def _options_chosen(self, options: Options) -> None:
        self._set_options(options)
        self.commit.deferred()

    def _set_options(self, options: Options) -> None:
        self._options, self.options = options, options.record()

    def _second_chosen(self) -> None:
        self.second_network = self._second_combo.currentData()
        self._show_choice()
        self.commit.deferred()

    def _components_chosen(self, count: int) -> None:
        self.components = count
        self.commit.deferred()

    def _device_chosen(self) -> None:
        self.device = self._device_combo.currentData()
        self.commit.deferred()

    def _models_folder_chosen(self, folder: str) -> None:
        self.models_folder = folder
        self._show_choice()
        self.commit.deferred()

    def _clear(self) -> None:
        """Forget the last result before a new job."""
        self.cancel()
        self._show_buttons()
        self._result = None
        for message in (self.Error.none_embedded, self.Error.failed, self.Warning.skipped, self.Warning.noted,
                        self.Warning.weights_absent):
            message.clear()
        self.Outputs.embeddings.send(None)
        self.Outputs.skipped.send(None)

    def _show_buttons(self, working: bool = False, stopped: bool = False) -> None:
        self._cancel_button.setEnabled(working)
        self._cancel_button.setVisible(not stopped)
        self._continue_button.setVisible(stopped)

    def _show_result(self, result: Result) -> None:
        found, total = result.embeddings, len(self._data or ())
        self._status.setText(result_text(found, result.seconds))
        if found.skipped and not len(found.rows):
            self.Error.none_embedded(total, skipped_text(found.skipped[0]))
        elif found.skipped:
            self.Warning.skipped(len(found.skipped), total, skipped_text(found.skipped[0]))
        if found.notes:
            self.Warning.noted(" ".join(found.notes))


if __name__ == "__main__":
    import sys

    from Orange.widgets.utils.widgetpreview import WidgetPreview

    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageEmbedder).run(images_table(scan_folder(sys.argv[1])))
