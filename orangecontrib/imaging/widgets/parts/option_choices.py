"""Options as the user meets them: which preset they are, what of them another network can take, and in words."""

from __future__ import annotations

from dataclasses import replace

from ...core.cards import PENULTIMATE, ModelCard
from ...core.errors import WrongUse
from ...core.options import FITS, PRECISIONS, PRESETS, VIEWS, Options, cost_text

JOINED = {"stack": "Side by side", "average": "Averaged"}


def preset_name(card: ModelCard, options: Options) -> str:
    """The name of the preset that these options of a network are, or ``""``."""
    return next((name for name, preset in PRESETS.items() if preset.options(card) == options), "")


def carried_over(options: Options, old: ModelCard | None, new: ModelCard, second: ModelCard | None = None) -> Options:
    """What another network can take of the options: a preset stays itself, layers that it has not become its default.

    Args:
        old: the network that they were chosen for; None where it is not known.
        second: the network beside the new one.
    """
    if old and (name := preset_name(old, options)):
        return PRESETS[name].options(new)
    known = {layer.name for layer in new.layers}
    layers = options.layers if known.issuperset(options.layers) else (PENULTIMATE,)
    kept = replace(options, layers=layers)
    try:
        vector_length(kept, new, second)
    except WrongUse:  # no dense application, or not at such scales
        return replace(kept, fit=Options().fit)
    return kept


def vector_length(options: Options, card: ModelCard, second: ModelCard | None = None) -> int:
    """How many numbers a picture gets from one network or two, before components.

    Raises:
        UnknownLayer, WrongUse: a network cannot take these options.
    """
    others = replace(options, layers=(PENULTIMATE,)).dimension(second) if second else 0
    return options.dimension(card) + others


def cost_line(options: Options, card: ModelCard, second: ModelCard | None = None, components: int = 0) -> str:
    """What these options are good for, how long they take, and how many numbers they give."""
    name = preset_name(card, options)
    layers = "; ".join(card.layer(layer).title for layer in options.layers)
    advice = PRESETS[name].advice if name else f"Layers: {layers}."
    each = ", with each of the two networks" if second else ""
    reduced = f", reduced to {components} components" if components else ""
    return f"{advice} Takes {cost_text(options)}{each}; {vector_length(options, card, second)} numbers{reduced}."


def option_items(options: Options, card: ModelCard | None) -> list[tuple[str, str]]:
    """Each option with its value in words, for a report; without a card, layers by their names."""
    name = preset_name(card, options) if card else ""
    titles = {layer.name: f"{layer.title} ({layer.dimension})" for layer in card.layers} if card else {}
    scales = f" {', '.join(map(str, options.scales))} px, {JOINED[options.joined].lower()}"
    return [
        ("Preset", PRESETS[name].title if name else "Custom"),
        ("Layers", "; ".join(titles.get(layer, layer) for layer in options.layers)),
        ("Picture", FITS[options.fit] + scales * (options.fit == "dense")),
        ("Mean of views", VIEWS[options.views]),
        ("Vectors of unit length", "Yes" if options.unit_length else "No"),
        ("Precision", PRECISIONS[options.precision]),
    ]
