"""A long call in the window's thread: the window lives on, and nothing else begins in the middle of a method."""

import itertools
import math
import sys
import threading
import time
from unittest.mock import patch

import pytest
from AnyQt.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from orangewidget.tests.base import GuiTest
from stalls import own_s

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.pace import Pace
from orangecontrib.imaging.widgets.parts import waiting
from orangecontrib.imaging.widgets.parts.waiting import is_window_thread, wait_in_window

STALL_MS = 50
#: only a test that fails waits so long; a busy machine needs no more
PATIENCE_S = 20
#: how often work goes on after what happened in its middle, 10 ms each: what was put into queues comes to be dealt with
AFTER = 10


class Reports(QObject):
    """What a thread says to the window, as jobs of widgets do: at once, by Qt's queue."""

    said = Signal(object)

    def __init__(self, act):
        super().__init__()
        self.said.connect(lambda what: act(what), Qt.ConnectionType.QueuedConnection)


class Heard(QObject):
    """Notes the events of some kinds that come to an object."""

    def __init__(self, receiver, *kinds):
        super().__init__()
        self.seen, self._kinds = [], kinds
        receiver.installEventFilter(self)

    def eventFilter(self, receiver, event):  # noqa: N802 - Qt's name
        if event.type() in self._kinds:
            self.seen.append(event.type())
        return False


def dialogs():
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]


def wait(work, pictures=40):
    return wait_in_window(work, "Embedding Pictures", f"Embedding {pictures} pictures …", pictures)


def goes_on_until(happened, knock=lambda: None):
    """Work that goes on until an event is set and a little longer; at each step it knocks, in its thread."""
    def work(on_progress, cancelled):
        end, step, after = time.monotonic() + PATIENCE_S, 0, 0
        while not cancelled() and after <= AFTER and time.monotonic() < end:
            on_progress(min(step, 39), 40)
            knock()
            time.sleep(0.01)
            step, after = step + 1, after + happened.is_set()
        return "cancelled" if cancelled() else "vectors" if after else "nothing happened"
    return work


def is_shown():
    return bool(dialogs())


def line_of(dialog):
    """How far it is, as it is told below the bar."""
    return [label.text() for label in dialog.findChildren(QLabel)][1]


