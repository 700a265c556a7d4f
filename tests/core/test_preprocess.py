"""The network's input: Pillow's LANCZOS within a grey level, then the card's channels, mean and scale."""

import dataclasses

import numpy as np
import pytest
import torch
from made import encoded, pixels
from PIL import Image

from orangecontrib.imaging.core.cards import PENULTIMATE, find_card
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.networks.squeezenet import build
from orangecontrib.imaging.core.preprocess import normalise, resize
from orangecontrib.imaging.core.weights import load_weights

CARD = find_card("squeezenet")
SIDE = CARD.input_px


def by_pillow(picture, filter=Image.Resampling.LANCZOS):
    """Rows first, then columns, in any version of Pillow."""
    rows = Image.fromarray(picture).resize((SIDE, picture.shape[0]), filter)
    return np.asarray(rows.resize((SIDE, SIDE), filter)).astype(int)


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
