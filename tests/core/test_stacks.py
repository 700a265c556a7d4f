"""Times, planes, channels and colours of made TIFF stacks: each picture is the one that its axes name."""

import numpy as np
import pytest
import tifffile
from made import encoded, pixels, tiff
from PIL import Image

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.folder_range import with_folder_range
from orangecontrib.imaging.core.images import probe_image, read_image, sample_image
from orangecontrib.imaging.core.reading import Reading

FULL = Reading(contrast="type")
SIZES = {"T": 2, "Z": 3, "C": 4, "Y": 5, "X": 7, "Q": 3}


def read(data, **recipe):
    return read_image("stack.tif", Reading(**{"contrast": "type", **recipe}), data=data).pixels


def refusal(data, **recipe):
    with pytest.raises(UnreadableImage) as caught:
        read(data, **recipe)
    return caught.value.reason


def info(data, tmp_path, reading=Reading()):
    (tmp_path / "stack.tif").write_bytes(data)
    return probe_image(tmp_path / "stack.tif", reading)


def stack(axes, dtype=np.uint16, seed=0):
    """Values of a stack with these axes, no two planes alike."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, [SIZES[axis] for axis in axes]).astype(dtype)


def plane(values, axes, **place):
    """Levels of one plane by the type's full range: (5, 7) uint8."""
    chosen = values[tuple(place.get(axis, slice(None)) if axis not in "YX" else slice(None) for axis in axes)]
    left = [axis for axis in axes if axis in "YX" or axis not in place]
    assert sorted(left) == ["X", "Y"]
    chosen = chosen if left == ["Y", "X"] else chosen.T
    return np.rint(chosen.astype(float) * 255 / np.iinfo(values.dtype).max).astype(np.uint8)


@pytest.mark.parametrize("kind", ["ome", "imagej", "shaped"])
@pytest.mark.parametrize("axes", ["TZCYX", "TYX", "ZYX", "CYX", "TCYX", "ZCYX", "TZYX", "YX"])
def test_every_plane_is_found_by_its_axes(kind, axes, tmp_path):
    values = stack(axes)
    options = {"ome": {"ome": True}, "imagej": {"imagej": True}, "shaped": {}}[kind]
    data = tiff(values, metadata={"axes": axes}, photometric="minisblack", **options)
    found = info(data, tmp_path)
    expected = [SIZES[axis] if axis in axes else 1 for axis in "TZC"]
    assert [found.times, found.planes, found.channels, found.scenes] == [*expected, 1]
    assert (found.height, found.width, found.is_colour, found.bits) == (5, 7, False, 16)
    for time, z, channel in np.ndindex(*expected):
        here = read(data, time=time, projection="plane", z=z, channels=(channel,))
        np.testing.assert_array_equal(here, np.repeat(plane(values, axes, T=time, Z=z, C=channel)[..., None], 3, -1))


@pytest.mark.parametrize("axes", ["TZCYX", "ZCYX"])
def test_the_other_order_of_axes_of_ome_is_obeyed(axes):
    values = stack("TCZYX")
    data = tiff(values, ome=True, metadata={"axes": "TCZYX"}, photometric="minisblack")
    here = read(data, time=1, projection="plane", z=2, channels=(3,))
    np.testing.assert_array_equal(here[..., 0], plane(values, "TCZYX", T=1, C=3, Z=2))


def test_three_pages_of_a_time_series_are_no_colours(tmp_path):
    values = stack("QYX")
    for options in ({"metadata": {"axes": "TYX"}}, {"imagej": True, "metadata": {"axes": "TYX"}}):
        data = tiff(values, photometric="minisblack", **options)
        assert (info(data, tmp_path).times, info(data, tmp_path).is_colour) == (3, False)
        np.testing.assert_array_equal(read(data)[..., 1], plane(values, "QYX", Q=0))


@pytest.mark.parametrize(("pages", "attribute"), [("time", "times"), ("z", "planes"), ("channel", "channels"),
                                                 ("scene", "scenes")])
