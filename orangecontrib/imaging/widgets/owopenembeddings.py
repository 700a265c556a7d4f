"""Open Embeddings: vectors that were computed before, by any number of computers, as a table with pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from AnyQt.QtCore import QTimer
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Msg, Output, OWWidget

from ..core.errors import Cancelled, ImagingError
from ..core.large import advice_on_size
from .chosen_folders import ChosenFolders
from .job_mixin import JobMixin
from .jobs.opening_embeddings import (
    USUAL_ROWS,
    Loaded,
    Opened,
    RowChoice,
    label_columns,
    load_rows,
    memory_text,
    open_embeddings,
)
from .parts.contents_box import ContentsBox
from .parts.folder_choice import SAMPLES
from .parts.rows_form import MOST_ROWS, MOST_SEED, WAYS, RowsForm
from .parts.vector_source import VectorSource
from .vector_texts import aside_text, content_items, missing_text


class OWOpenEmbeddings(OWWidget, JobMixin, ChosenFolders):
    """A folder of shards or a merged file in, a table out; the disk is touched in a thread only."""

    name = "Open Embeddings"
    description = "Open vectors that the command computed, all of them or a sample."
    icon = "icons/OpenEmbeddings.svg"
    priority = 15
    keywords = "open embeddings, load, vectors, shards, parquet, npz, merge, cluster, dask, large, sample, million"

    class Outputs:
        embeddings = Output("Embeddings", Table, default=True)
        skipped = Output("Skipped Images", Table)

    class Error(OWWidget.Error):
        failed = Msg("{}")
        too_large = Msg("{} Take a sample, or press Load Anyway.")

    class Warning(OWWidget.Warning):
        missing = Msg("{}")
        aside = Msg("{}")

    class Information(OWWidget.Information):
        sampled = Msg("{} So a random sample of {} was taken. Choose All rows to have them all.")
        cancelled = Msg("Loading was cancelled. Press Reload to start it again.")
        empty = Msg("There is no vector yet.")
        large = Msg("{}")

    want_main_area = False
    resizing_enabled = False
    settings_version = 100
    #: a key of WAYS, or "" until somebody chooses: all rows, or a sample where they are too many
    how: str = Setting("", schema_only=True)
    count: int = Setting(USUAL_ROWS, schema_only=True)
    column: str = Setting("", schema_only=True)
    seed: int = Setting(0, schema_only=True)
    auto_apply: bool = Setting(True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._opened: Opened | None = None
        self._loaded: Loaded | None = None
        self._is_agreed = False
        self._is_loading = False
        self._check_settings()
        self._build()
        self._cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self.cancel_job, autoDefault=False)
        gui.auto_apply(self.buttonsArea, self, commit=self.commit)
        self._show_running(False)
        if self.folder:
            self.open_again()

    def _check_settings(self) -> None:
        """A workflow may have been saved with what cannot be."""
        self.check_folders()
        self.folder = "" if self.folder.startswith(SAMPLES) else self.folder
        self.how = self.how if self.how in ("", *WAYS) else ""
        self.column = self.column if isinstance(self.column, str) else ""
        for name, least, most, usual in (("count", 1, MOST_ROWS, USUAL_ROWS), ("seed", 0, MOST_SEED, 0)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                setattr(self, name, usual)

    def _build(self) -> None:
        self.source = VectorSource()
        self.source.fill(self.folder, self.recent_folders)
        self.source.chosen.connect(self.choose)
        self.source.reload_wanted.connect(self.open_again)
        gui.vBox(self.controlArea, "Embeddings").layout().addWidget(self.source)
        self.contents = ContentsBox()
        gui.vBox(self.controlArea, "Contents").layout().addWidget(self.contents)
        self.rows_form = RowsForm()
        self.rows_form.show_choice(self.how or "all", self.count, self.column, self.seed)
        self.rows_form.changed.connect(self._on_rows)
        self.rows_form.agreed.connect(self._on_agreed)
        self._rows_box = gui.vBox(self.controlArea, "Rows")
        self._rows_box.layout().addWidget(self.rows_form)

    def choose(self, text: str) -> None:
        """Open another folder or file, given as it stands in settings."""
        if text != self.folder:
            self.how, self.column = "", ""
        self.folder = text
        self.note_place()
        self.source.fill(self.folder, self.recent_folders)
        self.open_again()

    def workflowEnvChanged(self, key: str, value: Any, oldvalue: Any) -> None:
        """The workflow was saved, or saved elsewhere."""
        super().workflowEnvChanged(key, value, oldvalue)
        if key == "basedir":
            self.note_place()

    def open_again(self) -> None:
        """Look anew, and load what is chosen where that is automatic."""
        self._look(self.auto_apply)

    def _look(self, loads: bool) -> None:
        if not self.folder:
            return
        self._opened = self._loaded = None
        self._is_agreed = False
        self._begin()
        self.Warning.clear()
        self.contents.show_items([])
        self._is_loading = loads
        self.start(open_embeddings, self.folder_choices()[0], self._choice() if loads else None)

    @gui.deferred
    def commit(self) -> None:
        """Load the chosen rows, and send them."""
        if self._opened is None:
            if not self._is_loading:
                self._look(loads=True)
            return
        self._begin()
        self._is_loading = True
        self.start(load_rows, self._opened, self._choice())

    def _begin(self) -> None:
        """Stop what runs; warnings on what is there stay."""
        self.cancel()
        self.Error.clear()
        self.Information.clear()
        self._show_running(True)

    def _choice(self) -> RowChoice:
        return RowChoice(self.how, self.count, self.column, self.seed, self._is_agreed)

    def _on_rows(self) -> None:
        self.how, self.count, self.column, self.seed = self.rows_form.choice()
        self._is_agreed = False
        self._show_memory()
        self.commit.deferred()

    def _on_agreed(self) -> None:
        self._is_agreed = True
        self.commit.now()

    def cancel_job(self) -> None:
        """Stop at once; nothing is sent on."""
        self.cancel()
        self._give_up()
        self.Information.cancelled()

    def on_partial_result(self, opened: Opened) -> None:
        """Show what is there, while it is being loaded."""
        self._opened = opened
        self.remember(opened.place)
        self.source.fill(self.folder, self.recent_folders)
        vectors, columns = opened.vectors, label_columns(opened.vectors)
        self.contents.show_items(content_items(vectors))
        self.Warning.missing(missing_text(vectors), shown=bool(vectors.missing))
        self.Warning.aside(aside_text(vectors), shown=bool(vectors.aside))
        self.column = self.column or next(iter(columns), "")
        self.rows_form.show_columns(columns, self.column)
        self._show_memory()

    def on_done(self, loaded: Loaded | None) -> None:
        """Send the table; None: it was only looked at."""
        self._show_running(False)
        if loaded is None or self._opened is None:
            QTimer.singleShot(0, self.commit.deferred)  # a job may not start from the end of another
            return
        self._loaded = loaded
        made, opened = loaded.choice, self._opened
        self.how, self.count = made.how, made.count  # so that the workflow takes the same rows tomorrow
        self.rows_form.show_choice(made.how, made.count, self.column, self.seed)
        self._show_memory()
        if loaded.is_reduced:
            self.Information.sampled(memory_text(opened, opened.vectors.count), f"{made.count:,}")
        self.Error.too_large(loaded.too_large, shown=bool(loaded.too_large))
        self.Information.empty(shown=not opened.vectors.count)
        advice = advice_on_size(len(loaded.table), 0) if loaded.table is not None else ""
        self.Information.large(advice, shown=bool(advice))
        self.Outputs.embeddings.send(loaded.table)
        self.Outputs.skipped.send(loaded.skipped)

    def on_exception(self, ex: Exception) -> None:
        """Say what was wrong with the files."""
        self._give_up()
        if isinstance(ex, MemoryError):
            self.Error.failed("There is too little memory for so many rows. Take a sample.")
        elif not isinstance(ex, (ImagingError, OSError)):
            raise ex
        elif not isinstance(ex, Cancelled):
            self.Error.failed(str(ex))

    def _give_up(self) -> None:
        self._show_running(False)
        self._loaded = None
        self._show_memory()
        self.Outputs.embeddings.send(None)
        self.Outputs.skipped.send(None)

    def _show_running(self, running: bool) -> None:
        self._is_loading = self._is_loading and running
        self._cancel_button.setEnabled(running)
        self._rows_box.setEnabled(self._opened is not None)
        self.contents.show_status("Looking …" if running else "Choose what orange-imaging embed or merge wrote.")

    def _show_memory(self) -> None:
        """Say what the chosen rows need."""
        opened = self._opened
        self._rows_box.setEnabled(opened is not None)
        if opened is None:
            self.rows_form.show_memory("", False)
            return
        count = opened.vectors.count
        if (self.how or ("all" if opened.has_room(count) else "random")) != "all":
            count = min(count, self.count if self.how else USUAL_ROWS)
        asks = not opened.has_room(count) and not self._is_agreed
        self.rows_form.show_memory(memory_text(opened, count), asks)

    def send_report(self) -> None:
        """What was opened, and which rows were taken."""
        if self._opened is None:
            return
        self.report_items("Contents", [("From", self._opened.vectors.title), *content_items(self._opened.vectors)])
        if self._loaded is not None and self._loaded.table is not None:
            self.report_items("Rows", _row_items(replace(self._loaded.choice, column=self.column), self._loaded.table))

    def onDeleteWidget(self) -> None:
        """Leave a running thread to end by itself: its disk may not answer."""
        self.cancel()
        super().onDeleteWidget()


def _row_items(choice: RowChoice, table: Table) -> list[tuple[str, str]]:
    how = WAYS[choice.how][0].removesuffix(":") + (f" {choice.column}" if choice.how == "stratified" else "")
    taken = [("Taken", how), ("Pictures", f"{len(table):,} {pl(len(table), 'picture')}")]
    return taken if choice.how == "all" else [*taken, ("Random seed", str(choice.seed))]


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWOpenEmbeddings).run()
