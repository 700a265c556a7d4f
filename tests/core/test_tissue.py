"""Which tiles of a slide hold tissue."""

import numpy as np
import pytest
from slides import PURPLE, glass, stained

from orangecontrib.imaging.core.tissue import otsu_level, saturation, tissue_mask, tissue_tiles


def tiles(overview, width, height, side):
    return [tuple(place) for place in tissue_tiles(overview, width, height, side).tolist()]


def test_the_tiles_of_a_known_blob_are_kept_and_no_others():
    overview = stained(100, 200, (40, 20, 80, 60))  # of a slide ten times as large
    assert tiles(overview, 2000, 1000, 200) == [(left, top) for top in (200, 400) for left in (400, 600)]


def test_five_percent_of_a_tile_are_enough_and_less_is_not():
    assert tiles(stained(100, 200, (100, 0, 120, 25)), 200, 100, 100) == [(100, 0)]  # 500 of 10,000 pixels
    assert tiles(stained(100, 200, (100, 0, 120, 25), (0, 0, 1, 100)), 200, 100, 100) == [(100, 0)]
    assert tiles(stained(100, 200, (100, 0, 119, 26)), 200, 100, 100) == []  # 494 of them


@pytest.mark.parametrize("overview", [
    glass(90, 120), np.full((90, 120, 3), 255, np.uint8), np.zeros((90, 120, 3), np.uint8),
    np.full((90, 120, 3), 128, np.uint8)], ids=["glass", "white", "black", "grey"])
def test_an_empty_slide_gives_no_tile(overview):
    assert tiles(overview, 1200, 900, 100) == []


def test_a_slide_full_of_tissue_gives_all_tiles():
    overview = np.random.default_rng(0).integers(-20, 21, (90, 120, 3)) + PURPLE
    assert len(tiles(overview.astype(np.uint8), 1200, 900, 300)) == 12


def test_tiles_at_the_edge_count_by_what_is_left_of_them():
    overview = stained(105, 210, (200, 100, 210, 105))
    assert tiles(overview, 2100, 1050, 1000) == [(2000, 1000)]


def test_a_tile_of_less_than_a_pixel_is_decided_on_the_pixel_that_it_touches():
    overview = stained(4, 8, (2, 1, 3, 2))
    assert tiles(overview, 16, 8, 1) == [(left, top) for top in (2, 3) for left in (4, 5)]


def test_nearly_black_margins_and_ink_are_no_tissue():
    overview = stained(100, 200, (40, 20, 80, 60))
    overview[:, 120:] = np.random.default_rng(0).integers(0, 30, (100, 80, 3))
    assert tiles(overview, 200, 100, 20) == [(left, top) for top in (20, 40) for left in (40, 60)]


def test_all_pixels_that_a_tile_touches_count():
    overview = stained(10, 10, (3, 0, 4, 10))  # columns 7.5 to 10 of the slide
    assert sorted({left for left, _ in tiles(overview, 25, 25, 4)}) == [4, 8]


def test_a_tint_that_is_paler_than_tissue_is_no_tissue():
    overview = np.full((100, 200, 3), (240, 215, 215), np.uint8)  # a saturation of 0.1: above the floor
    overview[20:60, 40:80] = PURPLE
    assert tiles(overview, 200, 100, 20) == [(left, top) for top in (20, 40) for left in (40, 60)]


def test_an_overview_that_was_rounded_loses_no_tile():
    overview = stained(33, 50, (0, 0, 50, 33))
    assert len(tiles(overview, 1011, 667, 100)) == 11 * 7


def test_saturation_is_that_of_the_hsv_model():
    colours = [(0, 0, 0), (255, 255, 255), (7, 7, 7), (255, 0, 0), (200, 100, 150), (4, 3, 3)]
    expected = [0, 0, 0, 255, 128, 64]
    assert saturation(np.array([colours], np.uint8))[0].tolist() == expected


@pytest.mark.parametrize(("values", "level"), [
    ([10] * 60 + [200] * 40, 10), ([10, 11, 12] * 20 + [200, 201] * 5, 12), ([0] * 50, 0), ([77] * 50, 0),
    ([0] * 90 + [50] * 5 + [250] * 5, 50)])
def test_otsus_level_parts_two_classes(values, level):
    values = np.array(values, np.uint8)
    assert otsu_level(values) == level
    assert otsu_level(values) == slow_otsu(values)


@pytest.mark.parametrize("seed", range(5))
def test_otsus_level_has_the_greatest_variance_between_its_classes(seed):
    rng = np.random.default_rng(seed)
    values = np.clip(np.concatenate([rng.normal(40, 15, 500), rng.normal(150, 30, 80 * seed + 50)]), 0, 255)
    assert otsu_level(values.astype(np.uint8)) == slow_otsu(values.astype(np.uint8))


def slow_otsu(values):
    """By the definition: every level is tried."""
    spreads = [0.0]
    for level in range(255):
        low, high = values[values <= level], values[values > level]
        spreads.append(len(low) * len(high) * (low.mean() - high.mean())**2 if len(low) and len(high) else 0.0)
    rounded = np.array(spreads[1:]) / max(*spreads, 1)
    return int(np.argmax(rounded > 1 - 1e-9)) if rounded.any() else 0


def test_the_mask_is_the_blob():
    mask = tissue_mask(stained(60, 80, (10, 20, 30, 50)))
    expected = np.zeros((60, 80), bool)
    expected[20:50, 10:30] = True
    np.testing.assert_array_equal(mask, expected)
