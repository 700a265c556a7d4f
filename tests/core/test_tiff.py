"""TIFF files of one plane and 8 bits come out as Pillow reads them; what would be read wrong is refused."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from made import encoded, pixels, tiff
from PIL import Image, ImageOps

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.reading import Reading

GREY = pixels()[..., 0]


def read(data):
    return read_image("picture.tif", data=data).pixels


def refusal(data):
    with pytest.raises(UnreadableImage) as caught:
        read(data)
    return caught.value.reason


def as_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("options", [
    {}, {"rowsperstrip": 7}, {"tile": (16, 32)}, {"planarconfig": "separate"}, {"byteorder": ">"}, {"bigtiff": True},
    {"compression": "lzw"}, {"compression": "zlib"}, {"compression": "lzma"}, {"compression": "packbits"},
    {"compression": "zlib", "predictor": True}, {"compression": "lzw", "tile": (32, 16), "planarconfig": "separate"},
    {"compression": "webp", "compressionargs": {"lossless": True}}, {"compression": "zstd"},
], ids=str)
def test_a_lossless_colour_tiff_comes_back_as_it_was_however_it_is_laid_out(options):
    options = dict(options)
    values = pixels()
    if options.get("planarconfig") == "separate":
        values = np.moveaxis(values, -1, 0)
    np.testing.assert_array_equal(read(tiff(values, photometric="rgb", **options)), pixels())


@pytest.mark.parametrize(("mode", "compression"), [
    ("RGB", "raw"), ("RGB", "jpeg"), ("RGB", "tiff_lzw"), ("RGB", "tiff_adobe_deflate"), ("RGB", "packbits"),
    ("L", "raw"), ("L", "tiff_lzw"), ("L", "jpeg"), ("1", "raw"), ("1", "group3"), ("1", "group4"),
    ("P", "raw"), ("P", "tiff_lzw"), ("CMYK", "raw"), ("CMYK", "tiff_lzw"), ("RGBX", "raw"),
])
def test_a_tiff_of_pillows_is_read_as_pillow_reads_it(mode, compression):
    image = Image.fromarray(pixels()).convert(mode)
    data = encoded(image, "TIFF", compression=None if compression == "raw" else compression)
    np.testing.assert_array_equal(read(data), as_pillow(data))


@pytest.mark.parametrize("compression", ["raw", "lzw"])
def test_min_is_white_is_turned_round(compression):
    data = tiff(GREY, photometric="miniswhite", compression=None if compression == "raw" else compression)
    np.testing.assert_array_equal(read(data), np.repeat(255 - GREY[..., None], 3, axis=-1))
    one_bit = tiff(GREY > 90, photometric="miniswhite")
    np.testing.assert_array_equal(read(one_bit)[..., 0], np.where(GREY > 90, 0, 255))


@pytest.mark.parametrize("bits", range(1, 9))
def test_fewer_bits_are_stretched_to_the_full_range(bits):
    values = np.random.default_rng(bits).integers(0, 2**bits, (20, 30)).astype(np.uint8)
    data = tiff(values > 0 if bits == 1 else values, photometric="minisblack",
                **({"bitspersample": bits} if bits > 1 else {}))
    expected = values * (255 / (2**bits - 1))
    assert np.abs(read(data)[..., 0] - expected).max() <= 0.5
    assert read(data).max() == 255


def test_a_palette_of_16_bit_colours_is_read_by_its_upper_bytes():
    colours = np.random.default_rng(0).integers(0, 65536, (3, 256)).astype(np.uint16)
    data = tiff(GREY, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(read(data), (colours >> 8).astype(np.uint8).T[GREY])


def test_a_palette_of_8_bit_colours_is_not_black():
    colours = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint16)
    data = tiff(GREY, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(read(data), colours.astype(np.uint8).T[GREY])


@pytest.mark.parametrize("colour", ["rgb", "minisblack"])
def test_straight_and_premultiplied_alpha_both_lie_over_white(colour):
    alpha = np.tile(np.arange(83, dtype=np.uint8) * 3, (61, 1))
    base = pixels() if colour == "rgb" else GREY[..., None]
    share = alpha[..., None] / 255.0
    expected = np.broadcast_to(base * share + 255 * (1 - share), (61, 83, 3))
    premultiplied = np.round(base * share).astype(np.uint8)
    for kind, values in (("unassalpha", base), ("assocalpha", premultiplied)):
        data = tiff(np.dstack([values, alpha]), photometric=colour, extrasamples=[kind], planarconfig="contig")
        assert np.abs(read(data) - expected).max() <= 1.5, kind


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_alpha_with_a_sign_is_opaque_at_its_own_greatest_number(kind):
    values = np.full((8, 9, 4), 32767, np.int16)
    values[..., 1] = 0
    data = tiff(values, photometric="rgb", extrasamples=[kind], planarconfig="contig")
    found = read_image("picture.tif", Reading(contrast="type", background=0), data=data).pixels
    np.testing.assert_array_equal(found, np.broadcast_to([255, 128, 255], (8, 9, 3)))


def test_the_same_picture_with_each_kind_of_alpha_is_what_pillow_sees():
    image = Image.fromarray(np.dstack([pixels(), GREY]))
    data = encoded(image, "TIFF")
    over = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    np.testing.assert_array_equal(read(data), np.array(over.convert("RGB")))


@pytest.mark.parametrize(("data", "reason"), [
    (tiff(np.zeros((5, 6), np.complex64)), "its numbers (64 bits) are of an unusual kind; save it as 8 or 16 bits"),
    (tiff(np.zeros((8, 9, 3), np.uint16), photometric="cielab"),
     "the color model CIELAB of 16 bits cannot be read; save it as RGB"),
    (tiff(np.zeros((8, 9), np.uint16), photometric="cfa"),
     "the color model CFA of 16 bits cannot be read; save it as RGB"),
], ids=["complex", "deep Lab", "raw camera"])
def test_what_would_be_read_wrong_is_refused_with_its_reason(data, reason, tmp_path):
    assert refusal(data) == reason
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(UnreadableImage) as caught:
        probe_image(tmp_path / "a.tif")
    assert caught.value.reason == reason


def test_ycbcr_is_read_where_it_is_whole_or_the_jpeg_decoder_makes_it_rgb():
    image = Image.fromarray(pixels()).convert("YCbCr")
    data = encoded(image, "TIFF", compression="jpeg")
    np.testing.assert_array_equal(read(data), as_pillow(data))
    whole = tiff(np.array(image), photometric="ycbcr", subsampling=(1, 1))
    np.testing.assert_array_equal(read(whole), np.array(image.convert("RGB")))
    fewer_colours = changed_tag(whole, 530, lambda data, offset: struct.pack_into("<HH", data, offset + 8, 2, 2))
    assert refusal(fewer_colours) == "the color model YCBCR of 8 bits cannot be read; save it as RGB"


def test_lab_is_the_colour_that_the_cie_says():
    lab = np.array([[[255, 0, 0], [0, 0, 0], [138, 0, 0]], [[138, 81, 70], [224, 177, 81], [75, 68, 144]]], np.uint8)
    # white, black, grey; and sRGB's red, green and blue, from their L*a*b* under D50 (Lindbloom's calculator)
    greys, primaries = read(tiff(lab, photometric="cielab")).astype(int)
    assert np.abs(greys - [[255] * 3, [0] * 3, [129] * 3]).max() <= 1
    assert np.abs(primaries - 255 * np.eye(3, dtype=int)).max() <= 22  # whole numbers of a* and b* are coarse there


def test_deep_cmyk_is_what_8_bits_of_it_are():
    ink = np.random.default_rng(0).integers(0, 256, (20, 30, 4)).astype(np.uint8)
    shallow = tiff(ink, photometric="separated")
    deep = tiff(ink.astype(np.uint16) * 257, photometric="separated")
    found = read_image("picture.tif", Reading(contrast="type"), data=deep).pixels
    assert np.abs(found.astype(int) - read(shallow)).max() <= 1


def changed_tag(data, code, change):
    """The file with one tag's 12 bytes given to `change(bytearray, offset of the tag)`."""
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        offset = tif.pages.first.tags[code].offset
    changed = bytearray(data)
    change(changed, offset)
    return bytes(changed)