def test_pages_that_say_nothing_are_what_the_recipe_calls_them(pages, attribute, tmp_path):
    values = stack("QYX")
    data = tiff(values, photometric="minisblack", metadata=None)
    found = info(data, tmp_path, Reading(pages=pages))
    assert [getattr(found, name) for name in ("scenes", "times", "planes", "channels")].count(3) == 1
    assert getattr(found, attribute) == 3
    place = {"time": {"time": 1}, "z": {"projection": "plane", "z": 1}, "channel": {"channels": (1,)},
             "scene": {"scene": 1}}[pages]
    np.testing.assert_array_equal(read(data, pages=pages, **place)[..., 0], plane(values, "QYX", Q=1))


def test_pages_that_say_nothing_are_told_apart_by_number():
    data = tiff(stack("QYX"), photometric="minisblack", metadata=None)
    assert read_image("a.tif", data=data).notes == ("16 bits, 3 pages: page 1, contrast 0.1–99.9 %",)
    assert refusal(data, scene=3) == "there is no page 4; it has 3"


def test_pages_of_different_sizes_are_scenes(tmp_path):
    images = [Image.fromarray(pixels(30 + 5 * number, 40)) for number in range(3)]
    data = encoded(images[0], "TIFF", save_all=True, append_images=images[1:])
    assert info(data, tmp_path).scenes == 3
    for number, image in enumerate(images):
        np.testing.assert_array_equal(read(data, scene=number), np.array(image))


@pytest.mark.parametrize(("projection", "expected"), [
    ("max", lambda values: values.max(axis=0)), ("middle", lambda values: values[1]),
    ("plane", lambda values: values[2])])
def test_a_z_stack_is_seen_as_the_recipe_says(projection, expected):
    values = stack("ZYX")
    data = tiff(values, imagej=True, metadata={"axes": "ZYX"})
    found = read(data, projection=projection, z=2)[..., 0]
    np.testing.assert_array_equal(found, np.rint(expected(values).astype(float) / 257).astype(np.uint8))


def test_a_projection_comes_before_the_contrast():
    values = np.zeros((2, 8, 8), np.uint16)
    values[0], values[1, 3, 3] = 100, 2000
    values[0, 0, 0] = 50
    found = read(tiff(values, imagej=True, metadata={"axes": "ZYX"}), contrast="auto")[..., 0]
    assert (found[0, 0], found[3, 3], found[5, 5]) == (0, 255, round(50 / 1950 * 255))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32",
                                   "float64"])
@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}, {"tile": (16, 16)},
                                     {"compression": "zlib"}, {"compression": "zstd", "predictor": True}], ids=str)
def test_every_type_of_number_is_stretched_between_its_own_limits(dtype, options):
    values = np.random.default_rng(1).uniform(-90 if dtype[0] != "u" else 0, 100, (40, 50)).astype(dtype)
    if dtype == "float16" and "predictor" in options:
        options = {**options, "predictor": False}
    found = read(tiff(values, **options), contrast="percentiles", percentiles=(0, 100))[..., 0]
    low, high = float(values.min()), float(values.max())
    assert np.abs(found - (values.astype(float) - low) / (high - low) * 255).max() <= 0.51


@pytest.mark.parametrize("bits", range(9, 16))
def test_numbers_of_9_to_15_bits_know_their_own_full_range(bits, tmp_path):
    values = np.random.default_rng(bits).integers(0, 2**bits, (20, 30)).astype(np.uint16)
    data = tiff(values, bitspersample=bits)
    assert info(data, tmp_path).bits == bits
    assert np.abs(read(data)[..., 0] - values * (255 / (2**bits - 1))).max() <= 0.51


def test_significant_bits_of_ome_are_its_full_range(tmp_path):
    data = tiff(np.full((5, 7), 4095, np.uint16), ome=True, metadata={"axes": "YX", "SignificantBits": 12})
    assert info(data, tmp_path).bits == 12
    assert read(data).min() == 255


