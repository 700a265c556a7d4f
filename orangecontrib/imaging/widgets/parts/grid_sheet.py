"""A grid of pictures as a sheet for print."""

from __future__ import annotations

from ...core.reading import Reading
from .cell_area import CellArea
from .cell_painter import FADED
from .color_legend import Legend
from .printing import PrintedPicture, Sheet

_SIDE, _MARGIN, _FRAME, _CAPTION = 100.0, 2.0, 5.0, 16.0


def grid_sheet(area: CellArea, reading: Reading, hosts: frozenset[str], legend: Legend | None = None) -> Sheet:
    """The whole grid, whatever of it is in sight; captions as the area shows them, however small its cells are."""
    rows, columns = area.shape
    below = _CAPTION if area.has_captions else 0.0
    pictures = []
    for row in area.placed_rows():
        down, right = divmod(area.cell_of(row), columns)
        look = area.look(row)
        inner = _MARGIN + (_FRAME if look.frame else 0)
        pictures.append(PrintedPicture(
            path=area.items[row].path, reason=area.items[row].reason,
            place=(right * _SIDE + inner, down * (_SIDE + below) + inner, _SIDE - 2 * inner, _SIDE - 2 * inner),
            caption=look.caption, caption_height=below,
            frame=look.frame.getRgb()[:3] if look.frame else None, frame_width=_FRAME if look.frame else 0.0,
            is_filled=area.is_filled, opacity=FADED if look.is_faded else 1.0))
    return Sheet(columns * _SIDE, rows * (_SIDE + below), pictures, reading=reading, hosts=hosts,
                 legend=legend)
