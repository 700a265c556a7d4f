"""The download of weights as a widget's job."""

from __future__ import annotations

from typing import Protocol

from ...core.catalogue import find_network, network_names
from ...core.download import fetch_weights
from ...core.space import size_text
from ...core.weights import check_models
from .weights_texts import absent_weights


class Progress(Protocol):
    """What is used of the state of a widget's job."""

    def set_progress_value(self, value: float) -> None:
        """0 to 100."""

    def set_partial_result(self, value: object) -> None:
        """A line for the status."""

    def is_interruption_requested(self) -> bool:
        """Whether the user asked to stop."""


def fetch_networks(model: str, models: str, state: Progress) -> None:
    """Download those weights of the networks that are not here; call it in a thread.

    Args:
        model: names of networks, joined by ``+``.
        models: the user's folder of weights, or ``""``. A folder that is not there is not made: its drive may be away.

    Raises:
        FolderError: there is no such folder.
        WrongUse, WeightsError, OutputError, Cancelled: as `fetch_weights`.
    """
    check_models(models)
    absent = absent_weights([find_network(name) for name in network_names(model)], models)
    for card in (card for card in absent if card.weights.url):
        def show_progress(done: int, total: int, title: str = card.title) -> None:
            state.set_progress_value(100 * done / max(total, 1))
            state.set_partial_result(f"{title}: {size_text(done)} of {size_text(total)}")

        fetch_weights(card, models=models or None, on_progress=show_progress,
                      cancelled=state.is_interruption_requested)
