"""What a picture file holds: `ImageInfo` says it, a `Stack` gives its planes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import MAX_COMPOSITE, Reading
from .refusal import MAX_PIXELS

LONGEST_SLIDE = 4096


@dataclass(frozen=True)
class ImageInfo:
    """What a file's header says of one of its scenes.

    Attributes:
        width, height: upright, in pixels.
        bytes: of the file on disk.
        format: such as ``"PNG"`` or ``"OME-TIFF"``.
        channels: 3 for a colour picture; transparency is not counted.
        is_colour: whether the channels are red, green and blue of one colour picture.
        planes, times, scenes: how many; 1 where there is no such axis.
        time_word, scene_word: what the file's format calls one of them.
        white_is_least: whether small numbers are bright, as in many X-ray pictures.
    bits: of a number that are in use, as the file says.
        stored_bits: of a number as it is stored; 0: as many.
        kind: NumPy's letter for the numbers: ``"u"``, ``"i"`` (signed), ``"f"`` or ``"b"``.
        channel_names: one a channel, or none.
        colours: one a channel such as ``"#00ff00"``, or none.
        pixel_size_um: width of a pixel in micrometres; None where it is not known.
        acquired: when the picture was taken, in ISO 8601; ``""`` where it is not known.
        full_width, full_height: of what was recorded, where it is read smaller; 0: as `width` and `height`.
    """

    width: int
    height: int
    bytes: int
    format: str
    channels: int = 3
    is_colour: bool = True
    planes: int = 1
    times: int = 1
    scenes: int = 1
    time_word: str = "time point"
    scene_word: str = "series"
    white_is_least: bool = False
    bits: int = 8
    stored_bits: int = 0
    kind: str = "u"
    channel_names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    pixel_size_um: float | None = None
    acquired: str = ""
    full_width: int = 0
    full_height: int = 0

    @property
    def full_size(self) -> tuple[int, int]:
        """(width, height) of what was recorded."""
        return self.full_width or self.width, self.full_height or self.height

    @property
    def is_deep(self) -> bool:
        """Whether numbers are stored in more than 8 bits, however few the file says are in use."""
        return max(self.bits, self.stored_bits) > 8


class Stack(ABC):
    """A file that was opened; a plane is read when it is asked for.

    Attributes:
        info: what it holds.
        orientation: how it is to be turned, 1–8 as in the TIFF 6.0 specification, section 8.
        notes: clauses on what was done to read it, such as that it was made smaller.
    """

    info: ImageInfo
    orientation: int = 1
    notes: tuple[str, ...] = ()
    _last: tuple[tuple[int, ...], NDArray[Any]] | None = None  # of `keep_last`: a place, and the frame there

    @abstractmethod
    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) of one channel, in the file's own numbers, as it lies in the file."""

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) of a colour picture: R, G, B in the file's own numbers."""
        return np.stack([self.channel(number, time, z) for number in range(3)], axis=-1)

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        """(height, width): how opaque each pixel is, 0–255; None: all are."""
        return None

    def has_plane(self, number: int, time: int, z: int) -> bool:
        """Whether the file holds this plane of a channel; most hold all that their axes promise."""
        return True

    def close(self) -> None:  # noqa: B027 (most have nothing to let go of)
        """Let go of what was opened."""


def keep_last(decode: Callable[..., NDArray[Any]]) -> Callable[..., NDArray[Any]]:
    """A method of a stack that decodes the frame at a place; it keeps the last one, and is for one method a class.

    The colours of a frame, its channels and its transparency are asked for one after the other.
    """
    @wraps(decode)
    def frame(stack: Stack, *place: int) -> NDArray[Any]:
        if stack._last is None or stack._last[0] != place:
            stack._last = None  # for memory's sake, before the next is decoded
            stack._last = place, decode(stack, *place)
        return stack._last[1]
    return frame


def reduction(width: int, height: int, smallest: bool = False) -> int:
    """The power of two by which a very large picture is made smaller: 1 for most.

    Args:
        smallest: make it as small as is still looked at in full: no side longer than 4,096 pixels.
    """
    times = 1
    while (max(width, height) // times > LONGEST_SLIDE) if smallest else (width * height // times**2 > MAX_PIXELS):
        times *= 2
    return times


def shown_channels(info: ImageInfo, reading: Reading) -> tuple[int, ...]:
    """The channels of a picture, from 0."""
    return reading.channels or tuple(range(min(info.channels, MAX_COMPOSITE)))


def middle_plane(info: ImageInfo) -> int:
    """The plane in the middle; of an even number the one after it."""
    return info.planes // 2


def number_kind(info: ImageInfo) -> str:
    """Of what kind the numbers are, for people; only those of one kind can be compared with each other."""
    white = " whose smallest is white" * info.white_is_least
    if info.kind == "f":
        return f"numbers with decimals{white}"
    bits = max(info.bits, info.stored_bits)
    return f"{'signed ' * (info.kind == 'i')}whole numbers of {bits} {'bit' if bits == 1 else 'bits'}{white}"


def describe(info: ImageInfo, reading: Reading) -> str:
    """What a file holds and what is shown of it; ``""`` for a plain picture that is shown as it is.

    Such as ``16 bits, 3 channels, 25 planes: maximum projection, contrast 0.1–99.9 %``.
    """
    shown = _shown(info, reading)
    held = ", ".join(_held(info))
    return f"{held}: {', '.join(shown)}" if held and shown else held or ", ".join(shown)


def _held(info: ImageInfo) -> list[str]:
    depth = {"f": f"{info.bits}-bit float", "i": f"{info.bits} bits, signed"}.get(info.kind, f"{info.bits} bits")
    counts = ((info.channels if not info.is_colour else 1, "channel"), (info.planes, "plane"),
              (info.times, info.time_word), (info.scenes, info.scene_word))
    return [depth] * (info.is_deep or info.kind in "fi") + [
        f"{count} {word if word.endswith('s') else f'{word}s'}" for count, word in counts if count > 1]


def _shown(info: ImageInfo, reading: Reading) -> list[str]:
    z = middle_plane(info) if reading.projection == "middle" else reading.z
    shown = ["maximum projection" if reading.projection == "max" else f"plane {z + 1}"] * (info.planes > 1)
    shown += [f"{word} {number + 1}" for count, word, number in (
        (info.times, info.time_word, reading.time), (info.scenes, info.scene_word, reading.scene)) if count > 1]
    if reading.channels or (not info.is_colour and info.channels > MAX_COMPOSITE):
        shown.append(_channels_text(shown_channels(info, reading), reading.separate))
    return shown + _contrast_text(info, reading)


def _channels_text(channels: tuple[int, ...], separate: bool) -> str:
    numbers = ", ".join(str(channel + 1) for channel in channels)
    words = f"channel {numbers}" if len(channels) == 1 else f"channels {numbers}"
    return f"{words}, each on its own" if separate else words


def _contrast_text(info: ImageInfo, reading: Reading) -> list[str]:
    if reading.contrast == "range":
        return [f"contrast {', '.join(f'{low:g}–{high:g}' for low, high in reading.ranges)}"]
    if reading.contrast == "type":
        return ["contrast of the full range"] * info.is_deep
    if reading.contrast == "auto" and not info.is_deep:
        return []
    low, high = reading.percentiles
    return [f"contrast {low:g}–{high:g} %"]
