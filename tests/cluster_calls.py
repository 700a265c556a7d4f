"""What tests have workers of a cluster do: these are imported there."""

import os
import signal
import time
from pathlib import Path

from orangecontrib.imaging.core.errors import Cancelled, OutputError


def echo(job, payload, is_unwanted):
    return payload, os.getpid(), job.threads


def note(job, payload, is_unwanted):
    """Leaves a file that says who did it, and takes its time; stops when it is asked to."""
    number, seconds, folder = payload
    Path(folder, f"{number}-{os.getpid()}").touch()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_unwanted():
            Path(folder, f"stopped-{number}").touch()
            raise Cancelled("stopped")
        time.sleep(0.02)
    return number, os.getpid()


def deadly(job, payload, is_unwanted):
    """Ends its worker for the payload "deadly", and for "once" unless the file is there."""
    word, mark = payload
    if word == "deadly" or (word == "once" and not os.path.exists(mark)):
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return word


def refuse(job, payload, is_unwanted):
    """Refuses in workers whose variable says so."""
    if os.environ.get("REFUSES"):
        raise OutputError("/scratch/out: cannot be written (no space left on device). Make room.")
    time.sleep(0.4)  # so that all have their turn
    return payload


def fail(job, payload, is_unwanted):
    if payload == "bad":
        raise KeyError("a defect")
    return payload


def pause(is_paused, dask_worker):
    """What Dask does where a worker's memory is nearly full."""
    from distributed.core import Status
    dask_worker.status = Status.paused if is_paused else Status.running


class Slow:
    """What takes very long to be sent, the first time; a file tells from whom."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        if not list(Path(self.folder).glob("sent-*")):
            Path(self.folder, f"sent-{os.getpid()}").touch()
            time.sleep(60)
        return str, ("sent",)


def slow(job, payload, is_unwanted):
    return Slow(payload)
