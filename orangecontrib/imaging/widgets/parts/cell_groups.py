"""The groups of chosen cells as one picture to lay over a grid: as quick for twenty thousand cells as for ten."""

from __future__ import annotations

import numpy as np
from AnyQt.QtGui import QColor, QImage, QPixmap
from numpy.typing import NDArray

from .cell_painter import frame_px

#: amber, as Orange's plots mark what is selected; then none that its palettes begin with, for these frame the classes
GROUP_COLORS = tuple(map(QColor, ("#ffbe00", "#e83fb8", "#8bd600", "#8a5cff", "#00b8a9", "#ff7a59", "#9c6b30",
                                  "#5b7fa6")))
_FILL_ALPHA, _SMALL_FILL_ALPHA = 46, 120
_SMALL_PX = 16
_OPAQUE = 255
_FILL, _FRAME, _LINE = 1, 2, 3


def groups_pixmap(groups: NDArray[np.int64], side: int, pitch: int) -> QPixmap:
    """Frames around the cells that are chosen, over a light fill, in the color of their group.

    Args:
        groups: (rows, columns) int64, the group of what is in each cell, from 1 on; 0 for none.
        side: of a cell's square, in pixels.
        pitch: from one row of cells to the next, in pixels; at least `side`.

    Returns:
        rows × pitch high and columns × side wide; nothing where no cell is chosen, and in captions.
    """
    rows, columns = groups.shape
    cells = _colored_cells(side, pitch)[np.where(groups > 0, (groups - 1) % len(GROUP_COLORS) + 1, 0)]
    pixels = np.ascontiguousarray(cells.transpose(0, 2, 1, 3))
    image = QImage(pixels.data, columns * side, rows * pitch, 4 * columns * side,
                   QImage.Format.Format_ARGB32_Premultiplied)
    return QPixmap.fromImage(image.copy())  # a pixmap may share its image's pixels, and these are NumPy's


def _colored_cells(side: int, pitch: int) -> NDArray[np.uint32]:
    """(colors + 1, pitch, side) premultiplied ARGB: a cell that is not chosen, and one in each color."""
    inks = np.zeros((len(GROUP_COLORS) + 1, 4), np.uint32)
    alpha = _FILL_ALPHA if side >= _SMALL_PX else _SMALL_FILL_ALPHA
    inks[1:, _FILL] = [_ink(color, alpha) for color in GROUP_COLORS]
    inks[1:, _FRAME] = [_ink(color, _OPAQUE) for color in GROUP_COLORS]
    inks[1:, _LINE] = _ink(QColor(0, 0, 0), _OPAQUE)
    return inks[:, _cell(side, pitch)]


def _cell(side: int, pitch: int) -> NDArray[np.uint8]:
    """(pitch, side): which part of a chosen cell each pixel belongs to; 0 for none."""
    parts, width = np.zeros((pitch, side), np.uint8), frame_px(side)
    parts[:side] = _FRAME
    if side >= _SMALL_PX:  # tells the frame from a picture, or a class, of the same color
        parts[width:side - width, width:side - width] = _LINE
        width += 1
    parts[width:side - width, width:side - width] = _FILL
    return parts


def _ink(color: QColor, alpha: int) -> int:
    red, green, blue = (round(part * alpha / _OPAQUE) for part in color.getRgb()[:3])
    return alpha << 24 | red << 16 | green << 8 | blue
