"""What is said when labels are about pictures that are not shown."""

from __future__ import annotations

from ...core.known_pictures import Shown
from ...core.paths import escape_path


def pictures_text(count: int) -> str:
    """Such as "1 picture"."""
    return f"{count:,} {'picture' if count == 1 else 'pictures'}"


def asks_to_remove(name: str, count: int) -> str:
    """Before a label is removed that pictures of other tables have."""
    verb = "is" if count == 1 else "are"
    return (f"{pictures_text(count)} that {verb} not shown {'has' if count == 1 else 'have'} the label “{name}”. "
            "Remove it from all of them? Undo brings it back.")


def changed_too(count: int) -> str:
    """After undo or redo changed pictures of other tables."""
    return f" {pictures_text(count)} that {'is' if count == 1 else 'are'} not shown changed, too."


def come_from(shown: Shown) -> str:
    """Where the labels of a table come from, when its pictures have moved."""
    return (f"{_labels(shown.labeled)} put on pictures of the same names in {_folder(shown.other)}.")


def are_offered(shown: Shown) -> str:
    """That some pictures have the same names as labeled ones of another folder."""
    return (f"{shown.shared:,} of the {pictures_text(shown.labeled)} that you labeled in {_folder(shown.other)} "
            "have the same names here. Use those labels?")


def _labels(count: int) -> str:
    return "This label was" if count == 1 else f"These {count:,} labels were"


def _folder(path: str) -> str:
    return f"the folder {escape_path(path)}" if path else "a table without a folder"
