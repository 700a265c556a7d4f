"""A progress bar for a terminal; silent where the output goes into a file."""

from __future__ import annotations

import sys
import time

_WIDTH = 30
_EVERY_S = 0.1


class ProgressBar:
    """Shows how far a work is; call it with (done, total) as the engine does.

    Use it as a context: at its end the line is wiped.
    """

    def __init__(self, unit: str) -> None:
        """Name what is counted, as in ``"pictures"``."""
        self._unit = unit
        self._visible = sys.stderr.isatty()
        self._started = time.monotonic()
        self._shown = 0.0
        self._length = 0

    def __call__(self, done: int, total: int) -> None:
        """Show `done` of `total`, some ten times a second at most."""
        now = time.monotonic()
        if self._visible and (done == total or now - self._shown >= _EVERY_S):
            self._shown = now
            self._show(bar_text(done, total, now - self._started, self._unit))

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._length:
            self._show("")
            sys.stderr.write("\r")

    def _show(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._length))
        sys.stderr.flush()
        self._length = len(text)


def bar_text(done: int, total: int, elapsed_s: float, unit: str) -> str:
    """One line: the bar, the count, the rate and the time left.

    >>> bar_text(30, 120, 2.0, "pictures")
    '[#######-----------------------] 30/120 pictures, 15/s, 6 s left'
    """
    full = _WIDTH * done // max(total, 1)
    text = f"[{'#' * full}{'-' * (_WIDTH - full)}] {done}/{total} {unit}"
    if not done or elapsed_s <= 0:
        return text
    left_s = elapsed_s / done * (total - done)
    return f"{text}, {done / elapsed_s:.0f}/s, {_span(left_s)} left"


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
