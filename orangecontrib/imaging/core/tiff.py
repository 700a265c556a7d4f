"""TIFF files of every depth and shape, OME-TIFF and ImageJ's among them, read by tifffile plane by plane."""

from __future__ import annotations

import logging
import math
import struct
from collections import Counter
from typing import IO, Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from .contrast import full_range, to_levels
from .photos import valid_orientation
from .reading import Reading
from .refusal import Refused, check_size
from .stack import ImageInfo, Stack, keep_last
from .tiff_axes import Axes, find_axes
from .tiff_colours import Palette, alpha_kind, bands, colour_model, palette_of, straight, to_rgb
from .tiff_metadata import metadata

# Damaged tags are told to the user by our own errors; without a handler tifffile's log would fill the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_PIXEL_TAGS = range(254, 700)  # those of TIFF 6.0 and its supplements
_ORIENTATION = 274


class Tiff(Stack):
    """One scene of an open TIFF file: a series, or one place on an axis that has no other meaning."""

    def __init__(self, file: IO[bytes], size: int, reading: Reading) -> None:
        """Look at the tags; no pixel is read.

        Raises:
            Refused: it has no such scene, or cannot be read rightly.
        """
        self._tif = tifffile.TiffFile(file, _multifile=False)
        self._size = size
        self._left_out: Counter[str] = Counter()  # how many pages, by the reason
        places = [(number, axes, place) for number, axes in self._all_axes(reading)
                  for place in np.ndindex(*axes.others.values())]
        if not places:
            raise Refused("the file is damaged (there is no picture in it)")
        if reading.scene >= len(places):
            word = _scene_word(places)
            raise Refused(f"there is no {word} {reading.scene + 1}; it has {len(places)}")
        number, self._axes, place = places[reading.scene]
        self._place = dict(zip(self._axes.others, place, strict=True))
        self._series = self._tif.series[number]
        self._first = self._series.keyframe
        check_size(self._axes.length("X"), self._axes.length("Y"))
        self._check_planes()
        self.notes = (*_left_out_samples(self._first, self._axes), *_left_out_pages(self._left_out))
        self._palette: Palette | None = palette_of(self._first) if self._axes.length("C") == 1 else None
        self.orientation = valid_orientation(self._first.tags.valueof(_ORIENTATION, 1))
        self.info = self._info(number, len(places), _scene_word(places))

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) in the file's own numbers."""
        if self.info.is_colour:
            return self.colours(time, z)[..., number]
        return self._bands({"C": number, "T": time, "Z": z})[..., 0]

    def colours(self, time: int, z: int) -> NDArray[Any]:
        """(height, width, 3) R, G, B in the file's own numbers; uint8 of a palette, CMYK or Lab."""
        values = self._bands({"T": time, "Z": z})
        if self._palette is not None:
            return self._palette[values[..., 0].astype(np.intp)]
        return to_rgb(self._first, values)

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        """(height, width), 0–255, or None."""
        if alpha_kind(self._first) is None or not self._axes.samples:
            return None
        return to_levels(self._plane({"T": time, "Z": z})[..., bands(self._first)], (0.0, self._opaque))

    @property
    def _opaque(self) -> float:
        """The number of a pixel that nothing shows through."""
        return 1.0 if self.info.kind == "f" else full_range(self.info.kind, int(self._first.bitspersample))[1]

    def _bands(self, place: dict[str, int]) -> NDArray[Any]:
        """(height, width, bands), as if there were no transparency."""
        if not self._axes.samples:
            return self._plane(place)[..., None]
        values, count = self._plane(place), bands(self._first)
        if alpha_kind(self._first) == tifffile.EXTRASAMPLE.ASSOCALPHA:
            return straight(values[..., :count], values[..., count], self._opaque)
        return values[..., :count]

    def _check_planes(self) -> None:
        """ImageJ says how many planes it wrote; of a file that was cut, tifffile takes those that are left."""
        written = (self._tif.imagej_metadata or {}).get("images", 1)
        if self._tif.is_imagej and written > len(self._tif.pages) and not self._series.is_truncated:
            raise Refused("the file is truncated")

    def _all_axes(self, reading: Reading) -> list[tuple[int, Axes]]:
        """Of each series that can be read. Raises Refused where none can, or only smaller ones than the largest."""
        masks, lost = self._masks(), dict[int, Refused]()
        found: list[tuple[int, Axes]] = []
        for number, series in enumerate(self._tif.series):
            try:
                if number in masks:
                    raise Refused("no picture but a mask of transparency")
                _check_numbers(series.keyframe)
                found.append((number, find_axes(series, reading)))
            except Refused as refused:
                self._left_out[str(refused)] += len(series)
                lost[number] = refused
        largest = max(lost.keys() - masks, key=self._area, default=None)
        if largest is not None and self._area(largest) > max((self._area(number) for number, _ in found), default=0):
            raise lost[largest]  # what is left would be its thumbnail
        return found

    def _area(self, number: int) -> int:
        """The pixels of a series' page."""
        page = self._tif.series[number].keyframe
        return int(page.imagewidth * page.imagelength)

    def _masks(self) -> set[int]:
        """The series that say which pixels of another one are seen; none where there is no other."""
        series = self._tif.series
        masks = {number for number, one in enumerate(series) if one.keyframe.subfiletype & tifffile.FILETYPE.MASK}
        return masks if len(masks) < len(series) else set()

    def _plane(self, place: dict[str, int]) -> NDArray[Any]:
        """(height, width), or (height, width, samples) where they are colours."""
        axes, place = self._axes, {**self._place, **place}
        index = [place.get(letter, 0) for letter in axes.letters]
        count = len(axes.leading)
        number = int(np.ravel_multi_index(tuple(index[:count]), axes.leading)) if count else 0
        values = self._page(number).reshape(axes.shape[count:])
        kept = f"YX{axes.samples}"
        letters = axes.letters[count:]
        values = values[tuple(slice(None) if letter in kept else at
                              for letter, at in zip(letters, index[count:], strict=True))]
        left = [letter for letter in letters if letter in kept]
        return values.transpose([left.index(letter) for letter in kept])

    @keep_last
    def _page(self, number: int) -> NDArray[Any]:
        """All values of one page, in its own axes."""
        if self._series.is_truncated:
            return self._unlisted_page(number)
        page = self._series[number]
        if page is None:
            raise Refused("a plane of it lies in another file, or is missing; save it as one file")
        if isinstance(page, tifffile.TiffPage):
            _check_tags(self._tif, page)
        _check_complete(page, self._size)
        return page.asarray()

    def _unlisted_page(self, number: int) -> NDArray[Any]:
        """ImageJ lists only the first page of a large stack; the others follow it."""
        page, start = self._first, self._series.dataoffset
        if start is None:
            raise Refused("the file is truncated")
        handle = self._tif.filehandle
        handle.seek(start + number * page.nbytes)
        data = handle.read(page.nbytes)
        if len(data) < page.nbytes:
            raise Refused("the file is truncated")
        return np.frombuffer(data, np.dtype(page.dtype).newbyteorder(self._tif.byteorder))

    def _info(self, series: int, scenes: int, scene_word: str) -> ImageInfo:
        axes, first = self._axes, self._first
        height, width = axes.length("Y"), axes.length("X")
        if self.orientation > 4:
            height, width = width, height
        is_colour = bands(first) > 1 or self._palette is not None
        channels = 3 if is_colour else axes.length("C")
        known = metadata(self._tif, series, channels)
        kind, bits = np.dtype(first.dtype).kind, int(first.bitspersample)
        if self._palette is not None or (colour_model(first) in ("SEPARATED", "YCBCR", "CIELAB") and bits <= 8):
            kind, bits = "u", 8
        return ImageInfo(width, height, self._size, _format(self._tif), channels, is_colour, axes.length("Z"),
                         axes.length("T"), scenes, scene_word=scene_word,
                         white_is_least=colour_model(first) == "MINISWHITE",
                         bits=_bits_in_use(first, known.bits, bits), stored_bits=bits, kind=kind,
                         channel_names=known.channel_names, colours=known.colours,
                         pixel_size_um=known.pixel_size_um, acquired=known.acquired)


