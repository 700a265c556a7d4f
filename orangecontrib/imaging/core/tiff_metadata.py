"""What OME-XML and ImageJ say in a TIFF file: names and colours of channels, size of a pixel, bits in use, the date."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import tifffile

from .photos import iso_date, iso_time

_MICROMETRES = {"µm": 1.0, "μm": 1.0, "um": 1.0, "\\u00b5m": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
                "å": 1e-4, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6}
_DATE_TIME, _X_RESOLUTION = 306, 282
_LONGEST_NAME = 30
_DIMMEST = 128  # of an end of a lookup table that is taken as the channel's colour


@dataclass(frozen=True)
class Metadata:
    """What is known of one scene; as the attributes of `stack.ImageInfo`. `bits`: None where nothing is said."""

    channel_names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    pixel_size_um: float | None = None
    acquired: str = ""
    bits: int | None = None


def metadata(tif: tifffile.TiffFile, series: int, channels: int) -> Metadata:
    """What a file says of one of its series, as far as it fits its channels."""
    if tif.is_ome and tif.ome_metadata:
        return _from_ome(_ome_image(tif, tif.ome_metadata, series), channels)
    page = tif.pages.first
    acquired = iso_date(page.tags.valueof(_DATE_TIME, ""))
    if tif.is_imagej and tif.imagej_metadata:
        return _from_imagej(tif.imagej_metadata, page, channels, acquired)
    return Metadata(acquired=acquired)


def _ome_image(tif: tifffile.TiffFile, text: str, series: int) -> Iterable[ElementTree.Element]:
    """What OME-XML says of a series: its Image, empty where none can be told to be its own.

    Each file of a set describes the pictures of all; of those, the one that names this file counts.
    """
    root = ElementTree.fromstring(text)
    images = [image for image in root if _tag(image) == "Image"]
    if tif.series[series].kind == "ome":
        return images[series] if len(images) == len(tif.series) else ()
    named = [image for image in images if _names(image, root.get("UUID"), tif.filename)]
    return named[0] if len(named) == 1 else ()


def _names(image: ElementTree.Element, own_uuid: str | None, file_name: str) -> bool:
    """Whether a file, by its UUID, else by its name, is one of those that an Image lies in."""
    return any(part.text == own_uuid if own_uuid else part.get("FileName") == file_name
               for part in image.iter() if _tag(part) == "UUID")


def _from_ome(image: Iterable[ElementTree.Element], channels: int) -> Metadata:
    """OME-XML, schema 2016-06: an Image, its Pixels, its Channels."""
    parts = {_tag(part): part for part in image}
    pixels = parts.get("Pixels")
    if pixels is None:
        return Metadata()
    found = [part for part in pixels if _tag(part) == "Channel"]
    names = [part.get("Name") or "" for part in found]
    colours = [_ome_colour(part.get("Color")) for part in found]
    date = parts.get("AcquisitionDate")
    return Metadata(_one_each(names, channels), _one_each(colours, channels),
                    _micrometres(pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm")),
                    iso_time(date.text or "") if date is not None else "", _whole(pixels.get("SignificantBits")))


def _from_imagej(found: dict[str, Any], page: tifffile.TiffPage, channels: int, acquired: str) -> Metadata:
    """ImageJ's own text in the ImageDescription and its tag 50839; a lookup table's bright end is the colour."""
    tables: Sequence[Any] = found.get("LUTs", ())
    colours = [_end_colour(table) for table in tables]
    top, bottom = page.tags.valueof(_X_RESOLUTION, (0, 1))
    size = _micrometres(bottom / top, str(found.get("unit", ""))) if top and bottom else None
    return Metadata(_imagej_names(found, channels), _one_each(colours, channels), size, acquired)


def _imagej_names(found: dict[str, Any], channels: int) -> tuple[str, ...]:
    """The labels of the first planes, where they name channels and nothing else."""
    labels = list(found.get("Labels", ()))
    are_names = channels == found.get("images", 1) > 1 and max(map(len, labels), default=0) <= _LONGEST_NAME
    return _one_each(labels, channels) if are_names else ()


def _one_each(values: list[str], channels: int) -> tuple[str, ...]:
    return tuple(values) if len(values) == channels and all(values) else ()


def _end_colour(table: Any) -> str:
    red, green, blue = (int(part) for part in table[:, -1])
    return f"#{red:02x}{green:02x}{blue:02x}" if max(red, green, blue) >= _DIMMEST else ""


def _ome_colour(text: str | None) -> str:
    """OME's Color is a signed integer of 32 bits, RGBA."""
    number = _whole(text)
    return "" if number is None else f"#{number & 0xFFFFFFFF:08x}"[:7]


def _micrometres(size: object, unit: str) -> float | None:
    factor = _MICROMETRES.get(unit.strip().lower())
    try:
        length = float(str(size)) * (factor or 0.0)
    except ValueError:
        return None
    return length if length > 0 and math.isfinite(length) else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d{1,10}", text) else None


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
