"""Long loops in threads that leave the window its turns.

Python runs one thread at a time. A window that wants its turn while another thread computes waits 5 ms for each, and
needs several to do anything (Python's `sys.setswitchinterval`); a thread that pauses gives it the turn at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import sleep
from typing import TypeVar

_AT_ONCE = 500  # about half a millisecond of what is usually done with a row
_PAUSE_S = 0.0001

_Value = TypeVar("_Value")


def unhurried(values: Iterable[_Value]) -> Iterator[_Value]:
    """These values, with a pause before each 500 of them: 100,000 take some 30 ms longer."""
    for number, value in enumerate(values):
        if number % _AT_ONCE == 0:
            sleep(_PAUSE_S)
        yield value
