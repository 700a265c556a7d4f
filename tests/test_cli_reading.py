"""``orange-imaging embed`` with files that need a recipe, and names that hold labels."""

import json
import pickle
from contextlib import nullcontext
from importlib.util import find_spec

import numpy as np
import pytest
import tifffile
from csv_rows import read_csv

from orangecontrib.imaging.cli import main
from orangecontrib.imaging.commands import source
from orangecontrib.imaging.commands.parsing import STOPPED
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.reading import Reading

PATTERN = "{plate}_{well:well}_w{channel:digits}"


@pytest.fixture
def plate(tmp_path):
    """Two wells, each channel a file of its own, and the same as stacks."""
    rng = np.random.default_rng(0)
    for folder in ("files", "stacks"):
        (tmp_path / folder).mkdir()
    for number, well in enumerate(("A01", "B02")):
        values = rng.integers(0, 4000 * (number + 1), (2, 30, 40)).astype(np.uint16)
        tifffile.imwrite(tmp_path / "stacks" / f"P_{well}.tif", values, imagej=True, metadata={"axes": "CYX"})
        for channel, one in enumerate(values, 1):
            tifffile.imwrite(tmp_path / "files" / f"P_{well}_w{channel}.tif", one)
    return tmp_path


def run(*arguments):
    return main(["embed", *map(str, arguments), "--no-store"])


def vectors(path):
    with np.load(path) as file:
        return file["vectors"]


def test_joined_files_have_the_vectors_of_the_stacks_and_their_names_the_classes(plate, capsys):
    options = ("--names", PATTERN, "--join-channels", "--class", "well")
    assert run(plate / "files", "-o", plate / "files.csv", *options) == 0
    assert "  2 pictures: 16 bits, 2 channels: contrast 0.1–99.9 %\n" in capsys.readouterr().out
    found = read_csv(plate / "files.csv")
    assert [one["category"] for one in found] == ["A01", "B02"]
    assert found[0]["path"] == "P_A01_w1.tif|P_A01_w2.tif"
    assert run(plate / "stacks", "-o", plate / "stacks.csv") == 0
    joined, stacked = ([list(one.values())[2:] for one in rows] for rows in (found, read_csv(plate / "stacks.csv")))
    assert stacked == joined


def test_joined_files_that_cannot_be_read_are_named_from_the_folder(plate, capsys):
    (plate / "files" / "P_B02_w2.tif").write_bytes(b"broken")
    options = ("--names", PATTERN, "--join-channels")
    assert run(plate / "files", "-o", plate / "o.npz", *options) == 0
    assert capsys.readouterr().err.startswith("P_B02_w1.tif|P_B02_w2.tif: skipped, ")
    (skipped,) = read_csv(plate / "o.npz.skipped.csv")
    assert next(iter(skipped.values())) == "P_B02_w1.tif|P_B02_w2.tif"


def test_each_channel_has_its_vector_beside_the_others(plate):
    assert run(plate / "stacks", "-o", plate / "each.npz", "--each-channel") == 0
    paths = sorted((plate / "stacks").iterdir())
    for channel, part in enumerate(np.hsplit(vectors(plate / "each.npz"), 2)):
        np.testing.assert_array_equal(part, embed(paths, reading=Reading(channels=(channel,))).vectors)


def test_named_channels_can_each_have_a_vector(plate):
    assert run(plate / "stacks", "-o", plate / "each.npz", "--each-channel", "--channels", "2") == 0
    np.testing.assert_array_equal(vectors(plate / "each.npz"),
                                  embed(sorted((plate / "stacks").iterdir()), reading=Reading(channels=(1,))).vectors)


def test_the_only_channel_of_grey_pictures_is_read_as_without_each_channel(plate, capsys):
    assert run(plate / "files", "-o", plate / "grey.csv", "--each-channel", "--json") == 0
    assert json.loads(capsys.readouterr().out)["identity"]["reading"] == {}


@pytest.mark.skipif(find_spec("Orange") is None, reason="needs Orange")
def test_the_columns_of_the_only_channel_are_named_as_without_each_channel(plate):
    assert run(plate / "files", "-o", plate / "grey.pkl", "--each-channel") == 0
    with open(plate / "grey.pkl", "rb") as file:
        table = pickle.load(file)
    assert [column.name for column in table.domain.attributes[:2]] == ["n0", "n1"]


