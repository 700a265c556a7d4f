"""One picture twice: as it lies in the file, and as the recipe shows it to people and networks."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QPixmap
from AnyQt.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QStyle, QToolButton, QWidget

from ...core.files import JOINT
from ...core.found import FoundImage
from ...core.paths import escape_path
from ...core.reading import Reading
from ...core.stack import ImageInfo
from .text_label import plain_tip, text_label
from .thumbnail_entries import step_px
from .thumbnails import Thumbnails

_SIDE_PX = 210
_TITLES = "In the file", "What people and networks see"


class ReadingPreview(QWidget):
    """Shows one of the found pictures; the arrows go to its neighbours. Close it when its widget goes."""

    #: another picture is shown (FoundImage)
    moved = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._images: Sequence[FoundImage] = ()
        self._at = 0
        self._reading = Reading()
        self._views = [_View(title) for title in _TITLES]
        self._notes = text_label(lines=2, width_px=2 * _SIDE_PX)
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._make_arrows(), 0, 0, 1, 2)
        for column, view in enumerate(self._views):
            layout.addWidget(view.title, 1, column)
            layout.addWidget(view.picture, 2, column)
            view.thumbnails.changed.connect(self._show)
        layout.addWidget(self._notes, 3, 0, 1, 2)
        layout.setRowStretch(2, 1)

    def _make_arrows(self) -> QHBoxLayout:
        line = QHBoxLayout()
        self._name = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._arrows = []
        for step, icon, name in ((-1, QStyle.StandardPixmap.SP_ArrowBack, "Previous picture"),
                                 (1, QStyle.StandardPixmap.SP_ArrowForward, "Next picture")):
            arrow = QToolButton(icon=self.style().standardIcon(icon), toolTip=name, accessibleName=name, autoRaise=True)
            arrow.clicked.connect(lambda _, step=step: self._move(step))
            self._arrows.append(arrow)
            line.addWidget(arrow)
        line.addWidget(self._name, 1)
        return line

    @property
    def image(self) -> FoundImage | None:
        """The picture that is shown."""
        return self._images[self._at] if self._images else None

    @property
    def notes(self) -> str:
        """What is said of the picture that is shown."""
        return str(self._notes.text())

    def set_images(self, images: Sequence[FoundImage]) -> None:
        """Show one of these pictures: the one that is shown already if it is among them, else the first."""
        path = self.image.path if self.image else None
        self._images = images
        self._at = next((at for at, image in enumerate(images) if image.path == path), 0)
        for view in self._views:
            view.thumbnails.recheck()
        self._request()

    def set_reading(self, reading: Reading) -> None:
        """Show the picture by another recipe."""
        self._reading = reading
        self._request()

    def close_readers(self) -> None:
        """End the threads that read."""
        for view in self._views:
            view.thumbnails.close()

    def _move(self, step: int) -> None:
        if self._images:
            self._at = (self._at + step) % len(self._images)
            self._request()
            self.moved.emit(self.image)

    def _request(self) -> None:
        image = self.image
        for arrow in self._arrows:
            arrow.setEnabled(len(self._images) > 1)
        if image is not None:
            self._views[0].thumbnails.set_reading(as_recorded(image.info, self._reading))
            self._views[1].thumbnails.set_reading(self._reading)
            for view in self._views:
                view.thumbnails.request([image.path], step_px(_SIDE_PX * self.devicePixelRatioF()))
        self._show()

    def _show(self) -> None:
        image = self.image
        for view in self._views:
            view.show_picture(image.path if image else None)
        self._views[0].title.setText(", ".join([_TITLES[0], *shown_as_recorded(image.info if image else None)]))
        place = f"{self._at + 1} of {len(self._images):,}"
        self._name.setText(f"{place}: {_shown_name(image)}" if image else "No pictures.")
        self._name.setToolTip(plain_tip(escape_path(image.name)) if image else "")
        entry = self._views[1].thumbnails.find(image.path) if image else None
        said = [entry.reason] if entry and entry.reason else entry.notes if entry else ()
        self._notes.setText(". ".join(map(_sentence, said)) or ("Shown as it is." if entry else ""))


def _shown_name(image: FoundImage) -> str:
    first, *others = image.name.split(JOINT) if JOINT in image.path else [image.name]
    return escape_path(first) + (f" and {len(others)} more" if others else "")


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


class _View:
    """A title and a picture of a fixed size below it."""

    def __init__(self, title: str) -> None:
        self.title = text_label(title, lines=2, width_px=_SIDE_PX)
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, minimumSize=QSize(_SIDE_PX, _SIDE_PX),
                              wordWrap=True, accessibleName=title, textFormat=Qt.TextFormat.PlainText)
        self.picture.setStyleSheet("QLabel { background: #202020; color: #c0c0c0; }")
        self.thumbnails = Thumbnails(self.picture)

    def show_picture(self, path: str | None) -> None:
        """The thumbnail of a file as far as it is known."""
        entry = self.thumbnails.find(path) if path else None
        if entry is None or entry.pixmap is None:
            self.picture.setPixmap(QPixmap())
            self.picture.setText(_sentence(entry.reason) if entry else "")
            return
        ratio = self.picture.devicePixelRatioF()
        pixmap = entry.pixmap.scaled(
            round(_SIDE_PX * ratio), round(_SIDE_PX * ratio), Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation)
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)


def as_recorded(info: ImageInfo | None, reading: Reading) -> Reading:
    """How a program that knows nothing of the file would show it: its first plane, in the full range of its type."""
    place = Reading(scene=reading.scene, time=reading.time, pages=reading.pages, joined=reading.joined,
                    projection="plane", background=reading.background)
    whole = {"contrast": "percentiles", "percentiles": (0, 100)} if info and info.kind == "f" else {"contrast": "type"}
    channels = (0,) if info and not info.is_colour else ()
    return Reading(**{**vars(place), **whole, "channels": channels})


def shown_as_recorded(info: ImageInfo | None) -> list[str]:
    """What `as_recorded` shows of a file, as clauses; none of a photograph, which it shows whole."""
    if info is None:
        return []
    grey = "from its least to its greatest number" if info.kind == "f" else "full range"
    clauses = {"first plane": info.planes > 1, "channel 1": info.channels > 1 and not info.is_colour,
               grey: info.bits > 8}
    return [clause for clause, holds in clauses.items() if holds]
