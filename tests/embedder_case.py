"""Image Embedder under test: the widget as workflows open it, and a stand-in for the child process."""

import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.core.embeddings import Batch, Embeddings
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.widgets.jobs import embedding as embedding_job
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder


class FakeClient:
    """Stands for the child process: returns what it is told to, or waits to be cancelled.

    Attributes:
        may_end: as long as it is cleared, a cancelled job does not end.
    """

    def __init__(self, result=None, error=None, notes=(), read=None, remedy="", why=""):
        self.calls, self.was_cancelled, self.may_end = [], False, threading.Event()
        self.may_end.set()
        self._result, self._error, self._notes, self._read = result, error, notes, read or {}
        self._remedy, self._why = remedy, why

    def embed(self, paths, model, *, options, reading, device, store, models, on_progress, on_batch, cancelled):
        self.calls.append((paths, model, options, device, models))
        if self._error:
            raise self._error
        if self._result == "wait":
            deadline = time.monotonic() + 20
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            self.may_end.wait(10)
            self.was_cancelled = cancelled()
            raise Cancelled("cancelled")
        if paths:
            seen = len(paths) * (model.count("+") + 1)
            on_progress(seen, seen)
        on_batch(Batch([], np.empty((0, 2), np.float32), notes=self._read))
        bad = {row for row, path in enumerate(paths) if os.path.basename(path).startswith("bad")}
        rows = [row for row in range(len(paths)) if row not in bad]
        return Embeddings(np.array([[row, 2.0] for row in rows], np.float32).reshape(-1, 2), np.array(rows, np.int64),
                          tuple(Skipped(row, paths[row], "the file is empty") for row in bad), "{}",
                          np.ones(len(rows), bool), "CPU, 2 threads", self._why, self._remedy, self._notes)


class EmbedderCase(WidgetTest):
    """Opens the widget, makes pictures and networks for it, and waits for it."""

    def setUp(self):
        self.widget = self.create_widget(OWImageEmbedder)

    def get_output(self, *given, **named):
        """As always, but a job begins only when the pictures are found."""
        self.process_events(lambda: not self.widget.is_locating, timeout=20000)
        return super().get_output(*given, **named)

    def _folder(self, *names):
        folder = Path(self.enterContext(TemporaryDirectory()))
        for number, name in enumerate(names):
            (folder / name).parent.mkdir(exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 255, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
        return folder

    def _table(self, *names):
        return images_table(scan_folder(self._folder(*names)))

    def _own_network(self, name="mine.pth"):
        """A network of the user's own: its file."""
        path = self._folder() / name
        path.write_bytes(b"x")
        path.with_suffix(".json").write_text('{"architecture": "resnet18", "title": "Mine"}')
        return path

    def _open(self, **settings):
        """The widget as a workflow with these settings opens it, after the disk was looked at."""
        self.widget = self.create_widget(OWImageEmbedder, stored_settings=settings)
        self._wait_for_disk()
        return self.widget

    def _choose(self, network):
        self.widget._network_chosen(str(network))
        self._wait_for_disk()

    def _wait_for_disk(self):
        self.process_events(lambda: self.widget._lookup.is_idle, timeout=20_000)

    def _send(self, table, client):
        with patch.object(embedding_job, "shared_client", lambda: client):
            self.send_signal(self.widget.Inputs.images, table)
            return self.get_output(self.widget.Outputs.embeddings, wait=20000)
