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
    """The named device, or for ``"auto"`` the fastest one here.

    Args:
        threads: at least 1; None: one a usable core.

    Raises:
        UnknownDevice: no such name, or this machine has none.
        WrongUse: fewer than one thread.
    """
    import torch
    count = usable_cores() if threads is None else threads
    if count < 1:
        raise WrongUse(f"{count} threads cannot work. Give at least 1, or leave it out.")
    plural = "" if count == 1 else "s"
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, here in present.items() if here)
    if name not in present:
        raise UnknownDevice(f"{name!r} is not a device. Choose one of: {', '.join(DEVICE_NAMES)}.")
    if not present[name]:
        raise UnknownDevice(f"This machine has no {name.upper()} device. Choose 'auto' or 'cpu'.")
    if name == "cpu":
        return Device(name, f"CPU, {count} thread{plural}", "fp32", count, batch=4)
    if name == "cuda":
        return Device(name, torch.cuda.get_device_name(), "tf32", count, batch=64)
    return Device(name, "Apple GPU", "fp32", count, batch=32)


def usable_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
