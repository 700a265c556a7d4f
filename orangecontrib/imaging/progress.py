"""A progress bar for a terminal; silent where the output goes into a file."""

from __future__ import annotations

import sys
import time

from .core.pace import Pace, duration_text

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
        self._pace = Pace()
        self._shown = 0.0
        self._length = 0

    def __call__(self, done: int, total: int) -> None:
        """Show `done` of `total`, some ten times a second at most."""
        now, rate = time.monotonic(), self._pace.rate(done)
        if self._visible and (done == total or now - self._shown >= _EVERY_S):
            self._shown = now
            self._show(bar_text(done, total, rate, self._unit))

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


def bar_text(done: int, total: int, rate: float | None, unit: str) -> str:
    """One line: the bar, the count, and, where the rate (1/s) is known, the time left.

    >>> bar_text(30, 120, 15.0, "pictures")
    '[#######-----------------------] 30/120 pictures, 15/s, 6.0 s left'
    """
    full = _WIDTH * done // max(total, 1)
    text = f"[{'#' * full}{'-' * (_WIDTH - full)}] {done}/{total} {unit}"
    return f"{text}, {rate:.0f}/s, {duration_text((total - done) / rate)} left" if rate else text
