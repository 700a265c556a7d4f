"""The files inside a zip file, its members: listed, and unpacked no further than they are read.

A zip file stays open for the next of its members, for its list of 20,000 takes a quarter of a second to read.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import IO, cast

from .errors import UnreadableImage, first_line

_KEPT_OPEN = 4
_FIRST_BYTES = 64 << 10  # of a member, which hold the header of most photographs
_LARGEST_MEMBER = 2 << 30
_UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Python unpacks the other kinds without a bound
_LIST_ERRORS = (
    OSError, zipfile.BadZipFile,
    NotImplementedError,  # written for a later version of the format
    UnicodeDecodeError,  # a name that is said to be UTF-8 is not
)
_READ_ERRORS = (  # no RuntimeError: locked members, for which Python raises it, are refused before
    OSError, zipfile.BadZipFile, zlib.error,
    EOFError,  # the zip file ends before the member
    NotImplementedError,  # marked as a patch, or as locked in the newer way
    ValueError,  # a name that is said to be UTF-8 is not; or a place behind 2 ** 63 bytes
)
_LOCK = Lock()  # ZipFile counts its readers, and no count is safe among threads


def zip_members(archive: str) -> list[str]:
    """The names of the files in a zip file, ``/`` between folders. Raises UnreadableImage."""
    names = (member.filename for member in _archive(archive, archive).infolist())
    return [name for name in names if name and not name.endswith("/")]


def member_size(path: str, archive: str, name: str) -> int:
    """The bytes of a member, unpacked, as the zip file says; errors name `path`. Raises UnreadableImage."""
    return _member(_archive(path, archive), path, name).file_size


def open_member(path: str, archive: str, name: str) -> IO[bytes]:
    """A member to be read and searched: its first 64 KiB, and all of it once more is asked for.

    No more bytes come than the zip file says, and no more than 2 GiB.

    Raises:
        UnreadableImage: as `stream_member`; also from the stream's own ``read``.
    """
    opened, member = _readable(path, archive, name)

    def unpack(count: int) -> bytes:
        with _damage_told(path), _reader(opened, member) as file:
            return file.read(count)

    return cast(IO[bytes], _Member(unpack, member.file_size))  # which its stubs do not say of a stream


@contextmanager
def stream_member(path: str, archive: str, name: str) -> Iterator[IO[bytes]]:
    """A member to be read once, from its beginning: no more of it is in memory than was asked for.

    Raises:
        UnreadableImage: there is none, or it is locked, too large, packed in a rare way, or damaged. It names `path`.
    """
    with _damage_told(path), _reader(*_readable(path, archive, name)) as file:
        yield file


def _readable(path: str, archive: str, name: str) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    """The open zip file and one of its members, which may be unpacked. Raises UnreadableImage."""
    opened = _archive(path, archive)
    member = _member(opened, path, name)
    if member.flag_bits & 1:
        raise UnreadableImage(path, "the zip file is locked with a password; unpack it first")
    if member.file_size > _LARGEST_MEMBER:
        raise UnreadableImage(path, "too large to be read from a zip file; unpack it first")
    if member.compress_type not in _UNPACKED:
        raise UnreadableImage(path, "packed in a way that is not read here; unpack the zip file first")
    return opened, member


class _Member(io.BufferedIOBase):
    """A stream over a member. To its end it is only ever read as a whole, whose checksum is then verified."""

    def __init__(self, unpack: Callable[[int], bytes], size: int) -> None:
        self._unpack, self._size = unpack, size
        self._here = min(size, _FIRST_BYTES)
        self._bytes = io.BytesIO(unpack(self._here))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._bytes.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        return self._bytes.seek(max(0, start + offset))

    def read(self, size: int | None = -1) -> bytes:
        at = self.tell()
        end = self._size if size is None or size < 0 else min(at + size, self._size)
        if end > self._here:
            self._here = self._size
            self._bytes = io.BytesIO(self._unpack(self._size))
            self._bytes.seek(at)
        return self._bytes.read(size)


def _archive(path: str, archive: str) -> zipfile.ZipFile:
    """An open zip file; errors name `path`."""
    try:
        state = os.stat(archive)
        with _LOCK:
            return _opened(archive, state.st_mtime_ns, state.st_size)
    except _LIST_ERRORS as error:
        raise UnreadableImage(path, f"the zip file cannot be read ({first_line(error)})") from error


@lru_cache(_KEPT_OPEN)
def _opened(archive: str, written_ns: int, size: int) -> zipfile.ZipFile:
    """The zip file as it was written then; Python closes it when it left this cache and nobody reads from it."""
    return zipfile.ZipFile(archive)


def _member(opened: zipfile.ZipFile, path: str, name: str) -> zipfile.ZipInfo:
    try:
        return opened.getinfo(name)
    except KeyError as error:
        raise UnreadableImage(path, "there is no such file in the zip file") from error


@contextmanager
def _reader(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    with _LOCK:
        file = opened.open(member)
    try:
        yield file
    finally:
        with _LOCK:
            file.close()


@contextmanager
def _damage_told(path: str) -> Iterator[None]:
    try:
        yield
    except _READ_ERRORS as error:
        raise UnreadableImage(path, f"the zip file is damaged ({first_line(error)})") from error
