"""Small versions of pictures."""

import tracemalloc

import numpy as np
import pytest
import tifffile
from made import encoded, pixels
from PIL import Image

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnails import read_thumbnail


def test_the_longest_side_is_the_asked_one_and_the_shape_is_kept(tmp_path):
    Image.new("RGB", (400, 100), (250, 120, 5)).save(tmp_path / "a.png")
    small = read_thumbnail(tmp_path / "a.png", 96)
    assert small.pixels.shape == (24, 96, 3)
    assert small.pixels.dtype == np.uint8
    assert small.pixels[10, 50].tolist() == [250, 120, 5]
    assert (small.full_width, small.full_height) == (400, 100)


def test_small_pictures_are_not_enlarged(tmp_path):
    Image.new("RGB", (4, 3), (9, 8, 7)).save(tmp_path / "a.png")
    assert read_thumbnail(tmp_path / "a.png", 96).pixels.shape == (3, 4, 3)


def test_a_line_of_pixels_keeps_one_pixel_of_height(tmp_path):
    Image.new("RGB", (1000, 1)).save(tmp_path / "a.png")
    assert read_thumbnail(tmp_path / "a.png", 96).pixels.shape == (1, 96, 3)


def test_the_cameras_turn_is_undone(tmp_path):
    picture = Image.new("RGB", (200, 100), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    small = read_thumbnail(tmp_path / "a.png", 50)
    assert small.pixels.shape == (50, 25, 3)
    assert small.pixels[5, 12].tolist() == [255, 0, 0]
    assert (small.full_width, small.full_height) == (100, 200)


def test_channels_on_their_own_are_each_made_small_and_lie_side_by_side(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(pixels(), "PNG"))
    reading = Reading(channels=(2, 0, 1), separate=True)
    small = read_thumbnail(tmp_path / "a.png", 96, reading)
    alone = [read_thumbnail(tmp_path / "a.png", 32, part).pixels for part in reading.parts()]
    np.testing.assert_array_equal(small.pixels, np.concatenate(alone, axis=1))
    assert (small.pixels.shape, small.full_width, small.full_height) == ((24, 96, 3), 249, 61)


def test_of_channels_on_their_own_only_a_few_are_in_memory_at_once(tmp_path):
    values = np.zeros((20, 500, 500), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", metadata={"axes": "CYX"})
    tracemalloc.start()
    try:
        read_thumbnail(tmp_path / "a.tif", 100, Reading(channels=tuple(range(20)), separate=True))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10 * 3 * 500 * 500


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(UnreadableImage, match=r"a\.png"):
        read_thumbnail(tmp_path / "a.png", 96)
