"""``orange-imaging embed SOURCE -o OUT/``: shards of folders and lists, by one run, by several, and after a stop."""

import json
import ntpath
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from full_disk import full_disk
from made import write_pictures

pytest.importorskip("pyarrow")

import pyarrow
import pyarrow.parquet

from orangecontrib.imaging import cli
from orangecontrib.imaging.commands import cluster, shards
from orangecontrib.imaging.core import recipe, weights
from orangecontrib.imaging.core.catalogue import find_network
from orangecontrib.imaging.core.device import find_device
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.shards import job

COMMAND = [sys.executable, "-P", "-m", "orangecontrib.imaging", "embed"]
LIST = "path,well,dose\nb b/1.png,A01,1\na/0.png,B02,0.5\na/empty.png,B03,\na/0.png,B04,2\n"


@pytest.fixture
def pictures(tmp_path):
    """Sixteen pictures, and two files that are no pictures."""
    folder = tmp_path / "pictures"
    write_pictures(folder / "a", 8)
    write_pictures(folder / "b b", 7, seed=1)
    write_pictures(folder, 1, seed=2)
    (folder / "a" / "empty.png").touch()
    (folder / "a" / "text\n.jpg").write_text("no picture")
    return folder


@pytest.fixture
def run(capsys):
    """Run ``embed`` in this process; gives (exit code, stdout, stderr)."""
    def run(*arguments):
        code = cli.main(["embed", *(str(argument) for argument in arguments)])
        return code, *capsys.readouterr()
    return run


def table(out, kind="shard"):
    return pyarrow.concat_tables(map(pyarrow.parquet.read_table, sorted(out.glob(f"{kind}-*.parquet"))))


def vectors(out):
    return np.array(table(out)["vector"].to_pylist(), np.float32)


def files(out):
    return {path.name: path.read_bytes() for path in out.glob("*.parquet")}


def no_embedding(*_, **__):
    pytest.fail("embedded")


@pytest.mark.parametrize("size", [7, 2000])
def test_shards_have_the_vectors_the_rows_and_the_skipped_of_one_file(run, pictures, tmp_path, size):
    assert run(pictures, "-o", tmp_path / "one.npz", "--no-store")[0] == 0
    code, printed, told = run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", size)
    assert code == 0
    assert len(list((tmp_path / "out").glob("shard-*.parquet"))) == (3 if size == 7 else 1)
    with np.load(tmp_path / "one.npz") as one:
        assert table(tmp_path / "out")["path"].to_pylist() == one["paths"].tolist()
        assert table(tmp_path / "out")["category"].to_pylist() == one["categories"].tolist()
        np.testing.assert_allclose(vectors(tmp_path / "out"), one["vectors"], rtol=0, atol=1e-5)
    skipped = table(tmp_path / "out", "skipped").to_pydict()
    listed = (tmp_path / "one.npz.skipped.csv").read_text()
    assert skipped["path"] == ["a/empty.png", "a/text\n.jpg"]
    for name, reason in zip(("a/empty.png", "a/text\\n.jpg"), skipped["reason"], strict=True):
        assert f"{name}: skipped, {reason}\n" in told
        assert reason in listed
    assert "16 vectors of 512 numbers in" in printed
    assert (f"2 skipped; the reasons are in {tmp_path}/out, in skipped-*.parquet; 'orange-imaging merge' lists them as "
            ".csv.\n") in printed


def test_how_pictures_were_read_is_told_of_all_shards_as_of_one_file(run, tmp_path, monkeypatch):
    values = np.random.default_rng(0).integers(0, 4000, (5, 30, 40)).astype(np.uint16)
    (tmp_path / "p").mkdir()
    for number, one in enumerate(values):
        tifffile.imwrite(tmp_path / "p" / f"{number}.tif", one if number else np.zeros_like(one))
    write_pictures(tmp_path / "p" / "photos", 2)
    (tmp_path / "p" / "9.tif").write_bytes(b"II*\0")
    read = json.loads(run(tmp_path / "p", "-o", tmp_path / "one.npz", "--no-store", "--json")[1])["read"]
    assert sum(read.values()) > 5
    code, printed, _ = run(tmp_path / "p", "-o", f"{tmp_path}/out/", "--shard-size", 2)
    assert code == 0
    lines = printed.splitlines()
    start = lines.index("How pictures were read:") + 1
    assert lines[start:start + len(read)] == [f"  {count} picture{'s' * (count > 1)}: {clause}"
                                              for clause, count in read.items()]
    monkeypatch.setattr(job, "embed", no_embedding)
    assert json.loads(run(tmp_path / "p", "-o", f"{tmp_path}/out/", "--json")[1])["read"] == read


