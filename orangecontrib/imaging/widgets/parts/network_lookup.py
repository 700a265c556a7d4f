"""What the disk tells of networks, looked up in a thread: a network drive may take its time, the window may not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Thread

from AnyQt.QtCore import QObject, QTimer
from AnyQt.QtCore import pyqtSignal as Signal

from ...core.cards import ModelCard
from ...core.catalogue import all_cards, find_network
from ...core.errors import ImagingError
from ...core.own import is_own
from ...core.weights import weights_path

_TICK_MS = 20


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

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answer: Future[object] = Future()
        self._timer = QTimer(self, interval=_TICK_MS)  # no thread may touch what Qt may be deleting
        self._timer.timeout.connect(self._collect)

    @property
    def is_idle(self) -> bool:
        """Whether the last question was answered."""
        return not self._timer.isActive()

    def ask(self, question: Callable[[], object]) -> None:
        """Answer this in a thread, in place of what was asked before; what it raises is raised in this object's."""
        self._answer = Future()
        Thread(target=_answer, args=(question, self._answer), name="lookup", daemon=True).start()
        self._timer.start()

    def _collect(self) -> None:
        if self._answer.done():
            self._timer.stop()
            self.answered.emit(self._answer.result())


def _answer(question: Callable[[], object], answer: Future[object]) -> None:
    try:
        answer.set_result(question())
    except Exception as error:  # noqa: BLE001 - raised again where the answer is taken
        answer.set_exception(error)
