"""Bytes come from files and from zip files, bounded, and with a reason where they do not."""

import os
import zipfile

import numpy as np
import pytest
from made import encoded, pixels, tiff

from orangecontrib.imaging.core import zip_files
from orangecontrib.imaging.core.contents import read_content
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import FolderError, UnreadableImage
from orangecontrib.imaging.core.files import file_size, files_of, open_file, zip_place
from orangecontrib.imaging.core.folder_walk import FileFilter
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.images import probe_image, read_image

PNG = encoded(pixels(), "PNG")


def archive(folder, name="plates.zip", members=("a/1.png", "a/2.png", "b/3.png")):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for member in members:
            opened.writestr(member, PNG if member.endswith(".png") else "text")
    return path


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)


def reason(action, path):
    with pytest.raises(UnreadableImage) as caught:
        action(str(path))
    return caught.value.reason


def test_a_member_of_a_zip_file_is_read_like_a_file(tmp_path):
    path = os.path.join(archive(tmp_path), "a", "1.png")
    np.testing.assert_array_equal(read_image(path).pixels, pixels())
    assert probe_image(path).width == 83
    assert file_size(path) == len(PNG)
    assert read_content(path).data == PNG
    assert files_of(path) == [str(tmp_path / "plates.zip")]
    with open_file(path) as file:
        assert file.read(4) == PNG[:4]


def test_deep_stacks_come_out_of_zip_files_too(tmp_path):
    values = np.random.default_rng(0).integers(0, 60000, (3, 20, 30)).astype(np.uint16)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as opened:
        opened.writestr("s.tif", tiff(values, imagej=True, metadata={"axes": "ZYX"}))
    assert probe_image(tmp_path / "z.zip" / "s.tif").planes == 3
    assert read_image(tmp_path / "z.zip" / "s.tif").pixels.shape == (20, 30, 3)


def test_pictures_in_zip_files_are_found_with_the_zip_file_as_a_folder(tmp_path):
    archive(tmp_path, "x/plates.zip", (
        "a/1.png", "a/notes.txt", ".hidden/2.png", "__MACOSX/a/._1.png", "c/10.png", "c/9.png"))
    put(tmp_path, "x/0.png")
    scan = scan_folder(tmp_path)
    assert [(image.name, image.category) for image in scan.images] == [
        ("x/0.png", "x"), ("x/plates.zip/a/1.png", "x/plates/a"), ("x/plates.zip/c/9.png", "x/plates/c"),
        ("x/plates.zip/c/10.png", "x/plates/c")]
    assert scan.others == {".txt": 1}
    found = embed([image.path for image in scan.images])
    assert len(found.rows) == 4


def test_a_folder_that_was_zipped_is_no_class_of_its_own(tmp_path):
    path = archive(tmp_path, "plates.zip", ("plates/wt/1.png", "plates/mut/1.png", "plates/0.png", "__MACOSX/x.png"))
    assert [image.category for image in scan_folder(path).images] == ["", "mut", "wt"]
    assert [image.category for image in scan_folder(tmp_path).images] == ["plates", "plates/mut", "plates/wt"]
    other = archive(tmp_path / "b", "plates.zip", ("plates/wt/1.png", "more/1.png"))
    assert [image.category for image in scan_folder(other).images] == ["more", "plates/wt"]


def test_a_zip_file_can_be_imported_itself(tmp_path):
    scan = scan_folder(archive(tmp_path))
    assert [(image.name, image.category) for image in scan.images] == [
        ("a/1.png", "a"), ("a/2.png", "a"), ("b/3.png", "b")]
    assert scan.folder == str(tmp_path / "plates.zip")
    assert [image.name for image in scan_folder(archive(tmp_path, members=("0.png", "a/1.png")),
                                                only=FileFilter(depth=0)).images] == ["0.png"]


@pytest.mark.parametrize(("depth", "expected"), [
    (0, ["c.png"]), (1, ["c.png", "z.zip/a.png"]), (2, ["c.png", "x/z.zip/a.png", "z.zip/a.png", "z.zip/k/b.png"])])
def test_a_zip_file_and_its_folders_are_levels_as_those_outside_are(tmp_path, depth, expected):
    put(tmp_path, "c.png")
    for name in ("z.zip", "x/z.zip"):
        archive(tmp_path, name, ("a.png", "k/b.png", "k/m/c.png"))
    found = [image.name for image in scan_folder(tmp_path, only=FileFilter(depth=depth)).images]
    assert sorted(found) == expected


def test_each_of_several_zip_files_is_looked_into_as_deep_as_one(tmp_path):
    paths = [archive(tmp_path, name, ("a.png", "k/b.png")) for name in ("1.zip", "2.zip")]
    scan = scan_folder(paths, only=FileFilter(depth=0))
    assert [image.name for image in scan.images] == ["1.zip/a.png", "2.zip/a.png"]


def test_a_zip_file_is_looked_into_once_however_it_is_reached(tmp_path):
    path = archive(tmp_path, "z.zip", ("a.png", "k/b.png"))
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    for folders in ([tmp_path, path], [path, tmp_path], [tmp_path, tmp_path / "link" / "z.zip"]):
        assert len(scan_folder(folders).images) == 2
    assert len(scan_folder([tmp_path, path], only=FileFilter(depth=1)).images) == 2


