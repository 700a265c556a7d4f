"""A file's own numbers, channel by channel, for looking at one picture closely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import Range, Reading
from .rendering import channel_colours, check_places, find_alpha, find_limits, judged, not_recorded, spread
from .stack import ImageInfo, Stack, describe, shown_channels

MAX_VIEW_PIXELS = 25_000_000  # of one that is looked at closely: of most cameras all, of 10,000 × 10,000 a quarter
MAX_VIEW_BYTES = 96 << 20  # of its numbers
BINS = 64  # of the counts of a channel
_COUNTED = 1 << 18  # pixels of a channel, at most
_RGB = ("Red", "Green", "Blue")
_RGB_COLOURS = ("#ff0000", "#00ff00", "#0000ff")


@dataclass(frozen=True)
class Channel:
    """What is known of one channel.

    Attributes:
        name: for people.
        colour: such as ``"#00ff00"``; that of a channel on its own is white.
        limits: (black, white), in the file's own numbers, as the recipe takes them; black is the greater where small
            numbers are bright. Both are equal where all numbers are: the channel is then mid-gray.
        extent: (least, greatest) finite number of the whole picture; of 8-bit ones (0, 255).
        counts: how many of some pixels lie in each of `BINS` equal parts of `extent`.
    """

    name: str
    colour: str
    limits: Range
    extent: Range
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Planes:
    """The numbers of a picture, and how the recipe turns them into colors.

    Attributes:
        values: (channels, height, width) in the file's own type and unit, upright; of planes projected the brightest.
        channels: one for each of `values`.
        alpha: (height, width) uint8: how opaque each pixel is, 0–255; None: all are.
        background: gray level (0–255) behind transparent pixels.
        is_colour: the channels are red, green and blue of one color picture; their colors cannot be others.
        separate: the channels stand side by side, from left to right, each in gray.
        step: every step-th pixel of every step-th row of the file is here.
        full_width, full_height: of one channel, in pixels of the file.
        notes: clauses for the user.
    """

    values: NDArray[Any]
    channels: tuple[Channel, ...]
    alpha: NDArray[np.uint8] | None = None
    background: int = 255
    is_colour: bool = False
    separate: bool = False
    step: int = 1
    full_width: int = 0
    full_height: int = 0
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for pictures whose adjustments mean the same: of the same channels and type of numbers."""
        names = tuple(channel.name for channel in self.channels)
        return names, self.values.dtype.str, self.is_colour, self.separate

    @property
    def shown_width(self) -> int:
        """Of all that is seen, in pixels of the file."""
        return self.full_width * (len(self.channels) if self.separate else 1)

    def at(self, x: int, y: int) -> tuple[Any, ...]:
        """The number of each channel at a pixel of the file, counted from 0; () outside the picture.

        Where not every pixel is here, that of the nearest to the upper left which is.
        """
        if not (0 <= x < self.full_width and 0 <= y < self.full_height):
            return ()
        return tuple(plane[y // self.step, x // self.step].item() for plane in self.values)


def find_planes(stack: Stack, reading: Reading, max_pixels: int = MAX_VIEW_PIXELS,
                max_bytes: int = MAX_VIEW_BYTES) -> Planes:
    """The numbers of an opened file, as they lie in it; larger pictures by every second, third … pixel of both axes.

    Pixels are left out, not averaged, so that each number is one that the file records. Limits and extents are those
    of all pixels.

    Args:
        stack: the file.
        reading: which planes and channels, and by which contrast.
        max_pixels: of each channel of the result.
        max_bytes: of all its numbers.

    Raises:
        Refused: as `rendering.render`.
    """
    check_places(stack.info, reading)
    notes: dict[str, None] = {}
    planes: list[NDArray[Any]] = []
    channels: list[Channel] = []
    step = 1
    for place, numbers in enumerate(judged(stack, reading)):
        limits = find_limits(numbers, stack.info, reading, place, notes)
        step = step if planes else _step(numbers, stack.info, reading, max_pixels, max_bytes)
        for band in _bands(numbers):
            channels.append(_channel(band, len(channels), limits, stack.info, reading))
            planes.append(_plain(band[::step, ::step]))
    notes.update(dict.fromkeys(not_recorded(stack, reading)))
    alpha = find_alpha(stack, reading, notes)
    height, width = numbers.shape[:2]
    said = (describe(stack.info, reading), *stack.notes, *notes, _step_text(step))
    return Planes(np.stack(planes), tuple(channels), alpha if alpha is None else alpha[::step, ::step],
                  reading.background, _is_colour(stack.info, reading), reading.separate, step, width, height,
                  tuple(note for note in said if note))


def turned(planes: Planes, turn: Callable[[NDArray[Any]], NDArray[Any]]) -> Planes:
    """The planes upright; `turn` makes (height, width) so."""
    values = np.stack([turn(plane) for plane in planes.values])
    alpha = planes.alpha if planes.alpha is None else np.ascontiguousarray(turn(planes.alpha))
    size = planes.full_width, planes.full_height
    is_level = turn(np.empty((1, 2))).shape == (1, 2)
    width, height = size if is_level else size[::-1]
    return replace(planes, values=values, alpha=alpha, full_width=width, full_height=height)


def pack_planes(planes: Planes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """As header and arrays of a frame; see `frames`."""
    header = {name: value for name, value in vars(planes).items() if name not in ("values", "alpha", "channels")}
    arrays = [planes.values] if planes.alpha is None else [planes.values, planes.alpha]
    return {**header, "channels": [vars(channel) for channel in planes.channels]}, arrays


def unpack_planes(header: dict[str, Any], arrays: list[NDArray[Any]]) -> Planes:
    """What `pack_planes` packed."""
    channels = tuple(Channel(one["name"], one["colour"], *map(tuple, (one["limits"], one["extent"], one["counts"])))
                     for one in header["channels"])
    alpha = arrays[1] if len(arrays) > 1 else None
    return Planes(**{**header, "values": arrays[0], "alpha": alpha, "channels": channels,
                     "notes": tuple(header["notes"])})


def _step(numbers: NDArray[Any], info: ImageInfo, reading: Reading, max_pixels: int, max_bytes: int) -> int:
    """The least step by which the picture is small enough."""
    height, width = numbers.shape[:2]
    count = 3 if numbers.ndim == 3 else len(shown_channels(info, reading))
    most = max(1, min(max_pixels, max_bytes // (count * numbers.itemsize)))
    step = 1
    while -(-height // step) * -(-width // step) > most:
        step += 1
    return step


def _step_text(step: int) -> str:
    word = {2: "2nd", 3: "3rd"}.get(step, f"{step}th")
    return f"shown at 1/{step} of its size: every {word} pixel of every {word} row" if step > 1 else ""


def _bands(numbers: NDArray[Any]) -> list[NDArray[Any]]:
    return [numbers[..., band] for band in range(numbers.shape[2])] if numbers.ndim == 3 else [numbers]


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Of a type that every reader of frames knows."""
    return np.ascontiguousarray(values.astype(np.float64) if values.dtype.itemsize > 8 else values)


def _is_colour(info: ImageInfo, reading: Reading) -> bool:
    return info.is_colour and not reading.channels


def _channel(band: NDArray[Any], place: int, limits: Range, info: ImageInfo, reading: Reading) -> Channel:
    is_colour = _is_colour(info, reading)
    number = place if is_colour else shown_channels(info, reading)[place]
    colours = ["#ffffff"] * (place + 1) if reading.separate else (
        _RGB_COLOURS if is_colour else channel_colours(info, reading))
    extent = _extent(band)
    return Channel(_name(info, number), colours[place], limits, extent, _counts(band, extent))


def _name(info: ImageInfo, number: int) -> str:
    if info.is_colour:
        return _RGB[number]
    if number < len(info.channel_names) and info.channel_names[number]:
        return info.channel_names[number]
    return "Gray" if info.channels == 1 else f"Channel {number + 1}"


def _extent(band: NDArray[Any]) -> Range:
    if band.dtype == np.uint8:
        return 0.0, 255.0
    finite = band if band.dtype.kind != "f" or np.isfinite(band).all() else band[np.isfinite(band)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _counts(band: NDArray[Any], extent: Range) -> tuple[int, ...]:
    some = spread(band, _COUNTED).astype(np.float64)
    low, high = extent
    if not 0 < high - low < np.inf:
        return ()
    shares = (some[np.isfinite(some)] - low) / (high - low)
    return tuple(np.bincount(np.minimum((shares * BINS).astype(np.int64), BINS - 1), minlength=BINS).tolist())
