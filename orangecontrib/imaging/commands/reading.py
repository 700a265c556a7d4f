"""Options of commands on which files are pictures, what their names say, and how they are read."""

from __future__ import annotations

import argparse
from contextlib import suppress
from math import isfinite

from ..core.errors import WrongUse
from ..core.folder_walk import FileFilter
from ..core.name_patterns import CHANNEL, FOLDER, parse_pattern
from ..core.reading import PAGES, Range, Reading
from ..core.reading_choice import ReadingChoice
from ..core.tiles import LEAST_SIDE_PX, MOST_SIDE_PX, USUAL_SIDE_PX, Tiling
from .source import Source

_CONTRASTS = ("auto", "percentiles", "type", FOLDER)
_BY_PERCENTILES = ("auto", "percentiles", FOLDER)
_PERCENTILES = "0.1,99.9"


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    files = parser.add_argument_group("which files, and what their names say")
    files.add_argument("--only", default="", metavar="FORMS", help="forms of names, such as '*_DAPI*'; several with ; "
                                                                   "between")
    files.add_argument("--depth", type=int, metavar="N", help="levels of sub-folders, 0 for none (default: all)")
    files.add_argument("--names", metavar="PATTERN", help="named parts of names, columns of .pkl and .tab, such as "
                                                          "'{plate}_{well:well}_s{site:digits}_w{channel:digits}'")
    files.add_argument("--class", dest="class_from", default=FOLDER, metavar="PART",
                       help="a part of the names is the category (default: the sub-folder)")
    files.add_argument("--join-channels", action="store_true",
                       help="files that differ in {channel} alone are one picture")
    files.add_argument("--slide-tiles", metavar="PX", help="cut whole slides into tiles of so many pixels, each a "
                       f"picture, such as {USUAL_SIDE_PX} (default: a slide is one picture, made smaller)")
    files.add_argument("--with-empty-glass", action="store_true", help="keep the tiles without tissue too")
    reading = parser.add_argument_group("how files become pictures")
    reading.add_argument("--channels", metavar="N,N…", help="these channels, from 1 (default: all, up to six)")
    reading.add_argument("--each-channel", action="store_true",
                         help="each channel has its own vector; they stand side by side")
    reading.add_argument("--colors", "--colours", dest="colours", metavar="#RRGGBB,…",
                         help="of --channels, one for each")
    reading.add_argument("--planes", default="max", metavar="max|middle|N", help="of a z-stack: the brightest "
                         "number along it, its middle plane, or the plane N, from 1 (default: %(default)s)")
    reading.add_argument("--time", default="1", metavar="N", help="time point or frame, from 1 (default: %(default)s)")
    reading.add_argument("--series", default="1", metavar="N",
                         help="series, scene or page, from 1 (default: %(default)s)")
    reading.add_argument("--pages", choices=PAGES, default="scene", help="what the pages of a TIFF file are that does "
                                                                         "not say so (default: %(default)s)")
    reading.add_argument("--contrast", default="auto", metavar="HOW", help="auto, percentiles, type (its full range), "
                         "folder (one range for all), or LOW,HIGH, such as 0,4095 (default: %(default)s)")
    reading.add_argument("--percentiles", metavar="LOW,HIGH", help="that become black and white, for auto, "
                         f"percentiles and folder (default: {_PERCENTILES})")


def source_of(given: argparse.Namespace) -> Source:
    """What the options say. Raises WrongUse for what cannot be."""
    pattern = parse_pattern(given.names) if given.names else None
    for wrong in _wrong(given, pattern.parts if pattern else ()):
        raise WrongUse(wrong)
    return Source(FileFilter(given.only, given.depth), pattern, given.join_channels, given.class_from, _reading(given),
                  _tiling(given))


