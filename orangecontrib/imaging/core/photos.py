"""JPEG, PNG, BMP, GIF, WebP and AVIF files, by Pillow; by imagecodecs where it is sooner or keeps what Pillow drops.

AVIF needs Pillow 11.3 or later.
"""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .avif import avif_form
from .integrity import PNG_START, damage, png_chunks
from .refusal import DECODER_ERRORS, Refused, check_size
from .stack import ImageInfo, Stack, keep_last

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", *(("AVIF",) if find_spec("PIL.AvifImagePlugin") else ()))
_PNG_HEADER = 33  # bytes up to the end of its first chunk
_LOOK_CLOSER = {b"acTL", b"eXIf"}  # an animation; a camera's orientation
_SMALL_BYTES = 64 << 10
_GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B")
_ORIENTATION, _DATE_TIME, _EXIF, _TAKEN = 0x0112, 0x0132, 0x8769, 0x9003


class Photo(Stack):
    """A photograph whose frames are its time points."""

    def __init__(self, data: bytes) -> None:
        """Look at the header of a whole file."""
        if damaged := damage(data):
            raise Refused(damaged)
        self._data = data
        self._image = _open(io.BytesIO(data))
        self.orientation = _orientation(self._image)
        self.info = _info(self._image, io.BytesIO(data), len(data), self.orientation, "")
        held = avif_form(io.BytesIO(data))[0] if self._image.format == "AVIF" else 8
        self.notes = (f"{held} bits, of which 8 are read, as of all animations",) if held > self.info.bits else ()

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) uint8, or uint16 of a deep PNG or AVIF file."""
        values = self._values(time)
        return values[..., number] if self.info.is_colour else values.reshape(*values.shape[:2], -1)[..., 0]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) R, G, B; uint8, or uint16 of a deep PNG or AVIF file."""
        return self._values(time)[..., :3]

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        """(height, width), 0–255, or None."""
        if self._is_deep:
            values = self._values(time)
            last = values.shape[2] if values.ndim == 3 else 1
            return (values[..., -1] >> (self.info.bits - 8)).astype(np.uint8) if last in (2, 4) else None
        image = self._frame(time)
        return np.array(image.convert("RGBA").getchannel("A")) if image.has_transparency_data else None

    @property
    def _is_deep(self) -> bool:
        return self.info.bits > 8

    @keep_last
    def _values(self, time: int) -> NDArray[Any]:
        """(height, width) or (height, width, n)."""
        if self._is_deep:
            return _deep(self._data)
        plain = _plain_jpeg(self._image, self._data)
        if plain is not None:
            return plain
        image = self._frame(time)
        if not self.info.is_colour:
            return np.array(image.convert("L") if image.mode != "LA" else image.getchannel("L"))
        if image.has_transparency_data:
            image = image.convert("RGBA")
        return np.array(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))

    def _frame(self, time: int) -> Image.Image:
        if time != getattr(self._image, "tell", lambda: 0)():
            self._image.seek(time)
        return self._image


def probe_photo(file: IO[bytes], size: int) -> ImageInfo:
    """What the header of an open file of so many bytes says; no pixel is decoded."""
    file.seek(0)
    if size <= _SMALL_BYTES and (info := _small_png(file.read(size))):
        return info
    image = _open(file)
    if image.format == "PNG" and "exif" not in image.info:
        # For an EXIF block behind the pixels, Pillow would decode them all.
        late = next((file.read(length) for name, length in png_chunks(file) if name == b"eXIf"), b"")
        image.info["exif"] = b"Exif\0\0" + late if late else b""
    return _info(image, file, size, _orientation(image), exif_date(image.info.get("exif")))


