"""Tiles of whole slides: their paths, their pixels, and what the store knows them by."""

import os
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from made import encoded, pixels
from slides import colourful, needs_slides, write_slide

from orangecontrib.imaging.core import contents, formats
from orangecontrib.imaging.core.contents import read_content
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import UnreadableImage, WrongUse
from orangecontrib.imaging.core.files import file_size, files_of, open_file, zip_place
from orangecontrib.imaging.core.images import is_photo, probe_image, read_image
from orangecontrib.imaging.core.moved import is_there
from orangecontrib.imaging.core.readers import Readers
from orangecontrib.imaging.core.store import Store, file_state
from orangecontrib.imaging.core.thumbnails import read_thumbnail
from orangecontrib.imaging.core.tiles import TilePlace, Tiling, plan_tiles, tile_place


def reason(path):
    with pytest.raises(UnreadableImage) as caught:
        read_image(path)
    return caught.value.reason


@pytest.mark.parametrize(("width", "height", "side"), [(1000, 700, 256), (512, 512, 512), (30, 20, 512), (7, 1, 3)])
def test_tiles_cover_a_slide_once_row_by_row(width, height, side):
    times = np.zeros((height, width), int)
    places = plan_tiles(width, height, side)
    for left, top in places:
        wide, high = TilePlace("", side, left, top).size_in(width, height)
        times[top:top + high, left:left + wide] += 1
    assert (times == 1).all()
    assert places.dtype == np.int64
    assert [tuple(place[::-1]) for place in places] == sorted(tuple(place[::-1]) for place in places)


def test_the_path_of_a_tile_is_taken_apart_where_the_slide_is_there(tmp_path):
    slide = tmp_path / "A.SVS"
    slide.write_bytes(b"II*\0")
    place = TilePlace(str(slide), 512, 2048, 1024)
    assert place.path == os.path.join(slide, "tile 512 at 2048,1024")
    assert tile_place(place.path) == place
    assert zip_place(place.path) is None
    slide.unlink()
    assert tile_place(place.path) is None
    assert reason(place.path) == "there is no such file"


@pytest.mark.parametrize("name", [
    "a.svs", "a.svs/tile 512 at 1,2/x", "a.svs/tile 0 at 1,2", "a.svs/tile 512 at -1,2", "a.svs/tile 512 at 01,2",
    "a.svs/tile 512 at 1, 2", "a.svs/tile 512 at 1,2\n", "a.svs/tile 512 at \u0661,2", "b.tif/tile 512 at 1,2",
    "c.svs/tile 512 at 1,2", "tile 512 at 1,2", "a.svs/tile 1234567890 at 0,0", "d\0.svs/tile 512 at 1,2", ""])
def test_other_paths_lead_to_no_tile(tmp_path, name):
    for file in ("a.svs", "b.tif"):
        (tmp_path / file).write_bytes(b"II*\0")
    (tmp_path / "c.svs").mkdir()
    assert tile_place(os.path.join(tmp_path, *name.split("/"))) is None


def test_a_file_that_is_only_called_like_a_tile_is_read_as_what_it_is(tmp_path):
    path = tmp_path / "c.svs" / "tile 512 at 0,0"
    path.parent.mkdir()
    path.write_bytes(encoded(pixels(), "PNG"))
    np.testing.assert_array_equal(read_image(path).pixels, pixels())


@pytest.mark.parametrize("side", [31, 4097, 0, -512, 512.5, "512", True])
def test_a_side_that_cannot_be_is_refused_with_those_that_can(side):
    with pytest.raises(WrongUse, match=f"into tiles of {side!r} pixels. Choose a side from 32 to 4,096 pixels."):
        Tiling(side)


@needs_slides
def test_the_pixels_of_every_tile_are_the_slides_own(tmp_path):
    values = colourful(700, 1000)
    slide = write_slide(tmp_path / "a.svs", values)
    seen = np.zeros_like(values)
    for left, top in plan_tiles(1000, 700, 256).tolist():
        path = TilePlace(slide, 256, left, top).path
        picture, info = read_image(path), probe_image(path)
        assert picture.pixels.shape == (info.height, info.width, 3)
        assert (info.pixel_size_um, info.format, info.bytes) == (0.5, "slide (aperio)", os.path.getsize(slide))
        assert picture.notes == ()
        seen[top:top + info.height, left:left + info.width] = picture.pixels
    np.testing.assert_array_equal(seen, values)


@needs_slides
def test_a_tile_may_stand_anywhere_and_is_only_cut_at_the_edge(tmp_path):
    values = colourful(300, 400)
    slide = write_slide(tmp_path / "a.svs", values)
    np.testing.assert_array_equal(read_image(TilePlace(slide, 64, 131, 77).path).pixels, values[77:141, 131:195])
    np.testing.assert_array_equal(read_image(TilePlace(slide, 64, 390, 290).path).pixels, values[290:, 390:])


@needs_slides
def test_places_that_the_slide_does_not_have_are_refused_with_a_reason(tmp_path):
    slide = write_slide(tmp_path / "a.svs", colourful(300, 400))
    said = "the slide has 400 × 300 pixels, and no tile at "
    assert reason(TilePlace(slide, 64, 400, 0).path) == f"{said}400, 0"
    assert reason(TilePlace(slide, 64, 0, 1300).path) == f"{said}0, 1,300"
    assert reason(TilePlace(slide, 4097, 0, 0).path) == "a tile of 4,097 pixels is too large; the limit is 4,096"


