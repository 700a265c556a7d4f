"""What colors stand for; as rich text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Color = tuple[int, int, int]  # red, green and blue, 0 to 255
Entries = Sequence[tuple[str, Color]]
_MOST = 30


@dataclass(frozen=True)
class Legend:
    """What its colors are of, and names with their colors."""

    title: str
    entries: Entries


def shown_entries(entries: Entries, most: int = _MOST) -> list[tuple[str, Color | None]]:
    """The texts that are shown, and their colors; of more than `most` names the first, and how many more there are."""
    others = len(entries) - most
    return [*entries[:most], *([(f"and {others} more", None)] if others > 0 else [])]


def legend_text(entries: Entries) -> str:
    """A square in each color, with its name."""
    return " &nbsp; ".join(_entry_text(text, color) for text, color in shown_entries(entries))


def _entry_text(text: str, color: Color | None) -> str:
    if color is None:
        return text
    red, green, blue = color
    return f'<span style="color:#{red:02x}{green:02x}{blue:02x}">■</span>&nbsp;{escape(text).replace(" ", "&nbsp;")}'
