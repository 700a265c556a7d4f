"""Thumbnails of many pictures, in order."""

import threading
import time

import numpy as np
import pytest

from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnail_stream import Cover, read_thumbnails
from orangecontrib.imaging.core.thumbnails import Thumbnail


def made(path, size_px, reading):
    if path == "broken":
        raise UnreadableImage(path, "torn")
    time.sleep(0.001 * (int(path) % 3))
    return Thumbnail(np.full((size_px, size_px, 3), int(path), np.uint8), 9, 9, ())


def test_they_come_in_the_order_they_are_wanted_in():
    found = list(read_thumbnails([(str(number), number + 1) for number in range(50)], Reading(), read=made))
    assert [(one.pixels[0, 0, 0], len(one.pixels)) for one in found] == [(number, number + 1) for number in range(50)]


def test_a_picture_that_cannot_be_read_does_not_end_the_rest():
    first, second, third = read_thumbnails([("1", 4), ("broken", 4), ("2", 4)], Reading(), read=made)
    assert (first.pixels[0, 0, 0], third.pixels[0, 0, 0]) == (1, 2)
    assert isinstance(second, UnreadableImage)
    assert second.reason == "torn"


@pytest.mark.parametrize(("shape", "asked"), [((900, 900), [150]), ((900, 600), [150]), ((3000, 600), [150, 400]),
                                              ((600, 2400), [150, 400]), ((140, 20), [150]), ((400, 20), [150, 1600])])
def test_a_picture_that_is_to_be_cut_is_read_as_large_as_the_cut_needs(shape, asked):
    sizes = []

    def read(path, size_px, reading):
        sizes.append(size_px)
        scale = min(1, size_px / max(shape))
        width, height = (round(side * scale) for side in shape)
        return Thumbnail(np.zeros((height, width, 3), np.uint8), *shape)

    found, = read_thumbnails([("long", Cover(100, 80))], Reading(), read=read)
    assert sizes == asked
    height, width = found.pixels.shape[:2]
    assert (width >= min(100, shape[0]) and height >= 80) or found.pixels.shape[:2] == shape[::-1]


def test_an_address_of_a_host_that_was_not_agreed_to_is_not_fetched():
    found, = read_thumbnails([("https://example.org/a.png", 4)], Reading(), read=made)
    assert isinstance(found, UnreadableImage)


def test_few_are_read_ahead():
    asked = []

    def note(path, size_px, reading):
        asked.append(path)
        return made(path, size_px, reading)

    stream = read_thumbnails([(str(number), 1) for number in range(100)], Reading(), read=note)
    next(stream)
    time.sleep(0.1)
    assert len(asked) < 30
    stream.close()


def test_it_stops_within_half_a_second_although_a_file_does_not_come():
    may_end = threading.Event()

    def hang(path, size_px, reading):
        may_end.wait(20)
        return made(path, size_px, reading)

    start = time.monotonic()
    with pytest.raises(Cancelled):
        list(read_thumbnails([("1", 1)], Reading(), read=hang, cancelled=lambda: time.monotonic() > start + 0.1))
    assert time.monotonic() - start < 0.6
    may_end.set()
