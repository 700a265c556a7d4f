"""TIFF files of one plane and at most 8 bits a channel, read by tifffile as Pillow images."""

from __future__ import annotations

import io
import logging
import math
import struct
from typing import IO

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from .images import ImageInfo, Refused, check_size, deeper_than_8, valid_orientation

# Damaged tags are told to the user by our own errors; without a handler tifffile's log would fill the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_PIXEL_TAGS = range(254, 700)  # those of TIFF 6.0 and its supplements
_GREY_LEVELS = {bits: np.round(np.arange(2**bits) * (255 / (2**bits - 1))).astype(np.uint8) for bits in range(1, 9)}
_PHOTOMETRIC_BANDS = {"MINISBLACK": 1, "MINISWHITE": 1, "PALETTE": 1, "RGB": 3, "YCBCR": 3, "SEPARATED": 4}


def probe_tiff(file: IO[bytes], size: int) -> ImageInfo:
    """Size and format from the header. Raises Refused for what `read_tiff` would refuse."""
    file.seek(0)
    with tifffile.TiffFile(file) as tif:
        page = _only_page(tif)
        width, height = page.imagewidth, page.imagelength
        if _orientation(page) > 4:
            width, height = height, width
        return ImageInfo(width, height, size, "TIFF")


def read_tiff(file: io.BytesIO) -> tuple[Image.Image, tuple[str, ...], int]:
    """The only page as an 8-bit Pillow image, no notes, and its orientation tag (1–8).

    Raises:
        Refused: deeper than 8 bits, several planes, an unusual colour model, or cut short.
    """
    with tifffile.TiffFile(file) as tif:
        page = _only_page(tif)
        _check_tags(tif, page)
        _check_complete(page, len(file.getbuffer()))
        return _image(page), (), _orientation(page)


def _only_page(tif: tifffile.TiffFile) -> tifffile.TiffPage:
    """The first page, when it is all there is and within what can be read so far."""
    page = tif.pages.first
    check_size(page.imagewidth, page.imagelength)
    bits = page.bitspersample
    if isinstance(bits, int) and bits > 8:
        raise Refused(deeper_than_8(bits))
    if page.dtype is None or page.dtype.kind not in "ub" or not isinstance(bits, int):
        raise Refused("signed or unusual numbers cannot be read so far")
    axes = tif.series[0].axes
    if len(tif.series) > 1 or len(tif.pages) > 1 or set(axes) - set("YXS"):
        raise Refused(f"several planes (axes {axes}, {len(tif.pages)} pages): "
                         "only pictures of one plane can be read so far")
    _check_bands(page)
    return page


def _check_bands(page: tifffile.TiffPage) -> None:
    name = _colour_model(page)
    bands = _PHOTOMETRIC_BANDS.get(name)
    if bands is None or (name == "YCBCR" and page.compression != tifffile.COMPRESSION.JPEG):
        raise Refused(f"the colour model {name} cannot be read so far")
    extra = page.samplesperpixel - bands
    if extra not in (0, 1) or (extra and _alpha(page) is None):
        raise Refused(f"{page.samplesperpixel} channels: only grey, RGB and CMYK can be read so far")


def _alpha(page: tifffile.TiffPage) -> tifffile.EXTRASAMPLE | None:
    """How the extra channel is transparency: premultiplied (ASSOCALPHA), straight (UNASSALPHA), or not at all."""
    kinds = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    return next((kind for kind in kinds if kind in page.extrasamples), None)


def _check_tags(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> None:
    """A tag whose value is cut off would get tifffile's default, such as one bit a pixel: refused instead."""
    form, handle = tif.tiff, tif.filehandle
    handle.seek(page.offset)
    count = struct.unpack(form.tagnoformat, handle.read(form.tagnosize))[0]
    entries = handle.read(count * form.tagsize)
    codes = {struct.unpack_from(f"{form.byteorder}H", entries, start)[0]
             for start in range(0, len(entries), form.tagsize)}
    if any(code not in page.tags for code in codes if code in _PIXEL_TAGS):
        raise Refused("the file is damaged or truncated (a tag cannot be read)")


def _check_complete(page: tifffile.TiffPage, size: int) -> None:
    """Tifffile fills missing strips with zeros; a picture cut short is refused instead."""
    counts = page.databytecounts
    whole = len(page.dataoffsets) == len(counts) == math.prod(page.chunked) and min(counts, default=0) > 0
    if not whole or max(start + count for start, count in zip(page.dataoffsets, counts, strict=True)) > size:
        raise Refused("the file is truncated")


def _image(page: tifffile.TiffPage) -> Image.Image:
    values = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and values.ndim == 3:
        values = np.moveaxis(values, 0, -1)
    values = np.ascontiguousarray(values).reshape(page.imagelength, page.imagewidth, -1)
    colour, alpha = values[..., :_bands(page)], values[..., _bands(page):]
    if not alpha.size:
        return _colour_image(page, colour)
    image = _colour_image(page, colour).convert("RGB")
    image.putalpha(Image.fromarray(alpha[..., 0]))
    if _alpha(page) == tifffile.EXTRASAMPLE.ASSOCALPHA:
        return Image.frombytes("RGBa", image.size, image.tobytes()).convert("RGBA")
    return image


def _bands(page: tifffile.TiffPage) -> int:
    return _PHOTOMETRIC_BANDS[_colour_model(page)]


def _colour_model(page: tifffile.TiffPage) -> str:
    """Its name in tifffile; a number when it has none."""
    return getattr(page.photometric, "name", str(page.photometric))


def _colour_image(page: tifffile.TiffPage, values: NDArray[np.uint8]) -> Image.Image:
    """values: (height, width, bands) uint8 or bool, 0 … 2**bits - 1; YCbCr was made RGB by the JPEG decoder."""
    name = _colour_model(page)
    if name == "PALETTE":
        table = (np.asarray(page.colormap) >> 8).astype(np.uint8).T
        return Image.fromarray(table[values[..., 0].astype(np.intp)])
    full = _GREY_LEVELS[page.bitspersample][values.astype(np.uint8)]
    if name == "MINISWHITE":
        full = 255 - full
    if name == "SEPARATED":
        return Image.frombytes("CMYK", (full.shape[1], full.shape[0]), full.tobytes())
    return Image.fromarray(full[..., 0] if full.shape[-1] == 1 else full)


def _orientation(page: tifffile.TiffPage) -> int:
    tag = page.tags.get("Orientation")
    return valid_orientation(tag.value) if tag is not None else 1
