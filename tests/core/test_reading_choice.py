"""A choice of reading becomes the recipe of the pictures that were found."""

import pytest

from orangecontrib.imaging.core.folders import Scan, more_channels_text
from orangecontrib.imaging.core.found import FoundImage
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.reading_choice import ReadingChoice
from orangecontrib.imaging.core.stack import ImageInfo

EACH = ReadingChoice(is_each_channel=True)
RANGE = ReadingChoice(is_folder_range=True)


def scan(*channels):
    """Pictures with so many channels, None where no header was read."""
    infos = [None if count is None else ImageInfo(9, 9, 9, "TIFF", channels=count, is_colour=False)
             for count in channels]
    return Scan("", tuple(FoundImage("a", "a", "", info) for info in infos))


def test_the_first_of_numbers_as_frequent_says_how_many_channels_there_are():
    assert EACH.of(scan(None, 2, 3)) == Reading(channels=(0, 1), separate=True)
    assert EACH.of(scan(None)) == Reading()


def test_of_pictures_with_one_channel_each_on_its_own_is_the_usual_way_and_leaves_nothing_out():
    assert EACH.of(scan(1, 1)) == Reading()
    assert EACH.of(scan(1, 1, 3)) == Reading()
    assert more_channels_text(scan(1, 1, 3)) == ""


def test_named_channels_stay_whatever_the_pictures_have():
    named = Reading(channels=(2, 0), separate=True)
    assert ReadingChoice(named).of(scan(3, 1, 1)) == named


@pytest.mark.parametrize(("choice", "settled", "expected"), [
    (EACH, Reading(channels=(0, 1), separate=True), True),
    (EACH, Reading(), True),
    (EACH, Reading(channels=(0, 1), separate=True, projection="middle"), False),
    (ReadingChoice(), Reading(channels=(0, 1), separate=True), False),
    (RANGE, Reading(contrast="range", ranges=((1, 9),)), True),
    (RANGE, Reading(contrast="range", ranges=((1, 9), (2, 8)), channels=(0, 1), joined=True), True),
    (RANGE, Reading(), False),
    (RANGE, Reading(contrast="range", ranges=((1, 9),), time=3), False),
    (ReadingChoice(Reading(channels=(1,)), is_folder_range=True),
     Reading(contrast="range", ranges=((1, 9),), channels=(0,)), False),
    (ReadingChoice(is_each_channel=True, is_folder_range=True),
     Reading(contrast="range", ranges=((1, 9), (2, 8)), channels=(0, 1), separate=True), True),
])
def test_a_recipe_that_is_settled_is_known_as_one_of_the_choice(choice, settled, expected):
    assert choice.may_have_become(settled) is expected