def test_a_second_run_computes_nothing_and_leaves_all_files(run, pictures, tmp_path, monkeypatch):
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    before = files(tmp_path / "out")
    monkeypatch.setattr(job, "embed", no_embedding)
    code, printed, _ = run(pictures, "-o", tmp_path / "out")  # a folder that is there, and the size of its shards
    assert code == 0
    assert "0 shards now, 3 before, 0 missing." in printed
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize(("begins", "part"), [(True, None), (False, None), (False, "1/1")])
def test_only_a_run_that_joins_another_takes_the_shards_at_random(run, pictures, tmp_path, monkeypatch, begins, part):
    asked = []
    monkeypatch.setattr(shards, "run_shards", lambda *_, joined, **__: asked.append(joined))
    if not begins:
        run(pictures, "-o", f"{tmp_path}/out/")
        asked.clear()
    run(pictures, "-o", f"{tmp_path}/out/", *(["--shard", part] if part else []))
    assert asked == [not begins and part is None]


def test_only_what_is_missing_is_computed(run, pictures, tmp_path, monkeypatch):
    asked = []

    def counted(paths, *arguments, **named):
        asked.extend(paths)
        return embed(paths, *arguments, **named)

    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    (tmp_path / "out" / "skipped-00001.parquet").unlink()
    monkeypatch.setattr(job, "embed", counted)
    said = json.loads(run(pictures, "-o", tmp_path / "out", "--json")[1])
    assert (said["now"], said["before"], said["missing"], said["shards"]) == (1, 2, 0, 3)
    assert (said["vectors"], said["skipped"], said["dimension"], said["pictures"]) == (16, 2, 512, 18)
    assert len(asked) == 7


def test_a_list_carries_its_columns_along_into_both_files(run, pictures, tmp_path):
    (pictures / "list.csv").write_text(LIST)
    assert run(pictures / "list.csv", "-o", f"{tmp_path}/out/", "--shard-size", 2)[0] == 0
    found = table(tmp_path / "out")
    assert found.select(["path", "well", "dose"]).to_pydict() == {
        "path": ["b b/1.png", "a/0.png", "a/0.png"], "well": ["A01", "B02", "B04"], "dose": [1, 0.5, 2]}
    skipped = table(tmp_path / "out", "skipped").to_pydict()
    assert (skipped["path"], skipped["well"], skipped["dose"]) == (["a/empty.png"], ["B03"], [None])
    paths = [str(pictures / name) for name in ("b b/1.png", "a/0.png", "a/0.png")]
    np.testing.assert_allclose(vectors(tmp_path / "out"), embed(paths).vectors, rtol=0, atol=1e-5)


def test_the_column_of_paths_is_told_where_it_is_called_otherwise(run, pictures, tmp_path):
    (pictures / "list.csv").write_text("Image,x\na/0.png,1\n")
    assert "the pictures are those of the column 'Image'" in run(pictures / "list.csv", "-o", f"{tmp_path}/out/")[2]


