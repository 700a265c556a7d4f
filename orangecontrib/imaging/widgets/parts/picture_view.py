"""One picture to look at closely: zoomed around the pointer, dragged, fitted to its place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from AnyQt.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QPainter, QPen, QPixmap
from AnyQt.QtWidgets import QSizePolicy, QWidget

from ...core.hand_labels import Label
from .grid_painter import paint_broken
from .label_badge import paint_badge
from .picture_levels import Levels

GROUND = QColor(24, 24, 24)  # in every palette, so that colours can be judged
_TEXT = QColor(200, 200, 200)
_STEP = 1.25
_NOTCH = 120  # what a wheel tells of one step
_LARGEST = 64.0  # device pixels a pixel
_HARD = 2.0  # from here on pixels are squares
_MARGIN_PX = 8
_BADGE_PX = 8.0
_CROSS_PX = 4, 12  # from its middle
_PATIENCE_MS = 400  # before it is said that a picture is being read


@dataclass(frozen=True)
class Viewpoint:
    """Where one looks, told for pictures of any size: the middle in shares of width and height, the zoom in fits."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


class PictureView(QWidget):
    """Shows a picture, a preview of it, or why there is none."""

    #: the pixel (x, y) under the pointer, or None
    pointed = Signal(object)
    #: the user looks elsewhere (Viewpoint)
    looked = Signal(object)

    def __init__(self) -> None:
        super().__init__(mouseTracking=True, focusPolicy=Qt.FocusPolicy.ClickFocus)
        self._levels: Levels | None = None
        self._preview: QPixmap | None = None
        self._reason = ""
        self._label: Label | None = None
        self._size = QSizeF()
        self._scale = 1.0  # logical pixels a pixel of the picture
        self._middle = QPointF()  # of the view, in the picture
        self._is_fitted = True
        self._wanted = Viewpoint()  # while there is no picture
        self._dragged: QPointF | None = None
        self._cross: tuple[int, int] | None = None
        self._patience = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(80, 80))

    def show_preview(self, pixmap: QPixmap | None, width: int, height: int) -> None:
        """A small version (None: none yet) of a picture of this size in pixels, until it comes."""
        self._show(None, pixmap, "", width, height)

    def show_levels(self, levels: Levels, width: int, height: int) -> None:
        """The picture, of this size in pixels of the file."""
        self._show(levels, None, "", width, height)

    def show_reason(self, reason: str) -> None:
        """Why there is no picture, as a clause."""
        self._show(None, None, reason, 0, 0)

    def show_label(self, label: Label | None) -> None:
        """Show the sign of a label in the corner, or none."""
        if label != self._label:
            self._label = label
            self.update()

    @property
    def percent(self) -> float:
        """Device pixels for 100 pixels of the picture."""
        return 100 * self._scale * self.devicePixelRatioF()

    def fit(self) -> None:
        """Show the whole picture, as large as it can be."""
        self._is_fitted = True
        self._arrange()
        self.looked.emit(self.viewpoint())

    def zoom_to(self, percent: float, around: QPointF | None = None) -> None:
        """Another scale; what lies at `around` (None: in the middle of the view) stays there."""
        if self._size.isEmpty():
            return
        middle = QPointF(self.width() / 2, self.height() / 2)
        away = (around or middle) - middle
        fixed = self._middle + away / self._scale
        least, most = sorted((self._fitting(), 1 / self.devicePixelRatioF()))
        most = max(most, _LARGEST / self.devicePixelRatioF())
        self._scale = min(most, max(least, percent / 100 / self.devicePixelRatioF()))
        self._is_fitted = math.isclose(self._scale, self._fitting())
        self._look_at(fixed - away / self._scale)

    def zoom_by(self, steps: float, around: QPointF | None = None) -> None:
        """Nearer by so many steps of 25 %, or away."""
        self.zoom_to(self.percent * _STEP ** steps, around)

    def pan(self, dx: float, dy: float) -> None:
        """Move the view by logical pixels."""
        self._look_at(self._middle + QPointF(dx, dy) / self._scale)

    def viewpoint(self) -> Viewpoint:
        """Where one looks now."""
        if self._size.isEmpty():
            return self._wanted
        if self._is_fitted:
            return Viewpoint()
        return Viewpoint(self._middle.x() / self._size.width(), self._middle.y() / self._size.height(),
                         self._scale / self._fitting())

    def set_viewpoint(self, viewpoint: Viewpoint) -> None:
        """Look there; `looked` is not emitted."""
        self._wanted, self._is_fitted = viewpoint, viewpoint == Viewpoint()
        if self._size.isEmpty():
            return
        self._scale = self._fitting() * viewpoint.zoom
        self._middle = QPointF(viewpoint.x * self._size.width(), viewpoint.y * self._size.height())
        self._arrange()

    def pixel_at(self, point: QPointF) -> tuple[int, int] | None:
        """The pixel of the file at a point of this widget."""
        place = self._middle + (point - QPointF(self.width() / 2, self.height() / 2)) / self._scale
        is_inside = 0 <= place.x() < self._size.width() and 0 <= place.y() < self._size.height()
        return (int(place.x()), int(place.y())) if is_inside else None

    def move_cross(self, across: int, down: int) -> None:
        """Point with keys: at the middle of the view first, then so many pixels on."""
        if self._size.isEmpty():
            return
        x, y = self._cross or (int(self._middle.x()) - across, int(self._middle.y()) - down)
        x = min(int(self._size.width()) - 1, max(0, x + across))
        y = min(int(self._size.height()) - 1, max(0, y + down))
        self._cross = x, y
        point = self.point_of(x + 0.5, y + 0.5)
        if not QRectF(self.rect()).contains(point):
            self._look_at(QPointF(x + 0.5, y + 0.5))
        self.update()
        self.pointed.emit(self._cross)

    def point_of(self, x: float, y: float) -> QPointF:
        """Where a place of the picture, in pixels of the file, is on this widget."""
        return (QPointF(x, y) - self._middle) * self._scale + QPointF(self.width() / 2, self.height() / 2)

    def _show(self, levels: Levels | None, preview: QPixmap | None, reason: str, width: int, height: int) -> None:
        self._wanted = self.viewpoint()
        self._levels, self._preview, self._reason = levels, preview, reason
        self._patience.start()
        if QSizeF(width, height) != self._size:
            self._cross = None
            self._size = QSizeF(width, height)
            self.set_viewpoint(self._wanted)
        self._arrange()

    def _fitting(self) -> float:
        """The scale at which all is seen."""
        width, height = max(1, self.width() - 2 * _MARGIN_PX), max(1, self.height() - 2 * _MARGIN_PX)
        return min(width / self._size.width(), height / self._size.height()) if not self._size.isEmpty() else 1.0

    def _look_at(self, middle: QPointF) -> None:
        self._middle = middle
        self._arrange()
        self.looked.emit(self.viewpoint())

    def _arrange(self) -> None:
        """Keep the picture in the view: a side that has room is in the middle, the other leaves no gap."""
        if not self._size.isEmpty():
            if self._is_fitted:
                self._scale = self._fitting()
            self._middle = QPointF(_kept(self._middle.x(), self._size.width(), self.width() / self._scale),
                                   _kept(self._middle.y(), self._size.height(), self.height() / self._scale))
        self._set_cursor()
        self.update()

    @property
    def _can_pan(self) -> bool:
        return (self._size.width() * self._scale > self.width() + 1
                or self._size.height() * self._scale > self.height() + 1)

    def _set_cursor(self) -> None:
        if self._dragged is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor if self._can_pan else Qt.CursorShape.ArrowCursor)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def wheelEvent(self, event: QEvent) -> None:
        self.zoom_by(event.angleDelta().y() / _NOTCH, QPointF(event.position()))
        self._tell(QPointF(event.position()))
        event.accept()

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and self._can_pan:
            self._dragged = QPointF(event.pos())
            self._set_cursor()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QEvent) -> None:
        point = QPointF(event.pos())
        if self._dragged is not None:
            moved, self._dragged = self._dragged - point, point
            self.pan(moved.x(), moved.y())
        self._tell(point)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._dragged = None
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        if self._is_fitted:
            self.zoom_to(100, QPointF(event.pos()))
        else:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def _tell(self, point: QPointF) -> None:
        if self._cross is not None:
            self._cross = None
            self.update()
        self.pointed.emit(self.pixel_at(point))

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self._levels is not None:
            self._paint_levels(painter, self._levels)
        elif self._preview is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(self._target(), self._preview, QRectF(self._preview.rect()))
        elif self._reason:
            self._paint_reason(painter)
        elif not self._patience.isActive():
            painter.setPen(_TEXT)
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "Reading…")
        if self._label is not None:
            paint_badge(painter, QPointF(_BADGE_PX, _BADGE_PX), self._label, is_named=True)
        if self._cross is not None and not self._reason:
            self._paint_cross(painter, self.point_of(self._cross[0] + 0.5, self._cross[1] + 0.5))
        painter.end()

    def _target(self) -> QRectF:
        """Where the whole picture is on this widget."""
        return QRectF(self.point_of(0, 0), self._size * self._scale)

    def _paint_levels(self, painter: QPainter, levels: Levels) -> None:
        """Only what is in sight, from the level that has just enough pixels."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.percent < 100 * _HARD)
        target = self._target()
        drawn = target.width() * self.devicePixelRatioF() / levels.images[0].width()
        image = levels.images[levels.best(drawn)]
        wide, high = image.width() / target.width(), image.height() / target.height()
        seen = target & QRectF(self.rect())
        left, top = math.floor((seen.left() - target.left()) * wide), math.floor((seen.top() - target.top()) * high)
        right = min(image.width(), math.ceil((seen.right() - target.left()) * wide))
        bottom = min(image.height(), math.ceil((seen.bottom() - target.top()) * high))
        source = QRectF(left, top, right - left, bottom - top)
        painter.drawImage(QRectF(target.left() + left / wide, target.top() + top / high,
                                 source.width() / wide, source.height() / high), image, source)

    def _paint_cross(self, painter: QPainter, point: QPointF) -> None:
        """White within black, so that it is seen on everything."""
        for color, width in ((Qt.GlobalColor.black, 3), (Qt.GlobalColor.white, 1)):
            painter.setPen(QPen(color, width))
            for along in (QPointF(1, 0), QPointF(0, 1)):
                for side in (-1, 1):
                    painter.drawLine(point + along * side * _CROSS_PX[0], point + along * side * _CROSS_PX[1])

    def _paint_reason(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        side = min(220.0, place.width(), place.height() * 0.6)
        sign = QRectF(0, 0, side, side)
        sign.moveCenter(place.center() - QPointF(0, 20))
        paint_broken(painter, sign, _TEXT)
        below = QRectF(place.left(), sign.center().y() + side * 0.3, place.width(), place.height() / 2)
        painter.setPen(_TEXT)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap),
                         f"This picture cannot be shown: {self._reason}.")

    def sizeHint(self) -> QSize:
        return QSize(900, 640)


def _kept(middle: float, length: float, seen: float) -> float:
    """The middle of what is seen along one side, so that as much of the picture as can be is seen."""
    if seen >= length:
        return length / 2
    return min(length - seen / 2, max(seen / 2, middle))
