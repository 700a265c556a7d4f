"""A loaded network, shared by threads, that leaves torch's settings as they were."""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from importlib.metadata import version
from threading import Barrier

import numpy as np
import pytest
import torch
from made import pixels
from torchvision.models import resnet18

from orangecontrib.imaging.core import fusing
from orangecontrib.imaging.core import network as network_module
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.device import find_device, torch_settings
from orangecontrib.imaging.core.errors import NoRoom, WeightsError, WorkerError, WrongUse
from orangecontrib.imaging.core.fusing import FUSING_VERSION, PackedConv
from orangecontrib.imaging.core.network import Network, engine_name, halved, load_network
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.plugins import AddedCard
from orangecontrib.imaging.core.preprocess import normalise
from orangecontrib.imaging.core.weights import weights_sha256

CARD = find_card("squeezenet")
DEVICE = find_device("cpu")
CLOSE = r"\. Close other programs, or choose another device\.$"


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


HOST_ERRORS = [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
               RuntimeError("DefaultCPUAllocator: not enough memory: you tried to"), RuntimeError("std::bad_alloc")]
CARD_ERRORS = [RuntimeError("CUDA out of memory. Tried to allocate 20 GiB.\nmore lines"),
               RuntimeError("CUDA error: out of memory"), RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
               RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), torch.OutOfMemoryError("full")]
FULL = r"SqueezeNet needs more of the computer's memory than is free \(.+\)\. Close other programs, or choose a smaller"


