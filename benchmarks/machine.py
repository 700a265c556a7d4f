"""What figures are measured on, and the environment that programs are measured in."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from orangecontrib.imaging.core.device import usable_cores

SOURCE = Path(__file__).resolve().parent.parent
# A measuring script of its own, where it lies beside the project.
YARDSTICK = SOURCE.parent / "shared" / "tools" / "yardstick.py"
YARDSTICK_PYTHON = SOURCE / "build" / "envs" / "yardstick" / "bin" / "python"
_PACKAGES = ("torch", "torchvision", "numpy", "pillow", "scikit-learn", "openvino", "onnxruntime", "simplejpeg")
_PLACES = ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "ORANGE_IMAGING_CACHE", "TORCH_HOME")


def machine_facts() -> dict[str, object]:
    """The machine and the versions of this environment, for a record of figures."""
    return {"processor": processor(), "cores": usable_cores(), "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(), "packages": _versions()}


def machine_text() -> str:
    """The same in one line, for a title."""
    packages = ", ".join(f"{name} {number}" for name, number in _versions().items() if name in ("torch", "pillow"))
    return f"{usable_cores()} cores ({processor()}), Python {platform.python_version()}, {packages}"


def processor() -> str:
    """The processor's name, as the system tells it."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


def load_average() -> float | None:
    """How many processes wanted a core in the last minute; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


class Others:
    """What other programs take of the processor meanwhile; figures taken beside a busy neighbour mean little."""

    def __init__(self) -> None:
        """Begin to watch."""
        self._started, self._busy, self._ours = time.perf_counter(), _busy_s(), _ours_s()

    def cores(self) -> float:
        """Cores that processes other than this one and its ended children took, on average since the beginning."""
        seconds = time.perf_counter() - self._started
        return round(max(0.0, _busy_s() - self._busy - (_ours_s() - self._ours)) / seconds, 3)


def measuring_python() -> Path:
    """The Python that has the other engines; where it is missing, this one, with torch alone."""
    return YARDSTICK_PYTHON if YARDSTICK_PYTHON.exists() else Path(sys.executable)


def private_places(home: Path) -> dict[str, str]:
    """Environment variables for a program that is measured: our source, and a home folder of its own.

    OpenVINO's converter tells its makers that it was used, unless a file in the home folder says no.
    """
    refusal = home / "intel" / "openvino_telemetry"
    refusal.parent.mkdir(parents=True, exist_ok=True)
    refusal.write_text("0")
    return {**os.environ, **dict.fromkeys(_PLACES, str(home)), "PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "ignore",
            "QT_QPA_PLATFORM": "offscreen"}


def _busy_s() -> float:
    """Seconds that all cores together were busy, or were taken by the host of a virtual machine."""
    times = psutil.cpu_times()
    return times.user + times.system + sum(getattr(times, name, 0.0) for name in ("nice", "irq", "softirq", "steal"))


def _ours_s() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
