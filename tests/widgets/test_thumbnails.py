"""The service of thumbnails: the right pixels, in the right order, in bounded memory."""

import os
import threading
from unittest.mock import patch

import numpy as np
from AnyQt.QtGui import QColor
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage
from orangecontrib.imaging.core.thumbnails import Thumbnail, read_thumbnail
from orangecontrib.imaging.widgets.parts import thumbnails
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

WEB = "https://example.org/a.png"


def _plain(size=10):
    return Thumbnail(np.zeros((size, size, 3), np.uint8), size, size)


class _Gate:
    """A reader that writes down what it is asked for, and can be held back."""

    def __init__(self, size=10):
        self.read, self.size = [], size
        self.open, self.entered = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, path, size_px, reading):
        self.read.append(path)
        self.entered.set()
        self.open.wait(10)
        if path.startswith("bad"):
            raise UnreadableImage(path, "the file is empty")
        return _plain(self.size)


class _Server:
    """Answers once it is told to; whoever gives up waiting leaves once he may."""

    def __init__(self):
        self.asked = []
        self.begun, self.answers, self.given_up, self.may_leave = (threading.Event() for _ in range(4))
        self.may_leave.set()

    def __call__(self, url, hosts, *, cancelled=None):
        self.asked.append(url)
        self.begun.set()
        while not self.answers.wait(0.01):
            if cancelled():
                self.given_up.set()
                self.may_leave.wait(5)
                raise Cancelled("The fetching of pictures was cancelled.")
        return url


