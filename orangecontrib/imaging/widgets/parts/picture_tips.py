"""A tooltip with a picture, larger than its thumbnail, and what is known of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from AnyQt.QtCore import QBuffer, QIODevice, QObject, QPoint, QRect, Qt
from AnyQt.QtWidgets import QToolTip, QWidget

from ...core.paths import escape_path
from .thumbnail_entries import Entry, step_px
from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from .picture_area import PictureItem

TIP_PX = 320
_LONG_WORD = re.compile(r"\S{24,}")
_PLACE_TO_BREAK = re.compile(r"[/\\_.|=&-](?=\S)|[^\s/\\_.|=&-]{20}(?=\S)")
_FORM = "BMP"  # every pixel is kept, and it is packed in a millisecond where a PNG file takes ten


@dataclass(frozen=True)
class _Shown:
    """Which tip is asked for, and where."""

    item: PictureItem
    lines: tuple[str, ...]
    at: QPoint
    widget: QWidget
    area: QRect


class PictureTip(QObject):
    """Shows tips of pictures; one that is not read yet comes into its tip once it is.

    It reads by the recipe and from the hosts of the thumbnails that it is made with, and asks for no more than the one
    picture under the pointer.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__(thumbnails)
        self._others = thumbnails
        self._own = thumbnails.beside(self)
        self._own.changed.connect(self._on_thumbnails)
        self._shown: _Shown | None = None
        self._text = ""

    def show_for(self, item: PictureItem, lines: Sequence[str], at: QPoint, widget: QWidget, area: QRect) -> None:
        """Show the tip of a picture until the pointer leaves an area.

        Args:
            item: the picture.
            lines: plain text, such as "species: setosa", below what is known of the picture.
            at: where, in global coordinates.
            widget: whose tip it is.
            area: of `widget`, in its coordinates.
        """
        self._shown = _Shown(item, tuple(lines), at, widget, area)
        if not item.reason:
            self._own.follow(self._others)
            self._own.request([item.path], step_px(TIP_PX * widget.devicePixelRatioF()))
        self._show()

    def hide(self) -> None:
        """Hide the tip, if it is shown, and read no longer for it."""
        self._own.request((), 0)
        if self._is_shown():
            QToolTip.hideText()
        self._shown = None

    def _is_shown(self) -> bool:
        return self._shown is not None and QToolTip.isVisible() and QToolTip.text() == self._text

    def _on_thumbnails(self, paths: set[str]) -> None:
        if self._shown is not None and self._shown.item.path in paths and self._is_shown():
            self._show()

    def _show(self) -> None:
        shown = self._shown
        entry = shown.item.refusal or self._own.find(shown.item.path)
        self._text = tip_text(shown.item, entry, shown.lines, shown.widget.devicePixelRatioF())
        QToolTip.showText(shown.at, self._text, shown.widget, shown.area)


def tip_text(item: PictureItem, entry: Entry | None, lines: Sequence[str] = (), ratio: float = 1.0) -> str:
    """What a tip says, as rich text.

    Args:
        item: the picture.
        entry: what is known of it; None while it is being read.
        lines: plain text below that.
        ratio: device pixels in a logical one.
    """
    picture = picture_tag(entry, ratio) if entry is not None and entry.pixmap is not None else ""
    said = [f"<b>{_broken(item.caption)}</b>"] if item.caption else []
    said += [f"<small>{_broken(escape_path(item.path))}</small>"] if item.path and item.path != item.caption else []
    said += [_known(entry)] if entry is not None else []
    text = "<br>".join([*said, *map(_broken, lines)])
    return f'<table width="{TIP_PX}" cellspacing="0" cellpadding="3"><tr><td>{picture}{text}</td></tr></table>'


def _broken(text: str) -> str:
    """Text for a tip, whose lines may end inside long names too: Qt makes the tip as wide as its longest word."""
    return escape(_LONG_WORD.sub(lambda word: _PLACE_TO_BREAK.sub("\\g<0>\u200b", word[0]), text))


def _known(entry: Entry) -> str:
    if entry.reason:
        return f"This picture cannot be shown: {_broken(entry.reason)}."
    return ", ".join((f"{entry.full_width} × {entry.full_height} pixels", *map(_broken, entry.notes)))


def picture_tag(entry: Entry, ratio: float = 1.0) -> str:
    """A thumbnail inside rich text, in the place that the whole picture takes: no side is longer than `TIP_PX`.

    A logical pixel shows at least one of the picture's own, also on a sharp screen, where a small one would be tiny
    otherwise. A smaller thumbnail is enlarged to that place, so that the tip stays as it is when the larger one comes.

    Args:
        entry: one with a thumbnail.
        ratio: device pixels in a logical one.
    """
    pixmap, most = entry.pixmap, round(TIP_PX * ratio)
    if max(pixmap.width(), pixmap.height()) > most:
        pixmap = pixmap.scaled(most, most, Qt.AspectRatioMode.KeepAspectRatio,
                               Qt.TransformationMode.SmoothTransformation)
    shown_px = min(TIP_PX, max(entry.full_width, entry.full_height, 1))
    scale = shown_px / max(pixmap.width(), pixmap.height())
    width, height = (max(1, round(side * scale)) for side in (pixmap.width(), pixmap.height()))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, _FORM)
    data = b64encode(bytes(buffer.data())).decode("ascii")
    return f'<img width="{width}" height="{height}" src="data:image/bmp;base64,{data}"><br>'
