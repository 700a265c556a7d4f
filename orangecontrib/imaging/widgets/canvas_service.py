"""Who embeds for computed columns where Orange's widgets are: the network child, with the window alive.

Importing this file loads no Qt and starts nothing. `widgets/__init__` sets the service, so that it is there as soon as
Orange looks for widgets; the network's process starts with the first picture.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import cache, partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from ..core.catalogue import find_network, network_names
from ..core.client import shared_client
from ..core.embeddings import Embeddings
from ..core.paths import cache_path
from ..core.weights import weights_path
from ..tables.request import Request

if TYPE_CHECKING:
    from .notices import Notices

_TITLE = "Embedding Pictures"
_log = logging.getLogger(__name__)


class CanvasService:
    """The `EmbeddingService` of the canvas, of `orange-imaging run`, and of scripts that import widgets."""

    def __init__(self) -> None:
        self._models: tuple[str, ...] = ()
        self._notices: Notices | None = None
        self._lock = Lock()
        self._hears_end, self._has_ended = False, Event()

    def look_into(self, models: str) -> None:
        """Take weights from this folder, too, as a widget was told; the last one is looked into first."""
        with self._lock:
            self._models = (models, *(one for one in self._models if one != models))

    def embed(self, paths: list[str], request: Request) -> Embeddings:
        """See `EmbeddingService`. In the window's thread a dialog shows how far it is; another thread just waits.

        Raises:
            Cancelled: the user closed the dialog, or Orange.
        """
        embed = partial(self._embed, paths, request)
        if not _has_application():
            return embed(None, self._has_ended.is_set)
        from .parts.waiting import is_window_thread, wait_in_window

        self._hear_end()
        if self._has_ended.is_set() or not is_window_thread():
            return embed(None, self._has_ended.is_set)
        what = f"{len(paths):,} pictures" if len(paths) > 1 else "a picture"
        return wait_in_window(embed, _TITLE, f"Embedding {what} …", len(paths))

    def warn(self, text: str) -> None:
        """See `EmbeddingService`: a notification in Orange's main window, else a warning of the log."""
        if not _has_application():
            _log.warning(text)
            return
        from .notices import Notices

        with self._lock:
            self._notices = self._notices or Notices()
        self._notices.tell(text)

    def _hear_end(self) -> None:
        """Cancel what threads wait for when Orange ends: its process would live on until they are done."""
        from AnyQt.QtCore import Qt
        from AnyQt.QtWidgets import QApplication

        with self._lock:
            if not self._hears_end:
                self._hears_end = True
                # Directly: the thread that connects it may be gone by then.
                QApplication.instance().aboutToQuit.connect(self._has_ended.set, Qt.ConnectionType.DirectConnection)

    def _embed(self, paths: list[str], request: Request, on_progress: Callable[[int, int], None] | None,
               cancelled: Callable[[], bool] | None) -> Embeddings:
        return shared_client().embed(paths, request.model, options=request.options, reading=request.reading,
                                     store=cache_path(), models=self._models_with(request.model),
                                     on_progress=on_progress, cancelled=cancelled)

    def _models_with(self, model: str) -> str | None:
        """The folder among those that widgets named that holds the weights; None where none does, or none is needed."""
        cards = [find_network(name) for name in network_names(model)]
        return next((folder for folder in self._models if all(weights_path(card, folder) for card in cards)), None)


@cache
def shared_service() -> CanvasService:
    """The one of this process."""
    return CanvasService()


def _has_application() -> bool:
    """Whether there are windows; it loads no Qt."""
    if "AnyQt.QtWidgets" not in sys.modules:
        return False
    from AnyQt.QtWidgets import QApplication

    return isinstance(QApplication.instance(), QApplication)