def test_two_parts_are_one_run(run, pictures, tmp_path):
    run(pictures, "-o", f"{tmp_path}/whole/", "--shard-size", 3)
    code, printed, _ = run(pictures, "-o", f"{tmp_path}/parts/", "--shard-size", 3, "--shard", "1/2")
    assert code == 0
    assert "in 3 of 6 shards" in printed
    assert "The other parts bring what is missing." in printed
    assert sorted(path.name for path in (tmp_path / "parts").glob("shard-*")) == [
        f"shard-0000{number}.parquet" for number in (0, 2, 4)]
    code, printed, _ = run(pictures, "-o", f"{tmp_path}/parts/", "--shard", "2/2")
    assert code == 0
    assert "3 shards now, 3 before, 0 missing." in printed
    for kind in ("shard", "skipped"):
        assert table(tmp_path / "parts", kind).equals(table(tmp_path / "whole", kind))


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--layer", "fire3"], "the option “layers” was “penultimate” and is “fire3” now"),
    (["--contrast", "0,100"], "“Contrast” was “Automatic, 0.1–99.9 %” and is “Fixed range, 0–100” now"),
    (["--shard-size", "5"], "a shard had 7 pictures and has 5 now (--shard-size 7 would join)"),
    (["--planes", "middle", "--shard-size", "5"],
     "“Planes” was “Maximum projection” and is “Middle plane” now; "
     "a shard had 7 pictures and has 5 now (--shard-size 7 would join)"),
    (["--channels", "1,2", "--each-channel"], "the channels or networks side by side were 1 and are 2 now"),
])
def test_another_embedding_in_the_same_folder_is_refused_with_the_difference(run, pictures, tmp_path, arguments,
                                                                             sentence):
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    before = files(tmp_path / "out")
    code, printed, told = run(pictures, "-o", f"{tmp_path}/out/", *arguments)
    assert (code, printed) == (2, "")
    assert f"cannot be mixed: {sentence}. Choose another folder" in told
    assert run(pictures, "-o", f"{tmp_path}/out/", *arguments, "--plan") == (code, printed, told)
    assert files(tmp_path / "out") == before


def test_where_only_pictures_differ_the_way_to_add_some_is_told(run, pictures, tmp_path):
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    write_pictures(pictures / "c", 2, seed=5)
    advice = ("If pictures were added since, embed the new ones, as a list, into a folder of their own. Else choose "
              "another folder with -o.\n")
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/")
    assert (code, told.endswith(f"there were 18 pictures and are 20 now. {advice}")) == (2, True)
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/", "--plan")
    assert (code, told.endswith(f"there were 18 pictures and are 20 now. {advice}")) == (2, True)
    told = run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 5)[2]
    assert "(--shard-size 7 would join). Choose another folder with -o, or remove this one." in told


def test_why_no_graphics_card_is_used_is_not_said_by_each_part_of_an_array(run, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "find_device", lambda *_: replace(find_device("cpu", 2), why="GPU: not used, none"))
    assert "GPU: not used" not in run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 9, "--shard", "1/2")[1]
    assert "GPU: not used, none." in run(pictures, "-o", f"{tmp_path}/out/")[1]


def test_a_damaged_manifest_costs_no_shard(run, pictures, tmp_path, monkeypatch):
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    before, manifest = files(tmp_path / "out"), tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text()[:-30])
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/")
    assert code == 2
    assert "Remove this file and run the same 'orange-imaging embed' again: it keeps the shards that are whole." in told
    manifest.unlink()
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 5)
    assert code == 2
    assert "shard-00000.parquet is there, but no manifest.json" in told
    monkeypatch.setattr(job, "embed", no_embedding)
    assert "0 shards now, 3 before, 0 missing." in run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)[1]
    assert files(tmp_path / "out") == before


def test_the_plan_says_what_is_to_come_and_does_nothing(run, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "embed", no_embedding)
    monkeypatch.setattr(weights, "load_weights", no_embedding)
    monkeypatch.setattr(recipe, "weights_sha256", no_embedding)
    code, printed, _ = run(pictures, "-o", f"{tmp_path}/out/", "--plan", "--shard-size", 7, "--shard", "2/3",
                           "--layer", "logits")
    assert code == 0
    assert "18 pictures in 3 shards of 7, into" in printed
    assert "0 shards done, 3 missing." in printed
    assert "Part 2 of 3: 1 shard to do." in printed
    assert "At most 27 kB to come" in printed  # 7 · 1000 · 4 bytes
    assert not (tmp_path / "out").exists()


