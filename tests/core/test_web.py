"""Pictures from the web: only where it was agreed, only public addresses, bounded, and kept."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import pytest
from made import encoded, pixels

from orangecontrib.imaging.core import web, web_call
from orangecontrib.imaging.core.addresses import host_of
from orangecontrib.imaging.core.errors import Cancelled, OutputError, UnreadableImage
from orangecontrib.imaging.core.kept_thumbnails import KeptThumbnails
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.store import file_state
from orangecontrib.imaging.core.thumbnails import read_thumbnail
from orangecontrib.imaging.core.web import fetch_picture, shrink_cache

PNG = encoded(pixels(), "PNG")
HOSTS = frozenset({"127.0.0.1"})
#: what is asked every 0.1 s is known by then on a busy machine, too; servers here are silent for 20 s, or drip for ever
SOON_S = 5
PLACES = {"elsewhere": "http://other.example/a.png", "file": "file:///etc/passwd", "loop": "/loop",
          "moved": "/good.png"}


class Handler(BaseHTTPRequestHandler):
    """Obeys the path that is asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        name = self.path.split("?")[0].strip("/")
        if name.startswith("status"):
            self.send_error(int(name[6:]))
        elif name in PLACES:
            self._to(PLACES[name])
        elif name == "page":
            self._answer(b"<html>log in</html>", "text/html; charset=utf-8")
        elif name == "heavy":
            self._to("/a.png", megabytes=64)
        elif name == "nothing":
            self._answer(b"")
        elif name == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(PNG)))
            self.end_headers()
            self.wfile.write(PNG[:100])
        elif name == "drip":
            self._drip(b"HTTP/1.0 200 OK\r\n\r\n")
        elif name == "dripping-header":
            self._drip(b"HTTP/1.0 200 OK\r\nX-Never: ends")
        elif name == "silent":
            self.server.silence.wait(20)
        else:
            self._answer(PNG)

    def _to(self, place, megabytes=0):
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", str(megabytes << 20))
        self.end_headers()
        with suppress(OSError):  # nobody listens
            for _ in range(megabytes):
                self.wfile.write(bytes(1 << 20))
                self.server.asked.append("1 MB")

    def _drip(self, start):
        """A byte now and then, until nobody listens any more."""
        try:
            self.wfile.write(start)
            while not self.server.silence.wait(0.02):
                self.wfile.write(b"x")
        except OSError:
            self.server.left.release()

    def _answer(self, content, kind="image/png"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        """Nothing on the terminal."""


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked, running.silence, running.left = [], threading.Event(), threading.Semaphore(0)
    running.url = f"http://127.0.0.1:{running.server_address[1]}/"
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    yield running
    running.silence.set()
    running.shutdown()
    running.server_close()


def fetch(url, **options):
    return fetch_picture(url, HOSTS, **{"allows_private": True, **options})


def reason(url, **options):
    with pytest.raises(UnreadableImage) as caught:
        fetch(url, **options)
    assert caught.value.path == url
    return caught.value.reason


def test_a_picture_is_fetched_once_and_kept_with_its_ending(server):
    first = fetch(f"{server.url}a/good.png?x=1")
    with open(first, "rb") as file:
        assert file.read() == PNG
    assert first.endswith(".png")
    assert fetch(f"{server.url}a/good.png?x=1") == first
    assert server.asked == ["/a/good.png?x=1"]
    assert fetch(f"{server.url}a/good.png?x=2") != first
    assert os.stat(os.path.dirname(first)).st_mode & 0o777 == 0o700


def test_addresses_with_blanks_and_accents_are_asked_as_they_must_be_written(server):
    fetch(f"{server.url}drug é/a b%20c.png")
    assert server.asked == ["/drug%20%C3%A9/a%20b%20c.png"]


def test_the_letters_of_a_scheme_may_be_capitals(server):
    with open(fetch(f"{server.url}good.png".replace("http", "HTTP")), "rb") as file:
        assert file.read() == PNG


def test_a_host_of_other_letters_may_redirect_to_itself_as_the_network_writes_it(server, monkeypatch):
    look_up, asked = socket.getaddrinfo, []

    def here(host, *rest, **more):
        asked.append(host)
        return look_up("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    port = server.server_address[1]
    monkeypatch.setitem(PLACES, "home", f"http://xn--bcher-kva.example:{port}/good.png")
    url = f"http://Bücher.example:{port}/home"
    with open(fetch_picture(url, {host_of(url)}, allows_private=True), "rb") as file:
        assert file.read() == PNG
    assert asked == ["xn--bcher-kva.example"] * 2


@pytest.mark.parametrize("place", ["127.0.0.1 /a.png", "me:secret@127.0.0.1/a.png", "127.0.0.1:port/a.png",
                                   f"{'a' * 70}.org/a.png", "127.0.0.1:99999/a.png"])
def test_odd_addresses_have_a_reason(place):
    url = f"http://{place}"
    with pytest.raises(UnreadableImage, match="it could not be fetched"):
        fetch_picture(url, {host_of(url)}, allows_private=True)


def test_a_host_that_was_not_agreed_to_is_not_asked(server):
    with pytest.raises(UnreadableImage, match="you have not allowed to fetch pictures from 127.0.0.1"):
        fetch_picture(f"{server.url}good.png", {"example.org"}, allows_private=True)
    assert server.asked == []


def test_the_users_own_network_is_not_asked_unless_that_is_allowed(server):
    assert reason(f"{server.url}good.png", allows_private=False) == (
        "127.0.0.1 lies in your own network, which tables may not ask")
    assert server.asked == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a.png", "file:///etc/passwd", "gopher://x/", "http://", "data:,x",
                                 "//127.0.0.1/a.png", "http://[::1"])
