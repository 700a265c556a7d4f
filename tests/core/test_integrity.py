"""No file that ends too early, or whose rest never arrived, becomes a grey patch that a network would learn."""

import io

import numpy as np
import pytest
from made import encoded, pixels, tiff
from PIL import Image

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.integrity import damage, png_chunks

FRAMES = {"save_all": True, "append_images": [Image.fromarray(pixels(seed=1)), Image.fromarray(pixels(seed=2))]}
FILES = {
    "jpeg": encoded(pixels(), "JPEG"),
    "jpeg progressive": encoded(pixels(), "JPEG", progressive=True),
    "jpeg restart marks": encoded(pixels(), "JPEG", restart_marker_rows=1),
    "jpeg grey": encoded(pixels()[..., 0], "JPEG"),
    "png": encoded(pixels(), "PNG"),
    "png palette": encoded(Image.fromarray(pixels()).quantize(200), "PNG"),
    "png animated": encoded(pixels(), "PNG", **FRAMES),
    "bmp": encoded(pixels(), "BMP"),
    "bmp palette": encoded(Image.fromarray(pixels()).quantize(200), "BMP"),
    "gif": encoded(pixels(), "GIF"),
    "gif animated": encoded(pixels(), "GIF", **FRAMES),
    "webp": encoded(pixels(), "WEBP"),
    "webp lossless": encoded(pixels(), "WEBP", lossless=True),
    "webp animated": encoded(pixels(), "WEBP", **FRAMES),
    "tiff": encoded(pixels(), "TIFF"),
    "tiff lzw": encoded(pixels(), "TIFF", compression="tiff_lzw"),
    "tiff deflate": encoded(pixels(), "TIFF", compression="tiff_adobe_deflate"),
    "tiff packbits": encoded(pixels(), "TIFF", compression="packbits"),
    "tiff jpeg": encoded(pixels(), "TIFF", compression="jpeg"),
    "tiff group4": encoded(Image.fromarray(pixels()).convert("1"), "TIFF", compression="group4"),
    "tiff palette": encoded(Image.fromarray(pixels()).quantize(200), "TIFF", compression="tiff_lzw"),
    "tiff strips": tiff(pixels(), photometric="rgb", rowsperstrip=8),
    "tiff tiles": tiff(pixels(), photometric="rgb", tile=(16, 16), compression="lzw"),
    "tiff planar": tiff(np.moveaxis(pixels(), -1, 0), photometric="rgb", planarconfig="separate"),
}


def read(data):
    return read_image("picture", data=data).pixels


def cuts(data):
    """Some hundred places: evenly spread, and every one near both ends, where headers and end marks lie."""
    return sorted({*range(1, 40), *range(40, len(data), max(1, len(data) // 150)),
                   *range(max(1, len(data) - 40), len(data))})


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_refused_or_still_the_whole_picture(name):
    data = FILES[name]
    whole = read(data)
    refused, wrong = 0, []
    for cut in cuts(data):
        try:
            if not np.array_equal(read(data[:cut]), whole):
                wrong.append(cut)
        except UnreadableImage as error:
            refused += 1
            assert error.reason
    assert wrong == []
    assert refused > (20 if "animated" in name else len(cuts(data)) - 25)


@pytest.mark.parametrize("name", ["jpeg", "jpeg progressive", "jpeg restart marks", "jpeg grey", "png", "png palette",
                                  "tiff lzw", "tiff deflate", "tiff packbits", "tiff tiles"])
def test_a_file_whose_rest_is_zeros_is_refused_or_still_the_whole_picture(name):
    data = FILES[name]
    whole = read(data)
    wrong = []
    for cut in range(len(data) // 3, len(data) - 1, max(1, len(data) // 40)):
        try:
            if not np.array_equal(read(data[:cut] + bytes(len(data) - cut)), whole):
                wrong.append(cut)
        except UnreadableImage as error:
            assert error.reason
    assert wrong == []


def test_what_a_cut_is_called():
    for name in ("jpeg", "png", "bmp", "gif", "webp", "tiff", "tiff strips"):
        with pytest.raises(UnreadableImage) as caught:
            read(FILES[name][:len(FILES[name]) * 2 // 3])
        assert caught.value.reason == "the file is truncated", name


def test_one_changed_byte_in_the_pixels_of_a_png_is_found():
    data = bytearray(FILES["png"])
    data[len(data) // 2] ^= 1
    with pytest.raises(UnreadableImage, match=r"the file is damaged \(its checksum is wrong\)"):
        read(bytes(data))


def test_a_thumbnail_inside_a_jpeg_does_not_stand_in_for_its_end():
    small = encoded(pixels(8, 8), "JPEG")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + small
    data = encoded(pixels(), "JPEG", exif=exif)
    assert damage(data) == ""
    begun = data[:len(data) // 2] + bytes(len(data) // 2)
    assert small in begun
    assert damage(begun) == "the file is truncated"


def test_bytes_behind_the_end_and_fill_bytes_before_a_segment_are_no_damage():
    for name in ("jpeg", "png", "webp", "gif"):
        np.testing.assert_array_equal(read(FILES[name] + b"a note of the camera's \xff\xda"), read(FILES[name]))
    filled = FILES["jpeg"][:2] + b"\xff\xff\xff" + FILES["jpeg"][2:]
    assert damage(filled) == ""


def test_the_chunks_of_a_png_are_listed_up_to_its_end():
    names = [name for name, _ in png_chunks(io.BytesIO(FILES["png"] + b"more"))]
    assert names[0] == b"IHDR"
    assert names[-1] == b"IEND"
    assert set(names[1:-1]) == {b"IDAT"}
    assert list(png_chunks(io.BytesIO(FILES["png"][:10]))) == []


def test_other_files_are_none_of_its_business():
    assert damage(b"") == damage(b"text") == damage(FILES["tiff"]) == damage(FILES["gif"]) == ""
