"""Weights from a user's own file give the very vectors of the network they come from; every other file is refused."""

import io
import json
import random
import struct

import pytest
import safetensors.torch
import torch
import torchvision
from damage import damaged

from orangecontrib.imaging.core.building import call_builder
from orangecontrib.imaging.core.cards import PENULTIMATE
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.own import own_card


def trained(name="resnet18", classes=5, **more):
    """A network of torchvision with random weights and statistics, as after fine-tuning."""
    torch.manual_seed(0)
    net = torchvision.models.get_model(name, weights=None, num_classes=classes, **more)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-0.1, 0.1)
                module.running_var.uniform_(0.8, 1.2)
    return net.eval()


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def built(folder, data, architecture="resnet18", name="mynet.pth", layers=(PENULTIMATE,), dense=False, **told):
    path = folder / name
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps({"architecture": architecture, **told}))
    return call_builder(own_card(str(path)), layers, path.read_bytes(), dense)


def refusal(folder, data, **more):
    with pytest.raises(WeightsError) as caught:
        built(folder, data, **more)
    return str(caught.value)


def vectors_of(network, side=224):
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return network(x)


def without_last_layer(net):
    net.fc = torch.nn.Identity()
    return vectors_of(net)


def same(found, wanted, tolerance=1e-5):
    return (found.double() - wanted.double()).norm() <= tolerance * wanted.double().norm()


