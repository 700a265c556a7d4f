"""One range for a folder: brightness becomes comparable between its pictures."""

import numpy as np
import pytest
import tifffile

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.folder_range import with_folder_range
from orangecontrib.imaging.core.images import read_image, sample_image
from orangecontrib.imaging.core.readers import shared_readers
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.rendering import Sample


def taken(numbers):
    return Sample(np.asarray(numbers, np.float32), "whole numbers of 16 bits")


@pytest.fixture
def plates(tmp_path):
    """Twelve pictures of two channels; picture k is k times as bright as the first in the second channel."""
    rng, paths = np.random.default_rng(0), []
    for number in range(12):
        values = rng.integers(0, 1000, (2, 40, 50)).astype(np.uint16)
        values[1] = values[1] * (number + 1)
        paths.append(str(tmp_path / f"{number}.tif"))
        tifffile.imwrite(paths[-1], values, imagej=True, metadata={"axes": "CYX"})
    return paths


def test_the_range_lies_between_the_percentiles_of_all_numbers_of_a_channel(plates):
    found = with_folder_range(plates, Reading(percentiles=(1, 99)), sample_image)
    assert found == Reading(contrast="range", ranges=found.ranges, channels=(0, 1))
    everything = np.stack([tifffile.imread(path) for path in plates])
    for channel, (low, high) in enumerate(found.ranges):
        expected = np.percentile(everything[:, channel], (1, 99))
        assert (low, high) == pytest.approx(tuple(expected), abs=0.02 * expected[1])


def test_brightness_is_comparable_under_one_range_and_is_not_under_each_pictures_own(plates):
    reading = Reading(channels=(1,))
    one = with_folder_range(plates, reading, sample_image)
    own, common = ([read_image(path, recipe).pixels.mean() for path in plates] for recipe in (reading, one))
    assert max(own) - min(own) < 10
    assert np.all(np.diff(common) > 0)
    assert max(common) / min(common) > 8


def test_channels_on_their_own_keep_their_own_range(plates):
    found = with_folder_range(plates, Reading(channels=(1, 0), separate=True), sample_image)
    assert found.separate
    assert found.ranges[0][1] > 5 * found.ranges[1][1]
    assert [part.ranges for part in found.parts()] == [found.ranges[:1], found.ranges[1:]]


def test_unreadable_pictures_do_not_count_and_progress_reaches_the_end(plates, tmp_path):
    (tmp_path / "bad.tif").write_bytes(b"II*\0")
    steps = []
    found = with_folder_range([*plates, str(tmp_path / "bad.tif")], Reading(), sample_image,
                              on_progress=lambda *step: steps.append(step))
    assert found == with_folder_range(plates, Reading(), sample_image)
    assert steps == [(done, 13) for done in range(1, 14)]


def test_of_many_pictures_some_are_looked_at_from_first_to_last(plates):
    asked = []

    def sample(path, reading, count):
        asked.append(path)
        return taken([[float(path)]])

    found = with_folder_range([str(number) for number in range(10_000)], Reading(percentiles=(0, 100)), sample)
    assert (len(asked), asked[0], asked[-1]) == (500, "0", "9999")
    assert found.ranges == ((0, 9999),)


def test_what_has_no_common_range_is_refused(tmp_path):
    with pytest.raises(WrongUse, match="needs pictures that can be read"):
        with_folder_range([str(tmp_path / "gone.tif")], Reading(), sample_image)
    shapes = iter([(1, 5), (2, 5)])
    with pytest.raises(WrongUse, match="the same number of channels"):
        with_folder_range(["a", "b"], Reading(), lambda *_: taken(np.zeros(next(shapes))))
    with pytest.raises(WrongUse, match="no finite number"):
        with_folder_range(["a"], Reading(), lambda *_: taken(np.full((1, 5), np.nan)))
    with pytest.raises(Cancelled):
        with_folder_range(["a"], Reading(), lambda *_: taken(np.zeros((1, 5))), cancelled=lambda: True)
    assert with_folder_range(["a"], Reading(), lambda *_: taken(np.full((1, 5), 7))).ranges == ((7, 8),)


def test_the_numbers_are_spread_over_the_whole_picture_and_all_its_colours(tmp_path):
    edge = np.full((4096, 4096), 30_000, np.uint16)
    edge[:, :10] = 0
    colours = np.broadcast_to(np.array([100, 30_000, 60_000], np.uint16), (2048, 2048, 3))
    for name, values, expected in (("edge.tif", edge, 30_000), ("rgb.tif", colours, 30_000)):
        tifffile.imwrite(tmp_path / name, values, photometric="rgb" if values.ndim == 3 else "minisblack")
        found = sample_image(tmp_path / name, Reading(), 4096).numbers
        assert 3000 <= found.size <= 4096
        assert np.median(found) == expected, name
        assert len(np.unique(found)) == (2 if values.ndim == 2 else 3)


def test_more_channels_than_one_picture_shows_may_each_have_their_range():
    recipe = Reading(channels=tuple(range(8)), separate=True)
    found = with_folder_range(["a"], recipe, lambda *_: taken(np.arange(80).reshape(8, 10)))
    assert len(found.ranges) == 8


KINDS = {"uint8": "whole numbers of 8 bits", "uint16": "whole numbers of 16 bits", "int16":
         "signed whole numbers of 16 bits", "uint32": "whole numbers of 32 bits", "float32": "numbers with decimals"}


@pytest.mark.parametrize("other", set(KINDS) - {"uint16"})
def test_numbers_of_different_kinds_have_no_range_in_common(other, tmp_path):
    values = np.arange(80).reshape(8, 10)
    paths = [str(tmp_path / f"{number} {kind}.tif") for number, kind in enumerate(("uint16", "uint16", other))]
    for path, kind in zip(paths, ("uint16", "uint16", other), strict=True):
        tifffile.imwrite(path, values.astype(kind))
    for sample in (sample_image, shared_readers().sample):
        with pytest.raises(WrongUse) as refused:
            with_folder_range(paths, Reading(), sample)
        assert str(refused.value) == (
            f"One range for the whole folder needs numbers of one kind, but 1 uint16.tif has whole numbers of 16 bits "
            f"and 2 {other}.tif has {KINDS[other]}. Choose another contrast, or import them from folders of their own.")


def test_numbers_of_one_kind_may_differ_in_the_bits_that_are_said_to_be_in_use_or_in_their_decimals(tmp_path):
    values = np.arange(80).reshape(8, 10)
    tifffile.imwrite(tmp_path / "a.ome.tif", values.astype(np.uint16), metadata={"axes": "YX", "SignificantBits": 12})
    for name, kind in (("b.tif", "uint16"), ("c.tif", "float32"), ("d.tif", "float64")):
        tifffile.imwrite(tmp_path / name, values.astype(kind))
    for names in (("a.ome.tif", "b.tif"), ("c.tif", "d.tif")):
        found = with_folder_range([str(tmp_path / name) for name in names], Reading(percentiles=(0, 100)), sample_image)
        assert found.ranges == ((0, 79),)


def test_pictures_of_8_bits_have_a_range_among_themselves(tmp_path):
    for number in (1, 2):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.arange(80, dtype=np.uint8).reshape(8, 10) * number)
    paths = [str(tmp_path / f"{number}.tif") for number in (1, 2)]
    found = with_folder_range(paths, Reading(percentiles=(0, 100)), sample_image)
    assert found.ranges == ((0, 158),)
    assert [read_image(path, found).pixels.max() for path in paths] == [round(79 / 158 * 255), 255]