def count_of(count):
    return lambda data, offset: struct.pack_into("<I", data, offset + 4, count)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
def test_a_missing_strip_is_refused_and_not_filled(compression):
    data = tiff(pixels(40, 30), photometric="rgb", rowsperstrip=10, compression=compression)
    assert read(data).shape == (40, 30, 3)
    offsets, lengths = 273, 279
    assert refusal(changed_tag(data, lengths, count_of(3))) == "the file is truncated"
    both = changed_tag(changed_tag(data, lengths, count_of(3)), offsets, count_of(3))
    assert refusal(both) == "the file is truncated"


def test_a_strip_of_no_bytes_is_refused_and_not_filled():
    def emptied(data, offset):
        place = struct.unpack_from("<I", data, offset + 8)[0]
        kind = {3: "<H", 4: "<I"}[struct.unpack_from("<H", data, offset + 2)[0]]
        struct.pack_into(kind, data, place, 0)

    data = tiff(pixels(40, 30), photometric="rgb", rowsperstrip=10)
    assert refusal(changed_tag(data, 279, emptied)) == "the file is truncated"


def test_a_tag_that_is_cut_off_is_not_replaced_by_its_default():
    data = encoded(pixels(), "TIFF", compression="tiff_lzw")  # libtiff puts BitsPerSample at the very end
    assert refusal(data[:-1]) == "the file is damaged or truncated (a tag cannot be read)"


def test_a_bomb_of_one_tiny_strip_is_refused_before_memory_is_asked_for():
    data = tiff(np.zeros((1, 16), np.uint8))

    def huge(data, offset):
        struct.pack_into("<HI", data, offset + 2, 4, 1)
        struct.pack_into("<I", data, offset + 8, 60_000)

    bomb = changed_tag(changed_tag(data, 256, huge), 257, huge)
    assert refusal(bomb) == "60000 × 60000 pixels are too many; the limit is 178 megapixels"


def test_damage_is_not_shouted_into_the_terminal(tmp_path):
    data = tiff(pixels(40, 30), photometric="rgb", rowsperstrip=10)
    (tmp_path / "a.tif").write_bytes(changed_tag(data, 279, count_of(3)))
    (tmp_path / "b.tif").write_bytes(data[:200])
    code = """
import sys
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import read_image
for path in sys.argv[1:]:
    try:
        read_image(path)
    except UnreadableImage as error:
        print(error.reason)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.tif", tmp_path / "b.tif"], capture_output=True,
                          text=True, timeout=60, check=True)
    assert (done.stdout.splitlines()[0], done.stderr) == ("the file is truncated", "")


def test_an_orientation_of_two_numbers_is_upright():
    def two(data, offset):
        struct.pack_into("<HIHH", data, offset + 2, 3, 2, 6, 6)

    exif = Image.Exif()
    exif[274] = 6
    data = changed_tag(encoded(pixels(), "TIFF", exif=exif), 274, two)
    np.testing.assert_array_equal(read(data), pixels())
