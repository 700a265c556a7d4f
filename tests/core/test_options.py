"""The choices that change a vector: wrong ones are refused with a sentence, right ones told, counted and measured."""

import dataclasses
import json

import pytest

from orangecontrib.imaging.core.cards import PENULTIMATE, find_card, network_cards
from orangecontrib.imaging.core.errors import UnknownLayer, WrongUse
from orangecontrib.imaging.core.options import (
    FITS,
    PRECISIONS,
    PRESETS,
    VIEWS,
    Options,
    cost_text,
    find_preset,
    parse_scales,
)

SQUEEZENET = find_card("squeezenet")
LAYERS_SENTENCE = "Name at least one layer, and each only once."
SCALES_SENTENCE = "Scales are different lengths in pixels, from 64 to 2048, such as 256, 384 and 512."
# Added up by hand from the publications: what the preset for microscopy stacks.
MICROSCOPY = {"squeezenet": 128 + 256 + 384 + 512, "resnet18": 64 + 64 + 128 + 256 + 512,
              "resnet50": 64 + 256 + 512 + 1024 + 2048, "alexnet": 64 + 192 + 384 + 256 + 4096,
              "vgg16": 128 + 256 + 512 + 512 + 4096, "mobilenet_v3_large": 24 + 40 + 112 + 960 + 1280,
              "swin_t": 96 + 192 + 384 + 768, "vit_b_16": 4 * 768}


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"fit": "squash"}, "'squash' is not a choice for fit. Choose one of: stretch, crop, pad, dense."),
    ({"fit": None}, "None is not a choice for fit. Choose one of: stretch, crop, pad, dense."),
    ({"views": "two"}, "'two' is not a choice for views. Choose one of: one, mirror, turns."),
    ({"joined": "sum"}, "'sum' is not a choice for joined. Choose one of: stack, average."),
    ({"precision": "fp8"}, "'fp8' is not a choice for precision. Choose one of: fp32, tf32, bf16, fp16."),
    ({"layers": ()}, LAYERS_SENTENCE),
    ({"layers": ("fire3", "fire5", "fire3")}, LAYERS_SENTENCE),
    ({"scales": ()}, SCALES_SENTENCE),
    ({"scales": (256, 384, 256)}, SCALES_SENTENCE),
    ({"scales": (63,)}, SCALES_SENTENCE),
    ({"scales": (256, 2049)}, SCALES_SENTENCE),
    ({"scales": (256.0,)}, SCALES_SENTENCE),
    ({"scales": ("256",)}, SCALES_SENTENCE),
    ({"scales": (True,)}, SCALES_SENTENCE),
], ids=str)
def test_a_wrong_choice_is_refused_with_the_right_ones(wrong, sentence):
    with pytest.raises(WrongUse) as refused:
        Options(**wrong)
    assert str(refused.value) == sentence


def test_the_limits_of_the_scales_are_allowed():
    assert Options(scales=(64, 2048)).scales == (64, 2048)


def test_options_are_frozen_and_those_that_are_equal_are_one_key():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().fit = "crop"
    assert {Options(layers=("fire3",)): 1}[Options(layers=("fire3",))] == 1


@pytest.mark.parametrize("options", [
    Options(), Options(layers=("fire3", "logits"), fit="crop", views="mirror", unit_length=True, precision="bf16"),
    Options(fit="dense"), Options(fit="dense", scales=(512, 64), joined="average", views="turns"),
], ids=str)
def test_what_is_written_as_json_is_read_back(options):
    assert Options.from_json(options.to_json()) == options
    assert Options.from_json(options.to_json()).to_json() == options.to_json()


def test_json_has_sorted_keys_and_a_known_form():
    assert Options(fit="dense", scales=(256, 384)).to_json() == (
        '{"fit": "dense", "joined": "stack", "layers": ["penultimate"], "precision": "fp32", "scales": [256, 384], '
        '"unit_length": false, "views": "one"}')


