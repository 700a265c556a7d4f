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
_FAMILIES = ("squeezenet",)


@dataclass(frozen=True)
class Layer:
    """A layer that can be taken as the vector: its name, a title for the menu, and the vector's dimension."""

    name: str
    title: str
    dimension: int


@dataclass(frozen=True)
class Weights:
    """Where a network's trained weights come from.

    Attributes:
        package: an installed distribution that carries the file.
        file: its path inside that package.
        sha256: of the whole file, in hex.
        bytes: its size.
        licence: of the weights, with its source.
    """

    package: str
    file: str
    sha256: str
    bytes: int
    licence: str


@dataclass(frozen=True)
class ModelCard:
    """A network and all that its numbers depend on.

    Attributes:
        name: as in code and files (``"squeezenet"``).
        title: as in the menu.
        advice: one plain sentence on when to choose it.
        input_px: the picture is resized to a square of this side.
        channel_order: of the network's input.
        mean, std: input = (value - mean) / std per channel, values 0–255, in `channel_order`.
        resample: the filter of the resizing.
        layers: those that can be taken, the penultimate one first.
        weights: where the trained weights come from.
        builder: ``"module:function"``; called with the layer's name and the bytes of the weights file, it gives a
            torch module that maps (n, 3, input_px, input_px) float32 to (n, dimension) float32.
        paper: the publication.
    """

    name: str
    title: str
    advice: str
    input_px: int
    channel_order: Literal["RGB", "BGR"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resample: Literal["lanczos"]
    layers: tuple[Layer, ...]
    weights: Weights
    builder: str
    paper: str

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
    for family in _FAMILIES:
        for card in import_module(f"{__package__}.networks.{family}").CARDS:
            register(cards, card)
    return cards
