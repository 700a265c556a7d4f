"""Formats of instruments and phones: the numbers of their files, or one sentence on what to install."""

import subprocess
import sys
import types
from xml.etree.ElementTree import Element

import numpy as np
import pytest
import tifffile
from made import FORMATS, dicom, pixels
from PIL import Image

from orangecontrib.imaging.core import formats, photos
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import IMAGE_SUFFIXES, probe_image, read_image
from orangecontrib.imaging.core.reading import Reading

CZI = FORMATS / "neubias" / "xyz__multiple_images.czi"
STARTS = {formats.CZI: b"ZISRAWFILE" + bytes(200), formats.ND2: b"\xda\xce\xbe\x0a" + bytes(200),
          formats.LIF: b"\x70\0\0\0" + bytes(4) + b"\x2a" + bytes(200), formats.DICOM: bytes(128) + b"DICM" + bytes(50),
          formats.HEIF: bytes(4) + b"ftypheic" + bytes(200), formats.SLIDE: b"II*\0" + bytes(200)}


def needs(kind):
    if not kind.is_installed:
        pytest.skip(f"the extra '{kind.extra}' is not installed")


def test_dicom_colours_in_ybr_are_made_rgb_once(tmp_path):
    needs(formats.DICOM)
    colour = np.array([200, 50, 30])
    y, cb, cr = 0.299, 0.587, 0.114  # ITU-R BT.601, full range, as in DICOM PS3.3 section C.7.6.3.1.2
    luma = colour @ (y, cb, cr)
    ybr = np.array([luma, 128 + (colour[2] - luma) / 1.772, 128 + (colour[0] - luma) / 1.402])
    values = np.broadcast_to(np.rint(ybr).astype(np.uint8), (8, 9, 3)).copy()
    path = dicom(tmp_path / "a.dcm", values, "YBR_FULL", bits=8)
    assert np.abs(read_image(path).pixels.astype(int) - colour).max() <= 2


