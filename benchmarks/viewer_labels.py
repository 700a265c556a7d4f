"""Labels by hand: how long one key holds the interface when all pictures are selected."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

Figures = dict[str, tuple[float, str]]
_TIMES = 9


def labeled(given: argparse.Namespace, folder: Path) -> Figures:
    """Medians, of rows whose pictures need not be there.

    To find out which pictures rows show (in a thread), to label all of them, to undo that, to make the table that is
    sent, and to gather what a workflow keeps.
    """
    from AnyQt.QtWidgets import QApplication
    from Orange.data import Domain, Table

    from orangecontrib.imaging.core.known_pictures import KnownPictures
    from orangecontrib.imaging.tables.columns import image_variable
    from orangecontrib.imaging.tables.hand_labels import with_labels
    _app = QApplication.instance() or QApplication([])
    values = np.array([f"plate/well/p{row}.png" for row in range(given.rows)], object)
    table = Table.from_numpy(Domain([], metas=[image_variable("image", str(folder))]), np.zeros((given.rows, 0)),
                             metas=values[:, None])
    desk = _desk(values)
    look_s = _median(lambda: KnownPictures().look_at("", values, desk.book))
    puts = _alternating(desk.put)
    return {f"{given.rows:,} rows looked up": (1000 * look_s, "ms"),
            "a label on all": (1000 * puts, "ms"),
            "undone": (1000 * _median(desk.undo), "ms"),
            "the table with its class": (1000 * _median(
                lambda: with_labels(table, desk.labels, desk.numbers, "label")), "ms"),
            "what a workflow keeps": (1000 * _median(desk.plain), "ms")}


def _desk(values: np.ndarray) -> object:
    """A desk with two labels, and all rows selected."""
    from AnyQt.QtTest import QTest

    from orangecontrib.imaging.widgets.parts.label_desk import LabelDesk
    from orangecontrib.imaging.widgets.parts.label_palette import LabelPalette
    palette = LabelPalette()
    desk = LabelDesk(palette, lambda: np.arange(len(values)))
    desk.look_at("", values)
    QTest.qWaitFor(lambda: desk.is_idle, 60_000)
    for _ in range(2):
        palette.add_button.click()
    return desk


def _alternating(put: Callable[[int], None]) -> float:
    """One label after the other, so that each changes all; more often than is undone afterwards."""
    return statistics.median(_seconds(lambda number=number: put(number)) for number in (1, 2) * _TIMES)


def _median(action: Callable[[], object]) -> float:
    return statistics.median(_seconds(action) for _ in range(_TIMES))


def _seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
