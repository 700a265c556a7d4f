"""Where a picture's bytes come from: a file, a member of a zip file (``plates.zip/A01/1.png``), or a slide's tile."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import IO

from .errors import UnreadableImage
from .refusal import explain
from .tiles import tile_place
from .zip_files import member_size, open_member, stream_member

ZIP_SUFFIX = ".zip"
JOINT = "|"  # between the files of one picture's channels
_INTO_ZIP = re.compile(re.escape(ZIP_SUFFIX + os.sep), re.ASCII | re.IGNORECASE)


def file_size(path: str) -> int:
    """The size of a regular file, of a zip file's member, or of a tile's whole slide, in bytes.

    Pipes and devices are never opened.

    Raises:
        UnreadableImage: missing, not a regular file, empty, or not allowed.
    """
    if not path:
        raise UnreadableImage(path, "no file is named")
    try:
        state = os.stat(path)
    except ValueError as error:  # a zero byte, or letters that the system's names cannot hold
        raise UnreadableImage(path, "no file can have this name") from error
    except OSError as error:
        if tile := tile_place(path):
            return file_size(tile.slide)
        if (place := zip_place(path)) is None:
            raise UnreadableImage(path, explain(error)) from error
        size = member_size(path, *place)
    else:
        if not stat.S_ISREG(state.st_mode):
            raise UnreadableImage(path, "not a regular file")
        size = state.st_size
    if size == 0:
        raise UnreadableImage(path, "the file is empty")
    return size


@contextmanager
def open_file(path: str) -> Iterator[IO[bytes]]:
    """A file that `file_size` was asked for, to be read and searched; of a tile, its slide.

    A zip file's member is unpacked into memory.

    Raises:
        UnreadableImage: it may not be read, or `zip_files.open_member` refuses it.
    """
    with _opened(path) as file:
        yield file


@contextmanager
def stream_file(path: str) -> Iterator[IO[bytes]]:
    """As `open_file`, to be read once, from its beginning: a zip file's member is unpacked as far as it is read."""
    place = zip_place(path) if not os.path.exists(path) else None
    with stream_member(path, *place) if place else _opened(path) as file:
        yield file


def _opened(path: str) -> IO[bytes]:
    try:
        return open(named_file(path), "rb")
    except OSError as error:
        if (place := zip_place(path)) is None:
            raise UnreadableImage(path, explain(error)) from error
        return open_member(path, *place)


def files_of(path: str) -> list[str]:
    """The files on the disk that a path leads to: itself, a zip file, a slide, or those of its channels."""
    if os.path.exists(path):
        return [path]
    if tile := tile_place(path):
        return [tile.slide]
    if JOINT in path:
        return [file for one in path.split(JOINT) for file in files_of(one)]
    place = zip_place(path)
    return [place[0] if place else path]


def file_identity(path: str) -> Hashable:
    """What a folder or file and the links to it have in common; some file systems on Windows number no files.

    Raises:
        OSError: there is none, or it may not be looked at.
        ValueError: nothing can have this name.
    """
    state = os.stat(path)
    return (state.st_dev, state.st_ino) if state.st_ino else os.path.normcase(os.path.realpath(path))


def named_file(path: str) -> str:
    """The file whose name and first bytes tell how a picture is read: a tile's slide, else the path itself."""
    tile = tile_place(path)
    return tile.slide if tile else path


def zip_place(path: str) -> tuple[str, str] | None:
    """The zip file that a path leads into, and the member's name in it; None for an ordinary path."""
    for joint in _INTO_ZIP.finditer(path):
        if os.path.isfile(path[:joint.end() - 1]):
            return path[:joint.end() - 1], path[joint.end():].replace(os.sep, "/")
    return None
