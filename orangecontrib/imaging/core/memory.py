"""How this process keeps its memory, and how much there is."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc, malloc.h
_KEPT_BYTES = 1 << 30
_LARGEST_MMAP_THRESHOLD = 32 << 20  # glibc takes no more on 64-bit systems (mallopt(3))


def keep_freed_memory() -> None:
    """Have what a batch has freed wait for the next batch, instead of going back to the system.

    For processes of our own that run a network: where the C library is glibc, they otherwise fault in the memory of
    every activation anew, a quarter of their time. Elsewhere it does nothing.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)


def limit_memory(limit_bytes: int) -> None:
    """Have this process be refused more memory of its own than that (MemoryError), so that others keep theirs.

    On Linux only (RLIMIT_DATA, setrlimit(2)); elsewhere it does nothing.
    """
    if sys.platform == "linux":
        import resource
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        within = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (within, hard))


def memory_limit() -> int | None:
    """How many bytes of its own this process may have; None where nobody limited it."""
    if sys.platform != "linux":
        return None
    import resource
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if limit == resource.RLIM_INFINITY else limit


def free_memory() -> int | None:
    """How many bytes of memory are free on this computer, or for the job that this process belongs to.

    None where the system does not say.
    """
    known = [one for one in (_free_here(), _free_of_job(), memory_limit()) if one is not None]
    return min(known, default=None)


def _free_here() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):  # not Linux
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _free_of_job() -> int | None:
    """What the control group of this process leaves it, as Slurm and containers set it (cgroup v2)."""
    try:
        group = next(line.rpartition("::")[2] for line in Path("/proc/self/cgroup").read_text().splitlines()
                     if line.startswith("0::"))
        folder = Path("/sys/fs/cgroup", group.lstrip("/"))
        return max(0, int((folder / "memory.max").read_text()) - int((folder / "memory.current").read_text()))
    except (OSError, ValueError, StopIteration):  # there is none, or its limit is the word "max"
        return None
