"""Thumbnails of many pictures one after the other, a few being read at any time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from .addresses import is_web_address
from .errors import Cancelled, UnreadableImage
from .readers import shared_readers
from .reading import Reading
from .thumbnails import Thumbnail
from .web import fetch_picture

_AT_ONCE = 6
_LOOK_S = 0.1
_Read = Callable[[str, int, Reading], Thumbnail]


def read_thumbnails(wanted: Iterable[tuple[str, int]], reading: Reading, hosts: Collection[str] = (), *,
                    read: _Read | None = None, cancelled: Callable[[], bool] | None = None,
                    ) -> Iterator[Thumbnail | UnreadableImage]:
    """Thumbnails in the order they are wanted in, by the child processes that read pictures.

    Args:
        wanted: paths or web addresses, and the longest side in pixels.
        reading: how files become pictures.
        hosts: that pictures may be fetched from.
        read: what to read a file by, in place of the children.
        cancelled: asked ten times a second.

    Yields:
        One for each that is wanted; the error in place of a picture that cannot be read.

    Raises:
        Cancelled: `cancelled` returned True.
    """
    load = partial(_load, reading=reading, hosts=hosts, read=read or shared_readers().thumbnail, cancelled=cancelled)
    pool, waiting = ThreadPoolExecutor(_AT_ONCE, "printing"), deque[Future[Thumbnail | UnreadableImage]]()
    try:
        for path, size_px in wanted:
            waiting.append(pool.submit(load, path, size_px))
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


def _load(path: str, size_px: int, *, reading: Reading, hosts: Collection[str], read: _Read,
          cancelled: Callable[[], bool] | None) -> Thumbnail | UnreadableImage:
    try:
        if is_web_address(path):
            path = fetch_picture(path, hosts, cancelled=cancelled)
        return read(path, size_px, reading)
    except UnreadableImage as error:
        return error