class TestWaiting(GuiTest):
    def setUp(self):
        self.seen = []
        self.show_after(0)
        self.enterContext(patch.object(waiting, "_RATE_S", 0))
        self.addCleanup(lambda: [one.hide() for one in dialogs()])

    def show_after(self, seconds):
        """How long from now on a dialog stays hidden."""
        self.enterContext(patch.object(waiting, "_HIDDEN_S", seconds))

    def during(self, act, when=is_shown, *, is_cancelled=False):
        """Wait for work, with `act` called in the window's thread in the middle of it, once `when` is true there.

        With `is_cancelled` the work goes on until `act` has cancelled it.
        """
        called, happened = [], threading.Event()

        def hear(_):
            if not called and when():
                called.append(True)
                try:
                    act(None)
                finally:
                    if not is_cancelled:
                        happened.set()
        reports = Reports(hear)
        return wait(goes_on_until(happened, lambda: reports.said.emit(None)))

    def during_hidden(self, act):
        """The same, with a dialog that is not shown."""
        self.show_after(math.inf)
        return self.during(act, when=lambda: True)

    def test_what_takes_a_moment_shows_no_dialog(self):
        self.show_after(PATIENCE_S)
        self.assertEqual(self.during(lambda _: self.seen.append(dialogs()), when=lambda: True), "vectors")
        QTest.qWait(10)
        self.assertEqual((self.seen, dialogs()), ([[]], []))

    def test_what_takes_long_shows_how_far_it_is_and_leaves_nothing_behind(self):
        def look(_):
            [dialog] = dialogs()
            self.seen = [dialog.isModal(), dialog.windowTitle(), dialog.findChild(QProgressBar).value(),
                         [label.text() for label in dialog.findChildren(QLabel)]]
        self.assertEqual(self.during(look, when=lambda: is_shown() and " left" in line_of(dialogs()[0])), "vectors")
        is_modal, title, value, (text, line) = self.seen
        self.assertEqual((is_modal, title, text), (True, "Embedding Pictures", "Embedding 40 pictures …"))
        self.assertTrue(0 < value < 40, value)
        self.assertRegex(line, rf"^{value} of 40 · [\d.]+ images/s · \d+\.\d s left$")
        self.assertEqual(dialogs(), [])

    def test_no_speed_is_told_of_batches_that_come_together(self):
        now, told = [], []

        def clock():
            return now[-1]
        with patch.object(waiting, "monotonic", clock), patch.object(waiting, "Pace", lambda: Pace(clock)), \
                patch.object(waiting, "_RATE_S", 0.5):
            progress = waiting._Progress(600)
            for seconds, done in ((7.0, 4), (7.4, 8), (7.6, 16)):
                now.append(seconds)
                progress.tell(done, 600)
                told.append(progress.state[2])
        self.assertEqual(told, ["4 of 600", "8 of 600", "16 of 600 · 20 images/s · 29 s left"])

    def test_thousands_are_told_as_in_the_line_above(self):
        progress = waiting._Progress(2000)
        progress.tell(1200, 2000)
        self.assertEqual(progress.state[2], "1,200 of 2,000")

    def test_while_the_dialog_is_hidden_what_the_user_does_waits(self):
        flags, events, both = [], waiting.QCoreApplication.processEvents, threading.Event()

        def deal(flag):
            flags.append((flag, is_shown()))
            if len(flags) == 3:
                self.show_after(0)
            if is_shown():
                both.set()
            events(flag)
        self.show_after(math.inf)
        with patch.object(waiting, "QCoreApplication") as application:
            application.processEvents = deal
            wait(goes_on_until(both))
        kinds = waiting.QEventLoop.ProcessEventsFlag
        self.assertEqual(flags[:3], [(kinds.ExcludeUserInputEvents, False)] * 3)
        self.assertEqual({*flags[3:]}, {(kinds.AllEvents, True)})

    def test_the_window_never_stalls(self):
        """From when the dialog is there; time in which other programs had the cores is not counted."""
        heard_s, enough = [], threading.Event()

        def hear(_):
            heard_s.append(own_s())
            if len(heard_s) == 60:
                enough.set()
        reports = Reports(hear)
        self.assertEqual(wait(goes_on_until(enough, lambda: reports.said.emit(None))), "vectors")
        apart_ms = sorted(1000 * (after - before) for before, after in itertools.pairwise(heard_s[10:]))
        self.assertLess(apart_ms[-2], STALL_MS)  # Python's garbage may be looked through once

    def test_an_error_and_a_defect_come_out_as_they_are(self):
        for error in (WrongUse("no such layer"), KeyError("absent")):
            def fail(*_, error=error):
                raise error
            with pytest.raises(type(error)) as raised:
                wait(fail)
            self.assertIs(raised.value, error)

    def test_the_button_cancels_at_once_also_work_that_does_not_listen(self):
        gate, ended = threading.Event(), []

        def deaf(_, cancelled):
            for _step in range(100 * PATIENCE_S):
                reports.said.emit(None)
                if gate.wait(0.01):
                    break
            ended.append(cancelled())

        def click(_):
            if is_shown():
                QTest.mouseClick(dialogs()[0].findChild(QPushButton), Qt.MouseButton.LeftButton)

        reports = Reports(click)
        with pytest.raises(Cancelled):
            wait(deaf)
        self.assertEqual(ended, [])
        gate.set()
        self.assertTrue(QTest.qWaitFor(lambda: ended == [True], 1000 * PATIENCE_S))

    def test_escape_cancels_too(self):
        with pytest.raises(Cancelled):
            self.during(lambda _: QTest.keyClick(dialogs()[0], Qt.Key.Key_Escape), is_cancelled=True)

    def test_timers_wait_and_none_is_lost(self):
        """Orange hands on data by timers, and deferred commits begin by them."""
        repeating, once, begin = QTimer(interval=0), QTimer(interval=20, singleShot=True), time.monotonic()
        repeating.timeout.connect(lambda: self.seen.append("repeating"))
        once.timeout.connect(lambda: self.seen.append("once"))
        repeating.start()
        once.start()
        QTimer.singleShot(30, lambda: self.seen.append("static"))
        self.during(lambda _: self.seen.append("report"), when=lambda: time.monotonic() - begin > 0.1)
        self.assertEqual(self.seen, ["report"])
        self.assertTrue(QTest.qWaitFor(lambda: {"repeating", "once", "static"} <= {*self.seen}, 1000 * PATIENCE_S))
        repeating.stop()
        QTest.qWait(60)
        self.assertEqual([self.seen.count(one) for one in ("once", "static")], [1, 1])

    def test_no_other_window_closes_meanwhile(self):
        window = QWidget()
        window.show()
        for during in (self.during, self.during_hidden):
            during(lambda _: self.seen.append(window.close()))
        self.assertEqual((self.seen, window.isVisible()), ([False, False], True))
        self.assertTrue(window.close())

    def test_clicks_on_other_windows_do_nothing_meanwhile(self):
        window = QWidget()
        button = QPushButton("Apply", window)
        button.clicked.connect(lambda: self.seen.append("clicked"))
        QVBoxLayout(window).addWidget(button)
        window.show()
        self.assertTrue(QTest.qWaitForWindowExposed(window))
        place = button.mapTo(window, QPoint(5, 5))

        def click(_=None):
            QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        self.during(click)
        self.assertEqual(self.seen, [])
        click()
        self.assertEqual(self.seen, ["clicked"])

    def test_a_report_that_waits_in_its_turn_gets_its_own_answer(self):
        def inner(_):
            self.show_after(0)
            self.seen.append(self.during(lambda _: None))
        self.assertEqual(self.during_hidden(inner), "vectors")
        self.assertEqual((self.seen, dialogs()), (["vectors"], []))

    def test_the_dialog_of_a_wait_within_a_wait_moves_and_closes(self):
        def moves():
            return is_shown() and QApplication.activeModalWidget().findChild(QProgressBar).value() > 0

        def inner(_):
            self.show_after(0)
            try:
                self.during(lambda _: self.seen.append(QApplication.activeModalWidget().close()), moves,
                            is_cancelled=True)
            except Cancelled:
                self.seen.append("cancelled")
        self.assertEqual(self.during_hidden(inner), "vectors")
        self.assertEqual((self.seen, dialogs()), ([True, "cancelled"], []))

    def test_a_dialog_above_it_closes(self):
        """One of an error that was reported, say; as of Qt 6.3 its buttons, too, close its window."""
        def report(_):
            above = QDialog(modal=True)
            above.show()
            self.seen.append(above.close())
        self.during(report)
        self.assertEqual(self.seen, [True])

    def test_no_workflow_is_opened_meanwhile(self):
        """A click on a file, on macOS, comes to the application and would put another workflow in place of this one."""
        heard = Heard(QApplication.instance(), QEvent.Type.FileOpen)

        def click(_=None):
            QApplication.sendEvent(QApplication.instance(), QEvent(QEvent.Type.FileOpen))
        self.during(click)
        self.assertEqual(heard.seen, [])
        click()
        self.assertEqual(heard.seen, [QEvent.Type.FileOpen])

    def test_what_calls_a_widget_of_its_own_its_parent_is_held_back_too(self):
        """Some of Orange's do: ``self.parent = …``."""
        odd = QTimer(interval=0)
        odd.parent = odd
        odd.timeout.connect(lambda: self.seen.append("timer"))
        odd.start()
        raised = []
        with patch.object(sys, "excepthook", lambda *what: raised.append(what[0])):
            self.during(lambda _: self.seen.append("report"))
        odd.stop()
        self.assertEqual((self.seen, raised), (["report"], []))

    def test_it_stays_above_the_main_window_when_another_program_is_used(self):
        window = QMainWindow()
        window.show()
        with patch.object(QApplication, "activeWindow", lambda: None):
            self.during(lambda _: self.seen.extend(one.parent() for one in dialogs()))
        self.assertEqual(self.seen, [window])

    def test_threads_and_the_window_are_told_apart(self):
        thread = threading.Thread(target=lambda: self.seen.append(is_window_thread()))
        thread.start()
        thread.join()
        self.assertEqual((is_window_thread(), self.seen), (True, [False]))
