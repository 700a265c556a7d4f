"""What a picture is known by in the store: its bytes and, where an instrument's format is read, its reader.

Pillow, tifffile and imagecodecs read most pictures; their versions are part of each vector's identity. The readers of
the extras are named here instead, so that the vector of a photograph does not depend on what reads slides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

from .errors import UnreadableImage
from .files import JOINT, file_size, stream_file
from .formats import START_BYTES, find_format
from .refusal import explain
from .store import file_state
from .tiles import TilePlace, tile_place

_LARGE_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_KNOWN_SLIDES = 64
_SLIDES_LOCK = Lock()  # threads that come to a slide together would all read it


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        key: 32 bytes that differ where its pixels may; None where its own bytes do not tell, as of a slide in several
            files.
        data: its bytes, unless they are many.
        is_plain: whether its name tells how it is read, so that it can be known again without being opened.
    """

    key: bytes | None
    data: bytes | None
    is_plain: bool = True


def read_content(path: str) -> Content:
    """Look at all bytes of a file. Raises UnreadableImage: missing, empty, or not allowed."""
    if tile := tile_place(path):
        return _tile_content(tile)
    size = file_size(path)
    with stream_file(path) as file:
        try:
            data = file.read(size + 1 if size <= _LARGE_BYTES else START_BYTES)
            digest = hashlib.sha256(data)
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
        except OSError as error:
            raise UnreadableImage(path, explain(error)) from error
    return _content(path, data if size <= _LARGE_BYTES else None, data[:START_BYTES], digest.digest())


def read_contents(path: str, is_joined: bool) -> Content:
    """As `read_content`; of several files joined to one picture, all that they hold, without the bytes."""
    if not is_joined:
        return read_content(path)
    parts = [read_content(one) for one in path.split(JOINT)]
    keys = [part.key for part in parts if part.key is not None]
    return Content(_mixed(*keys) if len(keys) == len(parts) else None, None, all(part.is_plain for part in parts))


def _tile_content(tile: TilePlace) -> Content:
    """What a tile is known by: all of its slide, which is read once and not for each tile, and its place."""
    state = file_state(tile.slide)
    with _SLIDES_LOCK:
        whole = _slide_content(tile.slide, state) if state else read_content(tile.slide)
    return Content(whole.key and _mixed(whole.key, tile.name.encode()), None, whole.is_plain)


@lru_cache(_KNOWN_SLIDES)
def _slide_content(slide: str, state: str) -> Content:
    """A slide as it was in this state of its file, without its bytes."""
    return replace(read_content(slide), data=None)


def _content(path: str, data: bytes | None, start: bytes, digest: bytes) -> Content:
    kind = find_format(start, path)
    if kind is None:
        return Content(digest, data)
    key = None if kind.has_companions(path) else _mixed(digest, kind.version.encode())
    return Content(key, data, kind.has_name(path))


def _mixed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
