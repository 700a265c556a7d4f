"""What the disk tells of networks, looked up in a thread: a network drive may take its time, the window may not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...core.cards import ModelCard
from ...core.catalogue import all_cards, find_network
from ...core.errors import ImagingError
from ...core.older_networks import why_not_here
from ...core.own import is_own
from ...core.weights import weights_path


@dataclass(frozen=True)
class Sight:
    """What is known of a network.

    Attributes:
        network: its name, or the path of the user's own file.
        card: None where there is none, or the user's file was not looked at yet.
        reason: why there is no card, in sentences; ``""`` where there is one, or it is not known yet.
        here: names of all networks whose weights are on this computer; None while that is not known.
    """

    network: str
    card: ModelCard | None = None
    reason: str = ""
    here: frozenset[str] | None = None


def known_card(network: str) -> ModelCard | None:
    """The card of a network that needs no look at the disk, or None."""
    return next((card for card in all_cards() if card.name == network), None)


def first_sight(network: str) -> Sight:
    """What can be told at once; of the user's own file, nothing."""
    card = known_card(network)
    reason = why_not_here(network) or (f"No network here is called {network!r}; an add-on that brought it may be "
                                       "missing.")
    return Sight(network, card, "" if card or is_own(network) else reason)


def why_unavailable(sight: Sight, second: str) -> str:
    """Why a network or the second one (a name, or ``""``) cannot be used now; ``""`` where nothing is against it."""
    return sight.reason or (first_sight(second).reason if second else "")


def look(network: str, models: str) -> Sight:
    """Look at the user's own file, and for all weights; `models` is a folder of them or ``""``. Call it in a thread."""
    sight = first_sight(network)
    if is_own(network):
        try:
            card = find_network(network)
            sight = Sight(card.name, card)
        except ImagingError as error:
            sight = Sight(network, None, str(error))
    cards = (*all_cards(), *([sight.card] if sight.card else ()))
    return replace(sight, here=frozenset(card.name for card in cards if weights_path(card, models or None)))
