"""A folder's pictures in natural order, each with its category; nothing dangerous opened, nothing invented."""

import os
import pathlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from made import encoded, pixels, tiff, write_pictures

from orangecontrib.imaging.core import probing
from orangecontrib.imaging.core.errors import Cancelled, FolderError, UnreadableImage
from orangecontrib.imaging.core.folders import Scan, others_text, scan_folder
from orangecontrib.imaging.core.found import count_categories, natural_key
from orangecontrib.imaging.core.images import probe_image

PNG = encoded(pixels(5, 7), "PNG")
TOP = pathlib.Path(os.path.abspath(os.sep), "data", "plate 1")


def put(folder, *names):
    for name in names:
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)


def names(scan):
    return [image.name for image in scan.images]


def test_pictures_come_in_natural_order_folder_by_folder(tmp_path):
    put(tmp_path, "img10.png", "img2.png", "Img1.png", "b/3.png", "a/20.png", "a/3.png", "a10/1.png", "a9/1.png")
    assert names(scan_folder(tmp_path)) == ["Img1.png", "img2.png", "img10.png", "a/3.png", "a/20.png", "a9/1.png",
                                            "a10/1.png", "b/3.png"]


@pytest.mark.parametrize("name", ["IM0001", "1.2.840.113619.2.5", "MR.1.2"])
def test_dicom_files_need_no_ending(tmp_path, name):
    put(tmp_path, "a.png")
    (tmp_path / name).write_bytes(bytes(128) + b"DICM" + bytes(20))
    (tmp_path / "README").write_text("no picture")
    (tmp_path / "notes.dat").write_bytes(bytes(128) + b"DICM")
    os.mkfifo(tmp_path / "pipe")  # whoever opened it would wait for ever
    scan = scan_folder(tmp_path, probe=False)
    assert sorted(names(scan)) == sorted([name, "a.png"])
    assert scan.others == {"": 2, ".dat": 1}


@pytest.mark.parametrize("ordered", [
    ["1.png", "2.png", "10.png", "a.png"], ["a", "a1", "a1b", "a2", "a10"], ["x 1.png", "x 01.png", "x 2.png"],
    ["well A2 s1", "well A2 s10", "well A10 s1", "well B1 s1"], ["Apple", "banana", "Cherry"],
    ["²", "³"], ["t1", "t٣"],
])
def test_the_natural_order_of_names(ordered):
    found = sorted(reversed(ordered), key=natural_key)
    if ordered[0].startswith("x"):
        assert set(found[:2]) == set(ordered[:2])
    else:
        assert found == ordered


def test_each_picture_has_path_category_and_header(tmp_path):
    put(tmp_path, "top.png", "cells/round/a.png", "cells/b.png")
    scan = scan_folder(tmp_path)
    found = {image.name: image for image in scan.images}
    assert {name: image.category for name, image in found.items()} == {
        "top.png": "", "cells/b.png": "cells", "cells/round/a.png": "cells/round"}
    assert found["cells/b.png"].path == str(tmp_path / "cells" / "b.png")
    assert all((image.info.width, image.info.height, image.info.format) == (7, 5, "PNG") for image in scan.images)
    assert all(image.info.bytes == len(PNG) for image in scan.images)
    assert count_categories(scan.images) == {"": 1, "cells": 1, "cells/round": 1}


def test_a_sub_folder_without_pictures_is_no_category(tmp_path):
    put(tmp_path, "a/1.png")
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read me.txt").write_text("x")
    scan = scan_folder(tmp_path)
    assert list(count_categories(scan.images)) == ["a"]
    assert scan.others == {".txt": 1}


def test_other_files_are_counted_by_their_endings():
    counts = {".txt": 1, ".czi": 1200, "": 2, ".nd2": 3, ".lif": 4, ".xml": 5}
    assert others_text(counts) == (
        "1,215 other files passed over: .czi (1,200), .xml (5), .lif (4), .nd2 (3), no usual ending (2), …")
    assert others_text({".czi": 1}) == "1 other file passed over: .czi (1)"


def test_a_folder_of_other_files_only_says_which_there_are(tmp_path):
    for name in ("a.mov", "b.MOV", "notes", "Dr. Miller's", "x.\udce9", "y.a\n\x1b[31m"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FolderError, match=r"no pictures in this folder or its sub-folders \(6 other files passed over: "
                                          r"no usual ending \(4\), \.mov \(2\)\)\. Choose another folder"):
        scan_folder(tmp_path)


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    put(tmp_path, "a.png", ".hidden.png", "._a.png", ".cache/b.png")
    scan = scan_folder(tmp_path)
    assert (names(scan), scan.skipped, scan.others) == (["a.png"], (), {})


