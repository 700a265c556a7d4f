"""torchvision's networks with weights that need no download: drawn by NumPy from seeds, batch norm calibrated."""

import zlib

import numpy as np
import torch
from made import pixels
from torch import nn
from torchvision.models import get_model

# What torchvision sets only together with its own weights.
ARGUMENTS = {"inception_v3": {"transform_input": True, "init_weights": False},
             "googlenet": {"transform_input": True, "init_weights": False}}


def seeded_network(name, side_px):
    """The network in evaluation mode; activations keep an ordinary size through all layers."""
    with torch.device("meta"):
        net = get_model(name, weights=None, **ARGUMENTS.get(name, {}))
    net = net.to_empty(device="cpu")
    reference = get_model(name, weights=None, **ARGUMENTS.get(name, {})) if has_tables(net) else None
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if reference and key.endswith("relative_position_index"):
                value.copy_(reference.state_dict()[key])
            else:
                value.copy_(torch.from_numpy(_draw(key, tuple(value.shape))).to(value.dtype))
    _calibrate(net, side_px)
    return net.eval()


def has_tables(net):
    """Whether some buffers are not weights but computed when the network is built."""
    return any(key.endswith("relative_position_index") for key in net.state_dict())


def _draw(key, shape):
    """He et al. 2015 (arXiv:1502.01852): normal, variance 2 / inputs; other values as an untrained network has them."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith(("running_mean", "num_batches_tracked", "bias")):
        return np.zeros(shape, np.float32)
    if key.endswith("layer_scale"):
        return np.full(shape, 0.3, np.float32)
    if "embedding" in key or key.endswith(("class_token", "relative_position_bias_table")):
        return 0.1 * rng.standard_normal(shape, np.float32)
    if key.endswith("bn3.weight"):  # end of a residual branch; at 1, rounding errors double from block to block
        return np.full(shape, 0.15, np.float32)
    if len(shape) < 2:
        return np.ones(shape, np.float32)
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))


def _calibrate(net, side_px):
    """One pass in training mode: batch norm learns the mean and variance of what it sees."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
        if isinstance(module, nn.Dropout) or type(module).__name__ == "StochasticDepth":
            module.p = 0.0
    pictures = np.stack([pixels(side_px, side_px, seed=seed) for seed in (5, 6)])
    batch = (torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255 - 0.45) / 0.225
    net.train()
    with torch.no_grad():
        net(batch)