def test_the_plan_of_a_run_that_was_begun_tells_what_is_done(run, pictures, tmp_path):
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7, "--shard", "1/3")
    said = json.loads(run(pictures, "-o", f"{tmp_path}/out/", "--plan", "--json")[1])
    assert said == {"out": str(tmp_path / "out"), "pictures": 18, "shards": 3, "shard_size": 7, "done": 1,
                    "missing": [1, 2], "to_do": [1, 2], "bytes_to_come": 11 * 512 * 4,
                    "columns": {"category": "string"}}
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/", "--plan", "--layer", "fire3", "--shard-size", 5)
    assert code == 2
    assert ("cannot be mixed: the option “layers” was “penultimate” and is “fire3” now; a shard had 7 pictures and has "
            "5 now (--shard-size 7 would join). Choose another folder" in told)
    told = run(pictures, "-o", f"{tmp_path}/out/", "--plan", "-m", "resnet50")[2]
    assert "cannot be mixed: the network was squeezenet and is resnet50 now. Choose another folder" in told


def test_a_plan_takes_a_reading_that_pictures_tell_to_be_as_it_was(run, pictures, tmp_path):
    options = ("--each-channel", "--contrast", "folder")
    run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7, "--shard", "1/3", *options)
    assert "1 shard done, 2 missing." in run(pictures, "-o", f"{tmp_path}/out/", "--plan", *options)[1]
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/", "--plan", "--shard-size", 5, *options)
    assert (code, told.count("mixed: a shard had 7 pictures and has 5 now (--shard-size 7 would join). ")) == (2, 1)


@pytest.fixture
def windows(monkeypatch):
    """Paths are those of Windows in the command, where these files are there; there is a C: alone."""
    def set_files(*there):
        found, asked = {"C:\\", *there}, []

        def lexists(path):
            asked.append(path)
            return path in found if len(asked) < 99 else pytest.fail("it never ends")

        paths = SimpleNamespace(abspath=ntpath.abspath, dirname=ntpath.dirname, lexists=lexists,
                                isdir=lambda path: path == "C:\\", relpath=lambda path: ntpath.relpath(path, "C:\\"))
        monkeypatch.setattr(shards, "os", SimpleNamespace(path=paths))
    return set_files


@pytest.mark.parametrize(("out", "drive"), [("Z:\\a\\out", "Z:\\"), ("\\\\srv\\share\\out", "\\\\srv\\share\\")])
def test_a_drive_that_is_not_there_is_refused(windows, out, drive):
    windows()
    with pytest.raises(WrongUse) as caught:
        shards._file_in_the_way(out)
    assert str(caught.value) == (f"{drive}: there is no such drive or network share. Connect it, or choose another "
                                 "folder.")


def test_a_file_in_the_way_on_another_drive_is_told_as_it_is(windows):
    windows("D:\\a", "C:\\b")
    assert shards._file_in_the_way("D:\\a\\out") == "D:\\a"
    assert shards._file_in_the_way("C:\\b\\out") == "b"
    assert shards._file_in_the_way("C:\\c\\out") == ""


