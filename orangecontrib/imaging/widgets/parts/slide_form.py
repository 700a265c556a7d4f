"""The choice whether a whole slide is one small picture, or many tiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QSpinBox, QWidget

from ...core.errors import WrongUse
from ...core.tiles import LEAST_SIDE_PX, MOST_SIDE_PX, Tiling

_ONE, _TILES = "one", "tiles"
_CHOICES = {_ONE: "As one small picture", _TILES: "As tiles"}
_STEP_PX = 32


class SlideForm(QWidget):
    """Shows the choice and lets the user change it."""

    #: the user changed how slides are cut (dict, as `tiling_of` takes it)
    changed = Signal(object)

    def __init__(self, tiling: Tiling | None = None) -> None:
        super().__init__()
        self._last = tiling
        self._how = QComboBox(accessibleName="Whole slides")
        for value, title in _CHOICES.items():
            self._how.addItem(title, value)
        self._side = QSpinBox(minimum=LEAST_SIDE_PX, maximum=MOST_SIDE_PX, singleStep=_STEP_PX, suffix=" pixels",
                              keyboardTracking=False, accessibleName="Side of a tile",
                              toolTip="In pixels of the slide's full resolution; each tile is a row.")
        self._glass = QCheckBox(
            "Leave out empty glass",
            toolTip="Only tiles of which at least 5 % are tissue: more colorful than the glass.")
        line = QHBoxLayout()
        line.addWidget(self._side)
        line.addWidget(self._glass)
        line.addStretch()
        form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Whole slides:", self._how)
        form.addRow(line)
        self._show(tiling)
        self._how.activated.connect(lambda _: self._emit())
        self._side.valueChanged.connect(lambda _: self._emit())
        self._glass.clicked.connect(lambda _: self._emit())

    def _show(self, tiling: Tiling | None) -> None:
        self._how.setCurrentIndex(self._how.findData(_TILES if tiling else _ONE))
        self._side.setValue((tiling or Tiling()).side_px)
        self._glass.setChecked((tiling or Tiling()).leaves_out_glass)
        self._show_fields()
        if tiling is None:
            self.hide()  # until there are slides

    def _show_fields(self) -> None:
        for field in (self._side, self._glass):
            field.setVisible(self._how.currentData() == _TILES)

    def _emit(self) -> None:
        self._show_fields()
        cuts = self._how.currentData() == _TILES
        now = Tiling(self._side.value(), self._glass.isChecked()) if cuts else None
        if now != self._last:
            self._last = now
            self.changed.emit(asdict(now) if now else {})


def tiling_of(settings: Mapping[str, Any]) -> Tiling | None:
    """How slides are cut, by settings; not at all where they hold nothing, or what cannot be."""
    try:
        return Tiling(**settings) if settings else None
    except (TypeError, WrongUse):
        return None
