"""Memory that is freed is used again."""

import ctypes
import subprocess
import sys

import pytest

from orangecontrib.imaging.core import worker

COUNT_FAULTS = """
import resource, sys
from threading import Thread
from orangecontrib.imaging.core.memory import keep_freed_memory

def use_and_free():
    for _ in range(20):
        [bytearray(12 << 20) for _ in range(4)]

if sys.argv[1] == "keep":
    keep_freed_memory()
thread = Thread(target=use_and_free)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""
glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc has this switch")


def _faults(how):
    run = subprocess.run([sys.executable, "-c", COUNT_FAULTS, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


@glibc
def test_freed_memory_is_not_faulted_in_again():
    assert _faults("keep") < _faults("plain") / 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_needs_more_memory_than_is_allowed_is_told_so():
    code = ("from orangecontrib.imaging.core.memory import limit_memory; "
            "from orangecontrib.imaging.core.refusal import explain; "
            "print(explain(MemoryError())); limit_memory(3 << 29); print(explain(MemoryError()))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["too large for this machine's memory", "it needs more than 1.5 GiB of memory"]


def test_the_engine_keeps_its_memory(monkeypatch):
    calls = []
    monkeypatch.setattr(worker, "keep_freed_memory", lambda: calls.append("kept"))
    monkeypatch.setattr(worker, "private_pipes", lambda: sys.exit("enough"))
    with pytest.raises(SystemExit):
        worker.main()
    assert calls == ["kept"]
