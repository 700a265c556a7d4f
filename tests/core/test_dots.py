"""Dots drawn into arrays."""

import numpy as np
import pytest

from orangecontrib.imaging.core.dots import draw_dots

RED, BLUE = np.array([[200, 0, 0]], np.uint8), np.array([[0, 0, 100]], np.uint8)


def drawn(centers, colors, radius=4.0, opacity=1.0, size=(40, 60)):
    """(height, width, 4) uint8: alpha, red, green, blue."""
    layer = np.zeros(size, np.uint32)
    draw_dots(layer, np.array(centers, float), colors, radius, opacity)
    return np.stack([layer >> shift & 255 for shift in (24, 16, 8, 0)], axis=-1).astype(np.uint8)


def test_a_dot_is_round_has_its_color_and_nothing_beside():
    pixels = drawn([(30.5, 20.5)], RED)
    assert pixels[20, 30].tolist() == [255, 200, 0, 0]
    assert pixels[20, 26].tolist()[0] > 100
    assert not pixels[20, 24].any()
    assert not pixels[16, 26].any()
    assert abs((pixels[..., 0] / 255).sum() / (np.pi * 4 ** 2) - 1) < 0.1
    around = pixels[12:29, 22:39]
    assert (around == around[::-1]).all()
    assert (around == around.transpose(1, 0, 2)).all()


@pytest.mark.parametrize("radius", [0.9, 1.5, 3.3, 8.0])
def test_the_area_of_a_dot_grows_with_its_radius(radius):
    pixels = drawn([(30.5, 20.5)], RED, radius)
    assert abs((pixels[..., 0] / 255).sum() / (np.pi * radius ** 2) - 1) < 0.15


def test_later_dots_lie_over_earlier_ones():
    both = np.concatenate([RED, BLUE])
    assert drawn([(30, 20), (32, 20)], both)[20, 31].tolist() == [255, 0, 0, 100]
    assert drawn([(32, 20), (30, 20)], both[::-1])[20, 31].tolist() == [255, 200, 0, 0]


def test_transparent_dots_let_less_through_the_more_there_are():
    once = drawn([(30, 20)], RED, opacity=0.5)[20, 30]
    thrice = drawn([(30, 20)] * 3, np.repeat(RED, 3, axis=0), opacity=0.5)[20, 30]
    assert once.tolist() == [128, 100, 0, 0]
    assert np.abs(thrice - np.array([255, 200, 0, 0]) * 0.875).max() <= 2


def test_one_color_of_all_is_drawn_as_if_each_had_it():
    centers = np.random.default_rng(0).uniform(0, 60, (200, 2))
    for opacity in (1.0, 0.4):
        assert (drawn(centers, RED, 3.0, opacity) == drawn(centers, np.repeat(RED, 200, axis=0), 3.0, opacity)).all()


def test_colors_never_exceed_their_alpha():
    rng = np.random.default_rng(0)
    pixels = drawn(rng.uniform(0, 60, (900, 2)), rng.integers(0, 256, (900, 3)).astype(np.uint8), 5.0, 0.3)
    assert (pixels[..., 1:] <= pixels[..., :1]).all()


def test_dots_beyond_the_edge_are_left_out_and_none_wraps_around():
    outside = [(-50, 20), (30, 1e6), (1, 20), (59, 20), (30, 0), (30, 39.9)]
    assert not drawn(outside, np.repeat(RED, 6, axis=0)).any()
    assert not drawn(np.empty((0, 2)), RED[:0], opacity=0.5).any()
