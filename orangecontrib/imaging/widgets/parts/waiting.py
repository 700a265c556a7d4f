"""Waiting for a long call in the thread of the window, with the window alive.

Orange asks a model for its predictions in the thread of the window, in the middle of a widget's own method, and wants
the answer as a returned value. The call therefore runs in a thread; meanwhile this thread deals with Qt's events, so
that windows are painted and a dialog can cancel. What else could begin in these events is kept out:

* the user: clicks, keys and the window's own close button reach only the dialog, which is modal; before it is shown
  they wait;
* timers: those of the dialog alone go on. The others are held back and come due again afterwards, those that fire once
  too, for Qt stops them only when they are delivered. By a timer Orange hands on data from widget to widget, and so no
  widget's input changes in the middle of a widget's method; deferred commits begin by timers, too;
* the program's end: no other window closes meanwhile, but for a dialog that came up above, such as Orange's own on an
  error. Orange itself does not delete a widget whose inputs it sets;
* another workflow: on macOS a click on its file would put it in the place of this one.

What threads report to the window is delivered, as it would be lost otherwise, and so are calls that Qt queues without a
timer (``QTimer.singleShot(0, …)``): a job of another widget may end, and its widget show its result; what it sends on
waits for a timer. Should such a widget call for vectors in its turn, it waits
here within the first call, below a dialog of its own; the first returns after it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from functools import partial
from threading import Event
from time import monotonic
from types import TracebackType
from typing import TypeVar

from AnyQt.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from AnyQt.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMainWindow,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from ...core.errors import Cancelled
from ...core.pace import Pace
from .job_texts import progress_text
from .lookup import answer_later

_T = TypeVar("_T")
#: a call that tells (done, total) and asks now and then whether it was cancelled
Work = Callable[[Callable[[int, int], None], Callable[[], bool]], _T]

_HIDDEN_S = 0.5
_REST_S = 0.01
_REFRESH_MS = 100
_RATE_S = 0.5  # batches of several threads come together
_WIDTH_PX = 380
_WINDOWS = (Qt.WindowType.Window, Qt.WindowType.Dialog)


def is_window_thread() -> bool:
    """Whether this is the thread that a Qt application's windows live in."""
    application = QApplication.instance()
    return application is not None and QObject().thread() == application.thread()


def wait_in_window(work: Work[_T], title: str, text: str, pictures: int) -> _T:
    """What `work` returns or raises; it runs in a thread, and this one, the window's, stays alive.

    Args:
        work: see `Work`; once it is cancelled its result is not waited for.
        title, text: of the dialog, which is shown after half a second.
        pictures: how many there are; the steps that `work` tells are a multiple of it, one for each network.

    Raises:
        Cancelled: the user closed the dialog.
    """
    progress, stop = _Progress(pictures), Event()
    dialog = _Dialog(title, text, progress)
    answer = answer_later(partial(work, progress.tell, stop.is_set))
    begin = monotonic()
    try:
        with _OnlyFor(dialog):
            while not answer.done() and not dialog.is_cancelled:
                if not dialog.isVisible() and monotonic() - begin >= _HIDDEN_S:
                    dialog.show()
                QCoreApplication.processEvents(_events(dialog.isVisible()))
                wait([answer], timeout=_REST_S)
    finally:
        stop.set()
        dialog.hide()
        dialog.deleteLater()
    if dialog.is_cancelled and not answer.done():
        raise Cancelled("The embedding was cancelled.")
    return answer.result()


def _events(is_shown: bool) -> QEventLoop.ProcessEventsFlag:
    """Without a dialog that is modal, what the user does waits."""
    flags = QEventLoop.ProcessEventsFlag
    return flags.AllEvents if is_shown else flags.ExcludeUserInputEvents


class _Progress:
    """How far the work is: told in its thread, read in the window's."""

    def __init__(self, pictures: int) -> None:
        self._pictures = pictures
        self._pace, self._first = Pace(), 0.0
        self.state = (0, 1, "Starting …")

    def tell(self, done: int, total: int) -> None:
        """Note a step of the work."""
        networks = max(total // max(self._pictures, 1), 1)
        now, rate = monotonic(), self._pace.rate(done)
        self._first = self._first or now
        is_rate_known = now - self._first >= _RATE_S
        self.state = (done, total, progress_text(done, total, rate if is_rate_known else None, networks))


class _Dialog(QDialog):
    """A bar, and a button to cancel; no QProgressDialog, which deals with events whenever its value is set."""

    def __init__(self, title: str, text: str, progress: _Progress) -> None:
        super().__init__(QApplication.activeWindow() or _main_window(), windowTitle=title)
        self.is_cancelled = False
        self._progress = progress
        self._bar, self._line = QProgressBar(), QLabel()
        buttons = QDialogButtonBox()
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)  # Orange has Qt's own texts in English only
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (QLabel(text), self._bar, self._line, buttons):
            column.addWidget(part)
        self.setWindowModality(Qt.WindowModality.ApplicationModal)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setMinimumWidth(_WIDTH_PX)
        self._refresh()
        timer = QTimer(self, interval=_REFRESH_MS)
        timer.timeout.connect(self._refresh)
        timer.start()

    def reject(self) -> None:
        """Cancel: by the button, Escape, or the window's own."""
        self.is_cancelled = True
        super().reject()

    def _refresh(self) -> None:
        done, total, text = self._progress.state
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._line.setText(text)


def _main_window() -> QWidget | None:
    """What the dialog stays above while another program is in front."""
    return next((one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow) and one.isVisible()),
                None)


class _OnlyFor(QObject):
    """While it is entered, timers and the closing of windows are for one dialog alone: see the top of this file."""

    def __init__(self, dialog: QWidget) -> None:
        super().__init__()
        self._dialog = dialog

    def __enter__(self) -> None:
        QApplication.instance().installEventFilter(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        QApplication.instance().removeEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Hold back what is not the dialog's."""
        if event.type() == QEvent.Type.FileOpen:
            return True
        if event.type() == QEvent.Type.Timer:
            return not self._is_free(receiver)
        if event.type() == QEvent.Type.Close and receiver.isWidgetType() and receiver.windowType() in _WINDOWS:
            is_held = not self._is_free(receiver)
            event.setAccepted(not is_held)
            return is_held
        return False

    def _is_free(self, receiver: QObject) -> bool:
        """Whether it belongs to the dialog, or to one above it."""
        free = (self._dialog, QApplication.activeModalWidget())
        at: QObject | None = receiver
        while at is not None and at not in free:
            at = QObject.parent(at)  # some classes of Orange have a `parent` of their own
        return at is not None
