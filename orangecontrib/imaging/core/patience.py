"""Long work of libraries that neither tell how far they are nor stop: done in a thread, and left behind when asked.

Python ends the threads that are left when a program ends; inside of compiled code (openTSNE's) that aborts the program.
So the end waits for them a while.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any, TypeVar

from .errors import Cancelled

_T = TypeVar("_T")
#: called by the work with what its caller's `on_progress` is to be told; raises Cancelled once nobody waits
Tell = Callable[..., None]
_LOOK_S = 0.05
_LAST_WAIT_S = 10.0
_NAME = "patience"
_IS_ENDING = Event()


def wait_for(work: Callable[[Tell], _T], on_progress: Callable[..., None] | None = None,
             cancelled: Callable[[], bool] | None = None) -> _T:
    """What `work` returns or raises; it runs in a thread, all callbacks in the caller's.

    Work that is given up goes on until it next tells something, or ends; what it says is not passed on. The end of the
    program waits for it, ten seconds at most.

    Args:
        work: called with `tell`; what it tells, its caller's `on_progress` is called with.
        on_progress: see `work`.
        cancelled: asked twenty times a second.

    Raises:
        Cancelled: `cancelled` returned True.
    """
    said: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
    is_given_up, answer = Event(), Future[_T]()

    def tell(*what: object) -> None:
        if is_given_up.is_set() or _IS_ENDING.is_set():
            raise Cancelled("This work was given up.")
        said.put(what)

    Thread(target=_answer, args=(work, tell, answer), name=_NAME, daemon=True).start()
    try:
        is_done = False
        while not is_done or not said.empty():
            if cancelled is not None and cancelled():
                raise Cancelled("Stopped.")
            is_done = answer.done()
            _pass_on(said, on_progress, 0 if is_done else _LOOK_S)
    finally:
        is_given_up.set()
    return answer.result()


def _pass_on(said: SimpleQueue[tuple[Any, ...]], on_progress: Callable[..., None] | None, timeout_s: float) -> None:
    try:
        what = said.get(timeout=timeout_s) if timeout_s else said.get_nowait()
    except Empty:
        return
    if on_progress is not None:
        on_progress(*what)


def _answer(work: Callable[[Tell], _T], tell: Tell, answer: Future[_T]) -> None:
    try:
        answer.set_result(work(tell))
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is taken
        answer.set_exception(error)


@atexit.register
def _let_end() -> None:
    """Let work that was left behind come to where it can end."""
    _IS_ENDING.set()
    end = monotonic() + _LAST_WAIT_S
    for thread in threading.enumerate():
        if thread.name == _NAME:
            thread.join(max(0.0, end - monotonic()))
