"""Make the screens that the lessons tell a class to expect: the tests do the lessons, this lays out what they saw.

usage: lesson_screens.py [FOLDER]        (default: doc/images/lessons)

Needs Xvfb. `screenshots.py`, which lays them out, calls it too.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from screenshots import LARGEST_BYTES, SOURCE, Shot, lay_out, take_photographs

#: how many of a palette's 256 colors are grays, and how far apart the channels of a gray may be
_GRAYS, _GRAY_AT_MOST = 48, 16


def _workflow(lesson: str) -> tuple[Shot, ...]:
    return (Shot(f"lesson-{lesson}-workflow", None),)


#: lesson: its rows of windows, from above
SCREENS: dict[str, tuple[tuple[Shot, ...], ...]] = {
    "clusters": (_workflow("clusters"), (Shot("lesson-clusters-tree", "Hierarchical Clustering"),
                                         Shot("lesson-clusters-viewer", "Image Viewer"))),
    "map": (_workflow("map"), (Shot("lesson-map-lasso", "Image Map"),), (Shot("lesson-map-viewer", "Image Viewer"),)),
    "mislabeled": (_workflow("mislabeled"), (Shot("lesson-mislabeled-matrix", "Confusion Matrix"),
                                             Shot("lesson-mislabeled-viewer", "Image Viewer"))),
    "confusion": (_workflow("confusion"), (Shot("lesson-confusion-scores", "Test and Score"),), (
        Shot("lesson-confusion-matrix", "Confusion Matrix"), Shot("lesson-confusion-viewer", "Image Viewer"))),
    "overfitting": (_workflow("overfitting"), (
        Shot("lesson-overfitting-same", "Test and Score (Same Pictures)"),
        Shot("lesson-overfitting-other", "Test and Score (Other Pictures)"))),
    "background": (_workflow("background"), (
        Shot("lesson-background-Training", "Image Viewer (Training)"),
        Shot("lesson-background-New", "Image Viewer (New)")), (
        Shot("lesson-background-scores", "Test and Score (Training)"),
        Shot("lesson-background-new", "Test and Score (New)"))),
    "new-folder": (_workflow("new-folder"), (Shot("lesson-new-folder-predictions", "Predictions"),
                                             Shot("lesson-new-folder-viewer", "Image Viewer"))),
    "contrast": (_workflow("contrast"), (
        Shot("lesson-contrast-viewer-Each", "Image Viewer (Each)"),
        Shot("lesson-contrast-viewer-Folder", "Image Viewer (Folder)")), (
        Shot("lesson-contrast-scores-Each", "Test and Score (Each)"),
        Shot("lesson-contrast-scores-Folder", "Test and Score (Folder)"))),
}


def main(arguments: list[str]) -> int:
    """Do the lessons and write their screens; 0 when all are there."""
    folder = Path(arguments[0]) if arguments else SOURCE / "doc" / "images" / "lessons"
    take_photographs("tests/workflows/test_lesson_screens.py")
    write_screens(folder)
    return 0


def write_screens(folder: Path) -> None:
    """Lay out the photographs that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for lesson, rows in SCREENS.items():
        path = folder / f"{lesson}.png"
        write_small(lay_out(rows), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def write_small(picture: Image.Image, path: Path) -> None:
    """Write a PNG of at most LARGEST_BYTES, with a palette, and smaller where that is not enough."""
    picture.quantize(palette=palette_of(picture), dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST_BYTES:
        size = picture.width * 9 // 10, picture.height * 9 // 10
        write_small(picture.resize(size, Image.Resampling.LANCZOS), path)


def palette_of(picture: Image.Image) -> Image.Image:
    """Grays for windows and pictures, and colors that cover all others, however rare: a legend's must stay apart."""
    pixels = np.asarray(picture).reshape(1, -1, 3)
    colored = np.ptp(pixels, axis=2) > _GRAY_AT_MOST
    colors = Image.fromarray(pixels[:, colored[0]]).quantize(256 - _GRAYS, Image.Quantize.MAXCOVERAGE)
    grays = np.append(np.linspace(0, 244, _GRAYS - 1), 255).round().astype(int).repeat(3).tolist()  # white stays white
    palette = Image.new("P", (1, 1))
    palette.putpalette(grays + (colors.getpalette() or []))
    return palette


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
