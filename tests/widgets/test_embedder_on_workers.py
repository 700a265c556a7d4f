"""Image Embedder on real workers of Dask: the vectors of this computer, also when a worker ends or the user stops."""

import os
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from child import wait_until
from embedder_case import EmbedderCase
from made import write_pictures
from slots import SLOT_S, slot_s

pytest.importorskip("distributed")

from cluster import Cluster

from orangecontrib.imaging.core.agreement import agree
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.tables.imports import images_table

COUNT = 60

pytestmark = pytest.mark.heavy


class TestOnWorkers(EmbedderCase):
    """With two workers on the loopback address."""

    def _start(self):
        self.cluster = Cluster(Path(self._folder()) / "dask")
        self.addCleanup(self.cluster.close)
        self.workers = [self.cluster.worker() for _ in range(2)]
        agree("mine", [self.cluster.address])
        self._open(run_on="cluster", scheduler=self.cluster.address, agreement="mine")

    def _pictures(self, count=COUNT):
        folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        write_pictures(folder, count, size=(600, 700))
        return images_table(scan_folder(folder))

    def _begin(self, times=1):
        """Send a table, its rows so many times, to a widget with a cluster, and wait until some of it is done."""
        self._start()
        table = self._pictures()[np.tile(np.arange(COUNT), times)]
        self.send_signal(self.widget.Inputs.images, table)
        self.process_events(lambda: 2 <= self.widget.progressBarValue < 80, timeout=60_000)
        return table

    def _check(self, table):
        result = self.get_output(self.widget.Outputs.embeddings, wait=60_000)
        here = embed(image_paths(table, table.domain["image"]))
        self.assertEqual(result.X.shape, here.vectors.shape)
        self.assertLess(np.abs(result.X - here.vectors).max(), 1e-5)
        np.testing.assert_array_equal(result.get_column("image"), table.get_column("image"))
        self.assertEqual(result.attributes["embedding"], here.identity)
        self.assertEqual([str(one) for one in self.widget.Error.active], [])

    def test_a_worker_that_is_killed_costs_no_vector(self):
        table = self._begin()
        os.kill(self.workers[0].pid, signal.SIGKILL)
        self._check(table)
        self.assertIn(self.cluster.address, self.widget._status.text())
        self.assertIn("Worker tcp://127.0.0.1", str(self.widget.Warning.noted))

    def test_after_cancel_the_workers_are_free_for_the_next_run(self):
        self._begin(times=50)
        self.widget._cancel_button.click()
        self.assertIsNone(self.get_output(self.widget.Outputs.embeddings))
        begun = time.monotonic()
        few = self._pictures(4)
        self.send_signal(self.widget.Inputs.images, few)
        self.assertIsNotNone(self.get_output(self.widget.Outputs.embeddings, wait=60_000))
        self.assertLess(time.monotonic() - begun, 20)  # all would take a minute
        self._check(few)

    def test_a_widget_that_is_removed_holds_nothing_up_and_its_job_ends_soon(self):
        self._begin(times=50)
        future = self.widget.task.future
        self.assertFalse(future.done())
        self.assertLess(slot_s(self.widget.onDeleteWidget), SLOT_S)
        self.assertTrue(wait_until(future.done, 15))
        self.assertIsInstance(future.exception(), Cancelled)

    def test_cancel_holds_nothing_up_where_the_scheduler_does_not_answer(self):
        self._begin(times=50)
        os.kill(self.cluster.scheduler.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.cluster.scheduler.pid, signal.SIGCONT)
        self.assertLess(slot_s(self.widget._cancel_button.click), SLOT_S)
        self.assertEqual(self.widget._status.text(), "Cancelled. What the cluster had finished is not kept.")

    def test_a_scheduler_that_is_not_there_is_an_error_that_says_so(self):
        self._start()
        self.cluster.close()
        self.send_signal(self.widget.Inputs.images, self._pictures(1))
        self.process_events(self.widget.Error.failed.is_shown, timeout=30_000)
        self.assertIn(f"No Dask scheduler answers at {self.cluster.address}", str(self.widget.Error.failed))
        self.assertEqual(self.widget._status.text(), "Not finished.")