@pytest.mark.parametrize(("arguments", "sentence"), [
    ("{pictures}/list.csv -o {tmp}/o.npz", "lists and addresses are embedded into a folder of shards. Write -o "
                                           "{tmp}/o/ and then: orange-imaging merge {tmp}/o/ -o {tmp}/o.npz"),
    ("https://example.org/p -o {tmp}/o.npz", "Write -o {tmp}/o/"),
    ("https://example.org/p?token=secret -o {tmp}/o/", "https://example.org/p: this is an address. Add --urls"),
    ("{pictures} -o {tmp}/o.npz --shard-size 5", "shards go into a folder. Write -o {tmp}/o/"),
    ("{pictures} -o {pictures}/0.png --plan", "this is a file, but shards go into a folder"),
    ("{pictures} -o {pictures}/0.png/", "this is a file, but shards go into a folder. Name another folder, as in -o "),
    ("{pictures} -o {pictures}/0.png/x/", "0.png: this is a file, but shards go into a folder"),
    ("{pictures} -o {pictures}/0.png --scheduler local", "0.png: this is a file, but shards go into a folder"),
    ("{pictures} -o {tmp}/o/ --shard 0/4", "counted from 1, as 1/4 to 4/4. In a Slurm job array write --array=1-4 and "
                                           "--shard $SLURM_ARRAY_TASK_ID/4."),
    ("{pictures} -o {tmp}/o/ --shard 5/4", "--shard 5/4: parts are counted from 1"),
    ("{pictures} -o {tmp}/o/ --shard 1", "--shard 1: parts are counted from 1"),
    ("{pictures} -o {tmp}/o/ --shard-size 0", "--shard-size 0: write how many pictures a shard has"),
    ("{pictures} -o {tmp}/o/ --components 2", "--components does not go with shards"),
    ("{pictures} -o {tmp}/o/ -m squeeznet", "did you mean 'squeezenet'?"),
    ("{pictures}/none.csv -o {tmp}/o/", "there is no such list"),
    ("{pictures}/none -o {tmp}/o/", "there is no such folder"),
    ("{pictures}/list.csv -o {tmp}/o/ --only *.png", "--only goes with folders of pictures only"),
    ("{pictures}/list.csv -o {tmp}/o/ --each-channel", "Name the channels, as in --channels 1,2."),
    ("{pictures} -o {tmp}/o/ --names {{plate}}-{{x}}", "None of the 18 names fits"),
    ("s3://b/p -o {tmp}/o/ --urls --contrast folder", "Give the range in numbers"),
])
def test_what_cannot_be_is_refused_in_one_sentence_and_writes_nothing(run, pictures, tmp_path, arguments, sentence):
    (pictures / "list.csv").write_text(LIST)
    code, printed, told = run(*(part.format(pictures=pictures, tmp=tmp_path) for part in arguments.split()))
    assert (code, printed, told.count("\n")) == (2, "", 1)
    assert sentence.format(tmp=tmp_path) in told
    assert "secret" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_without_pyarrow_the_line_that_installs_it_is_told(run, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "find_spec", lambda name: None)
    code, _, told = run(pictures, "-o", f"{tmp_path}/out/")
    assert code == 2
    assert 'Install it: pip install "Orange3-Imaging[cluster]", or, where Orange is not wanted, pip install py' in told


def test_where_no_picture_can_be_read_it_ends_with_2(run, tmp_path):
    (tmp_path / "p").mkdir()
    for number in range(30):
        (tmp_path / "p" / f"{number}.png").touch()
    code, printed, told = run(tmp_path / "p", "-o", f"{tmp_path}/out/", "--shard-size", 8)
    assert (code, printed) == (2, "")
    lines = told.splitlines()
    assert lines[0] == "0.png: skipped, the file is empty"
    assert lines[20] == "and 10 more, in skipped-*.parquet."
    assert lines[21].endswith(f"p: none of its 30 pictures can be read. The reasons are in {tmp_path}/out, in "
                              "skipped-*.parquet.")
    assert len(lines) == 22


def test_what_the_search_left_out_is_skipped_with_the_same_reasons(run, tmp_path):
    values = np.random.default_rng(0).integers(0, 4000, (4, 30, 40)).astype(np.uint16)
    (tmp_path / "p").mkdir()
    for name, one in zip(("P_A01_w1", "P_A01_w2", "P_B02_w1", "other"), values, strict=True):
        tifffile.imwrite(tmp_path / "p" / f"{name}.tif", one)
    options = ("--names", "{plate}_{well:well}_w{channel:digits}", "--join-channels", "--class", "well")
    run(tmp_path / "p", "-o", tmp_path / "one.npz", *options, "--no-store")
    assert run(tmp_path / "p", "-o", f"{tmp_path}/out/", *options)[0] == 0
    found = table(tmp_path / "out")
    assert found.drop_columns("vector").to_pydict() == {
        "path": ["P_A01_w1.tif|P_A01_w2.tif"], "category": ["A01"], "plate": ["P"], "well": ["A01"]}
    skipped = table(tmp_path / "out", "skipped").to_pydict()
    expected = (tmp_path / "one.npz.skipped.csv").read_text().splitlines()[1:]
    assert sorted(map(",".join, zip(skipped["path"], skipped["reason"], strict=True))) == sorted(
        line.replace('"', "") for line in expected)
    assert len(expected) == 2
    with np.load(tmp_path / "one.npz") as one:
        np.testing.assert_array_equal(vectors(tmp_path / "out"), one["vectors"])


