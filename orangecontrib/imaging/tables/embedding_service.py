"""Who embeds pictures for a computed column, and tells the user of it: in the canvas its own, in scripts the engine."""

from __future__ import annotations

import logging
import sys
from contextlib import closing
from typing import Protocol

from ..core.client import shared_client
from ..core.embed import embed
from ..core.embeddings import Embeddings
from ..core.paths import cache_path
from ..core.store import Store
from .request import Request

_QT = ("PyQt5", "PyQt6", "PySide2", "PySide6")
_log = logging.getLogger(__name__)


class EmbeddingService(Protocol):
    """What a computed column asks for; both are called in any thread, the window's among them."""

    def embed(self, paths: list[str], request: Request) -> Embeddings:
        """The vectors of files, in full; comes back when all is done.

        Called with full paths of files on this computer, never with web addresses; not with none. `request.model` may
        hold the full path of a user's own network. Where weights are looked for besides the usual folders, and whether
        vectors are kept, is the service's own matter.

        Raises:
            ImagingError: as `core.embed.embed`; Cancelled, where the user stopped it.
        """

    def warn(self, text: str) -> None:
        """Tell the user some sentences. Must not raise, and not wait for an answer."""


class EngineService:
    """For scripts: the engine itself, with the store.

    Where Qt was loaded before torch, as Orange itself often does, the network runs in the child process: on Windows
    torch cannot be loaded any more, and in a canvas without this add-on's widgets its window's process stays small.
    """

    def embed(self, paths: list[str], request: Request) -> Embeddings:
        """See `EmbeddingService`."""
        if "torch" not in sys.modules and any(f"{name}.QtCore" in sys.modules for name in _QT):
            return shared_client().embed(paths, request.model, options=request.options, reading=request.reading,
                                         store=cache_path())
        with closing(Store()) as store:
            return embed(paths, request.model, options=request.options, reading=request.reading, store=store)

    def warn(self, text: str) -> None:
        """As a warning of the log: Python prints it where nobody asked otherwise, and it never raises."""
        _log.warning(text)


_chosen: list[EmbeddingService] = [EngineService()]


def set_service(service: EmbeddingService) -> None:
    """From now on, columns are computed by this one."""
    _chosen[0] = service


def service() -> EmbeddingService:
    """The one that was set, else `EngineService`."""
    return _chosen[0]
