"""How many rows and columns the grid of Image Grid has: as its user says, else so that it fills the window."""

from __future__ import annotations

from AnyQt.QtCore import QSize, QTimer
from Orange.widgets.settings import Setting

from .jobs.laying_out import Grid, GridChoice, Layout, place
from .parts.cell_geometry import fits_better
from .parts.grid_form import MOST_CELLS

_RESIZED_MS = 400
_WORTH_IT = 1.15


class GridShape:
    """For a widget with an area of cells, a layout and jobs, and `start_layout`."""

    #: 0: as many as fill the window
    grid_rows: int = Setting(0)
    grid_columns: int = Setting(0)
    _layout: Layout | None = None
    _grid: Grid | None = None
    _is_working = False

    def check_shape(self) -> None:
        """A workflow may have been saved with what cannot be."""
        self.grid_rows, self.grid_columns = (
            value if type(value) is int and 0 <= value <= MOST_CELLS else 0
            for value in (self.grid_rows, self.grid_columns))

    def watch_window(self) -> None:
        """From now on the grid follows the window's shape."""
        self._resizing = QTimer(self, interval=_RESIZED_MS, singleShot=True)
        self._resizing.timeout.connect(self._fit_shape)
        self.area.resized.connect(self.fit_soon)

    def fit_soon(self) -> None:
        """The window has another shape, or may have by now."""
        self._resizing.start()

    def choice(self) -> GridChoice:
        """What shape is wanted."""
        view = self._view_size()
        return GridChoice(self.grid_rows or None, self.grid_columns or None, view.width() / max(1, view.height()))

    def _view_size(self) -> QSize:
        return self.area.maximumViewportSize() if self.area.isVisible() else self.area.sizeHint()

    def on_shape(self, rows: int, columns: int) -> None:
        """The user set it."""
        self.grid_rows, self.grid_columns = rows, columns
        self.place_again()

    def place_again(self) -> None:
        """Another shape for the layout that there is."""
        self.Error.failed.clear()
        if self._layout is not None:
            self.begin_job("Placing pictures …", place, self._layout, self.choice())
        elif self.area.items:
            self.start_layout()

    def _fit_shape(self) -> None:
        """Fill the window better, if the grid's shape is not the user's."""
        is_set = self.grid_rows and self.grid_columns  # perhaps to too few cells
        if self._layout is None or self._is_working or self._grid is None or is_set:
            return
        shape = self.choice().shape(len(self._layout.rows))
        if fits_better(shape, self._grid.shape, self._view_size(), _WORTH_IT):
            self.place_again()
