"""Trained weights brought to this machine: copied from another folder of it or downloaded, checked, and then placed.

A lock beside the file keeps two processes that want the same file from bringing it twice.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .cards import ModelCard
from .errors import Cancelled, WeightsError
from .paths import cache_folder, cache_path, escape_path
from .placing import placed, writing
from .space import check_space, writing_much
from .transfer import Transfer, discard_part, part_bytes, part_path, receive
from .weights import accept, check_file, difference, distribution_name, download_folder, models_folders, record

_PIECE_BYTES = 2**20
_POLL_S = 0.1

_Progress = Callable[[int, int], None]
_Cancelled = Callable[[], bool]


def fetch_weights(card: ModelCard, folder: Path | None = None, *, models: str | os.PathLike[str] | None = None,
                  on_progress: _Progress | None = None, cancelled: _Cancelled | None = None) -> Path:
    """Bring a network's weights file into a folder; its path, after its SHA-256 was checked.

    Args:
        card: one whose weights have a URL.
        folder: where to put it, made where it is missing; None: `weights.download_folder`.
        models: looked through first, as in `weights.models_folders`. A file that is there is copied.
        on_progress: called with (bytes done, bytes in all); the last call has both alike.
        cancelled: asked in this thread, several times a second but for waits on a silent server (30 s at most).

    Raises:
        WeightsError: it cannot be had, or is not what was published; or the folder holds another file of this name.
        OutputError: it cannot be written, or the disk has no room for it.
        Cancelled: `cancelled` returned True. What came is kept, and the next call goes on with it.
    """
    if not card.weights.url:
        raise WeightsError(f"There is nothing to fetch for {card.title}: {where_else(card)}.")
    target = (Path(folder) if folder else download_folder(models)).absolute() / card.weights.file
    told, asked = on_progress or (lambda done, total: None), cancelled or (lambda: False)
    if not _is_here(card, target):
        with _alone(card, target, told, asked):
            if not (_is_here(card, target) or _copied(card, target, models, told, asked)):
                _download(card, target, told, asked)
    told(target.stat().st_size, target.stat().st_size)
    return target


def missing_bytes(card: ModelCard, folder: Path) -> int:
    """About how many bytes a network's weights file still needs in a folder: 0 where it is there.

    Raises:
        OutputError: the folder may not be looked into.
    """
    target = folder / card.weights.file
    with writing(target):
        return 0 if target.is_file() else max(0, _expected_bytes(card) - part_bytes(target))


def where_else(card: ModelCard) -> str:
    """Where the weights are, or come from, of a network that has none to fetch; a clause."""
    weights = card.weights
    if weights.path:
        return f"its weights are your own file {escape_path(weights.path)}"
    if weights.package:
        return f"its weights come with the package {distribution_name(card)}"
    return f"no address of {weights.file} is known"


def _expected_bytes(card: ModelCard) -> int:
    return round(card.weights.size_mb * 2**20)


def _is_here(card: ModelCard, target: Path) -> bool:
    """Whether the file is there. Raises WeightsError: something else is, under its name."""
    if not os.path.isfile(target):
        return False
    check_file(card, target)
    return True


@contextmanager
def _alone(card: ModelCard, target: Path, on_progress: _Progress, cancelled: _Cancelled) -> Iterator[None]:
    """Wait until no other process brings this file. After success the lock's file goes; nobody needs it any more."""
    from filelock import FileLock, Timeout
    path = target.with_name(f"{target.name}.lock")
    _make_folder(target.parent)
    lock = FileLock(path)
    while not lock.is_locked:
        if cancelled():
            raise Cancelled("The download was cancelled. What came is kept for the next time.")
        with writing(path), suppress(Timeout):
            lock.acquire(timeout=0)
        if not lock.is_locked:
            on_progress(min(part_bytes(target), _expected_bytes(card)), _expected_bytes(card))
            time.sleep(_POLL_S)
    try:
        yield
        with suppress(OSError):
            path.unlink(missing_ok=True)
    finally:
        lock.release()


def _make_folder(folder: Path) -> None:
    with writing(folder):
        if folder.is_relative_to(cache_path()):
            cache_folder()
        folder.mkdir(parents=True, exist_ok=True)


def _copied(card: ModelCard, target: Path, models: str | os.PathLike[str] | None, on_progress: _Progress,
            cancelled: _Cancelled) -> bool:
    """Whether the file lay in another folder and was copied; one that is damaged or unreadable there is passed over."""
    for folder in models_folders(models):
        source = folder / card.weights.file
        if os.path.isfile(source):
            with suppress(WeightsError):
                _copy(card, source, target, on_progress, cancelled)
                return True
    return False


def _copy(card: ModelCard, source: Path, target: Path, on_progress: _Progress, cancelled: _Cancelled) -> None:
    """Copy the file while its SHA-256 is taken. Raises WeightsError: it is unreadable, or not these weights."""
    total, done, digest = _expected_bytes(card), 0, hashlib.sha256()
    check_space(card.title, total, target.parent)
    with writing_much(card.title, total, target), placed(target) as beside:
        with open(beside, "wb") as file:
            for piece in _pieces(source):
                digest.update(piece)
                file.write(piece)
                done += len(piece)
                on_progress(done, max(total, done))
                if cancelled():
                    raise Cancelled("The copy was cancelled.")
            file.flush()
            os.fsync(file.fileno())
        accept(card, source, digest.hexdigest())


def _pieces(source: Path) -> Iterator[bytes]:
    try:
        with open(source, "rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise WeightsError(f"{escape_path(str(source))}: cannot be read ({error.strerror}).") from error


def _download(card: ModelCard, target: Path, on_progress: _Progress, cancelled: _Cancelled) -> None:
    """Download, check, place. Where wrong bytes may be those of an old part, all is downloaded once more."""
    transfer = Transfer(card.weights.url, target, card.title, _expected_bytes(card))
    went_on = receive(transfer, on_progress, cancelled)
    reason = _place(card, target)
    if reason and went_on:
        receive(transfer, on_progress, cancelled)
        reason = _place(card, target)
    if reason:
        raise WeightsError(f"{card.weights.url} gave something else: {reason} Nothing of it was kept. A login "
                           "page or a filter of this network may stand in between; try again from another one.")


def _place(card: ModelCard, target: Path) -> str:
    """Move what came to its place, or discard it and say why it is not the network's file. Raises OutputError."""
    with writing_much(card.title, _expected_bytes(card), target):
        digest = _synced_digest(part_path(target))
        reason = difference(card, digest)
        if not reason:
            os.replace(part_path(target), target)
            record(card, digest)
        discard_part(target)
    return reason


def _synced_digest(path: Path) -> str:
    """The SHA-256 of a file, which is then on the disk and not only in memory. Raises OSError."""
    with open(path, "r+b") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest
