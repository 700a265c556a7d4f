"""Import Images: folders of pictures become a table, with labels, and say how the pictures are to be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from AnyQt.QtCore import QSize
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Msg, Output, OWWidget
from orangewidget.workflow.drophandler import SingleFileDropHandler

from ..core.errors import Cancelled, ImagingError
from ..core.files import ZIP_SUFFIX
from ..core.folder_walk import FileFilter
from ..core.folders import Scan
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.reading_choice import ReadingChoice
from .chosen_folders import ChosenFolders
from .from_older import PACKAGE
from .job_mixin import JobMixin
from .jobs.importing import Found, ImportChoice, Imported, import_folders, make_table
from .older_settings import carry_over, import_settings
from .parts.folder_choice import SAMPLES, FolderChoice, as_setting, title_of
from .parts.folder_form import FolderForm
from .parts.folder_watch import FolderWatch, Watched
from .parts.label_form import LabelForm
from .parts.reading_box import ReadingBox
from .parts.result_box import ResultBox
from .parts.slide_form import SlideForm, tiling_of


class OWImportImages(OWWidget, JobMixin, ChosenFolders):
    """Folders in, one table out; the disk is touched in a thread only."""

    name = "Import Images"
    description = "Read folders of pictures; their sub-folders or names are the classes."
    icon = "icons/ImportImages.svg"
    priority = 10
    keywords = "import images, picture, photo, folder, directory, load, microscopy, channel, stack, plate"
    replaces = (f"{PACKAGE}.owimageimport.OWImportImages",)

    class Outputs:
        data = Output("Data", Table, replaces=["Podatki"])

    class Error(OWWidget.Error):
        failed = Msg("{}")

    class Warning(OWWidget.Warning):
        left_out = Msg("{} left out. The first: {}. The list in the widget names all.")
        unlabelled = Msg("{} of {} names do not fit the pattern, so their labels are missing. The first is {}. Change "
                         "the pattern, or clear it, under Labels.")
        more_channels = Msg("{}")
        not_followed = Msg("New pictures cannot be looked for now: {}")

    class Information(OWWidget.Information):
        cancelled = Msg("The import was cancelled. Press Reload to start it again.")

    settings_version = 101
    only_names: str = Setting("", schema_only=True)
    #: levels of sub-folders, None for all
    levels: int | None = Setting(None, schema_only=True)
    follows: bool = Setting(False, schema_only=True)
    #: how whole slides are cut, the fields of core.tiles.Tiling; {} for not at all
    slides: dict[str, Any] = Setting({}, schema_only=True)
    #: "folder", a part of the pattern, or "" for no class
    class_from: str = Setting("folder", schema_only=True)
    pattern: str = Setting("", schema_only=True)
    joins_channels: bool = Setting(False, schema_only=True)
    #: JSON, see core.reading
    reading: str = Setting("{}", schema_only=True)
    is_each_channel: bool = Setting(False, schema_only=True)
    is_folder_range: bool = Setting(False, schema_only=True)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._scan: Scan | None = None
        self._summary = ""
        self._seen: Watched | None = None
        self._watch = FolderWatch(self)
        self._watch.changed.connect(self.import_again)
        self._watch.looked.connect(self._on_looked)
        self.setAcceptDrops(True)
        self._add_folder_box()
        self._add_label_box()
        self._add_result_box()
        self._add_reading_box()
        self._show_reading()
        self._set_running(False)
        if self.folder:
            self.import_again()

    def _add_folder_box(self) -> None:
        self.folder_form = FolderForm()
        self.menu, self.reload_button = self.folder_form.menu, self.folder_form.reload_button
        self.menu.chosen.connect(self.choose)
        self.folder_form.reload_wanted.connect(self.import_again)
        self.folder_form.more_changed.connect(lambda folders: self.choose(self.folder, folders))
        self.folder_form.filter_changed.connect(self._on_filter)
        self.folder_form.follow_changed.connect(self._on_follow)
        self._show_folders()
        self.slide_form = SlideForm(tiling_of(self.slides))
        self.slide_form.changed.connect(self._on_slides)
        box = gui.vBox(self.controlArea, "Folders").layout()
        box.addWidget(self.folder_form)
        box.addWidget(self.slide_form)

    def _add_label_box(self) -> None:
        self.label_form = LabelForm()
        self.label_form.show_choice(self.class_from, self.pattern, self.joins_channels)
        self.label_form.changed.connect(self._on_labels)
        gui.vBox(self.controlArea, "Labels").layout().addWidget(self.label_form)

    def _add_result_box(self) -> None:
        self.result_box = ResultBox()
        self.result_box.cancel_wanted.connect(self.cancel_import)
        self.summary, self.cancel_button = self.result_box.summary, self.result_box.cancel_button
        self.skipped_list = self.result_box.skipped_list
        gui.vBox(self.controlArea, "Pictures", stretch=1).layout().addWidget(self.result_box)

    def _add_reading_box(self) -> None:
        self.reading_box = ReadingBox()
        self.reading_box.changed.connect(self._on_reading)
        self.preview, self.reading_form = self.reading_box.preview, self.reading_box.form
        gui.vBox(self.mainArea, "How Pictures Are Read").layout().addWidget(self.reading_box)

    def sizeHint(self) -> QSize:
        return QSize(900, 660)

    def choose(self, text: str, more: Sequence[str] = ()) -> None:
        """Import one folder, or several together, given as they stand in settings."""
        self.folder, self.more_folders = text, list(dict.fromkeys(more))
        self.note_place()
        self._show_folders()
        self.import_again()

    def _show_folders(self) -> None:
        self.menu.fill(self.folder, self.recent_folders)
        self.folder_form.show_choice(self.more_folders, self._only(), self.follows)

    def workflowEnvChanged(self, key: str, value: Any, oldvalue: Any) -> None:
        """The workflow was saved, or saved elsewhere."""
        super().workflowEnvChanged(key, value, oldvalue)
        if key == "basedir":
            self.note_place()

    def _on_filter(self, only: FileFilter) -> None:
        self.only_names, self.levels = only.names, only.depth
        self.import_again()

    def _on_slides(self, slides: dict[str, Any]) -> None:
        self.slides = slides
        self.import_again()

    def _on_follow(self, follows: bool) -> None:
        self.follows = follows
        if follows:
            self.import_again()
        else:
            self._watch.stop()
            self.Warning.not_followed.clear()

    def _follow(self, seen: Watched | None) -> None:
        """Look for what came since the folders were so; never while they are read, or it would not come to an end."""
        if self.follows and seen is not None:
            self._watch.watch(seen)

    def _on_looked(self, problem: str) -> None:
        self.Warning.not_followed(problem, shown=bool(problem))

    def _on_labels(self, class_from: str, pattern: str, joins_channels: bool) -> None:
        joined_anew = joins_channels != self.joins_channels or (joins_channels and pattern != self.pattern)
        self.class_from, self.pattern, self.joins_channels = class_from, pattern, joins_channels
        self._make_again(joined_anew)

    def _on_reading(self, choice: ReadingChoice) -> None:
        before, reading = self._chosen_reading().reading, choice.reading
        self.reading, self.is_each_channel, self.is_folder_range = (
            reading.to_json(), choice.is_each_channel, choice.is_folder_range)
        self._make_again((reading.pages, reading.scene) != (before.pages, before.scene))

    def _make_again(self, reads_anew: bool) -> None:
        """The table of what was found before, or all from its beginning."""
        if self._scan is not None and not reads_anew:
            self._begin(make_table, self._scan)
        else:
            self.import_again()

    def _chosen_reading(self) -> ReadingChoice:
        """The recipe in the settings; the usual one where they hold none."""
        try:
            return ReadingChoice(Reading.from_json(self.reading), self.is_each_channel, self.is_folder_range)
        except (ValueError, TypeError, ImagingError):
            self.reading, self.is_each_channel, self.is_folder_range = "{}", False, False
            return ReadingChoice()

    def _only(self) -> FileFilter:
        return FileFilter(self.only_names, self.levels)

    def _choice(self) -> ImportChoice:
        return ImportChoice(self._only(), self.class_from, self.pattern,
                            self.joins_channels, self._chosen_reading(), self.follows, tiling_of(self.slides))

    def import_again(self) -> None:
        """Start reading the folders, from their beginning."""
        if not self.folder:
            return
        self._scan = self._seen = None
        self._watch.stop()
        self._begin(import_folders, self.folder_choices())

    def _begin(self, job: Callable[..., Imported], subject: list[FolderChoice] | Scan) -> None:
        self.clear_messages()
        self._summary = ""
        self._set_running(True)
        self.start(job, subject, self._choice())

    def cancel_import(self) -> None:
        """Stop at once; nothing is sent on, and only what comes from now on is looked for."""
        self.cancel()
        self._give_up()
        places = [folder.place for folder in self.folder_choices() if not folder.is_sample]
        self._follow(Watched.from_now_on(places, self._only()))
        self.Information.cancelled()

    def on_partial_result(self, result: Watched | Found) -> None:
        """Show what was found; it stays where no table can be made of it, so that another choice can be made."""
        if isinstance(result, Watched):
            self._seen = result
        else:
            self._scan = result.scan
            self.remember(result.scan.folder)
            self.menu.fill(self.folder, self.recent_folders)
            self.skipped_list.set_rows(result.left_out)
            self.slide_form.setVisible(result.has_slides)
            self.label_form.show_names(result.names, result.ready)
            self.preview.set_reading(result.reading)
            self.preview.set_images(result.scan.images)
            self._show_reading()

    def on_done(self, result: Imported) -> None:
        """Show and send the table."""
        self._summary = result.summary
        self._set_running(False)
        self.preview.set_reading(result.reading)
        self._show_reading()
        self._warn(result)
        self._follow(self._seen)
        self.Outputs.data.send(result.table)

    def _warn(self, result: Imported) -> None:
        if count := len(self.skipped_list.model.rows):
            self.Warning.left_out(f"{count:,} {pl(count, 'file was|files were')}",
                                  ": ".join(self.skipped_list.model.rows[0]))
        if result.misfits:
            self.Warning.unlabelled(f"{len(result.misfits):,}", f"{len(result.scan.images):,}",
                                    escape_path(result.misfits[0]))
        self.Warning.more_channels(result.more_channels, shown=bool(result.more_channels))

    def _show_reading(self) -> None:
        self.reading_box.show_choice(self._chosen_reading(), self._scan.channels if self._scan else ())

    def on_exception(self, ex: Exception) -> None:
        """Say what was wrong with the folder."""
        self._give_up()
        if not isinstance(ex, (ImagingError, OSError)):
            raise ex
        if not isinstance(ex, Cancelled):
            self.Error.failed(str(ex))
            self.summary.setText(str(ex))
        self._follow(self._seen)

    def _give_up(self) -> None:
        """Send nothing; what was found stays to be seen."""
        self._set_running(False)
        if self._scan is None:
            self.skipped_list.set_rows([])
            self.preview.set_images([])
        self._show_reading()
        self.Outputs.data.send(None)

    def _set_running(self, running: bool) -> None:
        self.result_box.show_summary("Looking for pictures…" if running else self._summary_text(), running)
        self.reload_button.setEnabled(bool(self.folder) and not running)

    def _summary_text(self) -> str:
        nothing = "No pictures yet." if self.folder else "Choose a folder of pictures, or drop one here."
        return self._summary or nothing

    def send_report(self) -> None:
        """The folders, the counts, how pictures are read, and what was left out."""
        if not self._summary:
            return
        shown = [title_of(text) if text.startswith(SAMPLES) else text for text in [self.folder, *self.more_folders]]
        seen = (("Read", self.preview.notes),) if self.preview.notes else ()  # nothing, before the preview is there
        self.report_items((("Folder", ", ".join(shown)), ("Pictures", self._summary_text()),
                           ("Pattern of names", self.pattern or "none"), *seen))
        if self.skipped_list.model.rows:
            self.report_items("Left Out", self.skipped_list.model.rows)

    def dragEnterEvent(self, event: Any) -> None:
        """Take files and folders; whether they are folders is found out in the thread."""
        urls = event.mimeData().urls()
        if urls and all(url.isLocalFile() for url in urls):
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        """Import what was dropped."""
        event.acceptProposedAction()
        first, *others = [as_setting(url.toLocalFile()) for url in event.mimeData().urls()]
        self.choose(first, others)

    def onDeleteWidget(self) -> None:
        """Leave a running thread to end by itself: its disk may not answer."""
        self.cancel()
        self._watch.stop()
        self.preview.close_readers()
        super().onDeleteWidget()

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """Version 100 knew sub-folders as classes, or none."""
        carry_over(settings, version, import_settings)
        if (version or 0) < 101 and not settings.pop("with_categories", True):
            settings["class_from"] = ""


class ImportImagesDropHandler(SingleFileDropHandler):
    """A folder or zip file dropped on the canvas becomes an Import Images."""

    WIDGET = OWImportImages

    def canDropFile(self, path: str) -> bool:
        """Folders and zip files only. The file manager has just shown it, so asking the disk is quick."""
        return path.lower().endswith(ZIP_SUFFIX) or os.path.isdir(path)

    def parametersFromFile(self, path: str) -> dict[str, Any]:
        """The new widget's settings."""
        return {"folder": as_setting(path)}


if __name__ == "__main__":  # pragma: no cover
    WidgetPreview(OWImportImages).run()
