"""Labels as a workflow keeps them: numbers, texts, lists and dictionaries only."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from .errors import WrongUse
from .hand_labels import MOST_LABELS, LabelBook, Marks
from .known_pictures import KnownPictures
from .paths import escape_path, unescape_path

VERSION = 1
_COLOR = re.compile("#[0-9a-f]{6}")


def to_plain(book: LabelBook, known: KnownPictures) -> dict[str, object]:
    """What `from_plain` understands: labels, values of labeled pictures by folder and number, and folders set apart.

    Values that UTF-8 cannot hold are escaped as `core.paths.escape_path` does. Nothing to keep gives ``{}``.
    """
    pictures = {escape_path(folder): kept for folder, marks in book.marks.items()
                if (kept := _values(marks, list(known.numbers.get(folder, ())), book))}
    apart = sorted(map(escape_path, known.apart))
    if not book.labels and not apart:
        return {}
    return {"version": VERSION, "labels": [[label.number, label.name, label.color] for label in book.labels],
            "pictures": pictures, "apart": apart}


def from_plain(plain: object) -> tuple[LabelBook, KnownPictures]:
    """The labels that were kept; what is no sense is left out.

    Raises:
        WrongUse: they are of a later version: to take them for none would lose them when they are kept again.
    """
    version = _dict(plain).get("version")
    if isinstance(version, int) and version > VERSION:
        raise WrongUse("These labels were made by a newer version of this add-on. Update it to see them.")
    if not isinstance(plain, dict) or version != VERSION:
        return LabelBook(), KnownPictures()
    book = LabelBook()
    for entry in _list(plain.get("labels")):
        book = _with_label(book, entry)
    marks, numbers = {}, {}
    for folder, kept in _dict(plain.get("pictures")).items():
        found = _pictures(_dict(kept), book)
        numbers[unescape_path(str(folder))] = {value: number for number, value in enumerate(found)}
        marks[unescape_path(str(folder))] = np.fromiter(found.values(), np.uint8, len(found))
    apart = frozenset(unescape_path(folder) for folder in _list(plain.get("apart")) if isinstance(folder, str))
    return LabelBook(book.labels, marks), KnownPictures(numbers, apart)


def _values(marks: Marks, names: list[str], book: LabelBook) -> dict[str, list[str]]:
    """The values of pictures by their label's number."""
    return {str(label.number): [escape_path(names[picture]) for picture in found]
            for label in book.labels if len(found := np.flatnonzero(marks == label.number))}


def _pictures(kept: Mapping[object, object], book: LabelBook) -> dict[str, int]:
    """The label's number of each value."""
    return {unescape_path(value): label.number for label in book.labels
            for value in _list(kept.get(str(label.number))) if isinstance(value, str)}


def _with_label(book: LabelBook, entry: object) -> LabelBook:
    """The book with a label more, if the entry says one."""
    match entry:
        case [int(number), str(name), str(color)] if 0 < number <= MOST_LABELS and name and book.find(number) is None:
            try:
                return book.add(name, number=number, color=color if _COLOR.fullmatch(color) else "")
            except WrongUse:
                return book
    return book


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}
