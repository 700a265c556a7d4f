"""How fast a work goes, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 5.0


class Pace:
    """The speed of the last seconds; neither a slow start nor what was found done at first counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; tests have their own."""
        self._clock = clock
        self._steps: deque[tuple[float, int]] = deque()

    def rate(self, done: int) -> float | None:
        """Note that `done` pictures are done now; how many a second lately, or None while that cannot be told."""
        now = self._clock()
        self._steps.append((now, done))
        while now - self._steps[0][0] > _WINDOW_S and len(self._steps) > 2:
            self._steps.popleft()
        then, before = self._steps[0]
        return (done - before) / (now - then) if done > before and now > then else None


def duration_text(seconds: float) -> str:
    """Such as ``0.4 s``, ``12 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
