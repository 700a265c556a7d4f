"""Print what choosing among many settings is worth: honestly, and as it seems to who chooses after looking.

usage: python -m benchmarks.nested FOLDER [--few] [--out FOLDER]      one sub-folder a class; --out: for the record

layers.py compares some settings of SqueezeNet with one learner. Here are more, and the learner is chosen as well: each
layer alone, the class scores, and the preset's stack; seen whole, cropped or padded, in one to eight views, or densely;
as they are, or of unit length. Logistic regression with C of 0.01 to 10, on numbers as they are or standardised.

`search` chooses in two steps: all settings by cross-validation with one learner (standardised, C = 0.1), then the best
few with every learner; of those alike, the cheapest. Nested: in each of 10 folds it sees the training pictures only (by
5-fold cross-validation), and its choice is judged on the fold's test pictures. Looking: it sees all, and what it found
is what it claims. Classes of fewer than 10 pictures are left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from orangecontrib.imaging.core.cards import ModelCard, find_card
from orangecontrib.imaging.core.device import usable_cores
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.options import Options

from .reporting import RESULTS, aim_line, figure_line, write_record
from .samples import accuracy

NETWORK, FOLDS, INNER_FOLDS, FINALISTS, AIM = "squeezenet", 10, 5, 5, 0.955
SEEN = tuple((fit, views) for views in ("one", "mirror", "turns") for fit in ("stretch", "crop", "pad"))


@dataclass(frozen=True)
class Learner:
    """Logistic regression; `standardised`: each number has mean 0 and variance 1 over the training pictures."""

    c: float
    standardised: bool


FIRST_LOOK = Learner(0.1, True)
LEARNERS = tuple(Learner(c, standardised) for c in (0.01, 0.1, 1.0, 10.0) for standardised in (True, False))


@dataclass(frozen=True)
class Choice:
    """What a search found: the number of a setting, a learner, and the accuracy it showed in the search."""

    setting: int
    learner: Learner
    accuracy: float


def settings(few: bool = False) -> list[Options]:
    """All that is compared, the cheap ones first."""
    card = find_card(NETWORK)
    layers = [*((layer.name,) for layer in card.layers), card.microscopy]
    if few:
        return [Options(layers=names, unit_length=unit) for names in layers[:2] for unit in (False, True)]
    seen = [Options(layers=names, fit=fit, views=views, unit_length=unit)
            for fit, views in SEEN for names in layers for unit in (False, True)]
    dense = [Options(layers=names, fit="dense", joined=joined, unit_length=unit)
             for names in layers for joined in ("average", "stack") for unit in (False, True)]
    return sorted([*seen, *dense], key=lambda options: (options.passes, options.dimension(card)))


def embed_all(paths: Sequence[Path], compared: Sequence[Options]) -> list[np.ndarray]:
    """The vectors, (n, d), of each setting; pictures are embedded once for all layers seen in the same way."""
    card = find_card(NETWORK)
    names = tuple(layer.name for layer in card.layers)
    found: dict[tuple[str, str], np.ndarray] = {}
    for options in compared:
        if (options.fit, options.views) not in found:
            everything = Options(layers=names, fit=options.fit, views=options.views)
            found[options.fit, options.views] = embed(paths, NETWORK, options=everything).vectors
    return [take(found[options.fit, options.views], options, card) for options in compared]


def take(everything: np.ndarray, options: Options, card: ModelCard) -> np.ndarray:
    """What `embed` would give with these options, from the vectors of all layers (and stacked scales).

    Args:
        everything: (n, scales × dimensions of all layers); scale by scale, in each the layers in the card's order.
    """
    ends = np.cumsum([layer.dimension for layer in card.layers])
    scales = [dict(zip((layer.name for layer in card.layers), np.split(part, ends[:-1], axis=1)))
              for part in np.split(everything, everything.shape[1] // ends[-1], axis=1)]
    if options.joined == "average":
        scales = [{name: np.mean([scale[name] for scale in scales], axis=0) for name in scales[0]}]
    parts = [scale[name] for scale in scales for name in options.layers]
    return _unit(np.hstack([_unit(part) for part in parts])) if options.unit_length else np.hstack(parts)


def search(found: Sequence[np.ndarray], classes: np.ndarray, folds: int) -> Choice:
    """Choose a setting and a learner by cross-validation on the pictures given."""
    first = [share_right(vectors, classes, folds, FIRST_LOOK) for vectors in found]
    finalists = sorted(np.argsort(-np.array(first), kind="stable")[:FINALISTS].tolist())
    choices = [Choice(number, learner, share_right(found[number], classes, folds, learner))
               for number in finalists for learner in LEARNERS]
    return max(choices, key=lambda choice: choice.accuracy)


def share_right(vectors: np.ndarray, classes: np.ndarray, folds: int, learner: Learner) -> float:
    """Cross-validated accuracy, 0 to 1, of (n, d) vectors."""
    split = StratifiedKFold(folds, shuffle=True, random_state=0).split(vectors, classes)
    return float(sum(np.sum(judge(vectors, classes, *parts, learner)) for parts in split) / len(classes))


def judge(vectors: np.ndarray, classes: np.ndarray, train: np.ndarray, test: np.ndarray,
          learner: Learner) -> np.ndarray:
    """Which test pictures a learner, fitted on the training pictures, puts right.

    Where numbers are more than pictures, they are turned into as many as there are pictures (QR decomposition): that
    keeps all distances, so that logistic regression gives the same, and sooner.
    """
    seen = vectors[np.r_[train, test]].astype(np.float64)
    if learner.standardised:
        spread = seen[:len(train)].std(axis=0)
        seen = (seen - seen[:len(train)].mean(axis=0)) / np.where(spread > 0, spread, 1)
    if seen.shape[1] > len(seen):
        seen = np.linalg.qr(seen.T, mode="r").T
    model = LogisticRegression(C=learner.c, max_iter=1000).fit(seen[:len(train)], classes[train])
    return model.predict(seen[len(train):]) == classes[test]


def nested(found: Sequence[np.ndarray], classes: np.ndarray, folds: int = FOLDS,
           inner: int = INNER_FOLDS) -> tuple[float, list[Choice]]:
    """Accuracy where each fold's choice is made without its test pictures; and the choices."""
    split = StratifiedKFold(folds, shuffle=True, random_state=0).split(found[0], classes)
    outcomes = Parallel(usable_cores())(delayed(_one_fold)(found, classes, *parts, inner) for parts in split)
    return sum(right for right, _ in outcomes) / len(classes), [choice for _, choice in outcomes]


