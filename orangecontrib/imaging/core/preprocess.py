"""From a picture to a network's input, as its card and the options say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .cards import ModelCard
from .options import Options

if TYPE_CHECKING:
    from torch import Tensor

PREPROCESS_VERSION = 3  # raised whenever the same picture gives another input: part of each vector's identity
_THINNEST = 64  # times the shorter side: of a longer picture only the middle is resized, for memory's sake
RESIZER = "torch uint8 antialiased"
_LONGEST = 4  # times the shorter side in a dense application: what is longer is squeezed, for memory's sake


def fit(pixels: NDArray[np.uint8], card: ModelCard, options: Options) -> tuple[Tensor, ...]:
    """The picture in the network's size: one tensor, or for a dense application one a scale.

    Args:
        pixels: (height, width, 3) uint8 RGB, 0–255.

    Returns:
        Each (3, height, width) uint8 RGB; both sides `card.input_px` but for a dense application.
    """
    height, width = pixels.shape[:2]
    side = card.input_px
    if options.fit == "dense":
        return tuple(resize(pixels, dense_size(height, width, scale), card) for scale in options.scales)
    if options.fit == "crop":
        middle = _shortened(pixels)
        return (_middle(resize(middle, shorter_side_to(card.shorter_px, *middle.shape[:2]), card), side),)
    if options.fit == "pad":
        return (_padded(resize(pixels, longer_side_to(side, height, width), card), card),)
    return (resize(pixels, (side, side), card),)


def resize(pixels: NDArray[np.uint8], size: tuple[int, int], card: ModelCard) -> Tensor:
    """The picture in another size, by the card's filter.

    torch's uint8 filter is used in place of Pillow's, being some 5 times faster. It resizes by rows, then by columns,
    as Pillow did up to version 12 (later ones begin with the side that shrinks more), and gives the same grey levels
    within 1; where hard edges overshoot or a small picture is enlarged, 2 of 10,000 values may differ by 2.

    Args:
        pixels: (height, width, 3) uint8 RGB, 0–255.
        size: (height, width) to come.

    Returns:
        (3, height, width) uint8 RGB.
    """
    import torch
    own = np.require(pixels, requirements="W")  # torch warns of those that a reader's process sent, which are read-only
    image = torch.from_numpy(own).permute(2, 0, 1)[None]
    return torch.nn.functional.interpolate(image, size=size, mode=card.resample, antialias=True)[0]


def shorter_side_to(side: int, height: int, width: int) -> tuple[int, int]:
    """(height, width) with the shorter side of this length; the longer one rounded down, as torchvision does."""
    if height <= width:
        return side, max(1, int(side * width / height))
    return max(1, int(side * height / width)), side


def longer_side_to(side: int, height: int, width: int) -> tuple[int, int]:
    """(height, width) with the longer side of this length; the shorter one rounded, at least 1."""
    longer = max(height, width)
    return max(1, round(side * height / longer)), max(1, round(side * width / longer))


def dense_size(height: int, width: int, scale: int) -> tuple[int, int]:
    """(height, width) with the shorter side of this length, the longer one at most four times it."""
    tall, wide = shorter_side_to(scale, height, width)
    return min(tall, _LONGEST * scale), min(wide, _LONGEST * scale)


def turned(batch: Tensor, view: int) -> Tensor:
    """One of the eight turns and mirror images of pictures: view 0–7.

    Args:
        batch: (n, 3, height, width). Views 1, 2 and 3 are turned by so many quarters; views 4–7 the same, mirrored
            left to right first. The mirror image alone is view 4.
    """
    mirrored = batch.flip(-1) if view >= 4 else batch
    return mirrored.rot90(view % 4, (-2, -1)) if view % 4 else mirrored


def view_numbers(options: Options) -> tuple[int, ...]:
    """The views to average over, as `turned` counts them."""
    return {"one": (0,), "mirror": (0, 4), "turns": tuple(range(8))}[options.views]


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


def _shortened(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a very thin picture, `_THINNEST` times as long as wide: a crop shows less than that.

    What is cut off at both ends is equally long, so that the middle stays in its place; so one pixel more may remain.
    """
    cuts = [max(0, length - _THINNEST * min(pixels.shape[:2])) // 2 for length in pixels.shape[:2]]
    return pixels[cuts[0]:pixels.shape[0] - cuts[0], cuts[1]:pixels.shape[1] - cuts[1]]


def _middle(image: Tensor, side: int) -> Tensor:
    """The square in the middle; rounded as torchvision's ``center_crop`` does."""
    top, left = (round((length - side) / 2) for length in image.shape[1:])
    return image[:, top:top + side, left:left + side]


def _padded(image: Tensor, card: ModelCard) -> Tensor:
    """The picture in the middle of a square of the mean colour, which the network sees as nothing."""
    import torch
    side = card.input_px
    mean = card.mean if card.channel_order == "RGB" else card.mean[::-1]
    square = torch.tensor([round(value) for value in mean], dtype=torch.uint8).view(3, 1, 1).repeat(1, side, side)
    height, width = image.shape[1:]
    top, left = (side - height) // 2, (side - width) // 2
    square[:, top:top + height, left:left + width] = image
    return square
