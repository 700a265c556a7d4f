"""From a picture to a network's input, as its card says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .cards import ModelCard

if TYPE_CHECKING:
    from torch import Tensor

PREPROCESS_VERSION = 1  # raised whenever the same picture gives another input: part of each vector's identity
RESIZER = "torch uint8 antialiased"


def resize(pixels: NDArray[np.uint8], card: ModelCard) -> Tensor:
    """The whole picture as a square, its aspect ratio given up, as the add-on's paper does.

    torch's uint8 filter is used in place of Pillow's, being some 5 times faster. It resizes by rows, then by columns,
    as Pillow did up to version 12 (later ones begin with the side that shrinks more), and gives the same grey levels
    within 1; where hard edges overshoot or a small picture is enlarged, 2 of 10,000 values may differ by 2.

    Args:
        pixels: (height, width, 3) uint8 RGB, 0–255.

    Returns:
        (3, input_px, input_px) uint8 RGB.
    """
    import torch
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    side = (card.input_px, card.input_px)
    return torch.nn.functional.interpolate(image, size=side, mode=card.resample, antialias=True)[0]


def normalise(batch: Tensor, card: ModelCard) -> Tensor:
    """The network's input: channels in the card's order, mean subtracted, divided by std.

    Args:
        batch: (n, 3, height, width) uint8 RGB.

    Returns:
        The same shape, float32, channels last in memory.
    """
    import torch
    if card.channel_order == "BGR":
        batch = batch.flip(1)
    mean, std = (torch.tensor(values, device=batch.device).view(1, 3, 1, 1) for values in (card.mean, card.std))
    return ((batch.float() - mean) / std).contiguous(memory_format=torch.channels_last)
