"""The caller of the child process that runs the network: the same `embed`, without torch in this process.

Why a child: on Windows torch cannot be loaded once Qt has loaded its older C++ runtime; memory is freed at once; and a
crash cannot take the canvas along. When the child dies, the pictures it was reading are tried one by one, the guilty
one is named and set aside, and the rest goes on.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import IO, Any, Callable, Iterator, Sequence

from numpy.typing import NDArray

from . import errors
from .cards import PENULTIMATE, find_card
from .embed import Batch, Embeddings, Gathering
from .errors import Cancelled, ImagingError, WorkerError
from .folders import Skipped
from .frames import Header, read_frame, write_frame
from .images import Reading

CANCEL_WAIT_S = 1.0
_COMMAND = (sys.executable, "-P", "-m", f"{__package__}.worker")
_FRUITLESS_STARTS = 2
_GUILTY = "the program that reads pictures stopped on this file; it is probably damaged"
_Frame = tuple[Header, list[NDArray[Any]]]


class Client:
    """A child process, started when first needed, that does one job after the other."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        """`command` starts the child; tests give another one."""
        self._command = command
        self._child: _Child | None = None
        self._queue: deque[object] = deque()
        self._turns = Condition()
        self._jobs = 0

    def embed(self, paths: Sequence[str], model: str = "squeezenet", *, layer: str = PENULTIMATE,
              reading: Reading = Reading(), device: str = "auto", threads: int | None = None,
              store: Path | None = None, on_progress: Callable[[int, int], None] | None = None,
              cancelled: Callable[[], bool] | None = None) -> Embeddings:
        """`embed.embed` in the child. Blocks: call it in a thread; several callers take turns.

        Args:
            store: the folder of the store, or None to compute all anew.
            on_progress, cancelled: called in this thread; a cancelled job is given up within about a second.

        Raises:
            ImagingError: as `embed.embed`; and WorkerError when the child cannot be started.
        """
        gathering = Gathering(paths, find_card(model).layer(layer).dimension)
        job: Header = {"do": "embed", "model": model, "layer": layer, "reading": reading.to_json(), "device": device,
                       "threads": threads, "store": str(store) if store else None}
        run = _Run(job, [os.path.abspath(path) for path in paths], gathering, on_progress, cancelled or (lambda: False))
        with self._turn(run.cancelled):
            done = self._see_through(run)
        return gathering.result(done["identity"], done["device"], tuple(done["notes"]))

    def close(self) -> None:
        """End the child; a later job starts another."""
        if self._child:
            self._child.end()
            self._child = None

    @contextmanager
    def _turn(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait until all earlier callers are done."""
        ticket = object()
        with self._turns:
            self._queue.append(ticket)
        try:
            with self._turns:
                while self._queue[0] is not ticket:
                    _stop_if(cancelled)
                    self._turns.wait(timeout=0.1)
            yield
        finally:
            with self._turns:
                self._queue.remove(ticket)
                self._turns.notify_all()

    def _see_through(self, run: _Run) -> Header:
        """Attempt the missing rows until the child says done, setting aside what kills it."""
        fruitless = 0
        while (done := self._attempt(run, run.gathering.missing())) is None:
            suspects = run.in_flight()
            fruitless = 0 if suspects else fruitless + 1
            if fruitless == _FRUITLESS_STARTS:
                raise WorkerError(f"The engine cannot work: {self._last_words()}")
            for row in suspects:
                if self._attempt(run, [row]) is None:
                    run.add(Batch([], run.gathering.nothing(), (Skipped(row, run.paths[row], _GUILTY),)))
        return done

    def _attempt(self, run: _Run, rows: list[int]) -> Header | None:
        """One job in the child over these rows: its last word, or None when it died."""
        self._jobs += 1
        run.taken.clear()
        child = self._living_child()
        if not child.send({**run.job, "job": self._jobs, "paths": [run.paths[row] for row in rows]}):
            return None
        while True:
            if run.cancelled():
                self._cancel(child)
                raise Cancelled("The embedding was cancelled. What was finished is kept.")
            frame = child.receive(timeout_s=0.1)
            if frame is child.HUNG_UP:
                return None
            if frame and frame[0]["job"] == self._jobs and (done := run.take(frame, rows)):
                return done

    def _cancel(self, child: _Child) -> None:
        """Ask first: the network stays loaded. Kill when there is no answer."""
        child.send({"do": "cancel", "job": self._jobs})
        deadline = time.monotonic() + CANCEL_WAIT_S
        while time.monotonic() < deadline:
            frame = child.receive(timeout_s=0.05)
            if frame is child.HUNG_UP:
                return
            if frame and frame[0]["job"] == self._jobs and frame[0]["say"] in ("cancelled", "done", "failed"):
                return
        child.kill()

    def _living_child(self) -> _Child:
        if self._child is None or not self._child.alive:
            self._child = _Child(self._command)
        return self._child

    def _last_words(self) -> str:
        words = self._child.last_words() if self._child else ""
        return words or "its process ended without a word. Restart the program; if it happens again, reinstall the add-on."


