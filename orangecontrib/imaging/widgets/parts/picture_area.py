"""A scrolling area of thumbnails with captions.

Only what is in sight, and a screenful around it, is asked from `Thumbnails`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from AnyQt.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from AnyQt.QtGui import QPainter, QPalette
from AnyQt.QtWidgets import QAbstractScrollArea

from .grid_layout import GridLayout
from .grid_painter import CellPainter, CellState
from .picture_tips import PictureTip
from .thumbnail_entries import Entry, step_px
from .thumbnails import Thumbnails

SIZES_PX = (48, 320)


@dataclass(frozen=True)
class PictureItem:
    """One cell.

    Attributes:
        path: the file, or what was given in place of one.
        caption: what is written below it.
        reason: why `path` cannot lead to a picture, so that nothing is read; else "".
    """

    path: str
    caption: str
    reason: str = ""

    @property
    def refusal(self) -> Entry | None:
        """What is known without reading; None for a file."""
        return Entry(0, reason=self.reason) if self.reason else None


class PictureArea(QAbstractScrollArea):
    """Thumbnails with captions, evenly spaced, to scroll through."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.items: Sequence[PictureItem] = ()
        self._thumbnail_px = 120
        self._hovered: int | None = None
        self._asking = QTimer(self, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        self._tip = PictureTip(thumbnails)
        thumbnails.changed.connect(self._on_thumbnails)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.viewport().setAutoFillBackground(True)
        self.viewport().setMouseTracking(True)
        self._arrange()

    def set_items(self, items: Sequence[PictureItem]) -> None:
        """Show other pictures, from the first."""
        self.items = items
        self._hovered = None
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def set_thumbnail_px(self, size_px: int) -> None:
        """The side of the square that each thumbnail fits in, in logical pixels."""
        first = self._first_in_sight()
        self._thumbnail_px = size_px
        self._arrange()
        self._keep_in_sight(first)

    def scroll_to(self, row: int) -> None:
        """Bring a row into sight."""
        bar, cell = self.verticalScrollBar(), self.grid.cell(row)
        margin = self.grid.line_height - cell.height()
        if cell.top() - margin < bar.value():
            bar.setValue(cell.top() - margin)
        elif cell.bottom() + margin > bar.value() + self.viewport().height():
            bar.setValue(cell.bottom() + margin - self.viewport().height())

    def visible_rows(self) -> range:
        """The rows in sight."""
        return self.grid.visible(self.verticalScrollBar().value(), self.viewport().height())

    def cell_rect(self, row: int) -> QRect:
        """Where a row's cell is on the viewport."""
        return self.grid.cell(row).translated(0, -self.verticalScrollBar().value())

    def _arrange(self) -> None:
        self._painter = CellPainter(self.palette(), self.fontMetrics(), self._thumbnail_px)
        cell, view = self._painter.cell_size, self.viewport().size()
        self.grid = GridLayout(len(self.items), view.width(), cell.width(), cell.height())
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.grid.height - view.height()))
        bar.setPageStep(max(1, view.height() - self.grid.line_height // 2))
        bar.setSingleStep(max(20, self.grid.line_height // 3))
        self.viewport().update()
        self._asking.start()

    def _first_in_sight(self) -> int | None:
        bar = self.verticalScrollBar()
        return self.visible_rows().start if bar.value() > 0 and len(self.items) else None

    def _keep_in_sight(self, row: int | None) -> None:
        if row is not None:
            top = self.grid.cell(row).top()
            self.verticalScrollBar().setValue(top - self.grid.line_height
                                              + self.grid.cell_height)

    def _ask(self) -> None:
        """Request what is in sight first, then the screenful after it and the one before."""
        if not self.isVisible():
            return
        seen = self.visible_rows()
        page = len(seen)
        near = (*range(seen.stop, min(seen.stop + page, len(self.items))),
                *range(seen.start - 1, max(-1, seen.start - 1 - page), -1))
        size_px = step_px(self._thumbnail_px * self.devicePixelRatioF())
        self.thumbnails.request(self._paths(seen), size_px, self._paths(near))

    def _paths(self, rows: Iterable[int]) -> list[str]:
        """The files of some rows, of those that have one."""
        items = [self.items[row] for row in rows]
        return [item.path for item in items if not item.reason]

    def _on_thumbnails(self, paths: set[str]) -> None:
        for row in self.visible_rows():
            if self.items[row].path in paths:
                self.viewport().update(self.cell_rect(row))

    def resizeEvent(self, event: QEvent) -> None:
        first = self._first_in_sight()
        super().resizeEvent(event)
        self._arrange()
        self._keep_in_sight(first)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._asking.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange,
                            QEvent.Type.StyleChange):
            self._arrange()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._asking.start()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self.thumbnails.request((), 0)  # nobody waits for what nobody sees
        self._tip.hide()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing
                               | QPainter.RenderHint.SmoothPixmapTransform)
        top = self.verticalScrollBar().value()
        area = event.rect()
        for row in self.grid.visible(area.top() + top, area.height()):
            cell = self.cell_rect(row)
            if cell.intersects(area):
                item = self.items[row]
                self._painter.paint(painter, cell, item.caption, self.entry(item),
                                    self.cell_state(row))
        painter.end()

    def entry(self, item: PictureItem) -> Entry | None:
        """What is known of a picture; None while it is being read."""
        return item.refusal or self.thumbnails.find(item.path)

    def cell_state(self, row: int) -> CellState:
        """How a row's cell stands out."""
        return CellState(hovered=row == self._hovered)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(self.row_at(event.pos()), event.globalPos())
            return True
        if event.type() == QEvent.Type.Leave:
            self.hover(None)
        return super().viewportEvent(event)

    def _show_tip(self, row: int | None, at: QPoint) -> None:
        if row is None:
            self._tip.hide()
        else:
            self._tip.show_for(self.items[row], self.tip_lines(row), at, self.viewport(), self.cell_rect(row))

    def tip_lines(self, row: int) -> Sequence[str]:
        """What else the tip of a row says, as plain text."""
        return ()

    def to_content(self, point: QPoint) -> QPoint:
        """A point of the viewport, on the whole grid."""
        return point + QPoint(0, self.verticalScrollBar().value())

    def row_at(self, point: QPoint) -> int | None:
        """The row whose cell is at a point of the viewport."""
        return self.grid.index_at(self.to_content(point))

    def hover(self, row: int | None) -> None:
        """Make the row under the pointer stand out a little."""
        for changed in {self._hovered, row} - {None}:
            if self._hovered != row:
                self.viewport().update(self.cell_rect(changed))
        self._hovered = row

    def sizeHint(self) -> QSize:
        return QSize(760, 560)
