"""Sizes in words, and whether a disk has room for a file."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError
from .paths import escape_path
from .placing import writing

#: what is wrong with a folder where not even the drive is there, and what to do
NO_DRIVE = "there is no such drive or network share. Connect it, or choose another folder."
_FULL = (errno.ENOSPC, errno.EDQUOT)


def size_text(size_bytes: float) -> str:
    """A size for people; k, M and G are 2^10, 2^20 and 2^30.

    >>> [size_text(size * 2**20) for size in (0.003, 4.72, 97.8, 1100, 54000)]
    ['3.1 kB', '4.7 MB', '98 MB', '1.1 GB', '53 GB']
    """
    size, unit = size_bytes / 2**10, "kB"
    for larger in ("MB", "GB"):
        if size >= 999.5:
            size, unit = size / 2**10, larger
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def free_bytes(folder: Path) -> int:
    """The bytes free on the disk of a folder, which need not be there yet.

    Raises:
        OutputError: the system does not tell, or there is no such drive.
    """
    with writing(folder):
        above = (folder, *folder.parents)
        there = next((one for one in above if one.exists()), None)
        if there is None:
            raise OutputError(f"{escape_path(str(above[-1]))}: {NO_DRIVE}")
        return shutil.disk_usage(there).free


def check_space(what: str, need_bytes: int, folder: Path) -> None:
    """Refuse a file before it is written when it does not fit.

    Args:
        what: begins the sentence, such as ``"Inception v3"``.
        need_bytes: that will be written.
        folder: where.

    Raises:
        OutputError: fewer bytes are free.
    """
    if free_bytes(folder) < need_bytes:
        raise _shortage(what, need_bytes, folder)


def is_full(error: BaseException | None) -> bool:
    """Whether the system refused because a disk is full, or a quota used up."""
    return isinstance(error, OSError) and error.errno in _FULL


@contextmanager
def writing_much(what: str, need_bytes: int, path: Path) -> Iterator[None]:
    """As `placing.writing`; a disk that ran full, or a quota, is told with what is needed and what is free.

    Raises:
        OutputError: the block raised an OSError.
    """
    try:
        with writing(path):
            yield
    except OutputError as error:
        if is_full(error.__cause__):
            raise _shortage(what, need_bytes, path.parent) from error.__cause__
        raise


def _shortage(what: str, need_bytes: int, folder: Path) -> OutputError:
    return OutputError(f"{what} needs {size_text(need_bytes)} in {escape_path(str(folder))}, where "
                       f"{size_text(free_bytes(folder))} are free. Free some space there, or choose another folder.")
