"""The choice of what a vector holds: a preset; in a column of their own its details, a second network, components."""

from __future__ import annotations

from dataclasses import replace

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QToolButton,
    QWidget,
)

from ...core.cards import PENULTIMATE, ModelCard
from ...core.catalogue import all_cards
from ...core.errors import ImagingError
from ...core.large import ADVISED_COMPONENTS
from ...core.options import FITS, PRECISIONS, PRESETS, VIEWS, Options, parse_scales
from .network_lookup import known_card
from .option_choices import JOINED, cost_line, preset_name, vector_length
from .text_label import text_label

_NAME = Qt.ItemDataRole.UserRole


class VectorOptions(QWidget):
    """Shows what is taken from a network, and lets the user change it; `details` is placed by who shows it."""

    #: the user changed something that makes sense (Options)
    changed = Signal(object)
    #: the user chose a second network (str: its name), or none (``""``)
    second_chosen = Signal(str)
    #: the user chose a number of principal components (int), or none (0)
    components_chosen = Signal(int)
    #: the user wants to see `details` (bool), or no longer
    details_shown = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._card: ModelCard | None = None
        self._options = Options()
        self._second = ""
        self._preset = _combo({name: preset.title for name, preset in PRESETS.items()}, "Preset", self._preset_chosen)
        self._preset.setCurrentIndex(-1)
        self._cost = text_label(lines=4, width_px=360)
        self._more = QToolButton(text="More options", checkable=True, autoRaise=True, arrowType=Qt.ArrowType.RightArrow,
                                 toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
                                 styleSheet="QToolButton { border: none; }")
        self._more.toggled.connect(self._show_details)
        #: layers, fit, views and all the rest: a column beside this one, so that the window fits a small screen
        self.details = self._make_details()
        self.form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.addRow("Preset:", self._preset)
        self.form.addRow("", self._cost)
        self.form.addRow("", self._more)

    def _make_details(self) -> QWidget:
        details = QWidget(minimumWidth=400)
        form = QFormLayout(details, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 0, 0)
        self._layers = QListWidget(accessibleName="Layers", textElideMode=Qt.TextElideMode.ElideRight,
                                   horizontalScrollBarPolicy=Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._layers.itemChanged.connect(self._details_changed)
        self._fit = _combo(FITS, "Picture", self._details_changed)
        self._scales = QLineEdit(accessibleName="Scales", toolTip="Lengths in pixels of the picture's shorter side.")
        self._scales.editingFinished.connect(self._details_changed)
        self._joined = _combo(JOINED, "Scales are", self._details_changed)
        self._views = _combo(VIEWS, "Views", self._details_changed)
        self._unit_length = QCheckBox("Vectors of unit length")
        self._unit_length.clicked.connect(self._details_changed)
        self._precision = _combo(PRECISIONS, "Precision", self._details_changed)
        self._second_combo = _combo({}, "Second network", self._second_changed)
        self._second_combo.setToolTip("Its penultimate layer, side by side with the vector above.")
        self._components = QSpinBox(
            minimum=0, maximum=4096, singleStep=ADVISED_COMPONENTS, specialValueText="All numbers",
            keyboardTracking=False, accessibleName="Components",
            toolTip=f"Keep this many principal components. With {ADVISED_COMPONENTS}, widgets such as Test and Score "
                    "are much faster. They are fitted on all rows, so a cross-validation has seen its test pictures, "
                    "though not their classes.")
        self._components.valueChanged.connect(self._components_changed)
        form.addRow("Layers:", self._layers)
        form.addRow("Picture:", self._fit)
        form.addRow("Scales (px):", self._scales)
        form.addRow("Scales are:", self._joined)
        form.addRow("Mean of views:", self._views)
        form.addRow("", self._unit_length)
        form.addRow("Precision:", self._precision)
        form.addRow("Second network:", self._second_combo)
        form.addRow("Components:", self._components)
        return details

    def show_options(self, card: ModelCard, options: Options, second: str = "", components: int = 0) -> None:
        """Show these options of a network, the name of a second one and the number of components, or ``""`` and 0.

        Nothing is emitted.
        """
        self._card, self._options, self._second = card, options, second
        self._show_components(components)
        self._fill_second(card, options, second)
        self._fill_layers(card, options)
        for combo, value in ((self._fit, options.fit), (self._joined, options.joined), (self._views, options.views),
                             (self._precision, options.precision)):
            combo.setCurrentIndex(combo.findData(value))
        other = known_card(second)
        self._fit.model().item(list(FITS).index("dense")).setEnabled(card.dense and (other is None or other.dense))
        self._scales.setText(", ".join(map(str, options.scales)))
        self._unit_length.setChecked(options.unit_length)
        for field in (self._scales, self._joined):
            for part in (field, self.details.layout().labelForField(field)):
                part.setEnabled(options.fit == "dense")
        self._show_preset(card, options)

    def _fill_layers(self, card: ModelCard, options: Options) -> None:
        self._layers.blockSignals(True)
        self._layers.clear()
        for layer in (*card.layers[1:], card.layers[0]):
            item = QListWidgetItem(f"{layer.title} ({layer.dimension})", self._layers)
            item.setData(_NAME, layer.name)
            item.setCheckState(Qt.CheckState.Checked if layer.name in options.layers else Qt.CheckState.Unchecked)
        width, height = self._layers.sizeHintForColumn(0), self._layers.sizeHintForRow(0) * self._layers.count()
        self._layers.setMinimumWidth(width + 2 * self._layers.frameWidth())  # names are longer in other languages
        self._layers.setFixedHeight(height + 2 * self._layers.frameWidth())
        self._layers.blockSignals(False)

    def _fill_second(self, card: ModelCard, options: Options, second: str) -> None:
        """All other networks; one that is not available stays until another is chosen."""
        self._second_combo.clear()
        self._second_combo.addItem("None", "")
        for other in all_cards():
            if other.name != card.name:
                self._second_combo.addItem(other.title, other.name)
                item = self._second_combo.model().item(self._second_combo.count() - 1)
                item.setEnabled(other.dense or options.fit != "dense")
        if self._second_combo.findData(second) < 0:
            self._second_combo.addItem(f"{second}  (not available)", second)
        self._second_combo.setCurrentIndex(self._second_combo.findData(second))

    def _show_components(self, components: int) -> None:
        self._components.blockSignals(True)
        self._components.setValue(components)
        self._components.blockSignals(False)

    def _show_preset(self, card: ModelCard, options: Options) -> None:
        """The preset that these options are, or *Custom*."""
        name = preset_name(card, options)
        custom = self._preset.findData("")
        if not name and custom < 0:
            self._preset.addItem("Custom", "")
        if name and custom >= 0:
            self._preset.removeItem(custom)
        self._preset.setCurrentIndex(self._preset.findData(name))
        self._cost.setText(cost_line(options, card, known_card(self._second), self._components.value()))

    def _show_details(self, shown: bool) -> None:
        self._more.setArrowType(Qt.ArrowType.LeftArrow if shown else Qt.ArrowType.RightArrow)
        self.details_shown.emit(shown)

    def _preset_chosen(self) -> None:
        if self._card and (name := self._preset.currentData()):
            self._apply(PRESETS[name].options(self._card))

    def _details_changed(self) -> None:
        if self._card:
            try:
                self._apply(self._chosen())
            except ImagingError as error:
                self._show(self._options)
                self._cost.setText(str(error))

    def _second_changed(self) -> None:
        chosen = self._second_combo.currentData()
        try:
            vector_length(self._options, self._card, known_card(chosen))
        except ImagingError as error:
            self._show(self._options)
            self._cost.setText(str(error))
            return
        self._second = chosen
        self._show(self._options)
        self.second_chosen.emit(chosen)

    def _components_changed(self, count: int) -> None:
        self._show(self._options)
        self.components_chosen.emit(count)

    def _apply(self, options: Options) -> None:
        vector_length(options, self._card, known_card(self._second))
        is_new = options != self._options
        self._show(options)
        if is_new:
            self.changed.emit(options)

    def _show(self, options: Options) -> None:
        if self._card:
            self.show_options(self._card, options, self._second, self._components.value())

    def _chosen(self) -> Options:
        """What the details say. Raises WrongUse."""
        items = [self._layers.item(row) for row in range(self._layers.count())]
        layers = tuple(item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked)
        return replace(self._options, layers=layers or (PENULTIMATE,), fit=self._fit.currentData(),
                       scales=parse_scales(self._scales.text()), joined=self._joined.currentData(),
                       views=self._views.currentData(), unit_length=self._unit_length.isChecked(),
                       precision=self._precision.currentData())


def _combo(choices: dict[str, str], name: str, callback: object) -> QComboBox:
    combo = QComboBox(accessibleName=name)
    for key, title in choices.items():
        combo.addItem(title, key)
    combo.activated.connect(callback)
    return combo
