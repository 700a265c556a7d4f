"""Image Embedder: pictures in, vectors out, computed on this machine or a cluster."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QComboBox, QWidget
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.itemmodels import VariableListModel
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.cards import ModelCard
from ..core.errors import ImagingError, WeightsMissing
from ..core.options import Options
from ..core.own import is_own
from ..tables.columns import image_columns, why_no_column
from .embedding_result import EmbeddingResult
from .from_older import PACKAGE, FromOlder
from .job_mixin import JobMixin
from .jobs.embedding import Result, embed_images
from .older_settings import embedder_settings
from .parts.job_texts import Job, cancelled_text, job_items, result_text
from .parts.lookup import Lookup
from .parts.network_form import NetworkForm
from .parts.network_lookup import Sight, first_sight, known_card, look, why_unavailable
from .parts.option_choices import carried_over, vector_length
from .parts.text_label import align_labels, text_label
from .parts.vector_options import VectorOptions
from .parts.weights_fetch import fetch_networks
from .run_choice import Ready, RunChoice
from .whereabouts import Whereabouts


class OWImageEmbedder(FromOlder, OWWidget, JobMixin, Whereabouts, RunChoice, EmbeddingResult):
    name = "Image Embedder"
    description = "Turn pictures into vectors with a deep network, on this computer or a cluster."
    icon = "icons/ImageEmbedder.svg"
    priority = 20
    keywords = "embedding, deep network, features, penultimate, squeezenet, cluster, dask"
    replaces = (f"{PACKAGE}.owimageembedding.OWImageEmbedding", f"{PACKAGE}.owimagenetembedding.OWImageNetEmbedding")

    class Inputs:
        images = Input("Images", Table, replaces=["Data", "Slike"])

    class Outputs:
        embeddings = Output("Embeddings", Table, default=True, replaces=["Vložitev"])
        skipped = Output("Skipped Images", Table, replaces=["Missing Images", "Izpuščene slike"])

    class Error(EmbeddingResult.Error, Whereabouts.Error, RunChoice.Error, OWWidget.Error):
        no_image_column = Msg("{}")
        failed = Msg("{}")
        unavailable = Msg("{} The workflow keeps this choice until you choose another network.")

    class Warning(EmbeddingResult.Warning, FromOlder.Warning, Whereabouts.Warning, RunChoice.Warning, OWWidget.Warning):
        options_replaced = Msg("The saved options cannot be used with this network. "
                               "Its penultimate layer and one view are used now.")
        weights_absent = Msg("{}")

    class Information(EmbeddingResult.Information, OWWidget.Information):
        pass

    want_main_area = False
    resizing_enabled = False
    settings_version = 102
    of_older = staticmethod(embedder_settings)

    image_column: str = Setting("")
    network: str = Setting("squeezenet")
    second_network: str = Setting("")
    options: dict[str, Any] = Setting({})
    components: int = Setting(0)
    models_folder: str = Setting("")
    auto_apply: bool = Setting(True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._data: Table | None = None
        self._result: Result | None = None
        self._sight = first_sight(self.network)
        self._wanted = self.network  # what was asked for last: the chosen network, or a file that is looked at
        self._is_downloading = False
        self._lookup = Lookup(self)
        self._lookup.answered.connect(self._looked)
        self.tell_of_older()
        self._check_settings()
        self.add_place_bar(self.controlArea.layout(), self.commit_now)
        columns = gui.hBox(self.controlArea)
        column = gui.vBox(columns)
        self._build_network_box(column)
        self._build_vector_box(column, columns)
        self._status = text_label("No pictures on the input.", lines=3)
        gui.widgetBox(column, "Status").layout().addWidget(self._status)
        self._cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self.cancel_job, autoDefault=False)
        self._continue_button = gui.button(self.buttonsArea, self, "Continue", callback=self.commit.now,
                                           autoDefault=False)
        self._show_buttons()
        gui.auto_apply(self.buttonsArea, self, commit=self.commit)
        self._show_choice()
        self._look()

    def _build_network_box(self, column: QWidget) -> None:
        self._columns = VariableListModel()
        self._column_combo = QComboBox(accessibleName="Image column")
        self._column_combo.setModel(self._columns)
        self._column_combo.activated.connect(self._column_chosen)
        self._form = NetworkForm(self._column_combo)
        self._form.networks.chosen.connect(self._network_chosen)
        self._form.weights.download.connect(self._download)
        self._form.weights.folder_chosen.connect(self._models_folder_chosen)
        self.add_run_rows(self._form.run, self._run_chosen, self.commit_now)
        gui.widgetBox(column, "Network", orientation=self._form)

    def _build_vector_box(self, column: QWidget, columns: QWidget) -> None:
        """In a column, what is often changed; beside it, once asked for, the rest."""
        self._vector_options = VectorOptions()
        self._vector_options.changed.connect(self._options_chosen)
        self._vector_options.second_chosen.connect(self._second_chosen)
        self._vector_options.components_chosen.connect(self._components_chosen)
        gui.widgetBox(column, "Vector").layout().addWidget(self._vector_options)
        more = gui.widgetBox(columns, "More Options")
        more.layout().addWidget(self._vector_options.details)
        more.layout().addStretch()
        more.hide()
        self._vector_options.details_shown.connect(more.setVisible)
        align_labels(self._form, self._vector_options.form)

    @Inputs.images
    def set_images(self, data: Table | None) -> None:
        self._data = data
        self._columns[:] = image_columns(data) if data else []
        if column := self.older_column(data, self._columns):
            self.image_column = column.name
        self._choose_column()
        self.Error.no_image_column.clear()
        if data and not self._columns:
            self.Error.no_image_column(why_no_column(data))
        self._look_again()
        self.commit.now()

    @gui.deferred
    def commit(self) -> None:
        if self._is_downloading:
            return  # its end commits
        self._clear()
        column = self._data.domain[self._column_combo.currentText()] if self._columns else None
        if self.reading_of(column) is None or column is None or why_unavailable(self._sight, self.second_network):
            self._status.setText("Not started." if self._columns else "No pictures on the input.")
            self.locate_nothing()
            return
        self._status.setText("Looking for the pictures …")
        self._show_buttons(working=True)
        self.locate_later(self._data, column, self._embed, self.readiness())

    def _embed(self, ready: Ready) -> None:
        if not self.may_start(ready):
            self._status.setText("Not started.")
            self._show_buttons()
            return
        self._status.setText(f"Calling {self.scheduler} …" if self.is_elsewhere else "Starting the network …")
        self.start(embed_images, ready.located.table, self._job())

    def commit_now(self) -> None:
        """Embed, now that pictures were found again or may be fetched, or a cluster may be called."""
        self.commit.now()

    def cancel_job(self) -> None:
        """Stop at once; what was finished here is kept and found again by the next run."""
        self._stop()
        self._is_downloading = False
        self._show_buttons(stopped=True)
        self._status.setText(cancelled_text(self.is_elsewhere))

    def _stop(self) -> None:
        self.cancel()
        if self.is_locating:
            self.locate_nothing()  # a job would begin at its end

    def on_partial_result(self, result: str) -> None:
        self.setStatusMessage(result)
        self._status.setText(result)

    def on_done(self, result: Result | None) -> None:
        self._show_buttons()
        if result is None:  # the weights are here now
            self._is_downloading = False
            self._look()
            QTimer.singleShot(0, self.commit.now)  # a job may not start from the end of another
            return
        self._result = result
        self._status.setText(result_text(result.embeddings, result.seconds))
        self.tell_result(result, len(self._data or ()))
        self.Outputs.embeddings.send(result.embedded)
        self.Outputs.skipped.send(result.skipped)

    def on_exception(self, ex: Exception) -> None:
        self._is_downloading = False
        is_absent = isinstance(ex, WeightsMissing)
        self._show_buttons(stopped=not is_absent)
        self._status.setText("Waiting for the weights." if is_absent else "Not finished.")
        if not isinstance(ex, (ImagingError, OSError)):
            raise ex
        (self.Warning.weights_absent if is_absent else self.Error.failed)(str(ex))
        self._look_again()

    def onDeleteWidget(self) -> None:
        self.cancel()  # shutdown() would wait for the job
        super().onDeleteWidget()

    def send_report(self) -> None:
        """Tell of the job whose result was sent; while there is none, of what is chosen."""
        job, cards = (self._result.job, self._result.cards) if self._result else (self._job(), self._cards())
        self.report_items("Embedding", [*job_items(job, cards), ("Result", self._status.text())])
        if self._result:
            self.report_items("Reproducibility", [("Identity", self._result.embeddings.identity)])

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """Before version 101 there was one layer, and there were no options; before 102 all ran on this computer."""
        super().migrate_settings(settings, version)
        if (version or 0) < 101 and "layer" in settings:
            settings["options"] = {"layers": [settings.pop("layer")]}
        if (version or 0) < 102:
            settings.setdefault("run_on", "here")

    def _check_settings(self) -> None:
        """A workflow may have been saved with choices that are not here; a network is kept all the same."""
        if self.second_network == self.network:
            self.second_network = ""
        self._check_options()

    def _check_options(self) -> bool:
        """Whether the options can be, as far as the network is known; if not, they are replaced."""
        try:
            self._options = Options.from_record(self.options)
            if self._sight.card:
                vector_length(self._options, self._sight.card, known_card(self.second_network))
        except (ImagingError, TypeError, ValueError):
            self._set_options(Options())
            self.Warning.options_replaced()
            return False
        return True

    def _cards(self) -> list[ModelCard]:
        """The chosen networks, as far as they are known."""
        return [card for card in (self._sight.card, known_card(self.second_network)) if card]

    def _job(self) -> Job:
        model = f"{self.network}+{self.second_network}" if self.second_network else self.network
        return Job(self._column_combo.currentText(), model, self._options, self.components, self.device,
                   self.models_folder, self.hosts, self.scheduler if self.is_elsewhere else "")

    def _look(self) -> None:
        self._lookup.ask(partial(look, self._wanted, self.models_folder))

    def _look_again(self) -> None:
        if self._lookup.is_idle:
            self._look()

    def _looked(self, sight: Sight) -> None:
        """The disk was looked at: for the chosen network, or for a file that is to become it."""
        self._wanted = self.network
        if sight.network != self.network:
            self._take(sight)
            return
        before, self._sight = self._sight, sight
        if (before.card, before.reason) == (sight.card, sight.reason):
            self._show_here()
            return
        can_be = self._check_options()
        self._show_choice()
        if sight.reason:
            self.commit.now()  # no job starts; the result of what is gone is taken back
        elif before.reason or not can_be:
            self.commit.deferred()

    def _take(self, sight: Sight) -> None:
        """Another network was chosen: use it, or say why it cannot be used."""
        if sight.card is None:
            self.Error.failed(sight.reason)
            return
        self.Error.failed.clear()
        self.Warning.options_replaced.clear()
        self.network = self._wanted = sight.card.name
        if self.second_network == self.network:
            self.second_network = ""
        self._set_options(carried_over(self._options, self._sight.card, sight.card, known_card(self.second_network)))
        self._sight = sight
        self._show_choice()
        self.commit.deferred()

    def _show_choice(self) -> None:
        """Show the chosen networks and the options."""
        card, reason = self._sight.card, why_unavailable(self._sight, self.second_network)
        self.Error.unavailable(reason, shown=bool(reason))
        self._form.show_network(self._sight)
        for part in (self._vector_options, self._vector_options.details):
            part.setEnabled(card is not None)
        if card:
            self._vector_options.show_options(card, self._options, self.second_network, self.components)
        self._show_here()

    def _show_here(self) -> None:
        """Show which weights are on this computer."""
        self._form.show_here(self._sight, self._cards(), self.models_folder, self.is_elsewhere)

    def _download(self) -> None:
        self._clear()
        self._status.setText("Starting the download …")
        self._show_buttons(working=True)
        self._is_downloading = True
        self.start(fetch_networks, self._job().model, self.models_folder)

    def _choose_column(self) -> None:
        names = [column.name for column in self._columns]
        self._column_combo.setCurrentIndex(names.index(self.image_column) if self.image_column in names else 0)

    def _column_chosen(self) -> None:
        self.image_column = self._column_combo.currentText()
        self.commit.deferred()

    def _network_chosen(self, network: str) -> None:
        if not is_own(network) and network != self.network:
            self._take(replace(first_sight(network), here=self._sight.here))
        elif is_own(network) and network == self.network:
            self.commit.deferred()  # the file may hold other weights now
        self._wanted = network
        self._look()

    def _options_chosen(self, options: Options) -> None:
        self.Warning.options_replaced.clear()
        self._set_options(options)
        self.commit.deferred()

    def _set_options(self, options: Options) -> None:
        self._options, self.options = options, options.record()

    def _second_chosen(self, network: str) -> None:
        self.second_network = network
        self._show_choice()
        self.commit.deferred()

    def _components_chosen(self, count: int) -> None:
        self.components = count
        self.commit.deferred()

    def _run_chosen(self) -> None:
        self._show_here()
        self.commit.deferred()

    def _models_folder_chosen(self, folder: str) -> None:
        self.models_folder = folder
        self._sight = replace(self._sight, here=None)
        self._show_here()
        self._look()
        self.commit.deferred()

    def _clear(self) -> None:
        """Forget the last result before a new job."""
        self._stop()
        self._show_buttons()
        self._result = None
        self.take_back_result()
        self.ask_nothing()
        self.Error.failed.clear()
        self.Warning.weights_absent.clear()
        self.Outputs.embeddings.send(None)
        self.Outputs.skipped.send(None)

    def _show_buttons(self, working: bool = False, stopped: bool = False) -> None:
        self._cancel_button.setEnabled(working)
        self._cancel_button.setVisible(not stopped)
        self._continue_button.setVisible(stopped)
        self._continue_button.setText("Start Again" if self.is_elsewhere else "Continue")


if __name__ == "__main__":
    import sys

    from Orange.widgets.utils.widgetpreview import WidgetPreview

    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWImageEmbedder).run(images_table(scan_folder(sys.argv[1])))
