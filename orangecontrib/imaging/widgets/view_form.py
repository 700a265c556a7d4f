"""How pictures are shown: the controls of Image Viewer, and the settings behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from AnyQt.QtCore import QModelIndex, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QLabel, QListView, QSizePolicy, QWidget
from Orange.data import ContinuousVariable, DiscreteVariable, StringVariable, Table, Variable
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, Setting
from Orange.widgets.utils.itemmodels import DomainModel, VariableListModel

from ..tables.columns import image_columns
from .jobs.viewing import ViewChoice
from .parts.color_legend import Entries, legend_text

_LIST_LINES, _ICON_PX = 5, 16


class ViewForm:
    """For a widget with a context handler of domains."""

    image_column: StringVariable | None = ContextSetting(None)
    caption_columns: list[Variable] = ContextSetting([])
    sort_column: Variable | None = ContextSetting(None)
    group_column: Variable | None = ContextSetting(None)
    frame_column: Variable | None = ContextSetting(None)
    sort_descending: bool = Setting(False)

    def add_view_form(self, parent: QWidget, on_column: Callable[[], None], on_view: Callable[[], None]) -> None:
        """Put the controls into a parent.

        Args:
            parent: with a box layout.
            on_column: called when the user chose another column with pictures.
            on_view: called when the same pictures are to be shown otherwise.
        """
        self._on_view = on_view
        self._image_model = VariableListModel()
        self._caption_model = TickedColumns()
        self._caption_model.ticked.connect(self._on_ticked)
        self.pictures_box = box = gui.vBox(parent, "Pictures")
        self._combo(box, "image_column", "Column:", self._image_model, on_column, "Column with pictures")
        box.layout().addWidget(QLabel("Captions:"))
        self.captions = self._caption_list()
        box.layout().addWidget(self.captions)
        box = gui.vBox(parent, "Order")
        self._columns_model = DomainModel(placeholder="(order of the table)", separators=True)
        self._combo(box, "sort_column", "Sort by:", self._columns_model, on_view, "")
        gui.checkBox(box, self, "sort_descending", "&Descending", callback=on_view)
        self._groups_model = DomainModel(placeholder="(no groups)", separators=True)
        self._combo(box, "group_column", "Group by:", self._groups_model, on_view, "")
        box = gui.vBox(parent, "Frames")
        self._frames_model = DomainModel(placeholder="(no frames)", separators=True,
                                         valid_types=(DiscreteVariable, ContinuousVariable))
        self._combo(box, "frame_column", "Color by:", self._frames_model, on_view, "")
        self._legend = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText, visible=False)
        box.layout().addWidget(self._legend)

    def _combo(self, box: QWidget, name: str, label: str, model: object, callback: Callable[[], None],
               tip: str) -> None:
        combo = gui.comboBox(box, self, name, label=label, model=model, callback=callback, searchable=True,
                             orientation=Qt.Orientation.Horizontal, contentsLength=12)
        combo.setAccessibleName(tip or label.rstrip(":"))
        combo.setToolTip(tip)
        combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _caption_list(self) -> QListView:
        view = QListView(uniformItemSizes=True)
        view.setToolTip("What is written below a picture. Nothing ticked: the file's name")
        view.setIconSize(QSize(_ICON_PX, _ICON_PX))
        view.setModel(self._caption_model)
        view.setAccessibleName("Captions")
        view.setFixedHeight(_LIST_LINES * (view.fontMetrics().height() + 5) + 2 * view.frameWidth())
        return view

    def fill_view_form(self, data: Table | None) -> None:
        """Offer the columns of a table, and choose the usual ones."""
        domain = data.domain if data is not None else None
        for model in (self._columns_model, self._groups_model, self._frames_model):
            model.set_domain(domain)
        self._image_model[:] = columns = image_columns(data)
        self._caption_model[:] = [column for column in self._columns_model if isinstance(column, Variable)]
        self.image_column = columns[0] if columns else None
        texts = [column for column in (domain.metas if domain is not None else ())
                 if column.is_string and column is not self.image_column]
        self.caption_columns = texts[:1]
        self.sort_column = self.group_column = None
        self.frame_column = next((column for column in (domain.class_vars if domain is not None else ())
                                  if column.is_discrete), None)

    def show_view_form(self) -> None:
        """Tick what the settings say."""
        self._caption_model.tick(self.caption_columns)

    def _on_ticked(self) -> None:
        self.caption_columns = self._caption_model.chosen
        self._on_view()

    def view_choice(self, search: str) -> ViewChoice:
        """What the controls say."""
        return ViewChoice(tuple(self.caption_columns), self.sort_column, self.sort_descending, self.group_column,
                          self.frame_column, search)

    def show_legend(self, values: Entries) -> None:
        """Say what the colors of the frames stand for."""
        self._legend.setText(legend_text(values))
        self._legend.setVisible(bool(values))

    def view_report(self) -> list[tuple[str, str]]:
        """What the controls say, for a report."""
        captions = ", ".join(column.name for column in self.caption_columns) or "file name"
        sorted_by = self.sort_column.name if self.sort_column else "order of the table" if self.sort_descending else ""
        order = f"{sorted_by}{', descending' if self.sort_descending else ''}"
        named = [("Column with pictures", self.image_column.name if self.image_column else "none"),
                 ("Captions", captions), ("Sorted by", order),
                 ("Grouped by", self.group_column.name if self.group_column else ""),
                 ("Frames", self.frame_column.name if self.frame_column else "")]
        return [(name, text) for name, text in named if text]


class TickedColumns(VariableListModel):
    """Columns to tick.

    Attributes:
        chosen: the ticked ones, in the order in which they were ticked.
    """

    #: the user ticked, or the other way round
    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[Variable] = []

    def tick(self, columns: Sequence[Variable]) -> None:
        """These and no others; nobody is told."""
        self.chosen = list(columns)
        if len(self):
            self.dataChanged.emit(self.index(0), self.index(len(self) - 1))

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """All can be ticked."""
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As any list of columns, with ticks."""
        if role == Qt.ItemDataRole.CheckStateRole and index.isValid():
            return Qt.CheckState.Checked if self[index.row()] in self.chosen else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: QModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A tick of the user: further columns become further lines."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return super().setData(index, value, role)
        column = self[index.row()]
        self.chosen = [one for one in self.chosen if one != column] + [column] * (column not in self.chosen)
        self.dataChanged.emit(index, index)
        self.ticked.emit()
        return True