@pytest.mark.parametrize("options", [["--contrast", "folder"], ["--each-channel"],
                                     ["--each-channel", "--contrast", "folder"]])
def test_only_the_first_run_looks_at_the_pictures_for_the_recipe(run, tmp_path, monkeypatch, options):
    values = np.random.default_rng(0).integers(0, 4000, (4, 2, 30, 40)).astype(np.uint16)
    (tmp_path / "p").mkdir()
    for number, one in enumerate(values):
        tifffile.imwrite(tmp_path / "p" / f"{number}.tif", one * (number + 1), imagej=True, metadata={"axes": "CYX"})
    run(tmp_path / "p", "-o", tmp_path / "one.npz", "--no-store", *options)
    assert run(tmp_path / "p", "-o", f"{tmp_path}/out/", "--shard-size", 2, "--shard", "1/2", *options)[0] == 0
    monkeypatch.setattr("orangecontrib.imaging.commands.source.with_folder_range", no_embedding)
    monkeypatch.setattr("orangecontrib.imaging.core.folders.probe_all", no_embedding)
    code, _, told = run(tmp_path / "p", "-o", f"{tmp_path}/out/", "--shard", "2/2", *options)
    assert code == 0
    assert ("One range of contrast for all, as the run found it that began here: " in told) == ("folder" in options)
    with np.load(tmp_path / "one.npz") as one:
        np.testing.assert_allclose(vectors(tmp_path / "out"), one["vectors"], rtol=0, atol=1e-5)
    code, _, told = run(tmp_path / "p", "-o", f"{tmp_path}/out/")
    assert code == 2
    assert "cannot be mixed" in told


@pytest.mark.parametrize(("first", "then", "difference"), [
    (["--contrast", "0,100"], ["--contrast", "folder"], "“Contrast” was “Fixed range, 0–100” and is “Fixed range, "),
    (["--channels", "2", "--each-channel"], ["--each-channel"],
     "the channels or networks side by side were 1 and are 2 now"),
    (["--each-channel", "--contrast", "0,100"], ["--each-channel", "--contrast", "folder"],
     "“Contrast” was “Fixed range, 0–100” and is “Fixed range, ")])
def test_what_was_given_in_numbers_is_not_taken_for_what_the_pictures_tell(run, tmp_path, first, then, difference):
    values = np.random.default_rng(0).integers(0, 4000, (2, 2, 30, 40)).astype(np.uint16)
    (tmp_path / "p").mkdir()
    for number, one in enumerate(values):
        tifffile.imwrite(tmp_path / "p" / f"{number}.tif", one, imagej=True, metadata={"axes": "CYX"})
    assert run(tmp_path / "p", "-o", f"{tmp_path}/out/", *first)[0] == 0
    code, _, told = run(tmp_path / "p", "-o", f"{tmp_path}/out/", *then)
    assert code == 2
    assert difference in told


def test_of_an_onnx_network_the_processor_is_told_whatever_device_there_is(run, pictures, tmp_path, monkeypatch):
    card = find_network("squeezenet")
    monkeypatch.setattr(cluster, "find_device", lambda *_: replace(find_device("cpu", 2), name="cuda", title="a GPU"))
    assert "\na GPU; " in run(pictures, "-o", f"{tmp_path}/out/")[1]
    monkeypatch.setattr(shards, "find_network", lambda _: replace(card, weights=replace(card.weights, path="own.onnx")))
    assert "\nCPU, 2 threads; " in run(pictures, "-o", f"{tmp_path}/out/")[1]


