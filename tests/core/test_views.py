"""From a picture to a vector through views, scales, layers and lengths: each is what it is said to be, in numbers."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from made import encoded, pixels, write_pictures

from orangecontrib.imaging.core.cards import PENULTIMATE, find_card
from orangecontrib.imaging.core.device import find_device, torch_settings
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.network import Network, load_network
from orangecontrib.imaging.core.networks.squeezenet import build
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.preprocess import fit, normalise
from orangecontrib.imaging.core.store import Store
from orangecontrib.imaging.core.weights import load_weights

CARD = find_card("squeezenet")
DEVICE = find_device("cpu", 1)
SIDE = CARD.input_px
PARTS = {"fire3": slice(0, 128), "fire5": slice(128, 384), PENULTIMATE: slice(384, 896)}
SMALL = (64, 100)  # scales that are quick


@pytest.fixture(autouse=True)
def one_thread():
    """Several threads of torch's own crawl when other programs want the cores."""
    with torch_settings("fp32"):
        yield


def vectors(pictures, **options):
    """(n, dimension) of at most four pictures, by the real network."""
    network = load_network(CARD, CARD.weights.sha256, Options(**options), DEVICE)
    return network.embed([network.fit(np.ascontiguousarray(picture)) for picture in pictures])


def vector(picture, **options):
    return vectors([picture], **options)[0]


def plainly(tensor, layers=(PENULTIMATE,)):
    """The vector of a resized picture, (3, height, width) uint8, by the module alone: no batch, nothing fused."""
    with torch.inference_mode():
        return build(CARD, layers, load_weights(CARD), dense=True)(normalise(tensor[None], CARD)).numpy()[0]


def relative(found, expected):
    """The norm of the difference over the norm."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def of_length_one(part):
    return part / np.linalg.norm(part)


@pytest.fixture(scope="module")
def square():
    """A picture in the network's own size, so that resizing changes nothing."""
    return pixels(SIDE, SIDE, seed=3)


@pytest.fixture(scope="module")
def turns(square):
    """Its eight turns and mirror images, by NumPy."""
    return [np.rot90(start, quarters) for start in (square, np.fliplr(square)) for quarters in range(4)]


@pytest.fixture(scope="module")
def turns_vectors(turns):
    """The vector of each, seen once."""
    with torch_settings("fp32"):
        return np.concatenate([vectors(turns[:4]), vectors(turns[4:])])


def test_with_its_mirror_image_a_picture_has_the_mean_of_both_vectors(square, turns_vectors):
    assert relative(turns_vectors[4], turns_vectors[0]) > 0.01
    assert relative(vector(square, views="mirror"), (turns_vectors[0] + turns_vectors[4]) / 2) <= 1e-5


def test_a_mirrored_picture_has_the_same_vector_when_mirrored_too(square):
    assert relative(vector(np.fliplr(square), views="mirror"), vector(square, views="mirror")) <= 1e-5
    assert relative(vector(np.flipud(square), views="mirror"), vector(square, views="mirror")) > 0.01


def test_over_turns_a_picture_has_the_mean_of_eight_vectors(square, turns_vectors):
    found = vector(square, views="turns")
    assert relative(found, turns_vectors.sum(axis=0) / 8) <= 1e-5
    assert relative(found, turns_vectors[:4].mean(axis=0)) > 1e-3


def test_a_turned_picture_has_the_same_vector_over_turns(square, turns):
    expected = vector(square, views="turns")
    for row in vectors([turns[1], turns[2], turns[7]], views="turns"):
        assert relative(row, expected) <= 1e-4


def test_a_turned_photograph_has_nearly_the_same_vector_over_turns():
    picture = pixels(300, 410)
    upright, turned = vectors([picture, np.rot90(picture)], views="turns", fit="pad")
    assert relative(turned, upright) <= 0.01  # for the resizing, and for the odd row of the border
    one, other = vectors([picture, np.rot90(picture)], fit="pad")
    assert relative(other, one) > 0.05


def test_layers_lie_side_by_side_in_the_order_asked_for(square):
    stacked = vector(square, layers=("fire3", "fire5", PENULTIMATE))
    backwards = vector(square, layers=(PENULTIMATE, "fire3", "fire5"))
    assert stacked.shape == backwards.shape == (896,)
    for layer, part in PARTS.items():
        assert relative(stacked[part], vector(square, layers=(layer,))) <= 1e-6
    np.testing.assert_array_equal(backwards, np.concatenate([stacked[384:], stacked[:384]]))


def test_views_of_stacked_layers_are_averaged_layer_by_layer(square):
    stacked = vector(square, layers=("fire3", "fire5"), views="mirror")
    for layer, part in (("fire3", slice(128)), ("fire5", slice(128, 384))):
        assert relative(stacked[part], vector(square, layers=(layer,), views="mirror")) <= 1e-6


