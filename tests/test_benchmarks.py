"""The benchmark measures what it says."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pictures import write_jpegs
from PIL import Image
from processes import run_watched

OURS = Path(__file__).resolve().parent.parent / "benchmarks" / "ours.py"
MEGABYTE = 2**20
CHILD_THAT_TAKES_MEMORY = "import time; taken = b'1' * (100 << 20); time.sleep(1)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD_THAT_TAKES_MEMORY!r}]); print('{{}}')"


def test_its_pictures_are_the_same_every_time_and_differ_from_each_other(tmp_path):
    (tmp_path / "again").mkdir()
    first, second = write_jpegs(tmp_path, 2)
    assert first.read_bytes() == write_jpegs(tmp_path / "again", 1)[0].read_bytes()
    assert first.read_bytes() != second.read_bytes()


def test_its_pictures_have_the_spectrum_of_photographs(tmp_path):
    pixels = np.asarray(Image.open(write_jpegs(tmp_path, 1, 512, 512)[0]).convert("L"), float)
    row_power = (np.abs(np.fft.rfft(pixels - pixels.mean(), axis=1)) ** 2).mean(axis=0)
    octaves = [row_power[low:2 * low].mean() for low in (8, 16, 32)]
    # A power of 1/f² in the plane is one of 1/f along its rows: halved by each octave.
    assert all(1.5 < low / high < 2.7 for low, high in pairwise(octaves))


def test_memory_of_children_is_counted():
    assert run_watched([sys.executable, "-c", PARENT], os.environ).peak_bytes > 100 * MEGABYTE


def test_a_program_that_fails_is_no_measurement():
    with pytest.raises(RuntimeError, match="ended with 3:\nwhy"):
        run_watched([sys.executable, "-c", "print('why'); raise SystemExit(3)"], os.environ)


def test_ours_prints_its_three_times(tmp_path):
    write_jpegs(tmp_path, 3)
    command = [sys.executable, OURS, tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = json.loads(run.stdout)
    assert seconds.keys() == {"start", "cold", "warm"}
    assert 0 < seconds["warm"] < seconds["cold"] < 60
