"""What torchvision's ImageNet networks share: how their cards are filled in, and their builder.

The numbers of a card are those of torchvision's own weights (its "Models and pre-trained weights" page); the tests
compare them field by field.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..cards import PENULTIMATE, Layer, ModelCard, Weights
from ..errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.fx import Graph, GraphModule, Node

# Both on the scale 0–255: torchvision's 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225 times 255.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
BSD = "BSD-3-Clause (the LICENSE of github.com/pytorch/vision, whose authors trained them)"
_URL = "https://download.pytorch.org/models/"
# torchvision sets transform_input only together with its own weights.
_INCEPTION = {"transform_input": True, "init_weights": False, "aux_logits": False}
_ARGUMENTS: dict[str, dict[str, Any]] = {"inception_v3": _INCEPTION, "googlenet": _INCEPTION}
_ONLY_FOR_TRAINING = ("AuxLogits.", "aux1.", "aux2.")
# What torch.load was seen to raise for files with changed bytes (RuntimeError and ValueError have many children).
_DAMAGE = (RuntimeError, ValueError, EOFError, LookupError, OSError, TypeError, AttributeError, AssertionError,
           MemoryError, OverflowError, struct.error)
_ASKS_FOR_MORE = re.compile(r"GLOBAL|unsupported class|unrecognized function|allowlisted", re.IGNORECASE)
_OLD_DENSENET_NAME = re.compile(r"(\.denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


def imagenet_card(name: str, *, title: str, group: str, advice: str, penultimate: int, layers: Sequence[Layer],
                  file: str, size_mb: float, top1: float, paper: str, shorter_px: int, input_px: int = 224,
                  resample: Literal["bilinear", "bicubic"] = "bilinear", licence: str = BSD, dense: bool = True,
                  microscopy: Sequence[str] = (), smallest_px: int = 0) -> ModelCard:
    """The card of a network of torchvision, by torchvision's name for it.

    Args:
        penultimate: the dimension of the exact input of the last linear layer.
        layers: the others that can be taken, early ones first.
        microscopy: what the preset stacks; by default all but a linear layer before the penultimate one.
        smallest_px: of the penultimate layer, as `Layer` has it.
    """
    stack = tuple(microscopy) or (*(layer.name for layer in layers if layer.averaged), PENULTIMATE)
    return ModelCard(
        name=name, title=title, group=group, advice=advice, input_px=input_px, shorter_px=shorter_px,
        channel_order="RGB", mean=MEAN, std=STD, resample=resample,
        layers=(Layer(PENULTIMATE, "Penultimate layer", penultimate, averaged=(), smallest_px=smallest_px), *layers),
        weights=Weights(file=file, size_mb=size_mb, licence=licence, url=_URL + file,
                        sha256=file.removesuffix(".pth").rpartition("-")[2]),
        builder=f"{__name__}:build", paper=paper, dense=dense, microscopy=stack, top1=top1)


def build(card: ModelCard, layers: Sequence[str], data: bytes, dense: bool) -> GraphModule:
    """A network of torchvision up to some of its layers, with trained weights.

    Args:
        layers: names of layers of the card; their averages lie side by side in the result, in this order.
        data: a state dict as torchvision publishes it (``.pth``).
        dense: for pictures of any size: fully connected layers before the last are applied at every place.

    Returns:
        A module from (n, 3, height, width) float32 RGB, normalised, to (n, sum of dimensions) float32.

    Raises:
        WeightsError: not the weights of this network.
    """
    return tapped(card, layers, read_state(card, data), dense, architecture=card.name)


def read_state(card: ModelCard, data: bytes) -> dict[str, Tensor]:
    """The named arrays of a ``.pth`` file; nothing in it is executed.

    Raises:
        WeightsError: damaged, or it holds more than arrays.
    """
    return named_arrays(card, read_checkpoint(card, data))


def read_checkpoint(card: ModelCard, data: bytes) -> object:
    """What torch saved in a file, if it is made of arrays, numbers and text; nothing in it is executed.

    Raises:
        WeightsError: damaged, or it holds more.
    """
    import pickle

    import torch
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, *_DAMAGE) as error:
        if isinstance(error, pickle.UnpicklingError) and _ASKS_FOR_MORE.search(str(error)):
            raise WeightsError(f"{card.weights.file}: opening this file could run a program, since it holds "
                               "more than arrays. It was not opened. Save the arrays alone: "
                               "torch.save(model.state_dict(), file).") from error
        raise WeightsError(f"{card.weights.file}: this is no readable weights file; it may be damaged. "
                           "Copy or download it again.") from error


def named_arrays(card: ModelCard, state: object) -> dict[str, Tensor]:
    """The same, if it is a state dict of arrays with content. Raises WeightsError."""
    if not isinstance(state, dict) or not all(isinstance(name, str) and _is_array(value)
                                              for name, value in state.items()):
        raise WeightsError(f"{card.weights.file}: this is no state dict, a list of named arrays. "
                           "Save one: torch.save(model.state_dict(), file).")
    return state


def _is_array(value: object) -> bool:
    """Whether it is a tensor with all its numbers; torch computes with those of the device "meta", which has none."""
    import torch
    return isinstance(value, torch.Tensor) and value.device.type == "cpu" and value.layout == torch.strided


def tapped(card: ModelCard, layers: Sequence[str], state: dict[str, Tensor], dense: bool,
           architecture: str) -> GraphModule:
    """A torchvision architecture with the given state, which gives the named layers of the card, averaged."""
    import torch
    from torch import nn
    from torchvision.models import get_model
    with torch.device("meta"):
        net = get_model(architecture, weights=None, **_ARGUMENTS.get(architecture, {})).eval()
    last = [name for name, module in net.named_modules() if isinstance(module, nn.Linear)][-1]
    net.set_submodule(last, nn.Identity())
    _load(card, net, state, last, architecture)
    nodes = {layer.node or last: layer.averaged for layer in map(card.layer, layers)}
    if dense and _has_linear_layers_on_a_grid(net):
        nodes = _make_convolutional(net, nodes)
    return _taps(net, nodes)


def _load(card: ModelCard, net: nn.Module, state: dict[str, Tensor], last: str, architecture: str) -> None:
    """Fill in the weights; those of the last linear layer, which was taken away, are left over."""
    state = {_OLD_DENSENET_NAME.sub(r"\1\2", name): value for name, value in state.items()
             if not name.startswith((f"{last}.", *_ONLY_FOR_TRAINING))}
    try:
        net.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"{card.weights.file}: these are not the weights of {architecture} "
                           f"({' '.join(str(error).split())[:200]}).") from error


def _has_linear_layers_on_a_grid(net: nn.Module) -> bool:
    """Whether several places of the feature map enter the linear layers, as in VGG and AlexNet."""
    return getattr(getattr(net, "avgpool", None), "output_size", 1) not in (1, (1, 1))


def _make_convolutional(net: nn.Module, nodes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Turn the linear layers into convolutions, for every place of a larger picture; gives the nodes' new names.

    Simonyan and Zisserman 2014, section 3.2: the first becomes a convolution as large as the grid, the others 1 × 1.
    """
    from torch import nn
    grid: tuple[int, int] = net.avgpool.output_size  # type: ignore[assignment,union-attr]
    steps = []
    for step in net.get_submodule("classifier").children():
        steps.append(_convolution(step, grid) if isinstance(step, nn.Linear) else step)
        grid = (1, 1) if isinstance(step, nn.Linear) else grid
    net.set_submodule("avgpool", nn.Sequential(*steps))
    net.set_submodule("classifier", nn.Identity())
    return {node.replace("classifier.", "avgpool."): averaged or (2, 3) for node, averaged in nodes.items()}


