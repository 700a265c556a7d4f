"""Photographs come out as Pillow decodes them, upright, over white; the rest is refused with its reason."""

import io
import os
import re
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
from made import FORMATS, encoded, pixels
from PIL import Image, ImageOps

from orangecontrib.imaging.core import images
from orangecontrib.imaging.core.errors import UnreadableImage, WrongUse
from orangecontrib.imaging.core.images import Reading, deeper_than_8, probe_image, read_image

ORIENTATION = 0x0112


def read(data, reading=Reading(), name="picture"):
    return read_image(name, reading, data=data)


def refusal(data, **options):
    with pytest.raises(UnreadableImage) as caught:
        read(data, **options)
    return caught.value.reason


def outcome(data):
    """The pixels' bytes, or as text why there are none."""
    try:
        return read(data).pixels.tobytes()
    except UnreadableImage as error:
        return error.reason


def as_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("options", [
    {"format": "PNG"}, {"format": "BMP"}, {"format": "TIFF"}, {"format": "WEBP", "lossless": True},
    {"format": "PNG", "optimize": True},
])
def test_a_lossless_format_comes_back_as_it_was(options):
    options = dict(options)
    picture = read(encoded(pixels(), options.pop("format"), **options))
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(picture.pixels, pixels())
    assert picture.notes == ()


@pytest.mark.parametrize("options", [
    {"quality": 90}, {"quality": 30, "progressive": True}, {"quality": 75, "restart_marker_rows": 1},
    {"quality": 95, "subsampling": 0},
])
def test_a_jpeg_comes_out_as_pillow_decodes_it_and_near_the_original(options):
    data = encoded(pixels(), "JPEG", **options)
    np.testing.assert_array_equal(read(data).pixels, as_pillow(data))
    assert np.abs(read(data).pixels.astype(int) - pixels()).mean() < 35


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (64, 8)])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_plain_jpegs_are_decoded_by_the_faster_decoder_to_the_same_pixels(size, subsampling, monkeypatch):
    data = encoded(np.resize(pixels(), (*size, 3)), "JPEG", quality=85, subsampling=subsampling)
    monkeypatch.setattr(images, "_rgb", None)
    np.testing.assert_array_equal(read(data).pixels, as_pillow(data))


def test_where_the_faster_decoder_fails_pillow_decides(monkeypatch):
    def fails(data):
        raise imagecodecs.Jpeg8Error("jpeg8_decode", "unsupported")

    data = encoded(pixels(), "JPEG")
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", fails)
    np.testing.assert_array_equal(read(data).pixels, as_pillow(data))


def test_a_progressive_jpeg_that_is_cut_between_its_scans_is_refused():
    data = encoded(pixels(), "JPEG", progressive=True)
    tables = data.index(b"\xff\xc4", data.index(b"\xff\xda"))  # of the second scan
    cut = data[:tables + 30] + b"\xff\xd9"
    assert imagecodecs.jpeg8_decode(cut).shape == pixels().shape  # it says nothing
    assert refusal(cut) == "the file is truncated"


def test_of_damaged_jpegs_the_faster_decoder_gives_what_pillow_gives(monkeypatch):
    kinds = ({}, {"progressive": True}, {"restart_marker_rows": 1})
    whole, rng, reasons = [encoded(pixels(), "JPEG", **options) for options in kinds], np.random.default_rng(0), set()
    for number in range(1200):
        damaged = bytearray(whole[number % 3])
        for _ in range(number % 4):
            damaged[rng.integers(2, len(damaged))] = rng.integers(256)
        if number % 5 == 0:
            damaged = damaged[:rng.integers(640, len(damaged))] + b"\xff\xd9"  # within the pixels
        ours = outcome(bytes(damaged))
        with monkeypatch.context() as without:
            without.setattr(images, "_plain_jpeg", lambda image, data: None)
            assert outcome(bytes(damaged)) == ours
        reasons.update({ours} if isinstance(ours, str) else ())
    assert "the file is truncated" in reasons


