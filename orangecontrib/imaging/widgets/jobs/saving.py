"""The pictures of a table saved as a widget's job, and what would be saved, told before."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from Orange.data import StringVariable, Table
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.localization import pl

from ...core.errors import Cancelled, ImagingError, OutputError
from ...core.files import JOINT
from ...core.pace import Pace, duration_text
from ...core.paths import escape_path, unescape_path
from ...core.reading import Reading
from ...core.safe_names import Taken, case_key, safe_name
from ...core.save_plan import Form, SavePlan, plan_saving
from ...core.save_space import check_room, needed_bytes
from ...core.saving import Saved, check_folder, lies_within, list_folder, save_pictures
from ...core.sheet_pages import SheetCell, sheet_pages
from ...core.space import free_bytes
from ...core.web import local_copies
from ...tables.columns import image_reading
from ...tables.embeddings import skipped_table
from ...tables.saving import refused, relative_path, saved_table, wanted_pictures
from ..parts.contact_sheet import PER_PAGE, THUMBNAIL_PX, SheetText, write_pdf, write_png
from ..parts.folder_choice import FolderChoice

SHOWN_NAMES = 200
_SHEET = "Contact sheet"
_TELL_EACH_S = 0.1


@dataclass(frozen=True)
class Subject:
    """What is to be saved: a table whose pictures are where `paths` say; `reasons`: one a row, why there is none."""

    table: Table
    column: StringVariable
    paths: list[str]
    reasons: list[str]
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SaveJob:
    """Where to, and how.

    Attributes:
        folder: that was chosen.
        folders, names: names of columns, see `tables.saving.wanted_pictures`.
        form: what is written.
        if_exists: a key of `core.save_plan.IF_EXISTS`.
        sheet: a key of `parts.contact_sheet.SHEETS`.
    """

    folder: FolderChoice
    folders: tuple[str, ...]
    names: tuple[str, ...]
    form: Form
    if_exists: str
    sheet: str


class Stop:
    """Set by the user, asked for by the job, which then tells what it has done."""

    wanted = False


@dataclass(frozen=True)
class Prospect:
    """What would be saved.

    Attributes:
        names: of the first files, relative to the folder.
        count: of all files.
        left_out: how many rows are not saved; `first_reason`: of the first of them.
        bytes, free: at most needed, and free; None where that is not known.
        is_tight: they may be more than are free.
        problem: why nothing can be saved, as a sentence; ``""``.
        is_within: the folder lies in that of the pictures.
    """

    names: tuple[str, ...] = ()
    count: int = 0
    left_out: int = 0
    first_reason: str = ""
    bytes: int | None = None
    free: int | None = None
    problem: str = ""
    is_within: bool = False
    is_tight: bool = False


@dataclass(frozen=True)
class SaveResult:
    """What was saved: tables for the outputs, and the contact sheets' paths, or why there are none."""

    saved: Saved
    written: Table | None
    skipped: Table | None
    sheets: tuple[str, ...] = ()
    sheet_problem: str = ""


def look_ahead(subject: Subject, job: SaveJob, stop: Stop) -> Prospect:
    """What a job would write; for a thread, which ends soon once `stop` is wanted. It calls nobody in the web."""
    try:
        folder = job.folder.locate(_tell_none, _never) if job.folder.text else ""
        plan = _plan(subject, job, folder, {}, lambda: stop.wanted)
    except ImagingError as error:
        return Prospect(problem=str(error))
    skipped = [*refused(subject.paths, subject.reasons), *plan.skipped]
    files = list(plan.files())
    seen = Prospect(tuple(file.target for file in files[:SHOWN_NAMES]), len(files), len(skipped),
                    min(skipped, key=lambda one: one.row).reason if skipped else "",
                    is_within=_is_within(folder, subject))
    return _with_room(seen, plan, folder, subject, job, stop) if folder else replace(
        seen, problem="Choose the folder to save to.")


def _with_room(seen: Prospect, plan: SavePlan, folder: str, subject: Subject, job: SaveJob, stop: Stop) -> Prospect:
    """With what is needed and free on the disk, and what is wrong with the folder."""
    try:
        check_folder(folder)
        free = free_bytes(Path(folder))
        needed = needed_bytes(plan, job.form, image_reading(subject.column), lambda: stop.wanted)
        seen = replace(seen, bytes=needed.most, free=free, is_tight=needed.is_tight(free))
        check_room(plan, needed, folder)
    except ImagingError as error:
        return replace(seen, problem=str(error))
    return seen


def _is_within(folder: str, subject: Subject) -> bool:
    origin = unescape_path(str(subject.column.attributes.get("origin", "")))
    return bool(folder) and os.path.isabs(origin) and lies_within(folder, origin)