@pytest.mark.parametrize("name", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("error", HOST_ERRORS, ids=str)
def test_want_of_the_computers_memory_is_not_taken_for_that_of_the_card(name, error):
    told = network_module._told(error, CARD, replace(DEVICE, name=name))
    assert type(told) is WorkerError
    assert re.match(FULL, str(told))


@pytest.mark.parametrize("name", ["cuda", "mps"])
@pytest.mark.parametrize("error", CARD_ERRORS, ids=str)
def test_want_of_room_on_the_card_is_known_by_its_words_or_its_kind(name, error):
    told = network_module._told(error, CARD, replace(DEVICE, name=name, title="Card"))
    assert type(told) is NoRoom
    assert re.match("SqueezeNet failed on Card: .*" + CLOSE, str(told))


@pytest.mark.parametrize(("error", "told"), [
    *((error, FULL) for error in HOST_ERRORS),
    (RuntimeError("Kernel size can't be greater than actual input size"), "SqueezeNet failed on CPU, .*: Kernel size "
     r"can't be greater .*\. Choose another device, another network or another fit\.$"),
], ids=str)
def test_a_device_that_fails_is_named_with_its_reason_and_what_to_do(error, told, monkeypatch):
    class Failing(torch.nn.Module):
        def forward(self, batch):
            raise error

        def to(self, *where, **options):
            raise error

    network = Network(CARD, Options(), DEVICE, Failing())
    with pytest.raises(WorkerError, match=told):
        network.embed([network.fit(pixels())])
    monkeypatch.setattr(network_module, "call_builder", lambda *_: Failing())
    with pytest.raises(WorkerError, match=told):
        load(replace(CARD, title="SqueezeNet", advice="Another, so that it is loaded anew."))


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

@pytest.fixture
def tf32():
    """TF32 as torch has it by default: for convolutions, not for products. Tells (convolutions, products)."""
    convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = convolutions.allow_tf32, products.allow_tf32
    convolutions.allow_tf32, products.allow_tf32 = True, False
    yield lambda: (convolutions.allow_tf32, products.allow_tf32)
    convolutions.allow_tf32, products.allow_tf32 = before


@pytest.mark.parametrize(("precision", "inside"), [("fp32", (False, False)), ("tf32", (True, True)),
                                                   ("bf16", (False, False)), ("fp16", (False, False))])
def test_tf32_is_used_only_where_it_was_chosen_and_put_back_after(precision, inside, tf32):
    with torch_settings(precision):
        assert tf32() == inside
    assert tf32() == (True, False)
    with pytest.raises(KeyError), torch_settings(precision):
        raise KeyError
    assert tf32() == (True, False)


@pytest.mark.parametrize(("first", "second"), [("fp32", "tf32"), ("tf32", "fp32"), ("tf32", "bf16"), ("fp16", "tf32")])
def test_jobs_that_differ_in_tf32_do_not_overlap_and_the_first_is_not_disturbed(first, second, tf32):
    with torch_settings(first):
        inside = tf32()
        with pytest.raises(WrongUse) as refused, torch_settings(second):
            pytest.fail("both at once")
        other = "without" if second == "tf32" else "in"
        title = {"fp32": "Full (fp32)", "tf32": "TF32 (tf32)", "bf16": "bfloat16 (bf16)"}[second]
        assert str(refused.value) == (f"The precision {title} cannot be used while an embedding {other} TF32 runs in "
                                      "this program. Start this one again when the other has ended.")
        assert tf32() == inside == (first == "tf32",) * 2
    assert tf32() == (True, False)
    with torch_settings(second):
        assert tf32() == (second == "tf32",) * 2


@pytest.mark.parametrize(("first", "second"), [("tf32", "tf32"), ("fp32", "bf16"), ("fp16", "fp32")])
def test_other_jobs_may_overlap_and_the_last_puts_back_what_was_there_before_the_first(first, second, tf32):
    one, other = torch_settings(first), torch_settings(second)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert tf32() == (first == "tf32",) * 2
    other.__exit__(None, None, None)
    assert tf32() == (True, False)


@pytest.mark.parametrize("other", ["cpu", "mps"])
def test_on_other_devices_nothing_is_refused_and_tf32_of_cuda_not_disturbed(other, tf32, three_threads):
    with torch_settings("tf32", "cuda"):
        with torch_settings("fp32", other):
            assert (tf32(), torch.get_num_threads()) == ((True, True), 1)
        assert tf32() == (True, True)
    with torch_settings("fp32", other):
        assert (tf32(), torch.get_num_threads()) == ((True, False), 1)
        for precision, inside in (("tf32", (True, True)), ("fp32", (False, False))):
            with torch_settings(precision, "cuda"):
                assert tf32() == inside
        assert torch.get_num_threads() == 1
    assert (tf32(), torch.get_num_threads()) == ((True, False), 3)


def test_a_network_whose_weights_changed_is_loaded_anew():
    first = load_network(CARD, "a" * 64, Options(), DEVICE)
    assert load_network(CARD, "a" * 64, Options(), DEVICE) is first
    assert load_network(CARD, "b" * 64, Options(), DEVICE) is not first


@pytest.mark.parametrize("change", [{"options": Options(layers=("fire3",))}, {"device": find_device("cpu", 1)},
                                    {"card": replace(CARD, mean=(0.0, 0.0, 0.0))}], ids=["layers", "device", "card"])
def test_another_choice_is_loaded_anew(change):
    first = load()
    assert load(**change) is not first


def test_new_weights_of_the_users_own_file_are_those_that_run(tmp_path):
    net = resnet18(num_classes=1)
    card = replace(find_card("resnet18"), weights=replace(
        find_card("resnet18").weights, sha256="", path=str(tmp_path / "own.pth")))
    found = []
    for factor in (1.0, 2.0):
        with torch.no_grad():
            net.conv1.weight.copy_(torch.full_like(net.conv1.weight, factor))
        torch.save(net.state_dict(), tmp_path / "own.pth")
        network = load_network(card, weights_sha256(card), Options(layers=("stem",)), DEVICE)
        found.append(network.embed([network.fit(np.full((9, 9, 3), 250, np.uint8))])[0])
    assert found[0].min() > 1
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-5)


class Small:
    """A graphics card with room for so many pictures: sums each, or raises as torch does."""

    def __init__(self, room, error=torch.OutOfMemoryError):
        self.room, self.error = room, error
        self.asked = []

    def run(self, batch):
        self.asked.append(len(batch))
        if len(batch) > self.room:
            raise self.error("CUDA out of memory")
        return batch.sum(1, keepdim=True)