@pytest.mark.parametrize("suffix", [".PNG", ".Jpg", ".JPEG", ".jpe", ".jfif", ".TIF", ".tiff", ".BmP", ".gif", ".webp"])
def test_a_suffix_counts_in_any_case(tmp_path, suffix):
    put(tmp_path, f"picture{suffix}", "archive.png.zip", "png", "noend.")
    assert names(scan_folder(tmp_path)) == [f"picture{suffix}"]


def link(at, target):
    at.symlink_to(target, target_is_directory=True)


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path):
    put(tmp_path, "elsewhere/deep/1.png", "top/a/2.png")
    link(tmp_path / "top" / "b", tmp_path / "elsewhere")
    assert names(scan_folder(tmp_path / "top")) == ["a/2.png", "b/deep/1.png"]


def test_folders_that_link_to_each_other_give_each_picture_once_in_its_own_category(tmp_path):
    folders_ = [tmp_path / f"f{number}" for number in range(12)]
    put(tmp_path, *(f"f{number}/{number}.png" for number in range(12)))
    for one in folders_:
        for other in folders_:
            link(one / f"to {other.name}", other)
        link(one / "up", tmp_path)
    scan = scan_folder(tmp_path)
    assert names(scan) == [f"f{number}/{number}.png" for number in range(12)]
    assert [image.category for image in scan.images] == [one.name for one in folders_]


def test_a_picture_gets_the_category_of_its_folder_not_of_a_link_to_it(tmp_path):
    put(tmp_path, "z/deep/1.png")
    link(tmp_path / "a", tmp_path / "z" / "deep")
    assert names(scan_folder(tmp_path)) == ["z/deep/1.png"]


def test_a_folder_behind_several_links_gets_the_first_in_natural_order(tmp_path):
    put(tmp_path, "elsewhere/1.png", "top/0.png")
    for name in ("b", "a10", "a9"):
        link(tmp_path / "top" / name, tmp_path / "elsewhere")
    assert names(scan_folder(tmp_path / "top")) == ["0.png", "a9/1.png"]


def test_folders_are_told_apart_where_the_file_system_numbers_none(tmp_path, monkeypatch):
    really = os.stat

    def stat(path, **more):
        state = really(path, **more)
        return os.stat_result((state.st_mode, 0, *state[2:]))

    monkeypatch.setattr(os, "stat", stat)
    put(tmp_path, "a/1.png", "b/2.png")
    link(tmp_path / "a" / "to b", tmp_path / "b")
    link(tmp_path / "b" / "to a", tmp_path / "a")
    assert names(scan_folder(tmp_path)) == ["a/1.png", "b/2.png"]


def test_a_link_to_itself_and_a_broken_link_do_not_stop_the_scan(tmp_path):
    put(tmp_path, "good.png")
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "broken.png").symlink_to("nowhere.png")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["good.png"]
    assert {(os.path.basename(one.path), one.reason) for one in scan.skipped} == {
        ("broken.png", "there is no such file"), ("circle.png", "too many levels of symbolic links")}


def test_pipes_and_devices_are_never_opened(tmp_path, monkeypatch):
    put(tmp_path, "good.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "null.png").symlink_to("/dev/null")
    opened = []
    really_open = open

    def noting(path, *rest, **more):
        opened.append(path)
        return really_open(path, *rest, **more)

    monkeypatch.setattr("builtins.open", noting)
    scan = scan_folder(tmp_path)
    assert (names(scan), sum(scan.others.values()), scan.skipped) == (["good.png"], 2, ())
    assert opened == [str(tmp_path / "good.png")]


def test_what_cannot_be_read_is_listed_with_its_row_and_reason(tmp_path):
    put(tmp_path, "1.png", "3.png")
    (tmp_path / "2.png").write_text("text")
    (tmp_path / "4.png").touch()
    scan = scan_folder(tmp_path)
    assert names(scan) == ["1.png", "3.png"]
    assert [(one.row, one.path, one.reason) for one in scan.skipped] == [
        (1, str(tmp_path / "2.png"), "not a picture of a kind that is read here"),
        (3, str(tmp_path / "4.png"), "the file is empty")]


def test_without_probing_no_file_is_opened(tmp_path, monkeypatch):
    put(tmp_path, "1.png")
    (tmp_path / "2.png").write_text("text")
    monkeypatch.setattr("builtins.open", lambda *arguments, **options: pytest.fail("opened"))
    scan = scan_folder(tmp_path, probe=False)
    assert names(scan) == ["1.png", "2.png"]
    assert [image.info for image in scan.images] == [None, None]


def closing(monkeypatch, *closed):
    """As if these folders' rights forbade it; the tests may run as root, whom rights do not stop."""
    really = os.scandir

    def scandir(path):
        if os.fspath(path) in closed:
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: list(scandir(path)) and listdir(path))


