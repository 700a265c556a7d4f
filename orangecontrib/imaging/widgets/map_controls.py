"""The controls of Image Map, and what they are set to."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QSizePolicy
from Orange.data import ContinuousVariable, Domain, StringVariable, Variable
from Orange.widgets import gui
from Orange.widgets.settings import ContextSetting, Setting
from Orange.widgets.utils.itemmodels import DomainModel, VariableListModel

from .parts.layout_names import COLUMNS, LAYOUTS, fill_layouts
from .parts.map_area import MODES
from .parts.map_painter import MapLook
from .parts.map_scene import SHOWN

SIDES_PX = (20, 200)


class MapControls:
    """For the widget: boxes of controls, and settings with their looks."""

    image_column: StringVariable | None = ContextSetting(None)
    caption_column: Variable | None = ContextSetting(None)
    color_column: Variable | None = ContextSetting(None)
    x_column: Variable | None = ContextSetting(None)
    y_column: Variable | None = ContextSetting(None)
    tip_columns: list[Variable] = ContextSetting([])
    #: one of `LAYOUTS`; "" before the user chose one
    method: str = Setting("")
    shown: str = Setting(SHOWN[0])
    side_px: int = Setting(48)
    opacity_percent: int = Setting(100)
    drag_mode: str = Setting(MODES[0])

    def add_controls(self) -> None:
        """Fill the control area."""
        self._check_settings()
        labels = ("Show:", "Size:", "Opacity:", "Column:", "Caption:", "Color by:")
        self._beside = {"orientation": Qt.Orientation.Horizontal, "contentsLength": 14,
                        "labelWidth": 8 + max(map(self.fontMetrics().horizontalAdvance, labels)),
                        "sizePolicy": (QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)}
        self._add_layout_box()
        self._add_picture_box()
        box = gui.vBox(self.controlArea, "Appearance")
        self.shown_combo = gui.comboBox(box, self, None, label="Show:", items=["Both", "Pictures", "Dots"],
                                        **self._beside)  # in the order of `SHOWN`, which settings name
        self.shown_combo.setCurrentIndex(SHOWN.index(self.shown))
        self.shown_combo.setAccessibleName("Show")
        self.shown_combo.activated.connect(self._on_shown)
        for name, label, least, most, step in (("side_px", "Size:", *SIDES_PX, 2),
                                               ("opacity_percent", "Opacity:", 10, 100, 5)):
            row = gui.hBox(box)
            gui.widgetLabel(row, label).setFixedWidth(self._beside["labelWidth"])
            slider = gui.hSlider(row, self, name, minValue=least, maxValue=most, step=step, createLabel=False,
                                 callback=self.on_look)
            slider.setAccessibleName(label.rstrip(":"))
        self.summary = QLabel(wordWrap=True)
        gui.vBox(self.controlArea, "Selection").layout().addWidget(self.summary)
        gui.rubber(self.controlArea)

    def _add_layout_box(self) -> None:
        box = gui.vBox(self.controlArea, "Layout")
        self.method_combo = gui.comboBox(box, self, None)
        fill_layouts(self.method_combo)
        self.method_combo.activated.connect(self._on_method)
        self.x_model, self.y_model = (DomainModel(valid_types=ContinuousVariable) for _ in "xy")
        self.column_box = gui.vBox(box)
        for name, model in (("x_column", self.x_model), ("y_column", self.y_model)):
            combo = gui.comboBox(self.column_box, self, name, label=f"{name[0]}:", model=model,
                                 callback=self.on_layout, searchable=True, **self._beside)
            combo.setAccessibleName(f"Column for {name[0]}")
        self.stop_button = gui.button(box, self, "Cancel", callback=self.on_stop, autoDefault=False)
        self.stop_button.setEnabled(False)

    def _add_picture_box(self) -> None:
        box = gui.vBox(self.controlArea, "Pictures")
        self.image_model = VariableListModel()
        self.caption_model = DomainModel(placeholder="(file name)", separators=True)
        self.color_model = DomainModel(placeholder="(same color)", valid_types=DomainModel.PRIMITIVE)
        self.tip_model = DomainModel(separators=False)
        for name, label, model, callback in (("image_column", "Column:", self.image_model, self.on_image_column),
                                             ("caption_column", "Caption:", self.caption_model, self.on_captions),
                                             ("color_column", "Color by:", self.color_model, self.on_colors)):
            combo = gui.comboBox(box, self, name, label=label, model=model, callback=callback, searchable=True,
                                 **self._beside)
            combo.setAccessibleName(label.rstrip(":"))
        tips = gui.listView(box, self, "tip_columns", model=self.tip_model, box=None, callback=self.on_captions,
                            sizeHint=None)
        tips.setSelectionMode(tips.SelectionMode.ExtendedSelection)
        tips.setMaximumHeight(76)
        tips.setToolTip("Told when you point at a picture. Ctrl and click chooses several.")
        tips.setAccessibleName("Columns told when you point at a picture")
        box.layout().insertWidget(box.layout().indexOf(tips), QLabel("Shown when pointing:"))

    def fill_columns(self, domain: Domain | None, columns: list[StringVariable]) -> None:
        """Offer a table's columns, and choose those that are likely meant."""
        self.image_model[:] = columns
        for model in (self.caption_model, self.color_model, self.tip_model, self.x_model, self.y_model):
            model.set_domain(domain)
        self.image_column = self.x_column = self.y_column = None
        self.choose_missing()
        self.caption_column = next(
            (column for column in (domain.metas if domain is not None else ())
             if column.is_string and column is not self.image_column), None)
        self.color_column = domain.class_var if domain is not None else None
        self.tip_columns = []

    def choose_missing(self) -> None:
        """Choose the usual columns where none is: a context of a table without them fits every later table."""
        self.image_column = self.image_column or next(iter(self.image_model), None)
        numbers = [item for item in self.x_model if isinstance(item, ContinuousVariable)]  # there are separators, too
        usual_x, usual_y = (*numbers[:2], *numbers[:1], None, None)[:2]
        self.x_column, self.y_column = self.x_column or usual_x, self.y_column or usual_y

    def show_layouts(self, possible: list[str], chosen: str, is_asked: bool) -> None:
        """Offer the layouts that can be made, and show the chosen one; `is_asked`: there is something to lay out."""
        for number, name in enumerate(LAYOUTS):
            self.method_combo.model().item(number).setEnabled(name in possible or not is_asked)
        shown = chosen or self.method
        self.method_combo.setCurrentIndex(LAYOUTS.index(shown) if shown in LAYOUTS else 0)
        self.column_box.setVisible(shown == COLUMNS)

    def look(self) -> MapLook:
        """The looks of the map, as they are set."""
        return MapLook(self.side_px, self.opacity_percent / 100, self.shown)

    def _on_method(self) -> None:
        self.method = LAYOUTS[self.method_combo.currentIndex()]
        self.on_layout()

    def _on_shown(self, number: int) -> None:
        self.shown = SHOWN[number]
        self.on_look()

    def _check_settings(self) -> None:
        """A workflow may hold anything."""
        if self.method not in LAYOUTS:
            self.method = ""
        if self.shown not in SHOWN:
            self.shown = SHOWN[0]
        if self.drag_mode not in MODES:
            self.drag_mode = MODES[0]
        if not (isinstance(self.saved_selection, dict) and isinstance(self.saved_selection.get("rows"), list)):
            self.saved_selection = {}
        self.side_px = _within(self.side_px, *SIDES_PX, 48)
        self.opacity_percent = _within(self.opacity_percent, 10, 100, 100)


def _within(value: object, least: int, most: int, otherwise: int) -> int:
    return min(most, max(least, value)) if isinstance(value, int) else otherwise
