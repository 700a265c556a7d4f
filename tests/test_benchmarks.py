"""The benchmark measures what it says."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pictures import write_jpegs
from PIL import Image
from processes import run_watched
from sklearn.linear_model import LogisticRegression

from orangecontrib.imaging.core import cards
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.samples import write_samples

SOURCE = Path(__file__).resolve().parent.parent
sys.path.append(str(SOURCE))
from benchmarks import (  # noqa: E402
    classroom,
    depths,
    engines,
    gpu,
    layers,
    layouts,
    machine,
    made_vectors,
    networks,
    reporting,
    scale,
    sharded,
    stalls,
    steady,
    throughput,
    upstream,
    viewer_opening,
)
from benchmarks.made_weights import accept_made, write_made  # noqa: E402

OURS = SOURCE / "benchmarks" / "ours.py"
MEGABYTE = 2**20
CHILD_THAT_TAKES_MEMORY = "import time; taken = b'1' * (100 << 20); time.sleep(3)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD_THAT_TAKES_MEMORY!r}]); print('{{}}')"


def test_its_pictures_are_the_same_every_time_and_differ_from_each_other(tmp_path):
    (tmp_path / "again").mkdir()
    first, second = write_jpegs(tmp_path, 2)
    assert first.read_bytes() == write_jpegs(tmp_path / "again", 1)[0].read_bytes()
    assert first.read_bytes() != second.read_bytes()


def test_its_pictures_have_the_spectrum_of_photographs(tmp_path):
    pixels = np.asarray(Image.open(write_jpegs(tmp_path, 1, 512, 512)[0]).convert("L"), float)
    row_power = (np.abs(np.fft.rfft(pixels - pixels.mean(), axis=1)) ** 2).mean(axis=0)
    octaves = [row_power[low:2 * low].mean() for low in (8, 16, 32)]
    # A power of 1/f² in the plane is one of 1/f along its rows: halved by each octave.
    assert all(1.5 < low / high < 2.7 for low, high in pairwise(octaves))


def test_memory_of_children_is_counted():
    assert run_watched([sys.executable, "-c", PARENT], os.environ).peak_bytes > 100 * MEGABYTE


def test_a_program_that_fails_is_no_measurement():
    with pytest.raises(RuntimeError, match="ended with 3:\nwhy"):
        run_watched([sys.executable, "-c", "print('why'); raise SystemExit(3)"], os.environ)


@pytest.mark.heavy
def test_ours_prints_its_three_times(tmp_path):
    write_jpegs(tmp_path, 3)
    command = [sys.executable, OURS, tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = json.loads(run.stdout)
    assert seconds.keys() == {"start", "cold", "warm"}
    assert 0 < seconds["warm"] < seconds["cold"] < 60


def kept(folder):
    """The one record in a folder."""
    [file] = folder.glob("*.json")
    record = json.loads(file.read_text())
    assert record["machine"]["cores"] >= 1
    assert "torch" in record["machine"]["packages"]
    return record


@pytest.fixture
def registry(monkeypatch):
    """The cards, put back afterwards."""
    entries = dict(cards._registry())
    monkeypatch.setattr(cards, "_registry", lambda: entries)


def test_made_weights_are_refused_until_this_process_accepts_them(tmp_path, registry):
    write_made("resnet18", tmp_path)
    [picture] = write_jpegs(tmp_path, 1, 64, 48)
    with pytest.raises(WeightsError, match="not the published weights"):
        embed([picture], "resnet18", models=tmp_path, device="cpu")
    accept_made("resnet18", tmp_path)
    [vector] = embed([picture], "resnet18", models=tmp_path, device="cpu").vectors
    assert vector.shape == (512,)
    assert 0.01 < vector.std() < 100


def test_an_aim_is_met_or_missed_on_its_own_side():
    assert reporting.aim_line("share", 0.91, "", at_least=0.9).endswith("aim: at least 0.9, met")
    assert reporting.aim_line("share", 0.89, "", at_least=0.9).endswith("MISSED")
    assert reporting.aim_line("start", 2.9, "s", at_most=3).endswith("aim: at most 3, met")
    assert reporting.aim_line("start", 3.1, "s", at_most=3).endswith("MISSED")


def test_what_other_programs_take_is_seen():
    others = machine.Others()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
        time.sleep(1.5)
        spinning_cores = others.cores()
        spinning.kill()
    assert spinning_cores > 0.2


def test_a_measured_program_has_a_home_of_its_own_that_refuses_to_be_counted(tmp_path):
    environment = machine.private_places(tmp_path)
    assert {environment[name] for name in ("HOME", "XDG_CACHE_HOME", "ORANGE_IMAGING_CACHE")} == {str(tmp_path)}
    assert (tmp_path / "intel" / "openvino_telemetry").read_text() == "0"


BAR = {"limit": 4.0, "naive": 1.0, "decode": 8.0, "forward": 8.0, "cores": 2}
YARDSTICK_PRINTS = """\
decode   pillow+torch          6.0 images/s a core
decode   simplejpeg+torch      8.0 images/s a core
forward  torch                 3.0 images/s a core
forward  openvino              8.0 images/s a core
"""
SLOW_ENGINE = """
import runpy, threading, time
from orangecontrib.imaging.core import embed
read, turn = embed.read_contents, threading.Lock()
def read_slowly(*arguments):
    with turn:
        time.sleep(1)
    return read(*arguments)
