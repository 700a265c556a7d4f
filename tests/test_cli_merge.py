"""``orange-imaging merge``: what it writes and says, and that it leaves nothing half done."""

import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs pyarrow")

from known_shards import identity, make_shards

from orangecontrib.imaging.cli import main
from orangecontrib.imaging.commands import merge
from orangecontrib.imaging.core.shards import checking
from orangecontrib.imaging.core.shards.files import shard_path
from orangecontrib.imaging.core.shards.reading import open_vectors

SOURCE = Path(__file__).resolve().parent.parent
needs_orange = pytest.mark.skipif(find_spec("Orange") is None, reason="needs Orange")


@pytest.fixture
def run(capsys):
    """Run the command; gives (exit code, stdout, stderr)."""
    def run(*arguments):
        code = main(["merge", *map(str, arguments)])
        return code, *capsys.readouterr()
    return run


@pytest.fixture
def made(tmp_path):
    return make_shards(tmp_path / "out")


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
def test_it_says_what_became_of_the_shards(run, made, tmp_path, ending):
    target = tmp_path / f"table{ending}"
    code, printed, told = run(f"{made.out}/", "-o", target)
    assert (code, told) == (0, "")
    first, second, third = printed.splitlines()
    assert first == f"{target}: 22 vectors of 6 numbers from 4 shards, each with the SHA-256 that it was written with."
    assert second.endswith(" s.")
    assert third == f"3 skipped; the reasons are in {target}.skipped.csv."
    np.testing.assert_array_equal(open_vectors(target).take(np.arange(22))[0], made.expected)


def test_json_tells_all_of_it(run, made, tmp_path):
    target = tmp_path / "o.npz"
    told = json.loads(run(made.out, "-o", target, "--json")[1])
    seconds = told.pop("seconds")
    assert 0 < seconds < 60
    assert told == {"out": str(target), "vectors": 22, "dimension": 6, "skipped": 3, "shards": 4, "missing": [],
                    "aside": [], "columns": made.listing.columns, "bytes": target.stat().st_size,
                    "identity": json.loads(identity())}


@pytest.mark.parametrize("ending", [".parquet", pytest.param(".pkl", marks=needs_orange)])
def test_an_incomplete_folder_is_refused_unless_a_part_is_asked_for(run, tmp_path, ending):
    made, target = make_shards(tmp_path / "out", missing=[0, 3]), tmp_path / f"table{ending}"
    code, printed, told = run(made.out, "-o", target)
    assert (code, printed) == (2, "")
    assert told == (f"orange-imaging: {made.out}: 2 of 4 shards are still to be made (0, 3). Run the same "
                    "'orange-imaging embed' again, which makes only these; or add --partial to leave them out.\n")
    assert not target.exists()
    code, printed, _ = run(made.out, "-o", target, "--partial")
    assert code == 0
    assert printed.endswith("Not in it: 2 of 4 shards are still to be made (0, 3).\n")


@needs_orange
def test_an_orange_table_holds_the_same_numbers_with_their_identity(run, made, tmp_path):
    target = tmp_path / "table.pkl"
    code, _, told = run(made.out, "-o", target)
    assert code == 0
    assert told.startswith("A table of 22 vectors of 6 numbers takes ")
    with open(target, "rb") as file:
        table = pickle.load(file)
    np.testing.assert_array_equal(table.X.astype(np.float32), made.expected)
    assert table.attributes["embedding"] == identity()
    assert sorted(os.listdir(tmp_path)) == ["out", "table.pkl", "table.pkl.skipped.csv"]


@needs_orange
def test_a_table_that_does_not_fit_into_memory_is_refused_before_the_work(run, made, tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "free_memory", lambda: 1000)
    monkeypatch.setattr(checking.Shards, "check", lambda *_: pytest.fail("work"))
    code, _, told = run(made.out, "-o", tmp_path / "table.pkl")
    assert code == 2
    assert "takes" in told
    assert "1.0 kB are free here. Merge into .parquet, which takes little" in told
    assert sorted(os.listdir(tmp_path)) == ["out"]


@needs_orange
def test_where_nobody_knows_the_memory_a_table_is_written(run, made, tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "free_memory", lambda: None)
    assert run(made.out, "-o", tmp_path / "table.pkl")[0] == 0


@needs_orange
def test_a_damaged_shard_makes_no_table(run, made, tmp_path):
    path = shard_path(made.out, 1)
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    code, _, told = run(made.out, "-o", tmp_path / "table.pkl")
    assert code == 2
    assert "shard-00001.parquet: this shard is damaged: its SHA-256" in told
    assert sorted(os.listdir(tmp_path)) == ["out"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["o.csv"], "o.csv: shards are merged into a .parquet, .npz or .pkl file. Choose one of these endings."),
    (["nowhere/o.npz"], "there is no folder nowhere")])
def test_what_cannot_be_written_is_refused(run, made, arguments, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, _, told = run("out", "-o", *arguments)
    assert code == 2
    assert words in told


def test_a_folder_without_shards_is_refused(run, tmp_path):
    code, _, told = run(tmp_path, "-o", tmp_path / "o.npz")
    assert code == 2
    assert "there are no shards here" in told


INTERRUPTED = """
import os, signal, sys
from orangecontrib.imaging.cli import main
from orangecontrib.imaging.core.shards import checking
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl+C
real, asked = checking.Shards.check, []
def check(self, number, cancelled=None):
    asked.append(number)
    if len(asked) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return real(self, number, cancelled)
checking.Shards.check = check
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize("ending", [".parquet", ".npz"])
def test_ctrl_c_leaves_nothing_behind(made, tmp_path, ending):
    target = tmp_path / f"o{ending}"
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED, "merge", made.out, "-o", target], text=True,
                           check=False, capture_output=True, env={**os.environ, "PYTHONPATH": str(SOURCE)})
    assert (ended.returncode, ended.stderr) == (130, "orange-imaging: Merging was stopped; nothing was written.\n")
    assert sorted(os.listdir(tmp_path)) == ["out"]
