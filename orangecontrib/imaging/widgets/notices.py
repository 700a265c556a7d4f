"""Sentences for the user that no widget shows: in Orange's main window, else in the log."""

from __future__ import annotations

import logging
import sys
from typing import Any

from AnyQt.QtCore import QObject, pyqtSlot
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QApplication, QStyle

from .parts.text_label import plain_tip

_TITLE = "Image Embedder"
_MOST = 3  # at a time: each is put away by a click
_log = logging.getLogger(__name__)


class Notices(QObject):
    """Posts notifications in Orange's main window, from any thread; no two with the same text, and few at a time.

    A new one takes the place of the oldest, which goes to the log.

    Make it while there is an application.
    """

    _told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.moveToThread(QApplication.instance().thread())
        self._told.connect(self._post)

    def tell(self, text: str) -> None:
        """Show this; from another thread, as soon as the window gets to it."""
        self._told.emit(text)

    @pyqtSlot(str)
    def _post(self, text: str) -> None:
        server, shown = notification_server(), plain_tip(text)
        told = [one for one in server.getNotificationQueue() if one.title == _TITLE] if server is not None else []
        if shown in [one.text for one in told]:
            return
        if server is None or (len(told) >= _MOST and not _is_first(told[0], server)):
            _log.warning(text)
        else:
            if len(told) >= _MOST:  # the oldest is likeliest to be mended by now
                _log.warning(told[0].text)
                server.nextNotification.emit()
            from orangecanvas.utils.overlay import Notification

            icon = QApplication.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
            server.registerNotification(Notification(title=_TITLE, text=shown, icon=icon))


def _is_first(notice: Any, server: Any) -> bool:
    """Whether Orange shows it now: no other can be put away."""
    return server.getNotificationQueue()[0] is notice


def notification_server() -> Any:
    """That of Orange's main window, or None where there is no such window."""
    canvas = sys.modules.get("Orange.canvas")
    return getattr(canvas, "notification_server_instance", None)
