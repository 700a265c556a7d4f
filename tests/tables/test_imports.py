"""The table of an imported folder."""

import os

import numpy as np
import pytest
import tifffile
from Orange.data import StringVariable, Table
from PIL import Image

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.name_patterns import parse_pattern
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_paths, separate_channels
from orangecontrib.imaging.tables.embeddings import embedded_table
from orangecontrib.imaging.tables.imports import Labels, images_table


def _picture(folder, name, size=(7, 5)):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (200, 10, 30)).save(path)
    return path


def test_each_picture_is_a_row_with_its_class_name_size_and_shape(tmp_path):
    folder = tmp_path / "plate 1"
    first = _picture(folder, "SN/img2.png", (7, 5))
    _picture(folder, "SN/img10.png")
    _picture(folder, "NSN/a.b.png", (3, 4))
    table = images_table(scan_folder(folder))
    assert table.name == "plate 1"
    assert [meta.name for meta in table.domain.metas] == [
        "image name", "image", "size", "width", "height", "channels", "bit depth"]
    assert table.domain.class_var.name == "category"
    assert table.domain.class_var.values == ("NSN", "SN")
    assert table.Y.tolist() == [0, 1, 1]
    assert table.metas[:, 0].tolist() == ["a.b", "img2", "img10"]
    assert table.metas[:, 1].tolist() == ["NSN/a.b.png", "SN/img2.png", "SN/img10.png"]
    assert table.metas[1, 2:].tolist() == [first.stat().st_size, 7, 5, 3, 8]
    assert table.X.shape == (3, 0)


def test_the_image_column_says_what_it_is_and_leads_back_to_the_files(tmp_path):
    expected = [str(_picture(tmp_path, "a.png")), str(_picture(tmp_path, "b/c/d #1%20é.png"))]
    table = images_table(scan_folder(tmp_path))
    column = table.domain["image"]
    assert column.attributes == {"type": "image", "origin": str(tmp_path)}
    assert image_paths(table, column) == expected


def test_a_folder_without_sub_folders_has_no_class(tmp_path):
    _picture(tmp_path, "a.png")
    table = images_table(scan_folder(tmp_path))
    assert table.domain.class_vars == ()
    assert len(table) == 1


def test_the_class_can_be_left_out(tmp_path):
    _picture(tmp_path, "u/a.png")
    assert images_table(scan_folder(tmp_path), Labels(class_from="")).domain.class_vars == ()


def test_pictures_beside_the_sub_folders_have_no_class_value(tmp_path):
    _picture(tmp_path, "a.png")
    _picture(tmp_path, "u/v/b.png")
    table = images_table(scan_folder(tmp_path))
    assert table.domain.class_var.values == ("u/v",)
    np.testing.assert_array_equal(table.Y, [np.nan, 0])


def test_sub_folders_without_a_readable_picture_are_no_class(tmp_path):
    _picture(tmp_path, "good/a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("no picture")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"")
    table = images_table(scan_folder(tmp_path))
    assert table.domain.class_var.values == ("good",)
    assert len(table) == 1


def _stack(path, names, count=3):
    channels = {"Channel": {"Name": names}} if names else {}
    tifffile.imwrite(path, np.zeros((count, 4, 5), np.uint16), ome=True, photometric="minisblack",
                     metadata={"axes": "CYX", **channels})


@pytest.mark.parametrize(("names", "expected"), [
    ([["DAPI", "GFP", "RFP"], ["DAPI", "GFP", "RFP"]], ("RFP", "DAPI")),
    ([["DAPI", "GFP", "RFP"], None], ("RFP", "DAPI")),
    ([["DAPI", "GFP", "RFP"], ["GFP", "DAPI", "RFP"]], ("channel 3", "channel 1")),
    ([["DAPI", "GFP", "DAPI"], None], ("channel 3", "channel 1")),
    ([None, None], ("channel 3", "channel 1"))])
def test_channels_on_their_own_have_the_names_that_all_files_agree_on(names, expected, tmp_path):
    for number, some in enumerate(names):
        _stack(tmp_path / f"{number}.ome.tif", some)
    scan = scan_folder(tmp_path)
    table = images_table(scan, reading=Reading(channels=(2, 0), separate=True))
    assert separate_channels(table.domain["image"]) == expected
    vectors = Embeddings(np.zeros((2, 4), np.float32), np.arange(2), (), "", 2, "")
    columns = embedded_table(table, vectors, expected).domain.attributes
    assert [column.name for column in columns] == [f"{name} n{number}" for name in expected for number in (0, 1)]
    assert "channels" not in images_table(scan).domain["image"].attributes


def test_of_joined_files_the_channels_that_stand_on_their_own_keep_their_names(tmp_path):
    for channel in ("DAPI", "GFP", "RFP"):
        tifffile.imwrite(tmp_path / f"A01_{channel}.tif", np.zeros((4, 5), np.uint16))
    scan = scan_folder(tmp_path, channels=parse_pattern("{well}_{channel}"))
    table = images_table(scan, reading=Reading(channels=(2, 1), separate=True))
    assert separate_channels(table.domain["image"]) == ("RFP", "GFP")


def test_a_class_may_have_any_number_of_values_and_other_labels_become_text_where_they_have_many(tmp_path):
    for number in range(501):
        (tmp_path / f"{number}_{number % 3}.png").write_bytes(b"")
    scan = scan_folder(tmp_path, probe=False)
    pattern = parse_pattern("{cell}_{k}")
    table = images_table(scan, Labels("cell", pattern))
    assert len(table.domain.class_var.values) == 501
    assert table.domain["k"].values == ("0", "1", "2")
    assert table[500].get_class() == "500"
    other = images_table(scan, Labels("k", pattern))
    assert isinstance(other.domain["cell"], StringVariable)
    assert other.domain.class_var.values == ("0", "1", "2")


def test_parts_named_like_columns_of_the_table_get_names_of_their_own(tmp_path):
    (tmp_path / "a_b.png").write_bytes(b"")
    table = images_table(scan_folder(tmp_path, probe=False), Labels("", parse_pattern("{size}_{size (1)}")))
    assert len({column.name for column in table.domain.metas}) == len(table.domain.metas) == 7


def test_without_headers_the_numbers_are_missing(tmp_path):
    _picture(tmp_path, "a.png")
    table = images_table(scan_folder(tmp_path, probe=False))
    assert np.isnan(table.metas[0, 2:].astype(float)).all()


def test_a_name_that_is_not_utf8_survives_the_table_and_its_files(tmp_path):
    odd = os.fsdecode(b"caf\xe9.png")
    try:
        _picture(tmp_path, "u/a.png").rename(tmp_path / "u" / odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    scan = scan_folder(tmp_path)
    table = images_table(scan)
    assert image_paths(table, table.domain["image"]) == [scan.images[0].path]
    table.save(str(tmp_path / "t.tab"))
    again = Table.from_file(str(tmp_path / "t.tab"))
    assert image_paths(again, again.domain["image"]) == [scan.images[0].path]


@pytest.mark.parametrize("ending", ["tab", "csv", "pkl"])
def test_saved_tables_still_name_their_pictures(tmp_path, ending):
    paths = [str(_picture(tmp_path, f"u/{name}.png")) for name in ("a", "b", "line\nbreak")]
    images_table(scan_folder(tmp_path)).save(str(tmp_path / f"t.{ending}"))
    table = Table.from_file(str(tmp_path / f"t.{ending}"))
    assert table.domain["image"].attributes["type"] == "image"
    assert image_paths(table, table.domain["image"]) == paths
