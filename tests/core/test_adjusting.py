"""What the eye sees by an adjustment: by the usual one just what everybody sees."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from made import FORMATS, encoded, pixels

from orangecontrib.imaging.core.adjusting import adjusted, usual_adjustment
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import read_image, read_planes
from orangecontrib.imaging.core.reading import Reading

READINGS = (Reading(), Reading(contrast="percentiles", percentiles=(5, 95)), Reading(channels=(1, 0)),
            Reading(channels=(0, 1), separate=True), Reading(channels=(1,), colours=("#12a0ff",)),
            Reading(contrast="range", ranges=((10, 2000),)), Reading(projection="middle"))


@pytest.fixture
def made(tmp_path):
    """Files of many kinds."""
    values = np.random.default_rng(0).integers(0, 4000, (2, 3, 20, 30))
    (tmp_path / "photo.jpg").write_bytes(encoded(pixels(), "JPEG"))
    (tmp_path / "clear.png").write_bytes(encoded(np.dstack([pixels(), pixels()[..., 0]]), "PNG"))
    tifffile.imwrite(tmp_path / "stack.tif", values.astype(np.uint16), imagej=True, metadata={"axes": "ZCYX"})
    tifffile.imwrite(tmp_path / "white.tif", values[0, 0].astype(np.uint16), photometric="miniswhite")
    tifffile.imwrite(tmp_path / "float.tif", values[0, 0].astype(np.float32))
    tifffile.imwrite(tmp_path / "flat.tif", np.full((9, 9), 7, np.uint16))
    return sorted(tmp_path.iterdir())


def same(path, reading):
    """Whether both ways give the same pixels; None where the file cannot be read so."""
    try:
        expected = read_image(path, reading).pixels
    except UnreadableImage as error:
        with pytest.raises(UnreadableImage) as caught:
            read_planes(path, reading)
        assert caught.value.reason == error.reason
        return None
    planes = read_planes(path, reading)
    return planes.step > 1 or np.array_equal(adjusted(planes, usual_adjustment(planes)), expected)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.to_json())
def test_the_usual_adjustment_shows_what_everybody_sees(made, reading):
    found = [same(path, reading) for path in made]
    assert False not in found
    assert True in found


@pytest.mark.skipif(not FORMATS.exists(), reason="no pictures of instruments here")
def test_the_usual_adjustment_shows_what_everybody_sees_of_real_files():
    paths = [path for path in sorted(FORMATS.rglob("*")) if path.is_file() and path.parent.name != "broken"]
    assert [str(path) for path in paths if same(path, Reading()) is False] == []


def stack(made):
    return read_planes(next(path for path in made if path.name == "stack.tif"))


def test_a_channel_that_is_not_shown_takes_away_its_colour_and_nothing_else(made):
    planes = stack(made)
    usual = usual_adjustment(planes)
    whole = adjusted(planes, usual)
    for place in range(3):
        without = adjusted(planes, usual.with_channel(place, replace(usual.channels[place], is_shown=False)))
        expected = whole.copy()
        expected[..., place] = 0
        np.testing.assert_array_equal(without, expected)


def test_without_any_channel_all_is_black(made):
    planes = stack(made)
    views = tuple(replace(view, is_shown=False) for view in usual_adjustment(planes).channels)
    assert not adjusted(planes, replace(usual_adjustment(planes), channels=views)).any()


def test_black_and_white_points_become_0_and_255(made):
    planes = stack(made)
    usual = usual_adjustment(planes)
    low, high = sorted(planes.values[1].ravel().tolist())[100:500:399]
    seen = adjusted(planes, usual.with_channel(1, replace(usual.channels[1], limits=(low, high))))[..., 1]
    np.testing.assert_array_equal(seen == 0, planes.values[1] <= low + (high - low) / 510)
    np.testing.assert_array_equal(seen == 255, planes.values[1] >= high - (high - low) / 510)


def test_gamma_raises_each_share_to_its_inverse(made):
    planes = stack(made)
    usual = usual_adjustment(planes)
    for gamma in (0.5, 2.0):
        seen = adjusted(planes, replace(usual, gamma=gamma))
        for place, channel in enumerate(planes.channels):
            low, high = channel.limits
            shares = np.clip((planes.values[place] - low) / (high - low), 0, 1)
            np.testing.assert_array_equal(seen[..., place], np.rint(255 * shares ** (1 / gamma)))


def test_an_adjustment_leaves_the_numbers_alone(made):
    planes = stack(made)
    before = planes.values.copy()
    adjusted(planes, replace(usual_adjustment(planes), gamma=3.0))
    np.testing.assert_array_equal(planes.values, before)


def test_of_channels_side_by_side_one_that_is_not_shown_leaves_its_place_black(made):
    path = next(path for path in made if path.name == "stack.tif")
    planes = read_planes(path, Reading(channels=(0, 1), separate=True))
    usual = usual_adjustment(planes)
    seen = adjusted(planes, usual.with_channel(0, replace(usual.channels[0], is_shown=False)))
    assert seen.shape == (20, 60, 3)
    assert not seen[:, :30].any()
    np.testing.assert_array_equal(seen[:, 30:], adjusted(planes, usual)[:, 30:])
