"""How deep an AVIF file is, which Pillow does not say."""

from __future__ import annotations

from typing import IO

_HIGH, _TWELVE, _MONOCHROME = 0x40, 0x20, 0x10  # of the third byte of an AV1CodecConfigurationRecord


def avif_form(file: IO[bytes]) -> tuple[int, bool]:
    """Bits of a number (8, 10 or 12), and whether there is colour; (8, True) of a file that does not say.

    AV1 in ISO Base Media File Format, section 2.3.3: each picture in the file, and the transparency of each, has a
    box ``av1C``; that of the first comes first.
    """
    found = _flags(_meta_box(file))
    if not found:
        return 8, True
    bits = (12 if found[0] & _TWELVE else 10) if found[0] & _HIGH else 8
    return bits, not all(flags & _MONOCHROME for flags in found)


def _meta_box(file: IO[bytes]) -> bytes:
    """The box of an open file that describes its pictures; ``b""`` where there is none before the pixels."""
    file.seek(0)
    while len(header := file.read(8)) == 8:
        length, name = int.from_bytes(header[:4], "big"), header[4:]
        if name == b"meta":
            return file.read(length - 8)
        if length < 8:  # it goes on to the end of the file, or is too long for 32 bits: the pixels
            break
        file.seek(length - 8, 1)
    return b""


def _flags(meta: bytes) -> list[int]:
    """The third byte of each ``av1C`` box."""
    return [part[2] for part in meta.split(b"av1C")[1:] if len(part) > 2]
