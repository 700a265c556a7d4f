"""Print how much ordinary cross-validation flatters where plates are not kept together, on the sample set plates.

usage: python -m benchmarks.grouped [--seeds N]

The share of right answers of logistic regression (C = 1) on SqueezeNet's 512 numbers: in ten ordinary stratified folds,
and in five folds of whole plates, by the code of the widget Group Folds. Each drawing seed makes other plates and other
pictures; means and standard deviations are over five seeds of the folds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.group_folds import choose_folds, number_values
from orangecontrib.imaging.core.samples import write_samples


@dataclass(frozen=True)
class Scores:
    """Shares of right answers, one a seed of the folds."""

    ordinary: tuple[float, ...]
    grouped: tuple[float, ...]

    @property
    def flattery(self) -> float:
        """By how much the ordinary score is higher, on average."""
        return float(np.mean(self.ordinary) - np.mean(self.grouped))


def measure(paths: Sequence[Path], fold_seeds: Sequence[int]) -> Scores:
    """Score both ways pictures that lie in folders of their class and are named by their plate."""
    vectors = embed(paths, "squeezenet").vectors
    classes = number_values([path.parent.name for path in paths])
    plates = number_values([path.name.partition("_")[0] for path in paths])
    model = LogisticRegression(C=1, max_iter=1000)

    def share(folds: object) -> float:
        with threadpool_limits(1):  # on problems this small, threads only wait for each other
            return float(np.mean(cross_val_predict(model, vectors, classes, cv=folds) == classes))

    return Scores(
        tuple(share(StratifiedKFold(10, shuffle=True, random_state=seed)) for seed in fold_seeds),
        tuple(share(PredefinedSplit(choose_folds(plates, 5, classes, seed=seed).folds)) for seed in fold_seeds))


def line(name: str, scores: Scores) -> str:
    """What is printed of one drawing."""
    told = [f"{np.mean(values):.3f} +- {np.std(values):.3f}" for values in (scores.ordinary, scores.grouped)]
    return f"{name}: ordinary folds {told[0]}, whole plates {told[1]}, flattery {scores.flattery:.3f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the plates by each seed, and print a line on them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="how often the plates are drawn (default: %(default)s)")
    given = parser.parse_args(arguments)
    for seed in range(given.seeds):
        with tempfile.TemporaryDirectory() as temporary:
            paths = write_samples(temporary, ["plates"], seed=seed)
            print(line(f"seed {seed}", measure(paths, range(5))), flush=True)


if __name__ == "__main__":
    main()
