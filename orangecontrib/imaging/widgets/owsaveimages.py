"""Save Images: pictures of a table as files, in sub-folders and under names that its columns give."""

from __future__ import annotations

import os
from dataclasses import asdict
from functools import partial
from typing import Any

from AnyQt.QtCore import QSize, QUrl
from AnyQt.QtGui import QDesktopServices, QIcon
from AnyQt.QtWidgets import QComboBox, QFormLayout
from Orange.data import Table
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.itemmodels import VariableListModel
from Orange.widgets.utils.localization import pl
from Orange.widgets.widget import Input, Msg, Output, OWWidget

from ..core.errors import ImagingError, WrongUse
from ..core.paths import escape_path
from ..core.save_plan import FORMATS, IF_EXISTS, MOST_FOLDERS, SIZES, Form
from ..core.space import size_text
from ..tables.columns import image_columns, why_no_column
from ..tables.saving import OWN_NAME
from .chosen_folders import ChosenFolders, are_texts
from .from_older import PACKAGE, FromOlder
from .job_mixin import JobMixin
from .jobs.saving import Prospect, SaveJob, SaveResult, Stop, Subject, look_ahead, save_images
from .older_settings import save_settings
from .parts.column_chain import ColumnChain
from .parts.contact_sheet import SHEETS
from .parts.folder_choice import SAMPLES
from .parts.lookup import Lookup
from .parts.save_form import SaveForm
from .parts.save_preview import SavePreview
from .parts.target_menu import TargetMenu
from .parts.text_label import align_labels
from .whereabouts import Located, Whereabouts

_MOST_NAMES = 6


