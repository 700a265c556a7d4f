"""How much memory is free: before a large table is made, not after."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_SYSTEM = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Bytes that this process may still take without others being pushed out; None where the system does not tell.

    On Linux what is free or easily freed (MemAvailable, proc(5)), or less where the job or container that we are in may
    have less (cgroup v2); on Windows the free physical memory.
    """
    if sys.platform == "win32":
        return _free_on_windows()
    found = [number for number in (_available(), _left_to_group()) if number is not None]
    return min(found, default=None)


def _available() -> int | None:
    with suppress(OSError):
        for line in _SYSTEM.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) << 10  # kB
    return None


def _left_to_group() -> int | None:
    """The least that is left to our control group, or to one around it; their files' pages count as free."""
    with suppress(OSError):
        lines = _OWN_GROUP.read_text(encoding="utf-8").splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::/")), "/")
        folder = _GROUPS / own.strip("/")
        left = [_left_to(one) for one in (folder, *folder.parents) if one.is_relative_to(_GROUPS)]
        return min((number for number in left if number is not None), default=None)
    return None


def _left_to(group: Path) -> int | None:
    with suppress(OSError, ValueError):  # "max": there is no limit
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        told = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        return max(0, limit - used + int(told.get("inactive_file", 0)))
    return None


def _free_on_windows() -> int | None:
    """By GlobalMemoryStatusEx (sysinfoapi.h)."""
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong),
                    *((name, ctypes.c_ulonglong) for name in ("total", "free", "total_page", "free_page",
                                                              "total_virtual", "free_virtual", "extended"))]

    status = Status(length=ctypes.sizeof(Status))
    call = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx  # noqa: B009  (there is none elsewhere)
    return int(status.free) if call(ctypes.byref(status)) else None
