"""Write the help pages of the networks, one a family, from their cards: doc/networks.

usage: network_pages.py [FOLDER]

A test compares the pages in doc/networks with what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from orangecontrib.imaging.core.cards import FAMILIES, GROUPS, PENULTIMATE, ModelCard, find_card, network_cards
from orangecontrib.imaging.core.options import PRESETS, cost_text

FOLDER = Path(__file__).resolve().parent.parent / "doc" / "networks"
_NOTE = ".. Written by scripts/network_pages.py from the networks' cards: change those."


def main(arguments: Sequence[str]) -> None:
    """Write all pages into the folder."""
    folder = Path(arguments[0]) if arguments else FOLDER
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """File name -> text, for the list of all networks and for each family."""
    families: dict[str, list[ModelCard]] = {}
    for card in network_cards():
        families.setdefault(_family(card), []).append(card)
    texts = {f"{family}.rst": _family_page(family, cards) for family, cards in families.items()}
    return {"all.csv": _list_of_all(), "methods.txt": _methods(), **texts}


def _methods() -> str:
    """Sentences to copy into a paper, for the network that comes with the add-on and for one that is downloaded."""
    return "\n".join(map(_method, (find_card("squeezenet"), find_card("inception_v3"))))


def _method(card: ModelCard) -> str:
    layer, weights = card.layer(PENULTIMATE), card.weights
    file = f"``{Path(weights.file).name}``, SHA-256 {weights.sha256[:8]}…"
    sentence = (f"Each image was resized to {card.input_px} × {card.input_px} pixels ({card.resample} filter) and "
                f"described by the {layer.dimension} activations of the penultimate layer of {card.title} "
                f"({card.paper}), with weights trained on ImageNet ({file}), as computed by "
                "Orange3-Imaging |release| in Orange.")
    return f"With {card.title}:\n\n   {sentence}\n"


def _family(card: ModelCard) -> str:
    """The file that holds the card."""
    return next(name for name in FAMILIES if card in import_module(f"{_package()}.{name}").CARDS)


def _package() -> str:
    return "orangecontrib.imaging.core.networks"


def _list_of_all() -> str:
    """The table of *Which network?*, as CSV."""
    rows = ["Network,Name,Group,Numbers,Pixels,Download (MB),Top-1 (%)"]
    for card in network_cards():
        size = f"{card.weights.size_mb:.0f}" if card.weights.url else "none"
        rows.append(f":doc:`{card.title} </networks/{_family(card)}>`,``{card.name}``,{GROUPS[card.group]},"
                    f"{card.layer(PENULTIMATE).dimension},{card.input_px},{size},{_top1(card)}")
    return "\n".join(rows) + "\n"


def _top1(card: ModelCard) -> str:
    return f"{card.top1:.1f}" if card.top1 is not None else "–"


def _family_page(family: str, cards: Sequence[ModelCard]) -> str:
    summary = (import_module(f"{_package()}.{family}").__doc__ or "").strip()
    heading = ", ".join(card.title for card in cards) if len(cards) < 4 else summary.splitlines()[0].split(":")[0]
    return "\n".join([_NOTE, "", heading, "=" * len(heading), "", summary, "", *(_section(card) for card in cards)])


def _section(card: ModelCard) -> str:
    facts = {
        "When": card.advice,
        "Command": f"``orange-imaging embed PICTURES -m {card.name} -o vectors.npz``",
        "Input": f"{card.input_px} × {card.input_px} pixels, {card.channel_order}, {card.resample} filter; "
                 f"mean {_numbers(card.mean)}, standard deviation {_numbers(card.std)} of 255",
        "Center crop": f"of the shorter side resized to {card.shorter_px} pixels",
        "Pictures of other sizes": "yes, as *Dense, at scales*" if card.dense else "no",
        "Weights": _weights(card),
        "License": card.weights.licence,
        "ImageNet top-1": f"{_top1(card)} %" if card.top1 is not None else "not told by its authors' file",
        "Paper": card.paper,
    }
    lines = [f":{name}: {value}" for name, value in facts.items()]
    presets = [f":{preset.title}: {'+'.join(options.layers)}; takes {cost_text(options)}; "
               f"{options.dimension(card)} numbers"
               for preset in PRESETS.values() for options in [preset.options(card)]]
    return "\n".join([card.title, "-" * len(card.title), "", *lines, "", _layer_table(card), "Presets:", "", *presets,
                      "", ""])


def _weights(card: ModelCard) -> str:
    weights = card.weights
    if weights.package:
        return f"come with the package {weights.package} ({weights.size_mb:.1f} MB): no download"
    return f"``{weights.file}``, {weights.size_mb:.0f} MB, from {weights.url}"


def _layer_table(card: ModelCard) -> str:
    rows = [f'   "``{layer.name}``", "{layer.title}", {layer.dimension}' for layer in card.layers]
    return "\n".join([".. csv-table::", "   :header: Layer, What it is, Numbers", "   :widths: 20, 60, 20", "", *rows,
                      ""])


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    main(sys.argv[1:])
