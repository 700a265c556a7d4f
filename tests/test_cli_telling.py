"""What ``orange-imaging embed`` says of a folder that is no plain one: how it was read, labels, channels, old files."""

import csv
import json
import os
import zipfile

import numpy as np
import pytest
import tifffile
from made import write_pictures

from orangecontrib.imaging.cli import main
from orangecontrib.imaging.core.embeddings import Batch
from orangecontrib.imaging.core.reading_notes import ReadingNotes

PATTERN = "{plate}_{well:well}_w{channel:digits}"


@pytest.fixture
def run(capsys, tmp_path):
    """Embed into ``o.npz``; gives (exit code, stdout, stderr)."""
    def run(*arguments):
        code = main(["embed", *map(str, arguments), "-o", str(tmp_path / "o.npz")])
        return code, *capsys.readouterr()
    return run


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "p"
    made.mkdir()
    return made


def stack(path, channels, planes=1, value=None):
    """A 16-bit stack of random numbers, or of one value."""
    shape = (planes, channels, 30, 40)
    values = np.random.default_rng(channels).integers(0, 4000, shape) if value is None else np.full(shape, value)
    tifffile.imwrite(path, values.astype(np.uint16), imagej=True, metadata={"axes": "ZCYX"})


def test_each_way_in_which_pictures_were_read_is_told_once_with_their_number_what_was_unusual_first(run, folder):
    for name in "abc":
        stack(folder / f"{name}.tif", 2, planes=3)
    stack(folder / "flat.tif", 1, value=7)
    write_pictures(folder, 2)
    _, printed, _ = run(folder)
    assert ("How pictures were read:\n"
            "  1 picture: the same number everywhere, so it is mid-gray\n"
            "  3 pictures: 16 bits, 2 channels, 3 planes: maximum projection, contrast 0.1–99.9 %\n"
            "  1 picture: 16 bits: contrast 0.1–99.9 %\n") in printed


def test_of_pictures_from_the_store_it_is_not_told_how_they_were_read(run, folder):
    stack(folder / "a.tif", 2)
    run(folder)
    _, again, _ = run(folder)
    assert "were read" not in again
    stack(folder / "b.tif", 1)
    _, more, _ = run(folder)
    assert "How those computed now were read:\n  1 picture: 16 bits: contrast 0.1–99.9 %\n" in more


def test_plain_photographs_need_no_word_on_how_they_were_read(run, folder):
    write_pictures(folder, 2)
    assert "were read" not in run(folder)[1]


def test_many_ways_are_told_by_the_most_frequent_and_in_full_as_json(run, folder):
    for planes in range(2, 11):
        stack(folder / f"{planes}.tif", 1, planes=planes)
    stack(folder / "again.tif", 1, planes=10)
    _, printed, _ = run(folder)
    told = printed[printed.index("How pictures were read:\n"):].splitlines()
    assert told[1] == "  2 pictures: 16 bits, 10 planes: maximum projection, contrast 0.1–99.9 %"
    assert told[7] == "  and 3 more kinds (all with --json)"
    said = json.loads(run(folder, "--no-store", "--json")[1])
    assert len(said["read"]) == 9
    assert said["read"]["16 bits, 10 planes: maximum projection, contrast 0.1–99.9 %"] == 2


def test_notes_count_a_picture_once_however_many_networks_saw_it_and_only_if_it_has_a_vector():
    notes = ReadingNotes()
    for _ in range(2):
        notes.add(Batch([], np.empty((0, 2), np.float32), notes={0: ("deep", "flat"), 1: ("deep",), 2: ("deep",)}))
    assert list(notes.counts([0, 1]).items()) == [("flat", 1), ("deep", 2)]


def test_names_that_do_not_fit_are_counted_with_an_example_and_the_classes_with_their_pictures(run, folder):
    write_pictures(folder, 5)
    for number, name in enumerate(("P_A01_w1", "P_A01_w2", "P_A02_w1", "overview", "sketch")):
        os.rename(folder / f"{number}.png", folder / f"{name}.png")
    _, printed, _ = run(folder, "--names", PATTERN, "--class", "well")
    assert "2 classes: A01 (2), A02 (1); 2 without a class.\n" in printed
    assert f"2 of 5 names do not fit the pattern {PATTERN}, such as overview.png; they have no labels.\n" in printed
    said = json.loads(run(folder, "--names", PATTERN, "--class", "well", "--json")[1])
    assert said["classes"] == {"A01": 2, "A02": 1, "": 2}
    assert "2 of 5 names do not fit" in said["notes"][0]


