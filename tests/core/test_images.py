"""Photographs come out as Pillow decodes them, upright, over white; what is no whole picture is refused."""

import io
import os
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from made import encoded, pixels
from PIL import Image, ImageOps

from orangecontrib.imaging.core import images, photos
from orangecontrib.imaging.core.avif import avif_form
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.reading import Reading

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
    expected = as_pillow(data)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    np.testing.assert_array_equal(read(data).pixels, expected)


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
            without.setattr(photos, "_plain_jpeg", lambda image, data: None)
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
    assert picture.notes == ("3 frames: frame 1",)
    expected = as_pillow(encoded(frames[0], "GIF")) if format == "GIF" else pixels(seed=0)
    np.testing.assert_array_equal(picture.pixels, expected)


def test_another_frame_is_read_where_the_recipe_asks_for_it():
    frames = [Image.fromarray(pixels(seed=seed)) for seed in range(3)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    picture = read(data, Reading(time=2))
    np.testing.assert_array_equal(picture.pixels, pixels(seed=2))
    assert picture.notes == ("3 frames: frame 3",)
    assert refusal(data, reading=Reading(time=3)) == "there is no frame 4; it has 3"


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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_channels_on_their_own_are_each_turned_upright_before_they_lie_side_by_side(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(pixels(), "PNG", exif=exif)
    reading = Reading(channels=(2, 0), separate=True)
    alone = [read(data, part).pixels for part in reading.parts()]
    np.testing.assert_array_equal(read(data, reading).pixels, np.concatenate(alone, axis=1))


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


def test_the_header_of_a_small_png_is_read_without_pillow_and_says_the_same(tmp_path, monkeypatch):
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        (tmp_path / f"{mode}.png").write_bytes(encoded(Image.fromarray(pixels()).convert(mode), "PNG"))
    with monkeypatch.context() as slow:
        slow.setattr(photos, "_small_png", lambda data: None)
        expected = {path.name: probe_image(path) for path in tmp_path.iterdir()}
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: pytest.fail("opened"))
    assert {path.name: probe_image(path) for path in tmp_path.iterdir()} == expected


@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_all_bits_of_a_16_bit_png_count(kind, tmp_path):
    values = np.random.default_rng(kind).integers(0, 65536, (5, 7, {0: 1, 2: 3, 4: 2, 6: 4}[kind])).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 16, kind, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    opaque = values[..., -1:] / 65535 if kind & 4 else np.ones((5, 7, 1))
    colours = values[..., :-1] if kind & 4 else values
    for contrast, low, high in (("type", 0, 65535), ("auto", colours.min(), colours.max())):
        expected = 255 * ((colours.astype(float) - low) / (high - low) * opaque + 1 - opaque)
        found = read_image(path, Reading(contrast=contrast)).pixels
        assert np.abs(found - expected).max() <= 2.5
    info = probe_image(path)
    assert (info.bits, info.channels, info.is_colour) == (16, 3 if kind & 2 else 1, bool(kind & 2))


@pytest.mark.skipif("AVIF" not in photos._FORMATS, reason="Pillow before 11.3 reads no AVIF")
@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_all_bits_of_a_deep_avif_count(bits, bands, tmp_path):
    values = np.random.default_rng(bits).integers(0, 2**bits, (40, 50, bands)).astype(np.uint16)
    path = tmp_path / "deep.avif"
    path.write_bytes(imagecodecs.avif_encode(values[..., 0] if bands == 1 else values, level=100, bitspersample=bits))
    has_alpha, is_colour = bands % 2 == 0, bands > 2
    info = probe_image(path)
    assert (info.bits, info.channels, info.is_colour) == (bits, 3 if is_colour else 1, is_colour)
    top = 2**bits - 1
    opaque = values[..., -1:] / top if has_alpha else 1
    dark = Reading(contrast="range", ranges=((0, top // 4),))  # what 8 bits of it would show in 64 steps
    for reading, high in ((Reading(contrast="type"), top), (dark, top // 4)):
        expected = 255 * (np.minimum(values[..., :3 if is_colour else 1] / high, 1) * opaque + 1 - opaque)
        assert np.abs(read_image(path, reading).pixels - expected).max() <= (2.5 if has_alpha else 0.51)


@pytest.mark.skipif("AVIF" not in photos._FORMATS, reason="Pillow before 11.3 reads no AVIF")
def test_of_a_deep_animation_8_bits_are_read_and_that_is_said():
    values = np.random.default_rng(0).integers(0, 1024, (3, 40, 50, 3)).astype(np.uint16)
    data = imagecodecs.avif_encode(values, level=100, bitspersample=10)
    picture = read(data, Reading(time=1))
    assert np.abs(picture.pixels - values[1] / 1023 * 255).max() <= 1
    assert picture.notes == ("3 frames: frame 2", "10 bits, of which 8 are read, as of all animations")


@pytest.mark.parametrize(("data", "form"), [
    (b"", (8, True)), (b"\0\0\0\x08ftyp\0\0\0\0mdat" + bytes(50), (8, True)),
    (b"\0\0\0\x0cmeta\0\0\0\0", (8, True)), (b"\0\0\0\x0fmetaav1C\x81\x20\x00", (8, True)),
    (b"\0\0\0\x0fmetaav1C\x81\x20\x40", (10, True)), (b"\0\0\0\x0fmetaav1C\x81\x40\x70", (12, False)),
    (b"\0\0\0\x0emetaav1C\x81\x40", (8, True)),
    (b"\0\0\0\x0cftypavif\0\0\0\x16metaav1C\x81\x20\x50av1C\x81\x20\x40", (10, True))], ids=repr)
def test_the_depth_of_an_avif_is_that_of_its_header_and_8_bits_where_it_is_silent(data, form):
    assert avif_form(io.BytesIO(data)) == form


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    side = 14_000
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(bytes((side // 8 + 1) * side), 9)) + chunk(b"IEND", b""))
    assert path.stat().st_size < 50_000
    for reading in (read_image, probe_image):
        with pytest.raises(UnreadableImage, match="(too many pixels|are too many); the limit is 178 megapixels"):
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
        assert caught.value.reason == "not a picture of a kind that is read here"
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


def test_the_suffixes_are_those_of_the_formats_that_can_be_read():
    Image.init()
    formats = {Image.EXTENSION.get(suffix, "AVIF") for suffix in images.PHOTO_SUFFIXES}
    assert formats == {"JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "AVIF"}  # .dib: Windows writes BMP files under it


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_frame_that_is_not_there_is_refused_in_every_format(tmp_path, suffix):
    path = tmp_path / f"one{suffix}"
    Image.new("RGB", (4, 3)).save(path)
    with pytest.raises(UnreadableImage) as refused:
        read_image(path, Reading(time=5))
    word = "frame" if suffix == ".png" else "time point"
    assert refused.value.reason == f"there is no {word} 6; it has 1"