@pytest.mark.parametrize("bits", [8, 10])
def test_bits_that_ome_says_wrongly_are_not_believed(bits):
    values = np.random.default_rng(0).integers(0, 4096, (40, 50)).astype(np.uint16)
    data = tiff(values, ome=True, metadata={"axes": "YX", "SignificantBits": bits})
    full, stretched = (read_image("a.tif", Reading(contrast=contrast), data=data) for contrast in ("type", "auto"))
    np.testing.assert_array_equal(full.pixels[..., 0], np.rint(values / 257))
    assert full.notes[1] == (f"the file says that {bits} bits are in use, but its numbers need more, "
                             "so 16 are taken")
    np.testing.assert_array_equal(stretched.pixels, read(tiff(values), contrast="auto"))


def test_whether_numbers_stay_as_they_are_is_seen_by_how_they_are_stored():
    values = np.random.default_rng(0).integers(20, 200, (40, 50)).astype(np.uint16)
    data = tiff(values, ome=True, metadata={"axes": "YX", "SignificantBits": 8})
    np.testing.assert_array_equal(read(data, contrast="auto"), read(tiff(values), contrast="auto"))
    np.testing.assert_array_equal(read(data)[..., 0], values)
    assert read_image("a.tif", data=data).notes == ("8 bits: contrast 0.1–99.9 %",)


@pytest.mark.parametrize("bits", [-3, 0, 99])
def test_bits_that_cannot_be_do_not_count(bits):
    values = stack("YX")
    data = tiff(values, ome=True, metadata={"axes": "YX", "SignificantBits": bits})
    np.testing.assert_array_equal(read(data), read(tiff(values)))


def test_numbers_that_are_turned_round_are_so_within_their_type():
    values = stack("YX")
    data = tiff(values, ome=True, photometric="miniswhite", metadata={"axes": "YX", "SignificantBits": 8})
    np.testing.assert_array_equal(read(data)[..., 0], plane(65535 - values, "YX"))


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("dtype", ["uint16", "float32", "uint32"])
def test_deep_colours_are_stretched_together_and_keep_their_hue(planar, dtype):
    base = pixels().astype(float)
    values = (base * (1 if dtype == "float32" else 200)).astype(dtype)
    data = tiff(values if planar == "contig" else np.moveaxis(values, -1, 0), photometric="rgb", planarconfig=planar)
    found = read(data, contrast="percentiles", percentiles=(0, 100))
    low, high = float(values.min()), float(values.max())
    assert np.abs(found - (values - low) / (high - low) * 255).max() <= 0.51


def test_deep_white_is_zero_is_turned_round():
    values = stack("YX")
    np.testing.assert_array_equal(read(tiff(values, photometric="miniswhite"))[..., 0], plane(65535 - values, "YX"))
    decimals = np.linspace(-1, 1, 35, dtype=np.float32).reshape(5, 7)
    found = read(tiff(decimals, photometric="miniswhite"), contrast="percentiles", percentiles=(0, 100))
    np.testing.assert_array_equal(found[..., 0], np.rint((1 - decimals.astype(float)) / 2 * 255))


def test_where_white_is_the_smallest_number_the_projection_is_still_of_the_brightest():
    values = stack("ZYX")
    data = tiff(values, photometric="miniswhite", metadata={"axes": "ZYX"})
    np.testing.assert_array_equal(read(data)[..., 0], plane(65535 - values.min(axis=0), "YX"))


