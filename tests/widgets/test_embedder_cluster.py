"""Image Embedder on a cluster: nobody is called unasked, and what workers give is sent as if it came from here."""

import contextlib
import os
import subprocess
import sys
from unittest.mock import patch

from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from embedder_case import EmbedderCase, FakeClient
from Orange.data import Domain, StringVariable, Table
from slots import SLOT_S, slot_s

from orangecontrib.imaging.core.agreement import agree, agreed_hosts
from orangecontrib.imaging.core.errors import OutputError, WeightsMissing, WorkerError, WrongUse
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.widgets import run_choice
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.parts import weights_texts

SCHEDULER = "tcp://10.0.0.5:8786"


class FakeCluster:
    """Stands for `embed_on_cluster`, and gives what a `FakeClient` gives."""

    def __init__(self, *given, note="", **named):
        self.calls, self.client, self._note = [], FakeClient(*given, **named), note

    def __call__(self, address, paths, model, *, on_note, **named):
        self.calls.append((address, paths, model, named["options"], named["device"]))
        if self._note:
            on_note(self._note)
        return self.client.embed(paths, model, store=None, models=None, **named)


class TestOnACluster(EmbedderCase):
    def setUp(self):
        self.cluster = FakeCluster()
        agree("mine", [SCHEDULER])
        self._agreed()

    def _agreed(self, **settings):
        """The widget in a workflow in which this user agreed to the scheduler."""
        self._open(**{"run_on": "cluster", "scheduler": SCHEDULER, "agreement": "mine", **settings})
        self.rows = self.widget._form.run

    @contextlib.contextmanager
    def _working(self):
        here = FakeClient()
        with (patch.object(embedding_job, "embed_on_cluster", self.cluster),
              patch.object(embedding_job, "shared_client", lambda: here)):
            yield
        self.assertEqual(here.calls, [])

    def _send(self, table, cluster=None):
        self.cluster = cluster or self.cluster
        with self._working():
            self.send_signal(self.widget.Inputs.images, table)
            return self.get_output(self.widget.Outputs.embeddings, wait=20000)

    def _connect(self, press):
        """Press, and wait for what comes out."""
        with self._working():
            press()
            return self.get_output(self.widget.Outputs.embeddings, wait=20000)

    def test_pictures_network_and_options_reach_the_cluster_and_its_vectors_are_sent(self):
        options = Options(layers=("fire3",), views="turns")
        self._agreed(options=options.record(), device="cpu", second_network="vgg16")
        table = self._table("1.png", "bad.png", "2.png")
        result = self._send(table)
        paths = image_paths(table, table.domain["image"])
        self.assertEqual(self.cluster.calls, [(SCHEDULER, paths, "squeezenet+vgg16", options, "auto")])
        self.assertEqual([str(value) for value in result.get_column("image")], ["1.png", "2.png"])
        self.assertIn("bad.png: the file is empty", str(self.widget.Warning.skipped))

    def test_weights_that_are_not_here_do_not_matter_and_are_not_asked_for(self):
        self._agreed(network="vgg16")
        self.assertEqual(len(weights_texts.absent_weights([self.widget._sight.card], "")), 1)
        self.widget.show()
        self.assertFalse(self.widget._form.weights.download_button.isVisible())
        self.assertEqual(self.widget._form.weights._text.text(), "Those of the cluster's workers")
        self.assertEqual(len(self._send(self._table("1.png"))), 1)
        self.rows.place_chosen.emit("here")
        self.assertTrue(self.widget._form.weights.download_button.isVisible())
        self.assertTrue(self.widget._form.weights.folder_button.isVisible())

    def test_a_workflow_of_somebody_else_calls_nobody_before_connect_is_pressed(self):
        for settings in ({"agreement": ""}, {"agreement": "theirs"}, {"scheduler": "tcp://10.6.6.6:8786"},
                         {"agreement": ["mine"]}):
            self._agreed(**settings)
            self.assertIsNone(self._send(self._table("1.png")))
            self.assertEqual(self.cluster.calls, [])
            self.assertIn(f"Nobody is called unless you press Connect: {self.widget.scheduler} is told",
                          str(self.widget.Warning.not_agreed))
            self.assertEqual(self.widget._status.text(), "Not started.")
            self.assertTrue(self.rows.connect_button.isEnabled())
            self.assertFalse(self.widget._cancel_button.isEnabled())
        self._agreed(agreement="", scheduler=SCHEDULER)
        self._send(self._table("1.png"))
        self.assertEqual(len(self._connect(self.rows.connect_button.click)), 1)
        self.assertFalse(self.widget.Warning.not_agreed.is_shown())
        self.assertFalse(self.rows.connect_button.isEnabled())

    def test_what_was_agreed_to_holds_when_the_workflow_is_opened_again(self):
        self._agreed(agreement="")
        self._connect(self.rows.connect_button.click)
        self._send(self._table("1.png"))
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual(agreed_hosts(settings["agreement"]), {SCHEDULER})
        self.widget = self.create_widget(OWImageEmbedder, stored_settings=settings)
        self.assertEqual(len(self._send(self._table("1.png"), FakeCluster())), 1)
        self.assertEqual(self.cluster.calls[0][0], SCHEDULER)
        self.assertFalse(self.widget._form.run.connect_button.isEnabled())

    def test_agreeing_to_a_scheduler_keeps_the_hosts_of_the_web_that_were_agreed_to(self):
        agree("both", ["example.org"])
        self._agreed(agreement="both")
        self._send(self._table("1.png"))
        self._connect(self.rows.connect_button.click)
        self.assertEqual(agreed_hosts("both"), {SCHEDULER, "example.org"})

    def test_an_address_that_is_typed_is_called_with_enter_and_not_before(self):
        self._agreed(scheduler="", agreement="")
        self._send(self._table("1.png"))
        self.assertIn("Enter the address", str(self.widget.Warning.no_scheduler))
        QTest.keyClicks(self.rows.address, " tcp://other:8786 ")
        with self._working():
            self.rows.address.editingFinished.emit()
            self.process_events(lambda: not self.widget.is_locating)
        self.assertEqual((self.widget.scheduler, self.cluster.calls), ("tcp://other:8786", []))
        self.assertFalse(self.widget.Warning.no_scheduler.is_shown())
        self._connect(lambda: QTest.keyClick(self.rows.address, Qt.Key.Key_Return))
        self.assertEqual([call[0] for call in self.cluster.calls], ["tcp://other:8786"])

    def test_an_address_changed_after_all_was_found_is_not_called_under_the_agreement_to_the_one_before(self):
        self._agreed(auto_apply=False)
        with self._working():
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.assertTrue(self.widget.is_locating)
            self.rows.address.setText("tcp://10.6.6.6:8786")
            self.rows.address.editingFinished.emit()
            self.assertIsNone(self.get_output(self.widget.Outputs.embeddings, wait=2000))
        self.assertEqual(self.cluster.calls, [])
        self.assertTrue(self.widget.Warning.not_agreed.is_shown())

    def test_an_answer_that_cannot_be_kept_calls_nobody(self):
        def full(*_):
            raise OutputError("your answer cannot be kept, so nobody is called.")

        self._agreed(agreement="")
        self._send(self._table("1.png"))
        with patch.object(run_choice, "agree", full):
            self.assertIsNone(self._connect(self.rows.connect_button.click))
        self.assertEqual(self.cluster.calls, [])
        self.assertIn("cannot be kept", str(self.widget.Error.no_answer_kept))
        self.assertTrue(self.rows.connect_button.isEnabled())
        self.assertEqual(len(self._connect(self.rows.connect_button.click)), 1)
        self.assertFalse(self.widget.Error.no_answer_kept.is_shown())

    def test_where_it_runs_stays_in_its_workflow(self):
        names = {"run_on", "scheduler"}
        handler = OWImageEmbedder.settingsHandler
        handler.update_defaults(self.widget)
        self.assertFalse(names & handler.defaults.keys())
        self.assertTrue(names <= handler.pack_data(self.widget).keys())

    def test_older_workflows_run_on_this_computer(self):
        self._open(device="cpu", __version__=101)
        self.assertEqual((self.widget.run_on, self.widget.scheduler, self.widget.device), ("here", "", "cpu"))
        settings = {"device": "cpu"}
        OWImageEmbedder.migrate_settings(settings, 101)
        self.assertEqual(settings, {"device": "cpu", "run_on": "here"})
        for odd in ({"run_on": "moon"}, {"run_on": 3}, {"run_on": ["here"]}, {"scheduler": 7}):
            self._agreed(**odd)
            self.assertIn(self.widget.run_on, ("here", "cluster"))
            self.assertIsInstance(self.widget.scheduler, str)

    def test_only_the_line_of_the_chosen_place_shows_and_the_window_keeps_its_size(self):
        self.widget.show()
        heights = []
        for place in ("here", "cluster"):
            self.rows.places.setCurrentIndex(self.rows.places.findData(place))
            self.rows.places.activated.emit(0)
            QTest.qWait(50)
            self.assertEqual(self.rows.devices.isVisible(), place == "here")
            self.assertEqual(self.rows.address.isVisible(), place == "cluster")
            self.assertEqual(self.rows.connect_button.isVisible(), place == "cluster")
            heights.append(self.widget.height())
        self.assertEqual(*heights)
        self.assertLess(self.widget.width(), 600)

    def test_tab_goes_from_the_place_to_the_address_and_to_connect(self):
        self.widget.show()
        fields = (self.rows.places, self.rows.address, self.rows.connect_button, self.widget._vector_options._preset)
        self.rows.address.setText("tcp://other:8786")
        self.rows._show_button()
        fields[0].setFocus()
        for field in fields[1:]:
            QTest.keyClick(self.widget.focusWidget(), Qt.Key.Key_Tab)
            self.assertIs(self.widget.focusWidget(), field)
        self.assertEqual([field.accessibleName() for field in fields[:2]], ["Run on", "Scheduler"])

    def test_pictures_in_the_web_are_skipped_with_a_sentence_whatever_was_agreed_to(self):
        agree("mine", ["example.org"])
        self.widget.hosts = frozenset({"example.org"})  # as the bar tells, which would begin a second job
        path = self._folder("1.png") / "1.png"
        table = Table.from_list(Domain([], metas=[StringVariable("image")]),
                                [["https://example.org/a.png"], [str(path)], ["https://other.org/b.png"]])
        self.assertEqual(len(self._send(table)), 1)
        self.assertEqual(self.cluster.calls[0][1], [str(path)])
        skipped = self.get_output(self.widget.Outputs.skipped)
        for row in range(2):
            self.assertIn("it lies in the web, and a cluster's workers fetch nothing", str(skipped[row, "reason"]))

    def test_what_the_cluster_says_is_shown(self):
        for error in (WrongUse("Nobody answers at tcp://10.0.0.5:8786."), WorkerError("No worker is there."),
                      WeightsMissing("The weights are not on the worker node3.")):
            self.assertIsNone(self._send(self._table("1.png"), FakeCluster(error=error)))
            shown = [str(one) for one in (*self.widget.Error.active, *self.widget.Warning.active)]
            self.assertEqual(shown, [str(error)])
        self._send(self._table("1.png"), FakeCluster())
        self.assertEqual([*self.widget.Error.active, *self.widget.Warning.active], [])

    def test_without_dask_the_line_that_installs_it_is_shown(self):
        with patch.dict(sys.modules, distributed=None):
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(self.widget.Error.failed.is_shown, timeout=20_000)
        self.assertIn('pip install "Orange3-Imaging[cluster]"', str(self.widget.Error.failed))

    def test_a_graphics_card_that_a_worker_does_not_use_is_the_worker_s(self):
        self._send(self._table("1.png"), FakeCluster(remedy="This computer has an old driver.",
                                                   why="GPU: not used, this machine has none"))
        self.assertNotIn("this machine", self.widget._status.text())
        self.assertEqual(str(self.widget.Information.gpu_unused),
                         "A worker of the cluster says: This computer has an old driver.")

    def test_cancel_ends_the_job_and_says_that_nothing_is_kept(self):
        self.cluster = FakeCluster("wait", note="2 workers are at work.")
        with self._working():
            self.send_signal(self.widget.Inputs.images, self._table("1.png"))
            self.process_events(lambda: "2 workers" in self.widget._status.text(), timeout=20_000)
            took_s = slot_s(self.widget._cancel_button.click)
            self.process_events(lambda: self.cluster.client.was_cancelled, timeout=20_000)
        self.assertLess(took_s, SLOT_S)
        self.assertEqual(self.widget._status.text(), "Cancelled. What the cluster had finished is not kept.")
        self.assertEqual(self.widget._continue_button.text(), "Start Again")
        self.assertIsNone(self.get_output(self.widget.Outputs.embeddings))

    def test_a_report_tells_the_cluster(self):
        self._send(self._table("1.png"))
        self.widget.send_report()
        self.assertIn(f"Dask cluster at {SCHEDULER}", self.widget.report_html)

    def test_choosing_this_computer_again_computes_here(self):
        here = FakeClient()
        self._send(self._table("1.png"))
        self._connect(lambda: (self.rows.address.setText("tcp://other:8786"), self.rows.address.editingFinished.emit()))
        self.assertTrue(self.widget.Warning.not_agreed.is_shown())
        with patch.object(embedding_job, "shared_client", lambda: here):
            self.rows.places.setCurrentIndex(0)
            self.rows.places.activated.emit(0)
            self.assertEqual(len(self.get_output(self.widget.Outputs.embeddings, wait=20000)), 1)
        self.assertEqual([call[3] for call in here.calls], ["auto"])
        self.assertFalse(self.widget.Warning.not_agreed.is_shown())
        self.assertEqual(len(self.cluster.calls), 1)


def test_nothing_of_dask_is_loaded_with_the_widget():
    code = ("import sys; from orangecontrib.imaging.widgets import owimageembedder; "
            "sys.exit(bool({'dask', 'distributed'} & sys.modules.keys()))")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