@needs_slides
def test_what_was_not_scanned_is_white(tmp_path, monkeypatch):
    from PIL import Image
    slide = write_slide(tmp_path / "a.svs", colourful(300, 400))
    region = np.zeros((64, 64, 4), np.uint8)
    region[:32] = (10, 20, 30, 255)
    monkeypatch.setattr("orangecontrib.imaging.core.formats.slide.openslide.OpenSlide.read_region",
                        lambda *given: Image.fromarray(region))
    seen = read_image(TilePlace(slide, 64, 0, 0).path).pixels
    assert (seen[:32] == (10, 20, 30)).all()
    assert (seen[32:] == 255).all()


@needs_slides
def test_a_tile_is_read_in_a_child_and_as_a_thumbnail_as_other_pictures_are(tmp_path):
    path = TilePlace(write_slide(tmp_path / "a.svs", colourful(300, 400)), 128, 128, 0).path
    readers = Readers(1)
    try:
        np.testing.assert_array_equal(readers.picture(path).pixels, read_image(path).pixels)
        assert readers.probe(path) == probe_image(path)
    finally:
        readers.close()
    assert read_thumbnail(path, 32).pixels.shape == (32, 32, 3)


def test_the_file_of_a_tile_is_its_slide(tmp_path):
    slide = tmp_path / "a.svs"
    slide.write_bytes(b"II*\0 and more")
    path = TilePlace(str(slide), 64, 0, 0).path
    assert file_size(path) == 13
    assert files_of(path) == [str(slide)]
    assert is_there(path)
    with open_file(path) as file:
        assert file.read(4) == b"II*\0"
    os.utime(slide, (time.time() - 60,) * 2)
    assert file_state(path) == file_state(str(slide)) is not None


def test_a_tile_is_no_photograph_even_if_its_slide_begins_like_one(tmp_path):
    slide = tmp_path / "a.mrxs"
    slide.write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))
    assert not is_photo(slide.read_bytes(), TilePlace(str(slide), 64, 0, 0).path)


def test_the_state_of_a_tile_names_what_reads_slides(tmp_path, monkeypatch):
    slide = tmp_path / "a.svs"
    slide.write_bytes(b"x")
    os.utime(slide, (time.time() - 60,) * 2)
    path = TilePlace(str(slide), 64, 0, 0).path
    before = file_state(path), read_content(path).key
    monkeypatch.setitem(vars(formats.SLIDE), "version", "openslide of tomorrow")
    assert file_state(path) != before[0]
    assert read_content(path).key != before[1]


def test_a_slide_is_hashed_once_for_all_its_tiles_and_again_when_it_changes(tmp_path, monkeypatch):
    hashed = []
    whole = contents._content
    monkeypatch.setattr(contents, "_content", lambda path, *rest: hashed.append(path) or whole(path, *rest))
    slide = tmp_path / "a.svs"

    def keys(data, age_s):
        slide.write_bytes(data)
        os.utime(slide, (time.time() - age_s,) * 2)
        hashed.clear()
        return [read_content(TilePlace(str(slide), 64, left, 0).path).key for left in (0, 64, 64)], len(hashed)

    first, count = keys(b"one", 60)
    assert count == 1
    assert first[0] != first[1] == first[2]
    assert read_content(str(slide)).key not in first
    second, count = keys(b"two", 50)
    assert count == 1
    assert not set(first) & set(second)
    fresh, count = keys(b"one", 0)  # it may change again within one tick of the clock
    assert (fresh, count) == (first, 3)


def test_a_tile_of_a_slide_in_several_files_is_never_taken_for_known(tmp_path):
    slide = tmp_path / "a.mrxs"
    slide.write_bytes(b"names of other files")
    assert read_content(TilePlace(str(slide), 64, 0, 0).path).key is None


@needs_slides
def test_tiles_have_vectors_of_their_own_that_are_kept_until_the_slide_changes(tmp_path):
    slide = write_slide(tmp_path / "a.svs", colourful(300, 400))
    paths = [TilePlace(slide, 200, left, 0).path for left in (0, 200)]
    with closing(Store(tmp_path / "store")) as store:
        first, again = embed(paths, store=store), embed(paths, store=store)
        assert (first.computed, again.computed) == (2, 0)
        assert not np.array_equal(*first.vectors)
        np.testing.assert_array_equal(first.vectors, again.vectors)
        write_slide(tmp_path / "a.svs", colourful(300, 400, seed=1), age_s=30)
        changed = embed(paths, store=store)
        assert changed.computed == 2
        assert not np.array_equal(changed.vectors, first.vectors)


@needs_slides
def test_a_tile_has_the_vector_that_its_pixels_have_in_a_file_of_their_own(tmp_path):
    values = colourful(300, 400)
    slide = write_slide(tmp_path / "a.svs", values)
    (tmp_path / "b.png").write_bytes(encoded(values[64:264, 32:232].copy(), "PNG"))
    found = embed([TilePlace(slide, 200, 32, 64).path, str(tmp_path / "b.png")])
    np.testing.assert_allclose(found.vectors[0], found.vectors[1], rtol=1e-5)


def test_a_size_on_disk_that_is_not_known_is_the_one_that_is_read():
    from orangecontrib.imaging.core.stack import ImageInfo
    info = ImageInfo(40, 30, 1, "PNG")
    assert info.full_size == (40, 30)
    assert replace(info, full_width=400, full_height=300).full_size == (400, 300)
