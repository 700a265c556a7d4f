"""A traced network made faster for this processor, with the same numbers (within 1e-5 relative).

Batch norm is folded into the convolutions before it; then each convolution, the sum behind it and its activation
become one call of oneDNN, with kernels laid out for it once instead of at every call. These are the operators that
``torch.compile`` uses on processors (torch's ``_inductor/fx_passes/mkldnn_fusion.py``), without its minute of
compiling. Where torch was built without oneDNN, only batch norm is folded.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.fx.experimental import optimization
from torch.fx.passes.shape_prop import ShapeProp

FUSING_VERSION = 1  # raised whenever the same network may give other last digits: part of each vector's identity
_ACTIVATIONS = {nn.ReLU: "relu", nn.functional.relu: "relu", torch.relu: "relu", nn.SiLU: "swish",
                nn.Hardswish: "hardswish"}
_BEHIND_A_SUM = {what: name for what, name in _ACTIVATIONS.items() if name == "relu"}  # oneDNN knows no other there
_SUMS = (operator.add, operator.iadd, torch.add)
_FEW_CHANNELS = 4  # of a picture: oneDNN is faster with such kernels as they are


def can_fuse() -> bool:
    """Whether this torch has oneDNN and its fused convolution."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def fuse(network: fx.GraphModule, example: Tensor) -> fx.GraphModule:
    """The network for the CPU, in inference mode; `network` is used up.

    Made for networks as those of our cards are: where batch norm stands behind a convolution, each is called only
    once; no convolution is called by keyword (``conv(input=x)``); no module has a name that begins with ``packed_``.

    Args:
        example: an input, (n, 3, height, width) float32, channels last. Others may have other sizes.
    """
    network = cast(fx.GraphModule, optimization.fuse(network.eval(), inplace=True, no_trace=True))
    if not can_fuse():
        return network.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        ShapeProp(network).propagate(example)
        for node in list(network.graph.nodes):
            conv = _module(network, node)
            if isinstance(conv, nn.Conv2d) and conv.padding_mode == "zeros" and not isinstance(conv.padding, str):
                _pack(network, node)
        for node in list(network.graph.nodes):
            if node.op == "call_function" and node.target in _SUMS:
                _absorb_sum(network, node)
    network.graph.lint()
    network.delete_all_unused_submodules()
    network.recompile()
    return network


class PackedConv(nn.Module):
    """A convolution, optionally with another tensor added and an activation behind it, as one call of oneDNN."""

    def __init__(self, conv: nn.Conv2d, input_size: list[int]) -> None:
        """`input_size`: (n, channels, height, width) that the kernel is laid out for; other sizes work too."""
        super().__init__()
        self.place = (list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups)
        self.bias = conv.bias
        self.activation = "none"
        kernel = conv.weight.contiguous(memory_format=torch.channels_last)
        self.kernel = kernel if conv.in_channels <= _FEW_CHANNELS else (
            torch.ops.mkldnn._reorder_convolution_weight(kernel, *self.place, input_size))

    def forward(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        """The convolution of x, (n, channels, height, width), plus `added` of the result's shape, activated."""
        fused: Any = torch.ops.mkldnn._convolution_pointwise
        if added is None:
            return fused(x, self.kernel, self.bias, *self.place, self.activation, [], "")  # type: ignore[no-any-return]
        activation = None if self.activation == "none" else self.activation
        return fused.binary(x, added, self.kernel, self.bias, *self.place,  # type: ignore[no-any-return]
                            "add", 1.0, activation, [], "")


def _pack(network: fx.GraphModule, node: Any) -> None:
    """Put a packed convolution in the place of this call of one, and let it swallow the activation behind it."""
    packed = PackedConv(_module(network, node), list(node.args[0].meta["tensor_meta"].shape))
    node.target = f"packed_{node.name}"
    network.add_submodule(node.target, packed)
    _absorb_activation(network, node, packed, _ACTIVATIONS)


def _absorb_activation(network: fx.GraphModule, node: Any, packed: PackedConv, known: Mapping[Any, str]) -> None:
    if len(node.users) == 1:
        [user] = node.users
        what = type(_module(network, user)) if user.op == "call_module" else user.target
        if what in known:
            packed.activation = known[what]
            user.replace_all_uses_with(node)
            network.graph.erase_node(user)


def _absorb_sum(network: fx.GraphModule, node: Any) -> None:
    """Let the convolution that is one side of a sum add the other side, and swallow the activation behind."""
    if len(node.args) != 2 or node.kwargs:  # a factor, or named arguments
        return
    for conv, other in (node.args, node.args[::-1]):
        packed = _module(network, conv)
        if isinstance(packed, PackedConv) and _is_bare(conv, packed) and _shape(conv) == _shape(other):
            with network.graph.inserting_before(node):
                both = network.graph.call_module(str(conv.target), (conv.args[0], other))
            both.meta = node.meta
            node.replace_all_uses_with(both)
            network.graph.erase_node(node)
            network.graph.erase_node(conv)
            _absorb_activation(network, both, packed, _BEHIND_A_SUM)
            return


def _is_bare(conv: fx.Node, packed: PackedConv) -> bool:
    """Whether nothing was put into this convolution yet, and its only use is once in one sum."""
    [*uses] = conv.users
    return packed.activation == "none" and len(conv.args) == 1 and len(uses) == 1 and uses[0].args.count(conv) == 1


def _shape(node: object) -> torch.Size | None:
    """The shape that the example had at this node."""
    found: Any = node.meta.get("tensor_meta") if isinstance(node, fx.Node) else None
    return found.shape if found else None


def _module(network: fx.GraphModule, node: object) -> Any:
    """The module that a node calls, or None."""
    if isinstance(node, fx.Node) and node.op == "call_module":
        return network.get_submodule(str(node.target))
    return None
