"""Pictures that move, and pictures in the web, with a user who answers the bar above them."""

import os
import shutil
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import numpy as np
from made import encoded, pixels
from Orange.data import Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core import web_call
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.parts import place_bar

PNG = encoded(pixels(), "PNG")


class Pictures(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(PNG)))
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *words):
        """Nothing on the terminal."""


def table_of(names, column=None):
    domain = Domain([], metas=[column or StringVariable("file"), StringVariable("name")])
    return Table.from_numpy(domain, np.empty((len(names), 0)),
                            metas=np.array([[name, f"r{row}"] for row, name in enumerate(names)], object))


class PlaceCase(WidgetTest):
    """Three pictures in a folder ``old``."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        for name in ("SN/a.png", "SN/b.png", "NSN/c.png"):
            (self.folder / "old" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "old" / name).write_bytes(PNG)

    def _paths(self):
        return [str(self.folder / "old" / name) for name in ("SN/a.png", "SN/b.png", "NSN/c.png")]

    def _move(self):
        shutil.move(self.folder / "old", self.folder / "new")
        return self.folder / "new"

    def _elsewhere(self):
        """A folder that holds no pictures, and nor do those that are looked at above it."""
        folder = self.folder / "no" / "pictures" / "lie" / "here"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _find(self, widget, folder):
        with patch.object(place_bar.QFileDialog, "getExistingDirectory", return_value=str(folder)):
            widget.bar._find.click()
        self._wait(widget)

    def _wait(self, widget):
        for _ in range(2):
            self.process_events(lambda: widget.bar.is_idle and not widget.is_locating, timeout=20_000)
            self.process_events(lambda: getattr(widget, "task", None) is None, timeout=20000)


class WebCase(PlaceCase):
    """A server that stands for the internet."""

    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
        self.server.asked = []
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        allowed = patch.object(web_call, "_check_peer", lambda *_: None)  # this computer stands for the internet
        allowed.start()
        self.addCleanup(allowed.stop)

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        super().tearDown()

    def _data(self):
        return table_of(["SN/a.png", "SN/b.png"], image_variable("image", self.origin))