@pytest.mark.parametrize(("format", "mode"), [
    ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("BMP", "L"), ("BMP", "1"), ("BMP", "P"), ("GIF", "L"), ("GIF", "1"),
    ("GIF", "P"), ("JPEG", "L"), ("JPEG", "CMYK"), ("JPEG", "YCbCr"), ("TIFF", "L"), ("TIFF", "1"), ("TIFF", "P"),
    ("TIFF", "CMYK"), ("WEBP", "L"), ("WEBP", "P"),
])
def test_each_mode_that_a_format_can_hold_is_the_same_picture_in_rgb(format, mode):
    data = encoded(Image.fromarray(pixels()).convert(mode), format)
    np.testing.assert_array_equal(read(data).pixels, as_pillow(data))


def test_cmyk_follows_pillows_formula_and_not_its_inverse():
    ink = np.zeros((8, 8, 4), np.uint8)
    ink[..., 0] = 255  # full cyan
    found = read(encoded(Image.frombytes("CMYK", (8, 8), ink.tobytes()), "JPEG", quality=100)).pixels
    assert np.abs(found.astype(int) - [0, 255, 255]).max() <= 3


def test_transparent_pixels_show_the_background_in_proportion():
    alpha = np.tile(np.arange(83, dtype=np.uint8) * 3, (61, 1))
    data = encoded(np.dstack([pixels(), alpha]), "PNG")
    share = alpha[..., None] / 255.0
    for grey in (255, 0, 100):
        expected = pixels() * share + grey * (1 - share)
        assert np.abs(read(data, Reading(background=grey)).pixels - expected).max() <= 1


def test_grey_with_alpha_lies_over_white():
    grey, alpha = np.full((4, 6), 40, np.uint8), np.full((4, 6), 51, np.uint8)  # a fifth opaque
    found = read(encoded(Image.fromarray(np.dstack([grey, alpha]), "LA"), "PNG")).pixels
    assert np.abs(found - (0.2 * 40 + 0.8 * 255)).max() <= 1


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_the_transparent_colour_of_a_palette_becomes_white(format):
    image = Image.new("P", (6, 4), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((2, 1), 0)
    found = read(encoded(image, format, transparency=0)).pixels
    expected = np.full((4, 6, 3), (0, 0, 255))
    expected[1, 2] = 255
    np.testing.assert_array_equal(found, expected)


def test_the_transparent_grey_of_a_png_becomes_white():
    image = Image.fromarray(np.array([[10, 20], [30, 20]], np.uint8))
    np.testing.assert_array_equal(read(encoded(image, "PNG", transparency=20)).pixels[..., 1], [[10, 255], [30, 255]])


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_taken_and_said(format):
    frames = [Image.fromarray(pixels(seed=seed)) for seed in range(3)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:],
                   **({"lossless": True} if format == "WEBP" else {}))
    picture = read(data)
    assert picture.notes == ("first of 3 frames",)
    expected = as_pillow(encoded(frames[0], "GIF")) if format == "GIF" else pixels(seed=0)
    np.testing.assert_array_equal(picture.pixels, expected)