def _small_png(data: bytes) -> ImageInfo | None:
    """The same for a whole PNG file in a fifth of Pillow's time; None where Pillow is to look closer."""
    if not data.startswith(PNG_START) or len(data) < _PNG_HEADER:
        return None
    names = [name for name, _ in png_chunks(io.BytesIO(data))]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or not {b"IDAT"} <= set(names) or _LOOK_CLOSER & set(names):
        return None
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    check_size(width, height)
    bits, kind = data[24:26]
    is_colour = kind != 0 and kind != 4
    return ImageInfo(width, height, len(data), "PNG", channels=3 if is_colour else 1, is_colour=is_colour,
                     time_word="frame", bits=max(8, bits))


def valid_orientation(value: object) -> int:
    """The EXIF or TIFF orientation tag; 1 (upright) for what is none of 1–8."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def iso_date(text: object) -> str:
    """A date of EXIF or TIFF, ``2017:08:21 15:08:07``, in ISO 8601; ``""`` for what is none."""
    with suppress(ValueError):
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()
    return ""


def iso_time(text: str) -> str:
    """A date of ISO 8601, such as OME-XML and CZI have, to the second; ``""`` for what is none."""
    with suppress(ValueError):
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None, microsecond=0).isoformat()
    return ""


def exif_date(block: bytes | None) -> str:
    """When a camera took a picture, by its EXIF block, in ISO 8601; ``""`` where it does not say so."""
    exif = Image.Exif()
    try:
        exif.load(block or b"")
        return iso_date(exif.get_ifd(_EXIF).get(_TAKEN) or exif.get(_DATE_TIME))
    except DECODER_ERRORS:
        return ""


def _open(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    image = Image.open(file, formats=_FORMATS)
    check_size(*image.size)
    return image


def _info(image: Image.Image, file: IO[bytes], size: int, orientation: int, acquired: str) -> ImageInfo:
    width, height = image.size if orientation < 5 else image.size[::-1]
    deep = _deep_form(image, file)
    frames = 1 if deep else getattr(image, "n_frames", 1)
    # Later frames of a GIF may have colours.
    bits, is_colour = deep or (8, image.mode not in _GREY_MODES or frames > 1)
    return ImageInfo(
        width, height, size, image.format or "", channels=3 if is_colour else 1, is_colour=is_colour, times=frames,
        time_word="frame", bits=bits, acquired=acquired)


def _deep_form(image: Image.Image, file: IO[bytes]) -> tuple[int, bool] | None:
    """Bits of a number, and whether there is colour, where Pillow would read 8 bits of more."""
    if image.format == "AVIF" and getattr(image, "n_frames", 1) == 1:
        bits, is_colour = avif_form(file)
        return (bits, is_colour) if bits > 8 else None
    file.seek(0)
    start = file.read(_PNG_HEADER)
    # The PNG specification's colour types 2 and 6 are in colour.
    return (16, start[25] & 2 == 2) if start.startswith(PNG_START) and start[24:25] == b"\x10" else None


def _orientation(image: Image.Image) -> int:
    """1–8; as it lies in the file (1) where the EXIF block is damaged, which no viewer minds."""
    try:
        return valid_orientation(image.getexif().get(_ORIENTATION))
    except DECODER_ERRORS:
        return 1


def _deep(data: bytes) -> NDArray[np.uint16]:
    """All bits of a PNG or AVIF file; Pillow drops some of them."""
    import imagecodecs
    decode = imagecodecs.png_decode if data.startswith(PNG_START) else imagecodecs.avif_decode
    values: NDArray[np.uint16] = decode(data)
    return values


def _plain_jpeg(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """(height, width, 3) uint8 of a JPEG of one scan in colour, equal to Pillow's and sooner there; else None.

    imagecodecs says nothing of a file that was cut, and fills it with grey. `damage` has looked for that, but of a
    progressive file only Pillow sees that it was cut between its scans.
    """
    if image.format != "JPEG" or image.mode != "RGB" or "progressive" in image.info:
        return None
    import imagecodecs
    try:
        pixels: NDArray[np.uint8] = imagecodecs.jpeg8_decode(data)
    except (imagecodecs.Jpeg8Error, ValueError):
        return None
    return pixels if pixels.shape == (image.height, image.width, 3) else None
