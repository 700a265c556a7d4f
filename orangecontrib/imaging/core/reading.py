"""`Reading`: the recipe that turns a file into a picture. It travels with the image column and with every vector."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from numbers import Real
from typing import Any

from .errors import WrongUse

MAX_COMPOSITE = 6  # channels in one picture
_BY_PERCENTILES = ("auto", "percentiles")
CONTRASTS = (*_BY_PERCENTILES, "type", "range")
PROJECTIONS = ("max", "middle", "plane")
PAGES = ("scene", "time", "z", "channel")
_COLOUR = re.compile(r"#[0-9a-f]{6}")

Range = tuple[float, float]
_USUAL_PERCENTILES: Range = (0.1, 99.9)


def _range(ends: Iterable[Any]) -> Range:
    """Both ends as floats, so that equal ranges are written alike. Raises TypeError or ValueError for other things."""
    low, high = ends
    if not all(isinstance(end, Real) and not isinstance(end, bool) for end in (low, high)):
        raise TypeError(f"{low!r} and {high!r} are not both numbers")
    return float(low), float(high)


def _ranges(ranges: Iterable[Any]) -> tuple[Range, ...]:
    return tuple(map(_range, ranges))


_FORMS: dict[str, Callable[[Any], object]] = {
    "channels": tuple, "colours": tuple, "percentiles": _range, "ranges": _ranges}


@dataclass(frozen=True)
class Reading:
    """The recipe that turns a file into a picture; equal recipes give equal pixels.

    Attributes:
        scene: which series, scene or page, from 0.
        time: which time point, or frame of an animation, from 0.
        projection: of a z-stack: ``"max"`` (the brightest value along z), ``"middle"`` (the plane in the middle) or
            ``"plane"`` (the plane `z`).
        z: the plane for ``projection="plane"``, from 0.
        pages: what the pages of a TIFF file are that does not say so: ``"scene"``, ``"time"``, ``"z"`` or
            ``"channel"``. The frames of a DICOM file are planes for ``"z"``, else time points.
        channels: which channels, from 0; ``()``: all, up to six.
        separate: each of `channels` is a gray picture of its own; their vectors stand side by side.
        colours: of each of `channels`, such as ``"#ff0000"``; ``()``: those the file names, else the usual ones.
        contrast: how numbers become gray levels 0–255. ``"auto"``: up to 8 bits as they are, deeper ones by
            percentiles; ``"percentiles"``: whatever the depth; ``"type"``: the full range of the integer type;
            ``"range"``: `ranges`.
        percentiles: the numbers at these percentiles become 0 and 255; the usual ones where `contrast` asks for none.
        ranges: (low, high) for ``"range"``, in the file's own numbers: one for all, or one for each of `channels`.
        joined: the channels of a picture lie in files of their own, whose names have ``|`` between them.
        background: gray level (0–255) that shows through transparent pixels.
    """

    scene: int = 0
    time: int = 0
    projection: str = "max"
    z: int = 0
    pages: str = "scene"
    channels: tuple[int, ...] = ()
    separate: bool = False
    colours: tuple[str, ...] = ()
    contrast: str = "auto"
    percentiles: Range = _USUAL_PERCENTILES
    ranges: tuple[Range, ...] = ()
    joined: bool = False
    background: int = 255

    def __post_init__(self) -> None:
        """Raise WrongUse for what cannot be."""
        for name, form in _FORMS.items():
            try:
                object.__setattr__(self, name, form(getattr(self, name)))
            except (TypeError, ValueError) as error:
                raise WrongUse(f"Pictures cannot be read so: {name} {getattr(self, name)!r} are of the wrong "
                               "kind.") from error
        for wrong in _wrong(self):
            raise WrongUse(f"Pictures cannot be read so: {wrong}.")
        if self.contrast not in _BY_PERCENTILES:  # equal pixels have equal recipes
            object.__setattr__(self, "percentiles", _USUAL_PERCENTILES)

    def to_json(self) -> str:
        """What differs from the default recipe, as JSON with sorted keys: equal recipes give equal text."""
        usual = asdict(Reading())
        return json.dumps({name: value for name, value in asdict(self).items() if value != usual[name]}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Reading:
        """The recipe that `to_json` wrote. Raises WrongUse for what cannot be, else ValueError or TypeError."""
        return cls(**json.loads(text))

    def parts(self) -> tuple[Reading, ...]:
        """The recipes of the pictures that one file gives: itself, or one a channel."""
        if not self.separate:
            return (self,)
        return tuple(replace(self, channels=(channel,), separate=False, colours=(), ranges=self.channel_ranges(place))
                     for place, channel in enumerate(self.channels))

    def channel_ranges(self, place: int) -> tuple[Range, ...]:
        """Of `ranges`, that of the channel at this place of `channels`."""
        return (self.ranges[place],) if len(self.ranges) > 1 else self.ranges


def _wrong(reading: Reading) -> list[str]:
    """What cannot be, as clauses."""
    checks = {
        f"{name} {getattr(reading, name)!r}; choose from {', '.join(allowed)}": getattr(reading, name) in allowed
        for name, allowed in (("projection", PROJECTIONS), ("pages", PAGES), ("contrast", CONTRASTS))}
    numbers: tuple[Any, ...] = (reading.scene, reading.time, reading.z, *reading.channels)
    low, high = reading.percentiles
    count = len(reading.channels)
    checks |= {
        "scenes, times, planes and channels are whole numbers": all(map(_is_whole, numbers)),
        "scenes, times, planes and channels count from 0": all(number >= 0 for number in numbers if _is_whole(number)),
        "a background is a gray level from 0 to 255": _is_whole(reading.background) and 0 <= reading.background <= 255,
        "separate and joined are true or false": {type(reading.separate), type(reading.joined)} == {bool},
        "each channel can be named only once": all(reading.channels.count(one) == 1 for one in reading.channels),
        f"one picture shows at most {MAX_COMPOSITE} channels": reading.separate or count <= MAX_COMPOSITE,
        "say which channels stand on their own": bool(count) or not reading.separate,
        "a color is written as #ff8800": all(isinstance(one, str) and _COLOUR.fullmatch(one)
                                              for one in reading.colours),
        "give as many colors as channels": len(reading.colours) in (0, count),
        "percentiles lie between 0 and 100, the lower one first": 0 <= low < high <= 100,
        "give the range of contrast": bool(reading.ranges) or reading.contrast != "range",
        "give one range, or one for each channel": len(reading.ranges) in (0, 1, count),
        "of a range, the lower end comes first, and both are finite":
            all(-math.inf < low < high < math.inf for low, high in reading.ranges),
    }
    return [clause for clause, holds in checks.items() if not holds]


def _is_whole(number: object) -> bool:
    """Whether it is an int; True and False are none here."""
    return type(number) is int
