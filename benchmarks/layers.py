"""Print how well pictures are told apart by layer and option, and what an honest choice among them is worth.

usage: python -m benchmarks.layers FOLDER [--out FOLDER]      one sub-folder a class; --out gets tables for help pages

Accuracy: the share of pictures put into their right class by logistic regression (C = 1, unscaled) in 10-fold
stratified cross-validation, shuffled, random_state 0; classes of fewer than 10 pictures are left out. The nested one
chooses the setting anew in each of 10 folds, by 5-fold cross-validation on the training pictures alone: the best
accuracy there, the first in the list of those alike.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.folders import FoundImage, scan_folder
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.options import Options

NETWORK = "squeezenet"
FOLDS = 10
AIM = 0.955
_STACK = find_card(NETWORK).microscopy
_LAYERS = (("penultimate",), ("fire3",), ("fire5",), ("fire7",), _STACK)


def settings() -> list[Options]:
    """What is compared, in the order of cost."""
    views = [Options(layers=layers, views=view) for view in ("one", "mirror", "turns") for layers in _LAYERS]
    fits = [Options(layers=layers, fit=fit) for fit in ("crop", "pad") for layers in (("penultimate",), _STACK)]
    dense = [Options(fit="dense", joined=joined) for joined in ("stack", "average")]
    unit = [Options(layers=layers, views=view, unit_length=True)
            for view in ("one", "turns") for layers in (("penultimate",), _STACK)]
    return sorted([*views, *fits, *dense, *unit], key=lambda options: options.passes)


def describe(options: Options) -> list[str]:
    """Layers, fit, views and length, for people."""
    fit = options.fit if options.fit != "dense" else f"dense, scales {options.joined}"
    return ["+".join(options.layers), fit, options.views, "unit" if options.unit_length else "as it is"]


def accuracy(vectors: np.ndarray, classes: np.ndarray, folds: int) -> float:
    """Cross-validated accuracy, 0 to 1, of (n, d) vectors."""
    split = StratifiedKFold(folds, shuffle=True, random_state=0)
    return float(np.mean(cross_val_predict(_model(), vectors, classes, cv=split) == classes))


def nested(found: Sequence[np.ndarray], classes: np.ndarray) -> tuple[float, list[int]]:
    """Accuracy where each fold's setting is chosen without its test pictures; and the choices, one a fold."""
    right, chosen = 0, []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(found[0], classes):
        inner = [accuracy(vectors[train], classes[train], 5) for vectors in found]
        best = int(np.argmax(inner))
        model = _model().fit(found[best][train], classes[train])
        right += int(np.sum(model.predict(found[best][test]) == classes[test]))
        chosen.append(best)
    return right / len(classes), chosen


def _model() -> LogisticRegression:
    return LogisticRegression(C=1, max_iter=2000)


def _nested_text(value: float, best: float, chosen: Sequence[int], compared: Sequence[Options]) -> str:
    times = Counter(chosen).most_common()
    choices = "; ".join(f"{', '.join(describe(compared[number]))}: {count} of 10" for number, count in times)
    return (f"With the setting chosen in the inner folds only, the accuracy is **{value:.3f}**. Chosen were {choices}. "
            f"Who reports the best line of the table instead claims {best:.3f}.\n")


def _of_large_classes(images: Sequence[FoundImage]) -> list[FoundImage]:
    sizes = Counter(image.category for image in images)
    return [image for image in images if sizes[image.category] >= FOLDS]


def main() -> None:
    """Print the table and the nested accuracy; write both where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="for blood-layers.csv and blood-nested.txt")
    given = parser.parse_args()
    keep_freed_memory()
    images, compared = _of_large_classes(scan_folder(given.folder).images), settings()
    embedded = [embed([image.path for image in images], NETWORK, options=options) for options in compared]
    classes = np.array([images[row].category for row in embedded[0].rows])
    found = [one.vectors for one in embedded]
    with threadpool_limits(1):
        scores = [accuracy(vectors, classes, FOLDS) for vectors in found]
        value, chosen = nested(found, classes)
    rows = [["Layers", "Picture", "Views", "Length", "Passes", "Numbers", "Accuracy"]]
    rows += [[*describe(options), str(options.passes), str(vectors.shape[1]), f"{score:.3f}"]
             for options, vectors, score in zip(compared, found, scores, strict=True)]
    for row in rows:
        print(f"{row[0]:32}{row[1]:24}{row[2]:8}{row[3]:10}{row[4]:>7}{row[5]:>8}{row[6]:>10}")
    text = _nested_text(value, max(scores), chosen, compared)
    print(text, f"aim: {AIM}, {'met' if value >= AIM else 'MISSED'}", sep="")
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        with open(given.out / "blood-layers.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        (given.out / "blood-nested.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