@pytest.mark.parametrize(("n", "room", "asked"), [
    (5, 5, [5]), (8, 4, [8, 4, 4]), (8, 3, [8, 4, 2, 2, 4, 2, 2]), (5, 2, [5, 3, 2, 1, 2]),
    (3, 1, [3, 2, 1, 1, 1]), (1, 1, [1]),
], ids=str)
def test_a_batch_without_room_is_halved_until_it_fits_and_stays_in_order(n, room, asked):
    card = Small(room)
    batch = torch.arange(2.0 * n).view(n, 2)
    assert halved(card.run, batch)[:, 0].tolist() == [4.0 * row + 1 for row in range(n)]
    assert card.asked == asked


def test_a_picture_without_room_of_its_own_is_not_halved_and_the_rest_not_tried():
    card = Small(0)
    with pytest.raises(torch.OutOfMemoryError):
        halved(card.run, torch.zeros(5, 2))
    assert card.asked == [5, 3, 2, 1]


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, ValueError])
def test_another_error_is_not_answered_by_halving(error):
    card = Small(2, error)
    with pytest.raises(error, match="CUDA out of memory"):
        halved(card.run, torch.zeros(8, 2))
    assert card.asked == [8]


class OnCard(torch.nn.Module):
    """A real network on a pretended graphics card with room for so many pictures."""

    def __init__(self, module, room):
        super().__init__()
        self.module, self.room, self.asked = module, room, []

    def forward(self, batch):
        self.asked.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.")
        return self.module(batch)


@pytest.mark.parametrize(("options", "room", "asked"), [
    (Options(), 4, [4]), (Options(), 2, [4, 2, 2]), (Options(), 1, [4, 2, 1, 1, 2, 1, 1]),
    (Options(views="mirror"), 2, [4, 2, 2, 4, 2, 2]), (Options(fit="dense", scales=(64, 80)), 1, [1, 1, 1, 1, 1, 1]),
], ids=str)
def test_a_graphics_card_with_little_room_gives_nearly_the_same_vectors_when_halving(options, room, asked):
    plain = load(options=options)
    module = OnCard(plain._module, room)
    network = Network(CARD, options, replace(DEVICE, title="Pretended card"), module)
    pictures = [plain.fit(pixels(40 + 9 * seed, 60, seed=seed)) for seed in range(3)]
    with torch_settings("fp32"):
        found, expected = network.embed(pictures, halving=True), plain.embed(pictures)
    assert module.asked == asked
    assert np.linalg.norm(found - expected) <= 1e-5 * np.linalg.norm(expected)
    assert len(np.unique(found, axis=0)) == 3


def test_a_batch_is_halved_only_when_asked(no_device):
    module = OnCard(load()._module, room=2)
    network = Network(CARD, Options(), replace(DEVICE, name="cuda", title="Some device"), module)
    with pytest.raises(NoRoom):
        network.embed([load().fit(pixels())])
    assert module.asked == [4]


@pytest.fixture
def no_device(monkeypatch):
    """Networks that run wherever they are told stay on the processor: no machine has all the devices."""
    monkeypatch.setattr(network_module, "normalise", lambda batch, card: batch)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *_: tensor)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())


@pytest.mark.parametrize(("name", "kind"), [("cuda", NoRoom), ("mps", NoRoom), ("cpu", WorkerError)])
def test_want_of_room_for_one_picture_is_told_as_such_but_for_the_processor(name, kind, no_device):
    network = Network(CARD, Options(), replace(DEVICE, name=name, title="Some device"), OnCard(None, room=0))
    with pytest.raises(kind, match=FULL if name == "cpu" else f"SqueezeNet failed on Some device: CUDA out .*{CLOSE}"):
        network.embed([load().fit(pixels())])


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("layer", [layer.name for layer in CARD.layers])
def test_bfloat16_is_near_full_precision_and_not_the_same(layer):
    options = Options(layers=(layer,), precision="bf16")
    exact, rough = load(options=Options(layers=(layer,))), load(options=options, device=find_device(
        "cpu", precision="bf16"))
    pictures = [exact.fit(pixels(227, 227, seed=seed)) for seed in range(3)]
    with torch_settings("bf16"):
        expected, found = exact.embed(pictures), rough.embed(pictures)
    assert found.dtype == np.float32
    for one, other in zip(found, expected, strict=True):
        assert cosine(one, other) >= 0.999
        assert np.abs(one - other).max() > 1e-4 * np.abs(other).max()


