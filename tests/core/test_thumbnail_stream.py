"""Thumbnails come in the order they are wanted in; one that cannot be read costs itself alone."""

from collections import deque
from concurrent.futures import Future
from threading import Event, Timer

import numpy as np
import pytest

from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnail_stream import _first, read_thumbnails
from orangecontrib.imaging.core.thumbnails import Thumbnail


def small(path, size_px, reading):
    if path == "bad":
        raise UnreadableImage(path, "the file is empty")
    return Thumbnail(np.full((1, 1, 3), int(path), np.uint8), size_px, 1)


def test_they_come_in_order_with_the_error_in_the_place_of_one_that_cannot_be_read():
    paths = [*map(str, range(20)), "bad", "20"]
    found = list(read_thumbnails([(path, 8) for path in paths], Reading(), read=small))
    assert isinstance(found.pop(20), UnreadableImage)
    assert [one.pixels[0, 0, 0] for one in found] == list(range(21))
    assert {one.full_width for one in found} == {8}


def test_a_cancelled_stream_waits_for_no_slow_picture():
    free = Event()
    stream = read_thumbnails([("1", 8)], Reading(), read=lambda *asked: free.wait(60), cancelled=lambda: True)
    try:
        with pytest.raises(Cancelled):
            next(stream)
        assert not free.is_set()
    finally:
        free.set()


class ReadInTheVeryMoment(Future):
    """Done just when somebody stops to wait for it."""

    def result(self, timeout=None):
        if timeout is None or self.done():
            return super().result()
        self.set_result("picture")
        raise TimeoutError


def test_a_picture_that_is_read_in_the_moment_in_which_the_waiting_ends_is_not_lost():
    future = ReadInTheVeryMoment()
    timer = Timer(0.05, lambda: future.done() or future.set_result("picture"))
    timer.start()
    assert _first(deque([future]), None) == "picture"
    timer.join()
