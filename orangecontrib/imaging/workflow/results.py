"""What a workflow made, as files: tables as CSV, widgets' pictures as PNG."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from AnyQt.QtCore import QEventLoop, Qt
from AnyQt.QtGui import QImage
from AnyQt.QtWidgets import QApplication
from Orange.data import Domain, Table, Variable
from orangewidget.io import PngFormat
from orangewidget.utils import getdeepattr
from orangewidget.widget import OWBaseWidget

from ..core.placing import placed, writing
from ..core.safe_names import Taken, safe_name

_GRAPH_PX = (1200, 800)
_LIST_PX = (1000, 560)
_SETTLED_S = 0.3
_SETTLING_S = 10.0


class ResultFolder:
    """Files in one folder, each with a name of its own.

    Raises:
        OutputError: the folder, or a file in it, cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = Taken()
        self.written: list[Path] = []
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def add_table(self, name: str, table: Table) -> None:
        """Write a table as `name`.csv: one line of names, then one line a row."""
        path = self._path(name, ".csv")
        with placed(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table_lines(table))
        self.written.append(path)

    def add_picture(self, name: str, widget: OWBaseWidget) -> None:
        """Write what a widget shows as `name`.png."""
        path = self._path(name, ".png")
        with placed(path) as beside:
            _draw(widget, beside)
        self.written.append(path)

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / self._taken.take(safe_name(name, suffix), suffix)


def table_lines(table: Table) -> Iterator[list[str]]:
    """Yield the names of the columns, then the rows: metas, class, features.

    Numbers are written in full, missing values as nothing.
    """
    domain: Domain = table.domain
    columns: tuple[Variable, ...] = (*domain.metas, *domain.class_vars, *domain.attributes)
    yield [column.name for column in columns]
    values = [table.get_column(column) for column in columns]
    for row in range(len(table)):
        yield [_cell(column, value[row]) for column, value in zip(columns, values, strict=True)]


def _cell(column: Variable, value: Any) -> str:
    if column.is_string:
        missing = value is None or (isinstance(value, float) and np.isnan(value))
        return "" if missing else str(value)
    if np.isnan(value):
        return ""
    if column.is_continuous and not column.is_time:
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(column.str_val(value))


def lay_out(widget: OWBaseWidget) -> None:
    """Open the window of a widget that has something to show, where nobody sees it."""
    if widget.want_main_area:
        widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        widget.show()
        widget.resize(*(_GRAPH_PX if widget.graph_name else _LIST_PX))


def _draw(widget: OWBaseWidget, path: Path) -> None:
    """Draw the graph that the widget's Save Image would write, else its main area as it looks."""
    shown = _settled(widget)
    graph = getdeepattr(widget, widget.graph_name, None) if widget.graph_name else None
    if graph is not None:
        PngFormat.write(str(path), graph)
    if not path.exists():  # no graph, or one larger than Qt can draw (32,767 px)
        shown.save(str(path), "png")


def _settled(widget: OWBaseWidget) -> QImage:
    """Grab the main area once it looks the same twice: thumbnails and layouts come late."""
    give_up = time.monotonic() + _SETTLING_S
    previous = None
    shown = widget.mainArea.grab().toImage()
    while shown != previous and time.monotonic() < give_up:
        until = time.monotonic() + _SETTLED_S
        while time.monotonic() < until:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            time.sleep(0.01)
        previous, shown = shown, widget.mainArea.grab().toImage()
    return shown
