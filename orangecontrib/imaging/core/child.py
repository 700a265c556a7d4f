"""A child process and the talk with it: frames go both ways, and no call here waits for a child that is stuck."""

from __future__ import annotations

import subprocess
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, BinaryIO, cast

from numpy.typing import NDArray

from .errors import WorkerError
from .frames import Header, pack_frame, read_frame

CANCEL_WAIT_S = 1.0
Frame = tuple[Header, list[NDArray[Any]]]
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only


class Child:
    """The process, and the threads that speak and listen to it: no call here waits for a child that is stuck."""

    HUNG_UP: Frame = ({}, [])

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, cwd=tempfile.gettempdir(),
                                             start_new_session=True, creationflags=_NO_WINDOW)
        except OSError as error:
            raise WorkerError(f"{command[0]}: the engine could not be started ({error.strerror}).") from error
        self._orders: SimpleQueue[bytes | None] = SimpleQueue()
        self._frames: SimpleQueue[Frame] = SimpleQueue()
        self._errors: deque[str] = deque(maxlen=20)
        self._drain = Thread(target=self._keep_errors, args=(self._process.stderr,), daemon=True)
        self._drain.start()
        Thread(target=self._speak, args=(self._process.stdin,), daemon=True).start()
        Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    @property
    def alive(self) -> bool:
        """False once it has hung up, or ended."""
        return self._process.poll() is None

    def send(self, header: Header) -> None:
        """Say something; a child that is gone answers with `HUNG_UP`. Raises WorkerError when it is too long."""
        self._orders.put(pack_frame(header))

    def receive(self, timeout_s: float) -> Frame | None:
        """The next frame, `HUNG_UP`, or None when nothing came in time."""
        try:
            return self._frames.get(timeout=timeout_s)
        except Empty:
            return None

    def kill(self) -> None:
        """End it now, and wait until it has ended."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Hang up; the child ends by itself, or is killed."""
        self._orders.put(None)
        try:
            self._process.wait(timeout=CANCEL_WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The last line it wrote to standard error."""
        self._drain.join(timeout=1)
        return self._errors[-1] if self._errors else ""

    def _speak(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:  # OSError: it is gone, which `_listen` tells
            while order := self._orders.get():
                pipe.write(order)
                pipe.flush()

    def _listen(self, pipe: IO[bytes]) -> None:
        with pipe:
            try:
                while (frame := read_frame(cast(BinaryIO, pipe))) is not None:
                    self._frames.put(frame)
            except WorkerError as error:
                self._errors.append(str(error))
        self.kill()  # between hanging up and its end it would still look alive
        self._orders.put(None)
        self._frames.put(self.HUNG_UP)

    def _keep_errors(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self._errors.append(line.decode("utf-8", "replace").rstrip())
