"""Every network of torchvision gives torchvision's numbers: same tensor, same preprocessing, same path from a file."""

import dataclasses
import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from made import pixels
from PIL import Image
from seeded import ARGUMENTS, seeded_network
from torch import nn
from torchvision.models import get_model, get_model_weights
from torchvision.models.feature_extraction import create_feature_extractor

from orangecontrib.imaging.core import cards
from orangecontrib.imaging.core.cards import PENULTIMATE, find_card, network_cards
from orangecontrib.imaging.core.device import find_device, torch_settings
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.network import load_network
from orangecontrib.imaging.core.networks.imagenet import tapped
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.preprocess import fit, normalise

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CARDS = [card for card in network_cards() if card.weights.url]
DIMENSIONS = {
    "alexnet": 4096, "convnext_base": 1024, "convnext_tiny": 768, "densenet121": 1024, "densenet201": 1920,
    "efficientnet_b0": 1280, "efficientnet_b1": 1280, "efficientnet_b2": 1408, "efficientnet_b3": 1536,
    "efficientnet_b4": 1792, "efficientnet_b5": 2048, "efficientnet_b6": 2304, "efficientnet_b7": 2560,
    "efficientnet_v2_s": 1280, "googlenet": 1024, "inception_v3": 2048, "mobilenet_v3_large": 1280, "resnet152": 2048,
    "resnet18": 512, "resnet50": 2048, "resnext101_64x4d": 2048, "resnext50_32x4d": 2048, "swin_t": 768, "vgg16": 4096,
    "vgg19": 4096, "vit_b_16": 768, "wide_resnet50_2": 2048}
SMALL_MB, SMALL_PX = 50, 240


def weighed():
    """The cards; those that take long are left to `make test-more`."""
    for card in CARDS:
        small = card.weights.size_mb <= SMALL_MB and card.input_px <= SMALL_PX
        yield pytest.param(card, id=card.name, marks=[] if small else pytest.mark.heavy)


def relative(found, expected):
    """The norm of the difference over the norm."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture(autouse=True)
def one_thread():
    """Several threads of torch's own crawl when other programs want the cores."""
    with torch_settings("fp32"):
        yield


