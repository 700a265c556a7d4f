"""``orange-imaging embed`` with whole slides that are cut into tiles."""


import numpy as np
import pytest
from csv_rows import read_csv
from slides import colourful, glass, needs_slides, stained, write_slide

from orangecontrib.imaging.cli import main
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.tiles import TilePlace


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "slides").mkdir()
    return tmp_path / "slides"


def run(*arguments):
    return main(["embed", *map(str, arguments), "--no-store"])


@needs_slides
def test_each_tile_with_tissue_has_its_vector(folder, tmp_path, capsys):
    slide = write_slide(folder / "sick" / "a.svs", stained(256, 512, (250, 0, 350, 100)))
    write_slide(folder / "well" / "b.svs", glass(256, 256))
    assert run(folder, "-o", tmp_path / "v.csv", "--slide-tiles", 128) == 0
    found = read_csv(tmp_path / "v.csv")
    assert [(one["path"], one["category"]) for one in found] == [
        ("sick/a.svs/tile 128 at 256,0", "sick")]
    assert "well/b.svs: skipped, no tissue was found on it, only empty glass" in capsys.readouterr().err
    expected = embed([TilePlace(slide, 128, 256, 0).path]).vectors[0]
    np.testing.assert_array_equal(np.array(list(found[0].values())[2:], np.float32), expected)


@needs_slides
def test_empty_glass_can_be_kept_and_names_give_the_class(folder, tmp_path):
    write_slide(folder / "p1_a.svs", glass(128, 256))
    assert run(folder, "-o", tmp_path / "v.csv", "--slide-tiles", "128", "--with-empty-glass", "--names",
               "p{patient:digits}_*", "--class", "patient") == 0
    assert [one["category"] for one in read_csv(tmp_path / "v.csv")] == ["1", "1"]


@needs_slides
def test_names_that_do_not_fit_are_told_by_the_slide(folder, tmp_path, capsys):
    write_slide(folder / "p1_a.svs", colourful(64, 64))
    write_slide(folder / "other.svs", colourful(64, 64))
    assert run(folder, "-o", tmp_path / "v.pkl", "--slide-tiles", "64", "--with-empty-glass", "--names",
               "p{patient:digits}_*") == 0
    assert ("1 of 2 names does not fit the pattern p{patient:digits}_*, such as other.svs; it has no labels."
            in capsys.readouterr().out)


@needs_slides
def test_without_the_option_a_slide_is_one_picture(folder, tmp_path):
    write_slide(folder / "a.svs", colourful(300, 400))
    assert run(folder, "-o", tmp_path / "v.csv") == 0
    assert [one["path"] for one in read_csv(tmp_path / "v.csv")] == ["a.svs"]


@needs_slides
def test_where_nothing_but_glass_is_found_that_is_said(folder, tmp_path, capsys):
    write_slide(folder / "a.svs", glass(300, 400))
    assert run(folder, "-o", tmp_path / "v.npz", "--slide-tiles", "128") == 2
    assert "a.svs: skipped, no tissue was found on it, only empty glass" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "words"), [
    (["--slide-tiles", "x"], "--slide-tiles x: write the side of a tile, 32 to 4,096 pixels."),
    (["--slide-tiles", "-5"], "--slide-tiles"),
    (["--slide-tiles", "31"], "Slides are not cut into tiles of 31 pixels. Choose a side from 32 to 4,096 pixels."),
    (["--slide-tiles", "4097"], "Slides are not cut into tiles of 4097 pixels."),
    (["--with-empty-glass"], "--with-empty-glass needs --slide-tiles"),
    (["--slide-tiles", "64", "--join-channels", "--names", "{a}_{channel}"],
     "--slide-tiles do not go with --join-channels. Leave one of them out.")])
def test_what_cannot_be_is_said_before_any_work(folder, tmp_path, options, words, capsys):
    try:
        code = run(folder, "-o", tmp_path / "v.npz", *options)
    except SystemExit as left:  # by argparse
        code = left.code
    assert code == 2
    assert words in capsys.readouterr().err
