"""Import Images: a folder of pictures becomes a table, its sub-folders the classes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QStyle
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin, TaskState
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Msg, Output, OWWidget
from orangewidget.workflow.drophandler import SingleFileDropHandler

from ..core.errors import Cancelled, ImagingError
from ..core.folders import Scan, count_categories, others_text, scan_folder
from ..core.paths import escape_path, unescape_path
from ..tables.imports import images_table
from .parts.folder_choice import SAMPLES, FolderChoice, as_setting, beside_workflow, title_of
from .parts.folder_menu import FolderMenu
from .parts.skipped_list import SkippedList

_RECENT = 10
_NAMED = 8  # classes in the summary


@dataclass(frozen=True)
class Imported:
    """What a thread found.

    Attributes:
        scan: the folder.
        table: its pictures; None if none could be read.
        left_out: (file, reason) for people.
    """

    scan: Scan
    table: Table | None
    left_out: list[tuple[str, str]]


def import_folder(choice: FolderChoice, with_categories: bool, state: TaskState) -> Imported:
    """Find the chosen folder and its pictures; runs in a thread."""
    state.set_status("Drawing sample pictures" if choice.is_sample else "Looking for pictures")
    cancelled, drawn = state.is_interruption_requested, 70 if choice.is_sample else 0
    folder = choice.locate(_progress(state, 0, drawn), cancelled)
    state.set_status("Reading headers")
    scan = scan_folder(folder, on_progress=_progress(state, drawn, 100), cancelled=cancelled)
    return make_table(scan, with_categories, state)


def make_table(scan: Scan, with_categories: bool, state: TaskState) -> Imported:
    """The table of a folder that was scanned before; runs in a thread."""
    table = images_table(scan, with_categories=with_categories) if scan.images else None
    left_out = [(escape_path(os.path.relpath(one.path, scan.folder)), one.reason)
                for one in scan.skipped]
    return Imported(scan, table, left_out)


def summary_text(scan: Scan, with_categories: bool) -> str:
    """Such as ``120 pictures in 2 classes: NSN (70), SN (50). 3 could not be read.``"""  # noqa: D415 (an example)
    count = len(scan.images)
    text = f"{count:,} {pl(count, 'picture')}"
    if with_categories and count:
        text += _classes_text(count_categories(scan.images))
    if scan.skipped:
        text += f". {len(scan.skipped):,} could not be read"
    return f"{text}.\n{others_text(scan.others)}." if scan.others else f"{text}."


def _classes_text(counts: dict[str, int]) -> str:
    """`counts` by category, ``""`` being none."""
    named = [f"{escape_path(name)} ({count:,})" for name, count in counts.items() if name]
    if not named:
        return ", no sub-folders, so no classes"
    shown = ", ".join(named[:_NAMED] + ["…"] * (len(named) > _NAMED))
    without = f"; {counts['']:,} without a class" if "" in counts else ""
    return f" in {len(named):,} {pl(len(named), 'class|classes')}: {shown}{without}"


def _progress(state: TaskState, start: float, end: float) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        if not state.is_interruption_requested():
            state.set_progress_value(start + (end - start) * done / max(1, total))
    return report


class OWImportImages(OWWidget, ConcurrentWidgetMixin):
    """One folder in, one table out; the disk is touched in a thread only."""

    name = "Import Images"
    description = "Read a folder of pictures; its sub-folders are their classes."
    icon = "icons/ImportImages.svg"
    priority = 10
    keywords = "import images, picture, photo, folder, directory, load, microscopy"

    class Outputs:
        data = Output("Data", Table)

    class Error(OWWidget.Error):
        failed = Msg("{}")
        none_readable = Msg("{}: none of its {} could be read. The first: {}. The list in the widget names all.")

    class Warning(OWWidget.Warning):
        unreadable = Msg("{} could not be read. The first: {}. The list in the widget names all.")

    class Information(OWWidget.Information):
        cancelled = Msg("The import was cancelled. Press Reload to start it again.")

    want_main_area = False
    settings_version = 100
    #: an escaped path, or samples:NAME
    folder: str = Setting("", schema_only=True)
    #: {folder: the same folder relative to the workflow's own}
    folder_beside: dict[str, str] = Setting({}, schema_only=True)
    recent_folders: list[str] = Setting([])
    with_categories: bool = Setting(True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        self._scan: Scan | None = None
        self.setAcceptDrops(True)
        self._add_folder_box()
        self._add_result_box()
        self.menu.fill(self.folder, self.recent_folders)
        self._set_running(False)
        if self.folder:
            self.import_again()

    def _add_folder_box(self) -> None:
        box = gui.vBox(self.controlArea, "Folder")
        line = QHBoxLayout()
        self.menu = FolderMenu()
        self.menu.chosen.connect(self.choose)
        self.browse_button = self._button(
            "Browse…", QStyle.StandardPixmap.SP_DirOpenIcon, self.browse)
        self.reload_button = self._button(
            "Reload", QStyle.StandardPixmap.SP_BrowserReload, self.import_again)
        for widget, stretch in ((self.menu, 1), (self.browse_button, 0), (self.reload_button, 0)):
            line.addWidget(widget, stretch)
        box.layout().addLayout(line)
        gui.checkBox(box, self, "with_categories", "Use sub-folders as classes",
                     callback=self._on_categories)

    def _button(self, text: str, icon: QStyle.StandardPixmap,
                action: Callable[[], None]) -> QPushButton:
        button = QPushButton(self.style().standardIcon(icon), text, autoDefault=False)
        button.clicked.connect(action)
        return button

    def _add_result_box(self) -> None:
        box = gui.vBox(self.controlArea, "Pictures", stretch=1)
        line = QHBoxLayout()
        self.summary = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.cancel_button = QPushButton("Cancel", autoDefault=False)
        self.cancel_button.clicked.connect(self.cancel_import)
        line.addWidget(self.summary, 1)
        line.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignTop)
        box.layout().addLayout(line)
        self.skipped_list = SkippedList()
        box.layout().addWidget(self.skipped_list, 1)
        box.layout().addStretch()

    def sizeHint(self) -> QSize:
        return QSize(640, 250)

    def browse(self) -> None:
        """Ask for a folder."""
        start = next((text for text in [self.folder, *self.recent_folders]
                      if text and not text.startswith(SAMPLES)), "")
        path = QFileDialog.getExistingDirectory(
            self, "Choose a Folder of Pictures", unescape_path(start) or os.path.expanduser("~"))
        if path:
            self.choose(as_setting(path))

    def choose(self, text: str) -> None:
        """Import a folder, given as it stands in settings."""
        self.folder = text
        self._note_place()
        self.menu.fill(self.folder, self.recent_folders)
        self.import_again()

    def _note_place(self) -> None:
        """Remember where the folder is relative to the workflow, for both may be moved."""
        beside = beside_workflow(self.folder, self._workflow_folder())
        if beside:
            self.folder_beside = {self.folder: beside}

    def _workflow_folder(self) -> str:
        return self.workflowEnv().get("basedir") or ""

    def workflowEnvChanged(self, key: str, value: Any, oldvalue: Any) -> None:
        """The workflow was saved, or saved elsewhere."""
        super().workflowEnvChanged(key, value, oldvalue)
        if key == "basedir":
            self._note_place()

    def import_again(self) -> None:
        """Start reading the folder, from its beginning."""
        if not self.folder:
            return
        choice = FolderChoice(self.folder, self._workflow_folder(),
                              self.folder_beside.get(self.folder, ""))
        self._scan = None
        self._begin(import_folder, choice)

    def _on_categories(self) -> None:
        if self._scan is not None:
            self._begin(make_table, self._scan)
        elif self.task is not None:
            self.import_again()

    def _begin(self, job: Callable[..., Imported], subject: FolderChoice | Scan) -> None:
        self.clear_messages()
        self._set_running(True)
        self.start(job, subject, self.with_categories)

    def cancel_import(self) -> None:
        """Stop at once; nothing is sent on."""
        self.cancel()
        self._give_up()
        self.Information.cancelled()

    def on_done(self, result: Imported) -> None:
        """Show and send what the thread found."""
        self._scan = result.scan
        self._set_running(False)
        self._remember(result.scan.folder)
        self.skipped_list.set_rows(result.left_out)
        count = len(result.scan.skipped)
        files = f"{count:,} {pl(count, 'file')}"
        first = ": ".join(result.left_out[0]) if count else ""
        if result.table is None:
            self.Error.none_readable(escape_path(result.scan.folder), files, first)
        elif count:
            self.Warning.unreadable(files, first)
        self.Outputs.data.send(result.table)

    def on_partial_result(self, result: Any) -> None:
        """Nothing is sent before the end."""

    def on_exception(self, ex: Exception) -> None:
        """Say what was wrong with the folder."""
        self._give_up()
        if not isinstance(ex, (ImagingError, OSError)):
            raise ex
        if not isinstance(ex, Cancelled):
            self.Error.failed(str(ex))
            self.summary.setText(str(ex))

    def _give_up(self) -> None:
        self._scan = None
        self._set_running(False)
        self.skipped_list.set_rows([])
        self.Outputs.data.send(None)

    def _remember(self, found: str) -> None:
        """Keep a folder that was read among the recent ones; it may have moved with the workflow."""
        if self.folder.startswith(SAMPLES):
            return
        self.folder = as_setting(found)
        self._note_place()
        recent = dict.fromkeys([self.folder, *self.recent_folders])
        self.recent_folders = list(recent)[:_RECENT]
        self.menu.fill(self.folder, self.recent_folders)

    def _set_running(self, running: bool) -> None:
        self.cancel_button.setVisible(running)
        self.reload_button.setEnabled(bool(self.folder) and not running)
        self.summary.setText("Looking for pictures…" if running else self._summary_text())

    def _summary_text(self) -> str:
        if self._scan is not None:
            return summary_text(self._scan, self.with_categories)
        return "No pictures yet." if self.folder else "Choose a folder of pictures, or drop one here."

    def send_report(self) -> None:
        """The folder, the counts, and what was left out."""
        if self._scan is None:
            return
        shown = title_of(self.folder) if self.folder.startswith(SAMPLES) else self.folder
        self.report_items((("Folder", shown), ("Pictures", self._summary_text())))
        if self.skipped_list.model.rows:
            self.report_items("Left Out", self.skipped_list.model.rows)

    def dragEnterEvent(self, event: Any) -> None:
        """Take one file or folder; whether it is a folder is found out in the thread."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        """Import what was dropped."""
        event.acceptProposedAction()
        self.choose(as_setting(event.mimeData().urls()[0].toLocalFile()))

    def onDeleteWidget(self) -> None:
        """Leave a running thread to end by itself: its disk may not answer."""
        self.cancel()
        super().onDeleteWidget()


class ImportImagesDropHandler(SingleFileDropHandler):
    """A folder dropped on the canvas becomes an Import Images."""

    WIDGET = OWImportImages

    def canDropFile(self, path: str) -> bool:
        """Folders only. The file manager has just shown it, so asking the disk is quick."""
        return os.path.isdir(path)

    def parametersFromFile(self, path: str) -> dict[str, Any]:
        """The new widget's settings."""
        return {"folder": as_setting(path)}


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWImportImages).run()
