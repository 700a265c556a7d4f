"""Recipes of reading in the words of the form where they are chosen, and how two of them differ."""

from __future__ import annotations

from collections.abc import Sequence

from .reading import Reading

FOLDER = "folder"
CONTRAST_TITLES = {"auto": "Automatic", "percentiles": "Percentiles", "type": "Full range of the type",
                   FOLDER: "One range for the whole folder", "range": "Fixed range"}
PROJECTION_TITLES = {"max": "Maximum projection", "middle": "Middle plane", "plane": "Plane"}
PAGE_TITLES = {"scene": "Pictures of their own", "time": "Time points", "z": "Planes of a z-stack",
               "channel": "Channels"}


def reading_words(reading: Reading, channels: Sequence[str] = ()) -> dict[str, str]:
    """Each choice with its value in words, such as ``{"Planes": "Maximum projection", …}``.

    Args:
        channels: the names of those that stand on their own.
    """
    return {
        "Pages are": PAGE_TITLES[reading.pages],
        "Series": str(reading.scene + 1),
        "Time point": str(reading.time + 1),
        "Planes": PROJECTION_TITLES[reading.projection] + (
            f" {reading.z + 1}" if reading.projection == "plane" else ""),
        "Channels": _channels(reading, channels),
        "Contrast": _contrast(reading),
        "Files": "one for each channel" if reading.joined else "one for each picture",
        "Background": f"gray level {reading.background}",
    }


def reading_differences(here: Reading, there: Reading, channels_here: Sequence[str] = (),
                        channels_there: Sequence[str] = ()) -> list[str]:
    """How two recipes differ, in clauses such as ``Planes: “Middle plane” here, “Maximum projection” in training``."""
    one, other = reading_words(here, channels_here), reading_words(there, channels_there)
    return [f"{name}: “{one[name]}” here, “{other[name]}” in training" for name in one if one[name] != other[name]]


def _channels(reading: Reading, names: Sequence[str]) -> str:
    numbers = names or [str(channel + 1) for channel in reading.channels]
    words = ", ".join(numbers) or "all"
    colours = f" in the colors {', '.join(reading.colours)}" if reading.colours else ""
    return words + colours + (", each on its own" if reading.separate else "")


def _contrast(reading: Reading) -> str:
    title = CONTRAST_TITLES[reading.contrast]
    if reading.contrast == "type":
        return title
    ends = reading.ranges if reading.contrast == "range" else (reading.percentiles,)
    unit = "" if reading.contrast == "range" else " %"
    return f"{title}, {' and '.join(f'{_number(low)}–{_number(high)}' for low, high in ends)}{unit}"


def _number(value: float) -> str:
    """In full: it is to be typed again."""
    return repr(value).removesuffix(".0")