@pytest.mark.parametrize(("one", "other"), [
    (Options(scales=(100,), joined="average"), Options()),
    (Options(fit="crop", scales=(100, 200)), Options(fit="crop")),
    (Options(fit="dense", scales=(100,), joined="average"), Options(fit="dense", scales=(100,))),
], ids=str)
def test_options_that_give_the_same_vectors_are_equal_and_one_key(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert one.to_json() == other.to_json()


@pytest.mark.parametrize("change", [
    {"fit": "crop"}, {"layers": ("fire3",)}, {"views": "turns"}, {"unit_length": True}, {"precision": "bf16"},
    {"fit": "dense"}], ids=str)
def test_options_that_give_other_vectors_differ(change):
    assert Options(**change) != Options()
    assert Options(fit="dense", joined="average") != Options(fit="dense") != Options(fit="dense", scales=(256, 384))
    assert Options() != Options().to_json()


def test_scales_and_their_joining_are_on_record_only_where_they_count():
    assert Options(layers=("a", "b"), scales=(100,), joined="average").record() == {
        "layers": ("a", "b"), "fit": "stretch", "views": "one", "unit_length": False, "precision": "fp32"}
    assert Options(scales=(100,), joined="average").to_json() == Options().to_json()
    assert Options(fit="dense", scales=(100, 90), joined="average").record() == {
        "layers": ("penultimate",), "fit": "dense", "views": "one", "scales": (100, 90), "joined": "average",
        "unit_length": False, "precision": "fp32"}


@pytest.mark.parametrize("text", ["", "{", '{"nothing": 1}', '{"fit": "squash"}', '{"layers": []}', '{"scales": 256}'])
def test_other_text_is_refused_as_promised(text):
    with pytest.raises((ValueError, TypeError, WrongUse)):
        Options.from_json(text)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"fit"'])
def test_json_of_something_else_is_refused_as_promised(text):
    with pytest.raises((ValueError, TypeError, WrongUse)):
        Options.from_json(text)


@pytest.mark.parametrize("wrong", [{"layers": "fc6"}, {"layers": (6,)}, {"unit_length": "no"}], ids=str)
def test_a_value_of_another_kind_is_refused(wrong):
    with pytest.raises(WrongUse):
        Options(**wrong)


@pytest.mark.parametrize("given", [{"layers": ["fire3"]}, {"fit": "dense", "scales": [256]}], ids=str)
def test_a_list_is_refused_or_serves_as_well_as_a_tuple(given):
    try:
        options = Options(**given)
    except WrongUse:
        return
    assert hash(options) == hash(Options(**{name: tuple(value) if isinstance(value, list) else value
                                            for name, value in given.items()}))


@pytest.mark.parametrize(("change", "passes", "cost"), [
    ({}, 1, "the time of one view"),
    ({"scales": (100, 200)}, 1, "the time of one view"),
    ({"views": "mirror"}, 2, "2 × the time of one view"),
    ({"views": "turns", "fit": "crop", "layers": ("fire3", "fire5")}, 8, "8 × the time of one view"),
    ({"fit": "dense"}, 3, "3 × the time of one view, and more at larger scales"),
    ({"fit": "dense", "joined": "average"}, 3, "3 × the time of one view, and more at larger scales"),
    ({"fit": "dense", "scales": (64, 2048), "views": "turns"}, 16,
     "16 × the time of one view, and more at larger scales"),
], ids=str)
def test_the_cost_is_told_in_passes_of_the_network(change, passes, cost):
    options = Options(**change)
    assert (options.passes, cost_text(options)) == (passes, cost)


def test_a_single_large_scale_is_not_said_to_take_the_time_of_one_view():
    assert Options(fit="dense", scales=(2048,)).passes == 1
    assert "more at larger scales" in cost_text(Options(fit="dense", scales=(2048,)))


@pytest.mark.parametrize(("change", "dimension"), [
    ({}, 512), ({"layers": ("logits",)}, 1000), ({"layers": ("fire5", "fire3")}, 256 + 128),
    ({"views": "turns", "fit": "pad", "unit_length": True}, 512), ({"joined": "average", "scales": (64, 65)}, 512),
    ({"fit": "dense"}, 3 * 512), ({"fit": "dense", "scales": (256, 300)}, 2 * 512),
    ({"fit": "dense", "layers": ("fire3", "fire5")}, 3 * (128 + 256)),
    ({"fit": "dense", "layers": ("fire3", "fire5"), "joined": "average"}, 128 + 256),
], ids=str)
def test_a_vector_is_as_long_as_its_layers_and_stacked_scales_together(change, dimension):
    assert Options(**change).dimension(SQUEEZENET) == dimension


def test_a_network_for_one_size_only_is_not_applied_densely():
    with pytest.raises(WrongUse) as refused:
        Options(fit="dense").dimension(find_card("vit_b_16"))
    assert str(refused.value) == "ViT-B/16 takes pictures of one size only: choose another fit than dense."
    assert Options(fit="crop").dimension(find_card("vit_b_16")) == 768


@pytest.mark.parametrize(("name", "layer", "smallest"), [
    ("alexnet", PENULTIMATE, 223), ("vgg16", "fc6", 224), ("inception_v3", "mixed7a", 75)])
def test_a_scale_too_small_for_a_layer_is_refused_with_the_least_one(name, layer, smallest):
    card = find_card(name)
    with pytest.raises(WrongUse) as refused:
        Options(layers=(layer,), fit="dense", scales=(256, smallest - 1)).dimension(card)
    assert str(refused.value) == (f"The scale {smallest - 1} is too small for the layer {layer} of {card.title}: "
                                  f"choose scales of at least {smallest} pixels, or an earlier layer.")
    assert Options(layers=(layer,), fit="dense", scales=(smallest,)).dimension(card) == card.layer(layer).dimension
    assert Options(layers=(card.layers[1].name,), fit="dense", scales=(64,)).dimension(card)
    assert Options(layers=(layer,), scales=(64,)).dimension(card)  # scales do not count


def test_a_layer_that_the_network_does_not_have_has_no_dimension():
    with pytest.raises(UnknownLayer, match="squeezenet has no layer 'fire33'; did you mean 'fire3'"):
        Options(layers=("penultimate", "fire33")).dimension(SQUEEZENET)


@pytest.mark.parametrize("card", network_cards(), ids=lambda card: card.name)
def test_the_presets_fit_every_network(card):
    assert find_preset("paper", card) == Options()
    assert find_preset("photographs", card) == Options(views="mirror")
    microscopy = find_preset("microscopy", card)
    assert microscopy == Options(layers=card.microscopy, views="turns")
    assert microscopy.layers[-1] == PENULTIMATE
    assert all(card.layer(name).averaged for name in microscopy.layers[:-1])  # no vector of class-like units
    dimension = MICROSCOPY.get(card.name, sum(card.layer(name).dimension for name in card.microscopy))
    assert microscopy.dimension(card) == dimension > card.layer(PENULTIMATE).dimension


def test_the_networks_whose_microscopy_was_added_up_by_hand_are_here():
    assert set(MICROSCOPY) <= {card.name for card in network_cards()}
    assert MICROSCOPY["squeezenet"] == 1280


def test_an_unknown_preset_is_answered_with_all_of_them():
    with pytest.raises(WrongUse) as refused:
        find_preset("micro", SQUEEZENET)
    assert str(refused.value) == "'micro' is not a choice for preset. Choose one of: paper, microscopy, photographs."


def test_every_choice_has_a_title_of_its_own_and_every_preset_its_advice():
    for choices in (FITS, VIEWS, PRECISIONS, {name: preset.title for name, preset in PRESETS.items()}):
        assert len(set(choices.values())) == len(choices)
    assert all(preset.advice.endswith(".") for preset in PRESETS.values())
    for name in FITS:
        assert json.loads(Options(fit=name).to_json())["fit"] == name


@pytest.mark.parametrize(("text", "scales"), [("256", (256,)), ("256, 384,512", (256, 384, 512)), (" 64 ", (64,))])
def test_scales_are_read_as_they_are_typed(text, scales):
    assert parse_scales(text) == scales


@pytest.mark.parametrize("text", ["", "many", "256;384", "256,", "1.5"])
def test_what_is_no_list_of_scales_is_refused_with_an_example(text):
    with pytest.raises(WrongUse) as caught:
        parse_scales(text)
    assert str(caught.value) == (f"{text!r} is not a list of scales. Write scales as whole numbers with commas between "
                                 "them, such as 256,384,512.")
