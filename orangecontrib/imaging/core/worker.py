"""The engine as a child process without Qt: jobs come in on standard input, batches go out on standard output.

Started by `client.Client` as ``python -P -m orangecontrib.imaging.core.worker``. It ends when its parent hangs up, and
after minutes without a job. See `frames` for the form of the messages.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import BinaryIO

from .embed import embed
from .embeddings import Batch
from .errors import Cancelled, ImagingError, WorkerError
from .frames import Header, read_frame, write_frame
from .memory import keep_freed_memory
from .options import Options
from .pipes import private_pipes
from .readers import shared_readers
from .reading import Reading
from .store import Store

IDLE_S = 300.0
_ROWS_A_FRAME = 4096


class _Line:
    """The way to the parent; several threads may speak."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = Lock()

    def say(self, what: str, job: int, **more: object) -> None:
        with self._lock:
            write_frame(self._stream, {"say": what, "job": job, **more})

    def say_batch(self, job: int, batch: Batch) -> None:
        skipped = [[one.row, one.reason] for one in batch.skipped]
        for start in range(0, max(len(batch.rows), 1), _ROWS_A_FRAME):
            some = slice(start, start + _ROWS_A_FRAME)
            first = start == 0
            header: Header = {"say": "batch", "job": job, "rows": batch.rows[some],
                              "skipped": skipped if first else [], "computed": list(batch.computed) if first else [],
                              "notes": list(batch.notes.items()) if first else []}
            with self._lock:
                write_frame(self._stream, header, [batch.vectors[some]])


def main() -> None:
    """Serve jobs until the parent hangs up or nothing was asked for `IDLE_S` seconds."""
    keep_freed_memory()
    incoming, outgoing = private_pipes()
    jobs: SimpleQueue[Header] = SimpleQueue()
    cancelled: dict[int, Event] = {}
    Thread(target=_listen, args=(incoming, jobs, cancelled), daemon=True).start()
    line = _Line(outgoing)
    while True:
        try:
            job = jobs.get(timeout=IDLE_S)
        except Empty:
            return
        _serve(job, line, cancelled[job["job"]])


def _listen(incoming: BinaryIO, jobs: SimpleQueue[Header], cancelled: dict[int, Event]) -> None:
    """Queue jobs, note cancellations, and end the process with its parent."""
    try:
        while (frame := read_frame(incoming)) is not None:
            header, _ = frame
            if header["do"] == "cancel":
                cancelled[header["job"]].set()
            else:
                cancelled[header["job"]] = Event()
                jobs.put(header)
    except WorkerError as error:
        print(error, file=sys.stderr, flush=True)
    os._exit(0)  # the parent is gone; finished batches are in the store already


def _serve(job: Header, line: _Line, cancelled: Event) -> None:
    number: int = job["job"]
    store = Store(Path(job["store"])) if job["store"] else None
    try:
        result = embed(job["paths"], job["model"], options=Options.from_json(job["options"]),
                       reading=Reading.from_json(job["reading"]), device=job["device"], threads=job["threads"],
                       models=job["models"], store=store, cancelled=cancelled.is_set,
                       read_stack=shared_readers().picture,
                       on_taken=lambda rows: line.say("taken", number, rows=rows),
                       on_batch=lambda batch: line.say_batch(number, batch))
        line.say("done", number, identity=result.identity, device=result.device, why=result.why,
                 remedy=result.remedy, notes=result.notes)
    except Cancelled:
        line.say("cancelled", number)
    except ImagingError as error:
        line.say("failed", number, kind=type(error).__name__, message=str(error))
    finally:
        if store:
            store.close()


if __name__ == "__main__":
    main()
