"""Why a file is not read: what every reader refuses, and how a decoder's error is told."""

from __future__ import annotations

import struct
import zlib

from PIL import Image, UnidentifiedImageError

from .memory import memory_limit

MAX_PIXELS = 178_956_970  # Pillow's own bound against decompression bombs, for every format
# Pillow, tifffile and their codecs report damaged files by any of these; anything else is a defect of ours.
DECODER_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, SyntaxError, RuntimeError,
                  ArithmeticError, AssertionError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError)


class Refused(ValueError):
    """A file that the decoders would read, but wrongly; ``str(error)`` is the reason, a clause."""


def check_size(width: int, height: int) -> None:
    """Raise Refused for a picture of more pixels than are safe to decode."""
    if width * height > MAX_PIXELS:
        raise Refused(f"{width} × {height} pixels are too many; the limit is {MAX_PIXELS // 10**6} megapixels")


def explain(error: BaseException) -> str:
    """A short clause on why a file could not be read, without its path."""
    text = str(error)
    if isinstance(error, Refused):
        return text
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture of a kind that is read here"
    if isinstance(error, Image.DecompressionBombError):
        return f"too many pixels; the limit is {MAX_PIXELS // 10**6} megapixels"
    if isinstance(error, MemoryError):
        limit = memory_limit()
        return (f"it needs more than {limit / 2**30:.3g} GiB of memory" if limit
                else "too large for this machine's memory")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if "truncated" in text.lower():
        return "the file is truncated"
    if isinstance(error, (OSError, ValueError, RuntimeError)) and text:
        return f"the file is damaged ({text})"
    return "the file is damaged"