def test_at_unit_length_every_layer_counts_the_same(square):
    layers = tuple(PARTS)
    found, plain = vector(square, layers=layers, unit_length=True), vector(square, layers=layers)
    assert abs(np.linalg.norm(found) - 1) <= 1e-6
    for part in PARTS.values():
        assert abs(np.linalg.norm(found[part]) - 1 / np.sqrt(3)) <= 1e-6
        assert relative(found[part] * np.sqrt(3), of_length_one(plain[part])) <= 1e-6


def test_views_are_averaged_before_the_length_is_taken(square, turns_vectors):
    expected = of_length_one(turns_vectors[0] + turns_vectors[4])
    assert relative(vector(square, views="mirror", unit_length=True), expected) <= 1e-5


@pytest.mark.parametrize(("joined", "parts"), [("stack", 4), ("average", 2)])
def test_densely_at_unit_length_every_layer_of_every_scale_counts_the_same(square, joined, parts):
    options = {"layers": ("fire3", "fire5"), "fit": "dense", "scales": SMALL, "joined": joined}
    found, plain = vector(square, **options, unit_length=True), vector(square, **options)
    edges = np.cumsum([128, 256] * (parts // 2))[:-1]
    for part, unscaled in zip(np.split(found, edges), np.split(plain, edges), strict=True):
        assert relative(part, of_length_one(unscaled) / np.sqrt(parts)) <= 1e-6


class Silent(torch.nn.Module):
    """Gives zeros for dark pictures, and ones in all places for others."""

    def forward(self, batch):
        return (batch.mean((1, 2, 3)) > 0).float()[:, None].expand(-1, 896)


def test_a_vector_of_zeros_has_no_length_and_stays_zero(square):
    options = Options(layers=tuple(PARTS), unit_length=True)
    network = Network(CARD, options, DEVICE, Silent())
    black, white = network.embed([network.fit(np.full((9, 9, 3), value, np.uint8)) for value in (0, 255)])
    assert not black.any()
    assert abs(np.linalg.norm(white) - 1) <= 1e-6


@pytest.mark.parametrize("options", [{}, {"fit": "pad", "views": "turns"}, {"fit": "dense", "scales": SMALL}], ids=str)
def test_a_black_picture_has_a_vector_of_numbers(options):
    found = vector(np.zeros((30, 20, 3), np.uint8), layers=("fire3", PENULTIMATE), unit_length=True, **options)
    assert np.isfinite(found).all()
    assert abs(np.linalg.norm(found) - 1) <= 1e-5


@pytest.mark.parametrize("how", ["stretch", "crop", "pad"])
def test_the_network_sees_the_picture_as_it_was_fitted(how):
    picture = pixels(300, 420)
    [seen] = fit(picture, CARD, Options(fit=how))
    assert relative(vector(picture, fit=how), plainly(seen)) <= 1e-5


def test_densely_at_one_scale_the_network_runs_over_the_resized_picture():
    picture = pixels(120, 180)
    [seen] = fit(picture, CARD, Options(fit="dense", scales=(100,)))
    assert tuple(seen.shape) == (3, 100, 150)
    assert relative(vector(picture, fit="dense", scales=(100,)), plainly(seen)) <= 1e-5


def test_scales_lie_side_by_side_or_are_averaged():
    picture = pixels(120, 180)
    stacked = vector(picture, fit="dense", scales=(64, 100, 150))
    assert stacked.shape == (3 * 512,)
    for part, scale in zip(np.split(stacked, 3), (64, 100, 150), strict=True):
        assert relative(part, vector(picture, fit="dense", scales=(scale,))) <= 1e-6
    averaged = vector(picture, fit="dense", scales=(64, 100, 150), joined="average")
    assert relative(averaged, np.split(stacked, 3)[0]) > 0.01
    assert relative(averaged, sum(np.split(stacked, 3)) / 3) <= 1e-6


def test_densely_each_scale_is_averaged_over_its_views():
    picture = pixels(100, 150)  # in the size of the scale: resizing changes nothing
    dense = {"fit": "dense", "scales": (100,)}
    both = [vector(side, **dense) for side in (picture, np.fliplr(picture))]
    assert relative(vector(picture, **dense, views="mirror"), np.mean(both, axis=0)) <= 1e-5
    eight = [vector(np.rot90(side, quarters), **dense) for side in (picture, np.fliplr(picture))
             for quarters in range(4)]
    assert relative(vector(picture, **dense, views="turns"), np.mean(eight, axis=0)) <= 1e-5


@pytest.mark.parametrize("options", [
    {"views": "mirror"}, {"views": "turns", "layers": ("fire3", PENULTIMATE), "unit_length": True},
    {"fit": "pad", "views": "mirror"}, {"fit": "dense", "scales": SMALL, "views": "mirror"},
    {"fit": "dense", "scales": SMALL, "joined": "average", "unit_length": True},
], ids=str)
def test_a_vector_does_not_depend_on_the_pictures_beside_it(options):
    pictures = [pixels(40 + 30 * seed, 160 - 30 * seed, seed=seed) for seed in range(4)]
    together = vectors(pictures, **options)
    assert len(np.unique(together, axis=0)) == 4
    np.testing.assert_array_equal(vectors(pictures[::-1], **options), together[::-1])
    for row, picture in enumerate(pictures):
        np.testing.assert_array_equal(vector(picture, **options), together[row])
    np.testing.assert_array_equal(vectors(pictures[2:0:-1], **options), together[2:0:-1])


class Noting(torch.nn.Module):
    """Gives the mean of each input, and notes the shapes and the inputs behind the pictures."""

    def __init__(self):
        super().__init__()
        self.shapes, self.fillings = [], []

    def forward(self, batch):
        self.shapes.append(tuple(batch.shape))
        self.fillings.append(batch[2:].clone())
        return batch.mean((1, 2, 3))[:, None].expand(-1, 512)


def test_a_batch_is_always_filled_up_with_black_since_kernels_may_round_differently_for_other_sizes():
    module = Noting()
    network = Network(CARD, Options(views="mirror"), DEVICE, module)
    found = network.embed([network.fit(np.full((9, 9, 3), value, np.uint8)) for value in (200, 10)])
    assert module.shapes == 2 * [(DEVICE.batch, 3, SIDE, SIDE)]
    assert all(torch.equal(filling, -torch.tensor(CARD.mean).view(1, 3, 1, 1).expand_as(filling))
               for filling in module.fillings)
    np.testing.assert_allclose(found[:, 0], np.array([200, 10]) - np.mean(CARD.mean), rtol=1e-5)


def test_densely_each_picture_runs_alone_whatever_its_size():
    module = Noting()
    network = Network(CARD, Options(fit="dense", scales=SMALL), DEVICE, module)
    network.embed([network.fit(pixels(100, 100)), network.fit(pixels(100, 150))])
    assert module.shapes == [(1, 3, 64, 64), (1, 3, 64, 96), (1, 3, 100, 100), (1, 3, 100, 150)]


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.mark.parametrize("options", [
    Options(views="mirror", layers=("fire3", PENULTIMATE), unit_length=True),
    Options(fit="dense", scales=SMALL), Options(fit="pad"),
], ids=str)
def test_vectors_of_a_choice_are_kept_and_found_under_an_identity_of_their_own(tmp_path, store, options):
    paths = write_pictures(tmp_path / "p", 6)
    for path in paths:  # an hour old: the store trusts them
        os.utime(path, ns=(0, os.stat(path).st_mtime_ns - 3600 * 10**9))
    plain = embed(paths, device="cpu", store=store)
    first = embed(paths, options=options, device="cpu", store=store)
    again = embed(paths[::-1], options=options, device="cpu", store=store)
    assert (plain.computed, first.computed, again.computed) == (6, 6, 0)
    assert again.identity == first.identity != plain.identity
    np.testing.assert_array_equal(again.vectors[::-1], first.vectors)
    network = load_network(CARD, CARD.weights.sha256, options, find_device("cpu"))
    np.testing.assert_array_equal(first.vectors[4:], network.embed(
        [network.fit(pixels(40, 50, seed=number)) for number in (4, 5)]))
    np.testing.assert_array_equal(embed(paths, device="cpu", store=store).vectors, plain.vectors)


def test_the_same_content_is_kept_once_a_choice(tmp_path, store):
    folder = tmp_path / "p"
    folder.mkdir()
    data = encoded(pixels(30, 30), "PNG")
    for name in ("a.png", "b.png"):
        Path(folder, name).write_bytes(data)
    found = [embed([folder / "a.png"], options=Options(views=views), device="cpu", store=store)
             for views in ("one", "mirror")]
    for one, views in zip(found, ("one", "mirror"), strict=True):
        copied = embed([folder / "b.png"], options=Options(views=views), device="cpu", store=store)
        assert (one.computed, copied.computed) == (1, 0)
        np.testing.assert_array_equal(copied.vectors, one.vectors)
        content = hashlib.sha256(data).digest()
        np.testing.assert_array_equal(store.get(one.identity, [content], 512)[content], one.vectors[0])
    assert relative(found[1].vectors, found[0].vectors) > 1e-3
