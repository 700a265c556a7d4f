"""Print what many pictures cost: Orange's widgets, the same with fewer numbers, and this add-on's own widgets.

usage: python -m benchmarks.scale [--only SECTION ...] [--rows N] [--columns N] [--folds N] [--pairs N ...] [--many N]

learning   Test and Score: cross-validated logistic regression on all numbers, and on principal components of them
pairs      Distances, Hierarchical Clustering and MDS: until they show their result, and the longest stall of the window
ours       Image Map and Image Grid, of principal components: the same
workflow   tutorials/large.ows with as many files and made vectors: the longest stall of the window, and its cause

Made vectors (`benchmarks.made_vectors`), windows on a screen that is not there (Qt's "offscreen"). Compare within a
run: a busy machine slows all of it down.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .machine import load_average, machine_text, private_places
from .made_vectors import vectors_table
from .reporting import aim_line, figure_line
from .scale_flow import flow_stalls
from .stalls import Stalls

if TYPE_CHECKING:
    from Orange.data import Table

COMPONENTS = (100, 50)
OURS_COLUMNS = 50
AIM_STALL_MS = 100.0
_PATIENCE_S = 900
_SHOWN_STALLS = 8


def main(given: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SECTIONS, nargs="+", default=list(SECTIONS), help="these sections alone")
    parser.add_argument("--rows", type=int, default=2000, help="that are learned from")
    parser.add_argument("--columns", type=int, default=2048, help="numbers a picture")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--pairs", type=int, nargs="+", default=[1000, 2000, 5000], help="rows that are compared")
    parser.add_argument("--many", type=int, default=20_000, help="rows for our own widgets and for the workflow")
    options = parser.parse_args(given)
    print(f"{machine_text()}; load {load_average()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.update(private_places(Path(temporary, "home")), QT_QPA_PLATFORM="offscreen")
        for name in options.only:
            print(f"{name}:", flush=True)
            for line in SECTIONS[name](options, Path(temporary)):
                print(f"  {line}", flush=True)


def learning(given: argparse.Namespace, _: Path) -> Iterator[str]:
    """Seconds and accuracy, of all numbers and of components."""
    table = vectors_table(given.rows, given.columns)
    cross_validated(vectors_table(60, 5), 2)  # what is imported once
    plain_s = None
    for count in (0, *(count for count in COMPONENTS if count < min(given.rows, given.columns))):
        started = time.perf_counter()
        data = reduced(table, count) if count else table
        reduced_s = time.perf_counter() - started
        accuracy, seconds = cross_validated(data, given.folds)
        plain_s = plain_s or seconds
        what = f"{given.folds} folds of {given.rows} x {count or given.columns}"
        yield figure_line(what, seconds, "s", f"{plain_s / seconds:.0f} times as fast, right in {accuracy:.3f}"
                          + (f", components in {reduced_s:.1f} s" if count else ""))


def cross_validated(table: Table, folds: int) -> tuple[float, float]:
    """The share of right answers, and seconds, with the settings of the widget Logistic Regression."""
    from Orange.classification import LogisticRegressionLearner
    from Orange.evaluation import CA, CrossValidation
    learner = LogisticRegressionLearner(penalty="l2", C=1, max_iter=10_000, random_state=0)
    started = time.perf_counter()
    results = CrossValidation(k=folds, stratified=True, random_state=0, store_data=True)(table, [learner])
    return float(CA(results)[0]), time.perf_counter() - started


def reduced(table: Table, count: int) -> Table:
    """The same rows by principal components, as Image Embedder makes them."""
    from Orange.data import ContinuousVariable, Domain, Table

    from orangecontrib.imaging.core.components import to_components
    from orangecontrib.imaging.core.embeddings import Embeddings
    rows = len(table)
    whole = Embeddings(table.X.astype(np.float32), np.arange(rows), (), "{}", np.zeros(rows, bool), "", "", ())
    columns = [ContinuousVariable(f"n{number}") for number in range(count)]
    return Table.from_numpy(Domain(columns, table.domain.class_vars, table.domain.metas),
                            to_components(whole, count).vectors.astype(float), table.Y, table.metas)


def pairs(given: argparse.Namespace, _: Path) -> Iterator[str]:
    """Orange's widgets that compare every two rows."""
    from Orange.distance import Cosine
    from Orange.widgets.unsupervised.owdistances import OWDistances
    from Orange.widgets.unsupervised.owhierarchicalclustering import OWHierarchicalClustering
    from Orange.widgets.unsupervised.owmds import OWMDS
    for rows in given.pairs:
        table = vectors_table(rows, given.columns)
        distances = Cosine(table)
        yield from shown(f"Distances of {rows}", OWDistances, "data", table)
        yield from shown(f"Hierarchical Clustering of {rows}", OWHierarchicalClustering, "distances", distances)
        yield from shown(f"MDS of {rows}, until it moves", OWMDS, "distances", distances,
                         lambda widget: widget.embedding is not None)


