"""Pictures written to a folder as `save_plan` has decided: each file whole or not at all, none lost that was there."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .catalogue import find_network
from .device import usable_cores
from .errors import Cancelled, OutputError, UnreadableImage, first_line
from .files import JOINT, file_identity, file_size, files_of, stream_file
from .found import Skipped
from .paths import escape_path
from .placing import placed, writing
from .reading import Reading
from .refusal import explain
from .safe_names import case_key
from .save_plan import Form, Listing, PlannedFile, PlannedRow, SavePlan
from .space import is_full
from .writing_pictures import PictureWriter

_PIECE_BYTES = 1 << 20
_AT_ONCE = 4


@dataclass(frozen=True)
class Written:
    """A row whose picture was saved.

    Attributes:
        row: of the table.
        path: absolute, in the system's own form; where files of channels were copied, all with ``|`` between.
        bytes: of its files together.
        action: ``"new"``, ``"numbered"``, or ``"replaced"``, as in `save_plan.PlannedFile`.
        copies: its files are copies; a tile of a slide is none, also where files are copied.
    """

    row: int
    path: str
    bytes: int
    action: str
    copies: bool


@dataclass(frozen=True)
class Saved:
    """What became of a plan.

    Attributes:
        folder: absolute, in the system's own form.
        written, skipped: in the order of rows; together all rows of the plan.
        stopped: why it ended early, as a sentence; ``""`` where it did not.
    """

    folder: str
    written: tuple[Written, ...]
    skipped: tuple[Skipped, ...]
    stopped: str = ""

    @property
    def are_copies(self) -> bool:
        """Whether all that was written was copied as it is."""
        return all(one.copies for one in self.written)

    def reading(self, original: Reading) -> Reading:
        """How all written files together are read: copies as their originals, else plainly.

        A column has one reading. Where copies and pictures that were written anew are mixed it is the plain one: a
        recipe that was followed once already would change pixels again, while a copy still has all that was in it.
        """
        return original if self.are_copies else Reading()


def list_folder(folder: str) -> Listing:
    """The listing of a folder for `save_plan.plan_saving`; raises OutputError when it is asked and cannot look."""
    def listing(inner: str) -> Mapping[str, str]:
        place = Path(folder, inner)
        with writing(place):
            try:
                with os.scandir(place) as entries:
                    return {entry.name: _kind(entry) for entry in entries}
            except (FileNotFoundError, NotADirectoryError):
                return {}
            except ValueError as error:
                raise OutputError(f"{escape_path(str(place))}: no folder can have this name. Choose another "
                                  "one.") from error
    return listing


def check_folder(folder: str) -> None:
    """Refuse a folder that nothing can be written to. One that is not there may be, where the one above it is.

    Raises:
        OutputError: it is a file, or may not be written to, or the folder above it is missing too.
    """
    shown, above = escape_path(folder), os.path.dirname(os.path.abspath(folder))
    there = os.path.exists(folder)
    if there and not os.path.isdir(folder):
        raise OutputError(f"{shown} is a file. Choose a folder.")
    if not there and not os.path.isdir(above):
        raise OutputError(f"{shown}: there is no such folder, nor the one above it. Is its disk connected? "
                          "Choose another folder.")
    if not os.access(folder if there else above, os.W_OK | os.X_OK):
        raise OutputError(f"{shown}: you may not write to this folder. Choose another one.")


def lies_within(folder: str, outer: str) -> bool:
    """Whether a folder is `outer`, or lies in it, links followed."""
    try:
        inner, outside = (os.path.normcase(os.path.realpath(one)) for one in (folder, outer))
    except ValueError:  # no folder can have such a name
        return False
    return Path(inner).is_relative_to(outside)


def save_pictures(plan: SavePlan, folder: str, form: Form, reading: Reading = Reading(), *,
                  on_progress: Callable[[int, int], None] | None = None,
                  cancelled: Callable[[], bool] | None = None) -> Saved:
    """Write what was planned. A picture that cannot be read or written is left out, the others are saved.

    Copies keep the time of their file. A full disk, or `cancelled`, ends it early: what was written until then stays.

    Args:
        plan: made for this very folder and form.
        folder: in the system's own form; made where it is missing.
        form: what is written of each picture.
        reading: how files become pictures.
        on_progress: told (rows done, rows), in the caller's thread.
        cancelled: asked often, from several threads.

    Raises:
        OutputError: as `check_folder`.
        WrongUse: there is no such network.
    """
    check_folder(folder)
    if form.made.size == "network":
        find_network(form.network)
    run = _Run(os.path.abspath(folder), form, reading, cancelled or (lambda: False), _protected(plan))
    results: list[Written | Skipped] = list(plan.skipped)
    with run.writer, ThreadPoolExecutor(min(_AT_ONCE, usable_cores())) as pool:
        for done, result in enumerate(pool.map(run.save, plan.rows), 1):
            results.append(result)
            if on_progress:
                on_progress(done, len(plan.rows))
    results.sort(key=lambda one: one.row)
    return Saved(run.folder, tuple(one for one in results if isinstance(one, Written)),
                 tuple(one for one in results if isinstance(one, Skipped)), run.stopped)


@dataclass
class _Run:
    """One call of `save_pictures`; `protected`: the files (`files.file_identity`) that are never replaced."""

    folder: str
    form: Form
    reading: Reading
    cancelled: Callable[[], bool]
    protected: frozenset[Hashable]
    stopped: str = ""
    writer: PictureWriter = field(init=False)

    def __post_init__(self) -> None:
        self.writer = PictureWriter(self.form, self.reading)

    def save(self, row: PlannedRow) -> Written | Skipped:
        """In a thread of its own; never raises what concerns one picture alone."""
        placed_files: list[_Placed] = []
        try:
            self._check_stop()
            with ExitStack() as places:  # which end together, one after another
                made = [self._save_file(file, places, placed_files) for file in row.files]
        except UnreadableImage as error:
            return Skipped(row.row, row.path, error.reason)
        except Cancelled as error:
            self.stopped = str(error)
            return Skipped(row.row, row.path, f"not saved: {first_line(error)}")
        except OutputError as error:
            return Skipped(row.row, row.path, self._why(error) + self._take_back(placed_files))
        except MemoryError as error:
            return Skipped(row.row, row.path, explain(error))
        paths, sizes, actions = zip(*made)
        return Written(row.row, JOINT.join(paths), sum(sizes), max(actions),  # by the alphabet the weightiest
                       all(file.copies for file in row.files))

    def _check_stop(self) -> None:
        """Raise Cancelled, with why nothing more is written."""
        if self.stopped or self.cancelled():
            raise Cancelled(self.stopped or "Saving was cancelled.")

    def _why(self, error: OutputError) -> str:
        """As a clause. A full disk stops all."""
        cause = error.__cause__
        if isinstance(cause, FileExistsError):
            return "another file of this name has come in the meantime"
        if is_full(cause):
            self.stopped = f"The disk of {escape_path(self.folder)} is full."
            return "not saved: its disk is full"
        return str(error).removeprefix(f"{escape_path(self.folder)}{os.sep}").rstrip(".")

    def _take_back(self, files: Sequence[_Placed]) -> str:
        """Remove new files of a row that came to nothing; what stays, as the end of a clause."""
        stays = []
        for file in files:
            name = repr(escape_path(os.path.relpath(file.path, self.folder)))
            if file.replaced:
                stays.append(f"; before that {name} was replaced, and the new file stays")
            elif file.stamp and _stamp(file.path) == file.stamp:  # not what another has put there since
                try:
                    file.path.unlink()
                except OSError:
                    stays.append(f"; before that {name} was written, and it could not be removed")
        return "".join(stays)

    def _save_file(self, file: PlannedFile, places: ExitStack, done: list[_Placed]) -> tuple[str, int, str]:
        """Its path, size in bytes, and action; when `places` end it is in its place and among those `done`.

        Raises UnreadableImage, Cancelled, OSError, OutputError.
        """
        target = Path(self.folder, file.target)
        self._check_way(target)
        action = self._check_place(target, file)
        content = None if file.copies else self.writer.encoded(file.source)
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        self._check_way(target)
        beside = places.enter_context(_noted(target, action == "replaced", done))
        if content is None:
            _copy(file.source, beside, self._check_stop)
        else:
            beside.write_bytes(content)
        return str(target), beside.stat().st_size, action

    def _check_way(self, target: Path) -> None:
        """Refuse a way through links, by which two rows could meet in one file, or leave the folder."""
        inside = os.path.relpath(target.parent, self.folder)
        straight = os.path.normpath(os.path.join(os.path.realpath(self.folder), inside))
        if case_key(os.path.realpath(target.parent)) != case_key(straight):
            raise OutputError(f"{escape_path(str(target))}: its folder is a link to another place, and nothing is "
                              "written there. Choose another folder.")

    def _check_place(self, target: Path, file: PlannedFile) -> str:
        """What is done to what is there. Raises OutputError."""
        if os.path.islink(target):
            raise OutputError(f"{escape_path(str(target))}: a link, which is not replaced.")
        if not os.path.lexists(target):
            return "new" if file.action == "replaced" else file.action
        if file.action != "replaced":
            raise OutputError("") from FileExistsError()
        if _identity(str(target)) in self.protected:
            raise OutputError(f"{escape_path(str(target))}: one of the very pictures that are being saved, and it "
                              "is not replaced. Choose another folder.")
        return "replaced"


class _Placed(NamedTuple):
    """A file in its place; `replaced`: one that was there is gone; `stamp`: as `_stamp` then."""

    path: Path
    replaced: bool
    stamp: tuple[int, ...]


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes with a file, or with another one in its place; ``()`` where there is none."""
    try:
        state = os.lstat(path)
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