@pytest.fixture(scope="module")
def golden():
    """The script that made the golden vectors, and the vectors."""
    spec = importlib.util.spec_from_file_location("make_imagenet", GOLDEN / "make_imagenet.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with np.load(GOLDEN / "imagenet.npz") as vectors:
        return script, dict(vectors)


@pytest.fixture
def placed(monkeypatch, tmp_path):
    """Puts a seeded network's weights into a models folder, under the name of the real ones."""
    def place(card, net):
        path = tmp_path / "models" / card.weights.file
        path.parent.mkdir()
        torch.save(net.state_dict(), path)
        told = dataclasses.replace(card.weights, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        monkeypatch.setitem(cards._registry(), card.name, dataclasses.replace(card, weights=told))
        return path.parent
    return place


def reference_layers(net, card, batch):
    """By torchvision's own feature extractor: each layer of the card, averaged over its grid, (n, dimension)."""
    nodes = [layer.node for layer in card.layers if layer.node]
    found = create_feature_extractor(net, nodes)(batch)
    return {layer.name: found[layer.node].mean(layer.averaged) if layer.averaged else found[layer.node]
            for layer in card.layers if layer.node}


def test_every_penultimate_layer_has_the_dimension_that_it_is_known_for():
    assert {card.name: card.layer(PENULTIMATE).dimension for card in CARDS} == DIMENSIONS


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_card_says_what_torchvisions_own_weights_say(card):
    best = get_model_weights(card.name).DEFAULT
    transforms = best.transforms()
    assert card.weights.url == best.url
    assert card.weights.url.endswith(f"-{card.weights.sha256}.pth")
    assert card.weights.size_mb == best.meta["_file_size"]
    assert card.top1 == best.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    assert [card.input_px] == transforms.crop_size
    assert [card.shorter_px] == transforms.resize_size
    assert card.resample == transforms.interpolation.value
    assert card.channel_order == "RGB"
    assert transforms.antialias is True
    np.testing.assert_allclose(card.mean, 255 * np.array(transforms.mean), rtol=1e-12)
    np.testing.assert_allclose(card.std, 255 * np.array(transforms.std), rtol=1e-12)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_centre_crop_is_the_input_that_torchvision_makes(card):
    picture = pixels(811, 1003, seed=3)
    found = normalise(fit(picture, card, Options(fit="crop"))[0][None], card)
    expected = get_model_weights(card.name).DEFAULT.transforms()(Image.fromarray(picture))[None]
    levels = (found - expected).abs() * torch.tensor(card.std).view(1, 3, 1, 1)
    assert found.shape == expected.shape
    assert levels.max() <= 1.01


@pytest.mark.parametrize("card", weighed())
def test_a_network_gives_torchvisions_numbers(card, golden, placed, tmp_path):
    script, vectors = golden
    net = seeded_network(card.name, card.input_px)
    picture = script.golden_picture()
    models = placed(card, net)
    batch = torch.cat([script.reference_input(picture, card.name), script.reference_input(picture[::-1], card.name)])
    with torch.inference_mode():
        expected = {PENULTIMATE: torch.from_numpy(script.penultimate(net, batch)), **reference_layers(net, card, batch)}
    options = Options(layers=tuple(layer.name for layer in card.layers))

    module = load_network(find_card(card.name), "", options, find_device("cpu", 1), str(models))._module
    with torch.inference_mode():
        found = module(batch.contiguous(memory_format=torch.channels_last))
    parts = torch.split(found, [layer.dimension for layer in card.layers], dim=1)
    for layer, part in zip(card.layers, parts, strict=True):
        assert expected[layer.name].std() > 1e-3, layer.name
        assert relative(part.numpy(), expected[layer.name].numpy()) <= 1e-5, layer.name

    Image.fromarray(picture).save(tmp_path / "picture.png")
    vector = embed([tmp_path / "picture.png"], card.name, models=models, device="cpu").vectors[0]
    assert cosine(vector, expected[PENULTIMATE][0].numpy()) >= 0.9999
    assert cosine(vector[:script.KEPT], vectors[card.name]) >= 0.9999
    assert relative(vector[:script.KEPT], vectors[card.name]) <= 0.03


@pytest.mark.parametrize("change", [{"channel_order": "BGR"}, {"mean": (0.0, 0.0, 0.0)}, {"std": (1.0, 1.0, 1.0)},
                                    {"resample": "lanczos"}, {"resample": "bicubic"}], ids=str)
def test_a_wrong_channel_scale_or_filter_is_far_from_the_golden_vector(change, golden, placed):
    script, vectors = golden
    card = find_card("resnet18")
    models = str(placed(card, seeded_network("resnet18", 224)))
    right, wrong = (load_network(dataclasses.replace(find_card("resnet18"), **what), "", Options(),
                                 find_device("cpu", 1), models) for what in ({}, change))
    expected = vectors["resnet18"]
    told = [relative(one.embed([one.fit(script.golden_picture())])[0][:script.KEPT], expected)
            for one in (right, wrong)]
    assert told[0] <= 0.005
    assert told[1] > 2 * told[0]
    assert told[1] > 0.01


@pytest.mark.parametrize("card", [pytest.param(card, id=card.name, marks=[] if card.weights.size_mb < 250 else
                                               pytest.mark.heavy) for card in CARDS if card.dense])
def test_densely_every_layer_takes_pictures_of_its_smallest_side_and_some_none_smaller(card):
    with torch.device("meta"):
        state = get_model(card.name, weights=None, **ARGUMENTS.get(card.name, {})).state_dict()
    state = {name: torch.zeros(value.shape, dtype=value.dtype) for name, value in state.items()}  # for its shapes only
    for smallest in sorted({layer.smallest_px for layer in card.layers}):
        layers = [layer.name for layer in card.layers if layer.smallest_px == smallest]
        net = tapped(card, layers, state, True, architecture=card.name)
        side = smallest or 64  # the least scale that options allow
        with torch.inference_mode():
            assert len(net(torch.zeros(1, 3, side, side + 1))[0]) == sum(card.layer(name).dimension for name in layers)
            assert len(net(torch.zeros(1, 3, side + 1, side))) == 1
        for name in layers if smallest else ():
            with pytest.raises(RuntimeError, match="too small|greater than actual input size"), torch.inference_mode():
                tapped(card, [name], state, True, architecture=card.name)(torch.zeros(1, 3, side - 1, side - 1))


@pytest.mark.parametrize("name", ["inception_v3", "googlenet"])
def test_inputs_are_scaled_as_for_weights_of_tensorflow(name):
    card = find_card(name)
    net = seeded_network(name, card.input_px)
    net.transform_input = False
    batch = torch.randn(1, 3, card.input_px, card.input_px, generator=torch.Generator().manual_seed(0))
    caught = []
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    last.register_forward_pre_hook(lambda module, given: caught.append(given[0].clone()))
    with torch.inference_mode():
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        net(((batch * std + mean) - 0.5) / 0.5)
        found = tapped(card, [PENULTIMATE], net.state_dict(), False, architecture=name)(batch)
    assert relative(found.numpy(), caught[0].numpy()) <= 1e-5


@pytest.mark.parametrize(("name", "kernel"), [("alexnet", 6), pytest.param("vgg16", 7, marks=pytest.mark.heavy)])
def test_a_dense_network_on_its_own_size_is_the_network_and_on_a_larger_one_the_mean_of_its_places(name, kernel):
    net = seeded_network(name, 224)
    dense = tapped(find_card(name), [PENULTIMATE], net.state_dict(), True, architecture=name)
    batch = torch.randn(1, 3, 224, 224 + 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert relative(dense(batch[..., :224]).numpy(), net.classifier[:-1](
            net.features(batch[..., :224]).flatten(1)).numpy()) <= 1e-5
        features = net.features(batch)
        assert features.shape[-2:] == (kernel, kernel + 1)
        places = [net.classifier[:-1](features[..., place:place + kernel].flatten(1)) for place in (0, 1)]
        assert relative(dense(batch).numpy(), torch.stack(places).mean(0).numpy()) <= 1e-5
