"""A loaded network, shared by threads, that leaves torch's settings as they were."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made import pixels

from orangecontrib.imaging.core import network as network_module
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.device import find_device, torch_settings
from orangecontrib.imaging.core.errors import WorkerError
from orangecontrib.imaging.core.network import Network, load_network
from orangecontrib.imaging.core.options import Options

CARD = find_card("squeezenet")
DEVICE = find_device("cpu")


def load(card=CARD, options=Options(), device=DEVICE):
    return load_network(card, card.weights.sha256, options, device)


def test_the_last_network_is_kept_and_not_loaded_again():
    assert load() is load()


def test_threads_share_a_network_without_disturbing_each_other():
    network = load()
    batches = [[network.fit(pixels(50, 60, seed=4 * number + place)) for place in range(4)] for number in range(6)]
    with torch_settings("fp32"), ThreadPoolExecutor(3) as pool:
        side_by_side = list(pool.map(network.embed, batches))
        one_by_one = [network.embed(batch) for batch in batches]
    np.testing.assert_array_equal(side_by_side, one_by_one)


@pytest.fixture
def three_threads():
    """Torch set to three threads of its own."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_torchs_thread_count_is_one_inside_also_in_new_threads_and_put_back_after(three_threads):
    with torch_settings("fp32"):
        assert torch.get_num_threads() == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 1
    assert torch.get_num_threads() == 3
    with pytest.raises(KeyError), torch_settings("fp32"):
        raise KeyError
    assert torch.get_num_threads() == 3


def test_two_jobs_at_once_put_back_what_was_there_before_the_first(three_threads):
    first, second = torch_settings("fp32"), torch_settings("fp32")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.get_num_threads() == 1
    second.__exit__(None, None, None)
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(("error", "words"), [
    (RuntimeError("CUDA out of memory. Tried to allocate 20 GiB.\nmore lines"), "CUDA out of memory. Tried to"),
    (MemoryError(), "out of memory"),
])
def test_a_device_that_fails_is_named_with_its_reason(error, words, monkeypatch):
    class Failing(torch.nn.Module):
        def forward(self, batch):
            raise error

        def to(self, *where, **options):
            raise error

    told = f"SqueezeNet failed on CPU, .*: {words}.*choose another device"
    network = Network(CARD, Options(), DEVICE, Failing())
    with pytest.raises(WorkerError, match=told):
        network.embed([network.fit(pixels())])
    builder = f"{__name__}:failing"
    monkeypatch.setattr(network_module, "import_module", lambda name: SimpleNamespace(failing=lambda *_: Failing()))
    with pytest.raises(WorkerError, match=told):
        load(replace(CARD, builder=builder))
    monkeypatch.setattr(network_module, "fit", lambda *_: network._module(None))
    with pytest.raises(WorkerError, match=told):
        network.fit(pixels())


def test_results_are_in_the_order_of_the_pictures_even_when_threads_start_together():
    network = load(options=Options(layers=("logits",)))
    start = Barrier(2)

    def embed(seed):
        start.wait(timeout=30)
        return network.embed([network.fit(pixels(30, 30, seed=seed))])[0]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(embed, [1, 2]))
    np.testing.assert_array_equal(found[0], network.embed([network.fit(pixels(30, 30, seed=1))])[0])
    np.testing.assert_array_equal(found[1], network.embed([network.fit(pixels(30, 30, seed=2))])[0])
