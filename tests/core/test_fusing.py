"""Fusing leaves every number as it was, for any shape of network, and does fuse what can be fused."""

import operator
from copy import deepcopy

import pytest
import torch
from torch import fx, nn

from orangecontrib.imaging.core import fusing
from orangecontrib.imaging.core.device import torch_settings
from orangecontrib.imaging.core.fusing import PackedConv, can_fuse, fuse

CHANNELS = 8


class Made(nn.Module):
    """A network of these modules, put together by `run(modules, x)`."""

    def __init__(self, run, **modules):
        super().__init__()
        self.run = run
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return self.run(self, x)


@pytest.fixture(autouse=True)
def one_thread():
    """Several threads of torch's own crawl when other programs want the cores; and the same numbers in each run."""
    with torch_settings("fp32"), torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def conv(inputs=CHANNELS, outputs=CHANNELS, kernel=3, **options):
    return nn.Conv2d(inputs, outputs, kernel, **{"padding": kernel // 2, **options})


def norm(channels=CHANNELS):
    """Batch norm that does something."""
    made = nn.BatchNorm2d(channels)
    for values in (made.weight.data, made.bias.data, made.running_mean):
        values.normal_()
    made.running_var.uniform_(0.5, 2)
    return made


def picture(n=2, channels=CHANNELS, height=12, width=10):
    return torch.randn(n, channels, height, width).contiguous(memory_format=torch.channels_last)


def steps(network):
    """What is called, in order: packed convolutions with what they add and their activation."""
    told = []
    for node in network.graph.nodes:
        if node.op == "call_module":
            module = network.get_submodule(node.target)
            packed = isinstance(module, PackedConv)
            told.append(f"conv{' + added' * (len(node.args) > 1)}, {module.activation}" if packed
                        else type(module).__name__)
        elif node.op in ("call_function", "call_method"):
            told.append(getattr(node.target, "__name__", node.target))
    return told


def relative(found, expected):
    """The norm of the difference over the norm."""
    return float((found - expected).norm() / expected.norm())


def check(network, expected_steps, channels=CHANNELS):
    """Fuse it for one size: so many steps are left, and the numbers are the same also in other sizes."""
    network.eval()
    fused = fuse(fx.symbolic_trace(deepcopy(network)), picture(channels=channels))
    assert steps(fused) == expected_steps
    with torch.inference_mode():
        for size in ((2, 12, 10), (1, 12, 10), (3, 25, 31), (2, 5, 40)):
            batch = picture(size[0], channels, *size[1:])
            assert relative(fused(batch), network(batch)) <= 1e-5, size
    return fused


def test_this_torch_can_fuse():
    assert can_fuse()


def test_a_convolution_swallows_its_norm_and_its_activation():
    fused = check(Made(lambda net, x: net.act(net.norm(net.conv(x))), conv=conv(), norm=norm(), act=nn.ReLU()),
                  ["conv, relu"])
    assert sum(isinstance(module, PackedConv) for module in fused.modules()) == 1
    assert not [module for module in fused.modules() if isinstance(module, nn.BatchNorm2d | nn.Conv2d)]


@pytest.mark.parametrize("run", [
    lambda net, x: net.act(net.conv(x)), lambda net, x: net.act_in_place(net.conv(x)),
    lambda net, x: torch.relu(net.conv(x)), lambda net, x: nn.functional.relu(net.conv(x)),
    lambda net, x: nn.functional.relu(net.conv(x), inplace=True),
], ids=["module", "module in place", "torch", "functional", "functional in place"])
def test_a_relu_is_swallowed_in_whatever_way_it_is_written(run):
    check(Made(run, conv=conv(), act=nn.ReLU(), act_in_place=nn.ReLU(inplace=True)), ["conv, relu"])


@pytest.mark.parametrize(("activation", "name"), [(nn.SiLU(), "swish"), (nn.Hardswish(), "hardswish")], ids=str)
def test_silu_and_hardswish_are_swallowed(activation, name):
    check(Made(lambda net, x: net.act(net.norm(net.conv(x))), conv=conv(), norm=norm(), act=activation),
          [f"conv, {name}"])


@pytest.mark.parametrize("activation", [nn.ReLU6(), nn.GELU(), nn.LeakyReLU(0.2), nn.Hardtanh(), nn.Sigmoid()], ids=str)
def test_another_activation_stays_behind_its_convolution(activation):
    check(Made(lambda net, x: net.act(net.norm(net.conv(x))), conv=conv(), norm=norm(), act=activation),
          ["conv, none", type(activation).__name__])


@pytest.mark.parametrize(("made", "channels"), [
    (lambda: conv(3, 16), 3), (lambda: conv(3, 16, stride=2, padding=0), 3), (lambda: conv(4, 8, 7), 4),
    (lambda: conv(8, 16, groups=4), 8), (lambda: conv(8, 8, groups=8), 8), (lambda: conv(16, 8, 1), 16),
    (lambda: conv(bias=False), 8), (lambda: conv(stride=(2, 1), padding=(0, 2)), 8),
    (lambda: conv(dilation=2, padding=2), 8), (lambda: conv(kernel=5, stride=3), 8),
], ids=["three channels", "three channels, stride 2", "four channels", "grouped", "depthwise", "1 × 1", "no bias",
        "uneven stride", "dilated", "5 × 5"])
@pytest.mark.parametrize("normed", [True, False])
def test_convolutions_of_every_kind_keep_their_numbers(made, channels, normed):
    one = made()
    check(Made(lambda net, x: torch.relu(net.norm(net.conv(x))), conv=one,
               norm=norm(one.out_channels) if normed else nn.Identity()),
          ["conv, relu"] if normed else ["conv, none", "Identity", "relu"], channels)


@pytest.mark.parametrize(("channels", "laid_out"), [(3, False), (4, False), (5, True), (16, True)])
def test_kernels_are_laid_out_for_the_processor_but_for_those_of_few_channels(channels, laid_out):
    fused = check(Made(lambda net, x: net.conv(x), conv=conv(channels)), ["conv, none"], channels)
    [packed] = [module for module in fused.modules() if isinstance(module, PackedConv)]
    assert packed.kernel.is_mkldnn is laid_out


@pytest.mark.parametrize("options", [{"padding": "same"}, {"padding": "valid"}, {"padding_mode": "reflect"},
                                     {"padding_mode": "circular"}, {"padding_mode": "replicate"}], ids=str)
def test_a_convolution_with_another_padding_is_left_alone(options):
    check(Made(lambda net, x: net.act(net.norm(net.conv(x))), conv=conv(**options), norm=norm(), act=nn.ReLU()),
          ["Conv2d", "ReLU"])


@pytest.mark.parametrize("options", [{"padding": "same"}, {"padding_mode": "reflect"}], ids=str)
def test_a_convolution_that_was_left_alone_swallows_no_sum(options):
    check(Made(lambda net, x: net.act(net.conv(x) + x), conv=conv(**options), act=nn.ReLU()),
          ["Conv2d", "add", "ReLU"])


def _iadd(one, other):
    one += other
    return one


@pytest.mark.parametrize("add", [operator.add, _iadd, torch.add, lambda one, other: other + one,
                                 lambda one, other: torch.add(other, one)],
                         ids=["+", "+=", "torch.add", "turned", "torch.add, turned"])
def test_a_residual_sum_and_the_relu_behind_it_go_into_the_convolution_before(add):
    check(Made(lambda net, x: net.act(add(net.norm(net.conv(x)), x)), conv=conv(), norm=norm(), act=nn.ReLU()),
          ["conv + added, relu"])


def test_a_sum_in_place_as_other_tracers_write_it_goes_into_the_convolution():
    network = Made(lambda net, x: torch.relu(net.conv(x) + x), conv=conv()).eval()
    traced = fx.symbolic_trace(deepcopy(network))
    [summed] = [node for node in traced.graph.nodes if node.target is operator.add]
    summed.target = operator.iadd
    traced.recompile()
    fused = fuse(traced, picture())
    assert steps(fused) == ["conv + added, relu"]
    with torch.inference_mode():
        batch = picture()
        assert relative(fused(batch), network(batch)) <= 1e-5


def test_a_residual_sum_without_an_activation_goes_into_the_convolution():
    check(Made(lambda net, x: net.conv(x) + x, conv=conv()), ["conv + added, none"])


def test_a_sum_behind_an_activation_does_not_move_before_it():
    check(Made(lambda net, x: torch.relu(net.conv(x)) + x, conv=conv()), ["conv, relu", "add"])
    check(Made(lambda net, x: torch.relu(torch.relu(net.conv(x)) + x), conv=conv()), ["conv, relu", "add", "relu"])


@pytest.mark.parametrize("turned", [False, True])
def test_where_both_sides_are_convolutions_one_of_them_adds_the_other(turned):
    def run(net, x):
        one, other = net.norm(net.conv(x)), net.other_norm(net.other(x))
        return net.act(other + one if turned else one + other)

    check(Made(run, conv=conv(), norm=norm(), other=conv(kernel=1), other_norm=norm(), act=nn.ReLU()),
          ["conv, none", "conv + added, relu"])


def test_a_chain_of_residual_blocks_as_in_resnet_is_one_call_a_convolution():
    def block(net, x, first, second):
        return net.act(second(net.act(first(x))) + x)

    network = Made(lambda net, x: block(net, block(net, x, net.a, net.b), net.c, net.d).mean((2, 3)),
                   a=conv(), b=conv(), c=conv(), d=conv(), act=nn.ReLU(inplace=True))
    check(network, ["conv, relu", "conv + added, relu", "conv, relu", "conv + added, relu", "mean"])


def test_a_convolution_may_add_what_was_made_of_its_own_input_and_of_its_own_predecessor():
    def run(net, x):
        first = net.conv(x)
        return torch.relu(net.other(first) + first)

    check(Made(run, conv=conv(), other=conv()), ["conv, none", "conv + added, relu"])


@pytest.mark.parametrize(("run", "first"), [
    (lambda net, x: torch.relu(net.conv(x) + x.mean((2, 3), keepdim=True)), ["conv, none", "mean"]),
    (lambda net, x: torch.relu(x.mean((2, 3), keepdim=True) + net.conv(x)), ["mean", "conv, none"]),
    (lambda net, x: torch.relu(x.mean((0, 1), keepdim=True) + net.conv(x)), ["mean", "conv, none"]),
], ids=["+ channel", "channel +", "place +"])
def test_a_sum_that_spreads_a_smaller_map_over_a_convolution_stays(run, first):
    check(Made(run, conv=conv()), [*first, "add", "relu"])


def test_a_small_convolution_that_is_spread_over_a_larger_map_does_not_swallow_the_sum():
    check(Made(lambda net, x: torch.relu(net.conv(x.mean((2, 3), keepdim=True)) + x), conv=conv(kernel=1)),
          ["mean", "conv, none", "add", "relu"])


@pytest.mark.parametrize("run", [lambda net, x: net.conv(x) + 1.5, lambda net, x: 1.5 + net.conv(x)],
                         ids=["+ 1.5", "1.5 +"])
def test_a_number_added_to_a_convolution_stays(run):
    check(Made(run, conv=conv()), ["conv, none", "add"])


@pytest.mark.parametrize(("run", "left"), [
    (lambda y, act: act(y) + y, ["conv, none", "ReLU", "add"]),
    (lambda y, act: torch.cat([y, act(y)], 1), ["conv, none", "ReLU", "cat"]),
    (lambda y, act: torch.cat([act(y), act(y)], 1), ["conv, none", "ReLU", "ReLU", "cat"]),
], ids=["added", "beside", "two activations"])
def test_a_convolution_whose_result_is_used_twice_swallows_nothing(run, left):
    check(Made(lambda net, x: run(net.conv(x), net.act), conv=conv(), act=nn.ReLU()), left)


def test_a_norm_beside_another_use_of_its_convolution_is_not_folded():
    def run(net, x):
        made = net.conv(x)
        return torch.cat([net.norm(made), made], 1)

    check(Made(run, conv=conv(), norm=norm()), ["conv, none", "BatchNorm2d", "cat"])


def test_a_sum_of_a_convolution_that_is_used_elsewhere_too_stays():
    def run(net, x):
        made = net.conv(x)
        return torch.cat([torch.relu(made + x), made], 1)

    check(Made(run, conv=conv()), ["conv, none", "add", "relu", "cat"])


def test_an_activation_that_several_convolutions_share_is_swallowed_by_each():
    check(Made(lambda net, x: torch.cat([net.act(net.conv(x)), net.act(net.other(x))], 1), conv=conv(), other=conv(),
               act=nn.ReLU()), ["conv, relu", "conv, relu", "cat"])


def test_a_norm_before_a_convolution_stays():
    check(Made(lambda net, x: torch.relu(net.conv(torch.relu(net.norm(x)))), conv=conv(), norm=norm()),
          ["BatchNorm2d", "relu", "conv, relu"])


@pytest.mark.parametrize("why", ["oneDNN is missing", "its operator is missing"])
def test_without_onednn_only_the_norms_are_folded(why, monkeypatch):
    def network():
        torch.manual_seed(1)
        return Made(lambda net, x: net.act(net.norm(net.conv(x)) + x), conv=conv(), norm=norm(), act=nn.ReLU())

    check(network(), ["conv + added, relu"])
    if why == "oneDNN is missing":
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    else:
        monkeypatch.setattr(torch.ops, "mkldnn", object())
    assert can_fuse() is False
    fused = check(network(), ["Conv2d", "add", "ReLU"])
    assert fused.conv.weight.is_contiguous(memory_format=torch.channels_last)


def test_where_fusing_is_refused_the_numbers_are_those_of_the_fused_network(monkeypatch):
    network = Made(lambda net, x: net.act(net.norm(net.conv(x)) + x), conv=conv(), norm=norm(), act=nn.ReLU()).eval()
    batch = picture()
    fused = fuse(fx.symbolic_trace(deepcopy(network)), batch)
    monkeypatch.setattr(fusing, "can_fuse", lambda: False)
    folded = fuse(fx.symbolic_trace(deepcopy(network)), batch)
    assert (steps(fused), steps(folded)) == (["conv + added, relu"], ["Conv2d", "add", "ReLU"])
    with torch.inference_mode():
        assert relative(fused(batch), folded(batch)) <= 1e-5


def test_a_network_in_training_mode_comes_out_in_inference_mode():
    network = Made(lambda net, x: net.drop(net.conv(x)), conv=conv(), drop=nn.Dropout(0.5)).train()
    fused = fuse(fx.symbolic_trace(deepcopy(network)), picture())
    assert not fused.training
    with torch.inference_mode():
        batch = picture()
        assert relative(fused(batch), network.eval()(batch)) <= 1e-5


def test_a_sum_of_three_keeps_all_its_terms():
    check(Made(lambda net, x: net.conv(x) + net.other(x) + x, conv=conv(), other=conv()),
          ["conv, none", "conv + added, none", "add"])


def test_a_sum_with_a_factor_keeps_it():
    check(Made(lambda net, x: torch.add(net.conv(x), x, alpha=2), conv=conv()), ["conv, none", "add"])


def test_a_sum_with_named_arguments_keeps_its_numbers():
    network = Made(lambda net, x: torch.add(input=net.conv(x), other=x), conv=conv()).eval()
    fused = fuse(fx.symbolic_trace(deepcopy(network)), picture())
    with torch.inference_mode():
        batch = picture()
        assert relative(fused(batch), network(batch)) <= 1e-5


def test_a_convolution_added_to_itself_is_doubled():
    def run(net, x):
        made = net.conv(x)
        return torch.relu(made + made)

    check(Made(run, conv=conv()), ["conv, none", "add", "relu"])


@pytest.mark.parametrize("activation", [nn.SiLU(), nn.Hardswish()], ids=str)
def test_an_activation_that_onednn_does_not_know_behind_a_sum_stays(activation):
    check(Made(lambda net, x: net.act(net.conv(x) + x), conv=conv(), act=activation),
          ["conv + added, none", type(activation).__name__])


@pytest.mark.parametrize("run", [lambda net, x: net.conv(torch.relu(net.conv(x))),
                                 lambda net, x: torch.cat([net.conv(x), torch.relu(net.conv(x + 1))], 1)],
                         ids=["one behind the other", "side by side"])
def test_a_convolution_that_is_called_twice_has_an_activation_only_where_it_had_one(run):
    network = Made(run, conv=conv()).eval()
    fused = fuse(fx.symbolic_trace(deepcopy(network)), picture())
    with torch.inference_mode():
        batch = picture()
        assert relative(fused(batch), network(batch)) <= 1e-5
