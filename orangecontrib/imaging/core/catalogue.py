"""All networks that can be chosen: ours, those that other distributions add, and files of the user's own."""

from __future__ import annotations

import os
from functools import cache

from .cards import ModelCard, network_cards
from .errors import UnknownNetwork, WrongUse
from .own import is_own, own_card
from .paths import escape_path
from .plugins import Added, added_cards


def all_cards() -> tuple[ModelCard, ...]:
    """The networks of a menu: ours in their order, then the added ones."""
    return (*network_cards(), *added_networks().cards)


@cache
def added_networks() -> Added:
    """What other distributions bring, with the reasons why some of it cannot be used; looked up once a process."""
    return added_cards({card.name for card in network_cards()})


def find_network(name: str) -> ModelCard:
    """The card of the network of this name, or of the user's own file at this path.

    Raises:
        UnknownNetwork: there is none; of several joined by ``+`` it names the first that is not known.
        WrongUse: the file is of a kind that cannot be taken, or not described as it must be; or it comes after a ``+``.
    """
    cards = {card.name: card for card in all_cards()}
    parts = name.split("+")
    if is_own(name):
        if any(part in cards or is_own(part) for part in parts[:-1]) and not os.path.exists(name):
            raise WrongUse(f"{escape_path(name)}: of networks joined by + only one may be a file of your own, "
                           "and it must come first.")
        return own_card(name)
    if name not in cards:
        raise UnknownNetwork(next((part for part in parts if part not in cards), name), cards)
    return cards[name]


def network_names(model: str) -> tuple[str, ...]:
    """The networks that a choice such as ``"squeezenet+resnet50"`` names; a file of the user's own may come first."""
    first, plus, last = model.rpartition("+")
    if plus and last in {card.name for card in all_cards()}:
        return (*network_names(first), last)
    return (model,)