def test_other_addresses_are_not_fetched(url):
    assert reason(url) == "only http and https addresses are fetched"


def test_a_web_page_in_place_of_a_picture_is_refused_and_not_kept(server):
    assert "the server sent a web page, not a picture" in reason(f"{server.url}page")
    reason(f"{server.url}page")
    assert server.asked == ["/page", "/page"]


def test_what_comes_with_a_redirect_is_not_read(server):
    with open(fetch(f"{server.url}heavy"), "rb") as file:
        assert file.read() == PNG
    assert server.asked.count("1 MB") < 32  # what the system itself took in


def test_redirects_stay_with_hosts_that_were_agreed_to_and_come_to_an_end(server):
    with open(fetch(f"{server.url}moved"), "rb") as file:
        assert file.read() == PNG
    assert reason(f"{server.url}elsewhere") == "it has moved to other.example, which you have not allowed"
    assert "is not allowed" in reason(f"{server.url}file")
    assert "redirect" in reason(f"{server.url}loop")
    assert server.asked.count("/loop") <= 6


@pytest.mark.parametrize(("name", "words"), [
    ("status404", "the server answered 404 Not Found"), ("status500", "the server answered 500"),
    ("nothing", "the server sent nothing"), ("cut", "the connection was cut; try again")])
def test_what_goes_wrong_is_said_and_nothing_is_kept(server, name, words):
    assert words in reason(server.url + name)
    assert not any((web._folder()).iterdir())


def test_size_time_and_silence_are_bounded(server, monkeypatch):
    monkeypatch.setattr(web_call, "MAX_BYTES", 1 << 10)
    assert reason(f"{server.url}large.png") == "larger than 0 MB"
    monkeypatch.setattr(web_call, "_SILENCE_S", 0.3)
    assert reason(f"{server.url}silent") == "no answer within 0 seconds"


@pytest.mark.parametrize("name", ["drip", "dripping-header", "silent"])
def test_the_whole_limit_holds_however_slowly_a_server_sends(server, monkeypatch, name):
    monkeypatch.setattr(web_call, "_WHOLE_S", 0.3)
    start = time.monotonic()
    assert reason(server.url + name) == "it took longer than 0 minutes"
    assert time.monotonic() - start < SOON_S
    assert name == "silent" or server.left.acquire(timeout=SOON_S)  # the connection was cut
    assert not any(web._folder().iterdir())


@pytest.mark.parametrize("name", ["drip", "dripping-header", "silent"])
def test_cancel_comes_back_soon_however_slowly_servers_send(server, name):
    since = []

    def all_threads_wait():
        if len(server.asked) == 8 and not since:
            since.append(time.monotonic())
        return bool(since)

    with pytest.raises(Cancelled):
        web.local_copies([f"{server.url}{name}?{number}" for number in range(20)], HOSTS, allows_private=True,
                         cancelled=all_threads_wait)
    assert time.monotonic() - since[0] < SOON_S
    for _ in range(0 if name == "silent" else 8):
        assert server.left.acquire(timeout=SOON_S)
    assert (len(server.asked), any(web._folder().iterdir())) == (8, False)


