"""Thumbnails: how many a second when pictures are opened first and again, and what scrolling leaves in memory."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import psutil

from .pictures import write_jpegs

if TYPE_CHECKING:
    from orangecontrib.imaging.widgets.parts.thumbnail_store import ThumbnailStore
    from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

Figures = dict[str, tuple[float, str]]
_LONG_AGO_S = 3600  # files that changed a moment ago are not kept
_SIZE_PX = 192
_WIDTH, _HEIGHT, _THUMBNAIL_PX = 1100, 800, 120


def opened_twice(given: argparse.Namespace, folder: Path) -> Figures:
    """Thumbnails a second of a program that opens pictures for the first time, and of the next one.

    The next one begins with empty memory, and finds thumbnails on disk; the system has the files in its own cache both
    times.
    """
    from orangecontrib.imaging.core.kept_thumbnails import kept_thumbnails
    from orangecontrib.imaging.widgets.parts.thumbnail_store import ThumbnailStore
    paths = made(folder / "opened", given.pictures, 800, 600)
    first_s, second_s = (_seconds(ThumbnailStore(), paths) for _ in range(2))
    kept_thumbnails().close()
    kept = sum(file.stat().st_size for file in kept_thumbnails().path.parent.glob("thumbnails-*"))
    return {f"first, of {len(paths)} of 800 x 600": (len(paths) / first_s, "a second"),
            "again": (len(paths) / second_s, "a second"), "times as fast": (first_s / second_s, ""),
            "on disk, for each": (kept / len(paths) / 1024, "KiB")}


def scrolled(given: argparse.Namespace, folder: Path) -> Figures:
    """Memory of the program after scrolling through many pictures, page by page, each until it was there."""
    from AnyQt.QtWidgets import QApplication

    from orangecontrib.imaging.widgets.parts.image_grid import ImageGrid
    from orangecontrib.imaging.widgets.parts.picture_area import PictureItem
    from orangecontrib.imaging.widgets.parts.thumbnail_store import ThumbnailStore
    from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails
    app = QApplication.instance() or QApplication([])
    paths = made(folder / "scrolled", given.scrolled, 256, 192)
    before = psutil.Process().memory_info().rss
    grid = ImageGrid(Thumbnails(store=ThumbnailStore()))
    grid.resize(_WIDTH, _HEIGHT)
    grid.set_thumbnail_px(_THUMBNAIL_PX)
    grid.set_items([PictureItem(path, Path(path).name) for path in paths])
    grid.show()
    start, most, bar = perf_counter(), 0.0, grid.verticalScrollBar()
    for top in range(0, bar.maximum() + bar.pageStep(), bar.pageStep()):
        bar.setValue(top)
        app.processEvents()
        _wait(grid.thumbnails)
        most = max(most, psutil.Process().memory_info().rss - before)
    seconds, pixels = perf_counter() - start, grid.thumbnails.bytes
    grid.thumbnails.close()
    grid.close()
    return {f"scrolling through {len(paths)}, at the most": (most / 2**20, "MiB"),
            "of it pixels, at the end": (pixels / 2**20, "MiB"), "pictures": (len(paths) / seconds, "a second")}


def made(folder: Path, count: int, width: int, height: int) -> list[str]:
    """Pictures of their own for a section, last changed an hour ago."""
    folder.mkdir()
    paths = list(map(str, write_jpegs(folder, count, width, height)))
    for path in paths:
        state = os.stat(path)
        os.utime(path, (state.st_atime, state.st_mtime - _LONG_AGO_S))
    return paths


def _seconds(store: ThumbnailStore, paths: list[str]) -> float:
    from AnyQt.QtWidgets import QApplication

    from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails
    _app = QApplication.instance() or QApplication([])
    thumbnails = Thumbnails(store=store)
    start = perf_counter()
    thumbnails.request(paths, _SIZE_PX)
    _wait(thumbnails)
    seconds = perf_counter() - start
    failed = thumbnails.failures()
    thumbnails.close()
    if failed:
        raise RuntimeError(f"{len(failed)} pictures could not be read: {next(iter(failed.values()))}")
    return seconds


def _wait(thumbnails: Thumbnails) -> None:
    """Until all is there; it sleeps between events, so that the readers have the cores."""
    from AnyQt.QtCore import QEventLoop
    from AnyQt.QtWidgets import QApplication
    while not thumbnails.is_idle:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
