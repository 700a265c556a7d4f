"""How a picture that is looked at closely is lightened, darkened and coloured: for the eye alone, for no network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .contrast import to_levels
from .planes import Planes
from .reading import Range
from .rendering import compose, over_background

GAMMAS: Range = (0.2, 5.0)


@dataclass(frozen=True)
class ChannelView:
    """How one channel is seen.

    Attributes:
        is_shown: whether its colour is added to the picture.
        limits: (black, white) in the file's own numbers; black is the greater where small numbers are bright. None: as
            the recipe takes them, of each picture its own.
        colour: such as ``"#00ff00"``.
    """

    is_shown: bool
    limits: Range | None
    colour: str


@dataclass(frozen=True)
class Adjustment:
    """How a picture is seen: one view a channel, and the gamma of all.

    Attributes:
        channels: as many as the picture has.
        gamma: a number at the share s of the way from black to white is shown as s^(1/gamma): over 1, what is dark
            becomes lighter.
    """

    channels: tuple[ChannelView, ...]
    gamma: float = 1.0

    def with_channel(self, place: int, view: ChannelView) -> Adjustment:
        """The same but for one channel."""
        channels = (*self.channels[:place], view, *self.channels[place + 1:])
        return replace(self, channels=channels)


def usual_adjustment(planes: Planes) -> Adjustment:
    """How the picture's own recipe shows it."""
    return Adjustment(tuple(ChannelView(True, None, channel.colour) for channel in planes.channels))


def adjusted(planes: Planes, adjustment: Adjustment) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB: the picture as it is seen by this adjustment; black where no channel is shown.

    By the usual adjustment it is the picture of `images.read_image`, pixel by pixel (where all pixels are in `planes`).

    Args:
        planes: the picture's numbers.
        adjustment: as many channels as `planes` has.
    """
    if planes.separate:
        return _side_by_side(planes, adjustment)
    pixels = _coloured(planes, adjustment)
    return pixels if planes.alpha is None else over_background(pixels, planes.alpha, planes.background)


def _coloured(planes: Planes, adjustment: Adjustment) -> NDArray[np.uint8]:
    """(height, width, 3): the channels that are shown, in their colours."""
    shown = [(to_levels(plane, view.limits or channel.limits, adjustment.gamma), view.colour)
             for plane, channel, view in zip(planes.values, planes.channels, adjustment.channels, strict=True)
             if view.is_shown]
    if not shown:
        return np.zeros((*planes.values.shape[1:], 3), np.uint8)
    levels, colours = zip(*shown, strict=True)
    return compose(levels, colours)


def _side_by_side(planes: Planes, adjustment: Adjustment) -> NDArray[np.uint8]:
    """(height, channels × width, 3): a channel that is not shown leaves its place black."""
    parts = [replace(planes, values=planes.values[place:place + 1], channels=(channel,), separate=False)
             for place, channel in enumerate(planes.channels)]
    return np.concatenate([adjusted(part, Adjustment((view,), adjustment.gamma))
                           for part, view in zip(parts, adjustment.channels, strict=True)], axis=1)
