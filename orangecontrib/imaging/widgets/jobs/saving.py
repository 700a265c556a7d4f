"""The pictures of a table saved as a widget's job, and what would be saved, told before."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from Orange.data import StringVariable, Table
from Orange.widgets.utils.concurrent import TaskState

from ...core.catalogue import find_network
from ...core.errors import Cancelled, ImagingError, OutputError
from ...core.found import Skipped
from ...core.pace import Pace, duration_text
from ...core.paths import unescape_path
from ...core.reading import Reading
from ...core.save_plan import Form, SavePlan, plan_saving
from ...core.save_space import check_room, needed_bytes
from ...core.saving import Saved, check_folder, lies_within, list_folder, save_pictures
from ...core.space import free_bytes
from ...core.web import local_copies
from ...tables.columns import image_reading
from ...tables.embeddings import skipped_table
from ...tables.saving import refused, saved_table, wanted_pictures
from ..parts.contact_sheet import Shown, write_sheet
from ..parts.folder_choice import FolderChoice

SHOWN_NAMES = 200


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


@dataclass(frozen=True)
class SaveResult:
    """What was saved: tables for the outputs, and the contact sheets' paths, or why there are none."""

    saved: Saved
    written: Table | None
    skipped: Table | None
    sheets: tuple[str, ...] = ()
    sheet_problem: str = ""


def look_ahead(subject: Subject, job: SaveJob) -> Prospect:
    """What a job would write. Asks the disk, and calls nobody in the web; for a thread."""
    try:
        folder = job.folder.locate(_tell_none, _never)
        plan = _plan(subject, job, folder, {})
        names = tuple(islice((file.target for file in plan.files()), SHOWN_NAMES))
        skipped = [*refused(subject.paths, subject.reasons), *plan.skipped]
        seen = Prospect(names, sum(1 for _ in plan.files()), len(skipped), skipped[0].reason if skipped else "")
        origin = unescape_path(str(subject.column.attributes.get("origin", "")))
        seen = replace(seen, is_within=os.path.isabs(origin) and lies_within(folder, origin))
        check_folder(folder)
        needed = needed_bytes(plan, job.form, image_reading(subject.column))
        seen = replace(seen, bytes=needed, free=free_bytes_of(folder))
        check_room(plan, needed, folder)
    except (ImagingError, OSError) as error:
        return replace(seen, problem=str(error)) if "seen" in locals() else Prospect(problem=str(error))
    return seen