embed.read_contents = read_slowly
runpy.run_module("benchmarks.engine", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def small_bar(monkeypatch, tmp_path):
    """A yardstick that allows four pictures a second, and places for pictures and weights."""
    script = tmp_path / "yardstick.py"
    script.write_text(f"print({YARDSTICK_PRINTS + json.dumps(BAR)!r})")
    monkeypatch.setattr(throughput, "YARDSTICK", script)
    return tmp_path


@pytest.mark.heavy
def test_throughput_shows_all_programs_and_keeps_every_figure(small_bar, capsys):
    throughput.main(["--networks", "squeezenet", "--sizes", "64x48", "--images", "16", "--rounds", "1",
                     "--out", str(small_bar / "results")])
    printed = capsys.readouterr().out.splitlines()
    shares = [line for line in printed if line.startswith("share of the limit")]
    assert len(shares) == 2
    assert all(share.endswith("aim: at least 0.9, met") for share in shares)
    assert any(line.startswith("from start to the first vector") and "aim: at most 3, " in line for line in printed)
    [turn] = kept(small_bar / "results")["rounds"]
    assert (turn["network"], turn["size"], turn["limit"]) == ("squeezenet", "64x48", BAR["limit"])
    assert turn["plain_limit"] == pytest.approx(4)  # 2 cores / (1/6 + 1/3)
    assert 4 < turn["ours"] < 5000
    assert 0 < turn["loader"] < 5000
    assert 0.2 < turn["start_s"] < 120
    assert 100 < turn["peak_mb"] < 4000


@pytest.mark.heavy
def test_a_slow_engine_shows(small_bar, monkeypatch):
    throughput.prepare(small_bar, ["squeezenet"], ["64x48"])
    monkeypatch.setattr(throughput, "ENGINE", (sys.executable, "-c", SLOW_ENGINE))
    lines = throughput.report([throughput.measure(small_bar, "squeezenet", "64x48", 4)])
    shares = [line for line in lines if line.startswith("share of the limit")]
    assert all(share.endswith("aim: at least 0.9, MISSED") for share in shares)


def test_ratios_are_taken_within_a_round():
    rounds = [throughput.Turn("resnet50", "640x480", limit, limit / 2, 4.0, 50.0, 10.0, 5.0, ours, 1.0, 1.0, None, 0.0)
              for limit, ours in ((10.0, 9.5), (20.0, 18.4), (5.0, 4.0))]
    share, plain = [line for line in throughput.report(rounds) if line.startswith("share of the limit")]
    assert "0.92" in share
    assert share.endswith("met")
    assert "1.84" in plain


def test_what_was_disturbed_is_measured_again(monkeypatch):
    def turn(others):
        return throughput.Turn("squeezenet", "64x48", None, None, None, None, None, 1.0, 1.0, 1.0, 1.0, None, others)

    def least(taken, patience):
        left = iter(taken)
        monkeypatch.setattr(throughput, "measure", lambda *_: turn(next(left)))
        return throughput.measure_patiently(Path(), "squeezenet", "64x48", 1, patience).others, len(list(left))

    assert least([0.05, 0.0], 1) == (0.05, 1)
    assert least([0.9, 0.05, 0.0], 2) == (0.05, 1)
    assert least([0.9, 0.5, 0.7, 0.0], 2) == (0.5, 1)


@pytest.mark.heavy
@pytest.mark.skipif(not throughput.YARDSTICK.exists(), reason="the yardstick is not beside this project")
def test_the_yardstick_gives_the_limit(tmp_path):
    throughput.prepare(tmp_path, ["squeezenet"], ["64x48"])
    turn = throughput.measure(tmp_path, "squeezenet", "64x48", 16)
    assert turn.limit == pytest.approx(machine.usable_cores() / (1 / turn.decode + 1 / turn.forward))
    assert turn.naive > 1
    assert 1 < turn.forward < turn.decode


@pytest.mark.heavy
def test_peak_memory_is_compared_and_the_vectors_are_not_counted(tmp_path, capsys):
    steady.measure("memory", 40, 1, tmp_path)
    record = kept(tmp_path)
    few, many = record["peak bytes"].values()
    assert record["growth bytes beyond the vectors"] == many - few - 38 * 512 * 4
    assert 100 * MEGABYTE < few < 4000 * MEGABYTE
    assert "aim: at most 50, met" in capsys.readouterr().out


@pytest.mark.heavy
def test_known_pictures_are_recalled_without_being_opened(tmp_path, capsys):
    steady.measure("warm", 30, 1, tmp_path)
    record = kept(tmp_path)
    assert 0 < record["engine running, seconds"][0] < record["with start, seconds"][0]
    assert "30 known pictures" in capsys.readouterr().out


@pytest.mark.heavy
def test_a_store_that_forgets_is_no_measurement(tmp_path, monkeypatch):
    monkeypatch.setattr(steady, "_fill", lambda *_: None)
    with pytest.raises(SystemExit, match="were opened"):
        steady.measure("warm", 3, 1, tmp_path)


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system ties no process to a core")
def test_speed_is_measured_with_and_without_a_busy_core(tmp_path, capsys):
    steady.measure("stolen-core", 16, 1, tmp_path)
    record = kept(tmp_path)
    assert record["alone"][0] > 0
    assert record["with a core taken"][0] > 0
    assert "aim: at least 0.45" in capsys.readouterr().out


@pytest.mark.heavy
def test_the_benchmark_for_graphics_cards_runs_on_a_processor(tmp_path, monkeypatch, registry, capsys):
    monkeypatch.setattr(gpu, "LARGE_BATCHES", {"cpu": (2,)})
    monkeypatch.setattr(gpu, "FORWARD_S", 0.2)
    gpu.main(["--device", "cpu", "--networks", "mobilenet_v3_large", "--images", "8", "--out", str(tmp_path)])
    full, half = kept(tmp_path)["speeds"]
    assert (full["precision"], half["precision"]) == ("fp32", "bf16")
    assert full["error"] == 0
    assert 1e-4 < half["error"] < 0.1
    assert full["limit"] == pytest.approx(1 / (1 / full["decode"] + 1 / full["forward"]))
    assert all(full[name] > 0 for name in ("files", "tensors"))
    assert "share of the limit" in capsys.readouterr().out


def test_the_error_is_that_of_the_worst_vector():
    expected = np.array([[3.0, 4.0], [0.0, 10.0]])
    assert gpu.largest_error(expected + np.array([[0, 0], [0, 1]]), expected) == pytest.approx(0.1)


@pytest.mark.heavy
def test_every_network_is_measured_relative_to_squeezenet(tmp_path):
    networks.main(["--networks", "mobilenet_v3_large", "--seconds", "0.5", "--out", str(tmp_path)])
    found = kept(tmp_path)["networks"]
    assert list(found) == ["squeezenet", "mobilenet_v3_large"]
    assert found["squeezenet"]["times SqueezeNet's"] == 1
    ratio = found["mobilenet_v3_large"]["images/s"] / found["squeezenet"]["images/s"]
    assert found["mobilenet_v3_large"]["times SqueezeNet's"] == pytest.approx(ratio, abs=1e-3)


@pytest.mark.heavy
@pytest.mark.skipif(not machine.YARDSTICK_PYTHON.exists(), reason="`make bench` has not built the other engines here")
def test_engines_agree_and_are_compared(tmp_path, capsys):
    engines.main(["--networks", "mobilenet_v3_large", "--rounds", "1", "--seconds", "0.2", "--out", str(tmp_path)])
    figures = kept(tmp_path)["networks"]["mobilenet_v3_large"]
    assert list(figures["engines"]) == ["torch, folded", "ours", "ONNX Runtime", "OpenVINO"]
    for one in figures["engines"].values():
        assert one["error"] < 1e-4
        assert one["images/s"] > 1
    assert all(size > 10 for size in figures["megabytes on disk"].values())
    assert "OpenVINO" in capsys.readouterr().out


def noise_and_classes(informative=0.0, seed=0):
    """Sixty pictures of two classes: vectors of several settings, the last of which tells the class."""
    rng = np.random.default_rng(seed)
    classes = np.array(["a", "b"] * 30)
    found = [rng.normal(size=(60, 20)) for _ in range(6)]
    found[-1][:, 0] += informative * (classes == "b")
    return found, classes


def test_nested_choice_finds_the_setting_that_tells():
    value, chosen = layers.nested(*noise_and_classes(informative=12.0))
    assert value > 0.9
    assert set(chosen) == {5}


@pytest.mark.heavy
def test_choosing_after_looking_claims_too_much_and_the_nested_score_does_not():
    claimed, honest = [], []
    for seed in range(2):
        found, classes = noise_and_classes(seed=seed)
        claimed.append(max(layers.accuracy(vectors, classes, 10) for vectors in found))
        honest.append(layers.nested(found, classes)[0])
    assert np.mean(claimed) > np.mean(honest) + 0.05
    assert np.mean(honest) < 0.55  # the classes are as good as tossed


def test_turning_the_numbers_changes_no_prediction():
    found, classes = noise_and_classes(informative=2.0)
    wide = np.hstack(found)
    turned = layers.rotated(wide)
    assert turned.shape == (60, 60)
    train, test = np.arange(40), np.arange(40, 60)
    expected, predicted = (LogisticRegression(C=1, max_iter=2000).fit(numbers[train], classes[train])
                           .predict_proba(numbers[test]) for numbers in (wide, turned))
    np.testing.assert_allclose(predicted, expected, atol=5e-3)  # its solver stops near the optimum


def test_a_folder_without_classes_to_compare_is_one_sentence(tmp_path):
    write_jpegs(tmp_path, 2)
    with pytest.raises(SystemExit, match="fewer than two sub-folders with 10 pictures each"):
        layers.main([str(tmp_path)])


@pytest.mark.heavy
def test_the_table_of_layers_and_the_nested_choice_are_written(tmp_path, monkeypatch, capsys):
    write_samples(tmp_path / "samples", sets=["nuclei"], per_class=12)
    few = layers.settings()[:3]
    monkeypatch.setattr(layers, "settings", lambda: few)
    layers.main([str(tmp_path / "samples" / "nuclei"), "--shuffles", "2", "--out", str(tmp_path),
                 "--aim", "0.99"])
    head, *rows = (tmp_path / "layers.csv").read_text().splitlines()
    assert head.endswith("Passes,Numbers,Accuracy")
    assert [row.split(",")[:3] for row in rows] == [layers.describe(options)[:3] for options in few]
    assert all(0.3 < float(row.split(",")[-1]) <= 1 for row in rows)
    assert "mean of 2 shuffles" in (tmp_path / "nested.txt").read_text()
    assert "aim: at least 0.99" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.heavy
def test_deep_pictures_are_told_apart_as_well_as_those_of_8_bits_and_better_than_by_usual_code(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["depths", "--per-class", "25"])
    depths.main()
    _, shallow, *deep = capsys.readouterr().out.splitlines()
    plain = float(shallow.split()[-1])
    for line in deep:
        ours, usual = (float(word) for word in line.split() if word.startswith("0."))
        assert ours > plain - 0.05
        assert usual < ours - 0.15
    assert len(deep) == 2


def figures_of(program, *options):
    """What a program in a process of its own prints, by name: the number, and what is said of its aim."""
    pytest.importorskip("AnyQt.QtWidgets")
    command = [sys.executable, "-m", f"benchmarks.{program}", *options]
    printed = subprocess.run(command, cwd=SOURCE, check=True, capture_output=True, text=True, timeout=120).stdout
    found = [re.fullmatch(r" *(\S.*?) +(-?[0-9]+[.][0-9]{3})( .*)?", line) for line in printed.splitlines()]
    return {match[1]: (float(match[2]), (match[3] or "").partition("aim: ")[2]) for match in found if match}


def test_pictures_that_are_opened_again_come_from_disk_and_memory_is_told():
    figures = figures_of("viewer", "--only", "thumbnails", "scrolling", "--pictures", "12", "--scrolled", "60")
    assert figures["first, of 12 of 800 x 600"] < figures["again"]
    assert figures["on disk, for each"][0] > 1
    assert figures["of it pixels, at the end"][0] > 60 * 190 * 140 * 4 / 2**20 / 2


@pytest.mark.heavy
def test_the_full_view_is_judged_by_how_long_it_stops_the_interface():
    figures = figures_of("viewer", "--only", "full view", "--side", "1500")
    assert figures["1500 x 1500 in color, opened"][0] > 0
    assert figures["the interface stops, at the most"][1].startswith("at most 50, ")


@pytest.mark.heavy
def test_every_stall_and_the_first_screen_of_thumbnails_are_judged_when_many_rows_are_opened():
    figures = figures_of("viewer", "--only", "opening", "--rows", "30", "--steps", "3")
    stalls = [aim for what, (_, aim) in figures.items() if what.startswith("longest stall")]
    assert len(stalls) == 7
    assert all(aim.startswith("at most 50, ") for aim in stalls)
    assert figures["first screen of thumbnails after that"][1].startswith("at most 1, ")
    assert figures["the same, when they are kept on disk"][0] > 0


def test_a_stall_is_the_longest_of_all_windows_and_only_the_first_one_reads_all_pictures():
    first, screen, kept_on_disk = "until the first captions", "first screen of thumbnails after that", "kept on disk"
    rounds = [{first: (captions, "s"), screen: (seconds, "s"), "longest stall by bar": (stall, "ms")}
              for captions, seconds, stall in ((0.3, 0.9, 20.0), (0.1, 0.2, 70.0), (0.2, 0.4, 30.0))]
    figures = viewer_opening.summary(rounds)
    assert figures[first] == (0.2, "s")
    assert figures["longest stall by bar"] == (70.0, "ms")
    assert figures[screen] == (0.9, "s")
    assert figures[f"the same, when they are {kept_on_disk}"] == (pytest.approx(0.3), "s")


def test_labels_on_all_rows_are_timed():
    figures = figures_of("viewer", "--only", "labels", "--rows", "300")
    assert figures["a label on all"][1].startswith("at most 20, ")
    assert figures["300 rows looked up"][0] > 0


@pytest.mark.heavy
def test_layouts_are_timed_stopped_and_compared_with_the_best():
    figures = figures_of("layouts", "--rows", "300", "--exact", "40")
    assert 0 <= figures["t-SNE of 300 stops after"][0] < 10
    assert figures["t-SNE of 300 stops after"][1].startswith("at most 0.5, ")
    assert figures["40 in 1 × as many cells: cost by the best"][0] >= 1 - 1e-9


def test_a_layout_that_was_never_stopped_in_time_is_no_measurement(monkeypatch):
    monkeypatch.setattr(layouts, "project", lambda *_, **__: None)
    with pytest.raises(RuntimeError, match="ended before it could be stopped"):
        layouts.stop_s(layouts.clusters(3), 0.0)


def test_frames_of_a_map_are_timed_by_what_is_shown():
    figures = figures_of("map_frames", "--points", "500", "--frames", "3", "--pictures", "20")
    assert figures["crowds of a level"][1].startswith("at most 10, ")
    for name in ("both", "pictures", "dots", "both, half opaque", "both, all chosen"):
        for way in ("moved", "zoomed"):
            assert figures[f"{name}, {way}: median"][1].startswith("at most 33.3333, ")


def test_a_stall_is_found_with_what_ran_meanwhile():
    widgets = pytest.importorskip("AnyQt.QtWidgets")
    app = widgets.QApplication.instance() or widgets.QApplication([])
    with stalls.Stalls() as watched:
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            app.processEvents()
        time.sleep(0.2)
    (longest, _), (second, _) = watched.longest(2)
    assert longest == watched.longest_ms >= 200
    assert second < 150
    assert watched.cause == "Qt, or Python's lock"  # no function of a widget ran


def test_made_vectors_overlap_as_those_of_pictures_do_and_components_lose_little():
    table = made_vectors.vectors_table(240, 120)
    plain, _ = scale.cross_validated(table, 3)
    few, _ = scale.cross_validated(scale.reduced(table, 50), 3)
    assert 0.6 < plain < 0.99  # by chance 0.25
    assert few > plain - 0.05


def test_a_widget_that_refuses_its_data_or_does_not_end_gives_no_figure(monkeypatch):
    pytest.importorskip("AnyQt.QtWidgets")
    from Orange.widgets.unsupervised import owdistances
    table = made_vectors.vectors_table(12, 3)
    assert len(list(scale.shown("Distances", owdistances.OWDistances, "data", table))) == 2
    with monkeypatch.context() as patched, pytest.raises(SystemExit, match="too large.*no measurement"):
        patched.setattr(owdistances, "MAX_ITEMS", 10)
        list(scale.shown("Distances", owdistances.OWDistances, "data", table))
    monkeypatch.setattr(scale, "_PATIENCE_S", 0)
    with pytest.raises(SystemExit, match="Distances did not end within 0 s: this is no measurement"):
        list(scale.shown("Distances", owdistances.OWDistances, "data", table, lambda widget: False))


@pytest.mark.heavy
def test_what_many_pictures_cost_is_printed_for_orange_and_for_us():
    figures = figures_of("scale", "--only", "learning", "pairs", "ours", "--rows", "120", "--columns", "60",
                         "--folds", "2", "--pairs", "60", "--many", "80")
    assert [name for name in figures if name.startswith("2 folds")] == ["2 folds of 120 x 60", "2 folds of 120 x 50"]
    assert {"Distances of 60", "Hierarchical Clustering of 60", "MDS of 60, until it moves", "Image Map of 80",
            "Image Grid of 80"} <= set(figures)
    assert figures["Image Grid of 80"][0] > 0.2  # so long t-SNE takes at least
    assert figures["longest stall meanwhile"][1].startswith("at most 100, ")


@pytest.mark.heavy
def test_the_workflow_for_many_pictures_is_run_from_the_store():
    figures = figures_of("scale", "--only", "workflow", "--many", "300")
    assert figures["large.ows with 300 files"][0] > 1
    assert 1 < figures["longest stall meanwhile"][0] < 5000
    assert figures["longest stall meanwhile"][1].startswith("at most 100, ")


def test_what_vectors_on_disk_cost_is_printed_and_all_is_removed(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="needs pyarrow")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    figures = figures_of("sharded", "--pictures", "500", "--dimension", "8", "--shard-size", "100", "--rows", "20")
    assert {"500 x 8 made", *sharded.STEPS, *(f"  memory to {name}".strip() for name in sharded.STEPS)} == set(figures)
    assert figures["memory to merge into .parquet"][0] > figures["memory to start"][0] > 30
    assert figures["look at shards"][1].startswith("at most 2, ")
    assert list(tmp_path.iterdir()) == []


PATCHES = sorted(upstream.PATCHES.glob("*.patch"))
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git, which applies patches, is not installed")


@needs_git
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_for_orange_applies_to_the_installed_one_and_names_its_measurement(patch):
    upstream.apply_patch(patch, upstream.installed_orange(), "--check")
    told = (upstream.PATCHES / "README.md").read_text()
    assert f"## {patch.name}" in told
    assert "`python -m benchmarks.upstream`" in told


def test_measurements_of_patches_that_change_results_are_refused(capsys):
    def turn(tree):
        return {"seconds": {"tree": 2.0}, "results": {"tree": tree}}

    upstream.report([{"as it is": turn("a"), "patched": turn("a")}])
    assert "tree, times as fast" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="results differ"):
        upstream.report([{"as it is": turn("a"), "patched": turn("b")}])


@needs_git
@pytest.mark.heavy
def test_patched_orange_gives_the_same(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["upstream", "--rows", "200", "--columns", "100", "--folds", "2", "--pairs", "200",
                                      "--rounds", "1"])
    upstream.main()
    assert capsys.readouterr().out.count("times as fast") == 3


@pytest.mark.heavy
def test_a_lesson_is_timed_twice_and_its_processes_weighed():
    first, again, peak = classroom.run_twice(SOURCE / "tutorials" / "map.ows")
    assert first > again > 1
    assert 300e6 < peak < 3e9


def test_the_classroom_page_has_the_figures_of_every_tutorial():
    header, *lines = (SOURCE / "doc" / "measured" / "classroom.csv").read_text(encoding="utf-8").splitlines()
    assert header == classroom.HEADER
    assert [line.split(",")[0] for line in lines] == [f"*{name.title()}*" for name in classroom.TUTORIALS]
    assert {f"{name}.ows" for name in classroom.TUTORIALS} <= {
        path.name for path in (SOURCE / "tutorials").glob("*.ows")}