def test_an_odd_date_is_no_date(tmp_path):
    needs(formats.DICOM)
    values = np.zeros((4, 4), np.uint16)
    assert probe_image(dicom(tmp_path / "a.dcm", values, AcquisitionDate="00000000")).acquired == ""


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.module)
def test_a_missing_reader_is_one_sentence_with_the_command(kind, tmp_path, monkeypatch):
    path = tmp_path / f"a{kind.suffixes[0]}"
    path.write_bytes(STARTS[kind])
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    for read in (read_image, probe_image):
        with pytest.raises(UnreadableImage) as refused:
            read(path)
        assert refused.value.reason == (
            f"a {kind.title} file; to read it, install the extra '{kind.extra}': "
            f'pip install "Orange3-Imaging[{kind.extra}]"')


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.module)
def test_a_damaged_file_is_refused_with_a_reason_and_takes_nothing_along(kind, tmp_path):
    needs(kind)
    path = tmp_path / f"a{kind.suffixes[0]}"
    path.write_bytes(STARTS[kind])
    code = """
import sys
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import probe_image, read_image
for read in (read_image, probe_image):
    try:
        read(sys.argv[1])
    except UnreadableImage as error:
        print(error.reason)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 2


def test_the_endings_are_looked_for():
    assert {".czi", ".nd2", ".lif", ".svs", ".mrxs", ".dcm", ".heic", ".avif"} <= IMAGE_SUFFIXES


@pytest.mark.skipif(not CZI.is_file(), reason=f"{CZI} is not here")
def test_a_czi_of_two_scenes_is_read_by_its_own_numbers():
    needs(formats.CZI)
    info = probe_image(CZI)
    assert (info.width, info.height, info.planes, info.scenes, info.bits, info.channels) == (251, 251, 2, 2, 16, 1)
    assert info.pixel_size_um == pytest.approx(0.19564437607395324)
    from pylibCZIrw import czi
    with czi.open_czi(str(CZI)) as opened:
        for scene in (0, 1):
            planes = [opened.read(plane={"C": 0, "T": 0, "Z": z}, scene=scene)[..., 0] for z in (0, 1)]
            picture = read_image(CZI, Reading(scene=scene))
            expected = levels(np.max(planes, axis=0))
            assert np.abs(picture.pixels[..., 0].astype(int) - expected).max() <= 1
            assert picture.notes == (f"16 bits, 2 planes, 2 series: maximum projection, series {scene + 1}, "
                                     "contrast 0.1–99.9 %",)
            second = read_image(CZI, Reading(scene=scene, projection="plane", z=1)).pixels
            assert np.abs(second[..., 0].astype(int) - levels(planes[1])).max() <= 1
    with pytest.raises(UnreadableImage, match="there is no series 3; it has 2"):
        read_image(CZI, Reading(scene=2))


def czi_file(path, planes):
    """A CZI file of {(channel, time, z): values, (height, width) or (height, width, 3)}; all of one scene."""
    needs(formats.CZI)
    from pylibCZIrw import czi
    with czi.create_czi(str(path)) as out:
        for (channel, time, z), values in planes.items():
            out.write(values[..., None] if values.ndim == 2 else values[..., ::-1].copy(),
                      plane={"C": channel, "T": time, "Z": z})
    return path


def noise(*place):
    return np.random.default_rng(place).integers(0, 65536, (16, 20)).astype(np.uint16)


def test_every_plane_of_a_czi_is_found_from_whatever_number_it_counts(tmp_path):
    places = list(np.ndindex(2, 2, 3))
    for start in ((0, 0, 0), (3, 7, 5)):
        path = czi_file(tmp_path / f"{start[0]}.czi", {tuple(np.add(place, start)): noise(*place) for place in places})
        info = probe_image(path)
        assert (info.channels, info.times, info.planes, info.scenes) == (2, 2, 3, 1)
        for channel, time, z in places:
            found = read_image(path, Reading(channels=(channel,), time=time, projection="plane", z=z, contrast="type"))
            np.testing.assert_array_equal(found.pixels[..., 0], np.rint(noise(channel, time, z) / 257))
            assert found.notes[1:] == ()


def test_a_czi_of_a_single_plane_with_a_high_number_is_read(tmp_path):
    path = czi_file(tmp_path / "a.czi", {(3, 7, 5): noise(1)})
    found = read_image(path, Reading(contrast="type")).pixels[..., 0]
    np.testing.assert_array_equal(found, np.rint(noise(1) / 257))


def test_planes_that_a_czi_lacks_are_left_out_of_the_projection_and_refused_alone(tmp_path):
    path = czi_file(tmp_path / "a.czi", {(channel, 0, z): noise(channel, z) // 2 + 9000
                                         for channel, z in ((0, 0), (0, 2), (1, 0), (1, 1), (1, 2))})
    found = read_image(path, Reading(channels=(0,), contrast="type"))
    expected = np.maximum(noise(0, 0), noise(0, 2)) // 2 + 9000
    np.testing.assert_array_equal(found.pixels[..., 0], np.rint(expected / 257))
    assert found.notes[1] == "1 of 3 planes was not recorded in full, and what is missing is left out"
    assert read_image(path, Reading(channels=(1,))).notes[1:] == ()
    assert read_image(path).notes[1:] == found.notes[1:]
    for recipe in (Reading(projection="middle"), Reading(projection="plane", z=1)):
        with pytest.raises(UnreadableImage) as refused:
            read_image(path, recipe)
        assert refused.value.reason == "nothing was recorded at channel 1, plane 2; choose another"


def test_a_time_that_a_czi_lacks_is_refused(tmp_path):
    path = czi_file(tmp_path / "a.czi", {(0, 0, 0): noise(0), (0, 2, 0): noise(2)})
    np.testing.assert_array_equal(read_image(path, Reading(time=2)).pixels[..., 0], levels(noise(2)))
    with pytest.raises(UnreadableImage, match="nothing was recorded at time point 2; choose another"):
        read_image(path, Reading(time=1))


def test_colour_channels_of_a_czi_are_series(tmp_path):
    path = czi_file(tmp_path / "a.czi", {(channel, 0, 0): pixels(seed=channel) for channel in (0, 1)})
    info = probe_image(path)
    assert (info.scenes, info.channels, info.is_colour) == (2, 3, True)
    for scene in (0, 1):
        found = read_image(path, Reading(scene=scene))
        np.testing.assert_array_equal(found.pixels, pixels(seed=scene))
        assert found.notes == (f"2 series: series {scene + 1}",)
    with pytest.raises(UnreadableImage, match="there is no series 3; it has 2"):
        probe_image(path, Reading(scene=2))


def test_a_czi_whose_bits_are_said_wrongly_is_not_white(tmp_path, monkeypatch):
    path = czi_file(tmp_path / "a.czi", {(0, 0, 0): noise(0)})
    monkeypatch.setattr("orangecontrib.imaging.core.formats.czi._text",
                        lambda found, *names: "8" if names[-1] == "ComponentBitCount" else "")
    found = read_image(path, Reading(contrast="type"))
    np.testing.assert_array_equal(found.pixels[..., 0], np.rint(noise(0) / 257))
    assert "so 16 are taken" in found.notes[1]
    np.testing.assert_array_equal(read_image(path).pixels[..., 0], levels(noise(0)))


def levels(values):
    low, high = np.percentile(values, (0.1, 99.9), method="inverted_cdf")
    return np.rint(np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255)


def test_dicom_of_every_depth_and_sign_is_read_by_its_own_numbers(tmp_path):
    needs(formats.DICOM)
    values = np.random.default_rng(0).integers(0, 4096, (3, 20, 30)).astype(np.uint16)
    path = dicom(tmp_path / "a.dcm", values, PixelSpacing=[0.5, 0.25], AcquisitionDate="20210203",
                 AcquisitionTime="040506.7")
    info = probe_image(path)
    assert (info.width, info.height, info.times, info.bits) == (30, 20, 3, 12)
    assert (info.pixel_size_um, info.acquired) == (250, "2021-02-03T04:05:06")
    found = read_image(path, Reading(time=2, contrast="type")).pixels[..., 0]
    assert np.abs(found - values[2] / 4095 * 255).max() <= 0.51
    dark = read_image(dicom(tmp_path / "b.dcm", values[0], "MONOCHROME1"), Reading(contrast="type")).pixels[..., 0]
    assert np.abs(dark - (4095 - values[0]) / 4095 * 255).max() <= 0.51
    dark = read_image(tmp_path / "b.dcm", Reading(contrast="range", ranges=((1000, 2000),))).pixels[..., 0]
    assert np.abs(dark - np.clip((2000 - values[0].astype(float)) / 1000, 0, 1) * 255).max() <= 0.51
    signed = (values[0].astype(np.int32) - 2048).astype(np.int16)
    found = read_image(dicom(tmp_path / "c.dcm", signed, signed=1), Reading(contrast="type")).pixels[..., 0]
    assert np.abs(found - values[0] / 4095 * 255).max() <= 0.51


def test_frames_of_dicom_are_time_points_or_planes_where_the_recipe_says_so(tmp_path):
    needs(formats.DICOM)
    values = np.random.default_rng(0).integers(0, 4096, (3, 20, 30)).astype(np.uint16)
    path = dicom(tmp_path / "a.dcm", values)
    assert read_image(path).notes == ("12 bits, 3 time points: time point 1, contrast 0.1–99.9 %",)
    with pytest.raises(UnreadableImage, match="there is no time point 4; it has 3"):
        read_image(path, Reading(time=3))
    planes = Reading(pages="z", contrast="type")
    assert (probe_image(path, planes).planes, probe_image(path, planes).times) == (3, 1)
    for recipe, expected in ((planes, values.max(axis=0)),
                             (Reading(pages="z", contrast="type", projection="plane", z=1), values[1])):
        assert np.abs(read_image(path, recipe).pixels[..., 0] - expected / 4095 * 255).max() <= 0.51


@pytest.mark.parametrize("side", ["Columns", "Rows"])
def test_the_tiles_of_a_whole_slide_in_dicom_are_no_time_points(side, tmp_path):
    needs(formats.DICOM)
    values = np.zeros((6, 16, 16), np.uint8)
    whole = {"TotalPixelMatrixColumns": 16, "TotalPixelMatrixRows": 16}
    assert probe_image(dicom(tmp_path / "a.dcm", values, bits=8, **whole)).times == 6
    whole[f"TotalPixelMatrix{side}"] = 17
    with pytest.raises(UnreadableImage) as refused:
        probe_image(dicom(tmp_path / "b.dcm", values, bits=8, **whole))
    assert refused.value.reason == "a whole slide in tiles, which is not read from DICOM; export it as SVS or TIFF"


def test_dicom_that_stores_8_bits_in_16_is_stretched_and_says_so(tmp_path):
    needs(formats.DICOM)
    values = np.random.default_rng(0).integers(20, 200, (20, 30)).astype(np.uint16)
    picture = read_image(dicom(tmp_path / "a.dcm", values, bits=8))
    np.testing.assert_array_equal(picture.pixels[..., 0], levels(values))
    assert picture.notes == ("8 bits: contrast 0.1–99.9 %",)


def test_colour_dicom_is_rgb(tmp_path):
    needs(formats.DICOM)
    path = dicom(tmp_path / "a.dcm", pixels(), "RGB", bits=8)
    np.testing.assert_array_equal(read_image(path).pixels, pixels())
    with pytest.raises(UnreadableImage, match="the color model PALETTE COLOR of DICOM cannot be read"):
        read_image(dicom(tmp_path / "b.dcm", pixels()[..., 0], "MONOCHROME2", bits=8,
                         PhotometricInterpretation="PALETTE COLOR"))


def test_heic_is_near_what_was_saved(tmp_path):
    needs(formats.HEIF)
    import pillow_heif
    smooth = np.stack(np.meshgrid(np.arange(64), np.arange(48)), -1).astype(np.uint8)
    picture = np.dstack([smooth * 3, smooth[..., :1]])
    pillow_heif.from_bytes("RGB", (64, 48), picture.tobytes()).save(tmp_path / "a.heic", quality=95)
    found = read_image(tmp_path / "a.heic")
    assert np.abs(found.pixels.astype(int) - picture).mean() < 4
    assert (probe_image(tmp_path / "a.heic").format, found.notes) == ("HEIF", ())


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("mode", ["RGB;16", "I;16"])
def test_all_bits_of_a_deep_heic_count(mode, bits, tmp_path, monkeypatch):
    needs(formats.HEIF)
    import pillow_heif
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    top = 2**bits - 1
    steps = np.tile(np.linspace(0, top // 4, 200).astype(np.uint16), (48, 1))
    values = np.dstack([steps] * 3) if mode.startswith("RGB") else steps
    pillow_heif.from_bytes(mode, (200, 48), (values << (16 - bits)).tobytes()).save(tmp_path / "a.heic", quality=-1)
    info = probe_image(tmp_path / "a.heic")
    assert (info.bits, info.is_colour) == (bits, mode.startswith("RGB"))
    found = read_image(tmp_path / "a.heic", Reading(contrast="range", ranges=((0, top // 4),))).pixels
    assert np.abs(found - steps[..., None] / (top // 4) * 255).max() <= 3
    assert len(np.unique(found)) > 150


@pytest.mark.skipif("AVIF" not in photos._FORMATS, reason="Pillow before 11.3 reads no AVIF")
def test_avif_is_near_what_was_saved(tmp_path):
    grey = np.repeat(np.tile(np.arange(0, 240, 4, dtype=np.uint8), (48, 1))[..., None], 3, axis=-1)
    Image.fromarray(grey).save(tmp_path / "a.avif", quality=95)
    assert np.abs(read_image(tmp_path / "a.avif").pixels.astype(int) - grey).mean() < 4


def test_a_slide_is_read_whole_and_made_smaller_and_said(tmp_path, monkeypatch):
    needs(formats.SLIDE)
    base = np.repeat(np.repeat(pixels(64, 96), 8, axis=0), 8, axis=1)
    path = tmp_path / "a.svs"
    with tifffile.TiffWriter(path) as out:  # a tiled pyramid, OpenSlide's "generic TIFF"
        for step in (1, 4):
            out.write(base[::step, ::step], photometric="rgb", tile=(64, 64), subfiletype=int(step > 1))
    assert np.abs(read_image(path).pixels.astype(int) - base).max() <= 1
    monkeypatch.setattr("orangecontrib.imaging.core.stack.LONGEST_SLIDE", 200)
    picture = read_image(path)
    assert picture.pixels.shape == (128, 192, 3)
    assert picture.notes == ("a slide of 768 × 512 pixels, made smaller 4 times",)


def faked(kind, reader, tmp_path, monkeypatch):
    """A file that begins as those of a kind do, and what takes the place of its package's reader."""
    needs(kind)
    name = {formats.ND2: "nd2_file.nd2.ND2File", formats.LIF: "lif.LifFile"}[kind]
    monkeypatch.setattr(f"orangecontrib.imaging.core.formats.{name}", reader)
    path = tmp_path / f"a{kind.suffixes[0]}"
    path.write_bytes(STARTS[kind])
    return path


