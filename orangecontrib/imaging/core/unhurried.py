"""Long loops in threads that leave the window its turns.

Python runs one thread at a time. A window that wants its turn while another thread computes waits 5 ms for each, and
needs several to do anything (Python's `sys.setswitchinterval`); a thread that pauses gives it the turn at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter, sleep
from typing import TypeVar

_AT_ONCE = 100  # values, from one look at the clock to the next
_TURN_S = 0.001
_PAUSE_S = 0.0001

_Value = TypeVar("_Value")


def unhurried(values: Iterable[_Value]) -> Iterator[_Value]:
    """These values, with a short pause before the first and after each millisecond."""
    turn_ends = 0.0
    for number, value in enumerate(values):
        if number % _AT_ONCE == 0 and perf_counter() >= turn_ends:
            sleep(_PAUSE_S)
            turn_ends = perf_counter() + _TURN_S
        yield value
