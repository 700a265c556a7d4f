"""How long an action holds its thread, told the same on a busy machine as on an idle one."""

from pathlib import Path
from time import perf_counter

SLOT_S = 0.05
_SCHEDULING = Path("/proc/thread-self/schedstat")  # of Linux: nanoseconds of running, of waiting for a core, and turns


def slot_s(slot):
    """Seconds that a slot computes and waits for others, without those in which it only waits for a core."""
    start = perf_counter() - _without_core_s()
    slot()
    return perf_counter() - _without_core_s() - start


def _without_core_s():
    """Since the thread began; 0 where the system does not tell."""
    return int(_SCHEDULING.read_text().split()[1]) / 1e9 if _SCHEDULING.exists() else 0.0