def test_a_range_is_in_the_files_own_numbers_where_white_is_the_smallest(tmp_path):
    data = tiff(np.array([[9, 100, 130, 200, 999]], np.uint16), photometric="miniswhite")
    found = read(data, contrast="range", ranges=((100, 200),))
    assert found[0, :, 0].tolist() == [255, 255, round(0.7 * 255), 0, 0]
    (tmp_path / "a.tif").write_bytes(data)
    sample = sample_image(tmp_path / "a.tif", Reading(), 100)
    assert (sample.numbers.tolist(), sample.kind) == (
        [[9, 100, 130, 200, 999]], "whole numbers of 16 bits whose smallest is white")
    recipe = with_folder_range([str(tmp_path / "a.tif")], Reading(percentiles=(0, 100)), sample_image)
    assert recipe.ranges == ((9, 999),)
    np.testing.assert_array_equal(read_image("a.tif", recipe, data=data).pixels,
                                  read(data, contrast="percentiles", percentiles=(0, 100)))


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_deep_transparency_lies_over_the_background(kind):
    alpha = np.tile(np.linspace(0, 65535, 83).astype(np.uint16), (61, 1))
    base, share = pixels().astype(np.uint16) * 257, alpha[..., None] / 65535
    stored = base if kind == "unassalpha" else np.rint(base * share).astype(np.uint16)
    data = tiff(np.dstack([stored, alpha]), photometric="rgb", extrasamples=[kind], planarconfig="contig")
    assert np.abs(read(data, background=90) - (pixels() * share + 90 * (1 - share))).max() <= 2


def test_samples_that_are_no_colours_are_channels(tmp_path):
    values = np.moveaxis(stack("CYX"), 0, -1)
    data = tiff(values, photometric="minisblack", planarconfig="contig")
    assert (info(data, tmp_path).channels, info(data, tmp_path).is_colour) == (4, False)
    np.testing.assert_array_equal(read(data, channels=(2,))[..., 0], plane(values[..., 2], "YX"))


def test_channels_have_the_colours_that_imagej_names_and_add_up():
    tables = [np.outer(np.array(colour), np.arange(256)).astype(np.uint8) for colour in ((1, 0, 1), (0, 1, 0))]
    values = stack("CYX")[:2]
    data = tiff(values, imagej=True, metadata={"axes": "CYX", "LUTs": tables, "mode": "composite"})
    first, second = (plane(values, "CYX", C=number) for number in (0, 1))
    np.testing.assert_array_equal(read(data), np.dstack([first, second, first]))
    swapped = read(data, channels=(1, 0), colours=("#ff0000", "#800000"))
    expected = np.minimum(second + np.rint(first * (128 / 255)), 255)
    assert np.abs(swapped[..., 0] - expected).max() <= 1
    assert not swapped[..., 1:].any()


def test_channels_without_colours_have_the_usual_ones_and_more_than_six_are_said(tmp_path):
    values = np.random.default_rng(0).integers(0, 65535, (8, 5, 7)).astype(np.uint16)
    data = tiff(values, ome=True, metadata={"axes": "CYX"}, photometric="minisblack")
    picture = read_image("a.tif", FULL, data=data)
    assert picture.notes == ("16 bits, 8 channels: channels 1, 2, 3, 4, 5, 6, contrast of the full range",)
    r, g, b, grey, cyan, magenta = (plane(values, "CYX", C=number).astype(int) for number in range(6))
    expected = np.dstack([r + grey + magenta, g + grey + cyan, b + grey + cyan + magenta])
    np.testing.assert_array_equal(picture.pixels, np.minimum(expected, 255))


def test_each_channel_is_stretched_by_itself():
    values = np.stack([np.arange(35).reshape(5, 7), 1000 + 9 * np.arange(35).reshape(5, 7)]).astype(np.uint16)
    found = read(tiff(values, ome=True, metadata={"axes": "CYX"}, photometric="minisblack"), contrast="auto")
    np.testing.assert_array_equal(found[..., 0], found[..., 1])
    assert (found[..., 0].min(), found[..., 0].max()) == (0, 255)


def test_channels_on_their_own_lie_side_by_side_each_as_from_its_own_file():
    values = stack("CYX")
    data = tiff(values, ome=True, metadata={"axes": "CYX"}, photometric="minisblack")
    found = read(data, channels=(2, 0), separate=True)
    alone = [read(tiff(values[number])) for number in (2, 0)]
    np.testing.assert_array_equal(found, np.concatenate(alone, axis=1))