class FakeNd2:
    """In the place of nd2.ND2File: 2 times, 3 positions, 4 planes, 2 channels."""

    dtype = np.uint16
    attributes = types.SimpleNamespace(bitsPerComponentSignificant=12)
    metadata = types.SimpleNamespace(channels=[types.SimpleNamespace(channel=types.SimpleNamespace(
        name=name, color=color)) for name, color in (("DAPI", (0, 0, 255, 1.0)), ("GFP", (0, 255, 0, 1.0)))])
    values = np.random.default_rng(0).integers(0, 4095, (2, 3, 4, 2, 5, 7)).astype(np.uint16)

    def __init__(self, path):
        self.closed = False
        self.sizes = {"T": 2, "P": 3, "Z": 4, "C": 2, "Y": 5, "X": 7}

    def read_frame(self, number):
        return self.values.reshape(24, 2, 5, 7)[number]

    def frame_metadata(self, number):
        time = types.SimpleNamespace(absoluteJulianDayNumber=2459486.0682717753)
        return types.SimpleNamespace(channels=[types.SimpleNamespace(time=time)])

    def voxel_size(self):
        return types.SimpleNamespace(x=0.325)

    def close(self):
        self.closed = True


def test_every_plane_of_an_nd2_is_found_by_its_axes(tmp_path, monkeypatch):
    path = faked(formats.ND2, FakeNd2, tmp_path, monkeypatch)
    info = probe_image(path)
    assert (info.width, info.height, info.times, info.planes, info.scenes, info.channels) == (7, 5, 2, 4, 3, 2)
    assert (info.bits, info.channel_names, info.colours) == (12, ("DAPI", "GFP"), ("#0000ff", "#00ff00"))
    assert (info.pixel_size_um, info.acquired) == (0.325, "2021-09-28T13:38:18")
    for time, scene, z, channel in np.ndindex(2, 3, 4, 2):
        found = read_image(path, Reading(time=time, scene=scene, projection="plane", z=z, channels=(channel,),
                                         contrast="type")).pixels[..., 0]
        expected = np.rint(FakeNd2.values[time, scene, z, channel] / 4095 * 255)
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(UnreadableImage, match="there is no position 4; it has 3"):
        probe_image(path, Reading(scene=3))