def _convolution(linear: nn.Linear, grid: tuple[int, int]) -> nn.Module:
    from torch import nn
    conv = nn.Conv2d(linear.in_features // (grid[0] * grid[1]), linear.out_features, grid, device="meta")
    conv.weight = nn.Parameter(linear.weight.reshape(conv.weight.shape))
    conv.bias = linear.bias
    return conv.eval()


def _taps(net: nn.Module, nodes: dict[str, tuple[int, ...]]) -> GraphModule:
    """The network cut behind these modules; what they give, averaged over these axes, side by side."""
    import torch
    from torch.fx import GraphModule, Tracer
    graph = Tracer().trace(net)
    found = {path: _last_node(graph, path) for path in nodes}
    graph.erase_node(graph.output_node())
    parts = [graph.call_method("mean", (found[path], axes)) if axes else found[path] for path, axes in nodes.items()]
    graph.output(graph.call_function(torch.cat, (parts, 1)))
    network = GraphModule(net, graph).eval()
    network.graph.eliminate_dead_code()
    network.recompile()
    return network


def _last_node(graph: Graph, path: str) -> Node:
    """What the module at this path gives."""
    inside: list[Node] = [node for node in graph.nodes
                          if node.target == path or path in node.meta.get("nn_module_stack", ())]
    return inside[-1]
