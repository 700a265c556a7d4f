"""Leica LIF files, read by liffile (BSD-3-Clause)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from liffile import LifFile, LifFileError
from numpy.typing import NDArray

from ..photos import iso_time
from ..reading import Reading
from ..refusal import Refused, check_size
from ..stack import ImageInfo, Stack

_CHANNELS = "./Data/Image/ImageDescription/Channels/ChannelDescription"
_COLOURS = {"Gray": "#ffffff", "Red": "#ff0000", "Green": "#00ff00", "Blue": "#0000ff", "Cyan": "#00ffff",
            "Magenta": "#ff00ff", "Yellow": "#ffff00"}  # of Leica's lookup tables that have one
_MOST_BYTES = 2 << 30  # of one series, which is read as a whole
ERRORS: tuple[type[Exception], ...] = (LifFileError,)  # of its own, beside those of all decoders


class Lif(Stack):
    """One series of a LIF file."""

    def __init__(self, path: str, size: int, reading: Reading) -> None:
        """Look at the metadata; raises Refused for a series that is not there or is too large."""
        self._file = LifFile(path)
        images = [image for image in self._file.images if {"Y", "X"} <= set(image.dims)]
        places = [(image, place) for image in images for place in np.ndindex(*_others(image).values())]
        if reading.scene >= len(places):
            raise Refused(f"there is no series {reading.scene + 1}; it has {len(places)}")
        self._image, place = places[reading.scene]
        if {"S", "C"} <= {axis for axis, count in self._image.sizes.items() if count > 1}:
            raise Refused("several channels that are color pictures themselves; export it as OME-TIFF")
        if self._image.nbytes > _MOST_BYTES:
            raise Refused("a series of more than 2 GiB; export it as OME-TIFF")
        self._place = dict(zip(_others(self._image), place, strict=True))
        self._values: NDArray[Any] | None = None
        self.info = self._info(size, len(places))

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) in the file's own numbers."""
        return self._plane({"C": number, "S": number, "T": time, "Z": z})

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _plane(self, place: dict[str, int]) -> NDArray[Any]:
        if self._values is None:
            self._values = np.asarray(self._image.asarray())
        place, dims = {**self._place, **place}, self._image.dims
        values = self._values[tuple(slice(None) if axis in "YX" else place.get(axis, 0) for axis in dims)]
        return values if dims.index("Y") < dims.index("X") else values.T

    def _info(self, size: int, scenes: int) -> ImageInfo:
        sizes = dict(self._image.sizes)
        check_size(sizes["X"], sizes["Y"])
        dtype, channels = np.dtype(self._image.dtype), sizes.get("S", sizes.get("C", 1))
        known = sorted(self._image.xml_element.findall(_CHANNELS), key=lambda one: int(one.get("BytesInc", 0)))
        bits = max((int(one.get("Resolution", 0)) for one in known), default=0)
        step = np.diff(np.asarray(self._image.coords.get("X", ()), float)[:2])
        return ImageInfo(
            sizes["X"], sizes["Y"], size, "LIF", channels, "S" in sizes, sizes.get("Z", 1),
            sizes.get("T", 1), scenes, bits=bits or 8 * dtype.itemsize, stored_bits=8 * dtype.itemsize, kind=dtype.kind,
            channel_names=_one_each(map(_dye, known), channels),
            colours=_one_each((_COLOURS.get(one.get("LUTName", ""), "") for one in known), channels),
            pixel_size_um=float(step[0]) * 1e6 if step.size and step[0] > 0 else None,
            acquired=_date(self._image.timestamps))


def _dye(channel: Element) -> str:
    """What a ChannelDescription of LAS X says was stained with, without its maker; ``""`` where it does not say."""
    said = {one.findtext("Key"): one.findtext("Value") for one in channel.findall("ChannelProperty")}
    return (said.get("DyeName") or "").rpartition("/")[2]


def _one_each(values: Iterable[str], channels: int) -> tuple[str, ...]:
    found = tuple(values)
    return found if len(found) == channels and all(found) else ()


def _date(times: NDArray[np.datetime64] | None) -> str:
    """ISO 8601, in UTC, of the first frame."""
    return iso_time(str(times[0])) if times is not None and len(times) else ""


def _others(image: Any) -> dict[str, int]:
    """The axes whose places are series of their own, such as the positions of a mosaic."""
    return {axis: count for axis, count in image.sizes.items() if axis not in ("Y", "X", "Z", "T", "C", "S")}
