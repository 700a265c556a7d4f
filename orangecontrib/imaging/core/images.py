"""Read one picture: `Reading`, the recipe; `read_image`, the pixels; `probe_image`, the header only.

Read so far: pictures of at most 8 bits a channel and one plane. Whatever is deeper or has more planes is refused
with its reason and never passed on changed. Photographs go through Pillow, the pixels of plain JPEG files through
imagecodecs, TIFF through tifffile.
"""

from __future__ import annotations

import io
import json
import os
import stat
import struct
from dataclasses import asdict, dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .errors import UnreadableImage, WrongUse
from .integrity import PNG_START, damage, png_chunks

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff"})
READERS_VERSION = 1  # raised whenever the same file gives other pixels: part of each vector's identity
MAX_PIXELS = 178_956_970  # Pillow's own bound against decompression bombs, for every format
MAX_BYTES = 2 << 30
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_DEPTH_AT = 24
_ORIENTATION = 0x0112
# Pillow, tifffile and their codecs report damaged files by any of these; anything else is a defect of ours.
_DECODER_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, SyntaxError, RuntimeError,
                   ArithmeticError, MemoryError, struct.error, Image.DecompressionBombError)


class Refused(ValueError):
    """A file that the decoders would read, but wrongly or not so far; ``str(error)`` is the reason, a clause."""


@dataclass(frozen=True)
class Reading:
    """The recipe that turns a file into a picture; it travels with the image column.

    Attributes:
        frame: which picture of an animation, from 0.
        background: grey level (0–255) that shows through transparent pixels.
    """

    frame: int = 0
    background: int = 255

    def __post_init__(self) -> None:
        """Raise WrongUse for numbers out of range."""
        if self.frame < 0 or not 0 <= self.background <= 255:
            raise WrongUse(f"No picture can be read with frame {self.frame} and background {self.background}. "
                           "Frames count from 0; a background is a grey level from 0 to 255.")

    def to_json(self) -> str:
        """The recipe as JSON with sorted keys: equal recipes give equal text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Reading:
        """The recipe that `to_json` wrote. Raises ValueError or TypeError for other text."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Picture:
    """What a network sees of a file.

    Attributes:
        pixels: (height, width, 3) uint8, channels in the order R, G, B, values 0–255, upright.
        notes: clauses for the user, such as ``"first of 12 frames"``.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageInfo:
    """What a file's header says: upright size in pixels, bytes on disk, format (``"PNG"``)."""

    width: int
    height: int
    bytes: int
    format: str


def read_image(path: str | os.PathLike[str], reading: Reading = Reading(), *, data: bytes | None = None) -> Picture:
    """Read a file as an 8-bit RGB picture.

    EXIF orientation is obeyed, palettes, grey and CMYK become RGB (Pillow's formulas, no colour profile),
    transparent pixels show `reading.background`.

    Args:
        path: the file; only named in errors when `data`, its bytes, are given.

    Raises:
        UnreadableImage: damaged, truncated, not a picture, deeper than 8 bits, or more than one plane.
    """
    path = os.fspath(path)
    if data is None:
        data = read_bytes(path)
    try:
        image, notes, orientation = _open(io.BytesIO(data), reading.frame)
        pixels = _plain_jpeg(image, data)
        if pixels is None:
            pixels = _rgb(image, reading.background)
        upright = np.ascontiguousarray(_upright(pixels, orientation))
    except _DECODER_ERRORS as error:
        raise UnreadableImage(path, _explain(error)) from error
    return Picture(upright, notes)


def probe_image(path: str | os.PathLike[str]) -> ImageInfo:
    """Look at a file's header only: its upright size, bytes and format.

    Raises:
        UnreadableImage: as `read_image`, for what a header can tell.
    """
    path = os.fspath(path)
    size = _checked_size(path)
    try:
        with open(path, "rb") as file:
            if file.read(4) in _TIFF_STARTS:
                from .tiff import probe_tiff
                return probe_tiff(file, size)
            image = _open_photo(file)
            width, height = image.size
            if _probe_orientation(image, file) > 4:
                width, height = height, width
            return ImageInfo(width, height, size, image.format or "")
    except _DECODER_ERRORS as error:
        raise UnreadableImage(path, _explain(error)) from error


