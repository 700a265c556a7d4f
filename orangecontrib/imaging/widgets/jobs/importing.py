"""The import of folders as a widget's job."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.localization import pl

from ...core.cutting import cut_slides, has_slides
from ...core.errors import FolderError, ImagingError, WrongUse
from ...core.files import JOINT
from ...core.folder_range import with_folder_range
from ...core.folder_walk import FileFilter
from ...core.folders import Scan, more_channels_text, others_text, scan_folder
from ...core.found import FoundImage
from ...core.images import IMAGE_SUFFIXES
from ...core.name_patterns import NamePattern, parse_pattern, suggest_pattern
from ...core.paths import escape_path
from ...core.readers import shared_readers
from ...core.reading import Reading
from ...core.reading_choice import ReadingChoice
from ...core.stack import ImageInfo
from ...core.tiles import Tiling
from ...tables.imports import Labels, image_files, images_table
from ..parts.folder_choice import FolderChoice
from ..parts.folder_watch import Watched
from ..parts.label_form import LOOKED_AT

_NAMED = 8  # classes in the summary


@dataclass(frozen=True)
class ImportChoice:
    """What the user chose.

    Attributes:
        only: which files are looked at.
        class_from: as `tables.imports.Labels`.
        pattern: of names, ``""`` for none.
        joins_channels: files that differ in the pattern's part *channel* alone are one picture.
        reading: how files become pictures.
        follows: whether the folders are watched from now on.
        tiles: how slides are cut; None: they are not.
    """

    only: FileFilter
    class_from: str
    pattern: str
    joins_channels: bool
    reading: ReadingChoice
    follows: bool
    tiles: Tiling | None = None

    def parsed_pattern(self) -> NamePattern | None:
        """The pattern; None for none. Raises WrongUse."""
        return parse_pattern(self.pattern) if self.pattern.strip() else None


@dataclass(frozen=True)
class Found:
    """What lies in the folders.

    Attributes:
        scan: the folders.
        left_out: (file, reason) for people.
        names: of the first files, relative to the folder.
        ready: the ready pattern that suits them, ``""`` for none.
        reading: the chosen recipe, but for the range of the folder.
        has_slides: whether there are slides among the files.
    """

    scan: Scan
    left_out: list[tuple[str, str]]
    names: list[str]
    ready: str
    reading: Reading
    has_slides: bool


@dataclass(frozen=True)
class Imported:
    """The table of what was found.

    Attributes:
        scan: the folders.
        table: their pictures.
        reading: the recipe of the table's pictures.
        summary: how many pictures, classes and other files.
        misfits: names that do not fit the pattern.
        more_channels: what was left out of pictures with more channels than most, ``""`` for nothing.
    """

    scan: Scan
    table: Table
    reading: Reading
    summary: str
    misfits: list[str]
    more_channels: str


def import_folders(folders: list[FolderChoice], choice: ImportChoice, state: TaskState) -> Imported:
    """Find the chosen folders and their pictures; runs in a thread.

    What is known before the end is told at once: how the folders were before they were read (`Watched`), if they are to
    be watched, and what was found in them (`Found`).
    """
    is_drawn = any(folder.is_sample for folder in folders)
    state.set_status("Drawing sample pictures" if is_drawn else "Looking for pictures")
    cancelled, drawn = state.is_interruption_requested, 70 if is_drawn else 0
    places = [folder.locate(_progress(state, 0, drawn), cancelled) for folder in folders]
    if choice.follows:
        state.set_partial_result(Watched.now(places, choice.only, cancelled))
    state.set_status("Reading headers")
    end = 90 if choice.reading.is_folder_range else 100
    scan = scan_folder(places[0] if len(places) == 1 else places, only=choice.only, reading=choice.reading.reading,
                       channels=_joined_by(choice), probe_stack=shared_readers().probe,
                       on_progress=_progress(state, drawn, end), cancelled=cancelled)
    if choice.tiles and has_slides(scan):
        state.set_status("Cutting slides into tiles")
        scan = cut_slides(scan, choice.tiles, shared_readers().tiles, on_progress=_progress(state, 0, 100),
                          cancelled=cancelled)
    state.set_partial_result(_found(scan, choice.reading))
    return make_table(scan, choice, state)


def _joined_by(choice: ImportChoice) -> NamePattern | None:
    """The pattern that joins files; None: they are not joined. Raises WrongUse."""
    if not choice.joins_channels:
        return None
    if (pattern := choice.parsed_pattern()) is None:
        raise WrongUse("To join the files of a picture's channels, say how their names are made: choose a pattern with "
                       "a part {channel}.")
    return pattern


def _found(scan: Scan, chosen: ReadingChoice) -> Found:
    left_out = [(escape_path(scan.name_of(one.path)), one.reason) for one in scan.skipped]
    files = dict.fromkeys(name for image in scan.images for name in image_files(image, scan))  # of a slide's tiles once
    names = list(islice(chain(files, _skipped_names(scan)), LOOKED_AT))
    return Found(scan, left_out, names, suggest_pattern(names) or "", chosen.of(scan), has_slides(scan))


def _skipped_names(scan: Scan) -> list[str]:
    """The names of files that were left out, relative to the folder; not those of sub-folders."""
    names = [scan.name_of(one.path) for one in scan.skipped]
    files = [file for name in names for file in (name.split(JOINT) if scan.channels else [name])]
    return [file for file in files if os.path.splitext(file)[1].lower() in IMAGE_SUFFIXES]


def make_table(scan: Scan, choice: ImportChoice, state: TaskState) -> Imported:
    """The table of folders that were scanned before; runs in a thread.

    Raises:
        FolderError: no picture can be read.
        WrongUse: the pattern, or the recipe, does not suit these pictures.
        Cancelled: the user stopped it.
    """
    pattern = choice.parsed_pattern()
    if not scan.images:
        raise _nothing(scan, pattern if choice.joins_channels else None)
    check_reading(choice.reading.reading, scan.images)
    reading = choice.reading.of(scan)
    if choice.reading.is_folder_range:
        state.set_status("Measuring the range of all pictures")
        reading = with_folder_range([image.path for image in scan.images], reading, shared_readers().sample,
                                    on_progress=_progress(state, 0, 100), cancelled=state.is_interruption_requested)
    table = images_table(scan, Labels(choice.class_from, pattern), reading)
    misfits = [image.file_name for image in scan.images if pattern.match(image.file_name) is None] if (
        pattern and not scan.channels) else []
    more_channels = more_channels_text(scan) if choice.reading.is_each_channel else ""
    return Imported(scan, table, reading, _summary(scan, table, choice.class_from), misfits, more_channels)


def check_reading(reading: Reading, images: Sequence[FoundImage]) -> None:
    """Raise WrongUse where no picture has the channel, plane or time that was chosen, or one has no full range."""
    for number, count, word in _asked(reading, [image.info for image in images if image.info]):
        if number >= count:
            raise WrongUse(f"{word.capitalize()} {number + 1} was chosen, but these pictures have only {count}. "
                           "Choose another, or press Reset under How Pictures Are Read.")
    endless = [image.name for image in images if image.info and image.info.kind == "f"]
    if reading.contrast == "type" and endless:
        raise WrongUse(f"{len(endless):,} of {len(images):,} pictures have numbers with decimals, which have no full "
                       f"range, such as {escape_path(endless[0])}. Choose percentiles or a fixed range as contrast.")


def _asked(reading: Reading, infos: Sequence[ImageInfo]) -> list[tuple[int, int, str]]:
    """What was chosen by its number, from 0, how many of it the pictures have at most, and its name."""
    if not infos:
        return []
    plane = reading.z if reading.projection == "plane" else 0
    return [(max(reading.channels, default=0), max(info.channels for info in infos), "channel"),
            (plane, max(info.planes for info in infos), "plane"),
            (reading.time, max(info.times for info in infos), infos[0].time_word)]


def _nothing(scan: Scan, pattern: NamePattern | None) -> ImagingError:
    """Why there is no picture, though there are files."""
    folder, count, first = escape_path(scan.folder), len(scan.skipped), scan.skipped[0]
    name = escape_path(scan.name_of(first.path))
    if pattern and not any(map(pattern.match, _skipped_names(scan))):
        return WrongUse(f"{folder}: no name fits the pattern {pattern.text}. Change the pattern, or clear it, under "
                        "Labels.")
    return FolderError(f"{folder}: none of its {count:,} {pl(count, 'file')} could be used. The first: {name}: "
                       f"{first.reason}. The list in the widget names all.")


def _summary(scan: Scan, table: Table, class_from: str) -> str:
    """Such as ``120 pictures in 2 classes: NSN (70), SN (50). 3 files were left out.``"""  # noqa: D415 (an example)
    count, skipped = len(scan.images), len(scan.skipped)
    text = f"{count:,} {pl(count, 'picture')}{_tiles_text(scan)}{_classes_text(table, class_from)}"
    if skipped:
        text += f". {skipped:,} {pl(skipped, 'file was|files were')} left out"
    text = text if text.endswith("…") else f"{text}."
    return f"{text}\n{others_text(scan.others)}." if scan.others else text


def _tiles_text(scan: Scan) -> str:
    """Such as `` (120 tiles of 3 slides)``; ``""`` where no slide was cut."""
    slides = [image.tile.slide for image in scan.images if image.tile]
    tiles, whole = len(slides), len(set(slides))
    return f" ({tiles:,} {pl(tiles, 'tile')} of {whole:,} {pl(whole, 'slide')})" if tiles else ""


def _classes_text(table: Table, class_from: str) -> str:
    """The classes of a table and how many rows each has; those without are counted too."""
    column = table.domain.class_var
    if column is None:
        return ", no sub-folders, so no classes" if class_from == "folder" else ""
    numbers = table.get_column(column)
    counts = {value: int((numbers == at).sum()) for at, value in enumerate(column.values)}
    named = [f"{name} ({count:,})" for name, count in counts.items()]
    shown = ", ".join(named[:_NAMED] + ["…"] * (len(named) > _NAMED))
    missing = len(table) - sum(counts.values())
    without = f"; {missing:,} without a class" if missing else ""
    return f" in {len(named):,} {pl(len(named), 'class|classes')}: {shown}{without}"


def _progress(state: TaskState, start: float, end: float) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        is_news = done * 100 // max(1, total) != (done - 1) * 100 // max(1, total)  # the window has enough to do
        if is_news and not state.is_interruption_requested():
            state.set_progress_value(start + (end - start) * done / max(1, total))
    return report
