"""``orange-imaging embed --scheduler``: the shards of one computer, by the workers of a Dask cluster."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from child import wait_until
from made import write_pictures

pytest.importorskip("distributed")
pytest.importorskip("pyarrow")

import pyarrow.parquet
from cluster import Cluster, kill

from orangecontrib.imaging import cli
from orangecontrib.imaging.core import device
from orangecontrib.imaging.core.embed import embed

COMMAND = [sys.executable, "-P", "-m", "orangecontrib.imaging", "embed"]


@pytest.fixture
def cluster(tmp_path):
    started = Cluster(tmp_path / "cluster")
    yield started
    started.close()


def run(capsys, *arguments):
    code = cli.main(["embed", *map(str, arguments)])
    return code, *capsys.readouterr()


def vectors(out):
    files = sorted(out.glob("shard-*.parquet"))
    return np.array([vector for file in files for vector in pyarrow.parquet.read_table(file)["vector"].to_pylist()],
                    np.float32)


@pytest.mark.parametrize(("scheduler", "told"), [("node17:8786", "Is tcp://node17:8786 meant?"),
                                                 ("tcp://127.0.0.1:1", "No Dask scheduler answers at")])
def test_what_is_no_scheduler_is_told_with_what_to_do(tmp_path, capsys, scheduler, told):
    write_pictures(tmp_path / "p", 2)
    code, out, err = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--scheduler", scheduler)
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "o").exists()


def test_a_part_of_the_shards_does_not_go_with_a_scheduler(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    code, _, err = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--scheduler", "local", "--shard", "1/2")
    assert code == 2
    assert "Leave it out, for the scheduler gives out the shards." in err


def test_workers_of_a_scheduler_do_the_shards_and_the_report_says_so(cluster, tmp_path, capsys):
    cluster.worker()
    paths = write_pictures(tmp_path / "p", 9)
    code, out, err = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--shard-size", "4", "--json",
                         "--scheduler", cluster.address)
    told = json.loads(out)
    assert (code, told["vectors"], told["now"], told["missing"]) == (0, 9, 3, 0)
    assert told["device"] == f"Dask cluster at {cluster.address}"
    assert f"Dask cluster at {cluster.address}. Dask's dashboard" in err
    assert np.abs(vectors(tmp_path / "o") - embed(paths).vectors).max() < 1e-5
    code, out, _ = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--json")
    assert (code, json.loads(out)["before"]) == (0, 3)
    code, out, err = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--scheduler", "tcp://127.0.0.1:1")
    assert (code, err) == (0, "")
    assert "No worker was needed; " in out


def test_a_computer_without_a_graphics_card_asks_for_those_of_the_workers(cluster, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(device, "_fault", lambda name: "" if name == "cpu" else "this computer has none")
    cluster.worker("--name", "bare", env={"CUDA_VISIBLE_DEVICES": ""})
    write_pictures(tmp_path / "p", 2)
    line = [tmp_path / "p", "-o", tmp_path / "o", "--shard-size", "2", "--device", "cuda"]
    for scheduler in ([], ["--scheduler", "local:1"]):
        code, _, err = run(capsys, *line, *scheduler)
        assert (code, "NVIDIA graphics card: this computer has none" in err) == (2, True)
    code, _, err = run(capsys, *line, "--scheduler", cluster.address)
    assert code == 1
    assert "Worker bare is left out" in re.sub(" on [^ ]+ is", " is", err)
    assert "NVIDIA graphics card: " in err
    assert "this computer has none" not in err


def test_a_precision_that_no_such_device_has_is_told_before_anybody_is_called(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    code, _, err = run(capsys, tmp_path / "p", "-o", tmp_path / "o", "--device", "mps", "--precision", "bf16",
                       "--scheduler", "tcp://127.0.0.1:1")
    assert (code, "is not to be had on this device (mps)" in err) == (2, True)


@pytest.mark.heavy
def test_with_workers_of_its_own_the_command_says_little_and_survives_a_kill(tmp_path):
    psutil = pytest.importorskip("psutil")
    write_pictures(tmp_path / "p", 120, size=(400, 400))
    process = subprocess.Popen([*COMMAND, str(tmp_path / "p"), "-o", str(tmp_path / "o"), "--shard-size", "10",
                                "--scheduler", "local:2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_until(lambda: list((tmp_path / "o").glob("skipped-*.parquet")), 120)
    workers = [one for one in psutil.Process(process.pid).children(recursive=True)
               if "spawn_main" in " ".join(one.cmdline())]
    workers[0].kill()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "120 vectors of 512 numbers in 12 shards" in out
    first, *others = err.splitlines()
    assert first.startswith("2 workers on this computer. Dask's dashboard: http://127.0.0.1:")
    said = [re.sub(r"Worker [0-9]+", "Worker N", line) for line in others]
    assert said.count("Worker N is gone; what it worked on is done again.") <= 1
    assert set(said) <= {
        "Worker N is gone; what it worked on is done again.",  # unless it was between two shards
        "Waiting for workers: 2 workers on this computer, where no worker answers yet: they may be starting or busy."}


@pytest.mark.heavy
def test_ctrl_c_stops_the_workers_which_then_work_for_others(cluster, tmp_path):
    cluster.worker()
    paths = write_pictures(tmp_path / "p", 200, size=(400, 400))
    line = [*COMMAND, str(tmp_path / "p"), "-o", str(tmp_path / "o"), "--shard-size", "20", "--scheduler",
            cluster.address]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_until(lambda: list((tmp_path / "o").glob("skipped-*.parquet")), 120)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 15
    assert process.returncode == 130
    assert "shards are done and stay; run the same line again to go on." in err
    done = subprocess.run(line, capture_output=True, text=True, timeout=300, env=dict(os.environ), check=False)
    assert (done.returncode, "200 vectors of 512 numbers" in done.stdout) == (0, True)
    assert np.abs(vectors(tmp_path / "o")[:5] - embed(sorted(paths, key=natural)[:5]).vectors).max() < 1e-5


def natural(path):
    return int(os.path.basename(path).removesuffix(".png"))


@pytest.mark.heavy
def test_a_scheduler_that_ends_on_the_way_is_told_and_what_is_finished_is_kept(cluster, tmp_path):
    cluster.worker()
    write_pictures(tmp_path / "p", 200, size=(400, 400))
    process = subprocess.Popen([*COMMAND, str(tmp_path / "p"), "-o", str(tmp_path / "o"), "--shard-size", "20",
                                "--scheduler", cluster.address],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_until(lambda: list((tmp_path / "o").glob("skipped-*.parquet")), 120)
    kill(cluster.scheduler)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith(f"orange-imaging: The Dask scheduler at {cluster.address} is gone (")
    assert json.loads((tmp_path / "o/manifest.json").read_text())["done"]
