"""Zeiss CZI files, read by pylibCZIrw (Zeiss, LGPL-3.0)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pylibCZIrw import czi

from ..photos import iso_time
from ..reading import Reading
from ..refusal import Refused
from ..stack import ImageInfo, Stack, keep_last, reduction

_BITS = {"Gray8": 8, "Gray16": 16, "Gray32Float": 32, "Bgr24": 8, "Bgr48": 16}
_PLANE = "CTZ"  # the axes of a scene, as libCZI calls them
ERRORS: tuple[type[Exception], ...] = ()  # of its own, beside those of all decoders


class Czi(Stack):
    """One scene of a CZI file; very large ones are read from its pyramid, made smaller by a whole number.

    Channels that are colour pictures themselves, phases, illuminations and views are scenes too. Times, planes and
    channels are counted from the first of the file, whatever its number.
    """

    def __init__(self, path: str, size: int, reading: Reading) -> None:
        """Look at the metadata; raises Refused for a scene or kind of pixel that is not there."""
        self._file = czi.CziReader(path)
        blocks, self._kind = _blocks(self._file)
        inner = _PLANE.replace("C", "") if self._is_colour else _PLANE
        outer = sorted(blocks[0].keys() - set(inner), key=lambda axis: (axis != "S", axis))
        scenes = sorted({tuple(block[axis] for axis in outer) for block in blocks})
        if reading.scene >= len(scenes):
            raise Refused(f"there is no series {reading.scene + 1}; it has {len(scenes)}")
        self._place = dict(zip(outer, scenes[reading.scene], strict=True))
        self._recorded = {tuple(block[axis] for axis in _PLANE) for block in blocks
                          if self._place.items() <= block.items()}
        self._ranges = {axis: range(min(block[axis] for block in blocks), max(block[axis] for block in blocks) + 1)
                        for axis in _PLANE}
        place = (self._file.scenes_bounding_rectangle[self._place["S"]] if "S" in self._place
                 else self._file.total_bounding_rectangle)
        self._reduced = reduction(place.w, place.h)
        self.notes = (f"made smaller {self._reduced} times",) if self._reduced > 1 else ()
        self.info = self._info(place.w // self._reduced, place.h // self._reduced, size, len(scenes))

    def has_plane(self, number: int, time: int, z: int) -> bool:
        """Whether it was recorded; elsewhere the file would be read as black."""
        plane = self._plane(number, time, z)
        return tuple(plane[axis] for axis in _PLANE) in self._recorded

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) in the file's own numbers."""
        if self._is_colour:
            return self.colours(time, z)[..., number]
        return self._read(number, time, z)[..., 0]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) R, G, B; the file holds B, G, R."""
        return self._read(0, time, z)[..., ::-1]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def _is_colour(self) -> bool:
        return self._kind.startswith("Bgr")

    def _plane(self, channel: int, time: int, z: int) -> dict[str, int]:
        """Where it lies in the file, by its own numbers; the channel of a colour picture is that of its scene."""
        numbers = zip(_PLANE, (channel, time, z), strict=True)
        return {**{axis: self._ranges[axis].start + number for axis, number in numbers}, **self._place}

    @keep_last
    def _read(self, channel: int, time: int, z: int) -> NDArray[Any]:
        plane = self._plane(channel, time, z)
        zoom = 1 / self._reduced if self._reduced > 1 else None
        return np.asarray(self._file.read(plane=plane, scene=plane.pop("S", None), zoom=zoom, pixel_type=self._kind))

    def _info(self, width: int, height: int, size: int, scenes: int) -> ImageInfo:
        channels, times, planes = (len(self._ranges[axis]) for axis in _PLANE)
        bits, found = _BITS[self._kind], _metadata(self._file.metadata)
        names, colours = _channels(found)
        return ImageInfo(
            width, height, size, "CZI", 3 if self._is_colour else channels, self._is_colour, planes, times, scenes,
            bits=min(bits, int(_text(found, "Information", "Image", "ComponentBitCount") or bits)), stored_bits=bits,
            kind="f" if "Float" in self._kind else "u", channel_names=names if len(names) == channels else (),
            colours=colours if len(colours) == channels else (), pixel_size_um=_pixel_size(found, self._reduced),
            acquired=iso_time(_text(found, "Information", "Image", "AcquisitionDateAndTime")))


def _blocks(file: czi.CziReader) -> tuple[list[dict[str, int]], str]:
    """Where on each axis the file has pixels, all axes alike, and of what kind they are. Raises Refused."""
    places: set[frozenset[tuple[str, int]]] = set()
    kinds: set[str] = set()

    def note(_: int, block: Any) -> bool:
        places.add(frozenset(block.coordinate.to_dict().items()))
        kinds.add(block.pixelType.name)
        return True

    file.enumerate_subblocks_subset(note, only_layer0=True)  # of the pyramid, some say no scene
    if not places:
        raise Refused("the file is damaged (there is no picture in it)")
    if len(kinds) != 1 or not kinds <= set(_BITS):
        raise Refused(f"its pixels ({', '.join(sorted(kinds))}) are of unusual or different kinds; "
                      "export it as OME-TIFF")
    blocks = list(map(dict, places))
    axes = dict.fromkeys([*_PLANE, *(axis for block in blocks for axis in block)], 0)
    return [{**axes, **block} for block in blocks], kinds.pop()


def _metadata(document: Any) -> Any:
    return (document or {}).get("ImageDocument", {}).get("Metadata", {}) or {}


def _at(found: Any, *names: str) -> Any:
    """A part of the metadata, None where it is not there."""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(found: Any, *names: str) -> str:
    part = _at(found, *names)
    return part if isinstance(part, str) else ""


def _channels(found: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and colours, such as ``#00ff00``, as the microscope's program shows them."""
    channels = _at(found, "DisplaySetting", "Channels", "Channel") or []
    channels = [one for one in (channels if isinstance(channels, list) else [channels]) if isinstance(one, dict)]
    colours = [str(one.get("Color", ""))[-6:].lower() for one in channels]
    return (tuple(str(one.get("@Name") or one.get("ShortName") or "") for one in channels),
            tuple(f"#{colour}" for colour in colours) if all(len(colour) == 6 for colour in colours) else ())


def _pixel_size(found: Any, reduced: int) -> float | None:
    distances = _at(found, "Scaling", "Items", "Distance") or []
    for distance in distances if isinstance(distances, list) else [distances]:
        if isinstance(distance, dict) and distance.get("@Id") == "X" and distance.get("Value"):
            return float(distance["Value"]) * 1e6 * reduced or None
    return None
