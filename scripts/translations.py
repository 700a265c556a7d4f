"""Keep i18n/*/msgs.jaml as complete as the texts of the package.

usage: translations.py            add new texts, drop those that are gone, and list what is not translated
       translations.py --check    change nothing; end with 1 where something is new, gone or not translated

A text stands as ``English: translation``. ``null`` waits for a translation; ``false`` is not for people, or is saved in
settings, tables or files and so must be the same in all languages; ``true`` is for people, and the same here.
Standard library only: the texts are found as trubar finds them, and trubar itself is needed to build a wheel alone.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

SOURCE = Path(__file__).resolve().parent.parent
PACKAGE = SOURCE / "orangecontrib" / "imaging"
LANGUAGES = ("si", "de")

#: the value that a text has in a file: its translation, or not yet (None), never (False), the same (True)
Value: TypeAlias = str | bool | None
#: where a text is: the file, the classes and functions around it, and the text as it is written in the code
Place: TypeAlias = tuple[str, ...]
Messages: TypeAlias = dict[Place, Value]
_Scope: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

_WORDS: dict[str, Value] = {"null": None, "false": False, "true": True}
_LINE = re.compile(r"""( *)(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^'" ].*?)):(?: (.*))?""", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew or check the files; 0 when every text is translated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    given = parser.parse_args(arguments)
    texts, complaints = found_texts(PACKAGE), []
    for language in LANGUAGES:
        path = messages_path(language)
        known = read_messages(path.read_text(encoding="utf-8"))
        if given.check:
            complaints += [f"{language}: {said}" for said in differences(texts, known)]
            continue
        renewed: Messages = {place: known.get(place, proposed(place)) for place in texts}
        path.write_text(written(renewed), encoding="utf-8")
        complaints += [f"{language}: {said}" for said in differences(texts, renewed)]
    print("\n".join(complaints) or "Every text is translated.")
    return 1 if complaints else 0


def messages_path(language: str) -> Path:
    """The file with the translations into a language."""
    return SOURCE / "i18n" / language / "msgs.jaml"


def differences(texts: Sequence[Place], known: Messages) -> list[str]:
    """What is new, gone or not translated, a sentence each."""
    there = set(texts)
    new = [f"new: {' / '.join(place)}" for place in texts if place not in known]
    gone = [f"gone: {' / '.join(place)}" for place in known if place not in there]
    waiting = [f"not translated: {' / '.join(place)}" for place, value in known.items() if value is None]
    return new + gone + waiting


def proposed(place: Place) -> Value:
    """For a new text: False where it is surely no text for people, else None."""
    file, text = place[0], place[-1]
    if file.startswith(("cli.py", "commands/", "workflow/", "__")):
        return False  # the command speaks English
    return None if re.search(r"[A-Za-z]{2}.* |^[A-Z&][a-z]|…", text) else False


def found_texts(package: Path) -> list[Place]:
    """All strings of a package's code but docstrings, in the order of files and lines, each place once."""
    found: dict[Place, None] = {}
    for path in sorted(package.rglob("*.py"), key=lambda one: (str(one.parent), one.name)):
        code = path.read_text(encoding="utf-8")
        file = path.relative_to(package).as_posix()
        found.update({(file, *scopes, text): None for scopes, text in _texts_of(code)})
    return list(found)


def _texts_of(code: str) -> Iterator[tuple[Place, str]]:
    """The strings of a file, each with the classes and functions around it, as ``class `A```."""
    tree = ast.parse(code)
    bare = {(node.value.lineno, node.value.col_offset) for node in ast.walk(tree) if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant | ast.JoinedStr)}
    scopes = sorted(_scope(node) for node in ast.walk(tree) if isinstance(node, _Scope))
    for line, column, text in _strings(code):
        if text and (line, column) not in bare:
            yield tuple(title for first, last, title in scopes if first <= line <= last), text


