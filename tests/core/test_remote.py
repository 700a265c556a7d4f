"""Pictures at addresses: listed, fetched in blocks, embedded as files are, and never called broken for the network."""

import os
import shutil
import tempfile
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import util
from pathlib import Path
from urllib.parse import parse_qs, unquote

import numpy as np
import pytest
from made import encoded, pixels, write_pictures

pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")

from orangecontrib.imaging.core import web_call
from orangecontrib.imaging.core.errors import Cancelled, FolderError, OutputError, Unreachable, WrongUse
from orangecontrib.imaging.core.folder_walk import FileFilter
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards import copies, remote
from orangecontrib.imaging.core.shards.job import Job, embed_piece
from orangecontrib.imaging.core.shards.listing import Piece, make_listing
from orangecontrib.imaging.core.shards.remote import Protocol, check_address, is_address, list_addresses

PNG = encoded(pixels(40, 50), "PNG")
JOB = Job("squeezenet", threads=1, reads_addresses=True)


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # of five, more would wait for a second


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; a function there answers itself."""

    def do_GET(self):
        self.server.asked.append(self.path)
        found = self.server.files.get(self.path, partial(fail, code=404))
        if callable(found):
            found(self)
        else:
            answer(self, found)

    def log_message(self, *words):
        """Nothing on the terminal."""


def answer(handler, content, kind="image/png", size=None):
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content) if size is None else size))
    handler.end_headers()
    handler.wfile.write(content)


def fail(handler, code):
    handler.send_error(code)


def move(handler, place):
    handler.send_response(302)
    handler.send_header("Location", place)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.fixture
def server():
    running = Server(("127.0.0.1", 0), Handler)
    running.files, running.asked, running.silence = {}, deque(), threading.Event()
    running.host = f"127.0.0.1:{running.server_address[1]}"
    running.url = f"http://{running.host}"
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    yield running
    running.silence.set()
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(copies, "_PAUSES_S", (0.01, 0.02))


@pytest.fixture
def memory(monkeypatch):
    """fsspec's own memory, in place of a bucket."""
    import fsspec
    monkeypatch.setitem(remote.PROTOCOLS, "memory", Protocol("fsspec", "http"))
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def piece_of(paths):
    return Piece(0, list(paths), list(paths))


def reasons(paths, job=JOB):
    found = embed_piece(job, piece_of(paths))
    return {one.path: one.reason for one in found.skipped}


def left_behind():
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("orange-imaging-copies-")]


def is_one_of(paths, served):
    """A list as shards read it: every other picture is at an address."""
    return [served[row] if row % 2 else path for row, path in enumerate(paths)]


@pytest.mark.parametrize(("text", "whether"), [
    ("s3://bucket/a.png", True), ("gs://bucket/a.png", True), ("https://example.org/a.png", True),
    ("file:///etc/passwd", True), ("simplecache::s3://bucket/a.png", True), ("/data/a.png", False),
    ("a.png", False), ("C:\\data\\a.png", False), ("C://data/a.png", False), ("", False)])
def test_what_is_an_address(text, whether):
    assert is_address(text) is whether


@pytest.mark.parametrize(("address", "name"), [
    ("file:///etc/passwd", "file"), ("ftp://h/a.png", "ftp"), ("memory://b/a.png", "memory"),
    ("simplecache::s3://b/a.png", "simplecache::s3"), ("zip://a.png::https://h/b.zip", "zip"),
    ("github://o:r@/a.png", "github"), ("ssh://h/a.png", "ssh")])
def test_other_protocols_and_chains_are_refused_by_name(address, name):
    with pytest.raises(WrongUse, match=f"addresses that begin with {name}:// are not read"):
        check_address(address)


@pytest.mark.parametrize("address", [
    "https://user:hush@example.org/a.png", "s3://KEY:hush@bucket/a.png",
    "https://b.example.org/a.png?X-Amz-Date=1&X-Amz-Signature=hush", "https://h/a.png?token=hush",
    "https://h/a.png?se=2026&sig=hush", "https://h/a.png?x-goog-signature=hush", "https://h/a.png?api_key=hush"])
