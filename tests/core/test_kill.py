"""Ten times the engine is killed with SIGKILL: no stored vector is lost, none is wrong, little is done twice."""

import os
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from made import write_pictures

from orangecontrib.imaging.core import embed as embed_module
from orangecontrib.imaging.core.device import find_device
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.store import Store

PICTURES = 500
THREADS = 2

# Each forward pass leaves a byte a picture in a file that survives the kill; each stored batch a line on the pipe.
ENGINE = """
import os, sys
from pathlib import Path
from orangecontrib.imaging.core import network
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.store import Store
folder, store, log = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
count, threads = int(sys.argv[4]), int(sys.argv[5])
file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
really = network.Network.embed
def counted(self, pictures):
    os.write(file, bytes(len(pictures)))
    return really(self, pictures)
network.Network.embed = counted
embed([folder / f"{number}.png" for number in range(count)], device="cpu", store=Store(store), threads=threads,
      on_batch=lambda batch: os.write(1, b"stored\\n"))
os.write(1, b"finished\\n")
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The paths, and their vectors from a run that nobody interrupted."""
    paths = write_pictures(tmp_path_factory.mktemp("pictures"), PICTURES)
    return paths, embed(paths, device="cpu", threads=THREADS).vectors


def killed_after(batches, folder, store, log):
    """Run the engine until so many batches are stored, then kill it; whether it was still at work."""
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, folder, store, log, str(PICTURES), str(THREADS)],
                              stdout=subprocess.PIPE)
    with engine.stdout:
        said = [engine.stdout.readline() for _ in range(batches)]
        os.kill(engine.pid, signal.SIGKILL)
        rest = engine.stdout.read()
    assert engine.wait() == -signal.SIGKILL
    return said == [b"stored\n"] * batches and b"finished" not in rest


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.heavy)])
def test_kills_lose_at_most_a_batch_a_thread_and_change_no_vector(kills, pictures, tmp_path, monkeypatch, capsys):
    paths, whole = pictures
    batch = find_device("cpu").batch
    random = np.random.default_rng(20240611)
    counted = []
    really = embed_module._Worker.embed
    monkeypatch.setattr(embed_module._Worker, "embed",
                        lambda worker, rows: [done := really(worker, rows), counted.append(len(done.computed))][0])
    figures = []
    for number in range(kills):
        store_folder, log = tmp_path / f"store-{number}", tmp_path / f"log-{number}"
        after = int(random.integers(1, PICTURES // batch - 10))
        assert killed_after(after, os.path.dirname(paths[0]), store_folder, log)
        with sqlite3.connect(store_folder / "embeddings-v1.sqlite") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            stored = database.execute("SELECT COUNT(*) FROM vectors").fetchone()[0]
        database.close()
        counted.clear()
        store = Store(store_folder)
        again = embed(paths, device="cpu", threads=THREADS, store=store)
        store.close()
        twice = log.stat().st_size + sum(counted) - PICTURES
        figures.append((after, stored, again.computed, twice))
        np.testing.assert_array_equal(again.vectors, whole)
        assert again.computed == sum(counted) == PICTURES - stored
        assert stored >= after * batch
        assert 0 <= twice <= THREADS * batch
        assert again.notes == again.skipped == ()
    with capsys.disabled():
        print(f"\n{kills} kills -9 in runs of {PICTURES} pictures, {THREADS} threads, batches of {batch}: "
              f"killed after {[figure[0] for figure in figures]} batches; stored {[figure[1] for figure in figures]}; "
              f"computed by the rerun {[figure[2] for figure in figures]}; "
              f"embedded twice {[figure[3] for figure in figures]} pictures (at most {THREADS * batch} allowed)")