def test_names_colours_size_and_date_come_from_ome(tmp_path):
    data = tiff(stack("CYX"), ome=True, photometric="minisblack", metadata={
        "axes": "CYX", "PhysicalSizeX": 325, "PhysicalSizeXUnit": "nm",
        "Channel": {"Name": ["DAPI", "GFP", "RFP", "Cy5"], "Color": [0x0000FFFF, 0x00FF00FF, -16776961, 0x7FFFFFFF]}})
    found = info(data, tmp_path)
    assert found.channel_names == ("DAPI", "GFP", "RFP", "Cy5")
    assert found.colours == ("#0000ff", "#00ff00", "#ff0000", "#7fffff")
    assert found.pixel_size_um == pytest.approx(0.325)
    assert found.format == "OME-TIFF"


def test_size_of_a_pixel_comes_from_imagej_and_not_from_a_printers_resolution(tmp_path):
    options = {"resolution": (4.0, 4.0), "metadata": {"axes": "YX", "unit": "um"}}
    assert info(tiff(stack("YX"), imagej=True, **options), tmp_path).pixel_size_um == 0.25
    printed = tiff(stack("YX"), resolution=(300, 300), resolutionunit="INCH", datetime="2021:02:03 04:05:06")
    assert info(printed, tmp_path).pixel_size_um is None
    assert info(printed, tmp_path).acquired == "2021-02-03T04:05:06"


def test_what_the_file_does_not_have_is_refused_by_name():
    data = tiff(stack("TZCYX"), ome=True, metadata={"axes": "TZCYX"}, photometric="minisblack")
    assert refusal(data, time=2) == "there is no time point 3; it has 2"
    assert refusal(data, projection="plane", z=3) == "there is no plane 4; it has 3"
    assert refusal(data, channels=(0, 4)) == "there is no channel 5; it has 4"
    assert refusal(data, scene=1) == "there is no series 2; it has 1"


def test_a_stack_of_which_imagej_lists_only_the_first_page_is_read_to_its_end():
    values = stack("ZYX")
    whole = tiff(values, imagej=True, metadata={"axes": "ZYX"})
    short = tiff(values[:1], imagej=True, metadata={"axes": "ZYX"})
    assert len(whole) > len(short)
    listed = tiff(values, imagej=True, metadata={"axes": "ZYX"}, truncate=True)
    np.testing.assert_array_equal(read(listed, projection="plane", z=2)[..., 0], plane(values, "ZYX", Z=2))
    assert refusal(listed[:-10]) == "the file is truncated"


def test_a_plane_that_is_cut_off_is_refused_and_not_filled():
    values = stack("ZYX")
    for options in ({"imagej": True}, {"ome": True}, {}):
        data = tiff(values, photometric="minisblack", metadata={"axes": "ZYX"}, **options)
        whole, left = read(data), set()
        for length in range(8, len(data)):
            try:
                np.testing.assert_array_equal(read(data[:length]), whole)
            except UnreadableImage as error:
                left.add(error.reason)
        assert "the file is truncated" in left or "ome" in options


def test_a_file_of_one_number_is_mid_grey_and_said():
    picture = read_image("a.tif", data=tiff(np.full((4, 4), 900, np.uint16)))
    assert (picture.pixels == 128).all()
    assert picture.notes == ("16 bits: contrast 0.1–99.9 %", "the same number everywhere, so it is mid-gray")


def test_nan_and_infinity_are_said_and_do_not_spoil_the_rest():
    values = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    values[0, :3] = np.nan, np.inf, -np.inf
    picture = read_image("a.tif", data=tiff(values))
    assert picture.notes[1] == "some numbers are not finite"
    assert picture.pixels[0, :3, 0].tolist() == [0, 255, 0]
    assert len(np.unique(picture.pixels)) > 90
    assert refusal(tiff(np.full((4, 4), np.nan, np.float32)), contrast="auto") == "there is no finite number in it"


