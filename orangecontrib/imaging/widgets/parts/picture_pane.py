"""A picture with its caption, coloured in a thread as it is adjusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QVBoxLayout, QWidget

from ...core.adjusting import Adjustment, adjusted, usual_adjustment
from ...core.planes import Planes
from .elided_label import ElidedLabel
from .full_pictures import FullPicture
from .lookup import Lookup
from .picture_area import PictureItem
from .picture_levels import Levels, levels_of
from .picture_view import PictureView
from .pixel_values import pixel_text
from .thumbnail_entries import Entry


@dataclass(frozen=True, eq=False)
class _Coloured:
    """What a thread made of planes."""

    planes: Planes
    adjustment: Adjustment
    levels: Levels


class PicturePane(QWidget):
    """Shows one picture; while it is coloured anew the one before stays, if it is the same file's."""

    #: the numbers under the pointer, as text
    told = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.planes: Planes | None = None
        self._adjustment: Adjustment | None = None
        self._seen: _Coloured | None = None
        self._pixel: tuple[int, int] | None = None
        self._colouring = Lookup(self)
        self._colouring.answered.connect(self._take)
        self.view = PictureView()
        self.view.pointed.connect(self._point)
        self.caption = ElidedLabel(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.caption)

    @property
    def is_idle(self) -> bool:
        """Whether the picture is seen as it is adjusted."""
        return self._colouring.is_idle

    def show_picture(self, item: PictureItem, full: FullPicture | None, preview: Entry | None,
                     adjustment: Adjustment | None) -> None:
        """Show what is known of a picture; `adjustment` None: as its recipe says."""
        planes = full.planes if full is not None else None
        self.caption.setText(item.caption)
        self.view.setAccessibleName(f"Picture {item.caption}")
        if planes is None or planes is not self.planes:
            self.planes, self._seen = planes, None
            self._show_until_coloured(item, full, preview)
        self._adjustment = None if planes is None else adjustment or usual_adjustment(planes)
        self._colour()
        self._point(self._pixel)

    def clear(self) -> None:
        """Let go of the picture."""
        self.planes = self._adjustment = self._seen = None
        self.view.show_preview(None, 0, 0)

    def _show_until_coloured(self, item: PictureItem, full: FullPicture | None, preview: Entry | None) -> None:
        reason = item.reason or (full.reason if full is not None else "")
        if reason:
            self.view.show_reason(reason)
        elif self.planes is not None:
            self.view.show_preview(preview.pixmap if preview else None, self.planes.shown_width,
                                   self.planes.full_height)
        elif preview is not None and preview.pixmap is not None:
            self.view.show_preview(preview.pixmap, preview.full_width, preview.full_height)
        else:
            self.view.show_preview(None, 0, 0)

    def _colour(self) -> None:
        """Begin what is asked for last, when what was begun before has ended."""
        if self.planes is None or self._adjustment is None or not self._colouring.is_idle:
            return
        if self._seen is None or self._seen.adjustment != self._adjustment:
            self._colouring.ask(partial(_coloured, self.planes, self._adjustment))

    def _take(self, found: _Coloured) -> None:
        if found.planes is self.planes:
            self._seen = found
            self.view.show_levels(found.levels, found.planes.shown_width, found.planes.full_height)
        self._colour()

    def _point(self, pixel: tuple[int, int] | None) -> None:
        self._pixel = pixel
        self.told.emit(pixel_text(self.planes, *pixel) if pixel is not None and self.planes is not None else "")


def _coloured(planes: Planes, adjustment: Adjustment) -> _Coloured:
    """In a thread."""
    return _Coloured(planes, adjustment, levels_of(adjusted(planes, adjustment)))