NET = trained()
STATE = NET.state_dict()
WANTED = without_last_layer(trained())
WAYS = {
    "mynet.pth": saved(STATE),
    "mynet.pt": saved(STATE, _use_new_zipfile_serialization=False),
    "mynet.safetensors": safetensors.torch.save(STATE),
    "MyNet.PTH": saved({"state_dict": STATE, "epoch": 12, "optimizer": {"lr": 0.1, "state": {}}, "best": "yes"}),
    "inside.pth": saved({"model_state_dict": STATE}),
    "parallel.pth": saved({f"module.{name}": value for name, value in STATE.items()}),
    "compiled-parallel.pth": saved({f"_orig_mod.module.{name}": value for name, value in STATE.items()}),
    "compiled.pt": saved({"model": {f"module._orig_mod.{name}": value for name, value in STATE.items()}}),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_network_with_five_classes_gives_its_own_vectors_however_it_was_saved(name, tmp_path):
    assert same(vectors_of(built(tmp_path, WAYS[name], name=name)), WANTED)


def test_the_vectors_are_those_of_the_weights_and_of_no_others(tmp_path):
    changed = {**STATE, "layer4.1.bn2.bias": STATE["layer4.1.bn2.bias"] + 0.01}
    assert not same(vectors_of(built(tmp_path, saved(changed))), WANTED, 1e-3)


def test_early_layers_can_be_taken_and_lie_in_the_order_asked_for(tmp_path):
    both = vectors_of(built(tmp_path, saved(STATE), layers=("layer1", PENULTIMATE)))
    stem = torch.nn.Sequential(NET.conv1, NET.bn1, NET.relu, NET.maxpool, NET.layer1)
    assert both.shape == (2, 64 + 512)
    assert same(both[:, :64], vectors_of(stem).mean((2, 3)))
    assert same(both[:, 64:], WANTED)


def test_half_precision_is_widened(tmp_path):
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        state = {name: value.to(kind) if value.is_floating_point() else value for name, value in STATE.items()}
        found = vectors_of(built(tmp_path, saved(state)))
        assert found.dtype == torch.float32
        assert same(found, WANTED, 0.02)


@pytest.mark.parametrize("name", ["inception_v3", "googlenet"])
@pytest.mark.parametrize("heads", [True, False])
def test_heads_that_only_training_uses_may_be_there_or_not(name, heads, tmp_path):
    net = trained(name, aux_logits=heads, init_weights=False, transform_input=True, classes=7)
    side = 299 if name == "inception_v3" else 224
    found = vectors_of(built(tmp_path, saved(net.state_dict()), architecture=name), side)
    net.fc = torch.nn.Identity()
    assert same(found, vectors_of(net, side))


def test_a_larger_square_and_any_size_work_where_the_architecture_allows(tmp_path):
    assert vectors_of(built(tmp_path, saved(STATE), input_px=256, dense=True), 300).shape == (2, 512)


@pytest.mark.parametrize(("value", "words"), [
    (NET, "opening this file could run a program, since it holds more than arrays. It was not opened."),
    ([STATE], "this is no state dict, a list of named arrays. Save one: torch.save(model.state_dict(), file)."),
    ({"state_dict": {"a": 1}}, "this is no state dict"),
    ({**STATE, "epoch": 3}, "this is no state dict"),
    ({1: torch.zeros(2)}, "this is no state dict"),
    ({}, "these are not the weights of resnet18 (Error(s) in loading state_dict for ResNet: Missing key"),
    ({**STATE, "conv1.weight": torch.zeros(64, 3, 3, 3)}, "these are not the weights of resnet18 (Error"),
    ({**STATE, "more.weight": torch.zeros(2)}, "these are not the weights of resnet18 (Error"),
    ({name: value.to(torch.int8) for name, value in STATE.items()}, "these are not the weights of resnet18 (Error"),
    ({name: value.to(torch.complex64) for name, value in STATE.items()}, "it fails on pictures of 224 × 224 pixels ("),
    ({**STATE, "conv1.weight": STATE["conv1.weight"].to("meta")}, "this is no state dict"),
    ({**STATE, "conv1.weight": STATE["conv1.weight"].to_sparse()}, "this is no state dict"),
    ({**STATE, "conv1.weight": STATE["conv1.weight"] * float("nan")}, "it gives infinite or undefined numbers."),
], ids=lambda value: value[:30] if isinstance(value, str) else "")
def test_what_is_no_state_dict_of_the_architecture_is_refused_with_the_reason(value, words, tmp_path):
    found = refusal(tmp_path, saved(value))
    assert found.startswith(f"{tmp_path}/mynet.pth: {words}")
    assert len(found) < 700


def test_weights_of_another_architecture_are_named_with_the_line_to_correct(tmp_path):
    found = refusal(tmp_path, saved(STATE), architecture="resnet50")
    assert "these are not the weights of resnet50 (" in found
    assert found.endswith(f"The architecture is named in {tmp_path}/mynet.json.")


def test_a_square_too_small_for_the_architecture_is_named(tmp_path):
    data = saved(trained("inception_v3", init_weights=False).state_dict())
    found = refusal(tmp_path, data, architecture="inception_v3", input_px=40)
    assert "it fails on pictures of 40 × 40 pixels (" in found
    assert found.endswith(f"Check what {tmp_path}/mynet.json says of it.")


class Attack:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("new", [True, False])
def test_a_file_that_would_run_a_program_is_not_run(new, tmp_path):
    data = saved({"conv1.weight": Attack(str(tmp_path / "owned"))}, _use_new_zipfile_serialization=new)
    assert "could run a program" in refusal(tmp_path, data)
    assert not (tmp_path / "owned").exists()


SMALL = {"conv.weight": torch.ones(4, 3, 3, 3), "conv.bias": torch.ones(4), "half": torch.ones(5).half()}
KINDS = {
    "net.pth": saved(SMALL),
    "net.pt": saved(SMALL, _use_new_zipfile_serialization=False),
    "net.safetensors": safetensors.torch.save(SMALL),
}


@pytest.mark.parametrize("name", KINDS)
def test_no_damage_to_a_file_ends_otherwise_than_in_a_sentence(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"x")
    path.with_suffix(".json").write_text('{"architecture": "alexnet"}')
    card, other = own_card(str(path)), [b"", b"\0" * 100, random.Random(1).randbytes(3000), b"<html>hello</html>" * 9]
    for data in [*other, *damaged(KINDS[name], 240)]:
        with pytest.raises(WeightsError) as caught:
            call_builder(card, [PENULTIMATE], data)
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_file_that_was_cut_says_that_it_is_damaged(name, share, tmp_path):
    data = KINDS[name][:int(len(KINDS[name]) * share)] or b"x"
    assert "it may be damaged" in refusal(tmp_path, data, name=name)


def test_a_safetensors_file_with_numbers_unknown_to_torch_is_refused(tmp_path):
    header = json.dumps({"conv1.weight": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}).encode()
    found = refusal(tmp_path, struct.pack("<Q", len(header)) + header + b"\0", name="net.safetensors")
    assert "this is no readable safetensors file; it may be damaged (" in found
