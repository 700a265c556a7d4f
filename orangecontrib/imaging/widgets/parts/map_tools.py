"""Buttons below a map: what dragging does, nearer, farther, and all of it."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from .map_area import MODES

_KEYS = "With Shift add to the selection; with Ctrl add too, or take away where all are selected."
_TIPS = {
    "Move": "Drag to move the map. With Shift, drag to select by a rectangle.",
    "Rectangle": f"Drag to select all within a rectangle. {_KEYS}",
    "Lasso": f"Draw around what you want to select. {_KEYS}",
}
_STEP = 1.5


class MapTools(QWidget):
    """A row of buttons."""

    #: one of `map_area.MODES`
    mode_chosen = Signal(str)
    #: look nearer by a factor (float)
    zoomed = Signal(float)
    #: show all of the map
    whole = Signal()

    def __init__(self, mode: str) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.modes = QButtonGroup(self)
        titles = ("Move", "Rectangle", "Lasso")  # in the order of `MODES`, which settings name
        for number, (name, title) in enumerate(zip(MODES, titles)):
            button = self._button(layout, title, _TIPS[name])
            button.setCheckable(True)
            button.setChecked(name == mode)
            self.modes.addButton(button, number)
        self.modes.idClicked.connect(self._choose)
        layout.addStretch()
        self.nearer = self._button(layout, "+", "Zoom in (also the mouse wheel, or the key +)")
        self.farther = self._button(layout, "−", "Zoom out (also the mouse wheel, or the key −)")
        self.all = self._button(layout, "Show All", "Show the whole map (also the key 0)")
        self.nearer.setAccessibleName("Zoom in")
        self.farther.setAccessibleName("Zoom out")
        self.nearer.clicked.connect(self._go_nearer)
        self.farther.clicked.connect(self._go_farther)
        self.all.clicked.connect(self.whole)

    def _button(self, layout: QHBoxLayout, text: str, tip: str) -> QToolButton:
        button = QToolButton(text=text, toolTip=tip, focusPolicy=Qt.FocusPolicy.StrongFocus)
        layout.addWidget(button)
        return button

    def _choose(self, number: int) -> None:
        self.mode_chosen.emit(MODES[number])

    def _go_nearer(self) -> None:
        self.zoomed.emit(_STEP)

    def _go_farther(self) -> None:
        self.zoomed.emit(1 / _STEP)
