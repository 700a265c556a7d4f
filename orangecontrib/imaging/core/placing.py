"""Files that appear whole or not at all: written beside their place, and then moved there."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .errors import OutputError
from .paths import escape_path

_UNFINISHED = re.compile(r"\.orange-imaging-[0-9a-f]{32}(\.[a-z0-9]+)")
_GIVEN_UP_S = 24 * 3600.0  # what is younger may be at work


@contextmanager
def placed(path: Path, replaces: bool = True) -> Iterator[Path]:
    """Give a name beside `path` to write to; what is there at the end moves to `path`.

    No two calls, of whatever thread, process or computer, are given the same name. It ends as `path` does, in small
    letters. When the block fails, nothing is left behind and `path` is as it was.

    Args:
        path: of the file to come.
        replaces: a file that is there goes; else it stays, also one that came while this one was written.

    Raises:
        OutputError: the system refuses; caused by a FileExistsError where `path` is there and is to stay.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    beside = target.with_name(f".orange-imaging-{uuid4().hex}{path.suffix.lower()}")
    with writing(path):
        try:
            yield beside
            if replaces:
                os.replace(beside, target)
            else:
                _move_beside_none(beside, target)
        finally:
            beside.unlink(missing_ok=True)


def _move_beside_none(beside: Path, target: Path) -> None:
    """Move a file to a name that is free. Raises FileExistsError."""
    if os.name == "nt":
        os.rename(beside, target)  # which replaces nothing there
        return
    try:
        os.link(beside, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links, such as a memory stick
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        os.replace(beside, target)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the system into a sentence that names the file or folder and says what to do.

    Raises:
        OutputError: the block raised an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"{escape_path(str(path))}: cannot be written ({reason}). Choose a folder that you may write "
                          "to, on a disk with space left.") from error


def remove_given_up(folder: Path, endings: Collection[str]) -> None:
    """Remove what `placed` left half written in a folder, because it was killed more than a day ago; nothing else.

    Args:
        endings: of the files, such as ``".json"``.

    Raises:
        OutputError: the system refuses.
    """
    with writing(folder):
        for path in folder.iterdir():
            match = _UNFINISHED.fullmatch(path.name)
            with suppress(FileNotFoundError):  # another run was faster
                if match and match[1] in endings and time.time() - path.lstat().st_mtime > _GIVEN_UP_S:
                    path.unlink()
