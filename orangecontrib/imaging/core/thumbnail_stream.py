"""Thumbnails of many pictures one after the other, a few being read at any time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from math import ceil

from .addresses import is_web_address
from .errors import Cancelled, UnreadableImage
from .readers import shared_readers
from .reading import Reading
from .thumbnails import Thumbnail
from .web import fetch_picture

_AT_ONCE = 6
_LOOK_S = 0.1
_USUAL_SHAPE = 1.5  # the longer side of most pictures, for 1 of the shorter
_Read = Callable[[str, int, Reading], Thumbnail]


@dataclass(frozen=True)
class Cover:
    """A size for thumbnails that are to be cut: they are as wide and as high as this, or more, in pixels."""

    width: int
    height: int

    def size_px(self, width: int, height: int) -> int:
        """The longest side that a picture of this shape needs."""
        return ceil(max(width, height) * max(self.width / width, self.height / height))


def read_thumbnails(wanted: Iterable[tuple[str, int | Cover]], reading: Reading, hosts: Collection[str] = (), *,
                    read: _Read | None = None, cancelled: Callable[[], bool] | None = None,
                    ) -> Iterator[Thumbnail | UnreadableImage]:
    """Thumbnails in the order they are wanted in, by the child processes that read pictures.

    Args:
        wanted: paths or web addresses, and the longest side in pixels, or what is to be covered; smaller pictures are
            not enlarged.
        reading: how files become pictures.
        hosts: that pictures may be fetched from.
        read: what to read a file by, in place of the children.
        cancelled: asked ten times a second.

    Yields:
        One for each that is wanted; the error in place of a picture that cannot be read.

    Raises:
        Cancelled: `cancelled` returned True.
    """
    read = read or partial(shared_readers().thumbnail, cancelled=cancelled)
    load = partial(_load, reading=reading, hosts=hosts, read=read, cancelled=cancelled)
    pool, waiting = ThreadPoolExecutor(_AT_ONCE, "printing"), deque[Future[Thumbnail | UnreadableImage]]()
    try:
        for path, size in wanted:
            waiting.append(pool.submit(load, path, size))
            if len(waiting) > 2 * _AT_ONCE:
                yield _first(waiting, cancelled)
        while waiting:
            yield _first(waiting, cancelled)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _first(waiting: deque[Future[Thumbnail | UnreadableImage]],
           cancelled: Callable[[], bool] | None) -> Thumbnail | UnreadableImage:
    future = waiting.popleft()
    while True:
        if cancelled is not None and cancelled():
            raise Cancelled("Stopped.")
        if wait([future], _LOOK_S).done:
            return future.result()


def _load(path: str, size: int | Cover, *, reading: Reading, hosts: Collection[str], read: _Read,
          cancelled: Callable[[], bool] | None) -> Thumbnail | UnreadableImage:
    try:
        if is_web_address(path):
            path = fetch_picture(path, hosts, cancelled=cancelled)
        return read(path, size, reading) if isinstance(size, int) else _covering(path, size, reading, read)
    except UnreadableImage as error:
        return error


def _covering(path: str, cover: Cover, reading: Reading, read: _Read) -> Thumbnail:
    """Read a picture, and where it is too long to cover what it should, once more in the size that does."""
    usual_px = ceil(max(cover.width, cover.height) * _USUAL_SHAPE)
    small = read(path, usual_px, reading)
    needed_px = cover.size_px(small.full_width, small.full_height)
    is_enough = needed_px <= usual_px or max(small.full_width, small.full_height) <= usual_px
    return small if is_enough else read(path, needed_px, reading)