def read_bytes(path: str) -> bytes:
    """A regular file's bytes; pipes and devices are never opened.

    Raises:
        UnreadableImage: missing, not a regular file, empty, over 2 GiB, or not allowed.
    """
    _checked_size(path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UnreadableImage(path, _explain(error)) from error


def check_size(width: int, height: int) -> None:
    """Raise Refused for a picture of more pixels than are safe to decode."""
    if width * height > MAX_PIXELS:
        raise Refused(f"{width} × {height} pixels are too many; the limit is {MAX_PIXELS // 10**6} megapixels")


def _checked_size(path: str) -> int:
    if not path:
        raise UnreadableImage(path, "no file is named")
    try:
        state = os.stat(path)
    except OSError as error:
        raise UnreadableImage(path, _explain(error)) from error
    except ValueError as error:  # a zero byte, or letters that the system's names cannot hold
        raise UnreadableImage(path, "no file can have this name") from error
    if not stat.S_ISREG(state.st_mode):
        raise UnreadableImage(path, "not a regular file")
    if state.st_size == 0:
        raise UnreadableImage(path, "the file is empty")
    if state.st_size > MAX_BYTES:
        raise UnreadableImage(path, "the file is larger than 2 GiB")
    return state.st_size


def _open(file: io.BytesIO, frame: int) -> tuple[Image.Image, tuple[str, ...], int]:
    """The picture, which Pillow decodes once its pixels are asked for; notes on it; its EXIF orientation (1–8)."""
    if file.getvalue()[:4] in _TIFF_STARTS:
        from .tiff import read_tiff
        _check_frame(frame, 1)
        return read_tiff(file)
    if damaged := damage(file.getvalue()):
        raise Refused(damaged)
    image = _open_photo(file)
    frames = getattr(image, "n_frames", 1)
    _check_frame(frame, frames)
    if frame:
        image.seek(frame)
    which = "first" if frame == 0 else f"number {frame + 1}"
    notes = (f"{which} of {frames} frames",) if frames > 1 else ()
    return image, notes, _photo_orientation(image)


def _check_frame(frame: int, frames: int) -> None:
    if frame >= frames:
        raise Refused(f"there is no picture number {frame + 1}; it has {frames}")


def _open_photo(file: IO[bytes]) -> Image.Image:
    """A photograph's header, refused where Pillow would silently drop bits."""
    file.seek(0)
    start = file.read(_PNG_DEPTH_AT + 1)
    if start.startswith(PNG_START) and start[_PNG_DEPTH_AT:] == b"\x10":
        raise Refused(deeper_than_8(16))
    file.seek(0)
    image = Image.open(file, formats=_FORMATS)
    if image.mode in _DEEP_MODES:
        raise Refused(deeper_than_8(16 if image.mode.startswith("I;") else 32))
    check_size(*image.size)
    return image


def deeper_than_8(bits: int) -> str:
    """Why a picture of this bit depth is refused."""
    return f"{bits} bits a channel: only up to 8 can be read so far (in Fiji, Image > Type > 8-bit converts it)"


def _photo_orientation(image: Image.Image) -> int:
    """1–8; as it lies in the file (1) where the EXIF block is damaged, which no viewer minds."""
    try:
        return valid_orientation(image.getexif().get(_ORIENTATION))
    except _DECODER_ERRORS:
        return 1


def _probe_orientation(image: Image.Image, file: IO[bytes]) -> int:
    """The same without the pixels: for an EXIF block behind them, Pillow would decode every PNG."""
    if image.format == "PNG" and "exif" not in image.info:
        late = next((file.read(length) for name, length in png_chunks(file) if name == b"eXIf"), b"")
        image.info["exif"] = b"Exif\0\0" + late if late else b""
    return _photo_orientation(image)


def valid_orientation(value: object) -> int:
    """The EXIF or TIFF orientation tag; 1 (upright) for what is none of 1–8."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


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


def _rgb(image: Image.Image, background: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 of any 8-bit Pillow image, transparency over the background."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        under = Image.new("RGBA", image.size, (background, background, background, 255))
        image = Image.alpha_composite(under, image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo the camera's turn: orientation 1–8 as in the TIFF 6.0 specification, section 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _explain(error: BaseException) -> str:
    """A short clause on why a file could not be read, without its path."""
    text = str(error)
    if isinstance(error, Refused):
        return text
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture in a known format (JPEG, PNG, BMP, GIF, WebP or TIFF)"
    if isinstance(error, Image.DecompressionBombError):
        return f"too many pixels; the limit is {MAX_PIXELS // 10**6} megapixels"
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if "truncated" in text.lower():
        return "the file is truncated"
    if isinstance(error, (OSError, ValueError, RuntimeError)) and text:
        return f"the file is damaged ({text})"
    return "the file is damaged"
