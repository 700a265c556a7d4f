"""One picture in a window of its own, fitted to it; the arrow keys go to the next and previous."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import QEvent, QRectF, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QPainter
from AnyQt.QtWidgets import QWidget

from ...core.reading import Reading
from .grid_painter import fitted, paint_broken
from .picture_area import PictureItem
from .thumbnail_entries import Entry
from .thumbnails import Thumbnails

_LARGEST_PX = 2560
_MARGIN_PX = 12
_GROUND = QColor(24, 24, 24)
_TEXT = QColor(200, 200, 200)
_FORWARD = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown)
_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp)
_CLOSE = (Qt.Key.Key_Escape, Qt.Key.Key_Space)


class PictureWindow(QWidget):
    """The picture of one row; a dark ground in every palette, so that colours can be judged.

    Larger pictures than 2560 pixels are shown at that size.
    """

    #: the window went to another row (int)
    moved = Signal(int)

    def __init__(self, parent: QWidget, previews: Thumbnails) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._previews = previews
        self._items: Sequence[PictureItem] = ()
        self._row: int | None = None
        self.thumbnails = Thumbnails(self)
        self.thumbnails.changed.connect(self._on_thumbnails)
        self.resize(900, 700)

    def set_items(self, items: Sequence[PictureItem], reading: Reading = Reading()) -> None:
        """Other pictures, read by this recipe; a window that shows one of the old ones closes."""
        self._items, self._row = items, None
        self.thumbnails.set_reading(reading)
        self.thumbnails.recheck()
        self.close()

    def show_row(self, row: int) -> None:
        """Show the picture of a row, in front of other windows."""
        self._row = row
        self.thumbnails.request(self._paths(row), _LARGEST_PX, self._paths(row + 1, row - 1))
        self._name_window()
        self.update()
        self.show()
        self.raise_()
        self.activateWindow()

    def _paths(self, *rows: int) -> list[str]:
        """The files of some rows, of those that are there and have one."""
        items = [self._items[row] for row in rows if 0 <= row < len(self._items)]
        return [item.path for item in items if not item.reason]

    def entry(self) -> Entry | None:
        """The best that is known of the shown picture: itself, or its thumbnail until it is read."""
        if self._row is None:
            return None
        item = self._items[self._row]
        return item.refusal or self.thumbnails.find(item.path) or self._previews.find(item.path)

    def _name_window(self) -> None:
        entry = self.entry()
        size = f"{entry.full_width} × {entry.full_height}" if entry and entry.pixmap else ""
        parts = [self._items[self._row].caption, size, f"{self._row + 1} of {len(self._items)}"]
        self.setWindowTitle(" — ".join(part for part in parts if part))

    def _on_thumbnails(self, paths: set[str]) -> None:
        if self._row is not None and self._items[self._row].path in paths:
            self._name_window()
            self.update()

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing
                               | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), _GROUND)
        entry = self.entry()
        place = self.rect().adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        if entry is not None and entry.pixmap is not None:
            painter.drawPixmap(fitted(entry.pixmap.size(), place), entry.pixmap)
        elif entry is not None:
            self._paint_reason(painter, QRectF(place), entry.reason)
        painter.end()

    def _paint_reason(self, painter: QPainter, place: QRectF, reason: str) -> None:
        sign = QRectF(0, 0, 220, 220)
        sign.moveCenter(place.center())
        paint_broken(painter, sign, _TEXT)
        below = place.adjusted(0, place.height() / 2 + 70, 0, 0)
        painter.setPen(_TEXT)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap),
                         f"This picture cannot be shown: {reason}.")

    def keyPressEvent(self, event: QEvent) -> None:
        if event.key() in _CLOSE:
            self.close()
        elif event.key() in _FORWARD + _BACK and self._row is not None:
            row = self._row + (1 if event.key() in _FORWARD else -1)
            if 0 <= row < len(self._items):
                self.show_row(row)
                self.moved.emit(row)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QEvent) -> None:
        self.thumbnails.request((), _LARGEST_PX)  # nobody waits for the neighbours any more
        super().closeEvent(event)

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        self.close()

    def sizeHint(self) -> QSize:
        return QSize(900, 700)
