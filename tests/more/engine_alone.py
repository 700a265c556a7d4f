"""A bare node: the engine and Dask were installed without Orange and Qt, and say so where they would be needed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from dask_programs import dask_programs
from made import write_pictures

import orangecontrib.imaging

COMMAND = [sys.executable, "-P", "-m", "orangecontrib.imaging"]


@pytest.mark.parametrize("name", ["Orange", "AnyQt", "PyQt5", "PyQt6", "orangewidget", "orangecanvas", "sklearn"])
def test_this_environment_has_neither_orange_nor_qt(name):
    assert find_spec(name) is None


def test_what_is_tested_is_what_was_installed():
    assert Path(orangecontrib.imaging.__file__).is_relative_to(sys.prefix)


def test_a_folder_is_embedded(tmp_path):
    write_pictures(tmp_path / "p", 2)
    command = [*COMMAND, "embed", tmp_path / "p", "-o", tmp_path / "o.npz"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert b"2 vectors of 512 numbers" in done.stdout


def test_a_folder_is_embedded_in_shards_by_workers_of_dask_that_load_neither_orange_nor_qt_and_merged(tmp_path):
    from distributed import Client
    write_pictures(tmp_path / "p", 5)
    out, target = tmp_path / "out", tmp_path / "o.npz"
    with dask_programs(tmp_path / "dask", workers=2) as address:
        run_command("embed", tmp_path / "p", "-o", out, "--shard-size", "2", "--scheduler", address)
        with Client(address) as client:
            loaded = client.run(lambda: sorted(sys.modules)).values()
            places = client.run(lambda: sys.modules["orangecontrib.imaging"].__file__).values()
    told = run_command("merge", out, "-o", target)
    assert f"{target}: 5 vectors of 512 numbers from 3 shards" in told
    run_command("embed", tmp_path / "p", "-o", tmp_path / "here.npz", "--no-store")
    with np.load(target) as found, np.load(tmp_path / "here.npz") as here:
        assert found["paths"].tolist() == here["paths"].tolist()
        assert np.abs(found["vectors"] - here["vectors"]).max() < 1e-5
    packages = {name.partition(".")[0] for names in loaded for name in names}
    assert packages & {"Orange", "AnyQt", "PyQt5", "PyQt6", "orangewidget"} == set()
    assert {Path(place).is_relative_to(sys.prefix) for place in places} == {True}


@pytest.mark.parametrize("ending", [".txt", ".csv", ".parquet"])
def test_a_list_is_embedded_in_shards(tmp_path, ending):
    import pyarrow
    from pyarrow import csv, parquet
    paths = [str(path) for path in write_pictures(tmp_path / "p", 2)]
    table, place = pyarrow.table({"path": paths, "well": ["A1", "A2"]}), str(tmp_path / f"list{ending}")
    if ending == ".txt":
        Path(place).write_text("\n".join(paths))
    else:
        (csv.write_csv if ending == ".csv" else parquet.write_table)(table, place)
    run_command("embed", place, "-o", f"{tmp_path}/out/")
    shard = parquet.read_table(tmp_path / "out" / "shard-00000.parquet")
    assert shard.num_rows == 2
    assert ending == ".txt" or shard["well"].to_pylist() == ["A1", "A2"]


def run_command(*words):
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    (["embed", "{}/p", "-o", "{}/o.tab"], 2, "writing .tab needs Orange, which is not installed."),
    (["run", "{}/explore.ows"], 1, "Workflows need Orange and Qt, which are not installed here."),
    (["demo", "--out", "{}/demo"], 1, "Workflows need Orange and Qt, which are not installed here."),
])
def test_what_needs_orange_is_refused_in_one_sentence(tmp_path, arguments, code, sentence):
    write_pictures(tmp_path / "p", 1)
    done = subprocess.run([*COMMAND, *(one.format(tmp_path) for one in arguments)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == code
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
