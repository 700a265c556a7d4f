"""Where a network runs: processor or graphics card, how many threads, how large a batch, how exactly."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

from .errors import UnknownDevice, WrongUse, first_line
from .graphics_card import find_card, remedy
from .options import PRECISIONS

DEVICE_NAMES = ("auto", "cpu", "cuda", "mps")
_PRECISIONS = {"cpu": ("fp32", "bf16"), "cuda": ("fp32", "tf32", "bf16", "fp16"), "mps": ("fp32", "fp16")}
_TITLES = {"cuda": "NVIDIA graphics card", "mps": "Apple GPU"}
_SETTING = Lock()
_ACTIVE: list[bool | None] = []  # for each job under way: whether it uses TF32, the same for all; None: no CUDA
_BEFORE: list[tuple[int, bool, bool]] = []  # torch's own settings, while a job is under way


@dataclass(frozen=True)
class Device:
    """A device of this machine.

    Attributes:
        name: as torch calls it.
        title: for people.
        precision: of the arithmetic; part of each vector's identity.
        threads: how many decode and run batches side by side, one intra-op thread each.
        batch: pictures in a batch; always filled up, since some kernels round differently for other sizes.
        why: for people: why no graphics card is used, or ``""``.
        remedy: for people, in sentences: what to do so that it is used; ``""`` where there is none.
    """

    name: str
    title: str
    precision: str
    threads: int
    batch: int
    why: str = ""
    remedy: str = ""


def find_device(name: str = "auto", threads: int | None = None, precision: str = "fp32") -> Device:
    """The named device, or for ``"auto"`` the fastest one here that works.

    Args:
        threads: at least 1; None: one a usable core.
        precision: key of `options.PRECISIONS`.

    Raises:
        UnknownDevice: no such name, this machine has none, or torch cannot use it.
        WrongUse: fewer than one thread, or a precision that the device does not have.
    """
    count = usable_cores() if threads is None else threads
    if count < 1:
        raise WrongUse(f"{count} threads cannot work. Give at least 1, or leave it out.")
    _check_name(name)
    why = way = ""
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if not _fault(device))
        if name == "cpu":
            why, way = f"GPU: not used, {_fault('cuda')}", _remedy()
    elif fault := _fault(name):
        way = f" {_remedy()}" if name == "cuda" else ""
        raise UnknownDevice(f"{_TITLES[name]}: {fault}. Choose Automatic (auto) or CPU (cpu).{way}".rstrip())
    _check_precision(precision, name, _PRECISIONS[name])
    return replace(_device(name, precision, count), why=why, remedy=way)


def distant_device(name: str = "auto", precision: str = "fp32") -> Device:
    """A device of other computers, of which this one knows no more than how it is called.

    Args:
        precision: key of `options.PRECISIONS`.

    Raises:
        UnknownDevice: no such name.
        WrongUse: a precision that no such device has.
    """
    _check_name(name)
    _check_precision(precision, name, tuple(PRECISIONS) if name == "auto" else _PRECISIONS[name])
    return Device(name, "", precision, threads=1, batch=1)


def _check_name(name: str) -> None:
    if name not in DEVICE_NAMES:
        raise UnknownDevice(f"{name!r} is not a device. Choose one of: {', '.join(DEVICE_NAMES)}.")


def _check_precision(precision: str, name: str, precisions: Sequence[str]) -> None:
    if precision not in precisions:
        raise WrongUse(f"The precision {_precision_text(precision)} is not to be had on this device ({name}). "
                       f"Choose one of: {', '.join(map(_precision_text, precisions))}.")


def _precision_text(precision: str) -> str:
    """Its title in the menu, with the name that a program gives."""
    title = PRECISIONS.get(precision, "")
    return title if precision in title else f"{title} ({precision})" if title else repr(precision)


def _device(name: str, precision: str, threads: int) -> Device:
    import torch
    if name == "cpu":
        return Device(name, f"CPU, {threads} thread{'' if threads == 1 else 's'}", precision, threads, batch=4)
    if name == "cuda":
        return Device(name, torch.cuda.get_device_name(), precision, threads, batch=64)
    return Device(name, "Apple GPU", precision, threads, batch=32)


def _fault(name: str) -> str:
    """Why a device cannot be used, as a clause; ``""`` when one addition on it comes out right."""
    import torch
    if name == "cpu":
        return ""
    if name == "cuda" and torch.version.cuda is None:
        return "this torch was built without CUDA"
    if not (torch.cuda if name == "cuda" else torch.backends.mps).is_available():
        return f"this machine has no {_TITLES[name]} that torch can use"
    try:
        right = (torch.ones(1, device=name) + 1).item() == 2
    except RuntimeError as error:  # such as a card that this torch has no programs for
        return f"the {_TITLES[name]} failed ({first_line(error, 'without a word')})"
    return "" if right else f"the {_TITLES[name]} adds wrongly"


def _remedy() -> str:
    import torch
    return remedy(find_card(), torch.version.cuda)


def usable_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def torch_settings(precision: str, device: str = "cuda") -> Iterator[None]:
    """One intra-op thread in each of ours, and TF32 only where it was chosen; the last to leave puts all back.

    torch would otherwise start threads inside each of ours, and its convolutions use TF32 by default. It knows one
    setting a process, so of jobs that overlap in one process either all use TF32 or none. That concerns CUDA only.

    Args:
        device: as torch calls it.

    Raises:
        WrongUse: a job is under way that differs in this.
    """
    tf32 = precision == "tf32" if device == "cuda" else None
    with _SETTING:
        if tf32 is not None and (not tf32) in _ACTIVE:
            raise WrongUse(f"The precision {_precision_text(precision)} cannot be used while an embedding "
                           f"{'without' if tf32 else 'in'} TF32 runs in this program. Start this one "
                           "again when the other has ended.")
        if not _ACTIVE:
            _BEFORE[:] = [_settings()]
        _apply(1, *(_settings()[1:] if tf32 is None else (tf32, tf32)))
        _ACTIVE.append(tf32)
    try:
        yield
    finally:
        with _SETTING:
            _ACTIVE.remove(tf32)
            if not _ACTIVE:
                _apply(*_BEFORE[0])


def _settings() -> tuple[int, bool, bool]:
    """Thread count of torch, and whether convolutions and matrix products may use TF32."""
    import torch
    return torch.get_num_threads(), torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


def _apply(threads: int, convolutions: bool, products: bool) -> None:
    import torch
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = convolutions, products
