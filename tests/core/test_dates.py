"""When a picture was taken, as far as its file says so."""

import numpy as np
import pytest
from made import encoded, pixels
from PIL import Image

from orangecontrib.imaging.core import formats, photos
from orangecontrib.imaging.core.images import probe_image

DATE_TIME, EXIF, TAKEN = 0x0132, 0x8769, 0x9003


def camera(**more):
    exif = Image.Exif()
    exif[DATE_TIME] = "2021:02:03 04:05:06"
    exif.get_ifd(EXIF).update(more.get("taken", {}))
    return exif


def acquired(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    return probe_image(tmp_path / "a").acquired


def needs(format):
    if format == "AVIF" and format not in photos._FORMATS:
        pytest.skip("Pillow before 11.3 reads no AVIF")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_photograph_of_every_format_says_when_it_was_taken(format, tmp_path):
    needs(format)
    assert acquired(tmp_path, encoded(pixels(), format, exif=camera())) == "2021-02-03T04:05:06"
    taken = camera(taken={TAKEN: "2020:12:31 23:59:58"})
    assert acquired(tmp_path, encoded(pixels(), format, exif=taken)) == "2020-12-31T23:59:58"
    assert acquired(tmp_path, encoded(pixels(), format)) == ""


def test_a_photograph_with_a_second_picture_in_it_says_when_it_was_taken(tmp_path):
    second = Image.fromarray(pixels(seed=1))
    data = encoded(pixels(), "MPO", save_all=True, append_images=[second], exif=camera())
    assert acquired(tmp_path, data) == "2021-02-03T04:05:06"


@pytest.mark.parametrize("block", [b"Exif\0\0MM\0*\0\0", b"Exif\0\0MM\0*" + bytes(3) + b"\x08\0\x01\x01\x32\0\x02",
                                   b"nothing of the kind"])
def test_a_damaged_block_of_a_camera_has_no_date(block, tmp_path):
    assert acquired(tmp_path, encoded(pixels(), "JPEG", exif=block)) == ""


def test_a_heic_says_when_it_was_taken(tmp_path):
    if not formats.HEIF.is_installed:
        pytest.skip("the extra 'heif' is not installed")
    import pillow_heif
    picture = pillow_heif.from_bytes("RGB", (64, 48), np.zeros((48, 64, 3), np.uint8).tobytes())
    picture.save(tmp_path / "a.heic")
    assert probe_image(tmp_path / "a.heic").acquired == ""
    picture.save(tmp_path / "b.heic", exif=camera().tobytes())
    assert probe_image(tmp_path / "b.heic").acquired == "2021-02-03T04:05:06"
