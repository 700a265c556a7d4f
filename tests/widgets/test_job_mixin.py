"""A job that goes on after its widget was removed."""

import threading

from AnyQt.QtCore import QCoreApplication, QEvent
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
