"""Dask's own talk is kept from the user's terminal while we work with it: what matters is told in our sentences."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from ..errors import WrongUse

_TALKERS = ("distributed", "tornado", "bokeh", "dask_jobqueue")
SILENT = logging.CRITICAL + 1
_LOCK = Lock()
_AT_WORK: list[None] = []  # one for each who works with Dask
_SILENCE = ExitStack()


@contextmanager
def quiet_dask() -> Iterator[None]:
    """Load Dask, and silence its loggers and warnings; afterwards they are as they were.

    Raises:
        WrongUse: Dask is not installed.
    """
    try:
        import distributed  # noqa: F401  (sets the levels of its loggers when it is loaded)
    except ImportError as error:
        raise WrongUse("Work on a cluster needs Dask, which is not installed here. Install it: "
                       'pip install "Orange3-Imaging[cluster]"') from error
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    """The first of those who work with Dask at the same time, each in a thread of its own, begins the silence."""
    with _LOCK:
        if not _AT_WORK:
            _SILENCE.enter_context(_silence())
        _AT_WORK.append(None)


def _end() -> None:
    """The last one ends it."""
    with _LOCK:
        _AT_WORK.pop()
        if not _AT_WORK:
            _SILENCE.close()


@contextmanager
def _silence() -> Iterator[None]:
    talkers = [logging.getLogger(name) for name in {*_TALKERS, *logging.Logger.manager.loggerDict}
               if name.partition(".")[0] in _TALKERS]
    levels = [talker.level for talker in talkers]
    with warnings.catch_warnings():
        for module in ("distributed", "dask_jobqueue"):
            warnings.filterwarnings("ignore", module=module)
        for talker in talkers:
            talker.setLevel(SILENT)
        try:
            yield
        finally:
            for talker, level in zip(talkers, levels):
                talker.setLevel(level)
