"""The service of thumbnails: the right pixels, in the right order, in bounded memory."""

import os
import threading
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from AnyQt.QtGui import QColor, QPixmap
from child import wait_until
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.thumbnails import Thumbnail, read_thumbnail
from orangecontrib.imaging.widgets.parts import thumbnail_readers, thumbnail_store
from orangecontrib.imaging.widgets.parts.thumbnail_entries import best_size, step_px
from orangecontrib.imaging.widgets.parts.thumbnail_store import LIMIT_BYTES, ThumbnailStore
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

WEB = "https://example.org/a.png"


def _plain(size=10):
    return Thumbnail(np.zeros((size, size, 3), np.uint8), size, size)


class _Gate:
    """A reader that writes down what it is asked for, and can be held back."""

    def __init__(self, size=10):
        self.read, self.size, self.bad = [], size, ()
        self.open, self.entered = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, path, size_px, reading):
        self.read.append(path)
        self.entered.set()
        self.open.wait(10)
        if path.startswith("bad") or path in self.bad:
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
        patched = patch.object(thumbnail_readers, "fetch_picture", server)
        patched.start()
        self.addCleanup(patched.stop)
        return server

    def test_slow_servers_leave_threads_for_the_disk(self):
        gate, server = _Gate(), self._server()
        service = self._service(gate, threads=4)
        gate.open.clear()
        service.request([*(f"{WEB}?{number}" for number in range(9)), "a", "b"], 96)
        self.process_events(lambda: len(gate.read) + len(server.asked) == 4, timeout=20_000)
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