def test_addresses_with_credentials_are_refused_without_telling_them(address):
    with pytest.raises(WrongUse, match="put them into the environment") as caught:
        check_address(address)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("address", ["https:///a.png", "s3://", "http://[::1/a.png"])
def test_addresses_without_a_host_are_refused(address):
    with pytest.raises(WrongUse, match=r"names no host or bucket|is no address"):
        check_address(address)


@pytest.mark.parametrize("address", ["s3://bucket/a.png?versionId=3", "https://h/a.png?size=3&signed=no",
                                     "HTTPS://h/a.png", "gcs://b/x@y.png"])
def test_other_addresses_are_read(address):
    check_address(address)


def test_nothing_is_asked_unless_agreed(server):
    with pytest.raises(WrongUse, match="Add --urls"):
        embed_piece(Job("squeezenet"), piece_of([f"{server.url}/a.png"]))
    assert not server.asked


def test_joined_pictures_are_not_read_from_addresses(server):
    with pytest.raises(WrongUse, match="joined from several files"):
        embed_piece(Job("squeezenet", reading=Reading(joined=True), reads_addresses=True),
                    piece_of([f"{server.url}/a.png"]))
    assert not server.asked


def test_vectors_are_those_of_the_files_also_in_mixed_pieces(server, tmp_path, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.shards.job._BLOCK", 5)
    paths = write_pictures(tmp_path, 13)
    for path in paths:
        server.files[f"/p/{os.path.basename(path)}"] = Path(path).read_bytes()
    served = [f"{server.url}/p/{os.path.basename(path)}" for path in paths]
    here, steps = embed_piece(JOB, piece_of(paths)), []
    for mixed in (served, is_one_of(paths, served)):
        server.asked.clear()
        found = embed_piece(JOB, piece_of(mixed), on_progress=lambda *step: steps.append(step))
        assert np.array_equal(found.vectors, here.vectors)
        assert found.rows.tolist() == list(range(13))
        assert (found.skipped, found.identity, found.computed) == ((), here.identity, 13)
        assert max(Counter(server.asked).values()) == 1
        assert steps == sorted(steps)
        assert steps[-1] == (13, 13)
        steps.clear()
    assert left_behind() == []


def test_what_a_search_left_out_is_not_fetched(server):
    server.files["/b.png"] = PNG
    names = [f"{server.url}/a.png", f"{server.url}/b.png"]
    found = embed_piece(JOB, Piece(0, names, names, {}, {0: "left out"}))
    assert found.rows.tolist() == [1]
    assert [(one.row, one.path, one.reason) for one in found.skipped] == [(0, names[0], "left out")]
    assert list(server.asked) == ["/b.png"]


def test_each_fault_has_its_reason_and_names_the_address(server, monkeypatch):
    monkeypatch.setattr(web_call, "_SILENCE_S", 1.0)
    monkeypatch.setattr(copies, "FILE_BYTES", 1 << 20)
    good = partial(answer, content=PNG)
    flaky = deque([partial(fail, code=500), partial(fail, code=503)])
    server.files.update({
        "/flaky.png": lambda handler: (flaky.popleft() if flaky else good)(handler), "/good.png": PNG,
        "/503.png": partial(fail, code=503), "/403.png": partial(fail, code=403), "/broken.png": b"no picture",
        "/slow.png": lambda handler: handler.server.silence.wait(20),
        "/large.png": bytes(1 << 21), "/cut.png": partial(answer, content=PNG[:99], size=len(PNG)),
        "/elsewhere.png": partial(move, place="http://other.example/a.png"),
        "/moved.png": partial(move, place="/good.png"),
        "/page.png": partial(answer, content=b"<html>", kind="text/html")})
    told = reasons([server.url + path for path in (*server.files, "/gone.png")])
    by = f"could not be fetched from {server.host}: "
    assert {path.removeprefix(server.url): reason for path, reason in told.items()} == {
        "/503.png": f"{by}the server answered 503 Service Unavailable",
        "/403.png": f"{by}the server answered 403 Forbidden",
        "/gone.png": f"{by}the server answered 404 Not Found",
        "/broken.png": "not a picture of a kind that is read here",
        "/slow.png": f"{by}no answer within 1 seconds",
        "/large.png": f"{by}larger than 1 MB",
        "/cut.png": f"{by}the connection was cut; try again",
        "/elsewhere.png": f"{by}it has moved to other.example, which you have not allowed",
        "/page.png": f"{by}the server sent a web page, not a picture"}
    times = Counter(server.asked)
    assert {path: times[path] for path in ("/flaky.png", "/503.png", "/cut.png", "/403.png", "/gone.png")} == {
        "/flaky.png": 3, "/503.png": 3, "/cut.png": 3, "/403.png": 1, "/gone.png": 1}
    assert left_behind() == []


def test_a_host_that_refuses_all_is_an_error_and_no_picture_is_skipped(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(Unreachable, match=rf"{server.host} gave none of 20 pictures in a row, such as .*19\.png"):
        embed_piece(JOB, piece_of(f"{server.url}/{number}.png" for number in range(40)))
    assert left_behind() == []


def test_expired_rights_are_an_error(server):
    server.files = {f"/{number}.png": partial(fail, code=403) for number in range(7)}
    with pytest.raises(Unreachable, match="none of 7 pictures.*403"):
        embed_piece(JOB, piece_of(server.url + path for path in server.files))


def test_many_that_are_gone_and_a_few_of_a_dead_host_are_skipped(server):
    gone = [f"{server.url}/{number}.png" for number in range(25)]
    dead = [f"http://127.0.0.1:9/{number}.png" for number in range(4)]
    assert len(reasons(gone + dead)) == 29


def test_copies_lie_in_a_folder_of_the_owners_and_only_so_many_at_a_time(server):
    paths = [f"{server.url}/{number}.PNG?x=1" for number in range(9)]
    server.files = {f"/{number}.PNG?x=1": PNG for number in range(9)}
    most = 0
    for block in copies.copied_blocks(paths, 3, lambda: False):
        folder = Path(next(iter(block.files.values()))).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        assert all(path.endswith(".png") for path in block.files.values())
        time.sleep(0.05)
        most = max(most, len(os.listdir(folder)))
    assert 3 <= most <= 6
    assert not folder.exists()


def test_folders_of_processes_that_were_killed_go_after_a_day(server):
    server.files["/a.png"] = PNG
    old, new, other = (Path(tempfile.mkdtemp(prefix=prefix)) for prefix in (*2 * ["orange-imaging-copies-"], "other-"))
    for folder in (old, other):
        (folder / "000000.png").write_bytes(PNG)
        os.utime(folder, (1, time.time() - 25 * 3600))
    embed_piece(JOB, piece_of([f"{server.url}/a.png"]))
    assert [folder.exists() for folder in (old, new, other)] == [False, True, True]
    new.rmdir()


def test_what_has_no_room_in_a_block_waits_for_the_next(server, monkeypatch):
    monkeypatch.setattr(copies, "BLOCK_BYTES", int(2.5 * len(PNG)))
    server.files = {f"/{number}.png": PNG for number in range(8)}
    paths = [server.url + path for path in server.files]
    sizes, rows = [], []
    for block in copies.copied_blocks(paths, 8, lambda: False):
        assert min(block.files) == min(set(range(8)) - set(rows))
        rows += block.files
        sizes.append(sum(os.path.getsize(path) for path in block.files.values()))
    assert sorted(rows) == list(range(8))
    assert len(sizes) >= 3
    assert max(sizes) <= 3.5 * len(PNG)
    assert embed_piece(JOB, piece_of(paths)).rows.tolist() == list(range(8))


def test_cancelling_ends_a_silent_server_soon(server):
    reached, asked = threading.Event(), threading.Event()

    def keep_silent(handler):
        reached.set()
        handler.server.silence.wait(20)

    server.files["/slow.png"] = keep_silent
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(embed_piece, JOB, piece_of([f"{server.url}/slow.png"]), cancelled=asked.is_set)
        assert reached.wait(60)
        asked.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            job.result(30)
    assert time.monotonic() - began < 5
    assert left_behind() == []


def test_a_full_disk_is_told_with_what_to_do(server, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")
    server.files["/a.png"] = PNG
    monkeypatch.setattr(copies, "open", full, raising=False)
    with pytest.raises(OutputError, match="TMPDIR"):
        embed_piece(JOB, piece_of([f"{server.url}/a.png"]))


def test_a_folder_of_copies_that_is_gone_is_no_answer_of_a_web_server(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server.files = {f"/{number}.png": PNG for number in range(4)}
    blocks = copies.copied_blocks([server.url + path for path in server.files], 1, lambda: False)
    folder = Path(next(blocks).files[0]).parent
    folder.rename(tmp_path / "gone")
    with pytest.raises(OutputError, match=r"cannot be kept there \(no such file or directory\).*TMPDIR"):
        for block in blocks:
            assert not block.missing


def test_a_folder_of_copies_that_is_gone_is_no_answer_of_a_bucket(memory, monkeypatch):
    def get_file(path, copy, callback):
        shutil.rmtree(os.path.dirname(copy), ignore_errors=True)
        Path(copy).write_bytes(PNG)
    monkeypatch.setattr(memory, "get_file", get_file)
    monkeypatch.setattr(copies, "open_system", lambda address: memory)
    with pytest.raises(OutputError, match=r"cannot be kept there \(no such file or directory\).*TMPDIR"):
        embed_piece(JOB, piece_of(["memory://b/a.png"]))


def test_a_copy_that_is_gone_before_it_is_read_is_no_broken_picture(server, monkeypatch):
    really = copies.copied_blocks

    def swept(*arguments):
        for block in really(*arguments):
            os.unlink(block.copies[0])
            yield block

    monkeypatch.setattr(copies, "copied_blocks", swept)
    server.files = {f"/{number}.png": PNG for number in range(3)}
    with pytest.raises(OutputError, match=r"000000\.png: .* \(it was removed before it was read\)"):
        embed_piece(JOB, piece_of([server.url + path for path in server.files]))


@pytest.mark.parametrize(("address", "package", "extra"), [
    ("s3://bucket/a.png", "s3fs", "s3"), ("gs://bucket/a.png", "gcsfs", "gs"), ("gcs://bucket/a.png", "gcsfs", "gs")])
def test_a_missing_package_is_one_sentence_with_the_command(address, package, extra, monkeypatch):
    monkeypatch.setattr(remote, "find_spec", lambda name: None if name == package else util.find_spec(name))
    for call in (list_addresses, lambda path: embed_piece(JOB, piece_of([path]))):
        with pytest.raises(WrongUse, match=f"need the package {package}") as caught:
            call(address)
        assert f'pip install "Orange3-Imaging[{extra}]"' in str(caught.value)
        assert f"pip install fsspec {package}" in str(caught.value)


def test_a_page_of_a_web_server_needs_its_package(monkeypatch):
    monkeypatch.setattr(remote, "find_spec", lambda name: None if name == "aiohttp" else util.find_spec(name))
    with pytest.raises(WrongUse, match=r'Orange3-Imaging\[http\]'):
        list_addresses("http://127.0.0.1:9/")


def test_pictures_below_a_prefix_are_listed_as_those_of_a_folder(memory):
    for name in ("10.png", "2.PNG", "notes.txt", "b/1.png", "b/c/1.tif", "a10/1.jpg", "a2/1.jpg", ".hidden/1.png",
                 "b/.1.png", "b/1.csv"):
        memory.pipe(f"/bucket/plates/{name}", PNG)
    memory.pipe("/bucket/plates2/1.png", PNG)
    found = list_addresses("memory://bucket/plates/")
    assert found.table.to_pydict() == {
        "path": ["2.PNG", "10.png", "a2/1.jpg", "a10/1.jpg", "b/1.png", "b/c/1.tif"],
        "category": ["", "", "a2", "a10", "b", "b/c"]}
    assert (found.title, found.root) == ("memory://bucket/plates/", "memory://bucket/plates")
    assert found.piece(1, 4).paths == ["memory://bucket/plates/b/1.png", "memory://bucket/plates/b/c/1.tif"]
    shallow = list_addresses("memory://bucket/plates", only=FileFilter("1*", depth=1))
    assert shallow.table["path"].to_pylist() == ["10.png", "a2/1.jpg", "a10/1.jpg", "b/1.png"]
    assert found.digest == list_addresses("memory://bucket/plates").digest


def test_what_fsspec_copies_has_the_same_vectors_and_reasons(memory, tmp_path, monkeypatch):
    paths = write_pictures(tmp_path, 4)
    for path in paths:
        memory.pipe(f"/b/{os.path.basename(path)}", Path(path).read_bytes())
    memory.pipe("/b/large.png", bytes(1 << 21))
    monkeypatch.setattr(copies, "FILE_BYTES", 1 << 20)
    found = embed_piece(JOB, list_addresses("memory://b").piece(0, 10))
    assert np.array_equal(found.vectors, embed_piece(JOB, piece_of(paths)).vectors)
    assert {one.path: one.reason for one in found.skipped} == {
        "memory://b/large.png": "could not be fetched from memory://b: larger than 1 MB"}
    assert reasons(["memory://b/gone.png"]) == {
        "memory://b/gone.png": "could not be fetched from memory://b: there is no such file"}


def test_addresses_without_pictures_or_servers_are_told(memory, server):
    memory.pipe("/b/notes.txt", b"")
    with pytest.raises(FolderError, match="memory://b: no pictures at this address"):
        list_addresses("memory://b")
    for url in (f"{server.url}/none/", "http://127.0.0.1:9/"):
        with pytest.raises(FolderError, match="could not be listed"):
            list_addresses(url)


def test_the_pictures_of_a_web_servers_page_are_listed(server):
    page = (b'<a href="?C=N">Name</a> <a href="../">up</a> <a href="10.png">10</a> <a href="2%20b.png">2</a>'
            b'<a href="sub/">sub</a> <a href="/pics/3.jpg">3</a> <a href="http://other.example/4.png">4</a>'
            b'<a href="/else/5.png">5</a> <a href="notes.txt">n</a>'
            b'<a href="https://' + server.host.encode() + b'/pics/6.png">secure</a>')
    server.files = {"/pics/": partial(answer, content=page, kind="text/html"), "/pics/10.png": PNG,
                    "/pics/2%20b.png": PNG, "/pics/3.jpg": PNG}
    found = list_addresses(f"{server.url}/pics")
    assert found.table.to_pydict() == {"path": ["2%20b.png", "3.jpg", "10.png"], "category": ["", "", ""]}
    assert embed_piece(JOB, found.piece(0, 3)).rows.tolist() == [0, 1, 2]
    server.files["/pics/"] = partial(answer, content=b'<a href="7.png">', kind="text/html")
    assert list_addresses(f"{server.url}/pics/").table["path"].to_pylist() == ["7.png"]


def test_a_page_that_has_moved_is_not_followed(server):
    server.files = {"/pics/": partial(move, place="/other/"), "/other/": partial(
        answer, content=b'<a href="/pics/1.png">1</a>', kind="text/html")}
    with pytest.raises(FolderError, match="could not be listed"):
        list_addresses(f"{server.url}/pics")
    assert "/other/" not in server.asked


def test_names_of_addresses_come_back_from_a_listing(server):
    server.files["/a.png"] = PNG
    listing = make_listing("list.txt", "/data", [f"{server.url}/a.png"])
    assert embed_piece(JOB, listing.piece(0, 1)).rows.tolist() == [0]


class Silent:
    """A file system of fsspec that never answers."""

    async_impl = True

    def __init__(self):
        from fsspec.asyn import get_loop
        self.loop, self.ended = get_loop(), threading.Event()

    async def _find(self, place):
        import asyncio
        try:
            await asyncio.sleep(30)
        finally:
            self.ended.set()


@pytest.mark.parametrize(("limit_s", "is_stopped", "error"), [(0.2, False, TimeoutError), (30, True, Cancelled)])
def test_what_never_answers_is_given_up_and_left_in_peace(limit_s, is_stopped, error):
    system = Silent()
    with pytest.raises(error):
        remote.ask(system, "find", "b", stop=lambda: is_stopped, limit_s=limit_s)
    assert system.ended.wait(5)


@pytest.mark.parametrize(("failure", "reason"), [
    (None, "the connection was cut; try again"), (PermissionError("Forbidden"), "access is refused (Forbidden)"),
    (TimeoutError(), "it took too long"), (OSError("Could not connect"), "Could not connect"),
    (FileNotFoundError("b/a.png"), "there is no such file")])
def test_what_fsspec_meets_is_told(failure, reason, memory, monkeypatch):
    def get_file(path, copy, callback):
        Path(copy).write_bytes(PNG[:50])
        callback.set_size(len(PNG))
        callback.relative_update(50)
        if failure:
            raise failure
    monkeypatch.setattr(memory, "get_file", get_file)
    monkeypatch.setattr(copies, "open_system", lambda address: memory)
    assert reasons(["memory://b/a.png"]) == {
        "memory://b/a.png": f"could not be fetched from memory://b: {reason}"}


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is asked: objects, `server.files` by key, and two keys a page of a list; faults first."""

    def do_GET(self):
        self.server.asked.append(self.path)
        path, _, query = self.path.partition("?")
        if self.server.faults and self.server.faults[0][0] == path:
            return self.send_error(self.server.faults.popleft()[1])
        if "list-type=2" in query:
            return self._list(parse_qs(query))
        key = unquote(path.removeprefix("/bucket/"))
        if key not in self.server.files:
            return self._send(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        return self._send(200, self.server.files[key])

    def _list(self, query):
        keys = sorted(key for key in self.server.files if key.startswith(query["prefix"][0]))
        start = int(query.get("continuation-token", ["0"])[0])
        found = "".join(f"<Contents><Key>{key}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified>"
                        f"</Contents>" for key in keys[start:start + 2])
        more = start + 2 < len(keys)
        after = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if more else ""
        self._send(200, f"<ListBucketResult><Name>bucket</Name><IsTruncated>{str(more).lower()}</IsTruncated>"
                        f"{after}{found}</ListBucketResult>".encode())

    def do_HEAD(self):
        self.do_GET()

    def _send(self, code, content):
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *words):
        """Nothing on the terminal."""


@pytest.fixture
def bucket(monkeypatch):
    pytest.importorskip("s3fs")
    running = Server(("127.0.0.1", 0), Bucket)
    running.files, running.asked, running.faults = {}, deque(), deque()
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_DEFAULT_REGION": "us-east-1",
                        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{running.server_address[1]}"}.items():
        monkeypatch.setenv(name, value)
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def test_a_bucket_is_listed_to_its_end_and_its_pictures_have_the_vectors_of_files(bucket, tmp_path):
    paths = write_pictures(tmp_path, 5)
    bucket.files = {f"plates/a {row}/{os.path.basename(path)}": Path(path).read_bytes()
                    for row, path in enumerate(paths)}
    bucket.files |= {"plates/": b"", "plates/notes.txt": b"x", "other/1.png": PNG}
    bucket.faults += [("/bucket/plates/a%201/1.png", 503)]
    listing = list_addresses("s3://bucket/plates/")
    assert listing.table.to_pydict() == {"path": [f"a {row}/{row}.png" for row in range(5)],
                                         "category": [f"a {row}" for row in range(5)]}
    found = embed_piece(JOB, listing.piece(0, 9))
    assert np.array_equal(found.vectors, embed_piece(JOB, piece_of(paths)).vectors)
    assert (found.skipped, list(bucket.faults)) == ((), [])
    assert reasons(["s3://bucket/plates/gone.png"]) == {
        "s3://bucket/plates/gone.png": "could not be fetched from s3://bucket: there is no such file"}


def test_a_bucket_that_is_not_reached_is_an_error(bucket):
    bucket.shutdown()
    bucket.server_close()
    with pytest.raises(FolderError, match="could not be listed"):
        list_addresses("s3://bucket/plates")


def test_a_worker_tells_of_addresses_what_their_reason_says():
    from orangecontrib.imaging.core.cluster.working import tell_unreachable
    from orangecontrib.imaging.core.found import Skipped
    broken = Skipped(0, "s3://bucket/a.png", "not a picture of a kind that is read here")
    assert tell_unreachable(broken, "another host") == broken
    assert "cannot reach" in tell_unreachable(Skipped(0, "/none/a.png", "there is no such file"), "another host").reason
