"""A bare node: the engine was installed without Orange and Qt, and says so where they would be needed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
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
