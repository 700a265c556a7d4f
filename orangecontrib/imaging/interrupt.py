"""Ctrl+C, for work that ends well when it is asked to."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Tell whether the user pressed Ctrl+C: what is under way is finished; a second one ends it.

    Gives a function without arguments that returns True from then on. For the main thread only, as signals are.
    """
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        """Remember the first Ctrl+C."""
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