def test_brackets_in_a_form_of_names_stand_for_themselves(tmp_path):
    put(tmp_path, "a[1].png", "a1.png", "b].png")
    for form, expected in (("a[1]*", ["a[1].png"]), ("*]*", ["a[1].png", "b].png"]), ("A[?].*", ["a[1].png"])):
        assert [image.name for image in scan_folder(tmp_path, only=FileFilter(form)).images] == expected


def test_a_zip_file_that_cannot_be_read_is_named_and_the_rest_is_found(tmp_path):
    put(tmp_path, "a.png")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 nothing")
    scan = scan_folder(tmp_path)
    assert [image.name for image in scan.images] == ["a.png"]
    assert scan.skipped[0].path == str(tmp_path / "bad.zip")
    assert scan.skipped[0].reason == "the zip file cannot be read (File is not a zip file)"


def test_members_that_cannot_be_read_say_why(tmp_path, monkeypatch):
    path = archive(tmp_path)
    assert reason(read_image, path / "a" / "9.png") == "there is no such file in the zip file"
    assert reason(read_image, tmp_path / "none.zip" / "9.png") == "there is no such file"
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    assert reason(read_image, path / "a" / "1.png").startswith("the zip file is damaged")
    monkeypatch.setattr(zip_files, "_LARGEST_MEMBER", 10)
    assert reason(read_image, archive(tmp_path) / "a" / "1.png") == (
        "too large to be read from a zip file; unpack it first")


def test_a_locked_zip_file_says_so(tmp_path):
    path = archive(tmp_path)
    data = bytearray(path.read_bytes())
    for start in (b"PK\x03\x04", b"PK\x01\x02"):  # of each member: its own header, and its entry in the list
        at = data.find(start)
        while at >= 0:
            data[at + (6 if start[2] == 3 else 8)] |= 1
            at = data.find(start, at + 1)
    path.write_bytes(data)
    assert reason(read_image, path / "a" / "1.png") == "the zip file is locked with a password; unpack it first"


def test_a_zip_file_gives_no_more_bytes_than_it_says(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.png", PNG + bytes(50 << 20))
    data = path.read_bytes()
    size = (len(PNG) + (50 << 20)).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, len(PNG).to_bytes(4, "little")))
    assert reason(read_image, path / "a.png") == "the zip file is damaged (Bad CRC-32 for file 'a.png')"


@pytest.mark.parametrize("path", ["a.png", "x.zip", "folder.zip/a.png", "x.zipper/a.png"])
def test_ordinary_paths_lead_into_no_zip_file(tmp_path, path):
    put(tmp_path, "a.png", "folder.zip/a.png")
    archive(tmp_path, "x.zip")
    assert zip_place(os.path.join(tmp_path, path)) is None
    assert zip_place(os.path.join(tmp_path, "x.zip", "b", "3.png")) == (str(tmp_path / "x.zip"), "b/3.png")


def test_a_zip_file_is_found_behind_letters_that_grow_when_they_are_made_small(tmp_path):
    folder = tmp_path / "\u0130zmir \u0130"  # Turkish capitals with a dot, two letters each in small
    place = archive(folder, "X.ZIP")
    assert zip_place(os.path.join(place, "a", "1.png")) == (str(place), "a/1.png")
    np.testing.assert_array_equal(read_image(place / "a" / "1.png").pixels, pixels())


def test_several_folders_are_one_import_with_classes_from_their_common_folder(tmp_path):
    put(tmp_path, "data/healthy/1.png", "data/sick/day 1/2.png", "data/other/3.png")
    scan = scan_folder([str(tmp_path / "data/sick"), str(tmp_path / "data/healthy")])
    assert scan.folder == str(tmp_path / "data")
    assert [(image.name, image.category) for image in scan.images] == [
        ("healthy/1.png", "healthy"), ("sick/day 1/2.png", "sick/day 1")]
    inside = scan_folder([str(tmp_path / "data"), str(tmp_path / "data/sick")])
    assert len(inside.images) == 3  # each picture once


@pytest.mark.parametrize("given", [[], [""], ""])
def test_no_folder_is_refused(given):
    with pytest.raises(FolderError, match="No folder is named"):
        scan_folder(given)


@pytest.mark.parametrize(("only", "names"), [
    (FileFilter("*.png"), ["a1.png", "b1.PNG", "deep/er/a3.png", "x/a2.png"]),
    (FileFilter("a*; B1.*"), ["a1.png", "b1.PNG", "deep/er/a3.png", "x/a2.png"]),
    (FileFilter("a?.png"), ["a1.png", "deep/er/a3.png", "x/a2.png"]),
    (FileFilter(depth=0), ["a1.png", "b1.PNG", "c.jpg"]),
    (FileFilter(depth=1), ["a1.png", "b1.PNG", "c.jpg", "x/a2.png"]),
    (FileFilter(" ; "), None), (FileFilter("z*"), [])])
def test_names_and_depth_choose_the_files(tmp_path, only, names):
    put(tmp_path, "a1.png", "b1.PNG", "c.jpg", "x/a2.png", "deep/er/a3.png")
    if names == []:
        with pytest.raises(FolderError, match=r"5 files, and none is a picture with a name of the form z\*\."):
            scan_folder(tmp_path, only=only)
        return
    found = [image.name for image in scan_folder(tmp_path, only=only).images]
    assert sorted(found) == (names or ["a1.png", "b1.PNG", "c.jpg", "deep/er/a3.png", "x/a2.png"])
