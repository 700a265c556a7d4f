"""Read the headers of many pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from time import monotonic

from .errors import Cancelled, UnreadableImage
from .files import file_size, zip_place
from .found import FoundImage, Skipped
from .images import ProbeStack, probe_image
from .reading import Reading

Progress = Callable[[int, int], None]
_AT_ONCE = 64
_WAITING_THREADS = 8
_SLOW_S = 0.002  # a header, on a network folder
_UNPACKED_HERE_BYTES = 16 << 20


def probe_all(found: list[FoundImage], reading: Reading, on_progress: Progress | None, stop: Callable[[], bool],
              probe_stack: ProbeStack | None = None) -> tuple[list[FoundImage], list[Skipped]]:
    """The pictures with what their headers say, and those that cannot be read.

    Where the disk answers at once, threads would only wait for each other.

    Args:
        probe_stack: takes the place of `images.probe_image` for what begins like no photograph, and for what would
            unpack to much.

    Raises:
        Cancelled: `stop` returned True; it is asked after each picture.
    """
    images: list[FoundImage] = []
    skipped: list[Skipped] = []
    with closing(_results(found, partial(_probe, reading=reading, probe_stack=probe_stack))) as results:
        for row, result in enumerate(results):
            if stop():
                raise Cancelled("The import was cancelled.")
            if isinstance(result, FoundImage):
                images.append(result)
            else:
                skipped.append(Skipped(row, found[row].path, result.reason))
            if on_progress:
                on_progress(row + 1, len(found))
    return images, skipped


_Result = FoundImage | UnreadableImage


def _results(found: list[FoundImage], probe: Callable[[FoundImage], _Result]) -> Generator[_Result, None, None]:
    """What was read, in the order of the pictures; in threads where the disk takes its time."""
    apply: Callable[..., Iterable[_Result]] = map
    pool = ThreadPoolExecutor(_WAITING_THREADS)
    try:
        for start in range(0, len(found), _AT_ONCE):
            began = monotonic()
            yield from apply(probe, found[start:start + _AT_ONCE])
            if monotonic() - began > _AT_ONCE * _SLOW_S:
                apply = pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _probe(image: FoundImage, reading: Reading, probe_stack: ProbeStack | None) -> _Result:
    try:
        if probe_stack and not reading.joined and _unpacks_to_much(image.path):
            return replace(image, info=probe_stack(image.path, reading))
        return replace(image, info=probe_image(image.path, reading, probe_stack=probe_stack))
    except UnreadableImage as error:
        return error


def _unpacks_to_much(path: str) -> bool:
    """Whether a file lies in a zip file and is large: some headers are told by the whole file only."""
    return zip_place(path) is not None and file_size(path) > _UNPACKED_HERE_BYTES
