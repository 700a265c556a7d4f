"""The recipe of an image column outlasts saving and loading."""

import numpy as np
import pytest
from Orange.data import Domain, Table

from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_paths, image_reading, image_variable, separate_channels

RECIPES = [
    (Reading(), ()), (Reading(contrast="type"), ()), (Reading(projection="middle", time=2), ()),
    (Reading(channels=(2, 0), colours=("#ff0000", "#00ff00")), ()), (Reading(joined=True), ()),
    (Reading(contrast="range", ranges=((0.5, 100.0),)), ()),
    (Reading(channels=(0, 1), separate=True), ("DAPI blue", 'a "name" = with \\ and ž'))]


@pytest.mark.parametrize("ending", ["tab", "csv", "pkl"])
@pytest.mark.parametrize(("reading", "channels"), RECIPES)
def test_a_recipe_comes_back_from_a_file(tmp_path, reading, channels, ending):
    column = image_variable("image", str(tmp_path), reading, channels)
    values = np.array([["a 1.png"], ["b.png"]], object)
    Table.from_numpy(Domain([], metas=[column]), np.empty((2, 0)), metas=values).save(str(tmp_path / f"t.{ending}"))
    table = Table(str(tmp_path / f"t.{ending}"))
    found = table.domain["image"]
    assert image_reading(found) == reading
    assert separate_channels(found) == channels
    assert image_paths(table, found) == [str(tmp_path / "a 1.png"), str(tmp_path / "b.png")]
