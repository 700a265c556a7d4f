"""The table of slides that were cut into tiles."""

from types import SimpleNamespace

import numpy as np
import pytest
from made import encoded, pixels
from Orange.data import Table
from slides import colourful, needs_slides, write_slide

from orangecontrib.imaging.core.cutting import cut_slides
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.name_patterns import parse_pattern
from orangecontrib.imaging.core.tiles import Tiling
from orangecontrib.imaging.tables.columns import image_paths
from orangecontrib.imaging.tables.imports import Labels, images_table

pytestmark = needs_slides
TILES = Tiling(128, leaves_out_glass=False)


@pytest.fixture
def scan(tmp_path):
    write_slide(tmp_path / "sick" / "p1_s2.svs", colourful(128, 200))
    write_slide(tmp_path / "well" / "p2_s1.svs", colourful(100, 128, seed=1))
    (tmp_path / "well" / "x.png").write_bytes(encoded(pixels(), "PNG"))
    return SimpleNamespace(whole=scan_folder(tmp_path), cut=cut_slides(scan_folder(tmp_path), TILES))


def column(table, name):
    variable = table.domain[name]
    return [variable.str_val(value) for value in table.get_column(variable)]


def test_a_tile_has_the_columns_of_a_picture_and_its_place(scan, tmp_path):
    table = images_table(scan.cut)
    assert [meta.name for meta in table.domain.metas] == [
        "image name", "image", "size", "width", "height", "channels", "bit depth", "pixel size (µm)", "slide",
        "tile x", "tile y"]
    assert column(table, "image name") == ["p1_s2 at 0,0", "p1_s2 at 128,0", "p2_s1 at 0,0", "x"]
    assert column(table, "image") == ["sick/p1_s2.svs/tile 128 at 0,0", "sick/p1_s2.svs/tile 128 at 128,0",
                                      "well/p2_s1.svs/tile 128 at 0,0", "well/x.png"]
    assert column(table, "slide") == ["sick/p1_s2.svs", "sick/p1_s2.svs", "well/p2_s1.svs", "?"]
    assert column(table, "tile x") == ["0", "128", "0", "?"]
    assert column(table, "tile y") == ["0", "0", "0", "?"]
    assert column(table, "width") == ["128", "72", "128", "83"]
    assert column(table, "height") == ["128", "128", "100", "61"]
    assert column(table, "pixel size (µm)") == ["0.5000", "0.5000", "0.5000", "?"]
    assert table.get_column("size")[0] == (tmp_path / "sick" / "p1_s2.svs").stat().st_size
    assert table.domain["slide"].is_discrete


def test_the_class_of_a_tile_is_that_of_its_slide(scan):
    assert column(images_table(scan.cut), "category") == ["sick", "sick", "well", "well"]
    table = images_table(scan.cut, Labels("patient", parse_pattern("p{patient:digits}_s{stain:digits}")))
    assert column(table, "patient") == ["1", "1", "2", "?"]
    assert column(table, "stain") == ["2", "2", "1", "?"]


def test_a_part_of_the_names_called_slide_stays_beside_the_slides(scan):
    table = images_table(scan.cut, Labels("folder", parse_pattern("p{slide:digits}_*")))
    assert column(table, "slide") == ["sick/p1_s2.svs", "sick/p1_s2.svs", "well/p2_s1.svs", "?"]
    assert column(table, "slide (1)") == ["1", "1", "2", "?"]


def test_where_no_slide_is_cut_there_are_no_such_columns(scan):
    names = [meta.name for meta in images_table(scan.whole).domain.metas]
    assert not {"slide", "tile x", "tile y"} & set(names)


def test_the_image_column_leads_back_to_the_pixels_also_after_a_tab_file(scan, tmp_path):
    table = images_table(scan.cut)
    table.save(str(tmp_path / "a.tab"))
    for one in (table, Table(str(tmp_path / "a.tab"))):
        paths = image_paths(one, one.domain["image"])
        assert paths == [image.path for image in scan.cut.images]
    np.testing.assert_array_equal(read_image(paths[1]).pixels, colourful(128, 200)[:, 128:])
