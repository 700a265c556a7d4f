"""The slides of a folder are cut into tiles; other pictures stay."""

import os
import zipfile

import numpy as np
import pytest
from made import encoded, pixels
from slides import colourful, glass, needs_slides, stained, write_slide

from orangecontrib.imaging.core import cutting
from orangecontrib.imaging.core.cutting import cut_slides, has_slides, look_at_slide
from orangecontrib.imaging.core.errors import Cancelled, UnreadableImage, WrongUse
from orangecontrib.imaging.core.folders import Scan, scan_folder
from orangecontrib.imaging.core.images import probe_image
from orangecontrib.imaging.core.name_patterns import parse_pattern
from orangecontrib.imaging.core.readers import Readers
from orangecontrib.imaging.core.tiles import Tiling

ALL = Tiling(256, leaves_out_glass=False)


def png(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(pixels(), "PNG"))


@needs_slides
def test_each_tile_is_a_picture_in_the_place_of_its_slide(tmp_path):
    png(tmp_path / "x" / "a.png")
    slide = write_slide(tmp_path / "x" / "b.svs", colourful(300, 520))
    png(tmp_path / "x" / "c.png")
    scan = cut_slides(scan_folder(tmp_path), ALL)
    names = [f"x/b.svs/tile 256 at {left},{top}" for top in (0, 256) for left in (0, 256, 512)]
    assert [image.name for image in scan.images] == ["x/a.png", *names, "x/c.png"]
    assert {image.category for image in scan.images} == {"x"}
    assert [image.file_name for image in scan.images] == ["x/a.png", *["x/b.svs"] * 6, "x/c.png"]
    last = scan.images[6]
    assert last.path == os.path.join(slide, "tile 256 at 512,256")
    assert last.tile == (slide, 256, 512, 256)
    assert (last.info.width, last.info.height) == (8, 44)
    for image in scan.images:
        assert image.info == probe_image(image.path)


@needs_slides
def test_only_tiles_with_tissue_are_kept_unless_all_are_asked_for(tmp_path):
    write_slide(tmp_path / "a.svs", stained(600, 1000, (300, 100, 500, 200)))
    scan = scan_folder(tmp_path)
    assert [image.tile[2:] for image in cut_slides(scan, Tiling(128)).images] == [(256, 0), (384, 0), (256, 128),
                                                                                    (384, 128)]
    assert len(cut_slides(scan, Tiling(128, leaves_out_glass=False)).images) == 8 * 5


@needs_slides
def test_a_slide_of_glass_is_left_out_with_that_reason(tmp_path):
    png(tmp_path / "a.png")
    slide = write_slide(tmp_path / "b.svs", glass(300, 400))
    scan = cut_slides(scan_folder(tmp_path), Tiling(64))
    assert [image.name for image in scan.images] == ["a.png"]
    assert [(one.path, one.reason) for one in scan.skipped] == [
        (slide, "no tissue was found on it, only empty glass")]
    assert has_slides(scan)


@needs_slides
def test_a_slide_that_was_made_smaller_is_cut_at_its_full_resolution(tmp_path, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.stack.LONGEST_SLIDE", 128)
    path = write_slide(tmp_path / "a.svs", stained(602, 1003, (300, 100, 500, 200)))
    info = probe_image(path)
    assert (info.width, info.height, info.full_size, info.pixel_size_um) == (125, 75, (1003, 602), 4.0)
    found = look_at_slide(path, Tiling(128))
    assert (found.info.width, found.info.height, found.info.pixel_size_um) == (1003, 602, 0.5)
    assert found.places.tolist() == [[256, 0], [384, 0], [256, 128], [384, 128]]
    monkeypatch.setattr("orangecontrib.imaging.core.stack.LONGEST_SLIDE", 16)
    with pytest.raises(UnreadableImage, match="tiles of 32 pixels are too small for a slide of 1,003 × 602 pixels; "
                                              "choose at least 64"):
        look_at_slide(path, Tiling(32))


@needs_slides
def test_a_child_finds_the_same_tiles(tmp_path):
    path = write_slide(tmp_path / "a.svs", stained(600, 1000, (300, 100, 500, 200)))
    (tmp_path / "b.svs").write_bytes(b"II*\0 no slide")
    readers = Readers(1)
    try:
        here, there = look_at_slide(path, Tiling(64)), readers.tiles(path, Tiling(64))
        assert there.info == here.info
        np.testing.assert_array_equal(there.places, here.places)
        with pytest.raises(UnreadableImage):
            readers.tiles(str(tmp_path / "b.svs"), Tiling(64))
    finally:
        readers.close()


@needs_slides
def test_too_many_tiles_are_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "MAX_TILES", 20)
    for name in ("a.svs", "b.svs"):
        write_slide(tmp_path / name, colourful(256, 1024))
    scan = scan_folder(tmp_path)
    assert len(look_at_slide(str(tmp_path / "a.svs"), Tiling(32, leaves_out_glass=False)).places) == 21
    assert len(cut_slides(scan, ALL).images) == 8
    with pytest.raises(WrongUse) as refused:
        cut_slides(scan, Tiling(64, leaves_out_glass=False))
    assert str(refused.value) == ("These slides would give more than 20 tiles of 64 pixels. Choose larger tiles, leave "
                                  "out empty glass, or import fewer slides.")
    with pytest.raises(WrongUse, match="Choose larger tiles, or import fewer slides"):
        cut_slides(scan, Tiling(64))


@needs_slides
def test_slides_that_cannot_be_cut_are_named_and_the_rest_goes_on(tmp_path):
    (tmp_path / "bad.svs").write_bytes(b"II*\0 no slide")
    slide = write_slide(tmp_path / "good.svs", colourful(256, 256))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as opened:
        opened.write(slide, "inside.svs")
    for probe in (True, False):
        scan = cut_slides(scan_folder(tmp_path, probe=probe), ALL)
        assert [image.file_name for image in scan.images] == ["good.svs"]
        assert {os.path.basename(one.path) for one in scan.skipped} == {"bad.svs", "inside.svs"}
        assert any("inside a zip file; unpack it first" in one.reason for one in scan.skipped)


@needs_slides
def test_progress_is_told_by_slides_and_can_be_stopped(tmp_path):
    for name in ("a.svs", "b.svs"):
        write_slide(tmp_path / name, colourful(64, 64))
    told = []
    cut_slides(scan_folder(tmp_path), ALL, on_progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(Cancelled):
        cut_slides(scan_folder(tmp_path), ALL, cancelled=lambda: True)


def test_a_folder_without_slides_stays_as_it_is(tmp_path):
    png(tmp_path / "a.png")
    scan = scan_folder(tmp_path)
    assert cut_slides(scan, ALL) == scan
    assert not has_slides(scan)


def test_files_that_were_joined_are_not_cut(tmp_path):
    for name in ("P_w1.svs", "P_w2.svs"):
        (tmp_path / name).write_bytes(b"x")
    scan = scan_folder(tmp_path, channels=parse_pattern("{plate}_w{channel}"), probe=False)
    assert isinstance(scan, Scan)
    assert cut_slides(scan, ALL) == scan