def _bits_in_use(page: tifffile.TiffPage, said: int | None, stored: int) -> int:
    """As OME says; all of numbers that are looked up, or whose white is the smallest of the type."""
    believed = np.dtype(page.dtype).kind == "u" and colour_model(page) in ("MINISBLACK", "RGB")
    return min(said, stored) if said and said > 0 and believed else stored


def _left_out_samples(page: tifffile.TiffPage, axes: Axes) -> list[str]:
    """What is said of the numbers of a pixel that are neither its colour nor its opacity."""
    count = page.samplesperpixel - bands(page) - bool(alpha_kind(page)) if axes.samples else 0
    numbers = "number of each pixel is" if count == 1 else "numbers of each pixel are"
    return [f"{count} more {numbers} left out; the file does not say what for"] * bool(count)


def _left_out_pages(reasons: Counter[str]) -> list[str]:
    return [f"{count} {'page is' if count == 1 else 'pages are'} left out: {reason}"
            for reason, count in reasons.items()]


def _scene_word(places: list[tuple[int, Axes, tuple[int, ...]]]) -> str:
    """Series, where pages have no other meaning than that, and colour pictures that stand for channels."""
    has_pages = any(count > 1 for _, axes, _ in places for letter, count in axes.others.items() if letter != "C")
    return "page" if has_pages else "series"


def _format(tif: tifffile.TiffFile) -> str:
    return "OME-TIFF" if tif.is_ome else "ImageJ TIFF" if tif.is_imagej else "TIFF"


def _check_numbers(page: tifffile.TiffPage) -> None:
    if not isinstance(page.bitspersample, int) or page.dtype is None or page.dtype.kind not in "uifb":
        raise Refused(f"its numbers ({page.bitspersample} bits) are of an unusual kind; save it as 8 or 16 bits")


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


def _check_complete(page: tifffile.TiffPage | tifffile.TiffFrame, size: int) -> None:
    """Tifffile fills missing strips with zeros; a picture cut short is refused instead."""
    counts = page.databytecounts
    whole = len(page.dataoffsets) == len(counts) == math.prod(page.chunked) and min(counts, default=0) > 0
    if not whole or max(start + count for start, count in zip(page.dataoffsets, counts, strict=True)) > size:
        raise Refused("the file is truncated")