def test_only_full_precision_on_the_processor_is_fused():
    for precision, fused in (("fp32", True), ("bf16", False)):
        network = load(options=Options(precision=precision), device=find_device("cpu", precision=precision))
        assert any(isinstance(step, PackedConv) for step in network._module.modules()) is fused


def test_other_peoples_networks_are_not_fused_since_they_may_be_written_in_unusual_ways(monkeypatch):
    class Net(torch.nn.Module):  # its norm stands behind one of two calls of a convolution
        def __init__(self):
            super().__init__()
            self.conv, self.norm = torch.nn.Conv2d(3, 512, 9, stride=9), torch.nn.BatchNorm2d(512)
            self.norm.running_mean.fill_(3)

        def forward(self, x):
            return (self.norm(self.conv(x)) * self.conv(x + 1)).mean((2, 3))

    net = torch.fx.symbolic_trace(Net().eval())
    fields = {field.name: getattr(CARD, field.name) for field in dataclasses.fields(CARD)}
    picture = pixels(227, 227)
    with torch.inference_mode():
        expected = net(normalise(torch.from_numpy(picture).permute(2, 0, 1)[None], CARD)).numpy()
    monkeypatch.setattr(network_module, "call_builder", lambda *_: net)
    network = load(AddedCard(**fields, distribution="numpy"))
    found = network.embed([network.fit(picture)])
    assert np.linalg.norm(found - expected) <= 1e-5 * np.linalg.norm(expected)


def test_the_engine_is_told_with_onednn_only_where_it_is_used(monkeypatch):
    torchs = f"torch {version('torch')}"
    assert engine_name(CARD, DEVICE) == f"{torchs}, oneDNN {FUSING_VERSION}"
    assert engine_name(CARD, replace(DEVICE, precision="bf16")) == torchs
    assert engine_name(CARD, replace(DEVICE, name="cuda")) == torchs
    monkeypatch.setattr(fusing, "FUSING_VERSION", 77)
    assert engine_name(CARD, DEVICE) == f"{torchs}, oneDNN 77"
    monkeypatch.setattr(fusing, "can_fuse", lambda: False)
    assert engine_name(CARD, DEVICE) == torchs


def test_the_engine_names_what_else_computes_with_its_version_where_it_has_one(monkeypatch):
    def told(card):
        return engine_name(card, replace(DEVICE, precision="bf16")).removeprefix(f"torch {version('torch')}")

    fields = {field.name: getattr(CARD, field.name) for field in dataclasses.fields(CARD)}
    onnx = replace(CARD, weights=replace(CARD.weights, path="/somewhere/Net.ONNX"))
    added = AddedCard(**fields, distribution="numpy")
    assert told(CARD) == told(replace(CARD, weights=replace(CARD.weights, path="/somewhere/onnx.pth"))) == ""
    assert told(added) == f", numpy {version('numpy')}"
    assert told(replace(added, distribution="pollen-nowhere")) == ", pollen-nowhere"
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.2" if name == "onnxruntime" else version(name))
    assert told(onnx) == ", onnxruntime 1.2"


def test_where_onednn_is_missing_the_network_runs_with_the_same_numbers(monkeypatch):
    picture = pixels(90, 80)
    fused = load(options=Options(layers=("fire5",)))
    expected = fused.embed([fused.fit(picture)])
    monkeypatch.setattr(fusing, "can_fuse", lambda: False)
    plain = load_network(CARD, "unfused", Options(layers=("fire5",)), DEVICE)
    assert not any(isinstance(step, PackedConv) for step in plain._module.modules())
    np.testing.assert_allclose(plain.embed([plain.fit(picture)]), expected, rtol=1e-5, atol=1e-4)


def test_a_file_of_ones_own_that_changes_between_two_reads_is_refused(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"new")
    card = replace(CARD, weights=replace(CARD.weights, path=str(path), package="", sha256=""))
    with pytest.raises(WeightsError, match="net.pth: the file changed while it was read. Start again."):
        load_network(card, "0" * 64, Options(), DEVICE)