def test_measuring_the_range_of_a_folder_can_be_stopped(plate, monkeypatch, capsys):
    monkeypatch.setattr(source, "until_interrupted", lambda: nullcontext(lambda: True))
    assert run(plate / "stacks", "-o", plate / "a.npz", "--contrast", "folder") == STOPPED
    assert not (plate / "a.npz").exists()


def test_one_range_for_the_folder_and_a_fixed_one(plate, capsys):
    assert run(plate / "stacks", "-o", plate / "a.npz", "--contrast", "folder", "--json") == 0
    recipe = json.loads(capsys.readouterr().out)["identity"]["reading"]
    assert recipe["contrast"] == "range"
    assert recipe["ranges"][0][1] > 7000
    assert run(plate / "stacks", "-o", plate / "b.npz", "--contrast", "0,5000", "--channels", "2", "--json") == 0
    recipe = json.loads(capsys.readouterr().out)["identity"]["reading"]
    assert recipe == {"channels": [1], "contrast": "range", "ranges": [[0.0, 5000.0]]}


@pytest.mark.parametrize("written", [["--contrast", "-5,100"], ["--contrast=-5,100"], ["--contrast", "-.5e1,1e2"]])
def test_a_range_may_begin_below_zero(plate, capsys, written):
    assert run(plate / "stacks", "-o", plate / "a.npz", *written, "--json") == 0
    recipe = json.loads(capsys.readouterr().out)["identity"]["reading"]
    assert recipe == {"contrast": "range", "ranges": [[-5.0, 100.0]]}


@pytest.mark.parametrize(("options", "words"), [
    (["--channels", "x"], "--channels x: write whole numbers, counted from 1, with commas between"),
    (["--channels", "0"], "--channels 0: write whole numbers, counted from 1, with commas between"),
    (["--channels", "1,,2"], "--channels 1,,2: write whole numbers"),
    (["--time", "0"], "--time 0: write a whole number, counted from 1."),
    (["--series", "x"], "--series x: write a whole number, counted from 1."),
    (["--planes", "top"], "--planes top: choose max, middle, or the number of a plane, counted from 1."),
    (["--planes", "0"], "--planes 0: choose max, middle, or"),
    (["--contrast", "1,x"], "--contrast 1,x: give two numbers with a comma between"),
    (["--contrast", "0,inf"], "--contrast 0,inf: give two numbers with a comma between, as in 0.1,99.9."),
    (["--contrast", "loud"], "--contrast loud: choose auto, percentiles, type, folder, or two numbers as in 0,4095."),
    (["--contrast", "range"], "--contrast range: choose auto, percentiles, type, folder, or two numbers as in 0,4095."),
    (["--contrast", "type", "--percentiles", "1,99"], "--percentiles go with --contrast auto, percentiles or folder"),
    (["--contrast", "0,99", "--percentiles", "1,99"], "--percentiles go with --contrast auto, percentiles or folder"),
    (["--percentiles", "-1,99"], "percentiles lie between 0 and 100"),
    (["--colors", "#ff0000"], "--colors need --channels: one color for each"),
    (["--colours", "#ff0000", "--channels", "1", "--each-channel"], "--colors do not go with --each-channel"),
    (["--depth", "-1"], "--depth -1: write 0 for no sub-folders, or how many levels of them."),
    (["--names", PATTERN, "--class", "channel", "--join-channels"], "--class channel does not go with --join-channels"),
    (["--percentiles", "5"], "give two numbers with a comma between"), (["--class", "well"], "Name it in --names"),
    (["--join-channels"], "--join-channels needs --names"), (["--names", "plain"], "names no part"),
    (["--only", "*.xyz"], "there are 2 files, and none is a picture with a name of the form *.xyz")])
def test_what_cannot_be_is_said_before_any_work(plate, options, words, capsys):
    assert run(plate / "stacks", "-o", plate / "a.npz", *options) == 2
    assert words in capsys.readouterr().err
    assert not (plate / "a.npz").exists()
