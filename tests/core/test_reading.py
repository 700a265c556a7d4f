"""A recipe travels as text, says what cannot be, and knows the recipes of its channels."""

import pytest

from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.reading import Reading


def test_a_recipe_travels_as_text_that_names_what_is_unusual():
    recipe = Reading(time=3, channels=(2, 0), colours=("#ff0000", "#00ff00"), contrast="range",
                     ranges=((0, 100), (5, 6.5)), background=0)
    text = recipe.to_json()
    assert text == ('{"background": 0, "channels": [2, 0], "colours": ["#ff0000", "#00ff00"], "contrast": "range", '
                    '"ranges": [[0.0, 100.0], [5.0, 6.5]], "time": 3}')
    assert Reading.from_json(text) == recipe
    assert hash(Reading.from_json(text)) == hash(recipe)
    assert Reading().to_json() == "{}"
    assert Reading.from_json("{}") == Reading()
    with pytest.raises(TypeError):
        Reading.from_json('{"zoom": 2}')


def test_recipes_of_the_same_picture_are_equal_and_written_alike():
    assert Reading(percentiles=(0, 100)).to_json() == Reading(percentiles=(0.0, 100.0)).to_json()
    assert Reading(contrast="range", ranges=[[0, 9]]) == Reading(contrast="range", ranges=((0.0, 9.0),))
    for without in ({"contrast": "type"}, {"contrast": "range", "ranges": ((0, 9),)}):
        assert Reading(percentiles=(5, 95), **without).to_json() == Reading(**without).to_json()
    assert Reading(percentiles=(5, 95)) != Reading()


@pytest.mark.parametrize("text", [
    '{"scene": 0.5}', '{"z": 1.5}', '{"time": true}', '{"channels": [0, true]}', '{"channels": "01"}',
    '{"channels": 3}',
    '{"background": 10.5}', '{"background": null}', '{"separate": 1, "channels": [0]}', '{"joined": "yes"}',
    '{"percentiles": [NaN, 5]}', '{"percentiles": [true, 5]}', '{"percentiles": "12"}', '{"percentiles": [1, 2, 3]}',
    '{"contrast": "range", "ranges": [[0, Infinity]]}', '{"contrast": "range", "ranges": [[NaN, 1]]}',
    '{"contrast": "range", "ranges": [0, 1]}', '{"colours": [7], "channels": [0]}', '{"contrast": ["type"]}',
    '{"channels": [[0]]}', '{"channels": [{}]}', '{"channels": [0], "colours": [[1]]}',
])
def test_text_of_the_wrong_kind_is_refused_as_any_other_wrong_recipe(text):
    with pytest.raises(WrongUse, match="Pictures cannot be read so: "):
        Reading.from_json(text)


@pytest.mark.parametrize(("wrong", "words"), [
    ({"projection": "sum"}, "projection 'sum'; choose from max, middle, plane"),
    ({"contrast": "gamma"}, "contrast 'gamma'; choose from auto, percentiles, type, range"),
    ({"pages": "tiles"}, "pages 'tiles'; choose from scene, time, z, channel"),
    ({"z": 1.5}, "are whole numbers"), ({"joined": 1}, "true or false"),
    ({"percentiles": 5}, "percentiles 5 are of the wrong kind"),
    ({"contrast": "range", "ranges": ((0, float("inf")),)}, "both are finite"),
    ({"time": -1}, "count from 0"), ({"channels": (0, -2)}, "count from 0"),
    ({"background": 256}, "a gray level from 0 to 255"), ({"channels": (1, 1)}, "named only once"),
    ({"channels": range(7)}, "at most 6 channels"), ({"separate": True}, "say which channels"),
    ({"channels": (0,), "colours": ("red",)}, "a color is written as #ff8800"),
    ({"channels": (0,), "colours": ("#ff0000", "#00ff00")}, "as many colors as channels"),
    ({"percentiles": (5, 5)}, "the lower one first"), ({"percentiles": (-1, 5)}, "between 0 and 100"),
    ({"contrast": "range"}, "give the range"),
    ({"ranges": ((0, 1), (0, 1)), "channels": (0,)}, "one range, or one for"),
    ({"contrast": "range", "ranges": ((1, 1),)}, "the lower end comes first"),
])
def test_what_cannot_be_is_refused_and_said(wrong, words):
    with pytest.raises(WrongUse, match="Pictures cannot be read so: ") as caught:
        Reading(**wrong)
    assert words in str(caught.value)


def test_channels_on_their_own_have_each_a_recipe_with_its_own_range():
    recipe = Reading(channels=(3, 1), separate=True, contrast="range", ranges=((0, 9), (5, 6)), z=2, projection="plane")
    assert recipe.parts() == (
        Reading(channels=(3,), contrast="range", ranges=((0, 9),), z=2, projection="plane"),
        Reading(channels=(1,), contrast="range", ranges=((5, 6),), z=2, projection="plane"))
    assert Reading(channels=tuple(range(40)), separate=True).parts()[39] == Reading(channels=(39,))
    assert Reading(channels=(0, 1)).parts() == (Reading(channels=(0, 1)),)
