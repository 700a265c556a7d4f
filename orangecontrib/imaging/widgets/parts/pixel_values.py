"""The numbers of a file at one pixel, as a line of text."""

from __future__ import annotations

from typing import Any

from ...core.planes import Planes

_BETWEEN = "   "


def pixel_text(planes: Planes, x: int, y: int) -> str:
    """Such as ``x 17, y 40   DAPI 1204   GFP 99``; "" outside the picture. Of channels side by side the one at x."""
    place, x = divmod(x, planes.full_width) if planes.separate else (None, x)
    numbers = planes.at(x, y) if place is None or 0 <= place < len(planes.channels) else ()
    if not numbers:
        return ""
    named = [f"{channel.name} {number_text(number)}" for channel, number in zip(planes.channels, numbers, strict=True)]
    return _BETWEEN.join([f"x {x}, y {y}", *(named if place is None else named[place:place + 1])])


def number_text(number: Any) -> str:
    """Whole numbers in full, others by six digits."""
    return f"{number:.6g}" if isinstance(number, float) else str(int(number))
