"""A picture as the bytes of a PNG, JPEG or TIFF file, in the size that was chosen."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import UnreadableImage, first_line
from .readers import Readers, shared_readers
from .reading import Reading
from .save_plan import FORMATS, Form

_JPEG_LONGEST_PX = 65_500  # of libjpeg, JPEG_MAX_DIMENSION in jmorecfg.h; the format itself could hold 65,535
_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {},
    "jpeg": {"subsampling": 0},  # as many pixels of colour as of brightness: stains differ in colour
    "tiff": {"compression": "tiff_adobe_deflate"},
}
_TORCH_PATIENCE_S = 120.0  # the first picture waits for torch to load


class PictureWriter:
    """Reads pictures in child processes and encodes them; a context, which ends those that it started."""

    def __init__(self, form: Form, reading: Reading) -> None:
        self._form, self._reading = form.made, reading
        self._fitting = Readers(1, patience_s=_TORCH_PATIENCE_S)

    def __enter__(self) -> PictureWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._fitting.close()

    def encoded(self, path: str) -> bytes:
        """The file that a picture becomes; of the copy of a file that is a tile, PNG.

        Raises:
            UnreadableImage: as `images.read_image`; or it cannot be encoded, as what is too long for a JPEG file.
        """
        pixels = self.pixels(path)
        kind = self._form.format
        if kind == "jpeg" and max(pixels.shape) > _JPEG_LONGEST_PX:
            raise UnreadableImage(path, f"longer than {_JPEG_LONGEST_PX:,} pixels, which no JPEG file holds; choose "
                                        "PNG or TIFF, or a smaller size")
        options = {**_OPTIONS[kind], **({"quality": self._form.quality} if kind == "jpeg" else {})}
        buffer = io.BytesIO()
        try:
            Image.fromarray(pixels).save(buffer, kind.upper(), **options)
        except OSError as error:
            raise UnreadableImage(path, f"it cannot be written as {FORMATS[kind]} ({first_line(error)})") from error
        return buffer.getvalue()

    def pixels(self, path: str) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB, 0–255, as it is written.

        By `images.read_image`; where it is made smaller by `thumbnails.read_thumbnail`, and for a network by
        `preprocess.fit`. Raises UnreadableImage.
        """
        form, readers = self._form, shared_readers()
        if form.size == "full":
            return readers.picture(path, self._reading).pixels
        if form.size == "longest":
            return readers.thumbnail(path, form.longest_px, self._reading).pixels
        return self._fitting.fitted(path, self._reading, form.network, form.fit).pixels
