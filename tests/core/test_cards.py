"""Every network is a complete card; names are unique, and a wrong one is answered with the nearest."""

import dataclasses
import re
import subprocess
import sys
from importlib import import_module

import pytest

from orangecontrib.imaging.core.cards import GROUPS, PENULTIMATE, find_card, network_cards, register
from orangecontrib.imaging.core.errors import ImagingError, UnknownLayer, UnknownNetwork


def test_a_name_can_be_taken_once_only():
    card = network_cards()[0]
    cards = {}
    register(cards, card)
    with pytest.raises(ImagingError, match=f"Two networks are called '{card.name}'. Rename one of them."):
        register(cards, dataclasses.replace(card, title="Another"))
    assert cards == {card.name: card}


def test_squeezenet_is_there_and_comes_first():
    assert network_cards()[0].name == "squeezenet"
    assert find_card("squeezenet") is network_cards()[0]


def test_an_unknown_network_or_layer_is_answered_with_the_nearest():
    with pytest.raises(UnknownNetwork, match="did you mean 'squeezenet'"):
        find_card("SqueezeNet1")
    with pytest.raises(UnknownLayer, match="did you mean 'penultimate'"):
        find_card("squeezenet").layer("penultimat")


@pytest.mark.parametrize("card", network_cards(), ids=lambda card: card.name)
def test_every_card_is_complete(card):
    assert re.fullmatch(r"[a-z0-9_]+", card.name)
    assert card.title
    assert card.paper
    assert card.advice.endswith(".")
    assert card.input_px > 0
    assert len(card.mean) == len(card.std) == 3
    assert min(card.std) > 0
    assert card.layers[0].name == PENULTIMATE
    assert len({layer.name for layer in card.layers}) == len(card.layers)
    assert all(layer.title and layer.dimension > 0 for layer in card.layers)
    assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}", card.weights.sha256)
    assert card.weights.size_mb > 0
    assert bool(card.weights.url) != bool(card.weights.package)
    assert card.group in GROUPS
    assert card.shorter_px >= card.input_px
    assert 3 <= len(card.layers) - 1 <= 5
    for name in card.microscopy:
        card.layer(name)
    assert card.weights.licence
    module, function = card.builder.split(":")
    assert callable(getattr(import_module(module), function))
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.name = "other"


def test_a_menu_of_networks_needs_neither_torch_nor_numpy_arrays_of_weights():
    code = ("import sys; from orangecontrib.imaging.core.cards import network_cards; network_cards();"
            "print([name for name in ('torch', 'torchvision', 'ndf', 'Orange', 'AnyQt') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
