"""From the planes of a file to the picture that people and networks see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .contrast import contrast_range, full_range, to_levels
from .reading import Range, Reading
from .refusal import Refused
from .stack import ImageInfo, Stack, middle_plane, number_kind, shown_channels

# Of channels whose colours the file does not name: the order in which ImageJ colours them.
USUAL_COLOURS = ("#ff0000", "#00ff00", "#0000ff", "#ffffff", "#00ffff", "#ff00ff")
_HARDLY_SEEN = 16  # of 255: masks with a number for each object, say
_AT_ONCE = 1 << 16  # pixels that are added up in one step
_Pixels = NDArray[np.uint8]


def render(stack: Stack, reading: Reading) -> Iterator[tuple[_Pixels, tuple[str, ...]]]:
    """The picture of an opened file, or, one after the other, those of the channels that stand on their own.

    Yields:
        (height, width, 3) uint8 RGB, as it lies in the file, and clauses on what was unusual.

    Raises:
        Refused: the file has no such time, plane or channel, or no finite number.
    """
    check_places(stack.info, reading)
    for part in reading.parts():
        notes: dict[str, None] = {}
        yield _picture(stack, part, notes), tuple(notes)


def _picture(stack: Stack, reading: Reading, notes: dict[str, None]) -> _Pixels:
    info = stack.info
    levels = [to_levels(values, find_limits(values, info, reading, place, notes))
              for place, values in enumerate(judged(stack, reading))]
    notes.update(dict.fromkeys(not_recorded(stack, reading)))
    pixels = levels[0] if levels[0].ndim == 3 else compose(levels, channel_colours(info, reading))
    alpha = find_alpha(stack, reading, notes)
    return pixels if alpha is None else over_background(pixels, alpha, reading.background)


def find_alpha(stack: Stack, reading: Reading, notes: dict[str, None]) -> _Pixels | None:
    """(height, width) uint8, 0–255: how opaque the pixels of one plane are; None: all are.

    Of a projection of several planes it means nothing.
    """
    planes = _planes(stack.info, reading)
    alpha = stack.alpha(reading.time, planes[0])
    if alpha is None or len(planes) == 1:
        return alpha
    notes["its transparency is not seen in the projection"] = None
    return None


@dataclass(frozen=True)
class Sample:
    """Some of the numbers of a picture.

    Attributes:
        numbers: (k, n) float32, in the file's own unit: one row a channel, or one row of a colour picture's numbers.
        kind: of what kind they are, for people; see `stack.number_kind`.
    """

    numbers: NDArray[np.float32]
    kind: str


def sample(stack: Stack, reading: Reading, count: int) -> Sample:
    """Some of the numbers that the contrast is judged by, at most `count` a channel, evenly spread over the picture.

    Raises:
        Refused: as `render`.
    """
    check_places(stack.info, reading)
    rows = [np.ravel(spread(values, count)).astype(np.float32) for values in judged(stack, reading)]
    return Sample(np.stack(rows), number_kind(stack.info))


def spread(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Some pixels of (height, width) or (height, width, 3), all bands of each, on a grid over the whole picture.

    As many rows as columns are taken, at equal distances; a fixed step through the raveled picture may fall in with its
    width, and see one column only.
    """
    bands = values.shape[2] if values.ndim == 3 else 1
    side = max(1, int((count // bands) ** 0.5))
    rows, columns = (np.unique(np.linspace(0, length - 1, min(length, side)).astype(int))
                     for length in values.shape[:2])
    return np.asarray(values[np.ix_(rows, columns)])


def compose(levels: Sequence[_Pixels], colours: Sequence[str]) -> _Pixels:
    """Channels in their colours, added up; what exceeds 255 is cut off, as in ImageJ's composites.

    Args:
        levels: each (height, width) uint8, 0–255.
        colours: one a channel, such as ``"#00ff00"``.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    if set(colours) == {"#ffffff"} and len(levels) == 1:
        return np.repeat(levels[0][..., None], 3, axis=2)
    pixels = np.empty((*levels[0].shape, 3), np.uint8)
    for band, at in enumerate((1, 3, 5)):
        shares = [int(colour[at:at + 2], 16) for colour in colours]
        parts = [(level, share) for level, share in zip(levels, shares, strict=True) if share]
        if len(parts) == 1 and parts[0][1] == 255:
            pixels[..., band] = parts[0][0]
        else:
            _add_up(parts, pixels[..., band])
    return pixels


def _add_up(parts: Sequence[tuple[_Pixels, int]], into: _Pixels) -> None:
    """Levels by their shares of 255, cut off at 255; a few rows at once, so that they stay in the processor's cache."""
    rows = max(1, _AT_ONCE // max(1, into.shape[1]))
    for top in range(0, len(into), rows):
        here = slice(top, top + rows)
        total = np.zeros(into[here].shape, np.uint32)
        for level, share in parts:  # said that it is uint32: in threads, NumPy 2.1 would take the type of the level
            total += level[here].astype(np.uint32) * np.uint32(share)
        into[here] = np.minimum((total + np.uint32(127)) // np.uint32(255), 255)


def judged(stack: Stack, reading: Reading) -> Iterator[NDArray[Any]]:
    """The numbers whose contrast is judged together: (height, width, 3) of a colour picture, or channel by channel.

    They lie as in the file, in its own type; of several planes the brightest.
    """
    info, time = stack.info, reading.time
    if info.is_colour and not reading.channels:
        yield reduce(np.fmax, (stack.colours(time, z) for z in _recorded(stack, reading, 0)))
        return
    brighter = np.fmin if info.white_is_least else np.fmax  # NaN only where all are
    for number in shown_channels(info, reading):
        yield reduce(brighter, (stack.channel(number, time, z) for z in _recorded(stack, reading, number)))


def _recorded(stack: Stack, reading: Reading, number: int) -> list[int]:
    """The planes of a channel that are projected, as far as the file holds them."""
    info, planes = stack.info, _planes(stack.info, reading)
    there = [z for z in planes if stack.has_plane(number, reading.time, z)]
    if not there:
        axes = ((1 if info.is_colour else info.channels, "channel", number), (info.times, info.time_word, reading.time),
                (info.planes if len(planes) == 1 else 1, "plane", planes[0]))
        place = ", ".join(f"{word} {at + 1}" for count, word, at in axes if count > 1)
        raise Refused(f"nothing was recorded at {place}; choose another")
    return there


def not_recorded(stack: Stack, reading: Reading) -> list[str]:
    """What is said of planes that a projection does without."""
    planes, channels = _planes(stack.info, reading), shown_channels(stack.info, reading)
    count = sum(not all(stack.has_plane(number, reading.time, z) for number in channels) for z in planes)
    were = "was" if count == 1 else "were"
    missing = f"{count} of {len(planes)} planes {were} not recorded in full, and what is missing is left out"
    return [missing] * bool(count)


def check_places(info: ImageInfo, reading: Reading) -> None:
    """Raise Refused for what the file does not have."""
    asked = [(reading.time, info.times, info.time_word)]
    asked += [(number, info.channels, "channel") for number in reading.channels]
    asked += [(reading.z, info.planes, "plane")] * (reading.projection == "plane")
    for number, count, word in asked:
        if number >= count:
            raise Refused(f"there is no {word} {number + 1}; it has {count}")


def _planes(info: ImageInfo, reading: Reading) -> range:
    if reading.projection == "max":
        return range(info.planes)
    z = middle_plane(info) if reading.projection == "middle" else reading.z
    return range(z, z + 1)


def find_limits(values: NDArray[Any], info: ImageInfo, reading: Reading, place: int, notes: dict[str, None]) -> Range:
    """The numbers that become black and white."""
    low, high = contrast_range(values, _bits(values, info, notes), reading, place)
    if low == high:
        notes["the same number everywhere, so it is mid-gray"] = None
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        notes["some numbers are not finite"] = None
    if values.dtype == np.uint8 and values.ndim == 2 and (low, high) == (0, 255) and 0 < values.max() < _HARDLY_SEEN:
        notes[f"its greatest number is {values.max()} of 255, so it is nearly black; choose percentiles as contrast"
              ] = None
    return (high, low) if info.white_is_least else (low, high)


def _bits(values: NDArray[Any], info: ImageInfo, notes: dict[str, None]) -> int:
    """How many bits are in use: as the file says, unless its own numbers need more."""
    if info.stored_bits <= info.bits or values.dtype.kind not in "ui":
        return info.bits
    low, high = full_range(values.dtype.kind, info.bits)
    if values.min() >= low and values.max() <= high:
        return info.bits
    notes[f"the file says that {info.bits} bits are in use, but its numbers need more, so {info.stored_bits} are taken"
          ] = None
    return info.stored_bits


def channel_colours(info: ImageInfo, reading: Reading) -> Sequence[str]:
    """The colour of each channel shown: that of the recipe, of the file, or the usual one; one alone is grey."""
    channels = shown_channels(info, reading)
    if reading.colours:
        return reading.colours
    if len(channels) == 1:
        return ("#ffffff",)
    named = [info.colours[number] for number in channels] if info.colours else []
    return named if len(set(named)) > 1 else USUAL_COLOURS[:len(channels)]


def over_background(pixels: _Pixels, alpha: _Pixels, background: int) -> _Pixels:
    """(height, width, 3) uint8 RGB over a grey ground.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        alpha: (height, width) uint8, 0–255: how opaque.
        background: grey level of the ground, 0–255.
    """
    image = Image.fromarray(np.dstack([pixels, alpha]))
    under = Image.new("RGBA", image.size, (background, background, background, 255))
    return np.array(Image.alpha_composite(under, image).convert("RGB"))
