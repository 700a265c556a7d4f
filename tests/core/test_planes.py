"""A file's own numbers for looking at it closely: exact, upright, bounded, the same from a child."""

import numpy as np
import pytest
import tifffile
from made import encoded, pixels
from PIL import Image

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import _opened, read_planes
from orangecontrib.imaging.core.planes import find_planes
from orangecontrib.imaging.core.readers import Readers
from orangecontrib.imaging.core.reading import Reading


@pytest.fixture
def two_channels(tmp_path):
    """(2, 61, 83) uint16 and the file that holds them."""
    values = np.random.default_rng(0).integers(0, 60000, (2, 61, 83)).astype(np.uint16)
    path = str(tmp_path / "two.tif")
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": "CYX", "Labels": ["DAPI", "GFP"]})
    return values, path


def bounded(path, reading=Reading(), **bounds):
    with _opened(path, reading) as stack:
        return find_planes(stack, reading, **bounds)


def test_the_numbers_are_those_of_the_file_in_its_own_type(two_channels):
    values, path = two_channels
    planes = read_planes(path)
    assert planes.values.dtype == np.uint16
    np.testing.assert_array_equal(planes.values, values)
    assert planes.at(17, 40) == tuple(values[:, 40, 17].tolist())
    assert [channel.extent for channel in planes.channels] == [(v.min(), v.max()) for v in values]
    assert (planes.step, planes.full_width, planes.full_height) == (1, 83, 61)


@pytest.mark.parametrize("place", [(-1, 0), (0, -1), (83, 0), (0, 61)])
def test_there_is_no_number_outside_the_picture(two_channels, place):
    assert read_planes(two_channels[1]).at(*place) == ()


def test_a_photograph_has_its_red_green_and_blue(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(pixels(), "PNG"))
    planes = read_planes(tmp_path / "a.png")
    assert [channel.name for channel in planes.channels] == ["Red", "Green", "Blue"]
    assert planes.at(5, 9) == tuple(pixels()[9, 5].tolist())
    assert planes.channels[0].limits == planes.channels[0].extent == (0, 255)


def test_what_is_a_color_picture_tells_its_file_and_no_name(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(pixels(), "PNG"))
    stains = {"axes": "CYX", "Channel": {"Name": ["Red", "Green", "Blue"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", np.moveaxis(pixels(), -1, 0), metadata=stains)
    readers = Readers(1)
    try:
        colour, some, stained = [readers.planes(str(tmp_path / name), reading) for name, reading in (
            ("a.png", Reading()), ("a.png", Reading(channels=(0, 1))), ("a.ome.tif", Reading(channels=(0, 1, 2))))]
    finally:
        readers.close()
    assert [channel.name for channel in stained.channels] == [channel.name for channel in colour.channels]
    assert (colour.is_colour, some.is_colour, stained.is_colour) == (True, False, False)
    assert colour.kind != stained.kind, "the colours of stains can be others, which of a colour picture they cannot"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_is_told_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "a.png").write_bytes(encoded(pixels(), "PNG", exif=exif))
    planes = read_planes(tmp_path / "a.png")
    from orangecontrib.imaging.core.images import read_image
    np.testing.assert_array_equal(np.moveaxis(planes.values, 0, -1), read_image(tmp_path / "a.png").pixels)
    assert planes.values.shape[1:] == (planes.full_height, planes.full_width)


def test_a_large_picture_is_told_by_every_third_pixel_and_says_so(two_channels):
    values, path = two_channels
    planes = bounded(path, max_pixels=28 * 21)
    np.testing.assert_array_equal(planes.values, values[:, ::3, ::3])
    assert planes.notes[-1] == "shown at 1/3 of its size: every 3rd pixel of every 3rd row"
    assert planes.at(82, 60) == tuple(values[:, 60, 81].tolist())
    assert planes.channels == read_planes(path).channels, "limits and counts are those of all pixels"


def test_the_bytes_of_all_channels_are_bounded(two_channels):
    planes = bounded(two_channels[1], max_bytes=2 * 2 * 42 * 31)
    assert (planes.step, planes.values.shape) == (2, (2, 31, 42))


def test_a_line_of_one_pixel_is_never_lost(tmp_path):
    tifffile.imwrite(tmp_path / "line.tif", np.arange(5000, dtype=np.uint16)[None])
    assert bounded(str(tmp_path / "line.tif"), max_pixels=50).values.shape == (1, 1, 50)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32",
                                   "float64", ">u2", ">f4"])
def test_a_child_tells_the_same_of_every_type(tmp_path, dtype):
    values = np.random.default_rng(0).integers(0, 100, (40, 50)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, byteorder=">" if dtype.startswith(">") else "<")
    readers = Readers(1)
    try:
        here, there = read_planes(tmp_path / "a.tif"), readers.planes(str(tmp_path / "a.tif"))
        np.testing.assert_array_equal(there.values, here.values)
        assert there.kind == here.kind
        assert (there.channels, there.notes, there.full_width) == (here.channels, here.notes, 50)
        assert there.is_colour is here.is_colour is False
    finally:
        readers.close()


def test_transparency_comes_along(tmp_path):
    clear = np.dstack([pixels(), pixels()[..., 0]])
    (tmp_path / "a.png").write_bytes(encoded(clear, "PNG"))
    np.testing.assert_array_equal(read_planes(tmp_path / "a.png", Reading(background=7)).alpha, clear[..., 3])
    assert read_planes(tmp_path / "a.png", Reading(background=7)).background == 7


def test_numbers_that_are_not_finite_count_for_nothing(tmp_path):
    values = np.linspace(-1, 1, 2000, dtype=np.float32).reshape(40, 50)
    values[0, :3] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "a.tif", values)
    channel, = read_planes(tmp_path / "a.tif").channels
    assert channel.extent == (values[0, 3], 1)
    assert sum(channel.counts) == 1997


@pytest.mark.parametrize(("ends", "is_counted"), [((-1.7e308, 1.7e308), False), ((1.0, np.nextafter(1, 2)), True),
                                                  ((0.0, 5e-324), True), ((3.0, 3.0), False)])
def test_extreme_numbers_do_no_harm(tmp_path, ends, is_counted):
    tifffile.imwrite(tmp_path / "a.tif", np.resize(np.array(ends), (20, 30)))
    channel, = read_planes(tmp_path / "a.tif").channels
    assert channel.extent == ends
    assert bool(channel.counts) is is_counted
    assert not is_counted or (channel.counts[0], channel.counts[-1]) == (300, 300)


def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, two_channels):
    for path, reading, reason in ((tmp_path / "none.png", Reading(), "there is no such file"),
                                  (two_channels[1], Reading(channels=(5,)), "there is no channel 6; it has 2")):
        with pytest.raises(UnreadableImage) as caught:
            read_planes(path, reading)
        assert caught.value.reason == reason
