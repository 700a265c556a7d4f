"""A scrolling area of thumbnails with captions.

Only what is in sight, and a screenful around it, is asked from `Thumbnails`. Pictures are named by their rows; where
they are shown is told by an `Arrangement`, and only this file and those that draw know of positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from AnyQt.QtGui import QColor, QPainter, QPalette
from AnyQt.QtWidgets import QAbstractScrollArea
from numpy.typing import NDArray

from .grid_layout import GridLayout
from .grid_painter import CellPainter, CellState
from .picture_items import Arrangement, PictureItem, as_given
from .picture_tips import PictureTip
from .thumbnail_entries import Entry, step_px
from .thumbnails import Thumbnails

__all__ = ["SIZES_PX", "PictureArea", "PictureItem"]

SIZES_PX = (48, 320)


class PictureArea(QAbstractScrollArea):
    """Thumbnails with captions, evenly spaced, to scroll through."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.items: Sequence[PictureItem] = ()
        self.arrangement = as_given(0)
        self._colors: NDArray[np.uint8] | None = None
        self._bright: NDArray[np.bool_] | None = None
        self._hint = ""
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
        """Show other pictures, all of them in the order of their rows, from the first."""
        self.items, self.arrangement = items, as_given(len(items))
        self._colors = self._bright = self._hovered = None
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def rearrange(self, items: Sequence[PictureItem], arrangement: Arrangement) -> None:
        """Show the same rows with other captions, or in another order: then from the first.

        Args:
            items: as many as before, of the same pictures.
            arrangement: of so many rows.
        """
        stays = np.array_equal(arrangement.order, self.arrangement.order)
        first = self._first_in_sight() if stays else None
        self.items, self.arrangement, self._hovered = items, arrangement, None
        self._arrange()
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() if stays else 0)
        self._keep_in_sight(first)

    def set_marks(self, colors: NDArray[np.uint8] | None, bright: NDArray[np.bool_] | None) -> None:
        """Frame pictures, and let some stand back.

        Args:
            colors: (n, 4) uint8 RGBA by row, alpha 0 for no frame; None for no frames.
            bright: (n,) bool by row, False for those that stand back; None for none.
        """
        self._colors, self._bright = colors, bright
        self.viewport().update()

    def set_hint(self, text: str) -> None:
        """What is written where no picture is shown."""
        self._hint = text
        self.viewport().update()

    def set_thumbnail_px(self, size_px: int) -> None:
        """The side of the square that each thumbnail fits in, in logical pixels."""
        first = self._first_in_sight()
        self._thumbnail_px = size_px
        self._arrange()
        self._keep_in_sight(first)

    def scroll_to(self, row: int) -> None:
        """Bring a row into sight, if it is shown."""
        position = self.arrangement.position(row)
        if position < 0:
            return
        bar, cell = self.verticalScrollBar(), self.grid.cell(position)
        margin = self.grid.line_height - cell.height()
        if cell.top() - margin - self.grid.heading_height < bar.value():
            bar.setValue(cell.top() - margin - self.grid.heading_height)
        elif cell.bottom() + margin > bar.value() + self.viewport().height():
            bar.setValue(cell.bottom() + margin - self.viewport().height())

    def visible_positions(self) -> range:
        """The positions in sight."""
        return self.grid.visible(self.verticalScrollBar().value(), self.viewport().height())

    def visible_rows(self) -> list[int]:
        """The rows in sight, as they are shown."""
        seen = self.visible_positions()
        return self.arrangement.order[seen.start:seen.stop].tolist()

    def cell_rect(self, row: int) -> QRect:
        """Where a row's cell is on the viewport; empty where the row is not shown."""
        position = self.arrangement.position(row)
        return self._cell(position) if position >= 0 else QRect()

    def _cell(self, position: int) -> QRect:
        return self.grid.cell(position).translated(0, -self.verticalScrollBar().value())

    def _arrange(self) -> None:
        lines = 1 + len(self.items[0].more) if len(self.items) else 1
        self._painter = CellPainter(self.palette(), self.fontMetrics(), self._thumbnail_px, lines)
        cell, view, groups = self._painter.cell_size, self.viewport().size(), self.arrangement.groups
        self.grid = GridLayout(len(self.arrangement.order), view.width(), cell.width(), cell.height(),
                               groups.counts, self._painter.heading_height if groups else 0)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.grid.height - view.height()))
        bar.setPageStep(max(1, view.height() - self.grid.line_height // 2))
        bar.setSingleStep(max(20, self.grid.line_height // 3))
        self.viewport().update()
        self._asking.start()

    def _first_in_sight(self) -> int | None:
        """The first row in sight; None at the very top."""
        rows = self.visible_rows()
        return rows[0] if self.verticalScrollBar().value() > 0 and rows else None

    def _keep_in_sight(self, row: int | None) -> None:
        if row is not None:
            top = self.grid.cell(self.arrangement.position(row)).top()
            self.verticalScrollBar().setValue(top - self.grid.line_gap - self.grid.heading_height)

    def _ask(self) -> None:
        """Request what is in sight first, then the screenful after it and the one before."""
        if not self.isVisible():
            return
        seen = self.visible_positions()
        page = len(seen)
        near = (*range(seen.stop, min(seen.stop + page, len(self.arrangement.order))),
                *range(seen.start - 1, max(-1, seen.start - 1 - page), -1))
        size_px = step_px(self._thumbnail_px * self.devicePixelRatioF())
        self.thumbnails.request(self._paths(seen), size_px, self._paths(near))

    def _paths(self, positions: Iterable[int]) -> list[str]:
        """The files at some positions, of those that have one."""
        items = [self.items[int(self.arrangement.order[position])] for position in positions]
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
        area = event.rect()
        for position in self.grid.visible(area.top() + self.verticalScrollBar().value(), area.height()):
            cell = self._cell(position)
            if cell.intersects(area):
                row = int(self.arrangement.order[position])
                item = self.items[row]
                self._painter.paint(painter, cell, item, self.entry(item), self.cell_state(row))
        self._paint_headings(painter)
        if not len(self.arrangement.order) and self._hint:
            self._painter.paint_hint(painter, self.viewport().rect(), self._hint)
        painter.end()

    def _paint_headings(self, painter: QPainter) -> None:
        """The heading of the group at the top stays in sight until the next one comes."""
        top, groups = self.verticalScrollBar().value(), self.arrangement.groups
        for group in reversed(self.grid.headings(top, self.viewport().height())):
            place = self.grid.heading(group).translated(0, -top)
            if place.top() < 0:
                after = self.grid.heading(group + 1).top() - top if group + 1 < len(groups) else place.height()
                place.moveTop(min(0, after - place.height()))
            self._painter.paint_heading(painter, place, groups[group])

    def entry(self, item: PictureItem) -> Entry | None:
        """What is known of a picture; None while it is being read."""
        return item.refusal or self.thumbnails.find(item.path)

    def cell_state(self, row: int) -> CellState:
        """How a row's cell stands out."""
        color = self._colors[row].tolist() if self._colors is not None else (0, 0, 0, 0)
        return CellState(hovered=row == self._hovered, frame=QColor(*color) if color[3] else None,
                         dimmed=self._bright is not None and not self._bright[row])

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
        return self.items[row].more

    def to_content(self, point: QPoint) -> QPoint:
        """A point of the viewport, on the whole grid."""
        return point + QPoint(0, self.verticalScrollBar().value())

    def row_at(self, point: QPoint) -> int | None:
        """The row whose cell is at a point of the viewport."""
        position = self.grid.index_at(self.to_content(point))
        return int(self.arrangement.order[position]) if position is not None else None

    def hover(self, row: int | None) -> None:
        """Make the row under the pointer stand out a little."""
        for changed in {self._hovered, row} - {None}:
            if self._hovered != row:
                self.viewport().update(self.cell_rect(changed))
        self._hovered = row

    def sizeHint(self) -> QSize:
        return QSize(760, 560)
