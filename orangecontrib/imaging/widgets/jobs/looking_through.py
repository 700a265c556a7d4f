"""What is found out about the pictures of a table beside where they are, in the same thread."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..whereabouts import Located


@dataclass(frozen=True)
class LookedThrough:
    """Pictures that were found.

    Attributes:
        located: where they are.
        paths: all of these, each once.
        fingerprint: tells these rows from others.
    """

    located: Located
    paths: frozenset[str]
    fingerprint: str


def look_through(located: Located) -> LookedThrough:
    """For `Whereabouts.locate_later`."""
    return LookedThrough(located, frozenset(located.paths), fingerprint("\0".join(located.own)))


def fingerprint(rows: str) -> str:
    """Tells one set of rows from another, also after the workflow was opened again."""
    return hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest()
