"""Questions are answered in threads, and no window waits for them, or is touched by them when it is gone."""

import sys
import threading
from unittest.mock import patch

from AnyQt.QtCore import QThread
from AnyQt.QtTest import QTest
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.widgets.parts.lookup import Lookup, answer_later


class TestLookup(GuiTest):
    def setUp(self):
        self.lookup, self.told = Lookup(), []
        self.lookup.answered.connect(lambda answer: self.told.append((answer, QThread.currentThread())))

    def test_only_the_last_question_is_answered_and_asking_waits_for_nothing(self):
        gate = threading.Event()
        self.lookup.ask(lambda: gate.wait(20) and "first")
        self.lookup.ask(lambda: "second")
        self.assertFalse(self.lookup.is_idle)
        self.assertTrue(QTest.qWaitFor(lambda: self.lookup.is_idle, 5000))
        gate.set()
        QTest.qWait(50)
        self.assertEqual(self.told, [("second", QThread.currentThread())])

    def test_a_defect_in_a_question_comes_out_and_the_next_one_is_answered(self):
        raised = []
        with patch.object(sys, "excepthook", lambda kind, error, trace: raised.append(str(error))):
            self.lookup.ask(lambda: {}["absent"])
            self.assertTrue(QTest.qWaitFor(lambda: self.lookup.is_idle, 5000))
        self.lookup.ask(lambda: "next")
        self.assertTrue(QTest.qWaitFor(lambda: self.lookup.is_idle, 5000))
        self.assertEqual((raised, [answer for answer, _ in self.told]), (["'absent'"], ["next"]))

    def test_a_question_that_would_end_the_program_is_answered_too(self):
        """Somebody waits for it."""
        def leave():
            raise SystemExit(2)
        self.assertIsInstance(answer_later(leave).exception(timeout=20), SystemExit)

    def test_an_answer_for_a_window_that_is_gone_is_dropped(self):
        gate = threading.Event()
        self.lookup.ask(lambda: gate.wait(20))
        thread = next(one for one in threading.enumerate() if one.name == "lookup")
        self.lookup.deleteLater()
        QTest.qWait(50)
        gate.set()
        thread.join(5)
        self.assertEqual((thread.is_alive(), self.told), (False, []))
