"""Pictures on a sheet of paper: a file for print, whose pictures are read again as large as they are printed.

It runs in a thread: it paints on images and files alone, never on pixmaps or windows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from AnyQt.QtCore import QMarginsF, QPoint, QRect, QRectF, QSize, QSizeF, Qt
from AnyQt.QtGui import QColor, QFont, QImage, QPageLayout, QPageSize, QPaintDevice, QPainter, QPdfWriter, QPen
from AnyQt.QtSvg import QSvgGenerator

from ...core.errors import Cancelled, OutputError, UnreadableImage
from ...core.paths import escape_path
from ...core.reading import Reading
from ...core.thumbnail_stream import Cover, read_thumbnails
from ...core.thumbnails import Thumbnail
from .color_legend import Color, Legend
from .grid_painter import fitted, paint_broken
from .painted_file import PaintedFile, painted_file, painter_on
from .printed_legend import legend_height_px, legend_width_px, paint_legend
from .thumbnail_readers import image_of

DPI = 300
FORMATS = {".png": "PNG image", ".pdf": "PDF document", ".svg": "SVG drawing"}
_A4_MM = (210, 297)
_MARGIN_MM = 10
_MM_PER_INCH = 25.4
_PAGE_DOTS = tuple((side - 2 * _MARGIN_MM) / _MM_PER_INCH * DPI for side in _A4_MM)
_INK, _BLANK, _BROKEN = QColor(0, 0, 0), QColor(236, 236, 236), QColor(130, 130, 130)
_SMALLEST_TEXT_PX = 12


@dataclass(frozen=True)
class PrintedPicture:
    """One picture on a sheet.

    Attributes:
        path: its file or web address.
        place: left, top, width and height, in the sheet's unit.
        reason: why `path` leads to no picture; else "".
        caption: written below `place`.
        caption_height: room for it, in the sheet's unit.
        frame: red, green and blue, 0 to 255; None for no frame.
        frame_width: in the sheet's unit.
        is_filled: the picture is cut to fill its place; else it is shown whole.
        opacity: 0 to 1.
    """

    path: str
    place: tuple[float, float, float, float]
    reason: str = ""
    caption: str = ""
    caption_height: float = 0.0
    frame: Color | None = None
    frame_width: float = 0.0
    is_filled: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class Sheet:
    """What is printed: white, with these pictures, the later above the earlier.

    Attributes:
        width, height: in any unit.
        pictures: in the order they are painted.
        dots: x, y, radius, and red, green and blue of each; below the pictures.
        reading: how files become pictures.
        hosts: that pictures may be fetched from.
        legend: what the colors of frames and dots mean; printed below.
    """

    width: float
    height: float
    pictures: Sequence[PrintedPicture]
    dots: Sequence[tuple[float, float, float, Color]] = ()
    reading: Reading = Reading()
    hosts: frozenset[str] = frozenset()
    legend: Legend | None = None


@dataclass(frozen=True)
class Printed:
    """A file that was written; `unread`: how many of its pictures could not be read."""

    path: Path
    unread: int


def print_sheet(sheet: Sheet, path: Path, *, on_progress: Callable[[float], None] | None = None,
                cancelled: Callable[[], bool] | None = None,
                may_place: Callable[[], bool] | None = None) -> Printed:
    """Write a sheet as PNG, PDF or SVG, as large as A4 paper less a margin has room for, at 300 dots an inch.

    A PDF is an A4 page, upright or across. What is at `path` is replaced.

    Args:
        sheet: what is written.
        path: where to.
        on_progress: told the part that is painted, 0 to 1.
        cancelled: asked often.
        may_place: asked once, when all is written and only the move to `path` is left.

    Raises:
        OutputError: the ending is another, or the file cannot be written.
        Cancelled: `cancelled` returned True, or `may_place` False; what was at `path` is as it was.
    """
    check_format(path)
    size, pictures = _sizes(sheet)
    with painted_file(path) as file:
        device = _DEVICES[path.suffix.lower()](file, size)
        painter = painter_on(device)
        try:
            unread = _paint(painter, sheet, size, pictures, on_progress, cancelled)
        finally:
            painter.end()
        if isinstance(device, QImage):
            file.take_png(device)
        file.pour()
        if may_place is not None and not may_place():
            raise Cancelled(f"{escape_path(str(path))} is not saved.")
    return Printed(path, unread)


def check_format(path: Path) -> None:
    """See that the ending of a file is one of `FORMATS`.

    Raises:
        OutputError: it is not.
    """
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"{escape_path(str(path))}: the name must end in {', '.join(FORMATS)}.")


def printed_size(width: float, height: float) -> QSize:
    """How many dots across and down a sheet of this shape is printed with."""
    short, long = _PAGE_DOTS
    most = QSizeF(long, short) if width > height else QSizeF(short, long)
    size = QSizeF(width, height).scaled(most, Qt.AspectRatioMode.KeepAspectRatio)
    return QSize(max(1, round(size.width())), max(1, round(size.height())))


def _sizes(sheet: Sheet) -> tuple[QSize, QSize]:
    """How many dots across and down a sheet is printed with, and its pictures, above its legend."""
    pictures = printed_size(sheet.width, sheet.height)
    short, long = map(round, _PAGE_DOTS)
    page = QSize(long, short) if sheet.width > sheet.height else QSize(short, long)
    width = max(pictures.width(), min(legend_width_px(sheet.legend), page.width()))
    below = legend_height_px(sheet.legend, width)
    size = QSize(width, min(pictures.height() + below, page.height()))
    return size, pictures.scaled(pictures.width(), size.height() - below, Qt.AspectRatioMode.KeepAspectRatio)


def _png(_file: PaintedFile, size: QSize) -> QPaintDevice:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for set_dots in (image.setDotsPerMeterX, image.setDotsPerMeterY):
        set_dots(round(DPI / _MM_PER_INCH * 1000))
    return image


def _pdf(file: PaintedFile, size: QSize) -> QPaintDevice:
    writer = QPdfWriter(file)
    writer.setResolution(DPI)
    is_across = size.width() > size.height()
    writer.setPageLayout(QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4),
        QPageLayout.Orientation.Landscape if is_across else QPageLayout.Orientation.Portrait,
        QMarginsF(*[_MARGIN_MM] * 4), QPageLayout.Unit.Millimeter))
    return writer


def _svg(file: PaintedFile, size: QSize) -> QPaintDevice:
    generator = QSvgGenerator()
    generator.setOutputDevice(file)
    generator.setResolution(DPI)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    return generator


_DEVICES = {".png": _png, ".pdf": _pdf, ".svg": _svg}


def _paint(painter: QPainter, sheet: Sheet, size: QSize, inner: QSize, on_progress: Callable[[float], None] | None,
           cancelled: Callable[[], bool] | None) -> int:
    """Paint all of a sheet; how many of its pictures could not be read."""
    scale = inner.width() / sheet.width
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.fillRect(QRect(QPoint(), size), Qt.GlobalColor.white)
    if sheet.legend is not None:
        paint_legend(painter, sheet.legend, inner.height(), size.width())
    painter.translate((size.width() - inner.width()) / 2, 0)
    _paint_dots(painter, sheet, scale)
    readable = [picture for picture in sheet.pictures if not picture.reason]
    found = read_thumbnails([(picture.path, _needed(picture, scale)) for picture in readable], sheet.reading,
                            sheet.hosts, cancelled=cancelled)
    unread = 0
    for number, picture in enumerate(sheet.pictures, start=1):
        small = UnreadableImage(picture.path, picture.reason) if picture.reason else next(found)
        unread += isinstance(small, UnreadableImage)
        _paint_picture(painter, picture, scale, small)
        if on_progress is not None:
            on_progress(number / len(sheet.pictures))
    return unread


def _needed(picture: PrintedPicture, scale: float) -> int | Cover:
    """The longest side that a picture is printed with; of one that is cut, what it covers."""
    width, height = (max(1, round(side * scale)) for side in picture.place[2:])
    return Cover(width, height) if picture.is_filled else max(width, height)


def _paint_dots(painter: QPainter, sheet: Sheet, scale: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y, radius, color in sheet.dots:
        painter.setBrush(QColor(*color))
        painter.drawEllipse(QRectF((x - radius) * scale, (y - radius) * scale, 2 * radius * scale, 2 * radius * scale))


def _paint_picture(painter: QPainter, picture: PrintedPicture, scale: float,
                   small: Thumbnail | UnreadableImage) -> None:
    left, top, width, height = (side * scale for side in picture.place)
    place = QRect(round(left), round(top), max(1, round(left + width) - round(left)),
                  max(1, round(top + height) - round(top)))
    painter.setOpacity(picture.opacity)
    if picture.frame is not None:
        around = round(picture.frame_width * scale)
        painter.fillRect(place.adjusted(-around, -around, around, around), QColor(*picture.frame))
    if isinstance(small, UnreadableImage):
        painter.fillRect(place, _BLANK)
        paint_broken(painter, QRectF(place), _BROKEN)
    else:
        _paint_image(painter, place, image_of(small.pixels), is_filled=picture.is_filled)
    if picture.caption:
        _write(painter, QRectF(left, top + height, width, picture.caption_height * scale), picture.caption)
    painter.setOpacity(1.0)


def _paint_image(painter: QPainter, place: QRect, image: QImage, *, is_filled: bool) -> None:
    if is_filled:
        shape = QSizeF(place.size()).scaled(QSizeF(image.size()), Qt.AspectRatioMode.KeepAspectRatio)
        part = QRectF((image.width() - shape.width()) / 2, (image.height() - shape.height()) / 2, shape.width(),
                      shape.height())
        painter.drawImage(QRectF(place), image, part)
        return
    target = fitted(image.size(), place)
    if target != place:
        painter.fillRect(place, Qt.GlobalColor.white)
    painter.drawImage(QRectF(target), image, QRectF(image.rect()))


def _write(painter: QPainter, place: QRectF, text: str) -> None:
    font = QFont(painter.font())
    font.setPixelSize(max(_SMALLEST_TEXT_PX, round(place.height() * 0.62)))
    painter.setFont(font)
    painter.setPen(QPen(_INK))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, round(place.width()))
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine), shown)
