"""Options between networks, and in words."""

import pytest

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.options import PRESETS, Options
from orangecontrib.imaging.widgets.parts.option_choices import (
    carried_over,
    cost_line,
    option_items,
    preset_name,
    vector_length,
)

SQUEEZENET, VGG16, VGG19, VIT, RESNET18 = map(find_card, ("squeezenet", "vgg16", "vgg19", "vit_b_16", "resnet18"))


def test_scales_too_small_for_either_network_become_stretched_pictures():
    small = Options(fit="dense", scales=(128, 256))
    assert carried_over(small, SQUEEZENET, RESNET18) == small
    assert carried_over(small, SQUEEZENET, VGG16).fit == "stretch"
    assert carried_over(small, SQUEEZENET, RESNET18, VGG16).fit == "stretch"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_stays_itself_with_the_layers_of_the_other_network(name):
    carried = carried_over(PRESETS[name].options(SQUEEZENET), SQUEEZENET, VIT)
    assert carried == PRESETS[name].options(VIT)
    assert preset_name(VIT, carried) == name


def test_layers_that_both_networks_have_are_kept_and_others_become_the_default():
    options = Options(layers=("fc6", "penultimate"), fit="crop", views="turns", unit_length=True)
    assert carried_over(options, VGG16, VGG19) == options
    assert carried_over(options, VGG16, SQUEEZENET) == Options(fit="crop", views="turns", unit_length=True)


def test_dense_pictures_become_usual_ones_where_the_network_cannot():
    options = Options(fit="dense", views="mirror", scales=(300,))
    assert carried_over(options, SQUEEZENET, VGG16) == options
    assert carried_over(options, SQUEEZENET, VIT) == Options(views="mirror", scales=(300,))


def test_options_of_a_network_that_is_not_here_are_kept_where_they_can_be():
    assert carried_over(Options(layers=("gone",), views="turns"), None, VGG16) == Options(views="turns")


def test_the_length_counts_both_networks_and_refuses_what_one_cannot():
    assert vector_length(Options(), SQUEEZENET) == 512
    assert vector_length(Options(layers=("fire3", "penultimate")), SQUEEZENET, RESNET18) == 128 + 512 + 512
    assert vector_length(Options(fit="dense"), SQUEEZENET, RESNET18) == 3 * (512 + 512)
    with pytest.raises(WrongUse, match="ViT-B/16 takes pictures of one size only"):
        vector_length(Options(fit="dense"), SQUEEZENET, VIT)


def test_the_cost_tells_of_the_second_network_and_of_components():
    assert cost_line(Options(layers=("fire3", "fire5")), SQUEEZENET) == (
        "Layers: Fire 3, early: edges and textures; Fire 5: patterns. Takes the time of one view; 384 numbers.")
    assert cost_line(PRESETS["photographs"].options(SQUEEZENET), SQUEEZENET, RESNET18, 50) == (
        "Penultimate layer, averaged with the mirrored picture. Takes 2 × the time of one view, "
        "with each of the two networks; 1024 numbers, reduced to 50 components.")


def test_options_in_words():
    assert option_items(Options(), SQUEEZENET) == [
        ("Preset", "Paper"), ("Layers", "Penultimate layer (512)"), ("Picture", "Stretch to a square"),
        ("Mean of views", "One"), ("Vectors of unit length", "No"), ("Precision", "Full (fp32)")]
    told = dict(option_items(Options(layers=("fire3", "logits"), fit="dense", views="turns", unit_length=True), None))
    assert (told["Preset"], told["Layers"], told["Vectors of unit length"]) == ("Custom", "fire3; logits", "Yes")
    assert told["Picture"] == "Dense, at scales 256, 384, 512 px, side by side"
