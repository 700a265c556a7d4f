"""Image Viewer with 100,000 rows: how soon it can be used, how soon pictures are there, and whether it ever stalls."""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from .stalls import own_s
from .viewer_thumbnails import made

if TYPE_CHECKING:
    from Orange.data import Table

    from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer

Figures = dict[str, tuple[float, str]]
_FILES, _CLASSES, _ROUNDS = 400, 10, 3
_STEP_S = 0.016
_FIRST_SCREEN = "first screen of thumbnails after that"


def opened(given: argparse.Namespace, folder: Path) -> Figures:
    """Three windows, each with empty memory, one after the other: see `summary`.

    A stall is the longest time in which the program answers nothing: neither mouse nor keyboard, nor a timer. The time
    in which its thread waited for a core, because other programs had them, is not counted.
    """
    table = named_rows(folder / "opening", given.rows)
    return summary([_one_window(table, given.steps) for _ in range(_ROUNDS)])


def summary(rounds: list[Figures]) -> Figures:
    """Medians of all windows, but for what a median hides.

    Of stalls it is the longest of all windows. The first screen of thumbnails is that of the first window, in which all
    pictures are read; in the later ones it comes from disk, and has a line of its own.
    """
    figures = {}
    for what, (first, unit) in rounds[0].items():
        values = [one[what][0] for one in rounds]
        if what == _FIRST_SCREEN:
            figures[what] = first, unit
            figures["the same, when they are kept on disk"] = statistics.median(values[1:]), unit
        else:
            figures[what] = (max if what.startswith("longest stall") else statistics.median)(values), unit
    return figures


def named_rows(folder: Path, count: int) -> Table:
    """A table of so many files: JPEG files of 640 x 480 under several names (hard links), with a class and a number."""
    from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

    from orangecontrib.imaging.tables.columns import image_variable
    files = made(folder, min(count, _FILES), 640, 480)
    names = [f"{number % 100}/{number}.jpg" for number in range(count)]
    for number in range(min(count, 100)):
        (folder / str(number)).mkdir()
    for number, name in enumerate(names):
        os.link(files[number % len(files)], folder / name)
    rng = np.random.default_rng(0)
    domain = Domain([ContinuousVariable("brightness")],
                    DiscreteVariable("kind", [f"kind {number}" for number in range(_CLASSES)]),
                    [StringVariable("name"), image_variable("image", str(folder))])
    metas = np.array([[f"cell {number}", name] for number, name in enumerate(names)], object)
    return Table.from_numpy(domain, rng.random((count, 1)), rng.integers(0, _CLASSES, count).astype(float), metas)


def _one_window(table: Table, steps: int) -> Figures:
    from AnyQt.QtWidgets import QApplication

    from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer
    from orangecontrib.imaging.widgets.parts.thumbnail_store import shared_store
    app = QApplication.instance() or QApplication([])
    shared_store.cache_clear()
    widget = OWImageViewer()
    widget.resize(1100, 800)
    widget.show()
    app.processEvents()
    figures = {}
    try:
        with _watched() as longest_ms:
            start = perf_counter()
            widget.set_data(table)
            _until(lambda: len(widget.grid.arrangement.order) > 0)
            widget.grid.viewport().repaint()
            ready = perf_counter()
            _until(lambda: _all_there(widget))
        figures["until the first captions"] = (ready - start, "s")
        figures[_FIRST_SCREEN] = (perf_counter() - ready, "s")
        figures["longest stall while opening"] = (longest_ms(), "ms")
        figures |= _arranged(widget) | _scrolled(widget, steps)
    finally:
        widget.onDeleteWidget()
        widget.close()
        widget.deleteLater()
        app.processEvents()
    return figures


def _arranged(widget: OWImageViewer) -> Figures:
    """Sort, group, search, select all."""
    domain, figures = widget._given.domain, {}

    def sort() -> None:
        widget.sort_column, widget.sort_descending = domain["name"], True
        widget._show_otherwise()

    def group() -> None:
        widget.group_column = domain["kind"]
        widget._show_otherwise()

    actions: dict[str, Callable[[], None]] = {
        "sort by a text": sort, "group by a class": group, "search": lambda: widget.search.begin("cell 77")}
    for name, action in actions.items():
        with _watched() as longest_ms:
            start, before = perf_counter(), widget.grid.arrangement
            action()
            _until(lambda before=before: widget.grid.arrangement is not before)
        figures[name] = (perf_counter() - start, "s")
        figures[f"longest stall meanwhile ({name})"] = (longest_ms(), "ms")
    with _watched():
        widget.search.line.clear()
        _until(lambda: len(widget.grid.arrangement.order) == len(widget.grid.items))
    return figures


def _scrolled(widget: OWImageViewer, steps: int) -> Figures:
    """By the wheel, by pages, and by the bar through everything, a step each 16 ms."""
    from AnyQt.QtCore import QPoint, QPointF, Qt
    from AnyQt.QtGui import QWheelEvent
    from AnyQt.QtTest import QTest
    from AnyQt.QtWidgets import QApplication
    grid, bar = widget.grid, widget.grid.verticalScrollBar()
    middle = QPointF(grid.viewport().rect().center())

    def turn(_: int) -> None:
        QApplication.sendEvent(grid.viewport(), QWheelEvent(
            middle, QPointF(grid.viewport().mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))

    ways: dict[str, Callable[[int], None]] = {
        "wheel": turn, "Page Down": lambda _: QTest.keyClick(grid, Qt.Key.Key_PageDown),
        "bar": lambda step: bar.setValue(bar.maximum() * step // steps)}
    figures = {}
    for name, step in ways.items():
        bar.setValue(0)
        with _watched() as longest_ms:
            for number in range(steps):
                step(number)
                _for(_STEP_S)
        figures[f"longest stall by {name}"] = (longest_ms(), "ms")
    return figures


def _all_there(widget: OWImageViewer) -> bool:
    items = widget.grid.items
    return all(widget.thumbnails.find(items[row].path) is not None for row in widget.grid.visible_rows())


@contextmanager
def _watched() -> Iterator[Callable[[], float]]:
    """How long the event loop was held at the most, in milliseconds, while no other program took its core."""
    from AnyQt.QtCore import QTimer
    beats: list[float] = [own_s()]
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: beats.append(own_s()))
    timer.start()
    try:
        yield lambda: float(1000 * np.diff(beats).max())
    finally:
        beats.append(own_s())
        timer.stop()


def _until(is_done: Callable[[], bool]) -> None:
    """While something beats, see `_watched`; it sleeps between beats, so that readers have the cores."""
    from AnyQt.QtCore import QEventLoop
    from AnyQt.QtWidgets import QApplication
    while not is_done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _for(seconds: float) -> None:
    end = perf_counter() + seconds
    _until(lambda: perf_counter() >= end)
