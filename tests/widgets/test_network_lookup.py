"""What the disk tells of networks, and that no window waits for it."""

import sys
import threading
from unittest.mock import patch

from AnyQt.QtCore import QThread
from AnyQt.QtTest import QTest
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.widgets.parts.network_lookup import Lookup, Sight, first_sight, look


def test_at_first_sight_a_network_of_ours_is_known_and_a_file_is_not():
    assert first_sight("vgg16") == Sight("vgg16", find_card("vgg16"))
    assert first_sight("/lab/mine.pth") == Sight("/lab/mine.pth")
    assert first_sight("painters").reason == (
        "No network here is called 'painters'; an add-on that brought it may be missing.")


def test_a_look_finds_weights_in_the_folder_and_the_users_own_file(tmp_path):
    (tmp_path / find_card("alexnet").weights.file).write_bytes(b"x")
    (tmp_path / "mine.pth").write_bytes(b"x")
    (tmp_path / "mine.json").write_text('{"architecture": "resnet18"}')
    mine = str(tmp_path / "mine.pth")
    sight = look(mine, str(tmp_path))
    assert (sight.card.name, sight.reason) == (mine, "")
    assert sight.here == {"squeezenet", "alexnet", mine}


def test_a_look_at_a_file_that_is_gone_gives_the_reason(tmp_path):
    sight = look(str(tmp_path / "mine.pth"), "")
    assert sight.card is None
    assert "mine.pth: there is no such file." in sight.reason
    assert sight.here == {"squeezenet"}


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

    def test_an_answer_for_a_window_that_is_gone_is_dropped(self):
        gate = threading.Event()
        self.lookup.ask(lambda: gate.wait(20))
        thread = next(one for one in threading.enumerate() if one.name == "lookup")
        self.lookup.deleteLater()
        QTest.qWait(50)
        gate.set()
        thread.join(5)
        self.assertEqual((thread.is_alive(), self.told), (False, []))
