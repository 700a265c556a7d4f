"""A disk that has no room left after some bytes."""

import signal
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(room):
    """No file of this process grows beyond `room` bytes; the system refuses the rest, as a full disk does."""
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    before, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)
