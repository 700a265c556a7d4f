"""The cards of the networks and the one registry of them. Standard library only: a menu needs no torch.

A card holds everything that changes a vector. Each family of networks is one file in ``networks/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

from .errors import ImagingError, UnknownLayer, UnknownNetwork

PENULTIMATE = "penultimate"
GROUPS = {"fast": "Small and fast", "classic": "Classic", "strong": "Strong", "own": "Your own", "added": "Added"}
FAMILIES = ("squeezenet", "mobilenet", "resnet", "alexnet", "vgg", "inception", "densenet", "efficientnet", "convnext",
            "transformers")


@dataclass(frozen=True)
class Layer:
    """A layer that can be taken as the vector.

    Attributes:
        name: as in code and files.
        title: as in the menu.
        dimension: length of the vector, the layer's channels.
        node: what the builder calls it; for torchvision's networks, the node of its feature extractor.
        averaged: the axes of the feature map (the batch is axis 0) over which it is averaged; none for a vector.
        smallest_px: in a dense application, the least side of a picture that still fills the layer's kernels; 0 where
            every scale that `Options` allows does.
    """

    name: str
    title: str
    dimension: int
    node: str = ""
    averaged: tuple[int, ...] = (2, 3)
    smallest_px: int = 0


@dataclass(frozen=True)
class Weights:
    """Where a network's trained weights come from.

    Attributes:
        file: the file's name; for a package, its path inside the package.
        size_mb: mebibytes (2^20 bytes).
        licence: of the weights, with its source.
        sha256: of the whole file in hex, or as many of its first digits as were published; ``""`` for none.
        url: where it can be downloaded; ``""`` for nowhere.
        package: an installed distribution that carries it; ``""`` for none.
        path: of the user's own file; ``""`` for the others.
    """

    file: str
    size_mb: float
    licence: str
    sha256: str = ""
    url: str = ""
    package: str = ""
    path: str = ""


@dataclass(frozen=True)
class ModelCard:
    """A network and all that its numbers depend on.

    Attributes:
        name: as in code and files (``"squeezenet"``).
        title: as in the menu.
        group: key of `GROUPS`: where it stands in the menu.
        advice: one plain sentence on when to choose it.
        input_px: the picture becomes a square of this side.
        shorter_px: for a center crop, the shorter side is first resized to this.
        channel_order: of the network's input.
        mean, std: input = (value - mean) / std per channel, values 0–255, in `channel_order`.
        resample: the filter of the resizing.
        layers: those that can be taken, the penultimate one (exact input of the last linear layer) first.
        weights: where the trained weights come from.
        builder: ``"module:function"``; called with (card, names of layers, bytes of the weights file, dense: bool), it
            gives a torch module from (n, 3, height, width) float32 to (n, sum of the layers' dimensions) float32.
        paper: the publication.
        dense: whether it accepts pictures of other sizes than `input_px`.
        microscopy: the layers that the preset for microscopy stacks.
        top1: share (%) of ImageNet's validation pictures put right, by the weights' own record; None: not told.
    """

    name: str
    title: str
    group: str
    advice: str
    input_px: int
    shorter_px: int
    channel_order: Literal["RGB", "BGR"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resample: Literal["lanczos", "bilinear", "bicubic"]
    layers: tuple[Layer, ...]
    weights: Weights
    builder: str
    paper: str
    dense: bool = True
    microscopy: tuple[str, ...] = (PENULTIMATE,)
    top1: float | None = None

    def layer(self, name: str) -> Layer:
        """The layer of this name. Raises UnknownLayer."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownLayer(name, self.name, [layer.name for layer in self.layers])


def register(cards: dict[str, ModelCard], card: ModelCard) -> None:
    """Add a card to a registry. Raises ImagingError when the name is taken."""
    if card.name in cards:
        raise ImagingError(f"Two networks are called {card.name!r}. Rename one of them.")
    cards[card.name] = card


def network_cards() -> tuple[ModelCard, ...]:
    """All networks, in the order of the menu."""
    return tuple(_registry().values())


def find_card(name: str) -> ModelCard:
    """The card of the network of this name. Raises UnknownNetwork."""
    try:
        return _registry()[name]
    except KeyError:
        raise UnknownNetwork(name, _registry()) from None


@cache
def _registry() -> dict[str, ModelCard]:
    cards: dict[str, ModelCard] = {}
    for family in FAMILIES:
        for card in import_module(f"{__package__}.networks.{family}").CARDS:
            register(cards, card)
    return cards