def test_another_frame_is_read_where_the_recipe_asks_for_it():
    frames = [Image.fromarray(pixels(seed=seed)) for seed in range(3)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    picture = read(data, Reading(frame=2))
    np.testing.assert_array_equal(picture.pixels, pixels(seed=2))
    assert picture.notes == ("number 3 of 3 frames",)
    assert refusal(data, reading=Reading(frame=3)) == "there is no picture number 4; it has 3"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_turned_upright_as_pillow_does(format, orientation, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(pixels(), format, exif=exif)
    found = read(data).pixels
    np.testing.assert_array_equal(found, as_pillow(data))
    path = tmp_path / "turned"
    path.write_bytes(data)
    info = probe_image(path)
    assert (info.height, info.width) == found.shape[:2] == ((61, 83) if orientation < 5 else (83, 61))


@pytest.mark.parametrize("value", [0, 9, 65535])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_an_orientation_that_does_not_exist_is_upright(format, value, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = value
    data = encoded(pixels(), format, exif=exif)
    np.testing.assert_array_equal(read(data).pixels, as_pillow(encoded(pixels(), format)))
    (tmp_path / "a").write_bytes(data)
    assert (probe_image(tmp_path / "a").width, probe_image(tmp_path / "a").height) == (83, 61)


def test_a_garbage_exif_block_does_not_cost_the_picture():
    found = read(encoded(pixels(), "PNG", exif=b"Exif\0\0 this is no TIFF header"))
    np.testing.assert_array_equal(found.pixels, pixels())


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def test_an_exif_block_behind_the_pixels_counts_too(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    plain = encoded(pixels(), "PNG")
    path = tmp_path / "late.png"
    path.write_bytes(plain[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + plain[-12:])
    np.testing.assert_array_equal(read_image(path).pixels, np.rot90(pixels(), -1))
    assert (probe_image(path).width, probe_image(path).height) == (61, 83)


def test_probing_decodes_no_pixel(tmp_path, monkeypatch):
    formats = ("JPEG", "PNG", "BMP", "GIF", "TIFF")
    for format in formats:
        (tmp_path / format).write_bytes(encoded(pixels(), format))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("decoded"))
    monkeypatch.setattr("tifffile.TiffPage.asarray", lambda page: pytest.fail("decoded"))
    for format in formats:
        info = probe_image(tmp_path / format)
        assert (info.width, info.height, info.format) == (83, 61, format)
        assert info.bytes == (tmp_path / format).stat().st_size


@pytest.mark.parametrize("depth_and_kind", [(16, 0), (16, 2), (16, 4), (16, 6)])
def test_a_16_bit_png_is_refused_grey_and_colour_alike(depth_and_kind, tmp_path):
    depth, kind = depth_and_kind
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    rows = b"".join(b"\0" + os.urandom(5 * channels * 2) for _ in range(4))
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 4, depth, kind, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    Image.open(path).load()  # Pillow reads it, and drops bits
    reason = "16 bits a channel: only up to 8 can be read so far (in Fiji, Image > Type > 8-bit converts it)"
    assert refusal(path.read_bytes()) == reason
    with pytest.raises(UnreadableImage, match=re.escape(reason)):
        probe_image(path)


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_a_mode_of_more_than_8_bits_is_refused_whatever_format_it_came_in(mode, monkeypatch):
    image = Image.new(mode, (4, 4))
    monkeypatch.setattr(Image, "open", lambda file, formats: image)
    bits = 16 if mode == "I;16" else 32
    assert refusal(b"any") == deeper_than_8(bits)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    side = 14_000
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(bytes((side // 8 + 1) * side), 9)) + chunk(b"IEND", b""))
    assert path.stat().st_size < 50_000
    for reading in (read_image, probe_image):
        with pytest.raises(UnreadableImage, match="too many pixels; the limit is 178 megapixels"):
            reading(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # where another add-on lifted Pillow's own bound
    with pytest.raises(UnreadableImage, match="14000 × 14000 pixels are too many; the limit is 178 megapixels"):
        read_image(path)


def test_the_name_does_not_matter_the_content_does(tmp_path):
    (tmp_path / "really.jpg").write_bytes(encoded(pixels(), "PNG"))
    np.testing.assert_array_equal(read_image(tmp_path / "really.jpg").pixels, pixels())
    assert probe_image(str(tmp_path / "really.jpg")).format == "PNG"
    (tmp_path / "text.png").write_text("Dear diary, this is not a picture.")
    for reading in (read_image, probe_image):
        with pytest.raises(UnreadableImage) as caught:
            reading(tmp_path / "text.png")
        assert caught.value.reason == "not a picture in a known format (JPEG, PNG, BMP, GIF, WebP or TIFF)"
        assert caught.value.path == str(tmp_path / "text.png")


@pytest.mark.parametrize("reading", [read_image, probe_image])
def test_what_is_no_regular_file_is_never_opened(reading, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "null.png").symlink_to("/dev/null")
    (tmp_path / "endless.png").symlink_to("/dev/zero")
    (tmp_path / "empty.png").touch()
    (tmp_path / "circle.png").symlink_to("circle.png")
    reasons = {"pipe.png": "not a regular file", "null.png": "not a regular file", "endless.png": "not a regular file",
               ".": "not a regular file", "empty.png": "the file is empty", "gone.png": "there is no such file",
               "circle.png": "too many levels of symbolic links", "a\0b.png": "no file can have this name",
               "\ud800.png": "no file can have this name"}
    monkeypatch.setattr("builtins.open", lambda *arguments, **options: pytest.fail("opened"))
    for name, reason in reasons.items():
        with pytest.raises(UnreadableImage) as caught:
            reading(os.path.join(tmp_path, name))
        assert caught.value.reason == reason
    with pytest.raises(UnreadableImage) as caught:
        reading("")
    assert caught.value.reason == "no file is named"


def test_a_file_that_may_not_be_read_or_is_too_large_says_so(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(pixels(), "PNG"))

    def closed(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", closed)
        for reading in (read_image, probe_image):
            with pytest.raises(UnreadableImage) as caught:
                reading(path)
            assert caught.value.reason == "permission denied"
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    with pytest.raises(UnreadableImage, match="the file is larger than 2 GiB"):
        read_image(path)


def test_a_lack_of_memory_costs_one_picture_and_is_said(monkeypatch):
    def exhausted(image):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", lambda image, mode: exhausted(image))
    assert refusal(encoded(Image.new("L", (4, 4)), "PNG")) == "too large for this machine's memory"


def test_a_recipe_travels_as_text():
    recipe = Reading(frame=3, background=0)
    assert recipe.to_json() == '{"background": 0, "frame": 3}'
    assert Reading.from_json(recipe.to_json()) == recipe
    assert Reading.from_json("{}") == Reading(0, 255)
    with pytest.raises(TypeError):
        Reading.from_json('{"zoom": 2}')


def test_the_suffixes_are_those_of_the_formats_that_can_be_read():
    Image.init()
    formats = {Image.EXTENSION[suffix] for suffix in images.IMAGE_SUFFIXES}
    assert formats == {"JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF"}  # .dib: Windows writes BMP files under it


def test_every_real_file_is_read_as_pillow_reads_it_or_refused_with_a_reason():
    if not FORMATS.is_dir():
        pytest.skip(f"{FORMATS} is not here")
    code = ("import sys; from test_images import judge_files; judge_files(sys.argv[1])")
    done = subprocess.run([sys.executable, "-c", code, str(FORMATS)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(
                              [*sys.path, os.path.dirname(__file__)])}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= 15


def judge_files(folder):
    """Run by itself: these files were made to crash readers."""
    read_at_all = 0
    for path in sorted(path for path in FORMATS.rglob("*") if path.is_file()):
        try:
            found = read_image(path).pixels
        except UnreadableImage as error:
            assert error.reason, path
            continue
        read_at_all += 1
        assert probe_image(path).width == found.shape[1], path
        try:
            with Image.open(path) as image:
                expected = np.array(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, ValueError, TypeError, SyntaxError):
            continue
        np.testing.assert_array_equal(found, expected, err_msg=str(path))
    print(read_at_all)


def test_a_recipe_out_of_range_is_refused():
    for wrong in ({"frame": -1}, {"background": 256}, {"background": -1}):
        with pytest.raises(WrongUse, match="No picture can be read with frame .* and background"):
            Reading(**wrong)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_frame_that_is_not_there_is_refused_in_every_format(tmp_path, suffix):
    path = tmp_path / f"one{suffix}"
    Image.new("RGB", (4, 3)).save(path)
    with pytest.raises(UnreadableImage) as refused:
        read_image(path, Reading(frame=5))
    assert refused.value.reason == "there is no picture number 6; it has 1"
