"""Workers that come are greeted, and let in or left out, aloud."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..errors import first_line
from ..shards.job import Job
from .greeting import DISTRIBUTION, INSTALL, Greeting, Places, greet, other_versions, versions, why_not, wrong_version
from .roll import Seat, packed, submit, unpacked


@dataclass(frozen=True)
class Invitation:
    """What workers are asked, and told.

    Attributes:
        job: what they are to do.
        places: what they must see.
        here: what this computer would answer.
    """

    job: Job
    places: Places = field(default_factory=Places)
    here: Greeting = field(default_factory=lambda: Greeting("", versions=versions()))


class Reception:
    """Greets each worker once.

    Attributes:
        ready: those that may work, with their answers.
        left_out: those that may not, with a sentence each.
    """

    def __init__(self, client: Any, invitation: Invitation, on_note: Callable[[str], None]) -> None:
        """`on_note` is called with sentences on workers that are left out, or differ."""
        self.ready: dict[Seat, Greeting] = {}
        self.left_out: dict[Seat, str] = {}
        self._client = client
        self._invitation = invitation
        self._identity = invitation.here.identity
        self._on_note = on_note
        self._noted: set[str] = set()
        self._asked: dict[Seat, tuple[Any, Any]] = {}  # Python's version, and ours: plain functions of Python's own
        self._greeted: dict[Seat, Any] = {}

    def update(self, present: set[Seat]) -> None:
        """Greet those that are new, forget those that are gone, and look for answers."""
        for seats in (self.ready, self._asked, self._greeted):
            for seat in [*seats]:
                if seat not in present:
                    del seats[seat]
        for seat in present - self.ready.keys() - self.left_out.keys() - self._asked.keys() - self._greeted.keys():
            self._asked[seat] = (submit(self._client, seat, platform.python_version),
                                 submit(self._client, seat, version, DISTRIBUTION))
        self._look_at_versions()
        self._look_at_greetings()

    def leave_out(self, seat: Seat, reason: str) -> None:
        """Give a worker no more work, and say so."""
        host = self.ready.pop(seat).host if seat in self.ready else ""
        self.left_out[seat] = f"{str(seat).capitalize()}{f' on {host}' if host else ''} is left out: {reason}"
        self._on_note(self.left_out[seat])

    def _look_at_versions(self) -> None:
        for seat, asked in [*self._asked.items()]:
            if not all(future.done() for future in asked):
                continue
            del self._asked[seat]
            if fault := self._version_fault(*asked):
                self.leave_out(seat, fault)
            else:
                parcel = packed(greet, self._invitation.job.to_plain(), self._invitation.places)
                self._greeted[seat] = submit(self._client, seat, unpacked, parcel)

    def _version_fault(self, python: Any, ours: Any) -> str:
        """Why a worker of these versions cannot work, in sentences; ``""``: it may."""
        if ours.status == "error" and isinstance(ours.exception(), PackageNotFoundError):
            return f"Orange3-Imaging is not installed there. {INSTALL}"
        for future, package, here in ((python, "python", platform.python_version()),
                                      (ours, DISTRIBUTION, version(DISTRIBUTION))):
            if future.status != "finished":
                return f"it did not tell its version of {package} ({_failure(future)})."
            there = future.result()
            if there != here and (package != "python" or _minor(there) != _minor(here)):
                return wrong_version(package, there, here)
        return ""

    def _look_at_greetings(self) -> None:
        for seat, future in [*self._greeted.items()]:
            if not future.done():
                continue
            del self._greeted[seat]
            if future.status == "finished":
                self._judge(seat, future.result())
            else:
                self.leave_out(seat, f"it failed when it was greeted ({_failure(future)}).")

    def _judge(self, seat: Seat, greeting: Greeting) -> None:
        wanted = Greeting("", identity=self._identity)
        fault = why_not(greeting, wanted)
        self.ready[seat] = greeting
        if fault:
            self.leave_out(seat, fault)
            return
        self._identity = self._identity or greeting.identity  # the first one's, where none is wanted beforehand
        others = other_versions(greeting, self._invitation.here)
        if others and others not in self._noted:
            self._noted.add(others)
            self._on_note(f"{str(seat).capitalize()} on {greeting.host} has {others}: numbers may differ in their last "
                          "digits.")


def _failure(future: Any) -> str:
    return first_line(future.exception()) if future.status == "error" else str(future.status)


def _minor(text: str) -> list[str]:
    return text.split(".")[:2]
