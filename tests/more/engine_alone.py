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


def test_a_worker_of_dask_embeds_a_shard_as_this_process_does_and_loads_neither_orange_nor_qt(tmp_path):
    from distributed import Client

    from orangecontrib.imaging.core.shards.job import Job, embed_piece
    from orangecontrib.imaging.core.shards.listing import make_listing
    paths = write_pictures(tmp_path / "p", 3)
    piece = make_listing("p", str(tmp_path / "p"), [Path(path).name for path in paths]).piece(0, 3)
    with dask_programs(tmp_path) as address, Client(address) as client:
        found = client.submit(embed_piece, Job("squeezenet", device="cpu"), piece).result()
        [loaded] = client.run(lambda: sorted(sys.modules)).values()
        [place] = client.run(lambda: sys.modules["orangecontrib.imaging"].__file__).values()
    here = embed_piece(Job("squeezenet", device="cpu"), piece)
    assert np.abs(found.vectors - here.vectors).max() < 1e-5
    assert Path(place).is_relative_to(sys.prefix)
    assert {name.partition(".")[0] for name in loaded} & {"Orange", "AnyQt", "PyQt5", "PyQt6", "orangewidget"} == set()


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