def test_a_sub_folder_that_may_not_be_read_is_named_and_the_rest_is_found(tmp_path, monkeypatch):
    put(tmp_path, "a/1.png", "b/2.png", "c/3.png")
    closing(monkeypatch, str(tmp_path / "b"), str(tmp_path / "c"))
    scan = scan_folder(tmp_path)
    assert names(scan) == ["a/1.png"]
    assert [(one.row, one.path, one.reason) for one in scan.skipped] == [
        (-1, str(tmp_path / name), "this sub-folder may not be read (permission denied)") for name in "bc"]


def message(folder):
    with pytest.raises(FolderError) as caught:
        scan_folder(folder)
    return str(caught.value)


def test_a_folder_that_cannot_be_used_says_what_to_do(tmp_path, monkeypatch):
    put(tmp_path, "closed/1.png", "file.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text" / "inner").mkdir(parents=True)
    (tmp_path / "text" / "inner" / "a.txt").write_text("x")
    closing(monkeypatch, str(tmp_path / "closed"))
    nothing = (": no pictures in this folder or its sub-folders. "
               "Choose another folder; the help page “Microscopy pictures” lists what is read.")
    assert message(tmp_path / "empty") == f"{tmp_path}/empty{nothing}"
    assert message(tmp_path / "text") == f"{tmp_path}/text{nothing}".replace(
        "sub-folders.", "sub-folders (1 other file passed over: .txt (1)).")
    assert message(tmp_path / "gone") == (
        f"{tmp_path}/gone: there is no such folder. Check the path, or choose another folder.")
    assert message(tmp_path / "file.png") == (
        f"{tmp_path}/file.png: this is a file, not a folder. Choose the folder that holds it.")
    assert message(tmp_path / "closed") == (
        f"{tmp_path}/closed: this folder may not be read (permission denied). "
        "Ask for the right to read it, or choose another folder.")
    assert message("") == "No folder is named. Choose the folder that holds the pictures."
    assert "there is no such folder" in message("a\0b")
    assert message(tmp_path / "caf\udce9").startswith(f"bytes:{tmp_path}/caf%E9: there is no such folder")


@pytest.mark.parametrize("spelling", ["{}", "{}/", "{}//", "{}/.", "{}/inner/.."])
def test_any_spelling_of_a_folder_is_the_same_folder(tmp_path, spelling):
    put(tmp_path, "inner/a.png")
    scan = scan_folder(spelling.format(tmp_path))
    assert scan == scan_folder(pathlib.Path(tmp_path))
    assert (scan.folder, scan.images[0].path) == (str(tmp_path), str(tmp_path / "inner" / "a.png"))


def test_a_relative_folder_gives_absolute_paths(tmp_path, monkeypatch):
    put(tmp_path, "inner/a.png")
    monkeypatch.chdir(tmp_path)
    assert scan_folder("inner").images[0].path == str(tmp_path / "inner" / "a.png")
    assert scan_folder(".").images[0].category == "inner"


def test_names_of_every_kind_are_found_and_read(tmp_path):
    wild = ["žluťoučký 日本 🦠.png", "with space.png", "a#b.png", "a%20b.png", "new\nline.png", "many.dots.in.png",
            "x" * 251 + ".png", os.fsdecode(b"caf\xe9\xff.png"), "bytes:.png", "-rf.png"]
    put(tmp_path, *wild, os.fsdecode(b"cat\xe9gorie/1.png"))
    scan = scan_folder(tmp_path)
    assert set(names(scan)) == {*wild, os.fsdecode(b"cat\xe9gorie/1.png")}
    assert scan.skipped == ()
    assert all(os.path.samefile(image.path, os.path.join(tmp_path, image.name)) for image in scan.images)


