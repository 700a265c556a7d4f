"""Which weights are not on this computer, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.cards import ModelCard
from ...core.paths import escape_path
from ...core.space import size_text
from ...core.weights import download_folder, missing_text, weights_path


def absent_weights(cards: Sequence[ModelCard], folder: str) -> list[ModelCard]:
    """Those whose weights are not on this computer. It looks at the disk: call it in a thread."""
    return [card for card in cards if not weights_path(card, folder or None)]


def absent_text(card: ModelCard, folder: str) -> str:
    """That the weights of a network are not here, and what to do in the window."""
    if not card.weights.url:
        return missing_text(card, folder or None)
    return (f"The weights of {card.title} ({size_text(card.weights.size_mb * 2**20)}) are not on this computer. "
            f"Click Download, or put {card.weights.file} into {folder_text(folder)}.")


def state_text(absent: Sequence[ModelCard]) -> str:
    """Whether weights of some networks are to be brought, and how much is to be downloaded."""
    size = sum(card.weights.size_mb for card in absent if card.weights.url) * 2**20
    if not absent:
        return "On this computer"
    return f"{size_text(size)} to download" if size else "Not on this computer"


def folder_text(folder: str) -> str:
    """The folder that weights are looked for in, and downloaded to; ``""``: the usual one."""
    return escape_path(str(download_folder(folder or None)))
