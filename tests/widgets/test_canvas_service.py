"""Who embeds and tells in the canvas: set by an import that loads no Qt, silent where there is nothing to say."""

import logging
import subprocess
import sys
import threading
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QTextDocument
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from orangecanvas.utils.overlay import Notification, NotificationServer
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.core.errors import WeightsMissing
from orangecontrib.imaging.tables.request import Request
from orangecontrib.imaging.widgets import canvas_service as module
from orangecontrib.imaging.widgets.canvas_service import CanvasService


def program(text):
    """What a fresh process prints."""
    run = subprocess.run([sys.executable, "-P", "-c", text], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


def test_importing_widgets_sets_the_service_and_shows_no_window_and_loads_no_torch():
    asked = program(
        "import sys\nimport orangecontrib.imaging.widgets\n"
        "from orangecontrib.imaging.tables.embedding_service import service\n"
        "service().warn('Nobody looks.')\n"
        "print(type(service()).__name__, sorted({'AnyQt.QtWidgets', 'torch', 'Orange.data'} & {*sys.modules}))")
    assert asked == (0, "CanvasService []\n", "Nobody looks.\n")


class FakeClient:
    """Notes what it is asked."""

    def __init__(self, error=None):
        self.asked, self.threads, self._error = [], [], error
        self.is_cancelled = None

    def embed(self, paths, model, *, options, reading, store, models, on_progress, cancelled):
        """Answer at once."""
        self.threads.append(threading.current_thread())
        self.is_cancelled = cancelled
        self.asked.append((paths, model, models, on_progress is None))
        if self._error:
            raise self._error
        return SimpleNamespace()


class TestCanvasService(GuiTest):
    def setUp(self):
        self.service, self.client = CanvasService(), FakeClient()
        self.enterContext(patch.object(module, "shared_client", lambda: self.client))

    def _in_thread(self, call):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join(10)
        return thread

    def test_the_window_s_thread_never_embeds_itself_and_others_do(self):
        self.service.embed(["a.png", "b.png"], Request("squeezenet"))
        thread = self._in_thread(lambda: self.service.embed(["a.png"], Request("squeezenet")))
        self.assertIsNot(self.client.threads[0], threading.current_thread())
        self.assertIs(self.client.threads[1], thread)
        self.assertEqual(self.client.asked, [(["a.png", "b.png"], "squeezenet", None, False),
                                             (["a.png"], "squeezenet", None, True)])

    def test_what_the_engine_refuses_comes_out(self):
        self.client = FakeClient(WeightsMissing("no weights"))
        with pytest.raises(WeightsMissing, match="no weights"):
            self.service.embed(["a.png"], Request("squeezenet"))

    def test_what_a_thread_waits_for_is_cancelled_when_orange_ends(self):
        """Python waits for Orange's threads, and the process would go on for as long as they embed."""
        self._in_thread(lambda: self.service.embed(["a.png"], Request("squeezenet")))
        self.assertFalse(self.client.is_cancelled())
        QApplication.instance().aboutToQuit.emit()
        self.assertTrue(self.client.is_cancelled())
        for call in (self._in_thread, lambda embed: embed()):  # nor does another one begin
            call(lambda: self.service.embed(["a.png"], Request("squeezenet")))
            self.assertTrue(self.client.is_cancelled())

    def test_weights_are_looked_for_where_image_embedder_was_told_to(self):
        self.service.look_into("/share/empty")
        self.service.look_into("/share/models")
        with patch.object(module, "weights_path", lambda card, folder: folder if "models" in folder else None):
            self.service.embed(["a.png"], Request("resnet18"))
        self.assertEqual(self.client.asked[0][2], "/share/models")

    def test_a_text_is_shown_once_at_a_time_from_whatever_thread(self):
        server, threads = NotificationServer(), []
        server.newNotification.connect(lambda _: threads.append(threading.current_thread()),
                                       Qt.ConnectionType.DirectConnection)
        with patch("Orange.canvas.notification_server_instance", server):
            for _ in range(100):
                self._in_thread(lambda: self.service.warn("Vectors are missing."))
            self.service.warn("Vectors are missing.")
            self._in_thread(lambda: self.service.warn("Others, too."))
            QTest.qWait(20)
            texts = [one.text for one in server.getNotificationQueue()]
            self.assertEqual(texts, ["Vectors are missing.", "Others, too."])
            self.assertEqual({*threads}, {threading.current_thread()})
            server.nextNotification.emit()  # the user closed it
            self.service.warn("Vectors are missing.")
            self.assertEqual([one.text for one in server.getNotificationQueue()], texts[::-1])

    def test_names_that_look_like_html_are_shown_as_they_are(self):
        server, page = NotificationServer(), QTextDocument()
        text = "No pictures of the table '<b>x</b>' could be read; first <img src='x'> & 1.png."
        with patch("Orange.canvas.notification_server_instance", server):
            for said in (text, text, "Cells & nuclei."):
                self.service.warn(said)
        shown, plain = (one.text for one in server.getNotificationQueue())
        page.setHtml(shown)
        self.assertEqual((page.toPlainText(), plain), (text, "Cells & nuclei."))

    def test_many_texts_do_not_pile_up_and_the_newest_is_never_lost(self):
        """Each is put away by a click; a slider of Select Rows makes a new table at each step."""
        server = NotificationServer()
        with (patch("Orange.canvas.notification_server_instance", server),
              self.assertLogs("orangecontrib.imaging", logging.WARNING) as logged):
            for number in range(5):
                self.service.warn(f"{number} pictures are missing.")
            self.assertEqual([one.text[0] for one in server.getNotificationQueue()], ["2", "3", "4"])
            server.nextNotification.emit()  # the user closed it
            self.service.warn("Others, too.")
        self.assertEqual([one.text for one in server.getNotificationQueue()][-1], "Others, too.")
        self.assertEqual([one.getMessage()[0] for one in logged.records], ["0", "1"])

    def test_what_others_tell_is_not_put_away_for_ours(self):
        server = NotificationServer()
        server.registerNotification(Notification(title="Orange", text="There is an update."))
        with (patch("Orange.canvas.notification_server_instance", server),
              self.assertLogs("orangecontrib.imaging", logging.WARNING) as logged):
            for number in range(4):
                self.service.warn(f"{number} pictures are missing.")
        self.assertEqual([one.text[0] for one in server.getNotificationQueue()], ["T", "0", "1", "2"])
        self.assertEqual([one.getMessage()[0] for one in logged.records], ["3"])

    def test_without_a_main_window_it_is_logged(self):
        with (patch("Orange.canvas.notification_server_instance", None),
              self.assertLogs("orangecontrib.imaging", logging.WARNING) as logged):
            self.service.warn("Vectors are missing.")
        self.assertEqual([one.getMessage() for one in logged.records], ["Vectors are missing."])
