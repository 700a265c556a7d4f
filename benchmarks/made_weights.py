"""Networks with made weights: how fast a network is does not depend on what it has learned, so none is downloaded.

The weights are those of the tests (tests/seeded.py): drawn from seeds, batch norm calibrated, so that activations keep
an ordinary size. They are another file than the card's SHA-256 allows; `accept_made` tells this process to take them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from pathlib import Path

from orangecontrib.imaging.core import cards
from orangecontrib.imaging.core.cards import find_card

_TESTS = Path(__file__).resolve().parent.parent / "tests"


def write_made(name: str, models: Path) -> None:
    """Put a network's made weights, and their SHA-256, into a models folder; a network in a package needs none."""
    import torch
    card = find_card(name)
    file = models / card.weights.file
    if card.weights.package or file.exists():
        return
    sys.path.append(str(_TESTS))
    try:
        from seeded import seeded_network
    finally:
        sys.path.remove(str(_TESTS))
    models.mkdir(parents=True, exist_ok=True)
    torch.save(seeded_network(name, card.input_px).state_dict(), file)
    with open(file, "rb") as written:
        _digest(file).write_text(hashlib.file_digest(written, "sha256").hexdigest())


def accept_made(name: str, models: Path) -> None:
    """Have the engine of this process take the made weights for a network's own."""
    card = find_card(name)
    if not card.weights.package:
        told = dataclasses.replace(card.weights, sha256=_digest(models / card.weights.file).read_text())
        cards._registry()[name] = dataclasses.replace(card, weights=told)


def _digest(file: Path) -> Path:
    return file.with_suffix(".sha256")
