"""DICOM files, read by pydicom (MIT)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.pixels.utils import pixel_array

from ..reading import Reading
from ..refusal import Refused, check_size
from ..stack import ImageInfo, Stack, keep_last

_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
ERRORS: tuple[type[Exception], ...] = (InvalidDicomError,)  # of its own, beside those of all decoders


class Dicom(Stack):
    """The frames of a DICOM file: time points, or planes where the recipe says that pages are; files seldom say it."""

    def __init__(self, path: str, size: int, reading: Reading) -> None:
        """Look at the header; raises Refused for a file without pixels, with a palette, or of tiles."""
        self._path = path
        data = pydicom.dcmread(path, stop_before_pixels=True)
        if "Rows" not in data or "Columns" not in data:
            raise Refused("a DICOM file without a picture")
        model = str(data.get("PhotometricInterpretation", ""))
        if model not in (*_COLOURS, "MONOCHROME1", "MONOCHROME2"):
            raise Refused(f"the color model {model} of DICOM cannot be read")
        if any(int(data.get(f"TotalPixelMatrix{side}") or 0) > int(data[side].value) for side in ("Columns", "Rows")):
            raise Refused("a whole slide in tiles, which is not read from DICOM; export it as SVS or TIFF")
        check_size(int(data.Columns), int(data.Rows))
        is_colour = model in _COLOURS
        frames, are_planes = int(data.get("NumberOfFrames") or 1), reading.pages == "z"
        spacing = data.get("PixelSpacing")
        self.info = ImageInfo(
            int(data.Columns), int(data.Rows), size, "DICOM", 3 if is_colour else 1, is_colour,
            planes=frames if are_planes else 1, times=1 if are_planes else frames,
            scene_word="page" if frames > 1 else "series",  # so that the user is asked what they are
            white_is_least=model == "MONOCHROME1",
            bits=int(data.BitsStored), stored_bits=int(data.BitsAllocated),
            kind="i" if data.PixelRepresentation else "u",
            acquired=_date(data), pixel_size_um=float(spacing[1]) * 1000 if spacing else None)

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) in the file's own numbers."""
        return self.colours(time, z)[..., number] if self.info.is_colour else self._frame(time, z)

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) R, G, B."""
        return self._frame(time, z)

    @keep_last
    def _frame(self, time: int, z: int) -> NDArray[Any]:
        """(height, width), or (height, width, 3) R, G, B: pydicom makes RGB of YBR models, and clears unused bits."""
        return np.asarray(pixel_array(self._path, index=z if self.info.planes > 1 else time))


def _date(data: Any) -> str:
    """ISO 8601 from ``20210203`` and ``040506.7``."""
    day, time = str(data.get("AcquisitionDate") or data.get("ContentDate") or ""), str(
        data.get("AcquisitionTime") or data.get("ContentTime") or "000000")
    with suppress(ValueError):
        return datetime.strptime(f"{day} {time[:6]}", "%Y%m%d %H%M%S").isoformat()
    return ""
