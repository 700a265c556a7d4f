"""The choice of what is written of each picture: the kind of file, and its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from ...core.save_plan import FORMATS, IF_EXISTS, LONGEST_PX, QUALITIES, SIZES, SQUARE_FITS, Form
from .contact_sheet import SHEETS
from .network_menu import NetworkMenu
from .text_label import buddy_label

_SHOWN = 14  # letters of each menu, so that the window keeps its width


class SaveForm(QWidget):
    """Shows a `Form`, what becomes of files that are there, and the kind of contact sheet; and lets them be changed."""

    #: the user changed something
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._form = Form()
        self.formats = self._combo(FORMATS, "Format")
        self.quality = self._spin("Quality of JPEG", *QUALITIES, prefix="quality ")
        self.sizes = self._combo(SIZES, "Size")
        self.longest_px = self._spin("Longest side", *LONGEST_PX, suffix=" px")
        self.networks = NetworkMenu()
        self.networks.setMinimumContentsLength(_SHOWN)
        self.networks.chosen.connect(self._network_chosen)
        self.fits = self._combo(SQUARE_FITS, "Picture for the network")
        self.if_exists = self._combo(IF_EXISTS, "If a file exists")
        self.sheets = self._combo(SHEETS, "Contact sheet")
        self.form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.addRow(buddy_label("&Format:", self.formats), _beside(self.formats, self.quality))
        self.form.addRow(buddy_label("Si&ze:", self.sizes),
                         _below(_beside(self.sizes, self.longest_px), self.networks, self.fits))
        self.form.addRow("&If a file exists:", self.if_exists)
        self.form.addRow("Contact s&heet:", self.sheets)

    def show_choice(self, form: Form, if_exists: str, sheet: str) -> None:
        """Show these choices; nothing is emitted."""
        is_anew = form.network != self._form.network or not self.networks.count()
        self._form = form
        if is_anew:
            self.networks.fill(form.network)
        for combo, value in ((self.formats, form.format), (self.sizes, form.size), (self.fits, form.fit),
                             (self.if_exists, if_exists), (self.sheets, sheet)):
            combo.setCurrentIndex(combo.findData(value))
        for spin, number in ((self.quality, form.quality), (self.longest_px, form.longest_px)):
            spin.blockSignals(True)
            spin.setValue(number)
            spin.blockSignals(False)
        is_made = form.format != "original"
        self.quality.setVisible(form.format == "jpeg")
        self.sizes.setEnabled(is_made)
        self.sizes.setToolTip("" if is_made else "Copies are as they are. Choose PNG, JPEG or TIFF for another size.")
        self.longest_px.setVisible(is_made and form.size == "longest")
        for field in (self.networks, self.fits):
            field.setVisible(is_made and form.size == "network")

    def choice(self) -> tuple[Form, str, str]:
        """The form, what becomes of files that are there, and the kind of contact sheet."""
        form = replace(self._form, format=self.formats.currentData(), quality=self.quality.value(),
                       size=self.sizes.currentData(), longest_px=self.longest_px.value(),
                       fit=self.fits.currentData())
        return form, self.if_exists.currentData(), self.sheets.currentData()

    def _network_chosen(self, network: str) -> None:
        self._form = replace(self._form, network=network)
        self.networks.fill(network)
        self._on_change()

    def _on_change(self) -> None:
        self.show_choice(*self.choice())
        self.changed.emit()

    def _combo(self, choices: Mapping[str, str], name: str) -> QComboBox:
        combo = QComboBox(accessibleName=name, minimumContentsLength=_SHOWN)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for key, title in choices.items():
            combo.addItem(title, key)
        combo.activated.connect(lambda _: self._on_change())
        return combo

    def _spin(self, name: str, low: int, high: int, prefix: str = "", suffix: str = "") -> QSpinBox:
        spin = QSpinBox(minimum=low, maximum=high, prefix=prefix, suffix=suffix, keyboardTracking=False,
                        accessibleName=name)
        spin.valueChanged.connect(lambda _: self._on_change())
        return spin


def _below(*parts: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for part in parts:
        layout.addWidget(part)
    return column


def _beside(first: QWidget, second: QWidget) -> QWidget:
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(first, 1)
    layout.addWidget(second)
    line.setFocusProxy(first)
    return line
