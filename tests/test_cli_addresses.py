"""``orange-imaging embed`` of addresses: a page that lists pictures, and a list of files and addresses."""

import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from made import write_pictures

pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")

import pyarrow.parquet

from orangecontrib.imaging import cli


@pytest.fixture
def served(tmp_path):
    """Five pictures in a folder, and the address under which they are listed."""
    paths = write_pictures(tmp_path / "pictures", 5)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "pictures")

        def log_message(self, *words):
            """Nothing on the terminal."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    yield paths, f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def vectors(out):
    parts = [pyarrow.parquet.read_table(path) for path in sorted(out.glob("shard-*.parquet"))]
    table = pyarrow.concat_tables(parts)
    return table["path"].to_pylist(), np.array(table["vector"].to_pylist(), np.float32)


def test_a_page_of_pictures_has_the_vectors_of_their_folder(served, tmp_path, capsys):
    _paths, url = served
    assert cli.main(["embed", str(tmp_path / "pictures"), "-o", f"{tmp_path}/here/", "--shard-size", "2"]) == 0
    assert cli.main(["embed", url, "-o", f"{tmp_path}/there/", "--shard-size", "2", "--urls"]) == 0
    here, there = vectors(tmp_path / "here"), vectors(tmp_path / "there")
    assert there[0] == here[0] == [f"{row}.png" for row in range(5)]
    assert np.array_equal(there[1], here[1])
    capsys.readouterr()


def test_addresses_are_called_only_where_it_is_said(served, tmp_path, capsys):
    paths, url = served
    chosen = tmp_path / "list.csv"
    chosen.write_text(f"path,dose\n{paths[0]},1\n{url}/3.png,2\n{url}/gone.png,3\n")
    for source in (url, str(chosen)):
        assert cli.main(["embed", source, "-o", f"{tmp_path}/out/"]) == 2
        assert "--urls" in capsys.readouterr().err
    cli.main(["embed", str(chosen), "-o", f"{tmp_path}/out/", "--urls"])
    assert vectors(tmp_path / "out")[0] == [paths[0], f"{url}/3.png"]
    skipped = pyarrow.parquet.read_table(tmp_path / "out" / "skipped-00000.parquet").to_pylist()
    assert [(one["path"], one["reason"]) for one in skipped] == [
        (f"{url}/gone.png", f"could not be fetched from {url.removeprefix('http://')}: "
                            "the server answered 404 File not found")]
