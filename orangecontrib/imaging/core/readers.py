"""The callers of the child processes that read pictures: the same functions, out of harm's way.

A file that crashes its reader, or takes too long, is named; the next one gets a fresh reader.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from queue import Empty, LifoQueue
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .child import Child, Frame
from .cutting import SlideTiles
from .errors import Cancelled, UnreadableImage
from .files import files_of
from .frames import Header
from .images import Picture
from .paths import absolute_path
from .planes import Planes, unpack_planes
from .reading import Reading
from .rendering import Sample
from .stack import ImageInfo
from .thumbnails import Thumbnail
from .tiles import Tiling

_COMMAND = (sys.executable, "-P", "-m", f"{__package__}.reader")
_CRASHED = "the program that reads pictures stopped on this file; it is probably damaged"
_PATIENCE_S = 20.0
_LOOK_S = 0.3  # between two questions whether an answer is still wanted: a new child takes about as long
_SLOWEST_BYTES_PER_S = 4 << 20  # a stack on a network folder may take minutes


class Readers:
    """A few child processes, started when first needed; safe to call from several threads, each call blocks."""

    def __init__(self, count: int | None = None, command: Sequence[str] = _COMMAND,
                 patience_s: float = _PATIENCE_S) -> None:
        """`count`: how many at once, None for one a core, at most four. `patience_s`: with a small file."""
        self._command = command
        self._patience_s = patience_s
        self._idle: LifoQueue[Child | None] = LifoQueue()
        for _ in range(count or min(4, os.cpu_count() or 1)):
            self._idle.put(None)

    def probe(self, path: str, reading: Reading = Reading()) -> ImageInfo:
        """`images.probe_image` in a child. Raises UnreadableImage."""
        return _info(self._ask({"do": "probe", "path": path, "reading": reading.to_json()})[0])

    def picture(self, path: str, reading: Reading = Reading()) -> Picture:
        """`images.read_image` in a child. Raises UnreadableImage."""
        header, arrays = self._ask({"do": "picture", "path": path, "reading": reading.to_json()})
        return Picture(_pixels(arrays), tuple(header["notes"]))

    def fitted(self, path: str, reading: Reading, network: str, fit: str) -> Picture:
        """A picture as a network sees it: `preprocess.fit` in a child, which then loads torch.

        Args:
            path, reading: as for `picture`.
            network: its name, or the path of its file, as `catalogue.find_network` has found it.
            fit: as in `options.Options`, but for ``"dense"``.

        Raises:
            UnreadableImage: as `images.read_image`.
        """
        header, arrays = self._ask({"do": "fitted", "path": path, "reading": reading.to_json(), "network": network,
                                    "fit": fit})
        return Picture(_pixels(arrays), tuple(header["notes"]))

    def thumbnail(self, path: str, size_px: int, reading: Reading = Reading(), *,
                  cancelled: Callable[[], bool] | None = None) -> Thumbnail:
        """`thumbnails.read_thumbnail` in a child.

        Args:
            path, size_px, reading: as there.
            cancelled: asked a few times a second; the child is then ended, and the next call starts another.

        Raises:
            UnreadableImage: as there.
            Cancelled: `cancelled` returned True.
        """
        order = {"do": "thumbnail", "path": path, "reading": reading.to_json(), "size_px": size_px}
        header, arrays = self._ask(order, cancelled)
        width, height = header["size"]
        return Thumbnail(_pixels(arrays), width, height, tuple(header["notes"]))

    def sample(self, path: str, reading: Reading, count: int) -> Sample:
        """`images.sample_image` in a child. Raises UnreadableImage."""
        header, arrays = self._ask({"do": "sample", "path": path, "reading": reading.to_json(), "count": count})
        return Sample(np.asarray(arrays[0], np.float32), header["kind"])

    def planes(self, path: str, reading: Reading = Reading()) -> Planes:
        """`images.read_planes` in a child. Raises UnreadableImage."""
        return unpack_planes(*self._ask({"do": "planes", "path": path, "reading": reading.to_json()}))

    def tiles(self, path: str, tiling: Tiling) -> SlideTiles:
        """`cutting.look_at_slide` in a child. Raises UnreadableImage."""
        header, arrays = self._ask({"do": "tiles", "path": path, "reading": "{}", "tiling": asdict(tiling)})
        return SlideTiles(_info(header), np.asarray(arrays[0], np.int64))

    def close(self) -> None:
        """End the children that are idle; those at work end when this process does."""
        idle: list[Child | None] = []
        with suppress(Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for child in idle:
            self._idle.put(None)
            if child:
                child.end()

    def _ask(self, order: Header, cancelled: Callable[[], bool] | None = None) -> Frame:
        """A child's answer. A death that does not come again was an accident, such as a kill from outside."""
        path = order["path"]
        limit_s = _patience(path, self._patience_s)
        frame = self._once(order, limit_s, cancelled)
        if frame is Child.HUNG_UP:
            frame = self._once(order, limit_s, cancelled)
        if frame is None:
            raise UnreadableImage(path, f"given up after {limit_s:.0f} seconds; it is damaged, or its disk is slow")
        if frame is Child.HUNG_UP:
            raise UnreadableImage(path, _CRASHED)
        if "reason" in frame[0]:
            raise UnreadableImage(path, frame[0]["reason"])
        return frame

    def _once(self, order: Header, limit_s: float, cancelled: Callable[[], bool] | None) -> Frame | None:
        """The answer; `HUNG_UP` when the child died, None when it took too long."""
        child, kept = self._idle.get(), None
        try:
            if child is None or not child.alive:
                child = Child(self._command)
            child.send({**order, "path": absolute_path(order["path"])})
            frame = _answer(child, limit_s, cancelled)
            kept = child if frame is not None and frame is not Child.HUNG_UP else None
            return frame
        finally:
            if child is not None and kept is None:  # dead, stuck, or about to answer nobody
                child.kill()
            self._idle.put(kept)


@cache
def shared_readers() -> Readers:
    """The readers of this process; they are ended on exit."""
    readers = Readers()
    atexit.register(readers.close)
    return readers


def _answer(child: Child, limit_s: float, cancelled: Callable[[], bool] | None) -> Frame | None:
    """What a child says within a time. Raises Cancelled."""
    end = monotonic() + limit_s
    while cancelled and (rest_s := end - monotonic()) > _LOOK_S:
        frame = child.receive(timeout_s=min(_LOOK_S, rest_s))
        if frame is not None:
            return frame
        if cancelled():
            raise Cancelled("The reading of a picture was cancelled.")
    return child.receive(timeout_s=max(0.0, end - monotonic()))


def _patience(path: str, least_s: float) -> float:
    """How long a file may take, by its size."""
    try:
        return least_s + sum(os.path.getsize(file) for file in files_of(path)) / _SLOWEST_BYTES_PER_S
    except (OSError, ValueError):
        return least_s


def _info(header: Mapping[str, Any]) -> ImageInfo:
    info: dict[str, Any] = header["info"]
    return ImageInfo(**{**info, **{name: tuple(info[name]) for name in ("channel_names", "colours")}})


def _pixels(arrays: list[NDArray[Any]]) -> NDArray[np.uint8]:
    return np.asarray(arrays[0], np.uint8)
