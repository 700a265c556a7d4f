"""HEIC photographs, read by pillow-heif (BSD-3-Clause; libheif LGPL-3.0)."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from ..photos import exif_date
from ..reading import Reading
from ..refusal import Refused, check_size
from ..stack import ImageInfo, Stack, keep_last

ERRORS: tuple[type[Exception], ...] = ()  # of its own, beside those of all decoders


class Heif(Stack):
    """The pictures of a HEIC file, upright already: libheif obeys the camera's turn."""

    def __init__(self, path: str, size: int, reading: Reading) -> None:
        """Look at the header; raises Refused for a picture that is not there."""
        self._file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
        count = len(self._file)
        if reading.scene >= count:
            raise Refused(f"there is no picture {reading.scene + 1}; it has {count}")
        self._image = self._file[reading.scene]
        width, height = self._image.size
        check_size(width, height)
        self._bits = cast(int, self._image.info["bit_depth"])
        exif = cast(bytes | None, self._image.info.get("exif"))
        is_colour = self._image.mode.startswith("RGB")
        self.info = ImageInfo(width, height, size, "HEIF", 3 if is_colour else 1, is_colour, scenes=count,
                              scene_word="picture", bits=self._bits, acquired=exif_date(exif))

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) uint8 or uint16."""
        return self._values()[..., number]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) uint8 or uint16 R, G, B."""
        return self._values()[..., :3]

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        """(height, width), 0–255, or None."""
        values = self._values()
        if values.shape[-1] not in (2, 4):
            return None
        return (values[..., -1] >> (self._bits - 8)).astype(np.uint8)

    @keep_last
    def _values(self) -> NDArray[Any]:
        """(height, width, n) in the file's own numbers, which libheif gives as the upper bits of 16."""
        values = np.atleast_3d(np.asarray(self._image))
        return values if self._bits == 8 else values >> (16 - self._bits)
