"""Who is there: the workers that a scheduler has at this moment."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ..errors import WorkerError, first_line

_ANSWER_S = 30.0
_AT_WORK = ("running", "paused", "closing_gracefully")  # Dask's names


@dataclass(frozen=True)
class Seat:
    """A worker's process; one that was started again at the same address is another.

    Attributes:
        address: where it listens.
        folder: its own one, which Dask names anew for each process.
        name: for people.
    """

    address: str
    folder: str
    name: str

    def __str__(self) -> str:
        return f"worker {self.name}"


def call_roll(client: Any) -> dict[Seat, bool]:
    """The workers that are there, as the scheduler knows them now, and whether each takes work.

    A worker whose process ended is gone at once; of a computer that lost its power Dask waits for minutes. One whose
    memory is nearly full is paused by Dask: it goes on with what it has, and is given nothing more.

    Raises:
        WorkerError: the scheduler is gone.
    """
    if client.status != "running":
        raise lost(client, "the connection broke")
    try:
        told = client.sync(client.scheduler.identity, callback_timeout=_ANSWER_S)
    except (OSError, RuntimeError) as error:
        raise lost(client, first_line(error)) from error
    return {Seat(address, str(one["local_directory"]), str(one["name"])): one["status"] == "running"
            for address, one in told["workers"].items() if one["status"] in _AT_WORK}


def submit(client: Any, seat: Seat, function: Callable[..., Any], *arguments: Any) -> Any:
    """Have one worker call a function, and no other: the future of what it gives."""
    key = f"orange-imaging-{function.__name__}-{uuid4().hex}"
    return client.submit(function, *arguments, key=key, workers=[seat.address], allow_other_workers=False, pure=False,
                         retries=0)


def packed(function: Callable[..., Any], *arguments: Any) -> bytes:
    """A call as bytes, which Dask hands on as they are: it would look for keys of its own in lists of names."""
    return pickle.dumps((function, arguments))


def unpacked(parcel: bytes) -> Any:
    """Make the call, in a worker."""
    function, arguments = pickle.loads(parcel)
    return function(*arguments)


def lost(client: Any, reason: str) -> WorkerError:
    """What is told where the scheduler is gone."""
    return WorkerError(f"The Dask scheduler at {client.scheduler.address} is gone ({reason}). What was finished is "
                       "kept: start the scheduler, and then the same again.")
