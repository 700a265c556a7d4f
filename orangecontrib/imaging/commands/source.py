"""Which files are pictures, what their names say, and how they are read: what was asked for meets what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.errors import WrongUse
from ..core.files import JOINT
from ..core.folder_range import with_folder_range
from ..core.folder_walk import FileFilter
from ..core.folders import Scan, more_channels_text, others_text
from ..core.found import FoundImage, natural_key
from ..core.images import sample_image
from ..core.name_patterns import FOLDER, NamePattern
from ..core.paths import printable
from ..core.reading import Reading
from ..core.reading_choice import ReadingChoice
from ..core.tiles import Tiling
from ..interrupt import until_interrupted
from ..progress import ProgressBar


@dataclass(frozen=True)
class Source:
    """What was asked for.

    Attributes:
        only: which files are looked at.
        pattern: takes names apart; None: names are not looked at.
        joins_channels: files that differ in the part *channel* alone are one picture.
        class_from: ``"folder"``, or a part of the pattern.
        reading: how files become pictures.
        tiles: how slides are cut; None: they are not.
    """

    only: FileFilter
    pattern: NamePattern | None
    joins_channels: bool
    class_from: str
    reading: ReadingChoice
    tiles: Tiling | None = None

    def category(self, image: FoundImage) -> str:
        """The class of a picture, ``""`` for none."""
        if self.class_from == FOLDER or self.pattern is None:
            return image.category
        return self.parts(image).get(self.class_from, "")

    def parts(self, image: FoundImage) -> dict[str, str]:
        """What a picture's name says; nothing where it does not fit."""
        return (self.pattern.match(image.file_name.split(JOINT)[0]) or {}) if self.pattern else {}

    def classes(self, scan: Scan, rows: Iterable[int]) -> dict[str, int]:
        """How many of these pictures each class has, ``""`` being none; empty where names give no class."""
        if self.class_from == FOLDER:
            return {}
        counts = Counter(self.category(scan.images[row]) for row in rows)
        return {name: counts[name] for name in sorted(counts, key=natural_key)}

    def settled(self, scan: Scan) -> Reading:
        """The recipe, now that the pictures are known.

        Raises:
            WrongUse: no name fits the pattern, or the pictures have no range in common.
            Cancelled: the user pressed Ctrl+C.
        """
        self.check_names(scan)
        return self.with_range([image.path for image in scan.images], self.reading.of(scan))

    def with_range(self, paths: Sequence[str], reading: Reading) -> Reading:
        """A recipe with one range of contrast for these pictures, where that was asked for; raises as `settled`."""
        if not self.reading.is_folder_range:
            return reading
        with until_interrupted() as cancelled, ProgressBar("pictures") as progress:
            return with_folder_range(paths, reading, sample_image, on_progress=progress, cancelled=cancelled)

    def notes(self, scan: Scan) -> tuple[str, ...]:
        """Sentences on names without labels, on channels that are left out, and on other files."""
        more_channels = more_channels_text(scan) if self.reading.is_each_channel else ""
        others = f"{others_text(scan.others)}." if scan.others else ""
        return tuple(filter(None, (self._misfits_text(scan), more_channels, others)))

    def _misfits(self, scan: Scan) -> list[str]:
        """The names that the pattern does not fit; of files that were joined each does."""
        if self.pattern is None or scan.channels:
            return []
        return [image.file_name for image in scan.images if self.pattern.match(image.file_name) is None]

    def check_names(self, scan: Scan) -> None:
        """Raise WrongUse where no name fits the pattern."""
        misfits = self._misfits(scan)
        if self.pattern and len(misfits) == len(scan.images):
            raise WrongUse(f"None of the {len(misfits):,} names fits the pattern {self.pattern.text}; the first is "
                           f"{printable(misfits[0])}. Change --names.")

    def _misfits_text(self, scan: Scan) -> str:
        misfits = self._misfits(scan)
        if not (self.pattern and misfits):
            return ""
        fit, have = ("does not fit", "it has") if len(misfits) == 1 else ("do not fit", "they have")
        return (f"{len(misfits):,} of {len(scan.images):,} names {fit} the pattern {self.pattern.text}, such as "
                f"{printable(misfits[0])}; {have} no labels.")

