"""The network's input: Pillow's LANCZOS within a grey level, fitted and turned, then the card's channels and scale."""

import dataclasses

import numpy as np
import pytest
import torch
from made import encoded, pixels
from PIL import Image

from orangecontrib.imaging.core import preprocess
from orangecontrib.imaging.core.cards import PENULTIMATE, find_card
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.networks.squeezenet import build
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.preprocess import (
    dense_size,
    fit,
    longer_side_to,
    normalise,
    resize,
    shorter_side_to,
    turned,
    view_numbers,
)
from orangecontrib.imaging.core.weights import load_weights

CARD = find_card("squeezenet")
SIDE = CARD.input_px
RGB = find_card("resnet18")  # 224 of 256 pixels, bilinear, means 123.675, 116.28, 103.53
MEAN_COLOURS = {"squeezenet": (123, 117, 104), "resnet18": (124, 116, 104)}
VIEWS = {  # of [[1, 2, 3], [4, 5, 6]]: quarters turned to the left, then those of its mirror image
    0: [[1, 2, 3], [4, 5, 6]], 1: [[3, 6], [2, 5], [1, 4]], 2: [[6, 5, 4], [3, 2, 1]], 3: [[4, 1], [5, 2], [6, 3]],
    4: [[3, 2, 1], [6, 5, 4]], 5: [[1, 4], [2, 5], [3, 6]], 6: [[4, 5, 6], [1, 2, 3]], 7: [[6, 3], [5, 2], [4, 1]]}


def by_pillow(picture, filter=Image.Resampling.LANCZOS, height=SIDE, width=SIDE):
    """Rows first, then columns, in any version of Pillow."""
    rows = Image.fromarray(picture).resize((width, picture.shape[0]), filter)
    return np.asarray(rows.resize((width, height), filter)).astype(int)


def bilinear(picture, rows, columns):
    """A picture enlarged, at these places of its rows and columns, (len(rows), len(columns), 3)."""
    def between(values, places):
        first = np.floor(places).astype(int)
        second = np.minimum(first + 1, len(values) - 1)
        share = (places - first)[:, None, None]
        return values[first] * (1 - share) + values[second] * share
    return between(between(picture.astype(float), rows).transpose(1, 0, 2), columns).transpose(1, 0, 2)


def stripes(height, width):
    """Black and white, where LANCZOS overshoots most."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[::7] = 255
    picture[:, width // 2:] = 255
    picture[3::11, ::5] = 0
    return picture


def differences(picture):
    found = resize(picture, (SIDE, SIDE), CARD)
    assert (tuple(found.shape), found.dtype) == ((3, SIDE, SIDE), torch.uint8)
    return np.abs(found.permute(1, 2, 0).numpy() - by_pillow(picture))


@pytest.mark.parametrize("size", [(227, 227), (480, 640), (1536, 2048), (700, 900), (600, 227), (1000, 300)], ids=str)
def test_a_photograph_is_resized_within_one_grey_level_of_pillows_lanczos(size):
    assert differences(pixels(*size)).max() <= 1


@pytest.mark.parametrize("draw", [pixels, stripes])
@pytest.mark.parametrize("size", [(100, 90), (40, 50), (13, 500), (500, 13), (228, 226), (1, 1), (2, 3), (3000, 40),
                                  (454, 454), (240, 3000)], ids=str)
def test_enlarged_and_hard_edged_pictures_hardly_ever_differ_by_two_levels(size, draw):
    found = differences(draw(*size))
    assert found.max() <= 2
    assert (found > 1).mean() <= 2e-4


@pytest.mark.parametrize("filter", ["bilinear", "nearest"])
def test_another_filter_would_be_noticed(filter):
    wrong = by_pillow(pixels(480, 640), Image.Resampling[filter.upper()])
    assert np.abs(wrong - by_pillow(pixels(480, 640))).max() > 5


def test_channels_are_reversed_and_the_mean_subtracted_without_scaling():
    batch = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    found = normalise(batch, CARD)
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    red, green, blue = batch.numpy().astype(np.float32).transpose(1, 0, 2, 3)
    expected = np.stack([blue - 104.006, green - 116.669, red - 122.679], axis=1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_card_in_rgb_with_a_scale_is_obeyed():
    card = dataclasses.replace(CARD, channel_order="RGB", mean=(1.0, 2.0, 3.0), std=(2.0, 4.0, 8.0))
    found = normalise(torch.full((1, 3, 2, 2), 11, dtype=torch.uint8), card)
    np.testing.assert_allclose(found[0, :, 0, 0].numpy(), [5.0, 2.25, 1.0])


@pytest.mark.parametrize(("format", "options", "size"), [
    ("PNG", {}, (480, 640)), ("JPEG", {"quality": 90}, (480, 640)), ("JPEG", {"quality": 75}, (1000, 700)),
    ("BMP", {}, (110, 95)), ("TIFF", {}, (300, 227)), ("WEBP", {"lossless": True}, (64, 200)),
], ids=str)
def test_from_file_to_vector_the_whole_path_agrees_with_a_plain_reference(tmp_path, format, options, size):
    path = tmp_path / "picture"
    path.write_bytes(encoded(pixels(*size), format, **options))
    found = embed([path], device="cpu").vectors[0]
    with Image.open(path) as image:
        resized = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    values = (resized[..., ::-1] - np.array(CARD.mean)).astype(np.float32)
    with torch.inference_mode():
        tensor = torch.from_numpy(values).permute(2, 0, 1)[None]
        expected = build(CARD, [PENULTIMATE], load_weights(CARD), dense=False)(tensor).numpy()[0]
    assert found @ expected / np.linalg.norm(found) / np.linalg.norm(expected) >= 0.9999


def fitted(picture, card=CARD, **options):
    """The only one of a picture's tensors, as (height, width, 3) int."""
    [found] = fit(picture, card, Options(**options))
    assert (found.dtype, found.shape[0]) == (torch.uint8, 3)
    return found.permute(1, 2, 0).numpy().astype(int)