def _one_fold(found: Sequence[np.ndarray], classes: np.ndarray, train: np.ndarray, test: np.ndarray,
              inner: int) -> tuple[int, Choice]:
    with threadpool_limits(1):
        choice = search([vectors[train] for vectors in found], classes[train], inner)
        return int(np.sum(judge(found[choice.setting], classes, train, test, choice.learner))), choice


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows divided by their length; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def describe(options: Options) -> str:
    """Layers, fit, views and length, for people."""
    fit = options.fit if options.fit != "dense" else f"dense, {options.joined}"
    return f"{'+'.join(options.layers)}; {fit}; {options.views}{'; unit length' if options.unit_length else ''}"


def _describe_choice(choice: Choice, compared: Sequence[Options]) -> str:
    how = "standardised" if choice.learner.standardised else "as they are"
    return f"{describe(compared[choice.setting])}; C = {choice.learner.c:g}, {how}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--few", action="store_true", help="a few settings only, to try it")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    given = parser.parse_args(arguments)
    keep_freed_memory()
    compared, images = settings(given.few), scan_folder(given.folder).images
    sizes = Counter(image.category for image in images)
    paths = [Path(image.path) for image in images if sizes[image.category] >= FOLDS]
    found = embed_all(paths, compared)
    classes = np.array([path.parent.name for path in paths])
    fixed = Parallel(usable_cores())(delayed(accuracy)(vectors, paths) for vectors in found)
    for options, value in sorted(zip(compared, fixed), key=lambda pair: -pair[1]):
        print(f"{value:.3f}  {describe(options)}")
    value, choices = nested(found, classes)
    with threadpool_limits(1):
        looked = search(found, classes, FOLDS)
    counts = Counter(_describe_choice(choice, compared) for choice in choices)
    print(f"\n{len(paths)} pictures, {len(compared)} settings, {len(LEARNERS)} learners")
    print(aim_line("accuracy, chosen in inner folds only", value, "", at_least=AIM))
    print(figure_line("claimed by who chooses after looking", looked.accuracy, "", _describe_choice(looked, compared)))
    print("\n".join(f"chosen in {count} of {FOLDS}: {text}" for text, count in counts.most_common()))
    print(f"Kept in {write_record(given.out, 'nested', _record(compared, fixed, value, looked, counts))}")


def _record(compared: Sequence[Options], fixed: Sequence[float], value: float, looked: Choice,
            counts: Counter[str]) -> dict[str, object]:
    return {"nested accuracy": value, "chosen": counts, "claimed after looking": looked.accuracy,
            "found by looking": _describe_choice(looked, compared),
            "accuracy with C = 1, unscaled": dict(zip(map(describe, compared), fixed))}


if __name__ == "__main__":
    main()
