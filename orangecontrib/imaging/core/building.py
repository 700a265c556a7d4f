"""From a card and the bytes of its weights to a network: ours directly, those of other distributions under watch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from .cards import ModelCard
from .errors import WeightsError, first_line
from .plugins import AddedCard

if TYPE_CHECKING:
    from torch import Tensor, nn

BUILD_LIMIT_S = 60.0


def call_builder(card: ModelCard, layers: Sequence[str], data: bytes, dense: bool = False) -> nn.Module:
    """The network of a card, as its builder makes it; the builder's module is imported here.

    The builder of an added card runs in a thread that is given up after `BUILD_LIMIT_S` seconds, and its network is
    tried once.

    Args:
        layers: names of layers of the card.
        data: the content of its weights file.
        dense: whether pictures of any size will come.

    Returns:
        A module from (n, 3, height, width) float32 to (n, sum of the layers' dimensions) float32.

    Raises:
        WeightsError: these are not the network's weights; or another distribution's builder failed or was too slow.
    """
    if not isinstance(card, AddedCard):
        return _build(card, layers, data, dense)
    outcome: SimpleQueue[nn.Module | str] = SimpleQueue()
    Thread(target=lambda: outcome.put(_attempt(card, layers, data, dense)), daemon=True, name=card.builder).start()
    try:
        network = outcome.get(timeout=BUILD_LIMIT_S)
    except Empty:
        network = f"it gave no network within {BUILD_LIMIT_S:g} seconds"
    if isinstance(network, str):
        raise WeightsError(f"{card.title}: the builder of the add-on {card.distribution} failed: {network}. "
                           "Choose another network, or ask the add-on's authors.")
    return network


def trial(card: ModelCard, network: nn.Module) -> Tensor:
    """What a network gives for two pictures of the mean colour: (2, dimension) float32, finite.

    Raises:
        WeightsError: it fails, or gives something else; the reason is a clause without the network's name.
    """
    import torch
    with torch.inference_mode():
        try:
            vectors = network(torch.zeros(2, 3, card.input_px, card.input_px))
        except (RuntimeError, AssertionError, ValueError, LookupError, TypeError, MemoryError) as error:
            raise WeightsError(f"it fails on pictures of {card.input_px} × {card.input_px} pixels "
                               f"({first_line(error)})") from error
    if not isinstance(vectors, torch.Tensor) or vectors.ndim != 2 or len(vectors) != 2:
        shape = list(vectors.shape) if isinstance(vectors, torch.Tensor) else type(vectors).__name__
        raise WeightsError(f"for two pictures it gives {shape}, but it must be one vector a picture, [2, dimension]")
    if not torch.isfinite(vectors).all():
        raise WeightsError("it gives infinite or undefined numbers")
    return vectors


def _attempt(card: AddedCard, layers: Sequence[str], data: bytes, dense: bool) -> nn.Module | str:
    """The network of another distribution, or why there is none, as a clause."""
    import torch
    try:
        network = _build(card, layers, data, dense)
        if not isinstance(network, torch.nn.Module):
            return f"it gave {type(network).__name__}, not a torch module"
        network.eval()
        found, wanted = trial(card, network).shape[1], sum(card.layer(name).dimension for name in layers)
    except WeightsError as error:
        return first_line(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - other people's code may raise anything, and end threads
        return f"{type(error).__name__}: {first_line(error)}"
    return network if found == wanted else f"its vectors have {found} numbers, but its card says {wanted}"


def _build(card: ModelCard, layers: Sequence[str], data: bytes, dense: bool) -> nn.Module:
    module, _, function = card.builder.partition(":")
    network: nn.Module = getattr(import_module(module), function)(card, layers, data, dense)
    return network