def save_images(subject: Subject, job: SaveJob, stop: Stop, state: TaskState) -> SaveResult:
    """Save the pictures of a table; runs in a thread. Once `stop` is wanted it ends, and tells what it has done."""
    def cancelled() -> bool:
        return stop.wanted or state.is_interruption_requested()

    reading = image_reading(subject.column)
    folder = job.folder.locate(_tell_none, _never)
    check_folder(folder)
    try:
        copies, reasons = local_copies(
            [path for path, why in zip(subject.paths, subject.reasons) if not why], subject.hosts,
            on_progress=_Sparing(partial(_tell, state, "Fetching pictures")), cancelled=cancelled)
    except Cancelled as error:
        return SaveResult(Saved(folder, (), (), str(error)), None, None)
    subject = replace(subject, reasons=[why or reasons.get(path, "")
                                        for path, why in zip(subject.paths, subject.reasons)])
    plan = _plan(subject, job, folder, copies, _never)
    _tell(state, "Looking for room", 0, len(plan.rows))
    check_room(plan, needed_bytes(plan, job.form, reading, cancelled), folder)
    saved = save_pictures(plan, folder, job.form, reading, cancelled=cancelled,
                          on_progress=_Sparing(partial(_tell, state, "Saving", Pace())))
    skipped = sorted([*refused(subject.paths, subject.reasons), *saved.skipped], key=lambda one: one.row)
    saved = replace(saved, skipped=tuple(skipped))
    sheets, problem = _write_sheets(saved, job, reading, subject.paths, cancelled, state) if saved.written else ((), "")
    return SaveResult(saved, saved_table(subject.table, subject.column, saved), skipped_table(subject.table, skipped),
                      sheets, problem)


def _plan(subject: Subject, job: SaveJob, folder: str, copies: Mapping[str, str],
          cancelled: Callable[[], bool]) -> SavePlan:
    """Raises WrongUse, OutputError, Cancelled."""
    left_out = {row for row, why in enumerate(subject.reasons) if why}
    wanted = wanted_pictures(subject.table, subject.column, subject.paths, job.folders, job.names, copies, left_out)
    return plan_saving(wanted, job.form, job.if_exists, list_folder(folder) if folder else _empty, cancelled)


def _write_sheets(saved: Saved, job: SaveJob, reading: Reading, paths: Sequence[str],
                  cancelled: Callable[[], bool], state: TaskState) -> tuple[tuple[str, ...], str]:
    """The paths of contact sheets, and why there are none; `paths`: of the pictures that were to be saved."""
    if job.sheet == "none" or saved.stopped:
        return (), ""
    names = SheetNames(saved, job.if_exists == "replace", paths)
    captions = [(one.path, relative_path(one.path, saved.folder)) for one in saved.written]
    text = SheetText(f"{escape_path(os.path.basename(saved.folder))}: {len(captions):,} {pl(len(captions), 'picture')}",
                     -(-len(captions) // PER_PAGE))
    pages = _told(sheet_pages(captions, saved.reading(reading), PER_PAGE, THUMBNAIL_PX, cancelled), text.pages, state)
    try:
        if job.sheet == "png":
            return tuple(write_png(lambda number: names.path(".png", number, text.pages), text, pages)), ""
        path, replaces = names.path(".pdf")
        write_pdf(path, text, pages, replaces)
    except (OutputError, Cancelled) as error:
        return (), str(error)
    return (str(path),), ""


class SheetNames:
    """Names for contact sheets that no saved picture has; those of files that are there only to replace them.

    The very pictures that were saved are not replaced: an older sheet may be one of them.
    """

    def __init__(self, saved: Saved, replaces: bool, sources: Sequence[str]) -> None:
        self._folder = saved.folder
        self._there = list_folder(saved.folder)("")
        self._replaces = replaces
        written = [name for one in saved.written for name in relative_path(one.path, saved.folder).split(JOINT)]
        self._written = Taken(name for name in written if "/" not in name)
        self._sources = [path for path in sources if _is_sheet_name(path)]
        self._taken = Taken(self._there)

    def path(self, suffix: str, number: int = 1, count: int = 1) -> tuple[Path, bool]:
        """The path of a sheet, and whether the file that is there is replaced."""
        name = safe_name(_SHEET + (f" {number:0{len(str(count))}}" if count > 1 else ""), suffix)
        path = Path(self._folder, name)
        if self._replaces and self._there.get(name) == "file" and name not in self._written \
                and not any(path.samefile(source) for source in self._sources if os.path.exists(source)):
            return path, True
        return Path(self._folder, self._taken.take(name, suffix)), False


def _is_sheet_name(path: str) -> bool:
    return case_key(os.path.basename(path)).startswith(case_key(_SHEET))


def _told(pages: Iterator[list[SheetCell]], count: int, state: TaskState) -> Iterator[list[SheetCell]]:
    for done, page in enumerate(pages):
        _tell(state, "Contact sheet, pages", done, count)
        yield page


class _Sparing:
    """Passes on what is done, ten times a second and at the end: no window keeps up with thousands of small files."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell, self._next_s = tell, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next_s or done == total:
            self._next_s = now + _TELL_EACH_S
            self._tell(done, total)


def _tell(state: TaskState, what: str, pace_or_done: Pace | int, *counts: int) -> None:
    """Such as ``Saving: 120 of 300 · 12 s left``."""
    pace = pace_or_done if isinstance(pace_or_done, Pace) else None
    done, total = counts if pace else (pace_or_done, *counts)
    rate = pace.rate(done) if pace else None
    left = f" · {duration_text((total - done) / rate)} left" if rate and done < total else ""
    state.set_progress_value(100 * done / max(1, total))
    state.set_partial_result(f"{what}: {done:,} of {total:,}{left}")


def _tell_none(done: int, total: int) -> None:
    """A folder to save to is never a sample that is drawn."""


def _never() -> bool:
    return False


def _empty(folder: str) -> Mapping[str, str]:
    return {}