@pytest.mark.parametrize("frame", [{}, types.SimpleNamespace(channels=[]), types.SimpleNamespace(channels=[
    types.SimpleNamespace(time=types.SimpleNamespace(absoluteJulianDayNumber=-1.0))])])
def test_an_nd2_that_does_not_say_when_it_was_taken_has_no_date(frame, tmp_path, monkeypatch):
    path = faked(formats.ND2, FakeNd2, tmp_path, monkeypatch)
    monkeypatch.setattr(FakeNd2, "frame_metadata", lambda self, number: frame)
    assert probe_image(path).acquired == ""


class FakeLif:
    """In the place of liffile.LifFile: one series of 2 mosaic positions, 3 planes, 2 channels."""

    def __init__(self, path):
        self.values = np.random.default_rng(0).integers(0, 255, (2, 3, 2, 5, 7)).astype(np.uint8)
        self.images = [types.SimpleNamespace(
            dims=("M", "Z", "C", "Y", "X"), sizes={"M": 2, "Z": 3, "C": 2, "Y": 5, "X": 7}, dtype=np.uint8,
            nbytes=420, coords={"X": np.arange(7) * 5e-7}, asarray=lambda: self.values,
            xml_element=Element("Element"), timestamps=None)]

    def close(self):
        """Nothing is open."""


