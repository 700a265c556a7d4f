"""How this process keeps its memory."""

from __future__ import annotations

import ctypes
import sys

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
