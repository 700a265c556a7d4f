"""Everything the engine raises.

ImagingError
├── WrongUse               the request cannot be met as it was asked
│   ├── UnknownNetwork
│   ├── UnknownLayer
│   ├── UnknownDevice
│   └── FolderError        missing, unreadable, or without a picture
├── UnreadableImage        one file, with its reason
├── WeightsError           a network's weights are not what they should be, or cannot be had
│   └── WeightsMissing     they are not on this machine
├── Unreachable            a host gives none of the pictures asked of it
├── OutputError            a result cannot be written
├── WorkflowError          a workflow cannot be opened, or a widget of it failed
├── WorkerError            the network, or the child process that runs it, failed
│   └── NoRoom             the graphics card has too little memory
└── Cancelled              the user asked to stop

Every message says what happened, to what, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from .paths import escape_path

_REASON_LETTERS = 200


class ImagingError(Exception):
    """Base of all errors of this package; ``str(error)`` is a sentence for the user."""


class WrongUse(ImagingError):
    """The request cannot be met as it was asked."""


class UnknownNetwork(WrongUse):
    """No network has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"{name!r} is not a network{_hint(name, known)} "
                         "'orange-imaging models' lists all.")


class UnknownLayer(WrongUse):
    """The network has no layer of this name."""

    def __init__(self, name: str, network: str, known: Iterable[str]) -> None:
        known = list(known)
        super().__init__(f"{network} has no layer {name!r}{_hint(name, known)} "
                         f"It has: {', '.join(known)}.")


class UnknownDevice(WrongUse):
    """This machine has no such device."""


class FolderError(WrongUse):
    """A folder of pictures is missing, unreadable, or holds no picture."""


class UnreadableImage(ImagingError):
    """One file could not be read as a picture.

    Attributes: ``path`` (str, the system's own form) and ``reason`` (a clause without the path).
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{escape_path(path)}: {reason}")
        self.path = path
        self.reason = reason


class WeightsError(ImagingError):
    """A network's weights are not the ones that were published, or cannot be had."""


class WeightsMissing(WeightsError):
    """A network's weights are not on this machine; the message says how they get here."""


class Unreachable(ImagingError):
    """A host gives none of the pictures that are asked of it."""


class OutputError(ImagingError):
    """A result cannot be written."""


class WorkflowError(ImagingError):
    """A workflow cannot be opened, or one of its widgets failed."""


class WorkerError(ImagingError):
    """The network, or the child process that runs it, failed."""


class NoRoom(WorkerError):
    """The graphics card has too little memory."""


class Cancelled(ImagingError):
    """The user asked to stop."""


def first_line(error: BaseException, otherwise: str = "") -> str:
    """What an error says, as a clause of at most 200 letters; where it says nothing `otherwise`, or its kind."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:_REASON_LETTERS].rstrip(".") if lines else otherwise or type(error).__name__


def _hint(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: ``; did you mean 'x'?`` for the nearest known name, or a full stop."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else "."
