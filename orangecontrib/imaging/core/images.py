"""Read one picture: `read_image`, the pixels; `probe_image`, the header only.

This is the one way from a file to a picture: whatever is shown, saved or given to a network comes through here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .errors import UnreadableImage
from .files import JOINT, file_size, named_file, open_file, zip_place
from .formats import START_BYTES, SUFFIXES, find_format, open_format
from .joined import Joined
from .photos import Photo, probe_photo
from .planes import Planes, find_planes, turned
from .reading import Reading
from .refusal import DECODER_ERRORS, Refused, explain
from .rendering import Sample, render, sample
from .stack import ImageInfo, Stack, describe

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".webp", ".avif"})
IMAGE_SUFFIXES = PHOTO_SUFFIXES | {".tif", ".tiff"} | SUFFIXES
READERS_VERSION = 4  # raised whenever the same file gives other pixels: part of each vector's identity
ProbeStack = Callable[[str, Reading], ImageInfo]
MAX_BYTES = 2 << 30  # of a file that is decoded as a whole
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class Picture:
    """What a network sees of a file.

    Attributes:
        pixels: (height, width, 3) uint8, channels in the order R, G, B, values 0–255, upright.
        notes: clauses for the user, such as ``"16 bits, 25 planes: maximum projection, contrast 0.1–99.9 %"``.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def read_image(path: str | os.PathLike[str], reading: Reading = Reading(), *, data: bytes | None = None) -> Picture:
    """Read a file as an 8-bit RGB picture.

    EXIF orientation is obeyed, palettes, gray and CMYK become RGB (Pillow's formulas, no color profile), transparent
    pixels show `reading.background`.

    Args:
        path: the file; only named in errors when `data`, its bytes, are given.
        reading: the recipe. Channels that stand on their own come side by side, in gray, from left to right.

    Raises:
        UnreadableImage: damaged, truncated, not a picture, or without what the recipe asks for.
    """
    with explained(path):
        return side_by_side(list(read_parts(path, reading, data=data)))


def read_parts(path: str | os.PathLike[str], reading: Reading = Reading(), *,
               data: bytes | None = None) -> Iterator[Picture]:
    """The pictures that lie side by side in that of `read_image`, one after the other: one, or one a channel.

    The next is read when it is asked for. Raises UnreadableImage.
    """
    with _opened(os.fspath(path), reading, data) as stack:
        shown = describe(stack.info, reading)
        for pixels, unusual in render(stack, reading):
            notes = tuple(note for note in (shown, *stack.notes, *unusual) if note)
            yield Picture(np.ascontiguousarray(_upright(pixels, stack.orientation)), notes)


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """Pictures of one height as one, from left to right; what is noted of several is noted once."""
    if len(pictures) == 1:
        return pictures[0]
    return Picture(np.concatenate([one.pixels for one in pictures], axis=1),
                   tuple(dict.fromkeys(note for one in pictures for note in one.notes)))


def probe_image(path: str | os.PathLike[str], reading: Reading = Reading(), *,
                probe_stack: ProbeStack | None = None) -> ImageInfo:
    """Look at a file's header only.

    Args:
        path: the file.
        reading: the recipe; what pages are, and which files belong together, counts.
        probe_stack: asked in place of this function about what begins like no photograph, such as
            `readers.Readers.probe`.

    Raises:
        UnreadableImage: as `read_image`, for what a header can tell.
    """
    path = os.fspath(path)
    if not reading.joined:
        size = file_size(path)
        with open_file(path) as file, explained(path):
            if is_photo(file.read(START_BYTES), path):
                return probe_photo(file, size)
    if probe_stack:
        return probe_stack(path, reading)
    with _opened(path, reading) as stack:
        return stack.info


def sample_image(path: str | os.PathLike[str], reading: Reading, count: int) -> Sample:
    """Some of a file's own numbers, by channel: see `rendering.sample`. Raises UnreadableImage."""
    with _opened(os.fspath(path), reading) as stack:
        return sample(stack, reading, count)


def read_planes(path: str | os.PathLike[str], reading: Reading = Reading()) -> Planes:
    """A file's own numbers, channel by channel, upright: see `planes.find_planes`. Raises UnreadableImage."""
    with _opened(os.fspath(path), reading) as stack:
        return turned(find_planes(stack, reading), lambda plane: _upright(plane, stack.orientation))


def is_photo(data: bytes | None, path: str) -> bool:
    """Whether these bytes of a file, None of a large one, go to the decoders of photographs."""
    return data is not None and data[:4] not in _TIFF_STARTS and (
        find_format(data[:START_BYTES], named_file(path)) is None)


@contextmanager
def explained(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise UnreadableImage, with the reason, for what a decoder raises here."""
    try:
        yield
    except DECODER_ERRORS as error:
        raise UnreadableImage(os.fspath(path), explain(error)) from error


@contextmanager
def _opened(path: str, reading: Reading, data: bytes | None = None) -> Iterator[Stack]:
    """A picture's file, or the files of its channels, open while its planes are read."""
    with ExitStack() as files, explained(path):
        if data is not None and find_format(data[:START_BYTES], path) is None:
            yield _open(io.BytesIO(data), len(data), reading)
            return
        stacks = []
        for one in path.split(JOINT) if reading.joined else [path]:
            size = file_size(one)
            stacks.append(_open_path(one, size, reading, files))
        yield Joined(stacks) if reading.joined else stacks[0]


def _open_path(path: str, size: int, reading: Reading, files: ExitStack) -> Stack:
    file = files.enter_context(open_file(path))
    start = file.read(START_BYTES)
    file.seek(0)
    kind = find_format(start, named_file(path))
    if kind is None:
        return _open(file, size, reading)
    if zip_place(path) and not os.path.exists(path):
        raise Refused(f"a {kind.title} file inside a zip file; unpack it first")
    stack = open_format(kind, path, size, reading)
    files.callback(stack.close)
    return stack


def _open(file: IO[bytes], size: int, reading: Reading) -> Stack:
    if _starts_as_tiff(file):
        return _tiff()(file, size, reading)
    if size > MAX_BYTES:
        raise Refused("the file is larger than 2 GiB")
    return Photo(file.read())


def _starts_as_tiff(file: IO[bytes]) -> bool:
    """The file then stands at its start again."""
    start = file.read(4)
    file.seek(0)
    return start in _TIFF_STARTS


def _tiff() -> Callable[[IO[bytes], int, Reading], Stack]:
    """Tifffile is loaded when the first TIFF file comes: photographs do not need it."""
    from .tiff import Tiff
    return Tiff


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo the camera's turn: orientation 1–8 as in the TIFF 6.0 specification, section 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
