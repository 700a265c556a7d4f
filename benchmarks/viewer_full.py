"""The full view: how soon a slider is obeyed, and how long a large picture stops the interface."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import psutil
import tifffile

if TYPE_CHECKING:
    from orangecontrib.imaging.widgets.parts.picture_window import PictureWindow

Figures = dict[str, tuple[float, str]]
_TIMES = 9
_SIDE_PX = 2048
_BEAT_MS, _MOVES = 2, 12


def looked_closely(given: argparse.Namespace, folder: Path) -> Figures:
    """A picture of three channels of 16 bits, and a large color picture (`given.side`), both of noise."""
    return {**_coloured(folder), **_large(folder, given.side)}


def _coloured(folder: Path) -> Figures:
    """From the file to its numbers, and from a slider's move to a picture that is ready to be drawn; medians."""
    from orangecontrib.imaging.core.adjusting import adjusted, usual_adjustment
    from orangecontrib.imaging.core.readers import Readers
    from orangecontrib.imaging.widgets.parts.picture_levels import levels_of
    path = str(folder / "deep.tif")
    values = np.random.default_rng(0).integers(0, 65536, (3, _SIDE_PX, _SIDE_PX)).astype(np.uint16)
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": "CYX"})
    readers = Readers(1)
    planes = readers.planes(path)
    adjustment = replace(usual_adjustment(planes), gamma=1.2)
    read_s = statistics.median(_seconds(lambda: readers.planes(path)) for _ in range(_TIMES))
    seen_s = statistics.median(_seconds(lambda: levels_of(adjusted(planes, adjustment))) for _ in range(_TIMES))
    readers.close()
    name = f"{_SIDE_PX} x {_SIDE_PX}, 3 channels of 16 bits"
    return {f"{name}, read": (1000 * read_s, "ms"), f"{name}, adjusted": (1000 * seen_s, "ms")}


def _large(folder: Path, side_px: int) -> Figures:
    """The longest time between two beats of the interface, of beats 2 ms apart, and the memory of this program."""
    from AnyQt.QtWidgets import QApplication, QWidget

    from orangecontrib.imaging.widgets.parts.picture_area import PictureItem
    from orangecontrib.imaging.widgets.parts.picture_window import PictureWindow
    from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails
    _app = QApplication.instance() or QApplication([])
    path = str(folder / "large.tif")
    pixels = np.random.default_rng(0).integers(0, 255, (side_px, side_px, 3), dtype=np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb")
    del pixels
    parent = QWidget()
    thumbnails = Thumbnails(parent)
    window = PictureWindow(parent, thumbnails)
    window.set_items([PictureItem(path, "large")])
    before = psutil.Process().memory_info().rss
    opened_s, stops = 0.0, []
    for number, action in enumerate((lambda: window.show_row(0), lambda: _zoom(window), lambda: _slide(window))):
        seconds, stop = _watched(window, action)
        opened_s = seconds if number == 0 else opened_s
        stops.append(stop)
    memory = psutil.Process().memory_info().rss - before
    window.pictures.close()
    thumbnails.close()
    window.close()
    name = f"{side_px} x {side_px} in color"
    return {f"{name}, opened": (opened_s, "s"), "the interface stops, at the most": (1000 * max(stops), "ms"),
            "memory of this program": (memory / 2**20, "MiB")}


def _zoom(window: PictureWindow) -> None:
    from AnyQt.QtTest import QTest
    for number in range(_MOVES):
        window.panes[0].view.zoom_by(1 if number < _MOVES * 2 // 3 else -1)
        window.panes[0].view.pan(31, 17)
        QTest.qWait(20)


def _slide(window: PictureWindow) -> None:
    from AnyQt.QtCore import Qt
    from AnyQt.QtTest import QTest
    window.show_adjusting(True)
    for _ in range(_MOVES):
        QTest.keyClick(window.form.rows[0].slider, Qt.Key.Key_Right)
        QTest.qWait(20)


def _watched(window: PictureWindow, action: Callable[[], None]) -> tuple[float, float]:
    """Seconds until all is seen, and the longest time without a beat."""
    from AnyQt.QtCore import QTimer
    from AnyQt.QtTest import QTest
    beats = [perf_counter()]
    timer = QTimer(interval=_BEAT_MS)
    timer.timeout.connect(lambda: beats.append(perf_counter()))
    timer.start()
    start = perf_counter()
    action()
    QTest.qWait(_BEAT_MS)
    while not (window.pictures.is_idle and all(pane.is_idle for pane in window.panes)):
        QTest.qWait(_BEAT_MS)
    seconds = perf_counter() - start
    QTest.qWait(10 * _BEAT_MS)
    timer.stop()
    return seconds, max(later - sooner for sooner, later in pairwise(beats))


def _seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