def _wrong(given: argparse.Namespace, parts: tuple[str, ...]) -> list[str]:
    """What does not go together, as sentences."""
    part, has_colours = given.class_from, given.colours is not None
    checks = {
        f"--class {part}: no part of the names is called so. Name it in --names, as {{{part}}}.":
            part in (FOLDER, *parts),
        "--join-channels needs --names with a part {channel}.": parts or not given.join_channels,
        f"--class {part} does not go with --join-channels: a picture has all channels then. Choose another part.":
            part != CHANNEL or not given.join_channels,
        f"--depth {given.depth}: write 0 for no sub-folders, or how many levels of them.":
            given.depth is None or given.depth >= 0,
        "--with-empty-glass needs --slide-tiles: it is about tiles.":
            given.slide_tiles is not None or not given.with_empty_glass,
        "--slide-tiles do not go with --join-channels. Leave one of them out.":
            given.slide_tiles is None or not given.join_channels,
        "--colors do not go with --each-channel: each channel is a gray picture then. Leave one of them out.":
            not (has_colours and given.each_channel),
        "--colors need --channels: one color for each, as in --channels 1,2 --colors '#00ff00,#ff00ff'.":
            given.channels or not has_colours,
        "--percentiles go with --contrast auto, percentiles or folder. Leave one of them out.":
            given.percentiles is None or given.contrast in _BY_PERCENTILES,
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def _reading(given: argparse.Namespace) -> ReadingChoice:
    projection, z = _planes(given.planes)
    contrast, ranges = _contrast(given.contrast)
    channels = given.channels.split(",") if given.channels else ()
    reading = Reading(
        scene=_place("--series", given.series), time=_place("--time", given.time), projection=projection, z=z,
        pages=given.pages, channels=tuple(_channel(given.channels, number) for number in channels),
        colours=tuple(given.colours.lower().split(",")) if given.colours else (), contrast=contrast,
        percentiles=_pair("--percentiles", given.percentiles or _PERCENTILES), ranges=ranges,
        separate=given.each_channel and bool(channels))
    return ReadingChoice(reading, given.each_channel and not channels, given.contrast == FOLDER)


def _tiling(given: argparse.Namespace) -> Tiling | None:
    if given.slide_tiles is None:
        return None
    if not given.slide_tiles.isdecimal():
        raise WrongUse(f"--slide-tiles {given.slide_tiles}: write the side of a tile, {LEAST_SIDE_PX} to "
                       f"{MOST_SIDE_PX:,} pixels.")
    return Tiling(int(given.slide_tiles), leaves_out_glass=not given.with_empty_glass)


def _planes(text: str) -> tuple[str, int]:
    """Projection and plane, from 0."""
    if text in ("max", "middle"):
        return text, 0
    if (place := _counted(text)) is None:
        raise WrongUse(f"--planes {text}: choose max, middle, or the number of a plane, counted from 1.")
    return "plane", place


def _contrast(text: str) -> tuple[str, tuple[Range, ...]]:
    """Contrast and ranges; one range for the folder is filled in later."""
    if "," in text:
        return "range", (_pair("--contrast", text),)
    if text not in _CONTRASTS:
        raise WrongUse(f"--contrast {text}: choose {', '.join(_CONTRASTS)}, or two numbers as in 0,4095.")
    return "auto" if text == FOLDER else text, ()


def _pair(option: str, text: str) -> Range:
    with suppress(ValueError):  # no numbers, or not two
        low, high = map(float, text.split(","))
        if isfinite(low) and isfinite(high):
            return low, high
    raise WrongUse(f"{option} {text}: give two numbers with a comma between, as in {_PERCENTILES}.")


def _channel(text: str, number: str) -> int:
    if (place := _counted(number)) is None:
        raise WrongUse(f"--channels {text}: write whole numbers, counted from 1, with commas between.")
    return place


def _place(option: str, text: str) -> int:
    if (place := _counted(text)) is None:
        raise WrongUse(f"{option} {text}: write a whole number, counted from 1.")
    return place


def _counted(text: str) -> int | None:
    """A place from 0, where it was counted from 1; None for other text."""
    return int(text) - 1 if text.strip().isdecimal() and int(text) else None
