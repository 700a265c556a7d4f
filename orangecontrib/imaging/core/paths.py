"""How paths are written down, and where this package keeps its own files.

Inside ``core/`` a path is a ``str`` in the operating system's own form. On Linux a name may hold bytes that are
not UTF-8; Python carries them as lone surrogates, which no table, CSV or Parquet file can store. Such a path
leaves as ``bytes:`` and percent-encoded bytes, and comes back unchanged.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

import platformdirs

_ESCAPED = "bytes:"
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_PLAIN = "/ !#$&'()*+,:;=@[]{}~"


def escape_path(path: str) -> str:
    """The path as text that UTF-8 can hold; ordinary paths stay as they are.

    Reversible for every path: a real name that begins with ``bytes:`` is escaped too.
    """
    if path.startswith(_ESCAPED) or (not path.isascii() and _NOT_UTF8.search(path)):
        return _ESCAPED + quote_from_bytes(_name_bytes(path), safe=_PLAIN)
    return path


def _name_bytes(path: str) -> bytes:
    """The bytes of a file's name; for letters that no name can hold, something to show."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def unescape_path(text: str) -> str:
    """The path that `escape_path` was given, in the operating system's own form."""
    if text.startswith(_ESCAPED):
        return os.fsdecode(unquote_to_bytes(text[len(_ESCAPED):]))
    return text


def absolute_path(path: str) -> str:
    """The path from the root of its disk; ``""``, which is none, stays."""
    return path if not path or os.path.isabs(path) else os.path.abspath(path)


def cache_path() -> Path:
    """Where stored embeddings and sample pictures belong, whether it is there or not.

    ``ORANGE_IMAGING_CACHE`` names another place than the system's own.
    """
    chosen = os.environ.get("ORANGE_IMAGING_CACHE")
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_cache_dir("orange-imaging", appauthor=False))


def cache_folder() -> Path:
    """The folder at `cache_path`, made on first use.

    Only its owner may look inside (mode 0700): what was computed from patients' pictures deserves the same care as the
    pictures.

    Raises:
        OSError: it can be neither found nor made.
    """
    folder = cache_path()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def printable(name: str) -> str:
    """A name in one line, whatever letters it holds."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in escape_path(name))
