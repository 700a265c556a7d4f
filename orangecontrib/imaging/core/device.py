"""Where a network runs: processor or graphics card, how many threads, how large a batch."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .errors import UnknownDevice, WrongUse

DEVICE_NAMES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Device:
    """A device of this machine.

    Attributes:
        name: as torch calls it.
        title: for people.
        precision: of the arithmetic; part of each vector's identity.
        threads: how many decode and run batches side by side, one intra-op thread each.
        batch: pictures in a batch; always filled up, since some kernels round differently for other sizes.
    """

    name: str
    title: str
    precision: str
    threads: int
    batch: int


def find_device(name: str = "auto", threads: int | None = None) -> Device:
    """The named device, or for ``"auto"`` the fastest one here that works.

    Args:
        threads: at least 1; None: one a usable core.

    Raises:
        UnknownDevice: no such name, this machine has none, or torch cannot use it.
        WrongUse: fewer than one thread.
    """
    count = usable_cores() if threads is None else threads
    if count < 1:
        raise WrongUse(f"{count} threads cannot work. Give at least 1, or leave it out.")
    if name not in DEVICE_NAMES:
        raise UnknownDevice(f"{name!r} is not a device. Choose one of: {', '.join(DEVICE_NAMES)}.")
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if not _fault(device))
    if fault := _fault(name):
        raise UnknownDevice(f"{fault} Choose Automatic (auto) or CPU (cpu).")
    return _device(name, count)


def _device(name: str, threads: int) -> Device:
    import torch
    if name == "cpu":
        return Device(name, f"CPU, {threads} thread{'' if threads == 1 else 's'}", "fp32", threads, batch=4)
    if name == "cuda":
        return Device(name, torch.cuda.get_device_name(), "tf32", threads, batch=64)
    return Device(name, "Apple GPU", "fp32", threads, batch=32)


def _fault(name: str) -> str:
    """Why a device cannot be used, as a sentence; ``""`` when one addition on it comes out right."""
    import torch
    if name == "cpu":
        return ""
    title = {"cuda": "NVIDIA graphics card", "mps": "Apple GPU"}[name]
    if not (torch.cuda if name == "cuda" else torch.backends.mps).is_available():
        return f"This machine has no {title} that torch can use."
    try:
        right = (torch.ones(1, device=name) + 1).item() == 2
    except RuntimeError as error:  # such as a card that this torch has no programs for
        return f"This machine's {title} cannot be used ({next(iter(str(error).splitlines()), 'it failed')})."
    return "" if right else f"This machine's {title} cannot be used (it adds wrongly)."


def usable_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