def test_folders_nested_deeper_than_python_can_recurse_are_found(tmp_path, monkeypatch):
    depth = 1200
    monkeypatch.chdir(tmp_path)
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        pathlib.Path("deep.png").write_bytes(PNG)
        assert names(scan_folder(tmp_path)) == ["d/" * depth + "deep.png"]
    finally:  # rung by rung: what clears the temporary folder recurses too
        pathlib.Path("deep.png").unlink(missing_ok=True)
        while os.getcwd() != str(tmp_path):
            os.chdir("..")
            os.rmdir("d")


def test_each_picture_is_a_step_of_progress(tmp_path):
    write_pictures(tmp_path, 130, size=(3, 3))
    steps = []
    scan_folder(tmp_path, on_progress=lambda done, total: steps.append((done, total)))
    assert steps == [(done, 130) for done in range(1, 131)]


def test_a_scan_can_be_cancelled_while_it_walks_and_while_it_reads(tmp_path):
    write_pictures(tmp_path / "a", 70, size=(3, 3))
    with pytest.raises(Cancelled, match="The import was cancelled."):
        scan_folder(tmp_path, cancelled=lambda: True)
    steps = []
    with pytest.raises(Cancelled, match="The import was cancelled."):
        scan_folder(tmp_path, on_progress=lambda *step: steps.append(step), cancelled=lambda: bool(steps))
    assert steps == [(1, 70)]


def test_a_scan_can_be_cancelled_while_its_last_picture_is_read(tmp_path):
    probed = []

    def noting(path, reading):
        probed.append(path)
        return probe_image(path, reading)

    for name in ("a.tif", "b.tif"):
        (tmp_path / name).write_bytes(tiff(pixels(), photometric="rgb"))
    with pytest.raises(Cancelled):
        scan_folder(tmp_path, probe_stack=noting, cancelled=lambda: len(probed) == 2)


def test_after_a_cancel_files_that_wait_for_a_thread_are_not_read(tmp_path, monkeypatch):
    for number in range(128):
        (tmp_path / f"{number}.tif").write_bytes(tiff(pixels(), photometric="rgb"))
    probed, ended = [], threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait=True, **options):
            super().shutdown(wait=False, **options)
            ended.set()
            super().shutdown(wait)

    def probe(path, reading):
        probed.append(path)
        if int(pathlib.Path(path).stem) > 64:  # behind the first that was given to threads
            ended.wait(5)
        raise UnreadableImage(path, "none")

    monkeypatch.setattr(probing, "_SLOW_S", -1.0)
    monkeypatch.setattr(probing, "ThreadPoolExecutor", Pool)
    with pytest.raises(Cancelled):
        scan_folder(tmp_path, probe_stack=probe, cancelled=lambda: len(probed) > 64)
    assert len(probed) <= 64 + 1 + 8


def test_a_defect_of_ours_is_not_hidden_among_the_skipped(tmp_path, monkeypatch):
    put(tmp_path, "a.png")

    def broken(path, reading, probe_stack):
        raise KeyError("a defect")

    monkeypatch.setattr(probing, "probe_image", broken)
    with pytest.raises(KeyError, match="a defect"):
        scan_folder(tmp_path)


def test_what_begins_like_no_photograph_is_probed_elsewhere_whatever_its_name(tmp_path):
    put(tmp_path, "photo.png")
    (tmp_path / "liar.png").write_bytes(tiff(pixels(), photometric="rgb"))
    asked = []

    def elsewhere(path, reading):
        asked.append(os.path.basename(path))
        return probe_image(path, reading)

    assert len(scan_folder(tmp_path, probe_stack=elsewhere).images) == 2
    assert asked == ["liar.png"]


@pytest.mark.parametrize(("path", "name"), [
    ("a.png", "a.png"), ("day 1/a|b.png", "day 1/a|b.png"), ("d|/e.png", "d|/e.png"),
    ("z.zip/x/a.png", "z.zip/x/a.png")])
def test_a_name_starts_from_the_folder(path, name):
    assert Scan(str(TOP), ()).name_of(str(TOP / path)) == name


def test_the_names_of_joined_files_all_start_from_the_folder():
    joined = "|".join(str(TOP / name) for name in ("d/a_w1.tif", "d/a_w2.tif", "d/a_w3.tif"))
    assert Scan(str(TOP), ()).name_of(joined) == "d/a_w1.tif|d/a_w2.tif|d/a_w3.tif"
