"""The pictures of a contact sheet, page by page, so that no more of them than two pages are in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import Cancelled, UnreadableImage
from .readers import shared_readers
from .reading import Reading


@dataclass(frozen=True)
class Shown:
    """A picture for a contact sheet: its file, how that is read, and what is written below it."""

    path: str
    reading: Reading
    caption: str


@dataclass(frozen=True)
class SheetCell:
    """A picture on a page.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, 0–255; None where it cannot be read.
        caption: what is written below it.
    """

    pixels: NDArray[np.uint8] | None
    caption: str


def sheet_pages(shown: Sequence[Shown], per_page: int, size_px: int,
                cancelled: Callable[[], bool] = lambda: False) -> Iterator[list[SheetCell]]:
    """The pages, one after the other; the next one is read while one is used.

    Args:
        shown: in their order.
        per_page: pictures on each page but the last.
        size_px: of the longest side of a picture, at most.
        cancelled: asked before each page.

    Raises:
        Cancelled: `cancelled` said so.
    """
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        def begin(start: int) -> list[Future[SheetCell]]:
            return [pool.submit(_cell, one, size_px) for one in shown[start:start + per_page]]

        coming = begin(0)
        for start in range(0, len(shown), per_page):
            if cancelled():
                for cell in coming:
                    cell.cancel()
                raise Cancelled("The contact sheet was cancelled.")
            here, coming = coming, begin(start + per_page)
            yield [cell.result() for cell in here]


def _cell(one: Shown, size_px: int) -> SheetCell:
    try:
        return SheetCell(shared_readers().thumbnail(one.path, size_px, one.reading).pixels, one.caption)
    except UnreadableImage:
        return SheetCell(None, one.caption)
