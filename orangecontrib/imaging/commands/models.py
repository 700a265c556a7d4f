"""``orange-imaging models``: the networks there are."""

from __future__ import annotations

import argparse
import json
from itertools import groupby

from ..core.cards import GROUPS, PENULTIMATE, ModelCard
from ..core.catalogue import added_networks, all_cards
from ..core.weights import command_to_bring, weights_path
from .parsing import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("models", help="list the networks")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """List them by group, or as JSON."""
    cards = all_cards()
    if given.json:
        print(json.dumps([_record(card) for card in cards], indent=2, ensure_ascii=False))
        return
    for group, members in groupby(sorted(cards, key=lambda card: list(GROUPS).index(card.group)),
                                  key=lambda card: card.group):
        print(f"{GROUPS[group]}")
        for card in members:
            print(_text(card))
    for refused in added_networks().refused:
        print(f"{refused.title}, of the add-on {refused.distribution}, cannot be used: {refused.reason}.")


def _record(card: ModelCard) -> dict[str, object]:
    return {"name": card.name, "title": card.title, "group": card.group, "advice": card.advice,
            "dimension": card.layer(PENULTIMATE).dimension,
            "layers": [layer.name for layer in card.layers],
            "dimensions": {layer.name: layer.dimension for layer in card.layers},
            "input_px": card.input_px, "filter": card.resample, "top1": card.top1, "paper": card.paper,
            "licence": card.weights.licence, "size_mb": card.weights.size_mb,
            "available": weights_path(card) is not None}


def _text(card: ModelCard) -> str:
    layers = ", ".join(f"{layer.name} ({layer.dimension})" for layer in card.layers)
    here = "on this machine" if weights_path(card) else f"not here: {command_to_bring(card)}"
    return (f"  {card.name}: {card.title}. {card.advice}\n"
            f"      layers: {layers}\n"
            f"      weights: {card.weights.size_mb:.0f} MB, {here}")
