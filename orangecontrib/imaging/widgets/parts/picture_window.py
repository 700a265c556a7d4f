"""Pictures in a window of their own, to be looked at closely: zoomed, adjusted, compared, and their numbers told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from AnyQt.QtCore import QEvent, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from numpy.typing import NDArray

from ...core.adjusting import Adjustment, usual_adjustment
from ...core.hand_labels import Label
from ...core.planes import Planes
from ...core.reading import Reading
from .adjust_form import AdjustForm
from .elided_label import ElidedLabel
from .full_pictures import FullPictures
from .picture_area import PictureItem
from .picture_bar import PictureBar
from .picture_pane import PicturePane
from .picture_view import Viewpoint
from .picture_walk import MOST_BESIDE, PictureWalk
from .thumbnail_entries import Entry
from .thumbnails import Thumbnails

_FORWARD = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown)
_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp)
_PANS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_PAN_PX = 60


class PictureWindow(QWidget):
    """The picture of one row, or of up to four side by side."""

    #: the window went to another row (int)
    moved = Signal(int)

    def __init__(self, parent: QWidget, thumbnails: Thumbnails) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._previews = thumbnails
        self._items: Sequence[PictureItem] = ()
        self._walk = PictureWalk()
        #: the label of a row, or None
        self.label_of: Callable[[int], Label | None] = lambda _: None
        self._adjustments: dict[object, Adjustment] = {}
        self._viewpoint = Viewpoint()
        #: what reads the pictures of this window
        self.pictures = FullPictures(self)
        self.pictures.changed.connect(self._on_pictures)
        thumbnails.changed.connect(self._on_pictures)
        self._add_parts()
        self._arrange(1)
        self._keys = self._make_keys()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(self.sizeHint())

    def _add_parts(self) -> None:
        self.bar = PictureBar(self.step, self.fit, self.show_whole, self.show_adjusting, self.stand_beside,
                              self.toggle_full_screen)
        self.panes = [PicturePane(self) for _ in range(MOST_BESIDE)]
        for pane in self.panes:
            pane.told.connect(self._tell)
            pane.view.looked.connect(self._look)
        self.form = AdjustForm()
        self.form.changed.connect(self._adjust)
        self.form.hide()
        self.values = ElidedLabel()
        self.values.setAccessibleName("Numbers under the pointer")
        self.values.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # before the notes
        self.notes = ElidedLabel(Qt.AlignmentFlag.AlignRight)
        self.notes.setAccessibleName("How the file was read")
        self.percent = QLabel(accessibleName="Zoom", alignment=Qt.AlignmentFlag.AlignRight)
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("6,400 % "))
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(self._grid, 1)
        middle.addWidget(self.form)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 4, 10, 4)
        foot.setSpacing(24)
        foot.addWidget(self.values)
        foot.addWidget(self.notes, 1)
        foot.addWidget(self.percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)

    def set_items(self, items: Sequence[PictureItem], reading: Reading = Reading()) -> None:
        """Other pictures, read by this recipe; a window that shows one of the old ones closes."""
        self._items = items
        self._walk.start(len(items))
        self._adjustments.clear()
        self.pictures.set_reading(reading)
        self.close()

    def set_order(self, rows: Sequence[int] | NDArray[np.int64] | None) -> None:
        """In which order the rows are gone through; None: that of the items."""
        self._walk.set_order(np.arange(len(self._items)) if rows is None else rows)
        self._show_if_seen()

    def set_compared(self, rows: Sequence[int] | NDArray[np.int64]) -> None:
        """Which rows stand side by side; fewer than two: the one shown and the next."""
        self._walk.set_compared(rows)
        self.stand_beside(self._walk.is_beside)

    def show_row(self, row: int) -> None:
        """Show the picture of a row, in front of other windows."""
        self._walk.go_to(row)
        if not self.isVisible():
            self._viewpoint = Viewpoint()
        self._show()
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def row(self) -> int | None:
        """The row that is shown; of some side by side the one under the pointer, else the first."""
        under = [row for pane, row in zip(self.panes, self._walk.rows) if pane.underMouse()]
        return under[0] if under and self._walk.is_beside else self._walk.row

    def show_labels(self) -> None:
        """Show which labels the pictures have now."""
        for pane, row in zip(self.panes, self._walk.rows):
            pane.view.show_label(self.label_of(row))

    def entry(self) -> Entry | None:
        """What is known of the shown picture beside its numbers."""
        if self._walk.row is None:
            return None
        item = self._items[self._walk.row]
        full = self.pictures.find(item.path)
        refusal = item.refusal or (Entry(0, reason=full.reason) if full and full.reason else None)
        return refusal or self._previews.find(item.path)

    @property
    def planes(self) -> Planes | None:
        """The numbers of the shown picture; None while they are read, and where they cannot be."""
        full = self.pictures.find(self._items[self._walk.row].path) if self._walk.row is not None else None
        return full.planes if full is not None else None

    def step(self, by: int) -> None:
        """Go to the next picture, or the previous one (-1), if there is one."""
        if self._walk.can_step(by):
            self._walk.step(by)
            self._show()
            self.moved.emit(self._walk.row)

    def fit(self) -> None:
        """Show the whole picture."""
        self.panes[0].view.fit()

    def show_whole(self) -> None:
        """Show one pixel on one of the screen."""
        self.panes[0].view.zoom_to(100)

    def show_adjusting(self, shown: bool) -> None:
        """Show or hide the sliders."""
        self.form.setVisible(shown)
        self.bar.adjust.setChecked(shown)
        if not shown:
            self.setFocus()

    def stand_beside(self, beside: bool) -> None:
        """Show pictures side by side, or one."""
        self._walk.stand_beside(beside)
        self._show_if_seen()

    def _show_if_seen(self) -> None:
        """While the window is closed no picture is read for it."""
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        rows = self._walk.rows
        if not rows:
            return
        self.pictures.request([self._items[row].path for row in rows if not self._items[row].reason],
                              [self._items[row].path for row in self._walk.near if not self._items[row].reason])
        self._arrange(len(rows))
        self._show_pictures()

    def _show_pictures(self) -> None:
        for pane, row in zip(self.panes, self._walk.rows):
            item = self._items[row]
            full = self.pictures.find(item.path)
            kind = full.planes.kind if full is not None and full.planes is not None else None
            pane.show_picture(item, full, self._previews.find(item.path), self._adjustments.get(kind))
        self.show_labels()
        self._show_texts()
        self._show_adjustment()

    def _arrange(self, count: int) -> None:
        """So many panes: up to three in a line, four in a square."""
        for number, pane in enumerate(self.panes):
            self._grid.removeWidget(pane)
            pane.caption.setVisible(count > 1)
            pane.setVisible(number < count)
            if number >= count:
                pane.clear()
        across = 2 if count == MOST_BESIDE else count
        for number, pane in enumerate(self.panes[:count]):
            self._grid.addWidget(pane, number // across, number % across)
            pane.view.set_viewpoint(self._viewpoint)
        self.bar.beside.setChecked(self._walk.is_beside)

    def _show_texts(self) -> None:
        item, entry, planes = self._items[self._walk.row], self.entry(), self.planes
        full = (planes.shown_width, planes.full_height) if planes else (
            (entry.full_width, entry.full_height) if entry and entry.pixmap else ())
        size, notes = " × ".join(map(str, full)), planes.notes if planes else ()
        position = self._position()
        self.bar.show_position(position, self._walk.can_step(-1), self._walk.can_step(1))
        is_alone = len(self._walk.rows) == 1
        self.bar.text.setText(" — ".join(part for part in (item.caption, size) if part and is_alone))
        self.notes.setText("; ".join(notes) if is_alone else "")
        self.setWindowTitle(" — ".join(part for part in (item.caption, size, position) if part))
        self._show_percent()

    def _position(self) -> str:
        """Such as ``3 of 120`` or ``3–4 of 120``."""
        place, count = self._walk.place, len(self._walk.rows)
        last = f"–{place + count:,}" if place is not None and count > 1 else ""
        return f"{'–' if place is None else f'{place + 1:,}'}{last} of {self._walk.count:,}"

    def _show_adjustment(self) -> None:
        planes = self.planes
        adjustment = self._adjustments.get(planes.kind, usual_adjustment(planes)) if planes else None
        self.form.show_adjustment(planes, adjustment)

    def _show_percent(self) -> None:
        percent = self.panes[0].view.percent
        self.percent.setText(f"{percent:,.{0 if percent >= 10 else 1}f} %" if self.planes else "")

    def _adjust(self, adjustment: Adjustment | None) -> None:
        """The user moved a slider, or wants the usual view again (None)."""
        if self.planes is None:
            return
        self._adjustments.pop(self.planes.kind, None)
        if adjustment is not None:
            self._adjustments[self.planes.kind] = adjustment
        self._show_pictures()

    def _look(self, viewpoint: Viewpoint) -> None:
        """All panes look at the same place."""
        self._viewpoint = viewpoint
        for pane in self.panes[:len(self._walk.rows)]:
            if pane.view is not self.sender():
                pane.view.set_viewpoint(viewpoint)
        self._show_percent()

    def _tell(self, text: str) -> None:
        pane = self.sender()
        caption = f"{pane.caption.text()}:   " if text and self._walk.is_beside else ""
        if text or pane.underMouse() or not self._walk.is_beside:
            self.values.setText(caption + text)

    def _on_pictures(self, paths: set[str]) -> None:
        if any(self._items[row].path in paths for row in self._walk.rows):
            self._show_pictures()

    def _make_keys(self) -> dict[int, object]:
        zoom = self.panes[0].view.zoom_by
        return {
            **{key: lambda: self.step(1) for key in _FORWARD}, **{key: lambda: self.step(-1) for key in _BACK},
            **{key: lambda: zoom(1) for key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal)},
            Qt.Key.Key_Minus: lambda: zoom(-1), Qt.Key.Key_0: self.fit, Qt.Key.Key_1: self.show_whole,
            Qt.Key.Key_A: lambda: self.show_adjusting(not self.form.isVisible()),
            Qt.Key.Key_S: lambda: self.stand_beside(not self._walk.is_beside),
            Qt.Key.Key_F: self.toggle_full_screen, Qt.Key.Key_Escape: self._leave, Qt.Key.Key_Space: self.close}

    def keyPressEvent(self, event: QEvent) -> None:
        across, down = _PANS.get(event.key(), (0, 0))
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and (across or down):
            self.panes[0].view.pan(across * _PAN_PX, down * _PAN_PX)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and (across or down):
            self.panes[0].view.move_cross(across, down)
        elif event.key() in self._keys:
            self._keys[event.key()]()
        else:
            super().keyPressEvent(event)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or be a window again."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _leave(self) -> None:
        """What Escape leaves: the full screen, the pictures side by side, the window."""
        if self.isFullScreen():
            self.showNormal()
        elif self._walk.is_beside:
            self.stand_beside(False)
        else:
            self.close()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._show_percent()

    def closeEvent(self, event: QEvent) -> None:
        """Nobody waits for pictures any more, and their memory is given back."""
        self.pictures.forget()
        for pane in self.panes:
            pane.clear()
        super().closeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(960, 720)
