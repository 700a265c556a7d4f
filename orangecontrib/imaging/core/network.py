"""A network ready to run: loaded once, called by several threads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from .building import call_builder
from .cards import ModelCard
from .device import Device
from .errors import NoRoom, WeightsError, WorkerError, first_line
from .options import Options
from .own import ONNX
from .paths import escape_path
from .plugins import AddedCard
from .preprocess import fit, normalise, turned, view_numbers
from .versions import with_version
from .weights import load_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

_HALVES = {"bf16": "bfloat16", "fp16": "float16"}
_CARD_FULL = re.compile("(CUDA|MPS).*out of memory|ALLOC_FAILED", re.IGNORECASE)  # CUDA, its libraries, Apple's GPU
_COMPUTER_FULL = re.compile("CPUAllocator|out of memory|not enough memory|allocate memory|bad_alloc", re.IGNORECASE)
Run = Callable[["Tensor"], "Tensor"]


class Network:
    """A network up to some of its layers, on its device."""

    def __init__(self, card: ModelCard, options: Options, device: Device, module: nn.Module) -> None:
        """`module` maps (n, 3, height, width) float32 to (n, sum of the layers' dimensions) float32."""
        self._card = card
        self._options = options
        self._device = device
        self._module = module

    def fit(self, pixels: NDArray[np.uint8]) -> tuple[Tensor, ...]:
        """A picture, (height, width, 3) uint8 RGB, in the network's sizes: each (3, height, width) uint8 RGB.

        Raises:
            MemoryError, RuntimeError: out of memory.
        """
        return fit(pixels, self._card, self._options)

    def embed(self, pictures: Sequence[tuple[Tensor, ...]], halving: bool = False) -> NDArray[np.float32]:
        """The vectors of at most one batch of pictures.

        Args:
            pictures: as `fit` gives them.
            halving: a batch that the graphics card has no room for is halved, which may round differently.

        Returns:
            (len(pictures), dimension) float32.

        Raises:
            NoRoom: the graphics card has too little memory for the batch; when halving, even for one picture.
            WorkerError: the device failed, or the computer has too little memory.
        """
        import torch
        run = partial(halved, self._run) if halving else self._run
        with _failures(self._card, self._device), torch.inference_mode():
            scales = [self._embed_scale(images, run) for images in zip(*pictures, strict=True)]
            joined = torch.cat(scales, 1) if self._options.joined == "stack" else torch.stack(scales).mean(0)
            vectors = self._to_unit_length(joined, len(scales)) if self._options.unit_length else joined
            result: NDArray[np.float32] = vectors.numpy()
        return result

    def _embed_scale(self, images: Sequence[Tensor], run: Run) -> Tensor:
        """(n, sum of dimensions) on the CPU, averaged over the views; pictures of different sizes run one by one."""
        import torch
        if self._options.fit == "dense":
            return torch.cat([self._average_views(image[None], run) for image in images])
        return self._average_views(self._filled_up(images), run)[:len(images)]

    def _filled_up(self, images: Sequence[Tensor]) -> Tensor:
        """A full batch, the rest of it zeros, so that no vector depends on how many others run beside it."""
        import torch
        batch = torch.zeros(self._device.batch, *images[0].shape, dtype=torch.uint8)
        for place, image in enumerate(images):
            batch[place] = image
        return batch

    def _average_views(self, batch: Tensor, run: Run) -> Tensor:
        import torch
        views = [run(turned(batch, view)) for view in view_numbers(self._options)]
        return torch.stack(views).mean(0) if len(views) > 1 else views[0]

    def _run(self, batch: Tensor) -> Tensor:
        import torch
        name, half = self._device.name, _HALVES.get(self._device.precision)
        with torch.autocast(name, getattr(torch, half or "bfloat16"), enabled=half is not None):
            return self._module(normalise(batch.to(name), self._card)).float().cpu()  # type: ignore[no-any-return]

    def _to_unit_length(self, vectors: Tensor, scales: int) -> Tensor:
        """Each layer's part, then the whole, divided by its length; zeros stay zeros."""
        import torch
        dimensions = [self._card.layer(name).dimension for name in self._options.layers]
        parts = torch.split(vectors, dimensions * (scales if self._options.joined == "stack" else 1), dim=1)
        normalised = torch.cat([torch.nn.functional.normalize(part, dim=1) for part in parts], dim=1)
        return torch.nn.functional.normalize(normalised, dim=1)


def halved(run: Run, batch: Tensor) -> Tensor:
    """What `run` gives for a batch; in halves where the graphics card has no room for it.

    Args:
        batch: (n, …).

    Returns:
        (n, dimension), rows in the batch's order.

    Raises:
        torch.OutOfMemoryError: there is no room for one picture.
    """
    import torch
    try:
        return run(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
    return torch.cat([halved(run, part) for part in batch.chunk(2)])  # once what the error held on to is let go


def load_network(card: ModelCard, weights: str, options: Options, device: Device,
                 models: str | None = None) -> Network:
    """Build the network and load its checked weights; the last one is kept, or as many as `keep_networks` said.

    Args:
        weights: their SHA-256 (a file of the user's own may have changed since the last call).
        models: a folder of weights files, looked into first.

    Raises:
        WeightsError: the weights are absent or not what was published.
        WorkerError: the device failed.
    """
    return _kept.get((card, weights, options, device, models))


def keep_networks(count: int) -> None:
    """Keep so many of the networks that were loaded last: those of a job, which takes turns with them."""
    _kept.keep(count)


_Chosen = tuple[ModelCard, str, Options, Device, "str | None"]


class _Kept:
    """The networks that were used last."""

    def __init__(self) -> None:
        """At first there is room for one."""
        self._count, self._networks, self._lock = 1, dict[_Chosen, Network](), Lock()

    def keep(self, count: int) -> None:
        """There is room for so many; others go, those first that were used least recently."""
        with self._lock:
            self._count = count
            self._make_room()

    def get(self, chosen: _Chosen) -> Network:
        """The network, loaded if it is not there; others make room for it afterwards."""
        with self._lock:
            network = self._networks.pop(chosen, None)
        network = network or _loaded(*chosen)
        with self._lock:
            self._networks[chosen] = network
            self._make_room()
        return network

    def _make_room(self) -> None:
        for chosen in list(self._networks)[:-self._count]:
            del self._networks[chosen]


_kept = _Kept()


def _loaded(card: ModelCard, weights: str, options: Options, device: Device, models: str | None) -> Network:
    data = load_weights(card, models)
    if card.weights.path and hashlib.sha256(data).hexdigest() != weights:
        raise WeightsError(f"{escape_path(card.weights.path)}: the file changed while it was read. Start again.")
    network = call_builder(card, options.layers, data, options.fit == "dense")
    with _failures(card, device):
        return Network(card, options, device, _made_ready(network, card, device))


def _made_ready(network: nn.Module, card: ModelCard, device: Device) -> nn.Module:
    """On its device; on the CPU in full precision, a traced network is fused."""
    import torch
    traced = isinstance(network, torch.fx.GraphModule) and not isinstance(card, AddedCard)  # theirs may be unusual
    if device.name != "cpu" or device.precision != "fp32" or not traced:
        return network.eval().to(device.name).to(memory_format=torch.channels_last)
    from .fusing import fuse
    graph = cast(torch.fx.GraphModule, network)
    example = torch.zeros(device.batch, 3, card.input_px, card.input_px)
    return fuse(graph, example.contiguous(memory_format=torch.channels_last))


def engine_name(card: ModelCard, device: Device) -> str:
    """What computes, as recorded with each vector."""
    from .fusing import FUSING_VERSION, can_fuse
    fused = device.name == "cpu" and device.precision == "fp32" and can_fuse()
    parts = [with_version("torch"), *([f"oneDNN {FUSING_VERSION}"] if fused else [])]
    if isinstance(card, AddedCard):
        parts.append(with_version(card.distribution))
    if card.weights.path.lower().endswith(ONNX):
        parts.append(with_version("onnxruntime"))
    return ", ".join(parts)


@contextmanager
def _failures(card: ModelCard, device: Device) -> Iterator[None]:
    """Turn what torch raises when a device fails into a WorkerError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise _told(error, card, device) from error


def _told(error: Exception, card: ModelCard, device: Device) -> WorkerError:
    """What happened, on which device, and what to do, which for want of memory is another thing."""
    import torch
    reason = first_line(error, "out of memory")
    happened = f"{card.title} failed on {device.title}: {reason}."
    if device.name != "cpu" and (isinstance(error, torch.OutOfMemoryError) or _CARD_FULL.search(str(error))):
        return NoRoom(f"{happened} Close other programs, or choose another device.")
    if isinstance(error, MemoryError) or _COMPUTER_FULL.search(str(error)):
        return WorkerError(f"{card.title} needs more of the computer's memory than is free ({reason}). Close other "
                           "programs, or choose a smaller network.")
    return WorkerError(f"{happened} Choose another device, another network or another fit.")
