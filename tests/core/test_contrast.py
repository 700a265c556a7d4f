"""Numbers become grey levels by the range that was asked for, whatever their type."""

import numpy as np
import pytest

from orangecontrib.imaging.core.contrast import contrast_range, to_levels
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.refusal import Refused

RNG = np.random.default_rng(0)


def limits(values, bits=16, reading=Reading()):
    return contrast_range(np.asarray(values), bits, reading)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "int16", "int32", "float32", "float64"])
def test_percentiles_are_those_of_numpy_in_every_type(dtype):
    values = RNG.gamma(2, 900, (70, 90)).astype(dtype)
    for percentiles in ((0.1, 99.9), (2, 98), (0, 100)):
        expected = np.percentile(values, percentiles, method="inverted_cdf")
        assert limits(values, 32, Reading(percentiles=percentiles)) == pytest.approx(tuple(expected))


@pytest.mark.parametrize(("dtype", "bits", "expected"), [
    (np.uint16, 16, (0, 65535)), (np.uint16, 12, (0, 4095)), (np.uint8, 8, (0, 255)), (np.int16, 16, (-32768, 32767)),
    (np.uint32, 32, (0, 2**32 - 1)), (bool, 1, (0, 1))])
def test_the_full_range_is_that_of_the_bits_in_use(dtype, bits, expected):
    assert limits(np.ones(5, dtype), bits, Reading(contrast="type")) == expected


def test_numbers_with_decimals_have_no_full_range():
    with pytest.raises(Refused, match="numbers with decimals have no full range"):
        limits(np.ones(5, np.float32), 32, Reading(contrast="type"))


def test_up_to_8_bits_stay_as_they_are_unless_percentiles_are_asked_for():
    values = np.array([10, 20, 30], np.uint8)
    assert limits(values, 8) == (0, 255)
    assert limits(values, 8, Reading(contrast="percentiles")) == (10, 30)
    assert limits(values.astype(np.int8), 8) == (-128, 127)


def test_a_few_bright_spots_are_not_lost():
    values = np.zeros((200, 200), np.uint16)
    values[7, 9] = 5000
    assert limits(values) == limits(values.astype(np.float32), 32) == (0, 5000)


def test_what_is_not_finite_does_not_count_and_a_picture_of_it_alone_is_refused():
    values = np.array([np.nan, np.inf, -np.inf, 1.0, 3.0], np.float32)
    assert limits(values, 32) == (1, 3)
    np.testing.assert_array_equal(to_levels(values, (1, 3)), [0, 255, 0, 0, 255])
    with pytest.raises(Refused, match="there is no finite number in it"):
        limits(np.full(9, np.nan), 64)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "int32", "float16", "float32", "float64"])
def test_levels_are_the_rounded_share_of_the_range(dtype):
    values = np.linspace(0, 120, 1000).astype(dtype)
    expected = np.rint(np.clip((values.astype(float) - 10) / 90, 0, 1) * 255)
    found = to_levels(values, (10, 100))
    assert found.dtype == np.uint8
    assert np.abs(found - expected).max() <= (1 if dtype == "float16" else 0)


def test_levels_of_the_widest_range_of_decimals_are_not_black():
    ends = (-1.5e308, 1.5e308)
    np.testing.assert_array_equal(to_levels((np.arange(256) / 127.5 - 1) * 1.5e308, ends), np.arange(256))
    np.testing.assert_array_equal(to_levels(np.array([*ends, 0.0, np.nan]), ends), [0, 255, 128, 0])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int16", "uint32", "float32"])
def test_limits_the_other_way_round_make_the_smallest_number_white(dtype):
    values = np.array([0, 1, 1, 0], dtype)
    np.testing.assert_array_equal(to_levels(values, (1, 0)), [255, 0, 0, 255])


def test_levels_of_large_pictures_do_not_depend_on_the_step(monkeypatch):
    values = RNG.normal(0, 1, (61, 83)).astype(np.float32)
    whole = to_levels(values, (-2, 2))
    monkeypatch.setattr("orangecontrib.imaging.core.contrast._AT_ONCE", 100)
    np.testing.assert_array_equal(to_levels(values, (-2, 2)), whole)


def test_the_same_number_everywhere_is_mid_grey():
    assert limits(np.full(9, 7000, np.uint16)) == (7000, 7000)
    np.testing.assert_array_equal(to_levels(np.full(9, 7000, np.uint16), (7000, 7000)), [128] * 9)
    np.testing.assert_array_equal(to_levels(np.full(9, 0.5), limits(np.full(9, 0.5), 64)), [128] * 9)
