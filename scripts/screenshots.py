"""Make the pictures of README and documentation: the tests drive Orange, this lays out what they saw.

usage: screenshots.py [FOLDER]        (default: doc/images)

Needs Xvfb. The windows are photographed without frames; frames are drawn around them here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from numbered import RADIUS_PX
from PIL import Image, ImageChops, ImageDraw, ImageFont

SOURCE = Path(__file__).resolve().parent.parent
SHOTS = SOURCE / "build" / "shots"
TESTS = ("tests/workflows/test_canvas.py", "tests/workflows/test_canvas_pictures.py",
         "tests/workflows/test_canvas_predict.py", "-k",
         "(click or tutorial or stalls or pictures or dialog) and not blood")
LARGEST_BYTES = 150_000
_BAR_PX = 30
_GAP_PX = 18
_PAPER, _FRAME, _BAR, _INK = "#ffffff", "#b9bfc4", "#e8ebed", "#3c4043"
_BADGE = "#5e2b97"  # no color that widgets have
_FINER = 4


@dataclass(frozen=True)
class Shot:
    """One window: the name of its photograph, its title (None for a window without frame), and whether it has numbers.

    The photograph of a window with numbers has their places beside it, as `numbered.badges` gives them.
    """

    name: str
    title: str | None
    is_numbered: bool = False


#: picture: its rows of windows, from above
PICTURES: dict[str, tuple[tuple[Shot, ...], ...]] = {
    "explore": (
        (Shot("explore-workflow", None),),
        (Shot("explore-dendrogram", "Hierarchical Clustering"), Shot("explore-cluster", "Image Viewer (Cluster)")),
    ),
    "classify": (
        (Shot("classify-workflow", None),),
        (Shot("classify-matrix", "Confusion Matrix"), Shot("classify-cell", "Image Viewer")),
    ),
    **{name: ((Shot(name, None),),) for name in (
        "explore-workflow", "classify-workflow", "grid-workflow", "map-workflow", "label-workflow", "stack-workflow",
        "grouped-workflow", "open-workflow")},
    "explore-tree": ((Shot("explore-dendrogram", "Hierarchical Clustering"),),),
    "explore-branch": ((Shot("explore-cluster", "Image Viewer (Cluster)"),),),
    "explore-map": ((Shot("explore-map", "MDS"),),),
    "classify-scores": ((Shot("classify-scores", "Test and Score"),),),
    "classify-matrix": ((Shot("classify-matrix", "Confusion Matrix"),),),
    "classify-cell": ((Shot("classify-cell", "Image Viewer"),),),
    "classify-map": ((Shot("classify-map", "MDS"),),),
    "import-images": ((Shot("import", "Import Images", True),),),
    "import-stack": ((Shot("import-stack", "Import Images"),),),
    "open-embeddings": ((Shot("open", "Open Embeddings", True),),),
    "image-embedder": ((Shot("embedder", "Image Embedder", True),),),
    "image-viewer": ((Shot("label-viewer", "Image Viewer", True),),),
    "full-view": ((Shot("full-view", "NSN_002"),),),
    "image-grid": ((Shot("grid", "Image Grid", True),),),
    "map": ((Shot("map", "Image Map"),),),
    "image-map": ((Shot("map", "Image Map", True),),),
    "predict": (
        (Shot("predict-workflow", None),),
        (Shot("predict-predictions", "Predictions"), Shot("predict-dialog", "Embedding Pictures")),
    ),
    "save-images": ((Shot("save", "Save Images", True),),),
    "group-folds": ((Shot("group-folds", "Group Folds", True),),),
}


def main(arguments: list[str]) -> int:
    """Take the photographs and write the pictures; 0 when all are there."""
    folder = Path(arguments[0]) if arguments else SOURCE / "doc" / "images"
    take_photographs(*TESTS)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in PICTURES.items():
        path = folder / f"{name}.png"
        write_small(lay_out(rows), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    import lesson_screens  # it is laid out by what stands here

    return lesson_screens.main([str(folder / "lessons")])


def take_photographs(*tests: str) -> None:
    """Run tests that drive the canvas; they leave a photograph of every window in SHOTS, and none of before is left."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    environment = {**os.environ, "ORANGE_IMAGING_SHOTS": str(SHOTS)}
    subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=SOURCE, env=environment, check=True)


