"""What the store knows pictures by: their bytes, and what reads an instrument's format."""

import os
import time

import pytest
from made import pixels

from orangecontrib.imaging.core import formats
from orangecontrib.imaging.core.contents import read_content, read_contents
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import Picture
from orangecontrib.imaging.core.store import Store

CZI_BYTES = b"ZISRAWFILE" + bytes(200)
DICOM_BYTES = bytes(128) + b"DICM" + bytes(50)


@pytest.fixture
def upgraded(monkeypatch):
    def upgrade(kind):
        monkeypatch.setitem(vars(kind), "version", f"{kind.version} and newer")
    return upgrade


def written(path, data, age_s=60):
    path.write_bytes(data)
    os.utime(path, (time.time() - age_s,) * 2)
    return str(path)


def test_a_photograph_is_known_whatever_reads_instruments(tmp_path, upgraded):
    path = written(tmp_path / "a.png", b"some bytes")
    before = read_content(path).key
    for kind in formats.FORMATS:
        upgraded(kind)
    assert read_content(path).key == before


def test_a_newer_reader_of_a_format_makes_other_contents_of_its_files(tmp_path, upgraded):
    path = written(tmp_path / "a.czi", CZI_BYTES)
    before = read_content(path).key
    upgraded(formats.ND2)
    assert read_content(path).key == before
    upgraded(formats.CZI)
    assert read_content(path).key != before


def test_the_same_bytes_read_as_a_slide_are_other_contents(tmp_path):
    as_tiff, as_slide = (written(tmp_path / name, b"II*\0 and more") for name in ("a.tif", "a.svs"))
    assert read_content(as_tiff).key != read_content(as_slide).key


@pytest.mark.parametrize("name", ["a.mrxs", "a.vms", "A.VMU"])
def test_a_slide_whose_pixels_lie_in_other_files_is_never_taken_for_known(tmp_path, name):
    assert read_content(written(tmp_path / name, b"names of other files")).key is None


def test_a_file_in_several_with_one_such_slide_is_not_known_either(tmp_path):
    paths = [written(tmp_path / name, b"x") for name in ("a.tif", "a.mrxs")]
    assert read_contents("|".join(paths), is_joined=True).key is None
    assert read_contents("|".join([paths[0]] * 2), is_joined=True).key is not None


def test_only_what_is_named_as_it_is_read_is_known_without_being_opened(tmp_path):
    assert read_content(written(tmp_path / "a.dcm", DICOM_BYTES)).is_plain
    assert not read_content(written(tmp_path / "IM0001", DICOM_BYTES)).is_plain


def test_a_large_file_is_known_by_all_its_bytes_which_are_not_kept(tmp_path, monkeypatch):
    path = written(tmp_path / "a.png", bytes(3000))
    whole = read_content(path)
    monkeypatch.setattr("orangecontrib.imaging.core.contents._LARGE_BYTES", 1000)
    assert whole.data == bytes(3000)
    assert read_content(path).key == whole.key
    assert read_content(path).data is None


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(UnreadableImage, match="there is no such file"):
        read_content(str(tmp_path / "a.png"))


@pytest.mark.parametrize(("name", "computed"), [
    ("a.czi", [1, 0, 1, 0]), ("a.dat", [1, 0, 1, 0]), ("a.mrxs", [1, 1, 1, 1])])
def test_vectors_are_kept_until_the_reader_changes(tmp_path, upgraded, name, computed):
    data = b"names of other files" if name == "a.mrxs" else CZI_BYTES
    path, store = written(tmp_path / name, data), Store(tmp_path / "store")
    picture = Picture(pixels())
    found = []
    for _ in range(2):
        found += [embed([path], store=store, read_stack=lambda path, reading: picture).computed for _ in range(2)]
        upgraded(formats.CZI)
    store.close()
    assert found == computed
