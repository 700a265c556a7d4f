"""Networks from the user's own files: an architecture of ours with other weights, or a whole network as ONNX."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..building import trial
from ..errors import WeightsError
from ..own import ONNX, OwnCard, description_path
from .imagenet import named_arrays, read_checkpoint, tapped

if TYPE_CHECKING:
    from torch import Tensor, nn

_NESTED = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.", "model.")  # of nn.DataParallel, torch.compile, and classes that hold the network


def build(card: OwnCard, layers: Sequence[str], data: bytes, dense: bool) -> nn.Module:
    """The network of a user's own file, tried once.

    Args:
        card: as `own.own_card` gives it.
        layers: names of layers of the card.
        data: the file's content: a state dict (``.pth``, ``.pt``, ``.safetensors``), or a network (``.onnx``).
        dense: for pictures of any size; not for ONNX.

    Returns:
        A module from (n, 3, height, width) float32, normalised, to (n, sum of the layers' dimensions) float32.

    Raises:
        WeightsError: damaged, refused, or another network than its description says; or onnxruntime is missing.
    """
    file, description = card.weights.file, description_path(card.name)
    if card.name.lower().endswith(ONNX):
        from .onnx_file import OnnxNetwork
        network: nn.Module = OnnxNetwork(card, data)
    else:
        state = _state(card, data)
        try:
            network = tapped(card, layers, state, dense, card.architecture)
        except WeightsError as error:
            raise WeightsError(f"{error} The architecture is named in {description}.") from error
    try:
        found, wanted = trial(card, network).shape[1], sum(card.layer(layer).dimension for layer in layers)
    except WeightsError as error:
        raise WeightsError(f"{file}: {error}. Check what {description} says of it.") from error
    if found != wanted:
        raise WeightsError(f'{file}: its vectors have {found} numbers, not {wanted}. Write "dimension": {found} in '
                           f"{description}.")
    return network


def _state(card: OwnCard, data: bytes) -> dict[str, Tensor]:
    """The named arrays of a file, in full precision, under the names that the architecture gives them."""
    is_safe = card.name.lower().endswith(".safetensors")
    held = _read_safetensors(card, data) if is_safe else read_checkpoint(card, data)
    state = named_arrays(card, _unwrapped(held))
    while state and (prefix := _shared_prefix(state)):
        state = {name.removeprefix(prefix): value for name, value in state.items()}
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def _shared_prefix(names: Collection[str]) -> str:
    """The one of `_PREFIXES` that all names begin with, or ``""``."""
    return next((prefix for prefix in _PREFIXES if all(name.startswith(prefix) for name in names)), "")


def _unwrapped(held: object) -> object:
    """The state dict inside what a training program saved along with it."""
    nested = [held[name] for name in _NESTED if name in held] if isinstance(held, dict) else []
    return next((value for value in nested if isinstance(value, dict)), held)


def _read_safetensors(card: OwnCard, data: bytes) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load
    try:
        return load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a type of numbers that torch does not know
        raise WeightsError(f"{card.weights.file}: this is no readable safetensors file; it may be damaged ({error}). "
                           "Copy or download it again.") from error
