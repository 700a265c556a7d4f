"""A frame is decoded once, however many of its channels are looked at."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from made import dicom, tiff

from orangecontrib.imaging.core import formats, photos
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.stack import Stack, keep_last

DEEP = np.random.default_rng(0).integers(0, 65536, (16, 20, 4)).astype(np.uint16)
RECIPES = [Reading(), Reading(channels=(0, 1, 2)), Reading(channels=(2, 0, 1), separate=True)]


def count_calls(monkeypatch, owner, name):
    really, calls = getattr(owner, name), []
    monkeypatch.setattr(owner, name, lambda *given, **more: calls.append(name) or really(*given, **more))
    return calls


@pytest.mark.parametrize("reading", RECIPES)
def test_a_deep_png_is_decoded_once(reading, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(DEEP))
    calls = count_calls(monkeypatch, photos, "_deep")
    read_image(tmp_path / "a.png", reading)
    assert len(calls) == 1


@pytest.mark.parametrize("reading", RECIPES)
@pytest.mark.parametrize("options", [{"photometric": "rgb", "extrasamples": ["unassalpha"]},
                                     {"photometric": "minisblack", "planarconfig": "contig"}])
def test_a_page_whose_colours_or_channels_lie_side_by_side_is_decoded_once(options, reading, monkeypatch):
    data = tiff(DEEP, compression="zlib", **options)
    calls = count_calls(monkeypatch, tifffile.TiffPage, "asarray")
    read_image("a.tif", reading, data=data)
    assert len(calls) == 1


@pytest.mark.parametrize("reading", RECIPES)
def test_a_colour_dicom_is_decoded_once(reading, tmp_path, monkeypatch):
    if not formats.DICOM.is_installed:
        pytest.skip("the extra 'dicom' is not installed")
    from orangecontrib.imaging.core.formats import dicom as reader
    path = dicom(tmp_path / "a.dcm", (DEEP[..., :3] >> 8).astype(np.uint8), "RGB", bits=8)
    calls = count_calls(monkeypatch, reader, "pixel_array")
    read_image(path, reading)
    assert len(calls) == 1


def test_only_the_last_frame_is_kept():
    decoded = []

    class Frames(Stack):
        @keep_last
        def channel(self, number, time, z):
            decoded.append((number, time, z))
            return np.full((2, 3), number)

    one, other = Frames(), Frames()
    for stack, number in ((one, 0), (one, 0), (other, 1), (one, 0), (one, 2), (one, 0)):
        assert stack.channel(number, 0, 0).tolist() == [[number] * 3] * 2
    assert [number for number, *_ in decoded] == [0, 1, 2, 0]
