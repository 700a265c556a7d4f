"""A chosen recipe, and the way from there to the recipe of the pictures that were found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .folders import Scan
from .reading import Reading
from .stack import ImageInfo


@dataclass(frozen=True)
class ReadingChoice:
    """What the user chose; what depends on the pictures is filled in once they are known.

    Attributes:
        reading: the recipe, as far as it depends on no picture.
        is_each_channel: all channels, each on its own, however many there are; one alone is read as usual.
        is_folder_range: one range of contrast for all pictures.
    """

    reading: Reading = Reading()
    is_each_channel: bool = False
    is_folder_range: bool = False

    @property
    def settled(self) -> tuple[str, ...]:
        """What the pictures tell, not the user: ``"channels"``, ``"range"``."""
        return (*(["channels"] if self.is_each_channel else []), *(["range"] if self.is_folder_range else []))

    def of(self, scan: Scan) -> Reading:
        """The recipe for these pictures, but for their range."""
        return replace(self._of_channels(scan.usual_channels), joined=bool(scan.channels))

    def may_have_become(self, settled: Reading) -> bool:
        """Whether a recipe may be what became of this choice, with the channels and the range of some pictures."""
        filled = replace(self.reading, joined=settled.joined)
        if self.is_each_channel and settled.separate:
            filled = replace(filled, channels=settled.channels, colours=(), separate=True)
        if self.is_folder_range:
            if settled.contrast != "range":
                return False
            filled = replace(filled, contrast="range", ranges=settled.ranges,
                             channels=filled.channels or settled.channels)
        return filled == settled

    def of_file(self, info: ImageInfo | None) -> Reading:
        """The recipe for files like this one."""
        return self._of_channels(info.channels if info else 1)

    def _of_channels(self, count: int) -> Reading:
        if not self.is_each_channel or count < 2:
            return self.reading
        return replace(self.reading, channels=tuple(range(count)), colours=(), separate=True)
