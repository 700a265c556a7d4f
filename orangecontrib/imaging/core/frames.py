"""What parent and child say to each other: a JSON header and raw little-endian arrays. Never a pickle."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .errors import WorkerError

MAX_HEADER_BYTES = 64 << 20
MAX_ARRAY_BYTES = 512 << 20  # the largest picture
_SIZES = struct.Struct("<II")
_DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")

Header = dict[str, Any]


def pack_frame(header: Header, arrays: Sequence[NDArray[Any]] = ()) -> bytes:
    """One frame: sizes, header, then each array (of a plain number type, any shape) in C order.

    Raises:
        WorkerError: larger than the other side accepts.
    """
    arrays = [np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C") for array in arrays]
    shapes = [[array.dtype.str, *array.shape] for array in arrays]
    text = json.dumps({**header, "arrays": shapes}).encode("ascii")
    size = sum(array.nbytes for array in arrays)
    _check(len(text), size)
    return b"".join([_SIZES.pack(len(text), size), text, *(array.tobytes() for array in arrays)])


def write_frame(stream: BinaryIO, header: Header, arrays: Sequence[NDArray[Any]] = ()) -> None:
    """Send one frame, as `pack_frame` makes it, at once."""
    stream.write(pack_frame(header, arrays))
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[Header, list[NDArray[Any]]] | None:
    """The next frame, or None when the other side has hung up.

    Raises:
        WorkerError: what came is no frame, or too large.
    """
    sizes = stream.read(_SIZES.size)
    if len(sizes) < _SIZES.size:
        return None
    header_bytes, array_bytes = _SIZES.unpack(sizes)
    _check(header_bytes, array_bytes)
    text, body = stream.read(header_bytes), stream.read(array_bytes)
    if len(text) < header_bytes or len(body) < array_bytes:
        return None
    try:
        header = json.loads(text)
        return header, _arrays(header.pop("arrays"), body)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise WorkerError(f"The engine sent something unreadable ({error}).") from error


def _arrays(shapes: list[list[Any]], body: bytes) -> list[NDArray[Any]]:
    arrays, start = [], 0
    for dtype, *shape in shapes:
        if dtype not in _DTYPES or min(shape, default=0) < 0:
            raise ValueError(f"arrays of {dtype!r}, shape {shape}")
        count = math.prod(shape)
        arrays.append(np.frombuffer(body, dtype, count, start).reshape(shape))
        start += count * np.dtype(dtype).itemsize
    return arrays


def _check(header_bytes: int, array_bytes: int) -> None:
    if header_bytes > MAX_HEADER_BYTES or array_bytes > MAX_ARRAY_BYTES:
        raise WorkerError(f"A message of {header_bytes} + {array_bytes} bytes is larger than the engine accepts.")
