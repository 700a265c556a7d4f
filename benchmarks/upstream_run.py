"""One process of `benchmarks.upstream`: its processor time and results with the Orange it finds, as a line of JSON."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .made_vectors import vectors_table


def main() -> None:
    """Measure and print."""
    rows, columns, folds, pairs = map(int, sys.argv[1:])
    seconds: dict[str, float] = {}
    results: dict[str, str] = {}

    def take(what: str, work: Callable[[], object]) -> object:
        started = time.process_time()
        found = work()
        seconds[what] = time.process_time() - started
        return found

    cross_validated(60, 5, 2)  # what is imported once, here and below
    shown_tree(distances_between(20))
    answers = take(f"{folds} folds of {rows} x {columns}", lambda: cross_validated(rows, columns, folds))
    results["probabilities"] = _digest(answers)
    distances = distances_between(pairs)
    results["symmetric"] = str(take(f"symmetry of {pairs} x {pairs}", distances.is_symmetric))
    tree = take(f"tree of {pairs}, first shown", lambda: shown_tree(distances))
    results["tree"] = _digest(tree)
    print(json.dumps({"seconds": seconds, "results": results}))


def cross_validated(rows: int, columns: int, folds: int) -> NDArray[np.float64]:
    """Probabilities of logistic regression, as Test and Score has them tested."""
    from Orange.classification import LogisticRegressionLearner
    from Orange.evaluation import CrossValidation
    learner = LogisticRegressionLearner(penalty="l2", C=1, max_iter=10_000, random_state=0)
    return CrossValidation(k=folds, store_data=True)(vectors_table(rows, columns), [learner]).probabilities


def distances_between(rows: int) -> NDArray[np.float64]:
    """Cosine distances of rows with names and a class, as Distances sends them."""
    from Orange.distance import Cosine
    return Cosine(vectors_table(rows, 64))


def shown_tree(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The linkage that Hierarchical Clustering shows, when its window was painted."""
    from AnyQt.QtWidgets import QApplication
    from Orange.widgets.unsupervised.owhierarchicalclustering import OWHierarchicalClustering
    app = QApplication.instance() or QApplication([])
    widget = OWHierarchicalClustering()
    widget.show()
    widget.set_distances(distances)
    widget.handleNewSignals()
    app.processEvents()
    return widget.linkmatrix


def _digest(values: object) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


if __name__ == "__main__":
    main()
