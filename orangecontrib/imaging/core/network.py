"""A network ready to run: loaded once, called by several threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .cards import ModelCard
from .device import Device
from .errors import WorkerError
from .preprocess import normalise, resize
from .weights import load_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

_SETTING = Lock()
_BEFORE: list[int] = []  # torch's own thread counts; only the first is another than 1


class Network:
    """A network up to one layer, on its device."""

    def __init__(self, card: ModelCard, device: Device, module: nn.Module) -> None:
        """`module` maps (n, 3, input_px, input_px) float32 to (n, dimension) float32."""
        self._card = card
        self._device = device
        self._module = module

    def fit(self, pixels: NDArray[np.uint8]) -> Tensor:
        """A picture in the network's size: (height, width, 3) uint8 RGB -> (3, input_px, input_px) uint8 RGB.

        Raises:
            WorkerError: out of memory.
        """
        with _failures(self._card, self._device):
            return resize(pixels, self._card)

    def embed(self, pictures: Sequence[Tensor]) -> NDArray[np.float32]:
        """The vectors of at most one batch of pictures.

        The batch is filled up to its full size with zeros, so that a picture's vector does not depend on how many
        others run beside it.

        Args:
            pictures: each (3, input_px, input_px) uint8 RGB, as `fit` gives it.

        Returns:
            (len(pictures), dimension) float32.

        Raises:
            WorkerError: the device failed, mostly for want of memory.
        """
        import torch
        side = self._card.input_px
        batch = torch.zeros(self._device.batch, 3, side, side, dtype=torch.uint8)
        for place, picture in enumerate(pictures):
            batch[place] = picture
        with _failures(self._card, self._device), torch.inference_mode():
            vectors = self._module(normalise(batch.to(self._device.name), self._card))
            result: NDArray[np.float32] = vectors[:len(pictures)].cpu().numpy()
        return result


@lru_cache(maxsize=1)
def load_network(card: ModelCard, layer: str, device: Device) -> Network:
    """Build the network and load its checked weights; the last one is kept for the next call.

    Raises:
        WeightsError: the weights are absent or not what was published.
        WorkerError: the device failed.
    """
    import torch
    module, function = card.builder.split(":")
    network = getattr(import_module(module), function)(layer, load_weights(card))
    with _failures(card, device):
        return Network(card, device, network.eval().to(device.name, memory_format=torch.channels_last))


@contextmanager
def _failures(card: ModelCard, device: Device) -> Iterator[None]:
    """Turn what torch raises when a device fails into a WorkerError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        reason = next(iter(str(error).splitlines()), "out of memory").rstrip(".")
        raise WorkerError(f"{card.title} failed on {device.title}: {reason}. "
                          "Close other programs, or choose another device.") from error


@contextmanager
def one_intra_op_thread() -> Iterator[None]:
    """Keep torch from starting threads of its own inside each of ours; the last to leave puts its setting back."""
    import torch
    with _SETTING:
        _BEFORE.append(torch.get_num_threads())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _SETTING:
            torch.set_num_threads(_BEFORE.pop())
