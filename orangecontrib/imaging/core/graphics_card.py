"""An NVIDIA graphics card that torch cannot use: what is amiss, and the way to the right torch or driver.

That torch needs a build for CUDA, which its authors' page chooses, and which builds are usual on which system:
https://pytorch.org/get-started/locally
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
_PCI = Path("/sys/bus/pci/devices")
_NVIDIA, _DISPLAY = "0x10de", "0x03"  # of the PCI registers "vendor" and "class"


@dataclass(frozen=True)
class Card:
    """What the system tells of NVIDIA cards: whether one is there, and whether NVIDIA's driver is."""

    is_there: bool
    has_driver: bool


def find_card(system: str = sys.platform, devices: Path = _PCI) -> Card:
    """Look for an NVIDIA card without torch; where there is a driver, a card is taken to be there, too.

    Args:
        system: as ``sys.platform``.
        devices: Linux's folder of PCI devices.
    """
    has_driver = system in _DRIVERS and _loads(_DRIVERS[system])
    return Card(has_driver or any(map(_is_nvidia, devices.glob("*"))), has_driver)


def remedy(card: Card, cuda: str | None, system: str = sys.platform, python: str = sys.executable) -> str:
    """What to do so that torch can use the card, in sentences; ``""`` where there is no card.

    Args:
        cuda: the version of CUDA that torch was built for; None: it was built without.
        system: as ``sys.platform``.
        python: the interpreter that runs torch.
    """
    if not card.is_there:
        return ""
    if not card.has_driver:
        return ("This computer has an NVIDIA graphics card, but its driver is not installed. "
                "Install NVIDIA's driver, and start the computer again.")
    if cuda:
        return (f"This computer's NVIDIA graphics card or its driver is older than torch for CUDA {cuda} needs. "
                "Update NVIDIA's driver; if that does not help, the card is too old for this torch.")
    return ("This computer has an NVIDIA graphics card, but its torch was built without CUDA. "
            f"{_right_build(system, python)}")


def _right_build(system: str, python: str) -> str:
    waits = python.replace("pythonw.exe", "python.exe")  # a terminal does not wait for pythonw
    # Not --force-reinstall, which brings the newest NumPy, too, whatever the other packages of Orange allow.
    install = f'"{waits}" -m pip uninstall -y torch torchvision && "{waits}" -m pip install torch torchvision'
    if system == "win32":
        return ("Open pytorch.org/get-started/locally and choose Stable, Windows, Pip, Python and the highest CUDA. "
                "Close Orange. In a Command Prompt type this line, and after it what the page shows from "
                f"--index-url on: {install}")
    return f"Close Orange, and type in a terminal: {install}"


def _is_nvidia(device: Path) -> bool:
    try:
        return ((device / "vendor").read_text().strip() == _NVIDIA
                and (device / "class").read_text().startswith(_DISPLAY))
    except OSError:
        return False


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
