"""What an address says of itself: ``https://example.org/a.png``, ``file:///data/a.png``."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

WEB_SCHEMES = ("http", "https")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_web_address(text: str) -> bool:
    """Whether a value is an address such as ``https://example.org/a.png``."""
    return "://" in text and _ADDRESS.match(text) is not None  # the first is sooner told, of 20,000 paths


def host_of(url: str) -> str:
    """The host that an address names, in small letters; ``""`` for what is no web address.

    A name of other letters than a–z is given as the network writes it, ``xn--…``: so redirects name it, and so letters
    that only look like others are noticed.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if parts.scheme.lower() in WEB_SCHEMES else ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return ""


def file_of(url: str) -> str | None:
    """The path of a ``file:`` address without a host; None for other addresses."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or parts.netloc.lower() not in ("", "localhost"):
        return None
    path = unquote(parts.path)
    return path[1:].replace("/", "\\") if os.name == "nt" and path[2:3] == ":" else path