def _scope(node: _Scope) -> tuple[int, int, str]:
    """First and last line, and what trubar calls it."""
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return first, node.end_lineno or first, f"{'class' if isinstance(node, ast.ClassDef) else 'def'} `{node.name}`"


def _strings(code: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and inside of each string token; an f-string is one token in Python 3.11, several since 3.12."""
    lines = code.splitlines(keepends=True)
    starts: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            starts.append(token.start)
        elif kind == "FSTRING_END":
            start = starts.pop()
            if not starts:
                yield *start, _inside(_between(lines, start, token.end))
        elif kind == "STRING" and not starts:
            yield *token.start, _inside(token.string)


def _between(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1]:end[1]]
    return "".join([lines[start[0] - 1][start[1]:], *lines[start[0]:end[0] - 1], lines[end[0] - 1][:end[1]]])


def _inside(string: str) -> str:
    body = string.lstrip("rRbBuUfF")
    quotes = 3 if body[:3] in ('"""', "'''") else 1
    return body[quotes:-quotes]


def read_messages(text: str) -> Messages:
    """Read what `written` wrote, and what trubar and people write in the same form.

    Raises ValueError for a line of another form.
    """
    known: Messages = {}
    scopes: list[tuple[int, str]] = []
    rows = iter(text.splitlines())
    for first in rows:
        row = first
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        while (match := _LINE.fullmatch(row)) is None or _is_open(match[5] or ""):
            row += "\n" + next(rows, "\0")
            if "\0" in row:
                raise ValueError(f"{first!r} is no line of a file of translations")
        key = next(one for one in (_single(match[2], "'"), _single(match[3], '"'), match[4]) if one is not None)
        scopes = [one for one in scopes if one[0] < len(match[1])]
        if match[5] is None:
            scopes.append((len(match[1]), key))
        else:
            known[(*(name for _, name in scopes), key)] = _value(match[5])
    return known


def _single(text: str | None, quote: str) -> str | None:
    return None if text is None else text.replace(2 * quote, quote)


def _is_open(value: str) -> bool:
    """Whether a quoted value goes on in the next line."""
    return value[:1] in ("'", '"') and (value.count(value[0]) % 2 == 1 or len(value) == 1)


def _value(text: str) -> Value:
    if text.strip() in _WORDS:
        return _WORDS[text.strip()]
    return _single(text.rstrip()[1:-1], text[0]) if text[0] in "'\"" else text


def written(messages: Messages) -> str:
    """The file's text, one indent for each class and function."""
    words = {value: word for word, value in _WORDS.items()}
    lines: list[str] = []
    before: Place = ()
    for place, value in _nested(messages):
        scopes = place[:-1]
        shared = next((depth for depth, (one, last) in enumerate(zip(scopes, before)) if one != last),
                      min(len(scopes), len(before)))
        lines += [f"{'    ' * depth}{scopes[depth]}:" for depth in range(shared, len(scopes))]
        said = _quoted(value, may_hold_colon=True) if isinstance(value, str) else words[value]
        lines.append(f"{'    ' * len(scopes)}{_quoted(place[-1], may_hold_colon=False)}: {said}")
        before = scopes
    return "\n".join(lines) + "\n"


def _nested(messages: Messages) -> list[tuple[Place, Value]]:
    """In an order in which every class and function comes once, where its first text is."""
    order: dict[Place, int] = {}
    for number, place in enumerate(messages):
        for depth in range(1, len(place) + 1):
            order.setdefault(place[:depth], number)
    return sorted(messages.items(), key=lambda one: [
        (order[one[0][:depth]], one[0][:depth]) for depth in range(1, len(one[0]) + 1)])


def _quoted(text: str, may_hold_colon: bool) -> str:
    """In quotes where the form asks for them."""
    if text and "\n" not in text and (may_hold_colon or ": " not in text) and text[0] not in " #\"'|" \
            and text[-1] not in " \t":
        return text
    quote = '"' if "'" in text else "'"
    return f"{quote}{text.replace(quote, 2 * quote)}{quote}"


if __name__ == "__main__":
    sys.exit(main())