class TestSharing(WidgetTest):
    """Several views, one store."""

    def setUp(self):
        self.gate, self.views = _Gate(), []

    def tearDown(self):
        self.gate.open.set()
        for view in self.views:
            view.close()

    def _store(self, threads=1, limit_bytes=LIMIT_BYTES):
        return ThumbnailStore(lambda path, size_px, reading, cancelled: self.gate(path, size_px, reading), threads,
                              limit_bytes)

    def _views(self, count, store=None, **options):
        store = store or self._store(**options)
        self.views += [Thumbnails(store=store) for _ in range(count)]
        return self.views[-count:]

    def _wait(self, *views):
        self.process_events(lambda: all(view.is_idle for view in views))

    def _hold(self, view):
        """Have the only thread read something, so that what is requested waits."""
        self.gate.open.clear()
        self.gate.entered.clear()
        view.request(["held"], 96)
        self.assertTrue(self.gate.entered.wait(5))
        self.gate.read.clear()

    def test_views_of_a_program_share_one_store_and_what_is_made_otherwise_has_its_own(self):
        first, second = Thumbnails(), Thumbnails()
        self.assertIs(first._place.store, second._place.store)
        self.assertIs(first.beside(first)._place.store, first._place.store)
        own = Thumbnails(threads=1)
        self.assertIsNot(own._place.store, first._place.store)
        self.views += [first, second, own]

    def test_two_views_on_the_same_pictures_read_them_once_and_both_are_told(self):
        first, second = self._views(2, threads=3)
        told = {first: set(), second: set()}
        for view in told:
            view.changed.connect(told[view].update)
            view.request(["a", "b", "bad"], 96)
        self._wait(first, second)
        self.assertEqual(sorted(self.gate.read), ["a", "b", "bad"])
        self.assertEqual(list(told.values()), [{"a", "b", "bad"}] * 2)
        self.assertEqual(second.failures(), {"bad": "the file is empty"})
        self.assertIs(first.find("a").pixmap, second.find("a").pixmap)

    def test_a_view_that_comes_later_finds_what_the_others_read(self):
        store = self._store()
        first, = self._views(1, store)
        first.request(["a", "bad"], 96)
        self._wait(first)
        first.close()
        second, = self._views(1, store)
        self.assertIsNotNone(second.find("a").pixmap)
        self.assertEqual(second.failures(), {})  # it did not ask for that one

    def test_a_new_view_has_files_looked_at_and_reads_those_that_changed(self):
        path = os.path.join(os.environ["TMPDIR"], "shared.png")
        Image.new("RGB", (5, 5)).save(path)
        store = self._store()
        for changes, times in ((False, 1), (False, 1), (True, 2)):
            if changes:
                Image.new("RGB", (50, 50)).save(path)
            view, = self._views(1, store)
            view.request([path], 96)
            self._wait(view)
            self.assertEqual(self.gate.read, [path] * times)

    def test_a_file_that_changed_while_it_was_read_is_read_again_for_the_view_that_asked_after_that(self):
        path = os.path.join(os.environ["TMPDIR"], "changing.png")
        Image.new("RGB", (5, 5)).save(path)
        first, second = self._views(2, threads=2)
        self.gate.open.clear()
        first.request([path], 96)
        self.assertTrue(self.gate.entered.wait(5))
        Image.new("RGB", (50, 50)).save(path)
        second.recheck()
        second.request([path], 96)
        self.gate.open.set()
        self._wait(first, second)
        self.assertEqual(self.gate.read, [path, path])

    def test_a_picture_that_can_be_read_now_comes_in_the_size_that_is_asked_for(self):
        self.gate.size, self.gate.bad = 800, {"a"}
        view, = self._views(1)
        for size_px, bad in ((96, {"a"}), (192, set())):
            self.gate.bad = bad
            view.recheck()
            view.request(["a"], size_px)
            self._wait(view)
        self.assertEqual((view.find("a").size_px, view.failures()), (192, {}))

    def test_the_limit_holds_for_all_views_together(self):
        first, second = self._views(2, limit_bytes=5 * 400)
        for number in range(4):
            first.request([f"a{number}"], 96)
            second.request([f"b{number}"], 96)
            self._wait(first, second)
        self.assertEqual((first.bytes, second.bytes), (2000, 2000))
        there = [path for path in (f"{view}{number}" for number in range(4) for view in "ab") if first.find(path)]
        self.assertEqual(there, ["b1", "a2", "b2", "a3", "b3"])

    def test_what_a_view_shows_leaves_after_what_no_view_shows(self):
        first, second = self._views(2, limit_bytes=5 * 400)
        first.request(["shown 1", "shown 2"], 96, ["soon"])
        self._wait(first)
        for number in range(5):
            second.request([f"b{number}"], 96)
            self._wait(second)
        self.assertIsNotNone(first.find("shown 1"))
        self.assertIsNotNone(first.find("shown 2"))
        self.assertIsNone(first.find("soon"))
        self.assertEqual(first.bytes, 2000)

    def test_more_in_sight_than_the_limit_allows_is_within_the_limit_all_the_same(self):
        view, = self._views(1, limit_bytes=5 * 400)
        view.request([f"a{number}" for number in range(9)], 96)
        self._wait(view)
        self.assertEqual(view.bytes, 2000)

    def test_views_take_turns_and_what_is_in_sight_goes_before_what_may_be(self):
        first, second, third = self._views(3)
        self._hold(third)
        first.request(["a1", "a2", "a3"], 96, ["a soon"])
        second.request(["b1"], 96, ["b soon", "b later"])
        self.gate.open.set()
        self._wait(first, second)
        self.assertEqual(self.gate.read, ["a1", "b1", "a2", "a3", "b soon", "a soon", "b later"])

    def test_a_new_request_and_a_closed_view_take_back_what_waits_and_leave_that_of_others(self):
        first, second, third = self._views(3)
        self._hold(first)
        first.request(["a", "both"], 96)
        second.request(["b", "both"], 96)
        third.request(["c"], 96)
        first.request((), 96)
        third.close()
        third.request(["d"], 96)
        self.gate.open.set()
        self._wait(second)
        self.assertEqual(self.gate.read, ["b", "both"])

    def test_a_reader_learns_that_its_picture_left_the_screen_unless_another_view_waits_for_it(self):
        asked, given_up = threading.Event(), threading.Event()

        def read(path, size_px, reading, cancelled):
            asked.set()
            while not cancelled():
                given_up.wait(0.01)
            given_up.set()
            raise Cancelled("")

        first, second = self._views(2, ThumbnailStore(read, 1))
        for view in (first, second):
            view.request(["slow"], 96)
        self.assertTrue(asked.wait(5))
        first.request([], 96)
        self.assertFalse(given_up.wait(0.1))
        second.request([], 96)
        self.assertTrue(given_up.wait(5))

    def test_another_recipe_is_another_thumbnail_and_the_first_is_not_forgotten(self):
        first, second = self._views(2)
        second.set_reading(Reading(background=0))
        for view in (first, second, first):
            view.request(["a"], 96)
            self._wait(first, second)
        self.assertEqual(self.gate.read, ["a", "a"])
        first.set_reading(Reading(background=0))
        self.assertIs(first.find("a"), second.find("a"))
        first.set_reading(Reading(background=9))
        self.assertIsNone(first.find("a"))

    def test_until_the_right_size_comes_another_one_is_shown(self):
        self.gate.size = 800
        first, second = self._views(2)
        for size_px in (96, 384):
            first.request(["a"], size_px)
            self._wait(first)
        self._hold(first)
        second.request(["a"], 192)
        self.assertEqual(second.find("a").size_px, 384)
        second.request(["a"], 768)
        self.assertEqual(second.find("a").size_px, 384)
        self.gate.open.set()
        self._wait(second)
        self.assertEqual(second.find("a").size_px, 768)

    def test_a_picture_that_cannot_be_read_is_not_tried_in_every_size(self):
        first, second = self._views(2)
        for view, size_px in ((first, 96), (second, 192)):
            view.request(["bad"], size_px)
            self._wait(view)
        self.assertEqual(self.gate.read, ["bad"])

    def test_of_a_file_that_changed_no_size_shows_it_as_it_was(self):
        path = os.path.join(os.environ["TMPDIR"], "sizes.png")
        Image.new("RGB", (5, 5)).save(path)
        self.gate.size = 800
        first, second = self._views(2)
        for view, size_px in ((first, 96), (second, 192)):
            view.request([path], size_px)
            self._wait(view)
        Image.new("RGB", (50, 50)).save(path)
        second.recheck()
        second.request([path], 192)
        self._wait(second)
        self.assertEqual(first.find(path).size_px, 192)

    def test_a_host_that_one_view_may_not_ask_does_not_spoil_the_picture_for_another(self):
        def fetch(url, hosts, *, cancelled):
            if not hosts:
                raise UnreadableImage(url, "you have not allowed it")
            return url

        first, second = self._views(2)
        second.set_hosts(["example.org"])
        with patch.object(thumbnail_readers, "fetch_picture", fetch):
            for view in (first, second):
                view.request([WEB], 96)
            self._wait(first, second)
        self.assertEqual((first.find(WEB).reason, second.find(WEB).reason), ("you have not allowed it", ""))

    def test_the_thread_of_the_interface_is_held_for_a_few_milliseconds_at_most(self):
        views = self._views(4, threads=4)
        for number, view in enumerate(views):
            view.request([f"{number} {at}" for at in range(15)], 96)
        self.assertTrue(wait_until(lambda: view._place.store._readers._results.qsize() == 60))
        clock, ticks, really = [100.0], [], QPixmap.fromImage

        def slowly(image):
            clock[0] += 0.003
            return really(image)

        with (patch.object(thumbnail_store, "QPixmap", SimpleNamespace(fromImage=slowly)),
              patch.object(thumbnail_store, "perf_counter", lambda: clock[0])):
            while not all(view.is_idle for view in views):
                begun = clock[0]
                for view in views:
                    view._collect()
                ticks.append(round(1000 * (clock[0] - begun)))
                clock[0] += 0.015
        self.assertEqual((max(ticks), sum(ticks)), (9, 180))  # 8 ms for all views together, and the last pixmap


class TestSizes(WidgetTest):
    def test_the_step_is_the_smallest_that_has_all_pixels(self):
        self.assertEqual([step_px(size) for size in (1, 96, 96.5, 320, 640, 5000)], [96, 96, 192, 384, 768, 768])

    def test_in_place_of_a_missing_size_the_next_larger_one_is_shown_or_the_largest(self):
        self.assertEqual([best_size(sizes, 192) for sizes in ([96, 192, 384], [96, 768, 384], [96], [96, 150])],
                         [192, 384, 96, 150])