class _Run:
    """One caller's job: what it asked for, what has come back, what is under way."""

    def __init__(self, job: Header, paths: list[str], gathering: Gathering,
                 on_progress: Callable[[int, int], None] | None, cancelled: Callable[[], bool]) -> None:
        self.job = job
        self.paths = paths
        self.gathering = gathering
        self.cancelled = cancelled
        self.taken: set[int] = set()
        self._on_progress = on_progress

    def take(self, frame: _Frame, rows: list[int]) -> Header | None:
        """Deal with one frame about these rows; its header when it is the last."""
        header, arrays = frame
        if header["say"] == "failed":
            raise _error(header["kind"], header["message"])
        if header["say"] == "taken":
            self.taken.update(rows[place] for place in header["rows"])
        elif header["say"] == "batch":
            skipped = tuple(Skipped(rows[place], path, reason) for place, path, reason in header["skipped"])
            self.add(Batch([rows[place] for place in header["rows"]], arrays[0], skipped, header["computed"]))
        return header if header["say"] == "done" else None

    def add(self, batch: Batch) -> None:
        self.gathering.add(batch)
        if self._on_progress:
            self._on_progress(self.gathering.done, len(self.paths))

    def in_flight(self) -> list[int]:
        """The rows the child had begun and not finished."""
        return sorted(self.taken & set(self.gathering.missing()))


class _Child:
    """The process and the threads that read what it says."""

    HUNG_UP: _Frame = ({}, [])

    def __init__(self, command: Sequence[str]) -> None:
        hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1,
                                             stderr=subprocess.PIPE, cwd=tempfile.gettempdir(),
                                             start_new_session=True, **hidden)
        except OSError as error:
            raise WorkerError(f"{command[0]}: the engine could not be started ({error.strerror}).") from error
        self._frames: SimpleQueue[_Frame] = SimpleQueue()
        self._errors: deque[str] = deque(maxlen=20)
        Thread(target=self._listen, daemon=True).start()
        self._drain = Thread(target=self._keep_errors, daemon=True)
        self._drain.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, header: Header) -> bool:
        """Say something; False when the child is gone."""
        try:
            write_frame(self._stream(self._process.stdin), header)
        except OSError:
            return False
        return True

    def receive(self, timeout_s: float) -> _Frame | None:
        """The next frame, `HUNG_UP`, or None when nothing came in time."""
        try:
            return self._frames.get(timeout=timeout_s)
        except Empty:
            return None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Hang up; the child ends by itself, or is killed."""
        self._stream(self._process.stdin).close()
        try:
            self._process.wait(timeout=CANCEL_WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The last line it wrote to standard error."""
        self._drain.join(timeout=1)
        return self._errors[-1] if self._errors else ""

    def _listen(self) -> None:
        try:
            while (frame := read_frame(self._stream(self._process.stdout))) is not None:
                self._frames.put(frame)
        except WorkerError as error:
            self._errors.append(str(error))
            self.kill()
        self._frames.put(self.HUNG_UP)

    def _keep_errors(self) -> None:
        for line in self._stream(self._process.stderr):
            self._errors.append(line.decode("utf-8", "replace").rstrip())

    @staticmethod
    def _stream(pipe: IO[bytes] | None) -> Any:
        return pipe


@cache
def shared_client() -> Client:
    """The one client of this process; its child is ended on exit."""
    client = Client()
    atexit.register(client.close)
    return client


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("The embedding was cancelled before its turn came.")


def _error(kind: str, message: str) -> ImagingError:
    """The child's error as the same class here; its message is complete already."""
    found = getattr(errors, kind)
    error: ImagingError = found.__new__(found)
    Exception.__init__(error, message)
    return error
