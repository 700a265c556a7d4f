"""Print how long frames of a map of pictures take while it is moved and zoomed, and what other ways to draw would take.

usage: python -m benchmarks.map_frames [--points N] [--frames N] [--pictures N] [--others]

A window of 1200 x 800 that is not there (Qt's "offscreen"); points in twelve groups, each the place of one of 400
JPEG files, or as many as are asked for. A frame is one step and the painting of it, from when it is asked for until it
is painted. Moving goes one way until the map's edge and back, so that new parts come into sight. Computing is the time
in which the frame had a core for itself: on a machine with nothing else to do, the frame's own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, thread_time
from typing import NamedTuple

import numpy as np

from .machine import machine_text, private_places
from .pictures import write_jpegs
from .reporting import aim_line, figure_line

GROUPS = 12
SIZE = 1200, 800
AIM_FRAME_MS = 1000 / 30
AIM_CROWDS_MS = 10.0


class Frame(NamedTuple):
    """Milliseconds until a frame was painted, and those in which its thread had a core: others may have it too."""

    ms: float
    computing_ms: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--pictures", type=int, default=400, help="files that the points stand for")
    parser.add_argument("--others", action="store_true", help="measure pyqtgraph and QGraphicsView too")
    given = parser.parse_args()
    print(f"{given.points} points, medians and the worst of {given.frames} frames; {machine_text()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.update(private_places(Path(temporary, "home")), QT_QPA_PLATFORM="offscreen")
        from AnyQt.QtWidgets import QApplication
        application = QApplication([])
        places, groups = made_points(given.points)
        files = list(map(str, write_jpegs(Path(temporary), given.pictures, 320, 240)))
        print(aim_line("crowds of a level", crowds_ms(places), "ms", at_most=AIM_CROWDS_MS))
        for name, frames in map_frames(application, files, places, groups, given.frames):
            _print(name, frames)
        if given.others:
            for name, measure in {"pyqtgraph's ScatterPlotItem": scatter_frames, "QGraphicsView": view_frames}.items():
                _print(f"{name}, moved", measure(application, places, min(given.frames, 50)))


def _print(name: str, frames: list[Frame]) -> None:
    print(aim_line(f"{name}: median", statistics.median(frame.ms for frame in frames), "ms", at_most=AIM_FRAME_MS))
    print(figure_line("  worst", max(frame.ms for frame in frames), "ms"))
    print(figure_line("  computing, median", statistics.median(frame.computing_ms for frame in frames), "ms"))
    print(aim_line("  computing, worst", max(frame.computing_ms for frame in frames), "ms", at_most=AIM_FRAME_MS),
          flush=True)


def made_points(count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) float64 places on a map, and (n,) int64 which group each is in."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, GROUPS, count)
    from orangecontrib.imaging.widgets.parts.map_axes import normalised
    return normalised(rng.normal(0, 6, (GROUPS, 2))[groups] + rng.normal(0, 1, (count, 2)), True), groups


def crowds_ms(places: np.ndarray) -> float:
    """Milliseconds of computing the crowds of one level, median over levels from a dozen crowds to one a point."""
    from orangecontrib.imaging.core.crowds import find_crowds

    def once(level: int) -> float:
        start = thread_time()
        find_crowds(places, 2.0 ** -level)
        return 1000 * (thread_time() - start)

    return statistics.median(once(level) for level in [*range(2, 12)] * 3)


def map_frames(application: object, files: list[str], places: np.ndarray, groups: np.ndarray,
               count: int) -> Iterator[tuple[str, list[Frame]]]:
    """Names, and milliseconds a frame: of moving and zooming, by what is shown."""
    from orangecontrib.imaging.widgets.parts.map_area import MapArea
    from orangecontrib.imaging.widgets.parts.map_painter import MapLook
    from orangecontrib.imaging.widgets.parts.map_scene import MapPoints
    from orangecontrib.imaging.widgets.parts.row_items import RowItems
    from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails
    colors = np.random.default_rng(1).integers(0, 256, (GROUPS, 4)).astype(np.uint8)
    colors[:, 3] = 255
    thumbnails = Thumbnails()
    area = MapArea(thumbnails)
    area.resize(*SIZE)
    area.set_points(MapPoints(places, colors[groups]),
                    RowItems([files[row % len(files)] for row in range(len(places))], [""] * len(places)))
    area.show()
    thumbnails.request(files, 96)
    _wait(application, lambda: thumbnails.is_idle)
    for name, look, chosen in (("both", MapLook(48, 1.0, "Both"), ()), ("pictures", MapLook(32, 1.0, "Pictures"), ()),
                               ("dots", MapLook(48, 1.0, "Dots"), ()),
                               ("both, half opaque", MapLook(48, 0.5, "Both"), ()),
                               ("both, all chosen", MapLook(48, 1.0, "Both"), np.arange(len(places)))):
        area.set_look(look)
        area.select(np.asarray(chosen, np.int64))
        area.show_all()
        area.zoom(4)
        area.repaint()
        yield f"{name}, moved", [_timed(area, _mover(area)) for _ in range(count)]
        area.show_all()
        yield f"{name}, zoomed", [_timed(area, _zoomer(area, number)) for number in range(count)]
    thumbnails.close()


def _timed(area: object, step: Callable[[], None]) -> Frame:
    start, computing = perf_counter(), thread_time()
    step()
    area.repaint()
    return Frame(1000 * (perf_counter() - start), 1000 * (thread_time() - computing))


def _mover(area: object) -> Callable[[], None]:
    """A step of 12 pixels, back from the map's edge."""
    if abs(area.axes.x) >= 0.5:
        area.benchmark_way = -getattr(area, "benchmark_way", 1)
    way = getattr(area, "benchmark_way", 1)
    return lambda: area.move_by(12 * way, 5 * way)


