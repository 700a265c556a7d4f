"""Small versions of pictures."""

import numpy as np
import pytest
from PIL import Image

from orangecontrib.imaging.core.errors import UnreadableImage
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


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(UnreadableImage, match=r"a\.png"):
        read_thumbnail(tmp_path / "a.png", 96)
