"""Nikon ND2 files, read by nd2 (BSD-3-Clause)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import nd2
import numpy as np
from numpy.typing import NDArray

from ..photos import iso_time
from ..reading import Reading
from ..refusal import Refused, check_size
from ..stack import ImageInfo, Stack, keep_last

_JULIAN_1970 = 2440587.5  # the Julian day on which Unix time begins
ERRORS: tuple[type[Exception], ...] = ()  # of its own, beside those of all decoders


class Nd2(Stack):
    """One position of an ND2 file."""

    def __init__(self, path: str, size: int, reading: Reading) -> None:
        """Look at the metadata; raises Refused for a position that is not there."""
        self._file = nd2.ND2File(path)
        self._sizes = dict(self._file.sizes)
        if "S" in self._sizes and self._sizes.get("C", 1) > 1:
            raise Refused("several channels that are color pictures themselves; export it as OME-TIFF")
        self._outer = {axis: count for axis, count in self._sizes.items() if axis not in "CYXS"}
        scenes = int(np.prod([count for axis, count in self._outer.items() if axis not in "TZ"], initial=1))
        if reading.scene >= scenes:
            raise Refused(f"there is no position {reading.scene + 1}; it has {scenes}")
        check_size(self._sizes["X"], self._sizes["Y"])
        others = [count for axis, count in self._outer.items() if axis not in "TZ"]
        self._place = dict(zip([axis for axis in self._outer if axis not in "TZ"],
                               np.unravel_index(reading.scene, others) if others else (), strict=True))
        self.info = self._info(size, scenes)

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) in the file's own numbers."""
        if self.info.is_colour:
            return self.colours(time, z)[..., number]
        frame = self._frame(time, z)
        return frame if frame.ndim == 2 else frame[number]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) R, G, B."""
        return self._frame(time, z)[..., :3]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @keep_last
    def _frame(self, time: int, z: int) -> NDArray[Any]:
        """(height, width), (channels, height, width), or (height, width, 3)."""
        place: dict[str, Any] = {**self._place, "T": time, "Z": z}
        number = int(np.ravel_multi_index([int(place[axis]) for axis in self._outer], list(self._outer.values())))
        return np.squeeze(np.asarray(self._file.read_frame(number if self._outer else 0)))

    def _info(self, size: int, scenes: int) -> ImageInfo:
        sizes, is_colour = self._sizes, "S" in self._sizes
        channels = 3 if is_colour else sizes.get("C", 1)
        known = [one.channel for one in (getattr(self._file.metadata, "channels", None) or [])]
        names = tuple(one.name for one in known)
        colours = tuple("#{:02x}{:02x}{:02x}".format(*one.color[:3]) for one in known)
        dtype = np.dtype(self._file.dtype)
        return ImageInfo(
            sizes["X"], sizes["Y"], size, "ND2", channels, is_colour, sizes.get("Z", 1), sizes.get("T", 1), scenes,
            scene_word="position", bits=self._file.attributes.bitsPerComponentSignificant,
            stored_bits=8 * dtype.itemsize, kind=dtype.kind, channel_names=names if len(names) == channels else (),
            colours=colours if len(colours) == channels else (), pixel_size_um=self._file.voxel_size().x or None,
            acquired=_date(self._file.frame_metadata(0)))


def _date(frame: Any) -> str:
    """ISO 8601, in UTC, from the Julian day of a frame; of files of old versions, nd2 gives a dict in its place."""
    days = [one.time.absoluteJulianDayNumber - _JULIAN_1970 for one in getattr(frame, "channels", [])]
    return iso_time(datetime.fromtimestamp(days[0] * 86400, UTC).isoformat()) if days and days[0] > 0 else ""
