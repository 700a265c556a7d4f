"""A job that goes on after its widget was removed, or ends in a way that nobody foresaw."""

import sys
import threading
from time import monotonic
from unittest.mock import patch

from AnyQt.QtCore import QCoreApplication, QEvent
from AnyQt.QtTest import QTest
from Orange.widgets.widget import OWWidget
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.widgets.job_mixin import JobMixin


class Working(OWWidget, JobMixin):
    name = "Working"
    want_main_area = False

    def __init__(self):
        OWWidget.__init__(self)
        JobMixin.__init__(self)


class TestJobMixin(GuiTest):
    def test_a_job_may_speak_after_its_widget_is_gone(self):
        is_gone, ended, said = threading.Event(), threading.Event(), []

        def job(state):
            is_gone.wait(10)
            try:
                state.set_status("Reading headers")
                state.set_progress_value(50)
                state.set_partial_result("half")
                said.append("all")
            finally:
                ended.set()

        widget = Working()
        widget.start(job)
        widget.cancel()
        widget.onDeleteWidget()
        widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        is_gone.set()
        self.assertTrue(ended.wait(10))
        self.assertEqual(said, ["all"])

    def test_an_exception_that_nobody_foresaw_leaves_the_widget_ready(self):
        def fail(*_):
            raise ValueError("nobody foresaw this")

        for job in (fail, lambda state: None):
            widget, seen = Working(), []
            widget.on_done = fail
            with patch.object(sys, "excepthook", lambda kind, error, trace, seen=seen: seen.append(str(error))):
                widget.start(job)
                self.assertTrue(widget.isInvalidated())
                end_s = monotonic() + 10
                while not seen and monotonic() < end_s:
                    QTest.qWait(10)
            self.assertEqual(seen, ["nobody foresaw this"])
            self.assertIsNone(widget.task)
            self.assertFalse(widget.isInvalidated())
            self.assertEqual(widget.processingState, 0)
            widget.onDeleteWidget()