class TestThumbnails(WidgetTest):
    def setUp(self):
        self.services = []

    def tearDown(self):
        for service in self.services:
            service.close()

    def _service(self, read, **options):
        self.services.append(Thumbnails(read=read, **options))
        return self.services[-1]

    def _wait(self, service):
        self.process_events(lambda: service.is_idle)

    def _ask(self, service, paths, size_px=96):
        service.request(paths, size_px)
        self._wait(service)

    def test_pixels_keep_their_colours_and_places(self):
        path = os.path.join(os.environ["TMPDIR"], "corner é.png")
        picture = Image.new("RGB", (30, 20), (10, 20, 30))
        picture.putpixel((29, 0), (255, 128, 1))
        picture.save(path)
        service = self._service(read_thumbnail)
        self._ask(service, [path])
        entry = service.find(path)
        image = entry.pixmap.toImage()
        self.assertEqual((image.width(), image.height()), (30, 20))
        self.assertEqual((entry.full_width, entry.full_height), (30, 20))
        self.assertEqual(QColor(image.pixel(0, 19)).getRgb(), (10, 20, 30, 255))
        self.assertEqual(QColor(image.pixel(29, 0)).getRgb(), (255, 128, 1, 255))

    def test_a_new_request_takes_the_place_of_what_still_waits(self):
        gate = _Gate()
        gate.open.clear()
        service = self._service(gate, threads=1)
        service.request(["a", "b", "c"], 96)
        self.assertTrue(gate.entered.wait(5))
        service.request(["y", "x"], 96)
        gate.open.set()
        self._wait(service)
        self.assertEqual(gate.read, ["a", "y", "x"])

    def test_what_is_known_or_being_read_is_not_read_again(self):
        gate = _Gate()
        gate.open.clear()
        service = self._service(gate, threads=1)
        service.request(["a", "a"], 96)
        self.assertTrue(gate.entered.wait(5))
        service.request(["a", "b"], 96)
        gate.open.set()
        self._wait(service)
        self._ask(service, ["b", "a"])
        self.assertEqual(gate.read, ["a", "b"])

    def test_another_size_is_read_again_only_where_it_would_look_different(self):
        gate = _Gate(size=100)
        service = self._service(gate)
        self._ask(service, ["a"], 96)
        self._ask(service, ["a"], 192)
        self._ask(service, ["a"], 384)
        self.assertEqual(gate.read, ["a", "a"])

    def test_memory_stays_within_the_limit_and_the_longest_unseen_goes_first(self):
        service = self._service(_Gate(size=10), threads=1, limit_bytes=4 * 400)
        self._ask(service, ["a", "b", "c", "d"])
        service.find("a")
        self._ask(service, ["e"])
        self.assertEqual(service.bytes, 1600)
        self.assertIsNone(service.find("b"))
        self.assertIsNotNone(service.find("a"))

    def test_a_single_picture_may_be_larger_than_the_limit(self):
        service = self._service(_Gate(size=100), limit_bytes=10)
        self._ask(service, ["a"])
        self.assertIsNotNone(service.find("a"))

    def test_failures_come_with_their_reasons_and_stop_nothing(self):
        service = self._service(_Gate())
        self._ask(service, ["bad 1", "a", "bad 2"])
        self.assertEqual(service.failures(), dict.fromkeys(["bad 1", "bad 2"], "the file is empty"))
        self.assertIsNone(service.find("bad 1").pixmap)
        self.assertIsNotNone(service.find("a").pixmap)

    def test_an_error_that_nobody_foresaw_is_logged_and_told_and_the_rest_is_read(self):
        def read(path, size_px, reading):
            if path == "odd":
                raise ZeroDivisionError("by nought")
            if path == "huge":
                raise MemoryError
            return _plain()

        service = self._service(read, threads=1)
        with self.assertLogs("orangecontrib.imaging", "ERROR") as log:
            self._ask(service, ["odd", "huge", "a"])
        self.assertEqual(service.failures(), {
            "odd": "this program made an error (ZeroDivisionError: by nought); please report it, with the file",
            "huge": "too large for this machine's memory"})
        self.assertIsNotNone(service.find("a").pixmap)
        self.assertIn("odd", log.output[0])
        self.assertIn("Traceback", log.output[0])

    def test_changes_are_announced_with_their_paths(self):
        service, seen = self._service(_Gate()), set()
        service.changed.connect(seen.update)
        self._ask(service, ["a", "bad"])
        self.assertEqual(seen, {"a", "bad"})

    def test_after_a_recheck_only_files_that_changed_are_read_again(self):
        folder, gate = os.environ["TMPDIR"], _Gate()
        paths = [os.path.join(folder, name) for name in ("same.png", "changed.png")]
        for path in paths:
            Image.new("RGB", (5, 5)).save(path)
        service = self._service(gate, threads=1)
        self._ask(service, paths)
        service.recheck()
        Image.new("RGB", (50, 50)).save(paths[1])
        self._ask(service, paths)
        self._ask(service, paths)
        self.assertEqual(gate.read, [*paths, paths[1]])

    def test_after_a_recheck_a_failed_file_gets_another_chance(self):
        gate = _Gate()
        service = self._service(gate)
        self._ask(service, ["bad"])
        self._ask(service, ["bad"])
        service.recheck()
        self._ask(service, ["bad"])
        self.assertEqual(gate.read, ["bad", "bad"])

    def _server(self):
        server = _Server()
        patched = patch.object(thumbnails, "fetch_picture", server)
        patched.start()
        self.addCleanup(patched.stop)
        return server

    def test_slow_servers_leave_threads_for_the_disk(self):
        gate, server = _Gate(), self._server()
        service = self._service(gate, threads=4)
        gate.open.clear()
        service.request([*(f"{WEB}?{number}" for number in range(9)), "a", "b"], 96)
        self.process_events(lambda: len(gate.read) + len(server.asked) == 4, timeout=5000)
        self.assertEqual((set(gate.read), len(server.asked)), ({"a", "b"}, 2))
        gate.open.set()
        server.answers.set()
        self._wait(service)
        self.assertEqual(len(gate.read), 11)

    def test_nobody_waits_for_a_server_once_its_picture_is_not_wanted(self):
        gate, server = _Gate(), self._server()
        service = self._service(gate, threads=1)
        service.request([WEB], 96)
        self.assertTrue(server.begun.wait(5))
        self._ask(service, ["b"])
        self.assertEqual((gate.read, service.find(WEB), service.failures()), (["b"], None, {}))
        server.answers.set()
        self._ask(service, [WEB])
        self.assertEqual(service.find(WEB).full_width, 10)

    def test_what_is_wanted_again_while_it_is_given_up_comes(self):
        server = self._server()
        server.may_leave.clear()
        service = self._service(_Gate(), threads=1)
        service.request([WEB], 96)
        self.assertTrue(server.begun.wait(5))
        service.request([], 96)
        self.assertTrue(server.given_up.wait(5))
        service.request([WEB], 96)
        server.answers.set()
        server.may_leave.set()
        self._wait(service)
        self.assertEqual(service.find(WEB).full_width, 10)

    def test_closing_ends_what_is_being_fetched(self):
        server = self._server()
        service = self._service(_Gate(), threads=1)
        service.request([WEB], 96)
        self.assertTrue(server.begun.wait(5))
        service.close()
        self.assertTrue(server.given_up.wait(5))

    def test_closing_ends_the_threads_and_drops_what_waits(self):
        gate = _Gate()
        gate.open.clear()
        service = self._service(gate, threads=1)
        before = set(threading.enumerate())
        service.request(["a", "b"], 96)
        self.assertTrue(gate.entered.wait(5))
        started = set(threading.enumerate()) - before
        service.close()
        gate.open.set()
        for thread in started:
            thread.join(5)
        self.assertEqual([thread.is_alive() for thread in started], [False])
        self.assertEqual(gate.read, ["a"])

    def test_closing_does_not_wait_for_a_disk_that_does_not_answer(self):
        gate = _Gate()
        gate.open.clear()
        service = self._service(gate, threads=1)
        service.request(["a"], 96)
        self.assertTrue(gate.entered.wait(5))
        service.close()
        service.deleteLater()
        self.process_events()
        gate.open.set()