def lay_out(rows: tuple[tuple[Shot, ...], ...]) -> Image.Image:
    """Put the windows in rows, each row in the middle."""
    lines = [beside([window(shot) for shot in row]) for row in rows]
    width = max(line.width for line in lines)
    page = Image.new("RGB", (width, sum(line.height for line in lines) + _GAP_PX * (len(lines) - 1)), _PAPER)
    top = 0
    for line in lines:
        page.paste(line, ((width - line.width) // 2, top))
        top += line.height + _GAP_PX
    return page


def beside(windows: list[Image.Image]) -> Image.Image:
    """Put windows side by side, level at the top."""
    width = sum(one.width for one in windows) + _GAP_PX * (len(windows) - 1)
    line = Image.new("RGB", (width, max(one.height for one in windows)), _PAPER)
    left = 0
    for one in windows:
        line.paste(one, (left, 0))
        left += one.width + _GAP_PX
    return line


def window(shot: Shot) -> Image.Image:
    """Open a photograph, with a title bar around it, or cut to what is drawn on it."""
    with Image.open(SHOTS / f"{shot.name}.png") as opened:
        photograph = opened.convert("RGB")
    if shot.title is None:
        return cut(photograph)
    framed = Image.new("RGB", (photograph.width + 2, photograph.height + _BAR_PX + 1), _FRAME)
    draw = ImageDraw.Draw(framed)
    draw.rectangle((1, 1, photograph.width, _BAR_PX - 1), fill=_BAR)
    middle = (framed.width // 2, _BAR_PX // 2)
    draw.text(middle, shot.title, fill=_INK, font=ImageFont.load_default(15), anchor="mm")
    framed.paste(photograph, (1, _BAR_PX))
    return with_numbers(framed, shot.name) if shot.is_numbered else framed


def with_numbers(framed: Image.Image, name: str) -> Image.Image:
    """Paint a photograph's numbers where they stand in its window, with paper left and right for those at the edge."""
    page = Image.new("RGB", (framed.width + 2 * RADIUS_PX, framed.height), _PAPER)
    page.paste(framed, (RADIUS_PX, 0))
    for number, x, y in json.loads((SHOTS / f"{name}.json").read_text(encoding="ascii")):
        left_top = x + 1, y + _BAR_PX - RADIUS_PX  # the paper at the left takes up the radius
        badge = numbered_badge(number)
        page.paste(badge.convert("RGB"), left_top, badge.getchannel("A"))
    return page


def numbered_badge(number: int) -> Image.Image:
    """A small filled circle with white digits, drawn large so that its edge is smooth."""
    side = 2 * RADIUS_PX * _FINER
    large = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(large)
    draw.ellipse((0, 0, side - 1, side - 1), fill=_PAPER)
    draw.ellipse((_FINER, _FINER, side - 1 - _FINER, side - 1 - _FINER), fill=_BADGE)
    draw.text((side / 2, side / 2), str(number), fill=_PAPER, font=ImageFont.load_default(12 * _FINER), anchor="mm")
    return large.resize((2 * RADIUS_PX, 2 * RADIUS_PX), Image.Resampling.LANCZOS)


def cut(photograph: Image.Image) -> Image.Image:
    """Cut a workflow to its widgets and texts, without the scroll bars at the edge."""
    inner = photograph.crop((0, 0, photograph.width - 20, photograph.height - 20))
    blank = Image.new("RGB", inner.size, inner.getpixel((inner.width - 1, inner.height - 1)))
    left, top, right, bottom = ImageChops.difference(inner, blank).getbbox() or (0, 0, *inner.size)
    margin = 12
    return inner.crop((max(0, left - margin), max(0, top - margin),
                       min(inner.width, right + margin), min(inner.height, bottom + margin)))


def write_small(picture: Image.Image, path: Path) -> None:
    """Write a PNG of at most LARGEST_BYTES, with 256 colours where it must be.

    Of these, median cut gives the greys of pictures their due; the octree, coarser, is smaller and keeps rare colours.
    """
    picture.save(path, optimize=True)
    for method in (Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE):
        if path.stat().st_size <= LARGEST_BYTES:
            return
        picture.quantize(256, method, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
