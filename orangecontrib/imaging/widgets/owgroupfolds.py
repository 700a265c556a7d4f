"""Group Folds: folds for an honest cross-validation, all pictures of a plate, a donor or a slide in one."""

from __future__ import annotations

import os
from collections.abc import Sequence

from AnyQt.QtCore import QSize
from AnyQt.QtWidgets import QLineEdit
from Orange.data import Table, Variable
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, DomainContextHandler, Setting
from Orange.widgets.utils.itemmodels import VariableListModel
from Orange.widgets.utils.localization import pl
from Orange.widgets.utils.widgetpreview import WidgetPreview
from Orange.widgets.widget import Input, Msg, Output, OWWidget
from orangewidget.utils.listview import ListViewFilter

from ..core.errors import ImagingError
from ..core.group_folds import FEWEST_FOLDS, MOST_FOLDS
from ..tables.group_folds import group_columns, likely_group
from .job_mixin import JobMixin
from .jobs.folding import FoldChoice, Folded, make_folds
from .parts.fold_table import FoldTable
from .parts.text_label import text_label

_MOST_SEED = 9999
_MOST_NAMES = 5


class OWGroupFolds(OWWidget, JobMixin):
    """Puts groups of rows into folds in a thread, says what the folds hold, and sends the data with a column Fold."""

    name = "Group Folds"
    description = "Keep all pictures of a plate, donor or slide in one fold of cross-validation."
    icon = "icons/GroupFolds.svg"
    priority = 55
    keywords = "group folds, cross validation, leakage, plate, donor, patient, slide, batch, score"

    class Inputs:
        data = Input("Data", Table)

    class Outputs:
        data = Output("Data", Table)

    class Error(OWWidget.Error):
        no_column = Msg("This data has no column that could name groups. Import Images takes such labels from names of "
                        "files.")
        failed = Msg("{}")

    class Warning(OWWidget.Warning):
        no_rows = Msg("This data has no rows.")
        fewer = Msg("Only {} groups: {} folds instead of {}.")
        without_group = Msg("{} without a group: in no fold, so Test and Score uses them neither to learn nor to test.")
        single = Msg("In one fold only: {}. A model that is tested on such a class has never seen it. More groups are "
                     "needed.")
        tied = Msg("Every group holds one class only: the score cannot tell the class from what else differs between "
                   "the groups.")

    class Information(OWWidget.Information):
        choose = Msg("Choose the column that tells what belongs together, such as plate, donor or slide.")

    settings_version = 100
    settingsHandler = DomainContextHandler()
    group_by: list[Variable] = ContextSetting([])
    needs_all: bool = Setting(False)
    fold_count: int = Setting(5)
    is_stratified: bool = Setting(True)
    seed: int = Setting(0)

    def __init__(self) -> None:
        OWWidget.__init__(self)
        JobMixin.__init__(self)
        self._data: Table | None = None
        self._folded: Folded | None = None
        self._has_sent = False
        self._check_settings()
        self._add_group_box()
        self._add_fold_box()
        self._add_result()
        self._show("No data.", None)

    def _check_settings(self) -> None:
        """A workflow may have been saved with what cannot be."""
        for name, least, most, usual in (("fold_count", FEWEST_FOLDS, MOST_FOLDS, 5), ("seed", 0, _MOST_SEED, 0)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                setattr(self, name, usual)
        self.needs_all, self.is_stratified = bool(self.needs_all), bool(self.is_stratified)

    def _add_group_box(self) -> None:
        self._columns = VariableListModel()
        box = gui.vBox(self.controlArea, "Group By")
        self.group_list = gui.listView(
            box, self, "group_by", model=self._columns, viewType=ListViewFilter, callback=self._make,
            selectionMode=ListViewFilter.SelectionMode.ExtendedSelection)
        self.group_list.setAccessibleName("Columns that name the group")
        box.findChild(QLineEdit).setAccessibleName("Filter columns")
        self.group_list.setToolTip("Hold Ctrl to choose several.")
        self._how = gui.checkBox(
            box, self, "needs_all", "A group agrees in all of several columns", callback=self._make,
            tooltip="Tick this where names repeat, such as plate 1 in each experiment. Otherwise pictures that share a "
                    "value of any chosen column are kept together.")

    def _add_fold_box(self) -> None:
        box = gui.vBox(self.controlArea, "Folds")
        gui.spin(box, self, "fold_count", FEWEST_FOLDS, MOST_FOLDS, label="Number of folds:", callback=self._make,
                 alignment=gui.Qt.AlignmentFlag.AlignRight).setAccessibleName("Number of folds")
        gui.checkBox(box, self, "is_stratified", "Balanced by class", callback=self._make,
                     tooltip="Each fold gets about its share of each class, as far as whole groups allow.")
        gui.spin(box, self, "seed", 0, _MOST_SEED, label="Random seed:", callback=self._make,
                 alignment=gui.Qt.AlignmentFlag.AlignRight,
                 tooltip="Another number makes other folds of the same groups.").setAccessibleName("Random seed")

    def _add_result(self) -> None:
        box = gui.vBox(self.mainArea, "What the Folds Hold")
        self.status = text_label(lines=2, width_px=330)
        self.table = FoldTable()
        self.hint = text_label(lines=2, width_px=330)
        for part in (self.status, self.table, self.hint):
            box.layout().addWidget(part)

    def sizeHint(self) -> QSize:
        return QSize(860, 480)

    @Inputs.data
    def set_data(self, data: Table | None) -> None:
        """Make folds of the rows of a table, in place of those before."""
        self.closeContext()
        self._data = data
        self._columns[:] = columns = group_columns(data)
        self.group_by = []
        if columns:  # a context without columns would fit, and empty, every later table
            self.openContext(data.domain)
        known = [column for column in self.group_by if column in columns]
        likely = likely_group(columns)
        self.group_by = known or ([likely] if likely is not None else [])
        if self.group_by:
            self.group_list.scrollTo(self.group_list.selectedIndexes()[0])
        self._make()

    def _make(self) -> None:
        """Start with the choice as it is now."""
        self.cancel()
        self.clear_messages()
        can_make = self._data is not None and len(self._data) > 0 and bool(self.group_by)
        self._how.setEnabled(len(self.group_by) > 1)
        self._show("Making folds …" if can_make else "No data." if self._data is None else "", None)
        self.Error.no_column(shown=self._data is not None and not self._columns)
        self.Warning.no_rows(shown=self._data is not None and len(self._data) == 0)
        self.Information.choose(shown=bool(self._columns) and not self.group_by)
        if not can_make:
            self._send(None)
        else:  # what was sent stays until there is other: Orange holds back all that waits for it
            self.start(make_folds, self._data, FoldChoice(
                tuple(self.group_by), not self.needs_all, self.fold_count, self.is_stratified, self.seed))

    def on_done(self, folded: Folded) -> None:
        """Show and send what was made."""
        balance = "balanced by class" if folded.is_stratified else "balanced by number of pictures"
        self.Warning.fewer(folded.groups, folded.count, self.fold_count, shown=folded.count < self.fold_count)
        count = folded.without_group
        self.Warning.without_group(f"{count:,} {pl(count, 'picture')}", shown=count > 0)
        self.Warning.single(_some(folded.single), shown=bool(folded.single))
        self.Warning.tied(shown=folded.is_tied)
        self._show(f"{folded.groups:,} groups in {folded.count} folds, {balance}.", folded)
        self._send(folded.table)

    def on_exception(self, ex: Exception) -> None:
        self._show("No folds were made.", None)
        self._send(None)
        self.Error.failed(str(ex))
        if not isinstance(ex, ImagingError):
            raise ex

    def _show(self, text: str, folded: Folded | None) -> None:
        self._folded = folded
        self.status.setText(text)
        if folded is None:
            self.table.show_folds([], [], [])
            self.hint.setText("")
        else:
            self.table.show_folds(folded.groups_by_fold, folded.pictures.tolist(), folded.classes)
            self.hint.setText("In the widget Test and Score, choose <i>Cross validation by feature</i>: "
                              f"<b>{folded.table.domain.metas[0].name}</b>.")

    def _send(self, table: Table | None) -> None:
        """Send it, but never nothing after nothing: Test and Score then forgets that it was to use these folds."""
        if table is not None or self._has_sent:
            self._has_sent = table is not None
            self.Outputs.data.send(table)

    def send_report(self) -> None:
        """How groups were made, and what the folds hold."""
        if self._folded is None:
            return
        joined = " and " if self.needs_all else " or "
        self.report_items((("Groups by", joined.join(column.name for column in self.group_by)),
                           ("Folds", self.status.text()), ("Random seed", str(self.seed))))
        self.report_table("Folds", self.table)

    def onDeleteWidget(self) -> None:
        """End the job."""
        self.cancel()  # shutdown() would wait for it
        super().onDeleteWidget()


def _some(names: Sequence[str]) -> str:
    """The first of some names, and how many others there are."""
    others = len(names) - _MOST_NAMES
    return ", ".join(names) if others <= 0 else f"{', '.join(names[:_MOST_NAMES])} and {others:,} {pl(others, 'other')}"


if __name__ == "__main__":  # pragma: no cover
    from ..core.folders import scan_folder
    from ..core.name_patterns import parse_pattern
    from ..tables.imports import Labels, images_table
    labels = Labels(pattern=parse_pattern("{plate}_{well:well}_s{site:digits}"))
    WidgetPreview(OWGroupFolds).run(images_table(scan_folder(os.getcwd()), labels))
