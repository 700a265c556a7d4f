"""Print how well the sample pictures are told apart: by their embeddings, and by their raw pixels.

usage: python benchmarks/samples.py [--seed N] [--keep FOLDER]

Accuracy: the share of pictures put into their right class by logistic regression (C = 1, unscaled) in 10-fold
stratified cross-validation, shuffled with random_state 0.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.samples import SAMPLE_SETS, write_samples


def accuracy(vectors: np.ndarray, paths: Sequence[Path]) -> float:
    """Cross-validated accuracy, 0 to 1, of (n, d) vectors; a picture's class is the name of its folder."""
    classes = np.array([path.parent.name for path in paths])
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    model = LogisticRegression(C=1, max_iter=1000)
    # On problems this small, threads only wait for each other.
    with threadpool_limits(1):
        predicted = cross_val_predict(model, vectors, classes, cv=folds)
    return float(np.mean(predicted == classes))


def embedding_accuracy(paths: Sequence[Path]) -> float:
    """Accuracy on the 512 numbers of SqueezeNet's penultimate layer."""
    return accuracy(embed(paths, "squeezenet").vectors, paths)


def pixel_accuracy(paths: Sequence[Path], side_px: int) -> float:
    """Accuracy on grey levels, 0 to 1, of the pictures at side_px x side_px pixels."""
    pixels = []
    for path in paths:
        with Image.open(path) as picture:
            small = picture.convert("L").resize((side_px, side_px), Image.Resampling.BILINEAR)
        pixels.append(np.asarray(small, np.float32).ravel() / 255)
    return accuracy(np.stack(pixels), paths)


def main() -> None:
    """Write each set and print one line on it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", metavar="FOLDER", help="write the pictures here and keep them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for name in (one.name for one in SAMPLE_SETS.values() if len(one.classes) > 1 and not one.is_lesson):
            started = time.perf_counter()
            paths = write_samples(given.keep or temporary, [name], seed=given.seed)
            drawn_ms = 1000 * (time.perf_counter() - started) / len(paths)
            print(f"{name}: {len(paths)} pictures, {drawn_ms:.1f} ms each; "
                  f"accuracy of embeddings {embedding_accuracy(paths):.3f}, of raw pixels "
                  f"{pixel_accuracy(paths, 32):.3f} (32 x 32) and "
                  f"{pixel_accuracy(paths, 64):.3f} (64 x 64)", flush=True)


if __name__ == "__main__":
    main()
