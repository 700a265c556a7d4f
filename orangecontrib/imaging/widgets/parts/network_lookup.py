"""What the disk tells of networks, looked up in a thread: a network drive may take its time, the window may not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal

from ...core.cards import ModelCard
from ...core.catalogue import all_cards, find_network
from ...core.errors import ImagingError
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
    reason = f"No network here is called {network!r}; an add-on that brought it may be missing."
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


class Lookup(QObject):
    """Answers questions in threads; only the answer to the last one is told."""

    #: the answer (whatever the question returned), in the thread of this object
    answered = Signal(object)
    _came = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = 0
        self._told = 0
        self._came.connect(self._tell)

    @property
    def is_idle(self) -> bool:
        """Whether the last question was answered."""
        return self._told == self._asked

    def ask(self, question: Callable[[], object]) -> None:
        """Answer this in a thread, in place of what was asked before."""
        self._asked += 1
        Thread(target=self._answer, args=(self._asked, question), name="lookup", daemon=True).start()

    def _answer(self, number: int, question: Callable[[], object]) -> None:
        answer = question()
        with suppress(RuntimeError):  # the window is gone
            self._came.emit(number, answer)

    def _tell(self, number: int, answer: object) -> None:
        if number == self._asked:
            self._told = number
            self.answered.emit(answer)
