"""A server of weights files on this machine, with faults to order, and the card of a network that comes from it."""

import dataclasses
import hashlib
import os
import re
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer

import numpy as np

from orangecontrib.imaging.core import transfer_plan
from orangecontrib.imaging.core.cards import Weights, find_card


@dataclass(frozen=True)
class Asked:
    """A request: its path, or under a proxy its whole address, and the headers that matter."""

    path: str
    range: str | None
    if_range: str | None


class WeightsServer:
    """Serves `content` at every path. `answers` are used up first, one a request; then all is served as it should be.

    `asked` lists the requests; `sent` what was sent to each: (first byte, number of bytes), or the status.
    """

    def __init__(self, content):
        self.content = content
        self.version = '"first"'
        self.answers = deque()
        self.asked, self.sent = [], []
        self.going_on = threading.Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *error):
        self.going_on.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def ranges(self):
        """What part of the file each request asked for."""
        return [one.range for one in self.asked]


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Say nothing about a client that left."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, owner, *arguments):
        self.owner = owner
        super().__init__(*arguments)

    def do_GET(self):
        self.owner.asked.append(Asked(self.path, self.headers["Range"], self.headers["If-Range"]))
        self.close_connection = True
        answer = self.owner.answers.popleft() if self.owner.answers else serve()
        answer(self)

    def log_message(self, *arguments):
        """Say nothing."""


def status(code, **headers):
    """An answer without a file."""
    def answer(handler):
        handler.owner.sent.append(code)
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
    return answer


def serve(*, upto=None, ranges=True, length=True, chunked=False, version=True, announced=0, at=None, body=None,
          pieces=1 << 16, pause=None):
    """An answer with the file, or with one of its faults.

    Args:
        upto: the byte before which the connection is cut.
        ranges: whether a Range is obeyed.
        length: whether the size is told.
        chunked: the body in chunks, without the whole size.
        version: whether an ETag is given.
        announced: added to the size that is told.
        at: answers a Range from this byte on instead.
        body: other content.
        pieces: bytes sent at a time.
        pause: called after each piece.
    """
    def answer(handler):
        owner = handler.owner
        content = owner.content if body is None else body
        start = _start(handler, owner) if ranges else 0
        start = start if at is None or not start else at
        handler.send_response(206 if start else 200)
        if length and not chunked:
            handler.send_header("Content-Length", str(len(content) - start + announced))
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content) + announced}")
        if version:
            handler.send_header("ETag", owner.version)
        handler.end_headers()
        owner.sent.append((start, 0))
        _send(handler, content, start, len(content) if upto is None else upto, chunked, pieces, pause)
    return answer


def _start(handler, owner):
    """The first byte that is wanted; 0 for all, also where it is of another version."""
    wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
    return int(wanted[1]) if wanted and handler.headers["If-Range"] == owner.version else 0


def _send(handler, content, start, end, chunked, pieces, pause):
    number = len(handler.owner.sent) - 1
    for first in range(start, end, pieces):
        piece = content[first:min(first + pieces, end)]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        handler.wfile.flush()
        handler.owner.sent[number] = (start, first + len(piece) - start)
        if pause:
            pause()
    if chunked and end == len(content):
        handler.wfile.write(b"0\r\n\r\n")


def made_up(size=3 * 2**20, seed=0):
    """The bytes of a weights file of nobody."""
    return np.random.default_rng(seed).bytes(size)


def toy_card(content, url="", digits=8, name="toy", **changes):
    """The card of a network with these weights, of whose SHA-256 so many digits are published."""
    digest = hashlib.sha256(content).hexdigest()
    file = f"{name}-{digest[:8]}.pth"
    weights = Weights(file, len(content) / 2**20, "nobody's", sha256=digest[:digits], url=url and url + file)
    return dataclasses.replace(find_card("squeezenet"), name=name, title=name.title(),
                               weights=dataclasses.replace(weights, **changes))


FETCH = """
import sys
from pathlib import Path
from weights_server import made_up, toy_card
from orangecontrib.imaging.core.download import fetch_weights
print("asks", flush=True)
print(fetch_weights(toy_card(made_up(), sys.argv[1]), Path(sys.argv[2])))
"""


def other_process(server, folder):
    """Another process, just about to fetch the weights that `made_up` gives; it prints their path."""
    child = subprocess.Popen([sys.executable, "-c", FETCH, server.url, folder], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
    assert child.stdout.readline() == "asks\n"
    return child


def alone_with_the_server(monkeypatch, hub):
    """No proxy, no models folder, short pauses; torch's hub is in the folder `hub`."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("ORANGE_IMAGING_MODELS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(hub))
    monkeypatch.setattr(transfer_plan, "PAUSE_S", 0.001)
