"""Loaded by Dask into each worker that we start on this computer."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Leave Ctrl+C, which a terminal sends to all its processes, to the one that started the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
