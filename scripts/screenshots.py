"""Make the pictures of README and documentation: the tests drive Orange, this lays out what they saw.

usage: screenshots.py [FOLDER]        (default: doc/images)

Needs Xvfb. The windows are photographed without frames; frames are drawn around them here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

SOURCE = Path(__file__).resolve().parent.parent
SHOTS = SOURCE / "build" / "shots"
LARGEST_BYTES = 300_000
_BAR_PX = 30
_GAP_PX = 18
_PAPER, _FRAME, _BAR, _INK = "#ffffff", "#b9bfc4", "#e8ebed", "#3c4043"


@dataclass(frozen=True)
class Shot:
    """One window: the name of its photograph, and its title; None for a window without frame."""

    name: str
    title: str | None


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
    "explore-map": ((Shot("explore-map", "MDS"),),),
    "classify-map": ((Shot("classify-map", "MDS"),),),
    "classify-scores": ((Shot("classify-scores", "Test and Score"),),),
    "import-images": ((Shot("Import Images", "Import Images"),),),
    "import-stack": ((Shot("import-stack", "Import Images"),),),
    "image-embedder": ((Shot("Image Embedder", "Image Embedder"),),),
    "image-viewer": ((Shot("label-viewer", "Image Viewer"),),),
    "full-view": ((Shot("full-view", "NSN_002"),),),
    "image-grid": ((Shot("grid", "Image Grid"),),),
    "image-map": ((Shot("map", "Image Map"),),),
    "predict": (
        (Shot("predict-workflow", None),),
        (Shot("predict-predictions", "Predictions"), Shot("predict-dialog", "Embedding Pictures")),
    ),
    "save-images": ((Shot("save", "Save Images"),),),
}


def main(arguments: list[str]) -> int:
    """Take the photographs and write the pictures; 0 when all are there."""
    folder = Path(arguments[0]) if arguments else SOURCE / "doc" / "images"
    take_photographs()
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in PICTURES.items():
        path = folder / f"{name}.png"
        write_small(lay_out(rows), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    import lesson_screens  # it is laid out by what stands here

    return lesson_screens.main([str(folder / "lessons")])


def take_photographs() -> None:
    """Run the tests that drive the canvas; they leave a photograph of every window in SHOTS."""
    environment = {**os.environ, "ORANGE_IMAGING_SHOTS": str(SHOTS)}
    tests = ["tests/workflows/test_canvas.py", "tests/workflows/test_canvas_pictures.py",
             "tests/workflows/test_canvas_predict.py", "-k", "(click or stalls or pictures or dialog) and not blood"]
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
    return framed


def cut(photograph: Image.Image) -> Image.Image:
    """Cut a workflow to its widgets and texts, without the scroll bars at the edge."""
    inner = photograph.crop((0, 0, photograph.width - 20, photograph.height - 20))
    blank = Image.new("RGB", inner.size, inner.getpixel((inner.width - 1, inner.height - 1)))
    left, top, right, bottom = ImageChops.difference(inner, blank).getbbox() or (0, 0, *inner.size)
    margin = 12
    return inner.crop((max(0, left - margin), max(0, top - margin),
                       min(inner.width, right + margin), min(inner.height, bottom + margin)))


def write_small(picture: Image.Image, path: Path) -> None:
    """Write a PNG of at most LARGEST_BYTES, with fewer colours where it must be."""
    picture.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size <= LARGEST_BYTES:
            return
        picture.quantize(colours, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
