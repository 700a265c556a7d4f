"""How pictures are laid out in a grid: the method, its two columns, and how many rows and columns of cells."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from .layout_names import LAYOUTS, fill_layouts
from .text_label import buddy_label

MOST_CELLS = 10_000
_AUTOMATIC = "automatic"


class GridForm(QWidget):
    """Shows the choice that it is told, and tells what the user changed."""

    #: another layout (one of `LAYOUTS`, str)
    method_chosen = Signal(str)
    #: rows and columns (int, 0 for automatic)
    shape_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.method = QComboBox()
        fill_layouts(self.method)
        self.method.activated.connect(self._on_method)
        self.rows, self.columns = (_spin(name) for name in ("Rows", "Columns"))
        for spin in (self.rows, self.columns):
            spin.valueChanged.connect(self._on_shape)
        self._axes: list[QWidget] = []
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._layout.addRow(buddy_label("&Layout:", self.method), self.method)
        shape = QHBoxLayout()
        for part in (self.rows, QLabel("×"), self.columns):
            shape.addWidget(part, 1 if isinstance(part, QSpinBox) else 0)
        self._layout.addRow(buddy_label("&Cells:", self.rows), shape)

    def add_axis(self, text: str, combo: QComboBox) -> None:
        """A row for one of the two columns, above the cells."""
        label = buddy_label(text, combo)
        self._layout.insertRow(self._layout.rowCount() - 1, label, combo)
        self._axes += [label, combo]

    def show_axes(self, *, are_shown: bool) -> None:
        """Show the two columns, or hide them."""
        for part in self._axes:
            part.setVisible(are_shown)

    def show_choice(self, method: str, rows: int, columns: int) -> None:
        """Show these; nothing is emitted."""
        self.method.setCurrentIndex(LAYOUTS.index(method))
        for spin, value in ((self.rows, rows), (self.columns, columns)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)

    def _on_method(self, index: int) -> None:
        self.method_chosen.emit(LAYOUTS[index])

    def _on_shape(self) -> None:
        self.shape_chosen.emit(self.rows.value(), self.columns.value())


def _spin(name: str) -> QSpinBox:
    spin = QSpinBox(minimum=0, maximum=MOST_CELLS, specialValueText=_AUTOMATIC, accessibleName=name,
                    keyboardTracking=False, alignment=Qt.AlignmentFlag.AlignRight, toolTip=f"{name} of the grid")
    spin.setMinimumWidth(spin.fontMetrics().horizontalAdvance(_AUTOMATIC) + 40)
    return spin