def _zoomer(area: object, number: int) -> Callable[[], None]:
    """A turn of the wheel: thirty in, thirty out."""
    return lambda: area.zoom(1.25 ** (0.5 if number // 30 % 2 == 0 else -0.5), (SIZE[0] / 3, SIZE[1] / 2))


def _wait(application: object, is_done: Callable[[], bool]) -> None:
    end = perf_counter() + 120
    while not is_done() and perf_counter() < end:
        application.processEvents()


def scatter_frames(application: object, places: np.ndarray, count: int) -> list[Frame]:
    """Milliseconds a frame of moving the same points as pyqtgraph's scatter plot, dots alone."""
    import pyqtgraph
    widget = pyqtgraph.PlotWidget()
    widget.resize(*SIZE)
    widget.addItem(pyqtgraph.ScatterPlotItem(places[:, 0], places[:, 1], size=5, pen=None, brush="b"))
    widget.show()
    application.processEvents()
    box = widget.getViewBox()
    return [_grabbed(application, widget, lambda: box.translateBy(x=0.002, y=0.001)) for _ in range(count)]


def view_frames(application: object, places: np.ndarray, count: int) -> list[Frame]:
    """Milliseconds a frame of moving the same points as items of Qt's graphics view, dots alone."""
    from AnyQt.QtCore import Qt
    from AnyQt.QtGui import QBrush, QColor, QPen
    from AnyQt.QtWidgets import QGraphicsScene, QGraphicsView
    scene, brush = QGraphicsScene(), QBrush(QColor("blue"))
    for x, y in (places * 1000).tolist():
        scene.addEllipse(x - 2, y - 2, 4, 4, QPen(Qt.PenStyle.NoPen), brush)
    view = QGraphicsView(scene)
    view.resize(*SIZE)
    view.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
    view.show()
    application.processEvents()
    return [_grabbed(application, view, lambda: view.translate(2, 1)) for _ in range(count)]


def _grabbed(application: object, widget: object, step: Callable[[], None]) -> Frame:
    start, computing = perf_counter(), thread_time()
    step()
    widget.viewport().repaint()
    application.processEvents()
    return Frame(1000 * (perf_counter() - start), 1000 * (thread_time() - computing))


if __name__ == "__main__":
    main()
