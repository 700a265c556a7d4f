"""Names of files and folders that every system takes, made of any text; and no two of them alike.

What Windows refuses is told in Microsoft's *Naming Files, Paths, and Namespaces*; that macOS and Windows take ``A.png``
and ``a.png`` for one file holds for their usual disks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

from .images import IMAGE_SUFFIXES
from .paths import unescape_path

MOST_BYTES = 255  # of a name in UTF-8: ext4, APFS; NTFS takes 255 UTF-16 units, which are never more
_MOST_SUFFIX_BYTES = 32
_REFUSED = re.compile(
    '[<>:"/\\\\|?*'  # by Windows; "/" by all
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\u2028\u2029"  # ends of lines
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # change the direction of what is read: "gnp.exe" for "exe.png"
    "\ud800-\udfff"  # bytes that are not UTF-8, see paths.escape_path
    "\ufffe\uffff]")
_ENDS = re.compile(r"^\s+|[\s.]+\Z")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(\.|$)", re.IGNORECASE)


def safe_name(text: str, suffix: str = "", otherwise: str = "unnamed") -> str:
    """One part of a path that every system takes; it never leads out of a folder.

    Letters are composed (Unicode NFC); what a system refuses becomes ``_``; dots and spaces at the end go, and no name
    begins with a dot, which would hide it. Names of devices, such as ``NUL``, get a ``_`` in front.

    Args:
        text: any; the escaped form of a path (`paths.escape_path`) is taken for what it stands for.
        suffix: such as ``".png"``, kept whatever the length, see `safe_suffix`.
        otherwise: stands for a text of which nothing remains.

    Returns:
        At least one letter, at most 255 bytes in UTF-8.

    >>> [safe_name(text, ".png") for text in ("../../etc", "a:b", "NUL", " ")]
    ['_._.._etc.png', 'a_b.png', '_NUL.png', 'unnamed.png']
    """
    suffix = safe_suffix(suffix)
    plain = unescape_path(text) if text.isascii() else text  # the escaped form is
    stem = _ENDS.sub("", _REFUSED.sub("_", unicodedata.normalize("NFC", plain))) or otherwise
    if stem.startswith("."):
        stem = "_" + stem[1:]
    if _RESERVED.match(stem):
        stem = "_" + stem
    return _fitted(stem, suffix)


def safe_suffix(suffix: str) -> str:
    """The ending of a file's name as it may be written: its dot and letters; ``""`` where it holds anything else."""
    letters = suffix[1:]
    usual = suffix[:1] == "." and letters.isalnum() and len(suffix.encode("utf-8", "replace")) <= _MOST_SUFFIX_BYTES
    return unicodedata.normalize("NFC", suffix) if usual else ""


def without_picture_suffix(name: str) -> str:
    """A name without the ending of a kind of picture: of ``a.b.PNG`` remains ``a.b``, ``3.14`` stays."""
    stem, _, ending = name.rpartition(".")
    return stem if stem and f".{ending.lower()}" in IMAGE_SUFFIXES else name


def numbered(name: str, suffix: str, number: int) -> str:
    """A safe name with a number before its suffix: ``a (2).png``; its end is cut where it would be too long."""
    stem = name[:len(name) - len(suffix)] if suffix else name
    return _fitted(stem, f" ({number}){suffix}")


def case_key(name: str) -> str:
    """The same for all names that some system takes for one file: whatever their case, composed or not."""
    plain = unicodedata.normalize("NFC", name)
    return plain.lower() if plain.isascii() else unicodedata.normalize("NFC", plain.upper().casefold())


class Taken:
    """The names that are in use in one folder; new ones get the next free number."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._keys = set(map(case_key, names))
        self._last: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return case_key(name) in self._keys

    def add(self, name: str) -> None:
        """Have a name be in use."""
        self._keys.add(case_key(name))

    def take(self, name: str, suffix: str = "", avoided: Container[str] = ()) -> str:
        """This safe name, or the first one with a number that is free; it is in use from now on.

        `avoided`: keys (`case_key`) of further names that are not free.
        """
        free, key = name, case_key(name)
        while case_key(free) in self._keys or case_key(free) in avoided:
            self._last[key] = self._last.get(key, 1) + 1
            free = numbered(name, suffix, self._last[key])
        self.add(free)
        return free


def _fitted(stem: str, end: str) -> str:
    """So much of a stem as fits into a name with this end; no letter is cut in two, nor from its accents."""
    room = MOST_BYTES - len(end.encode())
    kept = stem.encode()[:room].decode("utf-8", "ignore")
    if kept != stem:
        while kept and unicodedata.combining(stem[len(kept)]):
            kept = kept[:-1]
        kept = _ENDS.sub("", kept) or "_"
    return kept + end
