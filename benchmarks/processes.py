"""Run a program and watch the memory of all its processes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY_S, _SHARE = 0.1, 0.01  # looks at the memory, and the part of a core that they may take from what is measured


@dataclass(frozen=True)
class Run:
    """What a program printed, its last line read as JSON, and the peak memory of it and its children."""

    answer: dict[str, float]
    peak_bytes: int
    printed: str


def run_watched(command: Sequence[str | Path], environment: Mapping[str, str]) -> Run:
    """Run to the end. Raises RuntimeError with the program's words when it fails."""
    with subprocess.Popen([str(part) for part in command], env=dict(environment), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        peak = 0
        while process.poll() is None:
            started = time.perf_counter()
            peak = max(peak, _memory_of(process.pid))
            time.sleep(max(_EVERY_S, (time.perf_counter() - started) / _SHARE))
        printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{printed}{errors}")
    return Run(json.loads(printed.splitlines()[-1]), peak, printed)


def _memory_of(pid: int) -> int:
    """Bytes of a process and its children; what they share is counted once where the system tells (Linux)."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
    except psutil.NoSuchProcess:
        pass  # it ended meanwhile; the peak lies before
    return total
