"""What colors stand for, as rich text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_MOST = 30


def legend_text(entries: Sequence[tuple[str, tuple[int, int, int]]]) -> str:
    """A square in each color, with its name; of more than thirty, the first, and how many others there are.

    Args:
        entries: names, and colors as red, green and blue from 0 to 255.
    """
    shown = [f'<span style="color:#{red:02x}{green:02x}{blue:02x}">■</span>&nbsp;{escape(name).replace(" ", "&nbsp;")}'
             for name, (red, green, blue) in entries[:_MOST]]
    return " &nbsp; ".join([*shown, *([f"and {len(entries) - _MOST} more"] if len(entries) > _MOST else [])])
