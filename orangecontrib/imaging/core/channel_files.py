"""Files that are the channels of one picture: ``A01_w1.tif`` and ``A01_w2.tif`` become one row."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .errors import WrongUse
from .files import JOINT
from .found import FoundImage, Skipped, natural_key
from .name_patterns import CHANNEL, NamePattern


@dataclass(frozen=True)
class JoinedImages:
    """Pictures of several files each.

    Attributes:
        images: in natural order; `path` and `name` hold the files of all channels, ``|`` between them.
        skipped: files without a picture, with their reasons.
        channels: the names of the channels, in their order.
    """

    images: list[FoundImage]
    skipped: list[Skipped]
    channels: tuple[str, ...]


def join_channels(found: list[FoundImage], pattern: NamePattern) -> JoinedImages:
    """Join the files of a folder whose names differ in their channel alone.

    Raises:
        WrongUse: the pattern has no part `channel`.
    """
    if CHANNEL not in pattern.parts:
        raise WrongUse(f"Pattern {pattern.text!r} has no part {{{CHANNEL}}}. Add it where the name tells the channels "
                       "apart, or do not join files.")
    groups, skipped = _groups(found, pattern)
    channels = sorted({channel for files in groups.values() for channel in files}, key=natural_key)
    images = []
    for files in groups.values():
        missing = [channel for channel in channels if channel not in files]
        if missing:
            skipped += [Skipped(-1, one.path, f"the file of channel {missing[0]} is missing") for one in files.values()]
        else:
            images.append(_joined([files[channel] for channel in channels]))
    names = (f"channel {channel}" if channel.isdecimal() else channel for channel in channels)
    return JoinedImages(images, skipped, tuple(names))


def _groups(found: list[FoundImage], pattern: NamePattern) -> tuple[
        dict[tuple[str, ...], dict[str, FoundImage]], list[Skipped]]:
    """By folder and all other parts of the name: the file of each channel."""
    groups: dict[tuple[str, ...], dict[str, FoundImage]] = {}
    skipped = []
    for image in found:
        parts = pattern.match(image.name)
        if JOINT in image.path:
            skipped.append(Skipped(-1, image.path, f"a path with {JOINT} in it cannot be joined; "
                                                   "rename the file or the folder"))
            continue
        if parts is None:
            skipped.append(Skipped(-1, image.path, f"its name does not fit the pattern {pattern.text}"))
            continue
        channel = parts.pop(CHANNEL)
        files = groups.setdefault((os.path.dirname(image.name), *parts.values()), {})
        if channel in files:
            skipped.append(Skipped(-1, image.path, f"a second file of channel {channel}, beside "
                                                   f"{os.path.basename(files[channel].name)}"))
        else:
            files[channel] = image
    return groups, skipped


def _joined(files: list[FoundImage]) -> FoundImage:
    return FoundImage(JOINT.join(one.path for one in files), JOINT.join(one.name for one in files), files[0].category)
