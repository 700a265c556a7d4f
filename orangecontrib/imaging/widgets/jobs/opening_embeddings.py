"""Looking at vectors on disk, and making a table of them, as a widget's job."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from Orange.data import Table
from Orange.widgets.utils.concurrent import TaskState
from Orange.widgets.utils.localization import pl

from ...core.errors import WrongUse
from ...core.free_memory import free_memory
from ...core.paths import escape_path
from ...core.shards.reading import Vectors, open_vectors
from ...core.shards.sampling import sample_rows
from ...core.shards.skips import read_skipped
from ...core.space import size_text
from ...tables.sharded import skipped_table_of, table_bytes, table_of
from ..parts.folder_choice import FolderChoice

#: rows of a sample, where nobody chose another number
USUAL_ROWS = 5000
_SHARE = 0.5  # of the free memory: the widgets after this one need some, too
_WHERE_UNKNOWN = 2 << 30  # bytes
_SAMPLING_SHARE = 50  # of 100


@dataclass(frozen=True)
class RowChoice:
    """Which rows are wanted.

    Attributes:
        how: ``"all"``; ``"random"``, ``"stratified"`` or ``"most different"`` as `core.shards.sampling.sample_rows`; or
            ``""``: all where they fit into memory, else `USUAL_ROWS` random ones.
        count: how many, of a sample.
        column: whose values a stratified sample keeps in proportion.
        seed: 0 or more.
        is_agreed: also more than fits well is loaded.
    """

    how: str = ""
    count: int = USUAL_ROWS
    column: str = ""
    seed: int = 0
    is_agreed: bool = False


@dataclass(frozen=True)
class Opened:
    """What lies there.

    Attributes:
        place: where it was found, in the system's own form.
        vectors: the numbers, still on disk.
        skipped: names of pictures without a vector, and reasons.
        free_bytes: memory that is free; None where the system does not tell.
    """

    place: str
    vectors: Vectors
    skipped: list[tuple[str, str]]
    free_bytes: int | None

    def bytes_of(self, count: int) -> int:
        """The memory that a table of so many rows takes."""
        return table_bytes(self.vectors, count)

    def has_room(self, count: int) -> bool:
        """Whether such a table leaves memory for other widgets."""
        limit = _WHERE_UNKNOWN if self.free_bytes is None else int(self.free_bytes * _SHARE)
        return self.bytes_of(count) <= limit


@dataclass(frozen=True)
class Loaded:
    """The table, and how it was chosen.

    Attributes:
        table: None where there is no row, or where there is too little memory.
        skipped: pictures without a vector; None for none.
        choice: what was obeyed; where nobody had chosen, what was taken.
        is_reduced: a sample was taken since not all fits.
        too_large: a sentence on the memory that is missing; ``""`` where it was loaded.
    """

    table: Table | None
    skipped: Table | None
    choice: RowChoice
    is_reduced: bool = False
    too_large: str = ""


def open_embeddings(place: FolderChoice, choice: RowChoice | None, state: TaskState) -> Loaded | None:
    """Look at a folder of shards or a file, which is told at once (`Opened`), and load it where a choice is given.

    Raises:
        WrongUse: there is nothing of the kind, or it is damaged.
        Cancelled: `state` was interrupted.
    """
    state.set_status("Looking …")
    found = place.locate(lambda done, total: None, state.is_interruption_requested)
    if not os.path.exists(found):
        raise WrongUse(f"{escape_path(found)}: there is no such folder or file. Was it moved, or removed? Choose it "
                       "again.")
    vectors = open_vectors(found)
    opened = Opened(found, vectors, read_skipped(found), free_memory())
    state.set_partial_result(opened)
    return load_rows(opened, choice, state) if choice else None


def load_rows(opened: Opened, choice: RowChoice, state: TaskState) -> Loaded:
    """The table of the rows that were chosen; nothing is loaded that does not fit, unless that was agreed to.

    Raises:
        WrongUse: a file is damaged or gone, or the column is not there.
        Cancelled: `state` was interrupted.
    """
    vectors, made = opened.vectors, settled(opened, choice)
    skipped = skipped_table_of(opened.skipped, vectors.root or "", vectors.reading)
    count = vectors.count if made.how == "all" else min(made.count, vectors.count)
    if not count:
        return Loaded(None, skipped, made)
    if not opened.has_room(count) and not made.is_agreed:
        return Loaded(None, skipped, made, too_large=memory_text(opened, count))
    rows, start = None, 0
    if count < vectors.count:
        state.set_status("Choosing pictures …")
        start = 0 if made.how == "random" else _SAMPLING_SHARE
        rows = sample_rows(vectors, count, made.how, made.column or None, made.seed,
                           on_progress=_progress(state, 0, start), cancelled=state.is_interruption_requested)
    state.set_status("Loading …")
    table = table_of(vectors, rows, on_progress=_progress(state, start, 100),
                     cancelled=state.is_interruption_requested)
    return Loaded(table, skipped, made, is_reduced=not choice.how and made.how != "all")


def settled(opened: Opened, choice: RowChoice) -> RowChoice:
    """What a choice comes to with these vectors.

    Raises:
        WrongUse: they have no such column.
    """
    if not choice.how:
        has_room = opened.has_room(opened.vectors.count)
        return RowChoice("all" if has_room else "random", USUAL_ROWS, seed=choice.seed)
    if choice.how == "stratified" and choice.column not in label_columns(opened.vectors):
        known = ", ".join(label_columns(opened.vectors)) or "none"
        raise WrongUse(f"There is no column {choice.column!r} of labels to sample by. There are: {known}. Choose "
                       "another, or a random sample.")
    return choice


def label_columns(vectors: Vectors) -> list[str]:
    """The carried columns that a sample can be taken by: text, whole numbers, yes and no; *category* first."""
    found = [name for name, kind in vectors.columns.items() if kind in ("string", "large_string", "bool")
             or kind.startswith(("int", "uint", "dictionary"))]
    return sorted(found, key=lambda name: name != "category")


def memory_text(opened: Opened, count: int) -> str:
    """Such as ``All 1,000,000 rows need 4.1 GB of memory; this computer has 3.0 GB free.``"""  # noqa: D415 (an example)
    rows = f"{'All ' if count == opened.vectors.count > 1 else ''}{count:,} {pl(count, 'row needs|rows need')}"
    free = "" if opened.free_bytes is None else f"; this computer has {size_text(opened.free_bytes)} free"
    return f"{rows} {size_text(opened.bytes_of(count))} of memory{free}."


def _progress(state: TaskState, start: float, end: float) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        is_news = done * 100 // max(1, total) != (done - 1) * 100 // max(1, total)  # the window has enough to do
        if is_news and not state.is_interruption_requested():
            state.set_progress_value(start + (end - start) * done / max(1, total))
    return report
