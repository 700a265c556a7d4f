"""SqueezeNet gives its authors' numbers: against ndf's NumPy network, and against golden vectors made by it."""

import dataclasses
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from made import pixels

from orangecontrib.imaging.core.cards import PENULTIMATE, find_card
from orangecontrib.imaging.core.device import find_device, torch_settings
from orangecontrib.imaging.core.network import load_network
from orangecontrib.imaging.core.networks.squeezenet import build
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.weights import load_weights, unpickle_arrays

CARD = find_card("squeezenet")
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
LAYERS = [layer.name for layer in CARD.layers]


def relative(found, expected):
    """The norm of the difference over the norm."""
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


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
    spec = importlib.util.spec_from_file_location("make_squeezenet", GOLDEN / "make_squeezenet.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with np.load(GOLDEN / "squeezenet.npz") as vectors:
        return script, dict(vectors)


def load(card, layer):
    return load_network(card, card.weights.sha256, Options(layers=(layer,)), find_device("cpu"))


def run(layer, batch):
    """The module alone: (n, 227, 227, 3) float32, B, G, R, mean subtracted, to (n, dimension)."""
    with torch.inference_mode():
        network = build(CARD, [layer], load_weights(CARD), dense=False)
        return network(torch.from_numpy(batch).permute(0, 3, 1, 2)).numpy()


@pytest.fixture(scope="module")
def batch():
    """Two inputs of the network, of the range of real ones."""
    return np.random.default_rng(3).uniform(-123, 151, (2, 227, 227, 3)).astype(np.float32)


def test_the_same_array_gives_the_numbers_of_ndfs_numpy_network(batch, golden):
    expected = golden[0].reference_vectors(batch)
    assert set(expected) == set(LAYERS)
    for layer in LAYERS:
        for row in range(len(batch)):
            assert relative(run(layer, batch)[row], expected[layer][row]) <= 1e-5


def test_the_class_scores_follow_from_the_penultimate_layer_by_the_last_kernel(batch):
    kernel, bias = unpickle_arrays(load_weights(CARD))["conv10"]
    expected = run(PENULTIMATE, batch) @ kernel[0, 0] + bias
    assert relative(run("logits", batch), expected) <= 1e-5
    assert run("logits", batch).min() < 0  # no ReLU behind conv10


@pytest.mark.parametrize("layer", LAYERS)
def test_the_whole_path_gives_the_golden_vectors(golden, layer):
    script, vectors = golden
    network = load(CARD, layer)
    same_size, resized = network.embed([network.fit(picture) for picture in script.golden_pictures()])
    assert same_size.shape == (CARD.layer(layer).dimension,)
    assert relative(same_size, vectors[layer][0]) <= 1e-5
    assert cosine(resized, vectors[layer][1]) >= 0.9999


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("change", [
    {"channel_order": "RGB"}, {"mean": tuple(reversed(CARD.mean))}, {"mean": (0.0, 0.0, 0.0)}, {"std": (58.0,) * 3},
], ids=str)
def test_swapped_channels_or_another_scale_are_far_from_the_golden_vectors(golden, layer, change):
    script, vectors = golden
    wrong = load(dataclasses.replace(CARD, **change), layer)
    distance = relative(wrong.embed([wrong.fit(script.golden_pictures()[0])])[0], vectors[layer][0])
    assert distance > 0.02


def test_the_golden_vectors_are_what_their_script_makes(golden):
    script, vectors = golden
    batch = np.stack([script.reference_input(picture) for picture in script.golden_pictures()])
    for layer, expected in script.reference_vectors(batch).items():
        assert relative(expected, vectors[layer]) <= 1e-5


@pytest.mark.parametrize("layer", LAYERS)
def test_a_vector_does_not_depend_on_the_pictures_beside_it(layer):
    network = load(CARD, layer)
    pictures = [network.fit(pixels(40 + 7 * seed, 300 - 30 * seed, seed=seed)) for seed in range(4)]
    together = network.embed(pictures)
    for row, picture in enumerate(pictures):
        alone = network.embed([picture])[0]
        np.testing.assert_array_equal(alone, together[row])
        np.testing.assert_array_equal(network.embed([pictures[1], picture])[1], together[row])
    np.testing.assert_array_equal(network.embed(pictures), together)
    np.testing.assert_array_equal(network.embed(pictures[::-1]), together[::-1])


@pytest.mark.parametrize("layer", LAYERS)
def test_batches_of_one_and_of_many_agree(batch, layer):
    many = run(layer, np.concatenate([batch] * 4))
    for row, alone in enumerate([run(layer, batch[:1])[0], run(layer, batch[1:])[0]] * 4):
        assert relative(many[row], alone) <= 1e-5


@pytest.mark.parametrize("layer", LAYERS)
def test_any_number_of_intra_op_threads_agrees(batch, layer):
    before = torch.get_num_threads()
    found = {}
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found[threads] = run(layer, batch)
    finally:
        torch.set_num_threads(before)
    assert relative(found[2], found[1]) <= 1e-5
    assert relative(found[3], found[1]) <= 1e-5


def test_this_path_imports_neither_torchvision_nor_ndf():
    code = ("import sys; import numpy as np; from orangecontrib.imaging.core.cards import find_card;"
            "from orangecontrib.imaging.core.network import load_network;"
            "from orangecontrib.imaging.core.device import find_device;"
            "from orangecontrib.imaging.core.options import Options;"
            "network = load_network(find_card('squeezenet'), '', Options(), find_device('cpu'));"
            "network.embed([network.fit(np.zeros((9, 9, 3), np.uint8))]);"
            "print([name for name in ('torchvision', 'ndf', 'Orange', 'AnyQt', 'PyQt5') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={
        **os.environ, "PYTHONWARNINGS": "error::UserWarning"}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
