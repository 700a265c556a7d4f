"""Contact sheets: all pictures small with their names below, on pages of A4, as one PDF or as PNG files.

Drawn by Qt, which writes names in whatever letters the system has a font for; no window is needed, and any thread may
draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from AnyQt.QtCore import QRectF, Qt
from AnyQt.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageSize, QPainter, QPdfWriter, QTextOption

from ...core.sheet_pages import SheetCell
from .painted_file import painted_file, painter_on

SHEETS = {"none": "None", "pdf": "PDF, A4", "png": "PNG, a file a page"}
COLUMNS, ROWS = 4, 5
PER_PAGE = COLUMNS * ROWS
THUMBNAIL_PX = 384
_DPI = 200
_PAGE_PX = (1654, 2339)  # A4 at 200 dots per inch
_MARGIN_PX, _GAP_PX, _LINE_PX = 110, 36, 34
_INK, _PALE, _PAPER = QColor("#222222"), QColor("#cccccc"), QColor("#ffffff")


@dataclass(frozen=True)
class SheetText:
    """What is written on each page: at its head, and how many pages there are."""

    title: str
    pages: int


def write_pdf(path: Path, text: SheetText, pages: Iterable[list[SheetCell]], replaces: bool) -> None:
    """Write all pages to one file. Raises OutputError, and what `pages` raises; then nothing is left."""
    with painted_file(path, replaces) as file:
        writer = QPdfWriter(file)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setResolution(_DPI)
        writer.setTitle(text.title)
        layout = writer.pageLayout()
        layout.setMode(layout.Mode.FullPageMode)
        writer.setPageLayout(layout)
        painter = painter_on(writer)
        try:
            for number, cells in enumerate(pages, 1):
                if number > 1:
                    writer.newPage()
                    file.pour()  # thousands of pictures would fill the memory
                _draw_page(painter, cells, text, number)
        finally:
            painter.end()


def write_png(path_of: Callable[[int], tuple[Path, bool]], text: SheetText,
              pages: Iterable[list[SheetCell]]) -> list[str]:
    """Write each page to a file of its own; their paths.

    Args:
        path_of: the path of a page, counted from 1, and whether a file that is there is replaced.
        text: of each page.
        pages: as `core.sheet_pages.sheet_pages` gives them.

    Raises:
        OutputError: a file cannot be written; pages before it stay.
    """
    paths = []
    for number, cells in enumerate(pages, 1):
        path, replaces = path_of(number)
        with painted_file(path, replaces) as file:
            page = QImage(*_PAGE_PX, QImage.Format.Format_RGB32)
            page.setDotsPerMeterX(round(_DPI / 0.0254))
            page.setDotsPerMeterY(round(_DPI / 0.0254))
            page.fill(_PAPER)
            painter = painter_on(page)
            _draw_page(painter, cells, text, number)
            painter.end()
            file.take_png(page)
        paths.append(str(path))
    return paths


def _draw_page(painter: QPainter, cells: list[SheetCell], text: SheetText, number: int) -> None:
    """Pictures from left to right, then down; a page is 1654 × 2339 dots."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    width, height = (side - 2 * _MARGIN_PX for side in _PAGE_PX)
    head = QRectF(_MARGIN_PX, _MARGIN_PX - 2 * _LINE_PX, width, _LINE_PX * 1.3)
    _draw_text(painter, head, text.title, 28, Qt.AlignmentFlag.AlignLeft, width * 0.8)
    _draw_text(painter, head, f"{number} of {text.pages}", 24, Qt.AlignmentFlag.AlignRight, width * 0.2)
    across, down = (width + _GAP_PX) / COLUMNS, (height + _GAP_PX) / ROWS
    for at, cell in enumerate(cells):
        row, column = divmod(at, COLUMNS)
        _draw_cell(painter, cell, QRectF(_MARGIN_PX + column * across, _MARGIN_PX + row * down,
                                         across - _GAP_PX, down - _GAP_PX))


def _draw_cell(painter: QPainter, cell: SheetCell, place: QRectF) -> None:
    """The picture as large as fits, never enlarged more than four times, and its caption below."""
    room = place.adjusted(0, 0, 0, -1.4 * _LINE_PX)
    if cell.pixels is None:
        painter.setPen(_PALE)
        painter.drawRect(room)
    else:
        height, width = cell.pixels.shape[:2]
        scale = min(room.width() / width, room.height() / height, 4.0)
        where = QRectF(0, 0, width * scale, height * scale)
        where.moveCenter(room.center())
        image = QImage(cell.pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        painter.drawImage(where, image)
    below = QRectF(place.left(), room.bottom() + 0.2 * _LINE_PX, place.width(), 1.2 * _LINE_PX)
    _draw_text(painter, below, cell.caption, 22, Qt.AlignmentFlag.AlignHCenter, place.width())


def _draw_text(painter: QPainter, place: QRectF, text: str, height_px: int, alignment: Qt.AlignmentFlag,
               room: float) -> None:
    """One line, shortened in its middle where it is too long."""
    font = QFont()
    font.setPixelSize(height_px)
    painter.setFont(font)
    painter.setPen(_INK)
    short = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideMiddle, room)
    line = QTextOption(alignment | Qt.AlignmentFlag.AlignVCenter)
    line.setWrapMode(QTextOption.WrapMode.NoWrap)
    painter.drawText(place, short, line)