def test_every_plane_of_a_lif_is_found_by_its_axes(tmp_path, monkeypatch):
    path = faked(formats.LIF, FakeLif, tmp_path, monkeypatch)
    info = probe_image(path)
    assert (info.width, info.height, info.planes, info.scenes, info.channels) == (7, 5, 3, 2, 2)
    assert info.pixel_size_um == pytest.approx(0.5)
    values = FakeLif("").values
    for scene, z, channel in np.ndindex(2, 3, 2):
        found = read_image(path, Reading(scene=scene, projection="plane", z=z, channels=(channel,))).pixels[..., 0]
        np.testing.assert_array_equal(found, values[scene, z, channel])


@pytest.mark.parametrize(("kind", "fake"), [(formats.ND2, FakeNd2), (formats.LIF, FakeLif)])
def test_colour_channels_of_other_formats_are_refused_and_not_lost(kind, fake, tmp_path, monkeypatch):
    class Colours(fake):
        def __init__(self, path):
            super().__init__(path)
            self.sizes = {"C": 2, "Y": 5, "X": 7, "S": 3}
            self.images = [types.SimpleNamespace(dims=tuple("CYXS"), sizes=self.sizes, dtype=np.uint8, nbytes=210,
                                                 coords={}, xml_element=Element("Element"), timestamps=None)]

    path = faked(kind, Colours, tmp_path, monkeypatch)
    with pytest.raises(UnreadableImage, match="several channels that are color pictures themselves; export it as OME"):
        probe_image(path)
