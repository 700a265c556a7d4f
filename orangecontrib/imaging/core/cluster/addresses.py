"""Which Dask cluster is meant: what a user writes after ``--scheduler``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import WrongUse
from ..paths import printable

ADDRESS, LOCAL, SLURM = "address", "local", "slurm"
_MOST_WORKERS = 1024
_PLACE = re.compile(r"(?P<host>\[[0-9A-Za-z:.%]+\]|[^\s/:@?#]+):(?P<port>[0-9]{1,5})/?")
_WAYS = ("Write tcp://HOST:PORT or tls://HOST:PORT for a scheduler that runs already, local or local:N for N workers "
         "on this computer, or slurm:FILE for workers in jobs of Slurm.")


@dataclass(frozen=True)
class SchedulerChoice:
    """A cluster that was chosen.

    Attributes:
        kind: ``ADDRESS``, ``LOCAL`` or ``SLURM``.
        address: of a scheduler that runs already, such as ``tcp://10.0.0.5:8786``.
        workers: how many on this computer; None: as many as suit it.
        file: describes the jobs of Slurm.
    """

    kind: str
    address: str = ""
    workers: int | None = None
    file: str = ""


def parse_scheduler(text: str) -> SchedulerChoice:
    """The cluster that is meant by ``tcp://HOST:PORT``, ``tls://HOST:PORT``, ``local``, ``local:N`` or ``slurm:FILE``.

    Raises:
        WrongUse: it is none of these.
    """
    given = text.strip()
    word, colon, rest = given.partition(":")
    if word == LOCAL:
        return SchedulerChoice(LOCAL, workers=_count(rest, given) if colon else None)
    if word == SLURM:
        if not rest:
            raise WrongUse("slurm: needs a file that describes the jobs, such as slurm:cluster.toml.")
        return SchedulerChoice(SLURM, file=rest)
    if word in ("tcp", "tls") and rest.startswith("//"):
        return SchedulerChoice(ADDRESS, address=f"{word}://{_place(rest[2:], given)}")
    hint = f" Is tcp://{given} meant?" if _PLACE.fullmatch(given) else ""
    raise WrongUse(f"{printable(text)!r} names no Dask cluster.{hint} {_WAYS}")


def _count(text: str, given: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_WORKERS):
        raise WrongUse(f"{printable(given)!r}: the number of workers is a whole number from 1 to {_MOST_WORKERS:,}, "
                       "such as local:4.")
    return int(text)


def _place(text: str, given: str) -> str:
    """``HOST:PORT``."""
    found = _PLACE.fullmatch(text)
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise WrongUse(f"{printable(given)!r} is no address of a scheduler: it needs a computer and a port, such as "
                       "tcp://node17:8786. The scheduler says its own when it starts.")
    return f"{found['host']}:{found['port']}"
