"""The colour models of TIFF, as grey, or red, green and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .refusal import Refused

Palette = NDArray[np.uint8]

_BANDS = {"MINISBLACK": 1, "MINISWHITE": 1, "PALETTE": 1, "RGB": 3, "YCBCR": 3, "CIELAB": 3, "SEPARATED": 4}
_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
_PHOTOMETRIC, _SUBSAMPLING = 262, 530


def colour_model(page: tifffile.TiffPage) -> str:
    """Its name in tifffile; what does not say is grey.

    Raises:
        Refused: it cannot be read rightly.
    """
    name = getattr(page.photometric, "name", str(page.photometric)) if _PHOTOMETRIC in page.tags else "MINISBLACK"
    is_deep = page.bitspersample != 8
    subsampled = tuple(page.tags.valueof(_SUBSAMPLING, (2, 2))) != (1, 1)
    if name not in _BANDS or (name == "CIELAB" and is_deep) or (
            name == "YCBCR" and page.compression != tifffile.COMPRESSION.JPEG and (is_deep or subsampled)):
        raise Refused(f"the color model {name} of {page.bitspersample} bits cannot be read; save it as RGB")
    return name


def bands(page: tifffile.TiffPage) -> int:
    """How many samples of a pixel make its colour; 1 for grey, and for the number of a colour in a palette."""
    return _BANDS[colour_model(page)]


def alpha_kind(page: tifffile.TiffPage) -> tifffile.EXTRASAMPLE | None:
    """How the first extra sample is transparency: premultiplied (ASSOCALPHA), straight (UNASSALPHA), or not at all."""
    return next((tifffile.EXTRASAMPLE(kind) for kind in page.extrasamples[:1] if kind in _ALPHA), None)


def palette_of(page: tifffile.TiffPage) -> Palette | None:
    """(n, 3) uint8 RGB, or None. TIFF 6.0 writes colours in 16 bits, of which the upper 8 count; many programs in 8."""
    if colour_model(page) != "PALETTE":
        return None
    table = np.asarray(page.colormap)
    return np.ascontiguousarray((table >> 8 if table.max(initial=0) > 255 else table).astype(np.uint8).T)


def to_rgb(page: tifffile.TiffPage, values: NDArray[Any]) -> NDArray[Any]:
    """Red, green and blue of a page's bands.

    CMYK becomes (1 - C)(1 - K) and so on, in 8 bits as Pillow computes it; CIELAB becomes sRGB by LittleCMS.

    Args:
        values: (height, width, bands) in the file's own numbers.

    Returns:
        (height, width, 3): uint8 where `values` are, else their type.
    """
    name = colour_model(page)
    if name == "SEPARATED" and values.dtype != np.uint8:
        return _rgb_of_deep_cmyk(values, 2.0 ** page.bitspersample - 1)
    if name == "SEPARATED":
        return np.asarray(_image("CMYK", values).convert("RGB"))
    if name == "YCBCR" and page.compression != tifffile.COMPRESSION.JPEG:  # else the decoder has made it RGB
        return np.asarray(_image("YCbCr", values).convert("RGB"))
    if name == "CIELAB":
        return _rgb_of_lab(values)
    return values


def straight(values: NDArray[Any], alpha: NDArray[Any], opaque: float) -> NDArray[Any]:
    """Colours that were multiplied by their opacity, divided by it again.

    Args:
        values: (height, width, bands), not above `alpha`; alpha: (height, width), 0 … `opaque`.

    Returns:
        As `values`, rounded where they are integers; 0 where nothing is opaque.
    """
    shares = alpha.astype(np.float64)[..., None] / opaque
    found = np.divide(values, shares, out=np.zeros(values.shape), where=shares > 0)
    return np.asarray(np.rint(np.minimum(found, opaque)) if values.dtype.kind in "ui" else found, values.dtype)


def _image(mode: str, values: NDArray[np.uint8]) -> Image.Image:
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), np.ascontiguousarray(values).tobytes())


def _rgb_of_deep_cmyk(values: NDArray[Any], full: float) -> NDArray[Any]:
    ink = values.astype(np.float64) / full
    found: NDArray[Any] = np.rint((1 - ink[..., :3]) * (1 - ink[..., 3:]) * full).astype(values.dtype)
    return found


def _rgb_of_lab(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """TIFF 6.0, section 23: L* in 0–255 for 0–100, a* and b* in signed bytes; white is that of D50."""
    height, width = values.shape[:2]
    image = Image.frombytes("LAB", (width, height), np.ascontiguousarray(values).tobytes(), "raw", "LAB")
    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return np.asarray(ImageCms.applyTransform(image, transform))
