"""Print how well pictures are told apart by layer and option, and what an honest choice among them is worth.

usage: python -m benchmarks.layers FOLDER [--views] [--shuffles N] [--out FOLDER] [--aim A]   one sub-folder a class

Accuracy: the share of pictures put into their right class by logistic regression (C = 1, unscaled) in 10-fold
stratified cross-validation, shuffled, random_state 0; classes of fewer than 10 pictures are left out. The nested one
chooses the setting anew in each of the 10 folds, by 5-fold cross-validation on the training pictures alone, three times
with other folds: the best accuracy there, the cheapest of those alike. It is done for several shuffles (random_state 0,
1, …), which show how much a single one is worth. --views compares but the views, of the penultimate layer. --out gets
layers.csv and nested.txt, or nested-views.txt.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.device import usable_cores
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.found import FoundImage
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.options import VIEWS, Options

from .reporting import aim_line

NETWORK = "squeezenet"
FOLDS, INNER_FOLDS, REPEATS = 10, 5, 3
_STACK = find_card(NETWORK).microscopy
_LAYERS = (("penultimate",), ("fire3",), ("fire5",), ("fire7",), _STACK)


def view_settings() -> list[Options]:
    """The views of the default layer, in the order of cost."""
    return [Options(views=view) for view in VIEWS]


def settings() -> list[Options]:
    """All that is compared, in the order of cost."""
    views = [Options(layers=layers, views=view) for view in VIEWS for layers in _LAYERS]
    fits = [Options(layers=layers, fit=fit) for fit in ("crop", "pad") for layers in (("penultimate",), _STACK)]
    dense = [Options(fit="dense", joined=joined) for joined in ("stack", "average")]
    unit = [Options(layers=layers, views=view, unit_length=True)
            for view in ("one", "turns") for layers in (("penultimate",), _STACK)]
    return sorted([*views, *fits, *dense, *unit], key=lambda options: options.passes)


def describe(options: Options) -> list[str]:
    """Layers, fit, views and length, for people."""
    fit = options.fit if options.fit != "dense" else f"dense, scales {options.joined}"
    return ["+".join(options.layers), fit, options.views, "unit" if options.unit_length else "as it is"]


def rotated(vectors: np.ndarray) -> np.ndarray:
    """(n, d) vectors turned so that min(n, d) numbers tell all: no distance changes, and so no prediction does."""
    wide: np.ndarray = vectors.astype(np.float64)
    return np.linalg.qr(wide.T, mode="r").T if wide.shape[1] > wide.shape[0] else wide


def accuracy(vectors: np.ndarray, classes: np.ndarray, folds: int, shuffle: int = 0) -> float:
    """Cross-validated accuracy, 0 to 1, of (n, d) vectors."""
    split = StratifiedKFold(folds, shuffle=True, random_state=shuffle)
    return float(np.mean(cross_val_predict(_model(), vectors, classes, cv=split) == classes))


def nested(found: Sequence[np.ndarray], classes: np.ndarray, shuffle: int = 0) -> tuple[float, list[int]]:
    """Accuracy where each fold's setting is chosen without its test pictures; and the choices, one a fold."""
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=shuffle).split(found[0], classes)
    folds = Parallel(usable_cores())(delayed(_one_fold)(found, classes, *parts) for parts in split)
    return sum(right for right, _ in folds) / len(classes), [chosen for _, chosen in folds]


def _one_fold(found: Sequence[np.ndarray], classes: np.ndarray, train: np.ndarray,
              test: np.ndarray) -> tuple[int, int]:
    """How many test pictures are right, with the setting that was best on the training pictures; and its number."""
    with threadpool_limits(1):
        inner = [np.mean([accuracy(vectors[train], classes[train], INNER_FOLDS, again) for again in range(REPEATS)])
                 for vectors in found]
        best = int(np.argmax(inner))
        model = _model().fit(found[best][train], classes[train])
    return int(np.sum(model.predict(found[best][test]) == classes[test])), best


def _model() -> LogisticRegression:
    return LogisticRegression(C=1, max_iter=2000)


def _nested_text(values: Sequence[float], best: float, chosen: Sequence[int], compared: Sequence[Options]) -> str:
    choices = "; ".join(f"{', '.join(describe(compared[number]))}: {count} of {len(chosen)}"
                        for number, count in Counter(chosen).most_common())
    looked = f" Who reports the best line of the table instead claims {best:.3f}." if best > np.mean(values) else ""
    return (f"With the setting chosen in the inner folds only, the accuracy is **{np.mean(values):.3f}** (mean of "
            f"{len(values)} shuffles: {', '.join(f'{value:.3f}' for value in values)}). "
            f"Chosen were {choices}.{looked}\n")


def _embed_all(folder: Path, compared: Sequence[Options]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The classes of the pictures that every setting could embed, (n,), and for each setting the vectors, (n, d)."""
    images = _of_large_classes(scan_folder(folder).images)
    if len({image.category for image in images}) < 2:
        sys.exit(f"{folder} has fewer than two sub-folders with {FOLDS} pictures each: nothing can be compared.")
    embedded = [embed([image.path for image in images], NETWORK, options=options) for options in compared]
    rows = reduce(np.intersect1d, (one.rows for one in embedded))
    return (np.array([images[row].category for row in rows]),
            [one.vectors[np.searchsorted(one.rows, rows)] for one in embedded])


def _of_large_classes(images: Sequence[FoundImage]) -> list[FoundImage]:
    sizes = Counter(image.category for image in images)
    return [image for image in images if sizes[image.category] >= FOLDS]


def _table(compared: Sequence[Options], found: Sequence[np.ndarray], scores: Sequence[float]) -> list[list[str]]:
    head = ["Layers", "Picture", "Views", "Length", "Passes", "Numbers", "Accuracy"]
    return [head, *([*describe(options), str(options.passes), str(vectors.shape[1]), f"{score:.3f}"]
                    for options, vectors, score in zip(compared, found, scores, strict=True))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and the nested accuracy; write both where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", action="store_true", help="compare the views only")
    parser.add_argument("--shuffles", type=int, default=3, metavar="N")
    parser.add_argument("--out", type=Path, metavar="FOLDER")
    parser.add_argument("--aim", type=float, metavar="A", help="the nested accuracy that is hoped for")
    given = parser.parse_args(arguments)
    keep_freed_memory()
    compared = view_settings() if given.views else settings()
    classes, found = _embed_all(given.folder, compared)
    turned = [rotated(vectors) for vectors in found]
    with threadpool_limits(1):
        scores = [accuracy(vectors, classes, FOLDS) for vectors in turned]
    rows = _table(compared, found, scores)
    print(*(f"{row[0]:32}{row[1]:24}{row[2]:8}{row[3]:10}{row[4]:>7}{row[5]:>8}{row[6]:>10}" for row in rows), sep="\n",
          flush=True)
    outcomes = [nested(turned, classes, shuffle) for shuffle in range(given.shuffles)]
    values = [value for value, _ in outcomes]
    text = _nested_text(values, max(scores), [number for _, chosen in outcomes for number in chosen], compared)
    print(text, end="")
    if given.aim:
        print(aim_line("nested accuracy", float(np.mean(values)), "", at_least=given.aim))
    if given.out:
        _keep(given.out, text, None if given.views else rows)


def _keep(folder: Path, text: str, rows: Sequence[Sequence[str]] | None) -> None:
    """Write the sentences; with the rows, the table too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("nested.txt" if rows else "nested-views.txt")).write_text(text, encoding="utf-8")
    if rows:
        with open(folder / "layers.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
