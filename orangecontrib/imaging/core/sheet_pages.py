"""The pictures of a contact sheet, page by page, so that few more than those of a page are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import UnreadableImage
from .reading import Reading
from .thumbnail_stream import read_thumbnails


@dataclass(frozen=True)
class SheetCell:
    """A picture on a page.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, 0–255; None where it cannot be read.
        caption: what is written below it.
    """

    pixels: NDArray[np.uint8] | None
    caption: str


def sheet_pages(captions: Sequence[tuple[str, str]], reading: Reading, per_page: int, size_px: int,
                cancelled: Callable[[], bool] | None = None) -> Iterator[list[SheetCell]]:
    """The pages, one after the other; some of the next pictures are read while one is used.

    Args:
        captions: paths of pictures in their order, each with what is written below it.
        reading: how files become pictures.
        per_page: pictures on each page but the last.
        size_px: of the longest side of a picture, at most.
        cancelled: asked ten times a second.

    Raises:
        Cancelled: `cancelled` said so.
    """
    coming = read_thumbnails(((path, size_px) for path, _ in captions), reading, cancelled=cancelled)
    for start in range(0, len(captions), per_page):
        yield [SheetCell(None if isinstance(small, UnreadableImage) else small.pixels, caption)
               for (_, caption), small in zip(captions[start:start + per_page], coming)]
