"""Whether the folders of pictures are there: what is left out because a disk went away is not broken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..embeddings import Embeddings
from ..errors import FolderError
from ..files import files_of
from ..paths import escape_path
from .remote import is_address


class SeenFolders:
    """The folders of pictures that were there, and not empty, once they were looked at."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those that these pictures lie in."""
        folders = {os.path.dirname(file) for path in paths if not is_address(path) for file in files_of(path)}
        self._seen.update(folder for folder in folders - self._seen if not why_unreached(folder))
        return tuple(sorted(folders & self._seen))


def check_reached(root: str, seen: Sequence[str], embeddings: Embeddings) -> None:
    """See that files were not left out only because their folder, or its disk, is gone.

    Args:
        root: the folder that names start from; an address, or ``""``, tells nothing. Where no picture has a vector,
            their own folders count as well: a list may name them from the root of the disk.
        seen: the pictures' folders that were there before, as `SeenFolders` tells them.

    Raises:
        FolderError: one of them is not there any more, or empty.
    """
    if not embeddings.skipped:
        return
    lost = "" if root and not os.path.isdir(root) else _lost_folder(embeddings)
    for place in (lost or root, *seen):
        if place and not is_address(place) and (reason := why_unreached(place)):
            for_good = " If it is gone for good, make an empty folder in its place." if place == lost else ""
            raise FolderError(f"{escape_path(place)}: the folder of pictures cannot be reached any more ({reason}). "
                              f"See that its disk is there, and start again: what is finished is kept.{for_good}")


def _lost_folder(embeddings: Embeddings) -> str:
    """The first folder of pictures of which none has a vector, where all their folders are gone; else ``""``."""
    if len(embeddings.rows):
        return ""
    folders = list(dict.fromkeys(os.path.dirname(files_of(one.path)[0]) for one in embeddings.skipped))
    is_there = any(is_address(folder) or os.path.isdir(folder) for folder in folders)
    return "" if is_there or not folders else folders[0]


def why_unreached(folder: str) -> str:
    """Why nothing of a folder that was there can be read now, as a clause; ``""`` where it can."""
    if _is_in_file(folder):
        return ""
    try:
        with os.scandir(folder) as entries:
            return "it is empty now" if next(entries, None) is None else ""
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _is_in_file(path: str) -> bool:
    """Whether it is a file, or lies in one, such as a zip file."""
    return any(place.is_file() for place in (Path(path), *Path(path).parents))
