"""The language of texts for people. A checkout speaks English; an installed package has tables of other languages.

When a wheel is built, `trubar` writes the tables (``i18n/German.json`` …) and makes each text look itself up here:
``_tr.m[3, "Open"]``, and ``_tr.e(_tr.c(4, f"{count} files"))`` where it has parts. Whoever shows a window calls
`choose` before the modules with texts are imported; the command does not, and so stays English.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import CodeType

TABLES = Path(__file__).parent / "i18n"


class Words:
    """Texts by number, in the language that was chosen; the names of its parts are what trubar writes."""

    #: must be the built-in itself, which sees the names where it is called
    e = eval

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._codes: dict[int, CodeType] = {}

    @property
    def m(self) -> Words:
        """For plain texts: ``m[number, english]``."""
        return self

    def __getitem__(self, asked: tuple[int, str]) -> str:
        number, english = asked
        return self._texts[number] if self._texts else english

    def c(self, number: int, english: str) -> CodeType:
        """The code that makes a text with parts; `english` is that text made already."""
        if not self._texts:
            return compile(repr(english), "<text>", "eval")
        if number not in self._codes:
            self._codes[number] = compile(self._texts[number], f"<text {number}>", "eval")
        return self._codes[number]

    def take(self, texts: list[str]) -> None:
        """Speak from this table from now on; an empty one is English."""
        self._texts, self._codes = texts, {}


#: what translated modules know as ``_tr``
WORDS = Words()


def choose(language: str, folder: Path = TABLES) -> bool:
    """Speak a language, by its own name or its English one, such as Deutsch or German.

    Returns:
        Whether there is such a table; else texts are English.
    """
    WORDS.take([])
    for path in sorted(folder.glob("*.json")):
        texts = json.loads(path.read_text(encoding="utf-8"))
        if language in texts[:2]:
            WORDS.take(texts)
            return True
    return False


def plural(count: int, forms: str) -> str:
    """The form of words that goes with a count.

    Args:
        forms: with ``|`` between; two for 1 and all others, or four as Slovene has them, by the last two digits: for
            1, for 2, for 3 and 4, for all others.

    >>> plural(3, "Bild|Bilder"), plural(102, "slika|sliki|slike|slik")
    ('Bilder', 'sliki')
    """
    given = forms.split("|")
    if len(given) == 2:
        return given[count != 1]
    return given[{1: 0, 2: 1, 3: 2, 4: 2}.get(abs(count) % 100, 3)]