@pytest.mark.parametrize("recipe", [{"contrast": "auto"}, {"contrast": "range", "ranges": ((0, 1),)},
                                    {"contrast": "percentiles"}])
def test_a_channel_without_a_finite_number_is_refused_under_every_contrast(recipe):
    values = np.stack([np.full((4, 5), np.inf), np.eye(4, 5), np.full((4, 5), np.nan)]).astype(np.float32)
    data = tiff(values, ome=True, metadata={"axes": "CYX"}, photometric="minisblack")
    for channel in (0, 2):
        assert refusal(data, channels=(channel,), **recipe) == "there is no finite number in it"
    assert refusal(data, **recipe) == "there is no finite number in it"
    assert read(data, channels=(1,), **recipe).max() == 255


def test_transparency_of_one_plane_of_many_is_seen_and_that_of_a_projection_is_said():
    alpha = np.random.default_rng(1).integers(0, 256, (3, 61, 83)).astype(np.uint8)
    colours = np.stack([pixels(seed=seed) for seed in range(3)])
    data = tiff(np.concatenate([colours, alpha[..., None]], axis=-1), photometric="rgb", extrasamples=["unassalpha"],
                metadata=None)
    share = alpha[..., None] / 255
    expected = colours * share + 255 * (1 - share)
    for z in range(3):
        assert np.abs(read(data, pages="z", projection="plane", z=z) - expected[z]).max() <= 1.5
    assert np.abs(read(data, pages="z", projection="middle") - expected[1]).max() <= 1.5
    projection = read_image("a.tif", Reading(pages="z"), data=data)
    np.testing.assert_array_equal(projection.pixels, colours.max(axis=0))
    assert projection.notes[-1] == "its transparency is not seen in the projection"


@pytest.mark.parametrize("axes", ["CYXS", "CSYX"])
@pytest.mark.parametrize("kind", ["ome", "shaped"])
def test_channels_that_are_colour_pictures_themselves_are_series(axes, kind, tmp_path):
    values = np.stack([pixels(seed=seed) for seed in range(2)])
    data = tiff(values if axes == "CYXS" else np.moveaxis(values, -1, 1), photometric="rgb", metadata={"axes": axes},
                ome=kind == "ome", planarconfig="contig" if axes == "CYXS" else "separate")
    found = info(data, tmp_path)
    assert (found.scenes, found.channels, found.is_colour) == (2, 3, True)
    for scene in (0, 1):
        picture = read_image("a.tif", Reading(scene=scene), data=data)
        np.testing.assert_array_equal(picture.pixels, values[scene])
        assert picture.notes == (f"2 series: series {scene + 1}",)
    assert refusal(data, scene=2) == "there is no series 3; it has 2"


def test_planes_and_times_of_colour_channels_are_found_by_their_axes():
    values = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 5, 7, 3)).astype(np.uint8)
    data = tiff(values, ome=True, photometric="rgb", metadata={"axes": "TZCYXS"})
    for time, z, channel in np.ndindex(2, 3, 2):
        np.testing.assert_array_equal(read(data, time=time, projection="plane", z=z, scene=channel),
                                      values[time, z, channel])


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(("extra", "left_out"), [
    (["unspecified"], "1 more number of each pixel is left out; the file does not say what for"),
    (["unspecified"] * 2, "2 more numbers of each pixel are left out; the file does not say what for"),
    (["unassalpha", "unspecified"], "1 more number of each pixel is left out; the file does not say what for"),
    (["unassalpha"], None)])
def test_samples_of_a_colour_picture_without_a_meaning_are_left_out_and_said(extra, left_out, planar):
    values = np.dstack([pixels(), *[np.full((61, 83), 255, np.uint8)] * len(extra)])
    data = tiff(values if planar == "contig" else np.moveaxis(values, -1, 0), photometric="rgb", extrasamples=extra,
                planarconfig=planar)
    picture = read_image("a.tif", data=data)
    np.testing.assert_array_equal(picture.pixels, pixels())
    assert picture.notes == ((left_out,) if left_out else ())


