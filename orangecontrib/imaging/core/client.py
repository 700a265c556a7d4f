"""The caller of the child process that runs the network: the same `embed`, without torch in this process.

Why a child: on Windows torch cannot be loaded once Qt has loaded its older C++ runtime; memory is freed at once; and a
crash cannot take the canvas along. When the child dies, the pictures it was reading are tried one by one, the guilty
one is named and set aside, and the rest goes on.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import Condition

from . import errors
from .catalogue import find_network, network_names
from .child import CANCEL_WAIT_S, Child, Frame
from .embed import cancelled_text
from .embeddings import Batch, Embeddings, Gathering
from .errors import Cancelled, ImagingError, WorkerError
from .found import Skipped
from .frames import Header
from .joining import Part, embed_each, vector_parts
from .options import Options
from .paths import absolute_path
from .reading import Reading
from .weights import require_weights

_COMMAND = (sys.executable, "-P", "-m", f"{__package__}.worker")
_FRUITLESS_STARTS = 3  # ends of the child before it took a picture
_DEATHS_IN_A_ROW = 8  # pictures that it died of, and no vector between: not the pictures are at fault
_GUILTY = "the program that reads pictures stopped on this file; it is probably damaged"


class Client:
    """A child process, started when first needed, that does one job after the other."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        """`command` starts the child; tests give another one."""
        self._command = command
        self._child: Child | None = None
        self._queue: deque[object] = deque()
        self._turns = Condition()
        self._jobs = 0

    def embed(self, paths: Sequence[str | os.PathLike[str]], model: str = "squeezenet", *,
              options: Options = Options(), reading: Reading = Reading(), device: str = "auto",
              threads: int | None = None, store: Path | None = None,
              models: str | os.PathLike[str] | None = None, on_progress: Callable[[int, int], None] | None = None,
              on_batch: Callable[[Batch], None] | None = None,
              cancelled: Callable[[], bool] | None = None) -> Embeddings:
        """`embed.embed` in the child. Blocks: call it in a thread; several callers take turns.

        Args:
            options, reading, models: as `embed.embed`.
            store: the folder of the store, or None to compute all anew.
            on_progress, on_batch, cancelled: called in this thread; a cancelled job is given up within about a second.

        Raises:
            ImagingError: as `embed.embed`; and WorkerError when the child cannot be started.
        """
        names = [os.fspath(path) for path in paths]
        networks = network_names(model)
        parts = vector_parts(networks, options, reading)
        for part in parts:  # what cannot be is told before any work
            part.options.dimension(find_network(part.network))
        for network in networks[1:]:  # told before the first computes for nothing
            require_weights(find_network(network), models)
        folders = {"store": os.path.abspath(store) if store else None,
                   "models": os.path.abspath(models) if models else None}

        def embed_one(part: Part, on_progress: Callable[[int, int], None] | None) -> Embeddings:
            """The vectors of one network and channel."""
            card = find_network(part.network)
            gathering = Gathering(names, part.options.dimension(card))
            job: Header = {"do": "embed", "model": card.name, "options": part.options.to_json(),
                           "reading": part.reading.to_json(), "device": device, "threads": threads, **folders}
            run = _Run(job, names, gathering, on_progress, on_batch, cancelled or (lambda: False))
            with self._turn(run.cancelled):
                done = self._see_through(run)
            return gathering.result(done["identity"], done["device"], done["why"], done["remedy"],
                                    tuple(run.notes))

        return embed_each(embed_one, parts, on_progress)

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
                    if cancelled():
                        raise Cancelled("The embedding was cancelled before its turn came.")
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
                raise self._failure()
            for row in suspects:
                self._try_alone(run, row)
        return done

    def _try_alone(self, run: _Run, row: int) -> None:
        if self._dies_of(run, row) and self._dies_of(run, row):
            run.set_aside(row)
        if run.deaths_in_a_row == _DEATHS_IN_A_ROW:
            raise self._failure()

    def _dies_of(self, run: _Run, row: int) -> bool:
        """Whether the child ends while it reads this picture alone; twice is no accident (a kill from outside)."""
        return self._attempt(run, [row]) is None and row in run.in_flight()

    def _attempt(self, run: _Run, rows: list[int]) -> Header | None:
        """One job in the child over these rows: its last word, or None when it died."""
        self._jobs += 1
        run.taken.clear()
        child = self._living_child()
        child.send({**run.job, "job": self._jobs, "paths": [run.full_path(row) for row in rows]})
        with ExitStack() as unfinished:
            unfinished.callback(self._cancel, child)
            last = self._follow(child, run, rows)
            unfinished.pop_all()
        if last and last["say"] == "failed":
            raise _error(last["kind"], last["message"])
        return last

    def _follow(self, child: Child, run: _Run, rows: list[int]) -> Header | None:
        """Take what the child says about these rows, up to its last word; None when it died."""
        while not run.cancelled():
            frame = child.receive(timeout_s=0.1)
            if frame is child.HUNG_UP:
                return None
            if frame and frame[0]["job"] == self._jobs and (last := run.take(frame, rows)):
                return last
        raise Cancelled(cancelled_text(run.job["store"] is not None))

    def _cancel(self, child: Child) -> None:
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

    def _living_child(self) -> Child:
        if self._child is None or not self._child.alive:
            self._child = Child(self._command)
        return self._child

    def _failure(self) -> WorkerError:
        words = self._child.last_words() if self._child else ""
        silent = "its process ended without a word. Restart the program; if it happens again, reinstall the add-on."
        return WorkerError(f"The engine cannot work: {words or silent}")


class _Run:
    """One caller's job: what it asked for, what has come back, what is under way."""

    def __init__(self, job: Header, paths: list[str], gathering: Gathering,
                 on_progress: Callable[[int, int], None] | None, on_batch: Callable[[Batch], None] | None,
                 cancelled: Callable[[], bool]) -> None:
        self.job = job
        self.gathering = gathering
        self.cancelled = cancelled
        self.taken: set[int] = set()
        self.notes: dict[str, None] = {}  # a set that keeps its order
        self.deaths_in_a_row = 0
        self._paths = paths
        self._on_progress = on_progress
        self._on_batch = on_batch

    def full_path(self, row: int) -> str:
        """The child works in another folder; no path stays none."""
        return absolute_path(self._paths[row])

    def take(self, frame: Frame, rows: list[int]) -> Header | None:
        """Deal with one frame about these rows; its header when it is the last."""
        header, arrays = frame
        if header["say"] == "taken":
            self.taken.update(rows[place] for place in header["rows"])
        elif header["say"] == "batch":
            skipped = tuple(self._skipped(rows[place], reason) for place, reason in header["skipped"])
            self._add(Batch([rows[place] for place in header["rows"]], arrays[0], skipped,
                            [rows[place] for place in header["computed"]],
                            notes={rows[place]: tuple(clauses) for place, clauses in header["notes"]}))
        elif header["say"] == "done":
            self.notes.update(dict.fromkeys(header["notes"]))
        return header if header["say"] in ("done", "failed") else None

    def set_aside(self, row: int) -> None:
        """Leave a picture out that the child dies of."""
        self._add(Batch([], self.gathering.nothing(), (self._skipped(row, _GUILTY),)))
        self.deaths_in_a_row += 1

    def _skipped(self, row: int, reason: str) -> Skipped:
        return Skipped(row, self._paths[row], reason)

    def _add(self, batch: Batch) -> None:
        self.gathering.add(batch)
        self.deaths_in_a_row = 0 if batch.rows else self.deaths_in_a_row
        if self._on_batch:
            self._on_batch(batch)
        if self._on_progress:
            self._on_progress(self.gathering.done, len(self._paths))

    def in_flight(self) -> list[int]:
        """The rows the child had begun and not finished."""
        return sorted(self.taken & set(self.gathering.missing()))


@cache
def shared_client() -> Client:
    """The one client of this process; its child is ended on exit."""
    client = Client()
    atexit.register(client.close)
    return client


def _error(kind: str, message: str) -> ImagingError:
    """The child's error as the same class here; its message is complete already."""
    found = getattr(errors, kind)
    error: ImagingError = found.__new__(found)
    Exception.__init__(error, message)
    return error
