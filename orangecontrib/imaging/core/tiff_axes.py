"""Which axis of a TIFF series is what: times, planes, channels and colours are never taken for one another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import tifffile

from .reading import Reading
from .refusal import Refused
from .tiff_colours import alpha_kind, bands

_UNSAID = "IQ"  # tifffile's letters for pages, and for axes, that the file says nothing of
_ROLES = {"time": "T", "z": "Z", "channel": "C"}
_MORE_CHANNELS = "ESH"  # wavelengths, samples and lifetimes: channels where there are no others


@dataclass(frozen=True)
class Axes:
    """The axes of one series.

    Attributes:
        letters: tifffile's axes, one letter each, with T, Z and C only for times, planes and channels.
        shape: the length of each.
        samples: the letter of the axis that holds a pixel's bands and its opacity; ``""`` where a pixel is one number.
        is_colour: whether the bands are a colour; channels beside it are then pictures of their own.
        page: how many of the axes, counted from the last, lie within one page.
    """

    letters: str
    shape: tuple[int, ...]
    samples: str
    is_colour: bool
    page: int

    def length(self, letter: str) -> int:
        """Of an axis; 1 where there is none."""
        return self.shape[self.letters.index(letter)] if letter in self.letters else 1

    @property
    def others(self) -> dict[str, int]:
        """The axes that are neither of a picture, nor times, planes or its channels: each place on them is a scene."""
        known = f"YXTZ{self.samples}" if self.is_colour else f"YXTZC{self.samples}"
        return {letter: length for letter, length in zip(self.letters, self.shape, strict=True) if letter not in known}

    @property
    def leading(self) -> tuple[int, ...]:
        """The lengths of the axes that count pages."""
        return self.shape[:len(self.shape) - self.page]


def find_axes(series: tifffile.TiffPageSeries, reading: Reading) -> Axes:
    """The axes of a series, with its unnamed pages as the recipe says.

    Raises:
        Refused: it has no rows and columns, or does not divide into pages.
    """
    letters, shape, page = series.axes, series.shape, series.keyframe
    if not {"Y", "X"} <= set(letters) or len(set(letters)) < len(letters):
        raise Refused(f"its axes ({letters}) are not those of a picture")
    samples = _samples(letters, shape, page)
    letters = _named(letters, samples, reading)
    first = min(letters.index(letter) for letter in f"YX{samples}")
    is_colour = bool(samples) and bands(page) > 1
    return Axes(letters, shape, samples, is_colour, _axes_of_a_page(shape, page, len(shape) - first))


def _samples(letters: str, shape: tuple[int, ...], page: tifffile.TiffPage) -> str:
    """The axis of a page's samples, where they are colours, or grey and its opacity."""
    wanted = bands(page)
    if page.samplesperpixel < wanted or (wanted == 1 and not (page.samplesperpixel == 2 and alpha_kind(page))):
        return ""
    candidates = [letter for letter in "SC" if letter in letters
                  and shape[letters.index(letter)] == page.samplesperpixel]
    return candidates[0] if candidates else ""


def _named(letters: str, samples: str, reading: Reading) -> str:
    wanted = _ROLES.get(reading.pages, "")
    for unsaid in _UNSAID:
        if wanted and wanted not in letters and unsaid in letters:
            letters = letters.replace(unsaid, wanted)
    for more in _MORE_CHANNELS:
        if more in letters and more != samples and "C" not in letters.replace(samples or " ", ""):
            letters = letters.replace(more, "C")
    return letters


def _axes_of_a_page(shape: tuple[int, ...], page: tifffile.TiffPage, least: int) -> int:
    for count in range(least, len(shape) + 1):
        if math.prod(shape[-count:]) == page.size:
            return count
    raise Refused(f"its shape ({' × '.join(map(str, shape))}) does not divide into pages")