def test_names_that_all_fit_need_no_word_and_folders_as_classes_neither(run, folder):
    write_pictures(folder, 1)
    os.rename(folder / "0.png", folder / "P_A01_w1.png")
    printed = run(folder, "--names", PATTERN, "--class", "well")[1]
    assert "1 class: A01 (1).\n" in printed
    assert "the pattern" not in printed
    assert "class" not in run(folder)[1]


def test_a_pattern_that_no_name_fits_is_refused_before_the_work(run, folder, tmp_path):
    write_pictures(folder, 2)
    code, _, told = run(folder, "--names", PATTERN, "--class", "well")
    assert code == 2
    assert f"None of the 2 names fits the pattern {PATTERN}; the first is 0.png. Change --names." in told
    assert not (tmp_path / "o.npz").exists()


def test_each_channel_takes_as_many_as_most_pictures_have_and_says_what_became_of_the_others(run, folder, tmp_path):
    for name, channels in (("a", 1), ("b", 3), ("c", 3), ("d", 4)):
        stack(folder / f"{name}.tif", channels)
    _, printed, told = run(folder, "--each-channel")
    assert "3 vectors of 1536 numbers" in printed
    assert ("Each picture gives 3 channels, the most frequent number. 1 has more, such as d.tif; what is more is left "
            "out.\n") in printed
    assert "a.tif: skipped, there is no channel 2; it has 1" in told
    _, printed, _ = run(folder, "--each-channel", "--channels", "1,2")
    assert "Each picture gives" not in printed


def test_a_picture_that_another_network_skipped_is_not_counted_below_nothing(run, folder):
    for name, channels in (("a", 1), ("b", 1), ("c", 2)):
        stack(folder / f"{name}.tif", channels)
    assert "; 1 computed, 0 from the store." in run(folder, "--each-channel", "--channels", "1,2")[1]


def test_where_no_picture_can_be_read_the_reasons_are_listed_and_an_older_result_is_named(run, folder, tmp_path):
    write_pictures(folder, 1)
    run(folder)
    (folder / "0.png").write_text("no picture")
    code, printed, told = run(folder)
    assert (code, printed) == (2, "")
    with open(tmp_path / "o.npz.skipped.csv", newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["path", "0.png"]
    assert told.endswith(f"{folder}: its only picture cannot be read. The reason is in {tmp_path}/o.npz.skipped.csv. "
                         f"{tmp_path}/o.npz is there still, from an earlier run.\n")
    assert np.load(tmp_path / "o.npz")["vectors"].shape == (1, 512)


def test_where_no_header_can_be_read_no_weights_are_fetched(run, folder, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.commands.network.fetch_one", lambda *_: pytest.fail("fetched"))
    for name in "ab":
        (folder / f"{name}.png").write_text("no picture")
    code, _, told = run(folder, "--each-channel", "-m", "resnet50")
    assert code == 2
    assert "none of its 2 pictures can be read." in told


def test_a_filter_that_nothing_passes_says_how_many_files_there_were(run, folder):
    write_pictures(folder, 3)
    code, _, told = run(folder, "--only", "*_DAPI*")
    assert code == 2
    assert told == (f"orange-imaging: {folder}: there are 3 files, and none is a picture with a name of the form "
                    "*_DAPI*. Change the filter, or choose another folder.\n")


def test_where_sub_folders_were_not_looked_into_that_is_said(run, folder):
    write_pictures(folder / "deep", 1)
    code, _, told = run(folder, "--depth", "0")
    assert code == 2
    assert "no pictures in this folder; sub-folders deeper than level 0 were not looked into. Choose" in told


def test_a_zip_file_that_is_none_is_told_with_its_reason(run, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 and no more")
    code, _, told = run(tmp_path / "broken.zip")
    assert code == 2
    assert told == (f"orange-imaging: {tmp_path}/broken.zip: the zip file cannot be read (File is not a zip file), and "
                    "there is no other picture. Choose another folder.\n")


def test_a_zip_file_without_pictures_says_what_is_in_it(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as file:
        file.writestr("a.txt", "text")
    assert "(1 other file passed over: .txt (1))" in run(tmp_path / "texts.zip")[2]
