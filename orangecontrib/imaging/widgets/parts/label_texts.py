"""What is said when labels are about pictures that are not shown."""

from __future__ import annotations

from ...core.known_pictures import Offer
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


def are_offered(offer: Offer) -> str:
    """That pictures have the same names as labeled ones of another folder."""
    if len(offer.theirs) == 1:
        return f"1 picture of these names has a label from {folder_text(offer.folder)}. Use it?"
    return (f"{len(offer.theirs):,} pictures of these names have labels from {folder_text(offer.folder)}. "
            "Use them?")


def folder_text(path: str) -> str:
    """What the values of an image column start from."""
    return f"the folder {escape_path(path)}" if path else "a table without a folder"