def test_a_host_whose_name_is_found_after_cancel_is_not_asked(server, monkeypatch):
    found, look_up, threads = threading.Event(), socket.getaddrinfo, threading.active_count()

    def slow(*question, **more):
        found.wait(20)
        return look_up(*question, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    start = time.monotonic()
    with pytest.raises(Cancelled):
        fetch(f"{server.url}good.png", cancelled=lambda: time.monotonic() > start + 0.2)
    assert time.monotonic() - start < SOON_S
    found.set()
    while threading.active_count() > threads:
        assert time.monotonic() - start < 10
        time.sleep(0.01)
    assert server.asked == []


def test_a_defect_of_ours_ends_the_question(server, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(web_call, "_quoted", None)
    assert reason(f"{server.url}good.png") == "this program made an error; please report it"


def test_nobody_there_is_said():
    assert "it could not be fetched" in reason("http://127.0.0.1:9/a.png")


def test_it_can_be_cancelled(server):
    with pytest.raises(Cancelled):
        fetch(f"{server.url}good.png", cancelled=lambda: True)
    assert not any((web._folder()).iterdir())


def test_the_copies_used_longest_ago_leave_first(server):
    paths = [fetch(f"{server.url}{number}.png") for number in range(4)]
    for age, path in enumerate(reversed(paths), 2):
        used_days_ago(path, age)
    fetch(f"{server.url}0.png")  # used now
    shrink_cache(2 * len(PNG))
    assert [os.path.exists(path) for path in paths] == [True, False, False, True]


def test_a_copy_that_is_used_again_stays_the_file_it_was_so_that_its_thumbnail_is_kept(server):
    path = fetch(f"{server.url}good.png")
    os.utime(path, (time.time() - 3600,) * 2)
    state, read = file_state(path), []
    kept = KeptThumbnails()
    for _ in range(2):
        assert fetch(f"{server.url}good.png") == path
        kept.thumbnail(path, 96, Reading(), lambda: read.append(path) or read_thumbnail(path, 96, Reading()))
    kept.close()
    assert (file_state(path), read) == (state, [path])
    assert len(server.asked) == 1


def test_a_copy_that_was_not_used_for_long_keeps_the_time_it_was_written(server):
    path = fetch(f"{server.url}good.png")
    used_days_ago(path, 9)
    written = os.stat(path).st_mtime_ns
    fetch(f"{server.url}good.png")
    state = os.stat(path)
    assert state.st_mtime_ns == written
    assert time.time() - state.st_atime < 60


def used_days_ago(path, days):
    os.utime(path, (time.time() - 86400 * days,) * 2)


def test_single_pictures_too_keep_the_cache_within_its_limit(server, monkeypatch):
    monkeypatch.setattr(web, "_BETWEEN", 5)
    monkeypatch.setattr(web.shrink_cache, "__defaults__", (0, ()))
    old = [fetch(f"{server.url}{number}.png") for number in range(4)]
    for path in old:
        used_days_ago(path, 9)
    new = [fetch(f"{server.url}{number}.png") for number in range(4, 9)]
    assert [os.path.exists(path) for path in (*old, *new)] == [False] * 4 + [True] * 5


def test_no_copy_leaves_that_a_running_job_may_use(server, monkeypatch):
    monkeypatch.setattr(web, "CACHE_BYTES", 0)
    monkeypatch.setattr(web.shrink_cache, "__defaults__", (0, ()))
    urls = [f"{server.url}{number}.png" for number in range(3)]
    copies, reasons = web.local_copies(urls, HOSTS, allows_private=True)
    web.local_copies([f"{server.url}9.png"], HOSTS, allows_private=True)  # another job
    assert all(map(os.path.exists, copies.values()))
    for path in copies.values():
        used_days_ago(path, 9)
    again, reasons = web.local_copies(urls[:1], HOSTS, allows_private=True)
    assert (again[urls[0]], reasons) == (copies[urls[0]], {})
    assert [os.path.exists(copies[url]) for url in urls] == [True, False, False]
    assert server.asked.count("/0.png") == 1


def test_copies_that_vanish_while_others_are_removed_are_no_fault(server, monkeypatch):
    for number in range(3):
        used_days_ago(fetch(f"{server.url}{number}.png"), 9)
    monkeypatch.setattr(web.Path, "iterdir", lambda folder: [folder / "gone.png", *map(folder.joinpath,
                                                                                       os.listdir(folder))])
    monkeypatch.setattr(web.Path, "unlink", lambda path, missing_ok=False: os.unlink(f"{path}.gone"))
    shrink_cache(0)


def test_a_cache_that_cannot_be_made_is_the_reason(server, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "file" / "cache"))
    assert "cannot be written (not a directory)" in reason(f"{server.url}good.png")
    with pytest.raises(OutputError, match="cannot be written"):
        web.local_copies([f"{server.url}good.png"], HOSTS, allows_private=True)


def test_an_exception_from_the_proxy_does_not_open_the_users_own_network(server, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "lies in your own network" in reason(f"{server.url}good.png", allows_private=False)
    assert server.asked == []


def test_a_server_that_nobody_vouches_for_is_not_asked(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=here", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked, running.socket = [], context.wrap_socket(running.socket, server_side=True)
    running.handle_error = lambda *who: None
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    url = f"https://127.0.0.1:{running.server_address[1]}/good.png"
    try:
        assert "CERTIFICATE_VERIFY_FAILED" in reason(url)
        assert not running.asked
        with patch.object(web_call, "_certificates", lambda: ssl.create_default_context(cafile=certificate)):
            assert fetch(url).endswith(".png")
    finally:
        running.shutdown()
        running.server_close()
