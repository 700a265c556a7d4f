"""Pieces of work go to the workers of a cluster, one at a time each, and come back whatever becomes of the workers.

Each piece is pinned to one worker that was greeted, so that we know what ran where: the piece of a worker that is gone
goes to another one, and a piece that ended three workers is set aside.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any

from ..embed import cancelled_text
from ..errors import Cancelled, WorkerError, first_line
from .opening import OpenCluster
from .reception import Invitation, Reception
from .roll import Seat, call_roll, packed, submit, unpacked
from .working import DONE, REFUSED, Call, work

MOST_DEATHS = 3
_ROLL_S = 0.4
_LOOK_S = 0.1
_FETCH_S = 5.0  # for a result whose worker is gone
_ALONE_S = 2.0  # before it is said that there is no worker
_UNANSWERED_S = 15.0  # before it is said that none answers: a greeting loads torch there
_NONE_LEFT_S = 3.0  # a worker that ended may be started again
_SHOWN_REASONS = 3
_JOBS_TEXT = (": the jobs wait in the queue, or have ended, which `squeue` tells. If they have ended, press Ctrl+C, "
              "look at what they wrote, and type the same line again")


@dataclass(frozen=True)
class Done:
    """What came of a piece."""

    number: int
    value: Any


@dataclass(frozen=True)
class SetAside:
    """A piece that is given up: its payload, and the reason in a clause."""

    number: int
    payload: Any
    reason: str


@dataclass
class _Piece:
    number: int
    payload: Any
    deaths: int = 0
    failures: int = 0


@dataclass
class _Run:
    """A piece in a worker; `fetch` brings its answer, once it is done."""

    piece: _Piece
    seat: Seat
    future: Any
    fetch: Any = None
    gone_since: float | None = None


def dispatch(cluster: OpenCluster, call: Call, invitation: Invitation, tasks: Iterable[tuple[int, Any]], *,
             cancelled: Callable[[], bool] = lambda: False,
             on_note: Callable[[str], None] = lambda sentence: None,
             on_wait: Callable[[str], None] | None = None) -> Iterator[Done | SetAside]:
    """Have a function called with each payload, by the workers that are there and those that come.

    Args:
        call: a function of a module, called in a worker with a `Job`, a payload and a function that tells whether to
            stop. An ImagingError that it raises concerns the worker, which gets no more work.
        invitation: what each worker is asked before its first piece.
        tasks: numbers with payloads; the next is taken when a worker is free.
        cancelled: asked several times a second; True gives up what is under way.
        on_note: called with sentences for the user, on what went wrong besides.
        on_wait: called with a sentence while there is no worker; None: `on_note` is.

    Yields:
        What becomes of each, in the order in which they end.

    Raises:
        WorkerError: the scheduler is gone, or no worker can do the work; with the reasons.
        Cancelled: `cancelled` returned True.
    """
    dispatching = _Dispatch(cluster, call, invitation, iter(tasks), on_note, on_wait or on_note)
    try:
        while not dispatching.is_finished:
            if cancelled():
                raise Cancelled(cancelled_text(False))
            yield from dispatching.step()
    finally:
        dispatching.give_up()


class _Dispatch:
    """The state of a dispatch."""

    def __init__(self, cluster: OpenCluster, call: Call, invitation: Invitation, tasks: Iterator[tuple[int, Any]],
                 on_note: Callable[[str], None], on_wait: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._client = cluster.client
        self._call = call
        self._job = invitation.job.to_plain()
        self._tasks = tasks
        self._on_note = on_note
        self._on_wait = on_wait
        self._reception = Reception(self._client, invitation, on_note)
        self._next: deque[_Piece] = deque()
        self._suspects: deque[_Piece] = deque()  # come last: who ends workers at random meets them no more than others
        self._running: list[_Run] = []
        self._wake = Event()
        self._present: dict[Seat, bool] = {}  # and whether it takes work
        self._gone: set[Seat] = set()
        self._roll_at = 0.0
        self._idle_since = self._begun = monotonic()
        self._was_alone = self._had_any = False
        self._take()

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return not self._next and not self._suspects and not self._running

    def step(self) -> Iterator[Done | SetAside]:
        """See who is there, take what is done, give out what is next, and wait a moment."""
        if monotonic() >= self._roll_at:
            self._present = call_roll(self._client)
            self._roll_at = monotonic() + _ROLL_S
        self._reception.update(set(self._present))
        for run in [*self._running]:
            yield from self._look_at(run)
        self._give_out()
        self._look_whether_alone()
        self._wake.wait(_LOOK_S)
        self._wake.clear()

    def give_up(self) -> None:
        """Let the workers stop what is under way."""
        if self._running and self._client.status == "running":
            self._client.cancel([run.future for run in self._running], force=True)
        self._running.clear()

    def _take(self) -> None:
        """Have the next piece ready, where there is one."""
        if not self._next and (task := next(self._tasks, None)) is not None:
            self._next.append(_Piece(*task))
        if not self._next and self._suspects:
            self._next.append(self._suspects.popleft())

    def _give_out(self) -> None:
        busy = {run.seat for run in self._running if run.fetch is None}
        for seat in [*self._reception.ready]:
            if seat in busy or not self._present[seat]:
                continue
            self._take()
            if not self._next:
                return
            piece = self._next.popleft()
            future = submit(self._client, seat, unpacked, packed(work, self._call, self._job, piece.payload))
            future.add_done_callback(lambda future: self._wake.set())
            self._running.append(_Run(piece, seat, future))
        self._take()

    def _look_at(self, run: _Run) -> Iterator[Done | SetAside]:
        if run.fetch is None and run.future.status == "finished":
            run.fetch = asyncio.run_coroutine_threadsafe(
                self._client.gather(run.future, asynchronous=True), self._client.loop.asyncio_loop)
            run.fetch.add_done_callback(lambda fetch: self._wake.set())
        if run.fetch is not None and run.fetch.done():
            self._running.remove(run)
            error = run.fetch.exception()
            yield from self._failed(run, error) if error else self._answered(run, *run.fetch.result())
        elif run.seat not in self._present and self._is_lost(run):
            self._running.remove(run)
            yield from self._died(run)
        elif run.fetch is None and run.future.status in ("error", "cancelled", "lost"):
            self._running.remove(run)
            yield from self._failed(run, run.future.exception() if run.future.status == "error" else None)

    def _is_lost(self, run: _Run) -> bool:
        """Whether nothing comes any more from a worker that is gone; a result may be on its way."""
        run.gone_since = run.gone_since or monotonic()
        return run.fetch is None or monotonic() - run.gone_since > _FETCH_S

    def _answered(self, run: _Run, word: str, value: Any) -> Iterator[Done | SetAside]:
        run.future.release()
        if word == DONE:
            yield Done(run.piece.number, value)
            return
        if word == REFUSED and run.seat not in self._reception.left_out:
            self._reception.leave_out(run.seat, value)
        self._next.appendleft(run.piece)

    def _died(self, run: _Run) -> Iterator[SetAside]:
        self._client.cancel([run.future], force=True)  # ends a fetch, too
        yield from self._count_death(run)

    def _count_death(self, run: _Run) -> Iterator[SetAside]:
        run.piece.deaths += 1
        if run.piece.deaths >= MOST_DEATHS:
            yield SetAside(run.piece.number, run.piece.payload, f"{MOST_DEATHS} workers ended while they worked on it, "
                           f"the last of them {run.seat}")
            return
        if run.seat not in self._gone:
            self._on_note(f"{str(run.seat).capitalize()} is gone; what it worked on is done again.")
        self._gone.add(run.seat)
        self._suspects.append(run.piece)

    def _failed(self, run: _Run, error: BaseException | None) -> Iterator[SetAside]:
        """A defect, or Dask's own word on a worker that ended again and again; else Dask forgot the piece."""
        if type(error).__name__ == "KilledWorker":
            yield from self._count_death(run)
            return
        if error is None or isinstance(error, CancelledError):
            self._next.appendleft(run.piece)
            return
        run.piece.failures += 1
        if run.piece.failures < MOST_DEATHS:
            self._next.appendleft(run.piece)
            return
        yield SetAside(run.piece.number, run.piece.payload,
                       f"it failed {MOST_DEATHS} times, at last with {type(error).__name__}: {first_line(error)}")

    def _look_whether_alone(self) -> None:
        """Say that there is no worker; give up where none can come. Raises WorkerError."""
        now, patience = monotonic(), self._cluster.patience_s
        if any(self._present[seat] for seat in self._reception.ready):
            self._idle_since, self._was_alone, self._had_any = now, False, True
            return
        if self._running:
            return
        idle = now - self._idle_since
        if self._present and self._present.keys() <= self._reception.left_out.keys() and idle > _NONE_LEFT_S:
            reasons = [self._reception.left_out[seat] for seat in sorted(self._present, key=str)]
            raise WorkerError(f"{self._cluster.title}: no worker can do this. {_some(reasons)}")
        if not self._had_any and patience is not None and now - self._begun > patience:
            raise WorkerError(_nobody_text(self._cluster.title, patience, bool(self._present)))
        if idle > (_UNANSWERED_S if self._present else _ALONE_S) and not self._was_alone:
            self._was_alone = True
            self._on_wait(f"Waiting for workers: {self._cluster.title}, {self._why_alone()}.")

    def _why_alone(self) -> str:
        if self._reception.ready:
            return "whose workers are paused by Dask, for their memory is nearly full"
        if self._present:
            return "where no worker answers yet: they may be starting or busy"
        is_of_jobs = self._cluster.patience_s is None
        return "where there is none now" + (_JOBS_TEXT if is_of_jobs else "")


def _some(reasons: list[str]) -> str:
    counts = Counter(reasons)
    shown = " ".join([*counts][:_SHOWN_REASONS])
    more = len(counts) - _SHOWN_REASONS
    return f"{shown} And {more:,} more." if more > 0 else shown


def _nobody_text(title: str, patience_s: float, is_busy: bool) -> str:
    why = ("its workers are busy with other work. Look at its dashboard" if is_busy else
           "it has no worker. Start some, such as with `dask worker ADDRESS`")
    return f"{title}: no worker answered within {patience_s:.0f} seconds: {why}, and then start this again."