@pytest.mark.parametrize("count", [1, 3])
def test_a_mask_of_transparency_beside_the_picture_is_left_out_and_said(count, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as out:
        for seed in range(count):
            out.write(pixels(seed=seed), photometric="rgb", metadata=None)
        for _ in range(count):
            out.write(np.ones((61, 83), bool), photometric="mask", subfiletype=4, metadata=None)
    assert probe_image(tmp_path / "a.tif").scenes == count
    picture = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, pixels(seed=0))
    assert picture.notes[-1] == (f"{count} {'page is' if count == 1 else 'pages are'} left out: "
                                 "no picture but a mask of transparency")


@pytest.mark.parametrize("odd_first", [True, False])
def test_a_page_that_cannot_be_read_does_not_cost_the_others_and_is_said(odd_first, tmp_path):
    pages = [{"data": pixels(), "photometric": "rgb"}, {"data": np.zeros((7, 9), np.uint16), "photometric": "cfa"}]
    with tifffile.TiffWriter(tmp_path / "a.tif") as out:
        for page in pages[::-1] if odd_first else pages:
            out.write(metadata=None, **page)
    assert probe_image(tmp_path / "a.tif").scenes == 1
    picture = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, pixels())
    assert picture.notes == (
        "1 page is left out: the color model CFA of 16 bits cannot be read; save it as RGB",)


@pytest.mark.parametrize(("greatest", "is_said"), [(0, False), (4, True), (15, True), (16, False), (255, False)])
def test_a_mask_that_is_nearly_black_is_said_to_be(greatest, is_said, tmp_path):
    labels = (np.arange(100).reshape(10, 10) % (greatest + 1)).astype(np.uint8)
    labels[0, 0] = greatest
    said = f"its greatest number is {greatest} of 255, so it is nearly black; choose percentiles as contrast"
    for data in (tiff(labels), encoded(labels, "PNG")):
        (tmp_path / "a").write_bytes(data)
        assert (said in read_image(tmp_path / "a").notes) == is_said
        assert said not in read_image(tmp_path / "a", Reading(contrast="percentiles")).notes


def test_a_thumbnail_does_not_stand_for_a_picture_that_cannot_be_read(tmp_path):
    with tifffile.TiffWriter(tmp_path / "raw.tif") as out:
        out.write(pixels(20, 30), photometric="rgb", metadata=None)
        out.write(np.zeros((80, 120), np.uint16), photometric="cfa", metadata=None)
    assert "the color model CFA of 16 bits cannot be read" in refusal((tmp_path / "raw.tif").read_bytes())


def test_a_file_of_nothing_but_a_mask_is_refused():
    data = tiff(np.ones((5, 7), bool), photometric="mask", subfiletype=4, metadata=None)
    assert "the color model MASK of 1 bits cannot be read" in refusal(data)


def test_16_bits_and_8_bits_of_one_picture_are_the_same_under_the_full_range():
    np.testing.assert_array_equal(read(tiff(pixels().astype(np.uint16) * 257, photometric="rgb")), pixels())


def test_vectors_of_16_and_8_bits_of_one_picture_are_alike_and_those_of_others_are_not(tmp_path):
    rng, paths = np.random.default_rng(0), []
    for number in range(4):
        deep = (pixels(seed=number).astype(np.uint16) << 8) + rng.integers(0, 256, pixels().shape).astype(np.uint16)
        for name, values in (("deep", deep), ("shallow", (deep >> 8).astype(np.uint8))):
            paths.append(tmp_path / f"{number} {name}.tif")
            paths[-1].write_bytes(tiff(values, photometric="rgb"))
    vectors = embed(paths, reading=FULL).vectors
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert all(unit[2 * number] @ unit[2 * number + 1] >= 0.999 for number in range(4))
    stretched = embed(paths[::2]).vectors
    assert len({vector.tobytes() for vector in stretched}) == 4