def test_a_stopped_run_keeps_its_shards_and_says_how_to_go_on(run, pictures, tmp_path, monkeypatch):
    done = []

    @contextmanager
    def stopped_after_the_first():
        yield lambda: bool(list((tmp_path / "out").glob("skipped-*")))

    with monkeypatch.context() as patch:
        patch.setattr(shards, "until_interrupted", stopped_after_the_first)
        code, printed, told = run(pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    assert (code, printed) == (130, "")
    assert told.endswith("orange-imaging: The embedding was cancelled. 1 of 3 shards are done and stay; run the same "
                         "line again to go on.\n")
    monkeypatch.setattr(job, "embed", lambda paths, *rest, **named: done.extend(paths) or embed(paths, *rest, **named))
    assert "2 shards now, 1 before, 0 missing." in run(pictures, "-o", f"{tmp_path}/out/")[1]
    assert len(done) == 11
    assert len(table(tmp_path / "out")) == 16


def test_a_full_disk_is_told_with_what_stays_and_how_to_go_on(run, pictures, tmp_path):
    arguments = (pictures, "-o", f"{tmp_path}/out/", "--shard-size", 7)
    run(*arguments, "--shard", "1/3")
    with full_disk(6000):  # the manifest has room
        code, printed, told = run(*arguments)
    assert (code, printed) == (1, "")
    assert "cannot be written (" in told
    assert told.endswith(" 1 of 3 shards are done and stay; run the same line again to go on.\n")
    assert "2 shards now, 1 before, 0 missing." in run(*arguments)[1]


def test_where_a_run_ends_early_the_manifest_tells_what_is_done(run, tmp_path, monkeypatch):
    for number in range(2):
        write_pictures(tmp_path / f"p/{number}", 3)
    (tmp_path / "list.txt").write_text("".join(f"p/{number}/{name}.png\n" for number in range(2) for name in range(3)))

    def unplug(paths, *rest, **named):
        if "/1/" in paths[0]:
            shutil.rmtree(tmp_path / "p/1")
        return embed(paths, *rest, **named)

    monkeypatch.setattr(job, "embed", unplug)
    code, _, told = run(tmp_path / "list.txt", "-o", f"{tmp_path}/out/", "--shard-size", 3)
    assert (code, "p/1: the folder of pictures cannot be reached any more" in told) == (2, True)
    assert list(json.loads((tmp_path / "out/manifest.json").read_text())["done"]) == ["0"]


def test_ctrl_c_stops_a_run_and_the_same_line_goes_on(tmp_path):
    write_pictures(tmp_path / "many", 200)
    line = [*COMMAND, str(tmp_path / "many"), "-o", f"{tmp_path}/out/", "--shard-size", "20"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not list((tmp_path / "out").glob("skipped-*")) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, told = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert "of 10 shards are done and stay; run the same line again to go on." in told
    again = subprocess.run(line, capture_output=True, text=True, check=True)
    assert " 0 before, 0 missing" not in again.stdout
    assert table(tmp_path / "out")["path"].to_pylist() == [f"{number}.png" for number in range(200)]


def test_two_processes_at_once_make_one_folder(pictures, tmp_path):
    line = [*COMMAND, str(pictures), "-o", f"{tmp_path}/out/", "--shard-size", "2"]
    both = [subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], ends
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["is_complete"], manifest["vectors"], manifest["skipped"]) == (True, 16, 2)
    assert len(table(tmp_path / "out")) == 16
    assert not [name for name in os.listdir(tmp_path / "out") if name.startswith(".")]


@pytest.mark.heavy
def test_an_array_s_parts_begin_at_once(pictures, tmp_path):
    line = [*COMMAND, str(pictures), "-o", f"{tmp_path}/out/", "--shard-size", "2", "--shard"]
    parts = [subprocess.Popen([*line, f"{part}/3"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
             for part in (1, 2, 3)]
    ends = [one.communicate(timeout=60) for one in parts]
    assert [one.returncode for one in parts] == [0, 0, 0], ends
    assert sorted(path.name for path in (tmp_path / "out").glob("shard-*")) == [
        f"shard-{number:05d}.parquet" for number in range(9)]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["is_complete"]
