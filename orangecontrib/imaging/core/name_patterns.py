"""Labels from the names of files: ``{plate}_{well}_{site}_w{channel}`` takes a name apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .errors import WrongUse

CHANNEL = "channel"
FOLDER = "folder"  # where the class comes from if from no part
_WELL = "well"
_KINDS = {"": None, "digits": re.compile("[0-9]+"), "letters": re.compile("[^\\W\\d_]+"),
          _WELL: re.compile("(A[A-F]|[A-Z])[0-9]{1,2}")}  # 1536 wells lie in rows A-Z and AA-AF, in 48 columns
_GUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PART = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)|([{}])")


@dataclass(frozen=True)
class _Piece:
    """A piece of a pattern: a part, text that stands for itself, or ``*``.

    `form`: of a part of a certain kind; `before`: the text that follows, which spares many tries.
    """

    part: str = ""
    literal: str = ""
    form: re.Pattern[str] | None = None
    before: str = ""

    def ends(self, text: str, at: int) -> Iterable[int]:
        """Where this piece may end that begins at `at`: any text from short to long, a certain kind from long.

        A GUID stays whole where it can: ImageXpress writes one right after the wavelength, and many begin with digits.
        """
        if self.literal:
            return (at + len(self.literal),) if text.startswith(self.literal, at) else ()
        if self.form:
            found = self.form.match(text, at)
            longest = found.end() if found else at
            fitting = (end for end in range(longest, at, -1) if self.form.fullmatch(text, at, end))
            return sorted(fitting, key=lambda end: _GUID.match(text, end) is None)
        folder = text.find("/", at)
        ends = range(at + bool(self.part), (len(text) if folder < 0 else folder) + 1)
        return (end for end in ends if text.startswith(self.before, end))


@dataclass(frozen=True)
class NamePattern:
    """How a name is taken apart.

    Attributes:
        text: as it was written.
        parts: the names of its parts, in their order.
        depth: how many folders of the path it looks at, beside the file's name.
    """

    text: str
    parts: tuple[str, ...]
    depth: int
    _pieces: tuple[_Piece, ...]
    _wished: tuple[_Piece, ...]

    def match(self, name: str) -> dict[str, str] | None:
        """The text of each part; None when the name is of another form.

        Args:
            name: of a file, relative to the imported folder, ``/`` between the parts; its ending does not count.
        """
        text = self._tail(name)
        ends = _place(self._wished, text) or _place(self._pieces, text)
        if ends is None:
            return None
        starts = (0, *ends)
        return {piece.part: text[start:end] for piece, start, end in zip(self._pieces, starts, ends, strict=False)
                if piece.part}

    def _tail(self, name: str) -> str:
        """The end of a path that the pattern looks at, without the file's ending."""
        folders, _, last = name.rpartition("/")
        kept = folders.split("/")[-self.depth:] if self.depth and folders else []
        stem = last.rpartition(".")[0] or last
        return "/".join([*kept, stem])


def parse_pattern(text: str) -> NamePattern:
    """Read a pattern: named parts in braces, ``*`` for what is not kept; all else stands for itself.

    A part is as short as can be, the last as long as can be. ``{site:digits}``, ``{dye:letters}`` and ``{well:well}``
    (such as A01 or AF48, in capitals) match only those; a plain ``{well}`` is such a place wherever the name allows it.
    A ``/`` stands between folders: the pattern then also looks at so many of them.

    Raises:
        WrongUse: it names no part, or one twice, or one *folder*, or a brace is left open.
    """
    parts: list[str] = []
    pieces = []
    for part, rest, literal, brace in _PART.findall(text.strip()):
        if brace:
            raise WrongUse(f"Pattern {text!r}: a brace is left open. Write named parts as {{well}}.")
        if literal or rest:
            pieces.append(_Piece(literal=literal))
            continue
        name, _, kind = (piece.strip() for piece in part.partition(":"))
        _check_part(text, name, kind, parts)
        parts.append(name)
        pieces.append(_Piece(name, form=_KINDS[kind]))
    if not parts:
        raise WrongUse(f"Pattern {text!r} names no part. Write one in braces, such as {{well}}_{{site}}.")
    linked = [replace(one, before=after.literal) for one, after in zip(pieces, [*pieces[1:], _Piece()], strict=True)]
    wished = [replace(one, form=one.form or _KINDS[_WELL]) if one.part == _WELL else one for one in linked]
    return NamePattern(text, tuple(parts), text.count("/"), tuple(linked), tuple(wished))


def suggest_pattern(names: Iterable[str]) -> str | None:
    """The first ready pattern that more than half of the names fit; None when there is none."""
    names = list(names)
    for ready in READY_PATTERNS.values():
        pattern = parse_pattern(ready)
        if 2 * sum(pattern.match(name) is not None for name in names) > len(names):
            return ready
    return None


def _place(pieces: tuple[_Piece, ...], text: str) -> tuple[int, ...] | None:
    """The end of each piece; None where they do not cover the text.

    What failed once is not tried again: a regular expression of many parts would try for years.
    """
    failed: set[tuple[int, int]] = set()

    def rest(number: int, at: int) -> tuple[int, ...] | None:
        if number == len(pieces):
            return () if at == len(text) else None
        if (number, at) in failed:
            return None
        for end in pieces[number].ends(text, at):
            if (after := rest(number + 1, end)) is not None:
                return (end, *after)
        failed.add((number, at))
        return None

    return rest(0, 0)


def _check_part(text: str, name: str, kind: str, before: list[str]) -> None:
    if kind not in _KINDS:
        raise WrongUse(f"Pattern {text!r}: {kind!r} is not a kind of text. Choose from {', '.join(list(_KINDS)[1:])}.")
    if not name:
        raise WrongUse(f"Pattern {text!r}: a part has no name. Write it as {{well}}, or as * if it is not needed.")
    if name == FOLDER:
        raise WrongUse(f"Pattern {text!r}: a part cannot be named {FOLDER!r}, which stands for the sub-folder. Give it "
                       "another name.")
    if name in before:
        raise WrongUse(f"Pattern {text!r} names {name!r} twice. Give each part a name of its own.")


# How plate readers and microscopes name their files, by their makers' manuals and published data sets.
READY_PATTERNS = {
    "ImageXpress, MetaXpress": "{plate}_{well:well}_s{site:digits}_w{channel:digits}*",
    "ImageXpress, one site": "{plate}_{well:well}_w{channel:digits}*",
    "Operetta, Opera Phenix": "r{row:digits}c{column:digits}f{site:digits}p{plane:digits}-ch{channel:digits}"
                              "sk{time:digits}*",
    "CellVoyager": "{plate}_{well:well}_T{time:digits}F{site:digits}L*A*Z{plane:digits}C{channel:digits}",
    "ScanR": "{well}--W*--P{site:digits}--Z{plane:digits}--T{time:digits}--{channel}",
    "IN Cell Analyzer": "{row:letters} - {column:digits}(fld {site:digits} wv {channel})",
    "CellInsight, ArrayScan": "{plate}_{well:well}f{site:digits}d{channel:digits}",
    "Micro-Manager": "img_channel{channel:digits}_position{site:digits}_time{time:digits}_z{plane:digits}",
    "Plate, well, site, channel": "{plate}_{well:well}_{site:digits}_{channel}",
    "Channels _w1, _w2, …": "{name}_w{channel:digits}",
    "Channels _ch1, _ch2, …": "{name}_ch{channel:digits}",
}
