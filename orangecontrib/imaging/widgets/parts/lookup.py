"""Questions that are answered in threads, for a disk may take its time and the window may not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal

_T = TypeVar("_T")
_TICK_MS = 20


class Lookup(QObject):
    """Answers questions in threads; only the answer to the last one is told."""

    #: the answer (whatever the question returned), in the thread of this object
    answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answer: Future[object] = Future()
        self._timer = QTimer(self, interval=_TICK_MS)  # no thread may touch what Qt may be deleting
        self._timer.timeout.connect(self._collect)

    @property
    def is_idle(self) -> bool:
        """Whether the last question was answered."""
        return not self._timer.isActive()

    def ask(self, question: Callable[[], object]) -> None:
        """Answer this in a thread, in place of what was asked before; what it raises is raised in this object's."""
        self._answer = answer_later(question)
        self._timer.start()

    def forget(self) -> None:
        """Tell no answer to what was asked."""
        self._timer.stop()

    def _collect(self) -> None:
        if self._answer.done():
            self._timer.stop()
            self.answered.emit(self._answer.result())


def answer_later(question: Callable[[], _T]) -> Future[_T]:
    """What a question returns or raises, once a thread has it; whoever asked looks from time to time."""
    answer = Future[_T]()
    Thread(target=_answer, args=(question, answer), name="lookup", daemon=True).start()
    return answer


def _answer(question: Callable[[], _T], answer: Future[_T]) -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is taken; somebody waits for it
        answer.set_exception(error)