def ours(given: argparse.Namespace, _: Path) -> Iterator[str]:
    """Our widgets that show all rows."""
    from orangecontrib.imaging.widgets.owimagegrid import OWImageGrid
    from orangecontrib.imaging.widgets.owimagemap import OWImageMap
    table = vectors_table(given.many, OURS_COLUMNS)
    yield from shown(f"Image Map of {given.many}", OWImageMap, "data", table,
                     lambda widget: widget._is_laid_out and widget.task is None, AIM_STALL_MS)
    yield from shown(f"Image Grid of {given.many}", OWImageGrid, "data", table,
                     lambda widget: widget._layout is not None and widget.task is None, AIM_STALL_MS)


def shown(what: str, kind: type, channel: str, value: object,
          is_done: Callable[[object], bool] = lambda widget: getattr(widget, "task", None) is None,
          aim_ms: float | None = None) -> Iterator[str]:
    """Open a widget, give it this input, and wait for what it shows; seconds, and the longest stall meanwhile.

    Raises SystemExit where it shows an error, or does not end.
    """
    from AnyQt.QtCore import QEventLoop
    from AnyQt.QtWidgets import QApplication
    app = QApplication.instance() or QApplication([])
    widget = kind()
    widget.show()
    app.processEvents()
    started = time.perf_counter()
    with Stalls() as stalls:
        getattr(widget, getattr(kind.Inputs, channel).handler)(value)
        widget.handleNewSignals()
        app.processEvents()
        while not is_done(widget) and time.perf_counter() - started < _PATIENCE_S:
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        app.processEvents()
    seconds = time.perf_counter() - started
    refusals = [str(one) for one in widget.Error.active] if is_done(widget) else [f"did not end within {_PATIENCE_S} s"]
    widget.onDeleteWidget()
    widget.close()
    if refusals:
        raise SystemExit(f"{what} {'; '.join(refusals)}: this is no measurement")
    yield figure_line(what, seconds, "s")
    yield stall_line("longest stall meanwhile", stalls, aim_ms)


def stall_line(what: str, stalls: Stalls, aim_ms: float | None) -> str:
    """A stall with its cause, beside its aim if there is one."""
    line = figure_line(what, stalls.longest_ms, "ms") if aim_ms is None else aim_line(
        what, stalls.longest_ms, "ms", at_most=aim_ms)
    return f"{line}  {stalls.cause}".rstrip()


def workflow(given: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The example workflow for many pictures."""
    seconds, stalls = flow_stalls(folder, given.many)
    yield figure_line(f"large.ows with {given.many} files", seconds, "s")
    yield stall_line("longest stall meanwhile", stalls, AIM_STALL_MS)
    yield from (figure_line("  then", ms, "ms", cause) for ms, cause in stalls.longest(_SHOWN_STALLS)[1:])


SECTIONS: dict[str, Callable[[argparse.Namespace, Path], Iterator[str]]] = {
    "learning": learning, "pairs": pairs, "ours": ours, "workflow": workflow}


if __name__ == "__main__":
    main()
