"""A long call in the window's thread: the window lives on, and nothing else begins in the middle of a method."""

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

from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.widgets.parts import waiting
from orangecontrib.imaging.widgets.parts.waiting import is_window_thread, wait_in_window

STALL_MS = 50
HIDDEN_S = 0.1


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


def ready_in(seconds, *, then=lambda: None, at_s=0.0):
    """Work of so many seconds; after `at_s` of them it calls `then` in its thread."""
    def work(on_progress, cancelled):
        begin, is_told = time.monotonic(), False
        while (passed := time.monotonic() - begin) < seconds and not cancelled():
            on_progress(int(40 * passed / seconds), 40)
            if passed >= at_s and not is_told:
                is_told = True
                then()
            time.sleep(0.01)
        return "cancelled" if cancelled() else "vectors"
    return work


class TestWaiting(GuiTest):
    def setUp(self):
        self.seen = []
        for name in ("_HIDDEN_S", "_RATE_S"):
            self.enterContext(patch.object(waiting, name, HIDDEN_S))
        self.addCleanup(lambda: [one.hide() for one in dialogs()])

    def during(self, act, seconds=0.4, at_s=0.25):
        """Wait for work, with `act` called in the window's thread in the middle of it."""
        reports = Reports(act)
        return wait(ready_in(seconds, then=lambda: reports.said.emit(None), at_s=at_s))

    def test_what_takes_a_moment_shows_no_dialog(self):
        shown = []
        reports = Reports(lambda _: shown.extend(dialogs()))
        self.assertEqual(wait(ready_in(0.08, then=lambda: reports.said.emit(None), at_s=0.05)), "vectors")
        QTest.qWait(10)
        self.assertEqual((shown, dialogs()), ([], []))

    def test_what_takes_long_shows_how_far_it_is_and_leaves_nothing_behind(self):
        def look(_):
            [dialog] = dialogs()
            self.seen = [dialog.isModal(), dialog.windowTitle(), dialog.findChild(QProgressBar).value(),
                         [label.text() for label in dialog.findChildren(QLabel)]]
        self.assertEqual(self.during(look), "vectors")
        is_modal, title, value, (text, line) = self.seen
        self.assertEqual((is_modal, title, text), (True, "Embedding Pictures", "Embedding 40 pictures …"))
        self.assertTrue(10 <= value <= 38, value)
        self.assertRegex(line, r"^\d\d of 40 · \d+ images/s · \d\.\d s left$")
        self.assertEqual(dialogs(), [])

    def test_no_speed_is_told_of_batches_that_come_together(self):
        progress = waiting._Progress(600)
        for done in (4, 8):
            progress.tell(done, 600)
        self.assertEqual(progress.state, (8, 600, "8 of 600"))
        time.sleep(HIDDEN_S)
        progress.tell(16, 600)
        self.assertRegex(progress.state[2], r"^16 of 600 · \d{2,3} images/s · \d+\.?\d* s left$")

    def test_thousands_are_told_as_in_the_line_above(self):
        progress = waiting._Progress(2000)
        progress.tell(1200, 2000)
        self.assertEqual(progress.state[2], "1,200 of 2,000")

    def test_while_the_dialog_is_hidden_what_the_user_does_waits(self):
        flags, events = [], waiting.QCoreApplication.processEvents
        with patch.object(waiting, "QCoreApplication") as application:
            application.processEvents = lambda flag: (flags.append((flag, bool(dialogs()))), events(flag))
            wait(ready_in(0.2))
        kinds = waiting.QEventLoop.ProcessEventsFlag
        self.assertEqual({*flags}, {(kinds.ExcludeUserInputEvents, False), (kinds.AllEvents, True)})

    def test_the_window_never_stalls(self):
        late_ms = []
        reports = Reports(lambda sent: late_ms.append(1000 * (time.perf_counter() - sent)))
        stop = threading.Event()

        def beat():
            while not stop.wait(0.005):
                reports.said.emit(time.perf_counter())
        thread = threading.Thread(target=beat)
        thread.start()
        try:
            wait(ready_in(0.5))
        finally:
            stop.set()
            thread.join()
        self.assertGreater(len(late_ms), 10)
        self.assertLess(sorted(late_ms)[-3], STALL_MS)  # other programs compute, too

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
            gate.wait(10)
            ended.append(cancelled())

        reports = Reports(lambda _: QTest.mouseClick(dialogs()[0].findChild(QPushButton), Qt.MouseButton.LeftButton))
        threading.Timer(0.3, lambda: reports.said.emit(None)).start()
        begin = time.monotonic()
        with pytest.raises(Cancelled):
            wait(deaf)
        self.assertLess(time.monotonic() - begin, 1)
        gate.set()
        self.assertTrue(QTest.qWaitFor(lambda: ended == [True], 2000))

    def test_escape_cancels_too(self):
        with pytest.raises(Cancelled):
            self.during(lambda _: QTest.keyClick(dialogs()[0], Qt.Key.Key_Escape), seconds=5)

    def test_timers_wait_and_none_is_lost(self):
        """Orange hands on data by timers, and deferred commits begin by them."""
        repeating, once = QTimer(interval=0), QTimer(interval=20, singleShot=True)
        repeating.timeout.connect(lambda: self.seen.append("repeating"))
        once.timeout.connect(lambda: self.seen.append("once"))
        repeating.start()
        once.start()
        QTimer.singleShot(30, lambda: self.seen.append("static"))
        self.during(lambda _: self.seen.append("report"))
        self.assertEqual(self.seen, ["report"])
        self.assertTrue(QTest.qWaitFor(lambda: {"repeating", "once", "static"} <= {*self.seen}, 2000))
        repeating.stop()
        QTest.qWait(60)
        self.assertEqual([self.seen.count(one) for one in ("once", "static")], [1, 1])

    def test_no_other_window_closes_meanwhile(self):
        window = QWidget()
        window.show()
        for at_s in (0.02, 0.25):
            self.during(lambda _: self.seen.append(window.close()), at_s=at_s)
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
            self.seen.append(wait(ready_in(0.3)))
        self.assertEqual(self.during(inner, at_s=0.05), "vectors")
        self.assertEqual((self.seen, dialogs()), (["vectors"], []))

    def test_the_dialog_of_a_wait_within_a_wait_moves_and_closes(self):
        def look(_):
            inner = QApplication.activeModalWidget()
            self.seen += [inner.findChild(QProgressBar).value() > 0, inner.close()]

        def inner(_):
            try:
                self.during(look, seconds=2, at_s=0.4)
            except Cancelled:
                self.seen.append("cancelled")
        self.assertEqual(self.during(inner, at_s=0.02), "vectors")  # of the outer one no dialog is there yet
        self.assertEqual((self.seen, dialogs()), ([True, True, "cancelled"], []))

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
