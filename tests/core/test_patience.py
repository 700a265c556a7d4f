"""Work in a thread that one can leave."""

import threading
import time

import pytest

from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.patience import wait_for


def test_what_the_work_returns_comes_back_and_what_it_tells_is_told_in_the_callers_thread():
    told, here = [], threading.get_ident()

    def work(tell):
        tell(0.5, "half")
        tell(1.0, "all")
        return 42

    assert wait_for(work, lambda *what: told.append((threading.get_ident(), what))) == 42
    assert told == [(here, (0.5, "half")), (here, (1.0, "all"))]


def test_what_the_work_raises_comes_back():
    def work(tell):
        raise KeyError("k")

    with pytest.raises(KeyError, match="k"):
        wait_for(work)


def test_work_that_does_not_listen_is_left_within_half_a_second():
    may_end = threading.Event()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        wait_for(lambda tell: may_end.wait(20), cancelled=lambda: True)
    may_end.set()
    assert time.monotonic() - start < 0.5


def test_work_that_was_left_ends_when_it_next_tells_something():
    left, ended, told = threading.Event(), threading.Event(), []

    def work(tell):
        left.wait(20)
        try:
            tell("late")
        finally:
            ended.set()

    with pytest.raises(Cancelled):
        wait_for(work, told.append, lambda: True)
    left.set()
    assert ended.wait(20)
    assert told == []


def test_a_callback_that_raises_ends_the_wait():
    def refuse(*what):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        wait_for(lambda tell: tell(1), refuse)
