"""Damage that the decoders let pass: they fill what is missing with grey and say nothing."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import IO

PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _SCAN, _END = b"\xff\xd8", 0xDA, b"\xff\xd9"
_PIXEL_CHUNKS = (b"IDAT", b"PLTE", b"tRNS")


def damage(data: bytes) -> str:
    """Why a JPEG, PNG or WebP file is not whole, as a clause; ``""`` when it is, or for other formats.

    Pillow notices where a file ends too early, but not that a download was only begun and its rest is zeros. A JPEG
    that was cut and given an end mark again cannot be told from a whole one without decoding it.
    """
    if data.startswith(b"RIFF") and int.from_bytes(data[4:8], "little") + 8 > len(data):
        return "the file is truncated"
    if data.startswith(_JPEG_START) and not _jpeg_ends(data):
        return "the file is truncated"
    if data.startswith(PNG_START):
        return _png_damage(data)
    return ""


def png_chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk, up to and with IEND; the file then stands at the chunk's first byte.

    PNG specification, section 5.3: length (big endian), name, data, CRC-32 of name and data.
    """
    at = len(PNG_START)
    name = b""
    while name != b"IEND":
        file.seek(at)
        length, name = int.from_bytes(file.read(4), "big"), file.read(4)
        if len(name) < 4:
            return
        yield name, length
        at += length + 12


def _png_damage(data: bytes) -> str:
    file = io.BytesIO(data)
    for name, length in png_chunks(file):
        if name in _PIXEL_CHUNKS:
            content, check = file.read(length), file.read(4)
            if len(check) < 4:
                return "the file is truncated"
            if zlib.crc32(content, zlib.crc32(name)) != int.from_bytes(check, "big"):
                return "the file is damaged (its checksum is wrong)"
    return ""


def _jpeg_ends(data: bytes) -> bool:
    """Whether the end mark follows the first scan; bytes of a scan never look like it (ITU T.81, section B.1.1).

    Segments before it are stepped over by their lengths: an EXIF thumbnail has an end mark of its own.
    """
    at = len(_JPEG_START)
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        fill = data[at + 1] == 0xFF
        at += 1 if fill else 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return data.find(_END, at) >= 0