@pytest.mark.parametrize("size", [(480, 640), (900, 300)], ids=str)
def test_stretched_is_the_whole_picture_in_a_square(size):
    assert np.abs(fitted(pixels(*size)) - by_pillow(pixels(*size))).max() <= 1


@pytest.mark.parametrize(("size", "first"), [((256, 256), (14, 14)), ((256, 402), (14, 88)), ((400, 256), (86, 14)),
                                             ((256, 257), (14, 15))], ids=str)
def test_cropped_is_the_middle_rounded_to_even_as_torchvision_does(size, first):
    top, left = first
    picture = pixels(*size)  # its shorter side is 256 already
    np.testing.assert_array_equal(fitted(picture, fit="crop"), picture[top:top + 227, left:left + 227])


@pytest.mark.parametrize(("size", "resized", "first"), [
    ((600, 800), (256, 341), (14, 57)), ((1100, 500), (563, 256), (168, 14)), ((512, 512), (256, 256), (14, 14)),
], ids=str)
def test_cropped_is_pillows_resized_picture_cropped(size, resized, first):
    picture = pixels(*size)
    whole = by_pillow(picture, height=resized[0], width=resized[1])
    expected = whole[first[0]:first[0] + 227, first[1]:first[1] + 227]
    assert np.abs(fitted(picture, fit="crop") - expected).max() <= 1


@pytest.mark.parametrize("size", [(1, 20000), (20001, 1), (3, 40000)], ids=str)
def test_of_a_very_thin_picture_the_middle_is_cropped_without_enlarging_the_whole(size, monkeypatch):
    sizes = []
    resized = preprocess.resize
    monkeypatch.setattr(preprocess, "resize", lambda *given: (sizes.append(given[1]), resized(*given))[1])
    picture = pixels(*size)
    height, width = size
    tall, wide = shorter_side_to(CARD.shorter_px, *size)
    places = [np.clip(((np.arange(227) + round((long - 227) / 2) + 0.5) * length / long - 0.5), 0, length - 1)
              for long, length in ((tall, height), (wide, width))]
    expected = bilinear(picture, *places)
    found = fitted(picture, dataclasses.replace(CARD, resample="bilinear"), fit="crop")
    assert np.abs(found - expected).max() <= 2
    assert max(sizes[0]) <= 65 * CARD.shorter_px


@pytest.mark.parametrize("size", [(10, 640), (640, 10), (4, 200)], ids=str)
def test_of_a_thin_picture_nothing_is_cut_off_before_it_is_cropped(size):
    picture = pixels(*size)
    assert np.shares_memory(preprocess._shortened(picture), picture)
    assert preprocess._shortened(picture).shape == picture.shape


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 900), (20, 30)], ids=str)
@pytest.mark.parametrize("card", [CARD, RGB], ids=lambda card: card.name)
@pytest.mark.parametrize("how", ["stretch", "crop", "pad"])
def test_a_tiny_or_thin_picture_becomes_a_whole_square(size, card, how):
    found = fitted(np.full((*size, 3), (10, 200, 90), np.uint8), card, fit=how)
    assert found.shape == (card.input_px, card.input_px, 3)
    inside = (found == (10, 200, 90)).all(axis=-1)
    border = (found == MEAN_COLOURS[card.name]).all(axis=-1)
    assert (inside | border).all()
    assert border.any() == (how == "pad" and size != (1, 1))


@pytest.mark.parametrize("card", [CARD, RGB], ids=lambda card: card.name)
@pytest.mark.parametrize("size", [(900, 450), (450, 900), (700, 601), (500, 500)], ids=str)
def test_padded_is_the_whole_picture_in_the_middle_of_the_mean_colour(size, card):
    picture = pixels(*size)
    side = card.input_px
    height, width = (round(side * length / max(size)) for length in size)
    top, left = (side - height) // 2, (side - width) // 2
    found = fitted(picture, card, fit="pad")
    assert found.shape == (side, side, 3)
    filter = Image.Resampling[card.resample.upper()]
    middle = found[top:top + height, left:left + width].copy()
    assert np.abs(middle - by_pillow(picture, filter, height, width)).max() <= 1
    found[top:top + height, left:left + width] = MEAN_COLOURS[card.name]
    assert (found == MEAN_COLOURS[card.name]).all()


