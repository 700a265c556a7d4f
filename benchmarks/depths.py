"""Print how well the same pictures are told apart when they are saved as instruments save them.

usage: python -m benchmarks.depths [--per-class N]

The synthetic yeast pictures as 8-bit PNG, as 16-bit TIFF (12 bits are used, as by many cameras) and as TIFF of decimals
from 0 to 1, each read by this add-on and by the usual code (Pillow's ``convert("RGB")``). Accuracy as in
`benchmarks.samples`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from orangecontrib.imaging.core.samples import write_samples

from .samples import embedding_accuracy

USED_BITS = 12
FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "16 bits": lambda grey: np.rint(grey * (2**USED_BITS - 1)).astype(np.uint16),
    "decimals": lambda grey: grey.astype(np.float32),
}


def main() -> None:
    """Write the pictures in each form and print one line on it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per-class", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        paths = write_samples(temporary, ["yeast"], per_class=given.per_class)
        print(f"{len(paths)} pictures of {len({path.parent for path in paths})} classes")
        print(f"{'8 bits':9} this add-on {embedding_accuracy(paths):.3f}")
        for name, form in FORMS.items():
            deep = write_deep(paths, Path(temporary, name), form)
            usual = as_usual(deep, Path(temporary, f"{name}, usual"))
            print(f"{name:9} this add-on {embedding_accuracy(deep):.3f}   usual code {embedding_accuracy(usual):.3f}",
                  flush=True)


def write_deep(paths: Sequence[Path], folder: Path, form: Callable[[np.ndarray], np.ndarray]) -> list[Path]:
    """The pictures' grey levels, 0 to 1, brought into a form and saved as TIFF."""
    return [_written(path, folder, form) for path in paths]


def as_usual(paths: Sequence[Path], folder: Path) -> list[Path]:
    """What the usual code makes of files, saved as PNG."""
    return [_shown(path, folder) for path in paths]


def _written(path: Path, folder: Path, form: Callable[[np.ndarray], np.ndarray]) -> Path:
    with Image.open(path) as picture:
        grey = np.asarray(picture.convert("L"), float) / 255
    target = _place(path, folder, ".tif")
    tifffile.imwrite(target, form(grey))
    return target


def _shown(path: Path, folder: Path) -> Path:
    target = _place(path, folder, ".png")
    with Image.open(path) as picture:
        picture.convert("RGB").save(target)
    return target


def _place(path: Path, folder: Path, suffix: str) -> Path:
    target = folder / path.parent.name / f"{path.stem}{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


if __name__ == "__main__":
    main()