@contextmanager
def _noted(target: Path, replaces: bool, done: list[_Placed]) -> Iterator[Path]:
    """As `placing.placed`; a file that has come to its place is added to those `done`."""
    with placed(target, replaces) as beside:
        yield beside
    done.append(_Placed(target, replaces, _stamp(target)))


def _protected(plan: SavePlan) -> frozenset[Hashable]:
    """The files that the pictures of a plan lie in, where anything may be replaced."""
    if not any(file.action == "replaced" for file in plan.files()):
        return frozenset()
    paths: Iterable[str] = [*(file.source for file in plan.files()), *(one.path for one in plan.skipped)]
    files = {file for path in paths if path for file in files_of(path)}
    return frozenset(identity for file in files if (identity := _identity(file)))


def _identity(path: str) -> Hashable:
    """As `files.file_identity`; None where there is no file."""
    try:
        return file_identity(path)
    except (OSError, ValueError):
        return None


def _copy(source: str, target: Path, check_stop: Callable[[], None]) -> None:
    """Copy a file, or a member of a zip file, with the file's time. Raises UnreadableImage, Cancelled, OSError."""
    file_size(source)
    with stream_file(source) as incoming, open(target, "wb") as outgoing:
        while piece := _piece(source, incoming.read):
            check_stop()
            outgoing.write(piece)
    if os.path.isfile(source):
        state = os.stat(source)
        os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns))


def _piece(source: str, read: Callable[[int], bytes]) -> bytes:
    """The next bytes of a file. Raises UnreadableImage."""
    try:
        return read(_PIECE_BYTES)
    except OSError as error:
        raise UnreadableImage(source, explain(error)) from error


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir() else "file"