def test_the_middle_of_a_padded_picture_is_where_a_ruler_says():
    tall = fitted(np.zeros((681, 340, 3), np.uint8), fit="pad")  # 113 of 227 columns: 57 before, 57 behind
    columns = (tall == 0).all(axis=(0, 2))
    assert np.flatnonzero(columns).tolist() == list(range(57, 170))
    wide = fitted(np.zeros((340, 680, 3), np.uint8), fit="pad")  # 113.5 rows are 114: 56 above, 57 below
    rows = (wide == 0).all(axis=(1, 2))
    assert np.flatnonzero(rows).tolist() == list(range(56, 170))


@pytest.mark.parametrize("card", [CARD, RGB], ids=lambda card: card.name)
def test_the_border_is_next_to_nothing_for_the_network(card):
    [found] = fit(np.zeros((100, 300, 3), np.uint8), card, Options(fit="pad"))
    levels = normalise(found[None], card)[0] * torch.tensor(card.std).view(3, 1, 1)
    assert levels[:, :50].abs().max() <= 0.5
    assert levels[:, 113].abs().min() > 100


@pytest.mark.parametrize(("size", "sizes"), [
    ((480, 640), [(256, 341), (384, 512), (512, 682)]), ((640, 480), [(341, 256), (512, 384), (682, 512)]),
    ((1, 1), [(256, 256), (384, 384), (512, 512)]), ((3000, 2), [(1024, 256), (1536, 384), (2048, 512)]),
    ((100, 1000), [(256, 1024), (384, 1536), (512, 2048)]), ((100, 399), [(256, 1021), (384, 1532), (512, 2042)]),
], ids=str)
def test_densely_a_picture_is_given_once_a_scale_its_longer_side_at_most_four_times_the_shorter(size, sizes):
    found = fit(np.full((*size, 3), (10, 200, 90), np.uint8), CARD, Options(fit="dense"))
    assert [tuple(one.shape) for one in found] == [(3, *size) for size in sizes]
    assert all((one.view(3, -1) == torch.tensor([[10], [200], [90]])).all() for one in found)


def test_densely_a_picture_is_resized_as_otherwise():
    picture = pixels(700, 910)
    large, small = fit(picture, CARD, Options(fit="dense", scales=(300, 100)))
    for found, (height, width) in ((large, (300, 390)), (small, (100, 130))):
        assert np.abs(found.permute(1, 2, 0).numpy() - by_pillow(picture, height=height, width=width)).max() <= 1


@pytest.mark.parametrize(("size", "shorter", "longer", "dense"), [
    ((480, 640), (256, 341), (192, 256), (256, 341)), ((640, 480), (341, 256), (256, 192), (341, 256)),
    ((50, 50), (256, 256), (256, 256), (256, 256)), ((1, 1), (256, 256), (256, 256), (256, 256)),
    ((3000, 2), (384000, 256), (256, 1), (1024, 256)), ((2, 3000), (256, 384000), (1, 256), (256, 1024)),
    ((683, 1024), (256, 383), (171, 256), (256, 383)), ((300, 1200), (256, 1024), (64, 256), (256, 1024)),
], ids=str)
def test_sides_are_as_a_calculator_says(size, shorter, longer, dense):
    assert shorter_side_to(256, *size) == shorter
    assert longer_side_to(256, *size) == longer
    assert dense_size(*size, 256) == dense


@pytest.mark.parametrize("view", range(8))
def test_each_view_is_the_turn_or_mirror_image_of_its_number(view):
    numbered = np.array(VIEWS[0])
    picture = np.stack([numbered, 10 * numbered, 20 * numbered])  # channels stay in place
    batch = torch.from_numpy(np.stack([picture, picture + 100]).astype(np.uint8))
    expected = np.stack([np.array(VIEWS[view]) * factor for factor in (1, 10, 20)])
    np.testing.assert_array_equal(turned(batch, view).numpy(), np.stack([expected, expected + 100]))
    flipped = np.fliplr(numbered) if view >= 4 else numbered
    np.testing.assert_array_equal(np.rot90(flipped, view % 4), VIEWS[view])


def test_the_eight_views_are_different_and_the_fifth_is_the_mirror_image():
    picture = torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3)
    assert len({turned(picture, view).numpy().tobytes() for view in range(8)}) == 8
    assert torch.equal(turned(picture, 4), picture.flip(-1))
    assert torch.equal(turned(picture, 0), picture)


@pytest.mark.parametrize(("views", "numbers"), [("one", (0,)), ("mirror", (0, 4)),
                                                ("turns", (0, 1, 2, 3, 4, 5, 6, 7))])
def test_the_views_of_a_choice(views, numbers):
    assert view_numbers(Options(views=views)) == numbers
    assert len(numbers) == Options(views=views).passes
