"""A program that ends while work is left behind."""

import subprocess
import sys
from time import monotonic

_PROGRAM = """
import time
from threading import Event
from orangecontrib.imaging.core import patience
from orangecontrib.imaging.core.errors import Cancelled
has_begun = Event()

def work(tell):
    has_begun.set()
    time.sleep({works_s})
    try:
        tell(0.5)
    finally:
        print("came to its end", flush=True)

patience._LAST_WAIT_S = {waits_s}
try:
    patience.wait_for(work, cancelled=has_begun.is_set)
except Cancelled:
    print("left behind", flush=True)
"""


def run(works_s, waits_s):
    program = _PROGRAM.format(works_s=works_s, waits_s=waits_s)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60,
                          check=False)


def test_the_end_of_a_program_waits_until_work_that_was_left_behind_comes_to_its_end():
    done = run(works_s=0.5, waits_s=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left behind\ncame to its end\n", "")


def test_it_does_not_wait_for_ever():
    start = monotonic()
    done = run(works_s=50, waits_s=0.2)
    assert (done.returncode, done.stdout) == (0, "left behind\n")
    assert monotonic() - start < 40
