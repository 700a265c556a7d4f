"""What runs in a worker of the cluster: one piece of work at a time, given up when nobody waits for it any more."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any

from ..errors import Cancelled, ImagingError, WorkerError
from ..files import files_of
from ..found import Skipped
from ..paths import escape_path
from ..shards.job import Job
from ..shards.reached import why_unreached
from ..shards.remote import is_address

_TURN = Lock()  # a worker of many threads still has one network
_LOOK_S = 0.1
_TELL_S = 1.0
_UNREACHABLE = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EIO, errno.ENODEV,
                errno.ENOTCONN, errno.EHOSTDOWN)

Call = Callable[..., Any]
Answer = tuple[str, Any]
DONE, REFUSED, STOPPED = "done", "refused", "stopped"


def work(call: Call, job: dict[str, Any], payload: Any) -> Answer:
    """Do a piece of work in a worker.

    Args:
        call: called with a `Job`, the payload and a function that tells whether to stop.
        job: as `Job.to_plain` gives it.

    Returns:
        ``DONE`` with what `call` gave, ``REFUSED`` with a sentence on what this worker cannot, or ``STOPPED``.
    """
    from distributed import get_worker
    is_unwanted, worker = _unwanted(), get_worker()
    told = Job.from_plain(job)
    try:
        with _turn(is_unwanted):
            return DONE, call(replace(told, threads=told.threads or worker.state.nthreads), payload, is_unwanted)
    except Cancelled:
        return STOPPED, None
    except ImagingError as error:
        return REFUSED, str(error)


def tell_unreachable(skipped: Skipped, seen_from: str) -> Skipped:
    """What was skipped because this computer cannot reach its file, said as that; all else as it is.

    Args:
        seen_from: the host that pictures were listed on: what it cannot reach itself is not the worker's fault.
    """
    here = host_name()
    if here == seen_from or not _is_unreachable(skipped.path):
        return skipped
    return replace(skipped, reason=f"the worker on {here} cannot reach this file ({skipped.reason})")


def check_folders(folders: Sequence[str], skipped: Sequence[Skipped]) -> None:
    """In a worker: see that pictures were not skipped only because their folder, or its disk, is not there.

    Args:
        folders: as `reached.SeenFolders` tells them.

    Raises:
        WorkerError: one of them is not there.
    """
    for folder in folders if skipped else ():
        if reason := why_unreached(folder):
            raise WorkerError(f"it cannot reach the folder of pictures {escape_path(folder)} ({reason}). Connect its "
                              "disk there, at the same place.")


def progress_teller(topic: str, number: int) -> Callable[[int, int], None]:
    """Tells the client, through the scheduler, how much of a piece is done: once in a while, for that costs little."""
    from distributed import get_worker
    worker, told_at = get_worker(), time.monotonic()

    def tell(done: int, total: int) -> None:
        """Tell how many of how many pictures are done."""
        nonlocal told_at
        if time.monotonic() - told_at >= _TELL_S:
            told_at = time.monotonic()
            worker.log_event(topic, (number, done / max(total, 1)))

    return tell


def host_name() -> str:
    """The name of the computer that this runs on."""
    return socket.gethostname()


def _is_unreachable(path: str) -> bool:
    """Whether the system refuses to look at one of the files that a picture is in, for a reason of this computer's."""
    if is_address(path):
        return False  # the reason tells already who could not be reached
    for file in files_of(path):
        try:
            os.stat(file)
            with open(file, "rb"):
                pass
        except OSError as error:
            if error.errno in _UNREACHABLE:
                return True
        except ValueError:
            return False
    return False


def _unwanted() -> Callable[[], bool]:
    """Tells whether the task that runs in this thread was cancelled, or its client is gone: Dask notes both."""
    from distributed import get_worker
    from distributed.worker import thread_state
    tasks, key = get_worker().state.tasks, thread_state.key

    def is_unwanted() -> bool:
        """Whether nobody waits for this task."""
        task = tasks.get(key)
        return task is None or task.state == "cancelled"

    return is_unwanted


@contextmanager
def _turn(is_unwanted: Callable[[], bool]) -> Iterator[None]:
    """Wait until no other client's work runs in this process. Raises Cancelled."""
    while not _TURN.acquire(timeout=_LOOK_S):
        if is_unwanted():
            raise Cancelled("The work was cancelled before its turn came.")
    try:
        yield
    finally:
        _TURN.release()

