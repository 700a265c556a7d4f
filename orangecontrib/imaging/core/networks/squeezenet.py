"""SqueezeNet v1.1 with its authors' ImageNet weights: the network that needs no download.

Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size*, 2016,
arXiv:1602.07360; version 1.1 is the authors' later release. torchvision's ``squeezenet1_1`` is a different network:
no padding in conv1, another pooling, a last ReLU, and inputs scaled to unit variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..cards import PENULTIMATE, Layer, ModelCard, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

CARDS = (
    ModelCard(
        name="squeezenet",
        title="SqueezeNet",
        group="fast",
        advice="Small and fast, and always here: start with it.",
        input_px=227,
        shorter_px=256,
        channel_order="BGR",
        mean=(104.006, 116.669, 122.679),
        std=(1.0, 1.0, 1.0),
        resample="lanczos",
        layers=(Layer(PENULTIMATE, "Penultimate layer", 512, "fire9"),
                Layer("fire3", "Fire 3, early: edges and textures", 128, "fire3"),
                Layer("fire5", "Fire 5: patterns", 256, "fire5"),
                Layer("fire7", "Fire 7, late: parts of things", 384, "fire7"),
                Layer("logits", "Class scores", 1000, "conv10")),
        microscopy=("fire3", "fire5", "fire7", PENULTIMATE),
        weights=Weights(
            package="ndf",
            file="example_models/weights/squeezenet_weights.pkl",
            sha256="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
            size_mb=4.716,
            licence="BSD-2-Clause (the LICENSE of github.com/forresti/SqueezeNet); "
                    "carried by the MIT-licensed package ndf 0.1.4",
        ),
        builder=f"{__name__}:build",
        paper="Iandola et al. 2016, arXiv:1602.07360",
    ),
)
_Arrays = Mapping[str, Sequence[NDArray[np.float32]]]


def build(card: ModelCard, layers: Sequence[str], data: bytes, dense: bool) -> nn.Module:
    """The network up to some of its layers, as a torch module.

    Args:
        layers: names of layers of the card; ``"logits"`` is conv10 without a ReLU. Each is averaged over its grid
            (13 × 13 for the last ones), and they lie side by side in this order.
        data: the weights file; kernels in it lie (height, width, in, out).
        dense: changes nothing: there is no linear layer.

    Returns:
        A module from (n, 3, height, width) float32, B, G, R, mean subtracted, to (n, sum of dimensions) float32.
    """
    import torch
    from torch import nn
    from torch.fx import symbolic_trace

    from ..weights import unpickle_arrays
    arrays = unpickle_arrays(data)
    nodes = [card.layer(layer).node for layer in layers]

    class SqueezeNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleDict(_steps(arrays))

        def forward(self, x: Tensor) -> Tensor:
            found = {}
            for name, step in self.steps.items():
                x = step(x)
                if name in nodes:
                    found[name] = x.mean((2, 3))
            return torch.cat([found[node] for node in nodes], dim=1)

    return symbolic_trace(SqueezeNet()).eval()


def _steps(arrays: _Arrays) -> dict[str, nn.Module]:
    from torch import nn
    steps = {"conv1": _conv(arrays, "conv1", stride=2, padding=1), "relu1": nn.ReLU()}
    for number in range(2, 10):
        if number in (2, 4, 6):
            steps[f"pool{number}"] = nn.MaxPool2d(3, stride=2)
        steps[f"fire{number}"] = _fire(arrays, f"fire{number}")
    return {**steps, "conv10": _conv(arrays, "conv10")}


def _fire(arrays: _Arrays, name: str) -> nn.Module:
    """Squeeze 1×1, then expand 1×1 and 3×3 beside each other (paper, section 3.2)."""
    import torch
    from torch import nn

    class Fire(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.squeeze = _conv(arrays, f"{name}/squeeze1x1")
            self.expand1 = _conv(arrays, f"{name}/expand1x1")
            self.expand3 = _conv(arrays, f"{name}/expand3x3", padding=1)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.relu(self.squeeze(x))
            return torch.cat((torch.relu(self.expand1(x)), torch.relu(self.expand3(x))), dim=1)

    return Fire()


def _conv(arrays: _Arrays, name: str, stride: int = 1, padding: int = 0) -> nn.Module:
    """A convolution with its trained kernel (height, width, in, out) and bias (out,)."""
    import torch
    from torch import nn
    kernel, bias = arrays[name]
    height, width, inputs, outputs = kernel.shape
    conv = nn.Conv2d(inputs, outputs, (height, width), stride=stride, padding=padding)
    with torch.no_grad():
        conv.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()))
        conv.bias.copy_(torch.from_numpy(bias.copy()))  # type: ignore[union-attr]
    return conv
