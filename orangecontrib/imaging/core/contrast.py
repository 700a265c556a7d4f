"""From the numbers an instrument recorded to grey levels 0–255."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import Range, Reading
from .refusal import Refused

MID_GREY = 128
_AT_ONCE = 1 << 15  # numbers that are turned into grey levels in one step, within the processor's cache


def contrast_range(values: NDArray[Any], bits: int, reading: Reading, place: int = 0) -> Range:
    """The numbers that become 0 and 255.

    Args:
        values: any shape, any real dtype.
        bits: how many of the type's bits are in use, as the file says. Whether there are more than 8 is
            seen by the type.
        reading: its `contrast`, `percentiles` and `ranges` count.
        place: of the channel among `reading.channels`.

    Returns:
        (low, high); equal where all numbers are.

    Raises:
        Refused: there is no finite number, or a floating-point type has no full range.
    """
    kind = values.dtype.kind
    if kind == "f" and not np.isfinite(values).any():
        raise Refused("there is no finite number in it")
    if reading.contrast == "range":
        return reading.channel_ranges(place)[0]
    if reading.contrast == "type" or (reading.contrast == "auto" and values.dtype.itemsize == 1):
        if kind == "f":
            raise Refused("numbers with decimals have no full range; choose percentiles or a fixed range as contrast")
        return full_range(kind, bits)
    return _percentile_range(values, reading.percentiles)


def full_range(kind: str, bits: int) -> Range:
    """The least and the greatest integer of so many bits; `kind`: NumPy's letter, ``"i"`` for signed ones."""
    if kind == "i":
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1


def to_levels(values: NDArray[Any], limits: Range, gamma: float = 1.0) -> NDArray[np.uint8]:
    """Grey levels: `limits` become 0 and 255, what lies beyond is cut off, what lies between is rounded.

    NaN becomes 0. Where both limits are equal, everything is mid-grey.

    Args:
        values: any shape, any real dtype.
        limits: two finite numbers; the first is the greater where small numbers are bright.
        gamma: above 0; what lies at the share s of the way between the limits becomes s^(1/gamma) of 255.

    Returns:
        The same shape, uint8.
    """
    low, high = limits
    if low == high:
        return np.full(values.shape, MID_GREY, np.uint8)
    if values.dtype == np.uint8 and limits == (0, 255) and gamma == 1:
        return values
    if values.dtype.kind in "ub" and values.dtype.itemsize <= 2:
        table = _scaled(np.arange(2 ** (8 * values.dtype.itemsize)), low, high, gamma)
        return np.asarray(table[values.astype(np.uint8) if values.dtype.kind == "b" else values])
    flat = np.ravel(values)
    levels = np.empty(flat.shape, np.uint8)
    for start in range(0, flat.size, _AT_ONCE):
        levels[start:start + _AT_ONCE] = _scaled(flat[start:start + _AT_ONCE], low, high, gamma)
    return levels.reshape(values.shape)


def _scaled(values: NDArray[Any], low: float, high: float, gamma: float) -> NDArray[np.uint8]:
    clipped = np.clip(values.astype(np.float64), min(low, high), max(low, high))
    shares = (clipped / 2 - low / 2) / (high / 2 - low / 2)  # halves: a range may be wider than the greatest float
    shares = np.nan_to_num(shares)
    if gamma != 1:
        shares **= 1 / gamma
    return np.rint(shares * 255).astype(np.uint8)


def _percentile_range(values: NDArray[Any], percentiles: Range) -> Range:
    """The numbers at these percentiles; the least and the greatest where both are one number (a few bright spots).

    The number at percentile p is the smallest that is not below p % of all: NumPy's method ``inverted_cdf``. NaN and
    infinite numbers do not count.
    """
    if values.dtype.kind in "ub" and values.dtype.itemsize <= 2:
        return _of_counts(np.bincount(np.ravel(values)), percentiles)
    is_finite = np.isfinite(values)
    finite = values if is_finite.all() else values[is_finite]
    low, high = (float(one) for one in np.percentile(finite, percentiles, method="inverted_cdf"))
    return (low, high) if low < high else (float(finite.min()), float(finite.max()))


def _of_counts(counts: NDArray[np.int64], percentiles: Range) -> Range:
    """The same from how often each number 0, 1, 2, … occurs."""
    below = np.cumsum(counts)
    low, high = (float(np.searchsorted(below, max(1.0, share / 100 * below[-1]))) for share in percentiles)
    there = np.flatnonzero(counts)
    return (low, high) if low < high else (float(there[0]), float(there[-1]))
