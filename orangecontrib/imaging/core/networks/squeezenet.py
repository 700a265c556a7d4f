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
        advice="Small and fast, and always here: start with it.",
        input_px=227,
        channel_order="BGR",
        mean=(104.006, 116.669, 122.679),
        std=(1.0, 1.0, 1.0),
        resample="lanczos",
        layers=(Layer(PENULTIMATE, "Penultimate layer", 512),
                Layer("logits", "Class scores", 1000)),
        weights=Weights(
            package="ndf",
            file="example_models/weights/squeezenet_weights.pkl",
            sha256="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
            bytes=4_945_361,
            licence="BSD-2-Clause (the LICENSE of github.com/forresti/SqueezeNet); "
                    "carried by the MIT-licensed package ndf 0.1.4",
        ),
        builder=f"{__name__}:build",
        paper="Iandola et al. 2016, arXiv:1602.07360",
    ),
)
_Arrays = Mapping[str, Sequence[NDArray[np.float32]]]


def build(layer: str, data: bytes) -> nn.Module:
    """The network up to a layer, as a torch module.

    Args:
        layer: ``"penultimate"`` (fire9, averaged over its 13 × 13 grid) or ``"logits"`` (conv10 without a ReLU,
            averaged).
        data: the weights file; kernels in it lie (height, width, in, out).

    Returns:
        A module from (n, 3, 227, 227) float32, B, G, R, mean subtracted, to (n, 512) or (n, 1000) float32.
    """
    from torch import nn

    from ..weights import unpickle_arrays
    arrays = unpickle_arrays(data)
    steps = [_conv(arrays, "conv1", stride=2, padding=1), nn.ReLU(inplace=True)]
    for number in range(2, 10):
        if number in (2, 4, 6):
            steps.append(nn.MaxPool2d(3, stride=2))
        steps.append(_fire(arrays, f"fire{number}"))
    if layer == "logits":
        steps.append(_conv(arrays, "conv10"))
    return nn.Sequential(*steps, nn.AdaptiveAvgPool2d(1), nn.Flatten())


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
            x = torch.relu_(self.squeeze(x))
            return torch.relu_(torch.cat((self.expand1(x), self.expand3(x)), dim=1))

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
