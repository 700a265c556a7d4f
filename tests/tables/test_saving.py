"""The texts that name saved pictures, and the table of what was saved."""

from unittest.mock import patch

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.save_plan import picture_name
from orangecontrib.imaging.core.saving import Saved, Written
from orangecontrib.imaging.tables import saving
from orangecontrib.imaging.tables.columns import image_paths, image_reading, image_variable, separate_channels
from orangecontrib.imaging.tables.saving import OWN_NAME, column_texts, saved_table, wanted_pictures

NAN = float("nan")


def made(reading=Reading(), channels=(), names=("a.tif", "b.tif", "c.tif")):
    domain = Domain([ContinuousVariable("dose", number_of_decimals=1)], DiscreteVariable("type", ("SN", "NSN")),
                    [image_variable("image", "/in", reading, channels), StringVariable("well")])
    metas = np.array([[name, well] for name, well in zip(names, ("A01", "", None))], object)
    return Table.from_numpy(domain, np.array([[0.5], [NAN], [2]]), np.array([1, NAN, 0]), metas)


def wanted(data, folders=(), names=(OWN_NAME,), copies=None, left_out=()):
    column = data.domain["image"]
    return wanted_pictures(data, column, image_paths(data, column), folders, names, copies or {}, left_out)


def test_texts_of_columns_are_what_users_see_and_missing_ones_are_empty():
    data = made()
    assert [column_texts(data, data.domain[name]) for name in ("dose", "type", "well")] == [
        ["0.5", "", "2.0"], ["NSN", "", "SN"], ["A01", "", ""]]


def test_names_are_joined_in_the_chosen_order_without_missing_ones():
    data = made()
    assert [one.name for one in wanted(data, names=["well", OWN_NAME, "dose"])] == ["A01_a_0.5", "b", "c_2.0"]
    assert [one.name for one in wanted(data)] == ["", "", ""]
    assert [one.name for one in wanted(data, names=["well"])] == ["A01", "", ""]


def test_rows_that_are_not_wanted_are_no_part_and_the_others_keep_their_numbers():
    found = wanted(made(), folders=["type", "well"], left_out={1}, copies={"/in/a.tif": "/cache/1.tif"})
    assert [(one.row, one.folders, one.copy) for one in found] == [
        (0, ("NSN", "A01"), "/cache/1.tif"), (2, ("SN", ""), "")]


def test_an_address_that_is_none_ends_no_plan_and_names_are_made_of_wanted_rows_only():
    data = made(names=("http://[a/b.png", "b.tif", "c.tif"))
    assert [one.name for one in wanted(data, names=["well", OWN_NAME])] == ["A01_b", "b", "c"]
    with patch.object(saving, "picture_name", side_effect=picture_name) as named:
        assert [one.name for one in wanted(data, names=["well", OWN_NAME], left_out={0})] == ["b", "c"]
    assert named.call_count == 2


def test_only_a_recipe_for_files_of_channels_makes_a_path_several_files():
    assert [one.files for one in wanted(made(names=("a|b", "c", "d")))] == [["/in/a|b"], ["/in/c"], ["/in/d"]]
    joined = wanted(made(Reading(joined=True), names=("a|b", "c", "d")))
    assert [one.files for one in joined] == [["/in/a", "/in/b"], ["/in/c"], ["/in/d"]]


def test_the_saved_table_leads_to_the_saved_files_and_says_how_and_how_large_they_are():
    data = made(Reading(channels=(0, 2), separate=True), ("DAPI", "GFP"))
    saved = Saved("/out", (Written(0, "/out/SN/a.tif", 7, "new", True),
                           Written(2, "/out/c.tif", 2**40, "replaced", True)), ())
    table = saved_table(data, data.domain["image"], saved)
    column = table.domain["saved as"]
    assert table.ids.tolist() == data.ids[[0, 2]].tolist()
    assert image_paths(table, column) == ["/out/SN/a.tif", "/out/c.tif"]
    assert (image_reading(column), separate_channels(column)) == (image_reading(data.domain["image"]), ("DAPI", "GFP"))
    assert [str(row["how"]) for row in table] == ["new", "replaced"]
    assert table.get_column("size in bytes").tolist() == [7, 2**40]
    assert image_paths(table, table.domain["image"]) == ["/in/a.tif", "/in/c.tif"]


def test_what_was_written_anew_is_read_as_it_is():
    data = made(Reading(channels=(0, 2), separate=True), ("DAPI", "GFP"))
    saved = Saved("/out", (Written(0, "/out/a.png", 7, "new", False),), ())
    table = saved_table(data, data.domain["image"], saved)
    assert image_reading(table.domain["saved as"]) == Reading()
    assert "channels" not in table.domain["saved as"].attributes
    again = saved_table(table, table.domain["saved as"], saved)
    assert [meta.name for meta in again.domain.metas][-3:] == ["saved as (1)", "size in bytes (1)", "how (1)"]
    assert saved_table(data, data.domain["image"], Saved("/out", (), ())) is None


def test_a_folder_with_the_sign_that_joins_files_in_its_name_is_no_end():
    data = made(Reading(joined=True), names=("a|b", "c", "d"))
    saved = Saved("/o|ut", (Written(0, "/o|ut/x/a|/o|ut/b", 7, "new", True), Written(1, "/o|ut/c", 7, "new", True)), ())
    table = saved_table(data, data.domain["image"], saved)
    assert table.get_column("saved as").tolist() == ["x/a|b", "c"]


def test_files_of_channels_stay_one_row():
    data = made(Reading(joined=True), names=("a|b", "c", "d"))
    saved = Saved("/out", (Written(0, "/out/x/a|/out/x/b", 7, "new", True),), ())
    table = saved_table(data, data.domain["image"], saved)
    assert image_paths(table, table.domain["saved as"]) == ["/out/x/a|/out/x/b"]
