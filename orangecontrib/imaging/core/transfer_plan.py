"""What a download decides: what to do with an answer, how long to wait after a cut, when a server is too slow.

No disk, no network: `transfer` acts on it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

ATTEMPTS = 5
PAUSE_S = 1.0
GETTING_ON_BYTES = 2**20
SLOW_BYTES_S = 1000
SLOW_WINDOW_S = 60.0
_NUMBER = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-[0-9]+|\*)/([0-9]{1,18}|\*)")
_VERSION = re.compile(r"[\x20-\x7e]{1,200}")


@dataclass(frozen=True)
class Plan:
    """What to do with a server's answer.

    Attributes:
        do: write the body, from byte `start` of the file on; or one of the others.
        total: the size of the whole file in bytes; None where the server does not tell.
    """

    do: Literal["write", "whole already", "from zero", "ask later", "refuse"]
    start: int = 0
    total: int | None = None


def decide(status: int, headers: Mapping[str, str], have: int) -> Plan:
    """What to do with an answer (RFC 9110, section 15), when `have` bytes are here and the rest was asked for."""
    length = _number(headers.get("Content-Length"))
    if status == HTTPStatus.OK:
        return Plan("write", 0, length)
    start, total = _content_range(headers.get("Content-Range"))
    if status == HTTPStatus.PARTIAL_CONTENT and start == have:
        return Plan("write", have, have + length if total is None and length is not None else total)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have and total == have:
        return Plan("whole already", have, total)
    if status in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
        return Plan("from zero")
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
        return Plan("ask later")
    return Plan("refuse")


def version_mark(headers: Mapping[str, str]) -> str:
    """The strong mark of the version that is sent, for ``If-Range``; ``""`` where the server gives none."""
    tag = headers.get("ETag") or ""
    return usable_mark(tag if tag.startswith('"') else headers.get("Last-Modified") or "")


def usable_mark(text: str) -> str:
    """The mark itself where it can stand in a header, else ``""``: it may come from a damaged file."""
    return text if _VERSION.fullmatch(text) else ""


def status_text(status: int) -> str:
    """An answer that is no file, as a clause."""
    if 300 <= status < 400:
        return "the server sends on to another address, in a circle or to one that is neither http nor https"
    phrase = f" ({HTTPStatus(status).phrase})" if status in list(HTTPStatus) else ""
    return f"the server answered {status}{phrase}"


def slow_text() -> str:
    """What `Speed` found, as a clause."""
    return f"less than {SLOW_BYTES_S / 1000:g} kB/s came for {SLOW_WINDOW_S:g} s"


class Patience:
    """Decides how long to wait before asking again: a few tries in a row may bring nothing."""

    def __init__(self) -> None:
        self._tries = 0
        self._most_bytes = 0
        self._was_online = False

    def pause_s(self, offline: bool, part_bytes: int) -> float | None:
        """The pause after a cut in seconds, or None to give up.

        Args:
            offline: no connection could be made; it is only waited for where there was one before.
            part_bytes: how much of the file is here by now.
        """
        self._was_online |= not offline
        self._tries = 1 if part_bytes >= self._most_bytes + GETTING_ON_BYTES else self._tries + 1
        self._most_bytes = max(self._most_bytes, part_bytes)
        return PAUSE_S * 2.0 ** (self._tries - 1) if self._was_online and self._tries < ATTEMPTS else None


class Speed:
    """Tells a server that drips."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; tests have their own."""
        self._clock = clock
        self._since = clock()
        self._bytes = 0

    def is_too_slow(self, count: int) -> bool:
        """Note that so many bytes came; whether a whole window of time has brought too few."""
        self._bytes += count
        seconds = self._clock() - self._since
        if seconds < SLOW_WINDOW_S:
            return False
        too_slow = self._bytes < SLOW_BYTES_S * seconds
        self._since, self._bytes = self._clock(), 0
        return too_slow


def _number(text: str | None) -> int | None:
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _content_range(text: str | None) -> tuple[int | None, int | None]:
    """The first byte and the whole size that a ``Content-Range`` tells (RFC 9110, section 14.4)."""
    found = _CONTENT_RANGE.fullmatch(text or "")
    return (_number(found[1]), _number(found[2])) if found else (None, None)