class OWSaveImages(FromOlder, OWWidget, JobMixin, Whereabouts, ChosenFolders):
    """Writes on the button alone; opening a workflow, or new data, writes nothing."""

    name = "Save Images"
    description = "Save pictures to a folder, in sub-folders by class, under names from columns."
    icon = "icons/SaveImages.svg"
    priority = 60
    keywords = "save images, export, write, copy, folder, png, jpeg, tiff, contact sheet, rename"
    replaces = (f"{PACKAGE}.owsaveimages.OWSaveImages",)

    class Inputs:
        data = Input("Data", Table, replaces=["Podatki"])

    class Outputs:
        saved = Output("Saved Images", Table, default=True)
        skipped = Output("Skipped Images", Table)

    class Error(Whereabouts.Error, OWWidget.Error):
        no_column = Msg("{}")
        cannot = Msg("{}")
        failed = Msg("{}")

    class Warning(FromOlder.Warning, Whereabouts.Warning, OWWidget.Warning):
        no_rows = Msg("This data has no rows.")
        columns_gone = Msg("This data has no column {}; names are made without it.")
        within = Msg("This folder is inside that of the pictures: Import Images would find the saved ones, too.")
        tight = Msg("There may be too little room. If the disk gets full, saving stops, and what was written stays.")
        left_out = Msg("{} left out. The first: {}. The list in the widget names all.")
        no_sheet = Msg("The contact sheet was not written. {}")

    settings_version = 100
    of_older = staticmethod(save_settings)
    image_column: str = Setting("", schema_only=True)
    #: names of columns; None for the class
    folder_columns: list[str] | None = Setting(None, schema_only=True)
    #: names of columns; "" is the name of the file
    name_columns: list[str] = Setting([OWN_NAME], schema_only=True)
    #: the fields of core.save_plan.Form
    written_as: dict[str, Any] = Setting({})
    if_exists: str = Setting("number", schema_only=True)
    sheet: str = Setting("none")

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._data: Table | None = None
        self._subject: Subject | None = None
        self._stop: Stop | None = None
        self._looking = Stop()
        self._last: SaveResult | None = None
        self._written_in = ""
        self._lookup = Lookup(self)
        self._lookup.answered.connect(self._on_prospect)
        self.tell_of_older()
        self._check_settings()
        self.add_place_bar(self.mainArea.layout(), self._locate)
        self._add_controls()
        self.preview = SavePreview()
        gui.vBox(self.mainArea, "What Will Be Written").layout().addWidget(self.preview)
        self._open_button = gui.button(self.buttonsArea, self, "&Open Folder", callback=self.open_folder,
                                       autoDefault=False)
        self._cancel_button = gui.button(self.buttonsArea, self, "Cancel", callback=self.cancel_job, autoDefault=False)
        self._save_button = gui.button(self.buttonsArea, self, "&Save", callback=self.save, autoDefault=False)
        self._open_button.setEnabled(False)
        self._look_ahead()

    def _add_controls(self) -> None:
        self._columns = VariableListModel()
        self._column_combo = QComboBox(accessibleName="Image column")
        self._column_combo.setModel(self._columns)
        self._column_combo.activated.connect(self._column_chosen)
        self.target = TargetMenu()
        self.target.fill(self.folder, self.recent_folders)
        self.target.chosen.connect(self.choose_folder)
        self.folder_chain = ColumnChain("Sub-folders", "(none)", MOST_FOLDERS)
        self.folder_chain.changed.connect(self._folders_chosen)
        self.name_chain = ColumnChain("Names", "(nothing more)", _MOST_NAMES)
        self.name_chain.changed.connect(self._names_chosen)
        self.form = SaveForm()
        self.form.show_choice(self._form, self.if_exists, self.sheet)
        self.form.changed.connect(self._form_changed)
        where, named = QFormLayout(), QFormLayout()
        for layout in (where, named):
            layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        where.addRow("Image column:", self._column_combo)
        where.addRow("Folder:", self.target)
        named.addRow("Sub-folders:", self.folder_chain)
        named.addRow("Names:", self.name_chain)
        gui.vBox(self.controlArea, "Pictures").layout().addLayout(where)
        gui.vBox(self.controlArea, "Sub-folders and Names").layout().addLayout(named)
        gui.vBox(self.controlArea, "Files").layout().addWidget(self.form)
        gui.rubber(self.controlArea)
        align_labels(where, named, self.form.form)
        self._show_columns()

    def sizeHint(self) -> QSize:
        return QSize(960, 640)

    def _check_settings(self) -> None:
        """A workflow may have been saved with choices that are not here."""
        try:
            self._form = Form(**self.written_as)
        except (WrongUse, TypeError):
            self._form, self.written_as = Form(), {}
        if self.if_exists not in list(IF_EXISTS):
            self.if_exists = "number"
        if self.sheet not in list(SHEETS):
            self.sheet = "none"
        if not are_texts(self.folder_columns):
            self.folder_columns = None
        if not are_texts(self.name_columns):
            self.name_columns = [OWN_NAME]
        self.check_folders()
        if self.folder.startswith(SAMPLES):  # which would be drawn, before anybody pressed a button
            self.folder = ""

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Look at the pictures of a table; a run that saves others ends, what it has written stays."""
        was_saving = self._stop is not None
        self._end_run()
        self.clear_messages()
        self._data, self._last = data, None
        self._columns[:] = columns = image_columns(data)
        if column := self.older_column(data, columns):
            self.image_column = column.name
        names = [column.name for column in columns]
        self._column_combo.setCurrentIndex(names.index(self.image_column) if self.image_column in names else 0)
        if data is not None and not columns:
            self.Error.no_column(why_no_column(data))
        self.Warning.no_rows(shown=data is not None and len(data) == 0)
        self.preview.show_result("Saving was stopped, for other data came. What was written until then stays."
                                 if was_saving else "")
        self._open_button.setEnabled(was_saving)
        self._send(None)
        self._show_columns()
        self._locate()

    def _show_columns(self) -> None:
        """Offer the columns of the data; those chosen that it has not are named."""
        domain = self._data.domain if self._data is not None else None
        columns = [*domain.class_vars, *domain.metas, *domain.attributes] if domain is not None else []
        offered = [(column.name, column.name, gui.attributeIconDict[column]) for column in columns
                   if not column.attributes.get("hidden")]
        self.folder_chain.show_choice([one for one in offered if one[0] != self._column_combo.currentText()],
                                      self._chosen_folders())
        self.name_chain.show_choice([(OWN_NAME, "Name of the file", QIcon()), *offered], self.name_columns)
        known = {column.name for column in columns}
        gone = [name for name in [*(self.folder_columns or []), *self.name_columns] if name and name not in known]
        self.Warning.columns_gone(", ".join(map(repr, dict.fromkeys(gone))), shown=bool(gone and columns))

    def _chosen_folders(self) -> list[str]:
        if self.folder_columns is not None:
            return self.folder_columns
        classes = self._data.domain.class_vars if self._data is not None else ()
        return [column.name for column in classes if column.is_discrete][:1]

    def _locate(self) -> None:
        """Find out where the pictures are, in a thread."""
        self._subject = None
        self._show_buttons()
        column = self._column()
        if self.reading_of(column) is None or column is None or not len(self._data):
            self.locate_nothing()
            self._look_ahead()
            return
        self._looking.wanted = True
        self.locate_later(self._data, column, self._on_located_pictures)

    def _column(self) -> Any:
        row = self._column_combo.currentIndex()
        return self._columns[row] if 0 <= row < len(self._columns) else None

    def _on_located_pictures(self, located: Located) -> None:
        self._subject = Subject(located.table, located.column, located.paths, located.reasons, self.hosts)
        self._look_ahead()

    def _job(self) -> SaveJob:
        domain = self._data.domain if self._data is not None else ()
        names = tuple(name for name in self.name_columns if name == OWN_NAME or name in domain)
        folders = tuple(name for name in self._chosen_folders() if name in domain)[:MOST_FOLDERS]
        return SaveJob(self.folder_choices()[0], folders, names, self._form, self.if_exists, self.sheet)

    def _look_ahead(self) -> None:
        """Have what would be written be found out, in a thread."""
        self._show_buttons()
        self._looking.wanted, self._looking = True, Stop()
        if self._subject is None:
            self._lookup.ask(Prospect)
        else:
            self._lookup.ask(partial(look_ahead, self._subject, self._job(), self._looking))

    def _on_prospect(self, seen: Prospect) -> None:
        if self._looking.wanted:
            return  # it is about other pictures, and these will be looked at when they are located
        is_told = self.Error.failed.is_shown() and str(self.Error.failed) == seen.problem
        self.Error.cannot(seen.problem, shown=bool(seen.problem and self.folder) and not is_told)
        self.Warning.within(shown=seen.is_within)
        self.Warning.tight(shown=seen.is_tight and not seen.problem)
        self.preview.show_names(self._prospect_text(seen), seen.names, seen.count - len(seen.names))

    def _prospect_text(self, seen: Prospect) -> str:
        if self._subject is None:
            return "No pictures on the input."
        again = "If you save again: " if self._last is not None else ""
        text = f"{again}{seen.count:,} {pl(seen.count, 'file')}"
        if seen.bytes is not None:
            about = "" if self._form.format == "original" else "at most "
            text += f", {about}{size_text(seen.bytes)}; {size_text(seen.free or 0)} are free there"
        if seen.left_out:
            text += f". {seen.left_out:,} {pl(seen.left_out, 'picture')} will be left out, the first because: " \
                    f"{seen.first_reason}"
        return text + "." + ("" if self.folder else " Choose the folder to save to.")

    def save(self) -> None:
        """Write the files."""
        if self._subject is None or not self.folder or self._stop is not None:
            return
        for message in (self.Error.failed, self.Warning.left_out, self.Warning.no_sheet):
            message.clear()
        self._stop, self._written_in = Stop(), self.folder_choices()[0].place
        self._show_buttons()
        self.preview.show_result("Beginning …")
        self.start(save_images, self._subject, self._job(), self._stop)

    def cancel_job(self) -> None:
        """Stop after the file that is being written; the job then tells what it has done."""
        if self._stop is not None:
            self._stop.wanted = True
            self._cancel_button.setEnabled(False)
            self.preview.show_result("Cancelling …")

    def on_partial_result(self, result: str) -> None:
        if self._stop is not None and not self._stop.wanted:
            self.preview.show_result(result)
            self.setStatusMessage(result)

    def on_done(self, result: SaveResult) -> None:
        """Tell what was saved, and send it."""
        self._stop, self._last, self._written_in = None, result, result.saved.folder
        self.setStatusMessage("")
        self.remember(result.saved.folder)
        self.target.fill(self.folder, self.recent_folders)
        left_out = result.saved.skipped
        self.preview.show_result(_result_text(result), [(escape_path(one.path), one.reason) for one in left_out])
        if left_out:
            self.Warning.left_out(f"{len(left_out):,} {pl(len(left_out), 'picture')}", left_out[0].reason)
        self.Warning.no_sheet(result.sheet_problem, shown=bool(result.sheet_problem))
        self._open_button.setEnabled(True)
        self._send(result)
        self._look_ahead()

    def on_exception(self, ex: Exception) -> None:
        self._stop = None
        self.setStatusMessage("")
        self.preview.show_result("")
        self._look_ahead()
        if not isinstance(ex, (ImagingError, OSError)):
            raise ex
        self.Error.failed(str(ex))

    def _send(self, result: SaveResult | None) -> None:
        self.Outputs.saved.send(result.written if result else None)
        self.Outputs.skipped.send(result.skipped if result else None)

    def _end_run(self) -> None:
        if self._stop is not None:
            self._stop.wanted, self._stop = True, None
            self.cancel()
            self.setStatusMessage("")

    def _show_buttons(self) -> None:
        is_saving = self._stop is not None
        self._save_button.setEnabled(self._subject is not None and bool(self.folder) and not is_saving)
        self._cancel_button.setEnabled(is_saving)
        self.controlArea.setEnabled(not is_saving)

    def open_folder(self) -> None:
        """Show the folder that was written to last in the system's own window of files."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._written_in))

    def choose_folder(self, text: str) -> None:
        """Save to a folder, given as it stands in settings."""
        self.folder = text
        self.note_place()
        self.target.fill(self.folder, self.recent_folders)
        self._look_ahead()

    def workflowEnvChanged(self, key: str, value: Any, oldvalue: Any) -> None:
        """The workflow was saved, or saved elsewhere."""
        super().workflowEnvChanged(key, value, oldvalue)
        if key == "basedir":
            self.note_place()

    def _column_chosen(self) -> None:
        self.image_column = self._column_combo.currentText()
        self._show_columns()
        self._locate()

    def _folders_chosen(self, names: list[str]) -> None:
        self.folder_columns = names
        self._show_columns()
        self._look_ahead()

    def _names_chosen(self, names: list[str]) -> None:
        self.name_columns = names or [OWN_NAME]
        self._show_columns()
        self._look_ahead()

    def _form_changed(self) -> None:
        self._form, self.if_exists, self.sheet = self.form.choice()
        self.written_as = asdict(self._form)
        self._look_ahead()

    def onDeleteWidget(self) -> None:
        self._end_run()
        self._looking.wanted = True
        super().onDeleteWidget()

    def send_report(self) -> None:
        """Where to and how, and what was saved last."""
        job = self._job()
        names = [name or "name of the file" for name in job.names]
        self.report_items((
            ("Folder", job.folder.text or "none"), ("Sub-folders", " / ".join(job.folders) or "none"),
            ("Names", " _ ".join(names)), ("Format", FORMATS[job.form.format]),
            *((("Size", SIZES[job.form.size]),) if job.form.format != "original" else ()),
            ("If a file exists", IF_EXISTS[job.if_exists]), ("Contact sheet", SHEETS[job.sheet]),
            ("Result", _result_text(self._last) if self._last else "nothing saved yet")))


def _result_text(result: SaveResult) -> str:
    """Such as ``120 pictures saved in /data/out (34 MB), 3 left out``."""
    saved = result.saved
    count, size = len(saved.written), size_text(sum(one.bytes for one in saved.written))
    text = f"{count:,} {pl(count, 'picture')} saved in {escape_path(saved.folder)} ({size})"
    text += f", {len(saved.skipped):,} left out." if saved.skipped else "."
    if result.sheets:
        text += f" Contact {pl(len(result.sheets), 'sheet')}: " + ", ".join(
            escape_path(os.path.basename(path)) for path in (*result.sheets[:1], *result.sheets[1:][-1:])) + "."
    return f"{saved.stopped} {text}" if saved.stopped else text


if __name__ == "__main__":  # pragma: no cover
    from Orange.widgets.utils.widgetpreview import WidgetPreview

    from ..core.folders import scan_folder
    from ..tables.imports import images_table
    WidgetPreview(OWSaveImages).run(images_table(scan_folder(os.getcwd())))
