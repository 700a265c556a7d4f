"""Every picture gets its own vector or its reason, whatever happens beside it; what is known is not computed again."""

import dataclasses
import json
import os
import pathlib
import threading
import time
import tracemalloc
from importlib.metadata import version

import numpy as np
import pytest
import tifffile
import torch
from counting import Counting, aged
from made import encoded, pixels, write_pictures

from orangecontrib.imaging.core import embed as embed_module
from orangecontrib.imaging.core import recipe as recipe_module
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.device import find_device
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.embeddings import Batch, Gathering
from orangecontrib.imaging.core.errors import (
    Cancelled,
    UnknownDevice,
    UnknownLayer,
    UnknownNetwork,
    WeightsError,
    WrongUse,
)
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.recipe import Recipe
from orangecontrib.imaging.core.store import Store

LOGITS = Options(layers=("logits",))


@pytest.fixture
def network(monkeypatch):
    """A `Counting` that every job gets."""
    counting = Counting()
    monkeypatch.setattr(embed_module, "load_network", lambda *_: counting)
    return counting


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def expected(network, numbers, size=(40, 50)):
    return np.stack([network.vector(pixels(*size, seed=number)) for number in numbers])


def test_each_row_has_the_vector_its_picture_has_alone(tmp_path):
    paths = write_pictures(tmp_path / "p", 11)
    found = embed(paths, device="cpu", threads=2)
    assert (found.vectors.shape, found.vectors.dtype) == ((11, 512), np.float32)
    assert found.rows.dtype == np.int64
    assert found.rows.tolist() == list(range(11))
    assert (found.skipped, found.notes, found.computed, found.device) == ((), (), 11, "CPU, 2 threads")
    for row in (0, 5, 10):
        np.testing.assert_array_equal(embed([paths[row]], device="cpu").vectors[0], found.vectors[row])
    assert len(np.unique(found.vectors, axis=0)) == 11
    for threads in (1, 3):
        np.testing.assert_array_equal(embed(paths, device="cpu", threads=threads).vectors, found.vectors)
    np.testing.assert_array_equal(embed(paths[::-1], device="cpu").vectors, found.vectors[::-1])


def test_a_path_may_occur_twice_and_be_a_pathlib_path(tmp_path, network):
    paths = write_pictures(tmp_path / "p", 3)
    found = embed([paths[0], pathlib.Path(paths[1]), paths[0], paths[2], paths[1]])
    np.testing.assert_array_equal(found.vectors, expected(network, [0, 1, 0, 2, 1]))


def test_what_cannot_be_read_is_skipped_with_row_and_reason_and_the_rest_is_in_order(tmp_path, network):
    good = write_pictures(tmp_path / "p", 6)
    (tmp_path / "text.png").write_text("text")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes(encoded(pixels(), "PNG")[:2000])
    os.mkfifo(tmp_path / "pipe.png")
    bad = {1: ("text.png", "not a picture of a kind that is read here"),
           2: ("empty.png", "the file is empty"), 4: ("gone.png", "there is no such file"),
           7: ("cut.png", "the file is truncated"), 8: ("pipe.png", "not a regular file"),
           9: ("a\0b", "no file can have this name")}
    paths = [str(tmp_path / bad[row][0]) if row in bad else good.pop(0) for row in range(11)]
    paths += ["", good.pop(0)]
    found = embed(paths, threads=2)
    assert found.rows.tolist() == [0, 3, 5, 6, 10, 12]
    np.testing.assert_array_equal(found.vectors, expected(network, range(6)))
    assert found.skipped == (*(Skipped(row, paths[row], reason) for row, (_, reason) in bad.items()),
                             Skipped(11, "", "no file is named"))
    assert found.computed == 6


def test_no_pictures_and_only_bad_pictures_give_no_vectors_and_no_error(tmp_path, network, store):
    for paths in ([], [str(tmp_path / "gone.png")] * 9):
        found = embed(paths, store=store)
        assert (found.vectors.shape, found.rows.tolist(), found.computed) == ((0, 512), [], 0)
        assert [one.row for one in found.skipped] == list(range(len(paths)))
    assert network.pictures == 0


def test_a_file_that_goes_while_the_job_runs_costs_only_itself(tmp_path, network):
    paths = write_pictures(tmp_path / "p", 9)
    found = embed(paths, threads=1, on_taken=lambda rows: os.remove(paths[5]) if 5 in rows else None)
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 6, 7, 8]
    assert found.skipped == (Skipped(5, paths[5], "there is no such file"),)


def test_a_second_run_opens_no_picture_and_computes_nothing(tmp_path, network, store, monkeypatch):
    paths = aged(write_pictures(tmp_path / "p", 10))
    first = embed(paths, store=store)
    assert (first.computed, network.pictures) == (10, 10)
    monkeypatch.setattr("builtins.open", lambda *arguments, **options: pytest.fail("opened"))
    monkeypatch.setattr(embed_module, "load_network", lambda *arguments: pytest.fail("loaded"))
    again = embed(paths[::-1], store=store)
    assert again.computed == 0
    np.testing.assert_array_equal(again.vectors, first.vectors[::-1])
    assert again.identity == first.identity


def test_the_same_content_under_other_names_is_not_computed_again(tmp_path, network, store):
    paths = write_pictures(tmp_path / "p", 5)
    first = embed(paths, store=store)
    moved = [path + ".moved.png" for path in paths]
    for path, new in zip(paths, moved, strict=True):
        os.rename(path, new)
    again = embed(moved, store=store)
    assert (again.computed, network.pictures) == (0, 5)
    np.testing.assert_array_equal(again.vectors, first.vectors)


def test_a_changed_picture_is_computed_anew_and_the_others_are_not(tmp_path, network, store):
    paths = aged(write_pictures(tmp_path / "p", 5))
    embed(paths, store=store)
    pathlib.Path(paths[3]).write_bytes(encoded(pixels(40, 50, seed=77), "PNG"))
    again = embed(paths, store=store)
    assert (again.computed, network.pictures) == (1, 6)
    np.testing.assert_array_equal(again.vectors, expected(network, [0, 1, 2, 77, 4]))


def test_a_picture_that_was_unreadable_and_is_mended_gets_its_vector(tmp_path, network, store):
    paths = write_pictures(tmp_path / "p", 2)
    whole = pathlib.Path(paths[1]).read_bytes()
    pathlib.Path(paths[1]).write_bytes(whole[:-400])
    aged(paths)
    assert embed(paths, store=store).rows.tolist() == [0]
    assert embed(paths, store=store).rows.tolist() == [0]
    pathlib.Path(paths[1]).write_bytes(whole)
    assert embed(paths, store=store).rows.tolist() == [0, 1]


def test_another_layer_reading_or_device_is_another_vector(tmp_path, monkeypatch, store):
    networks = {"penultimate": Counting(512), "logits": Counting(1000)}
    monkeypatch.setattr(embed_module, "load_network", lambda card, weights, options, *_: networks[options.layers[0]])
    paths = aged(write_pictures(tmp_path / "p", 3))
    for options in ({}, {"options": LOGITS}, {"reading": Reading(background=0)}):
        assert embed(paths, store=store, **options).computed == 3
        again = embed(paths, store=store, **options)
        assert (again.computed, again.vectors.shape[1]) == (0, 1000 if "options" in options else 512)


def test_names_of_every_kind_pass_through_the_store(tmp_path, network, store):
    source = pathlib.Path(write_pictures(tmp_path / "p", 1)[0]).read_bytes()
    paths = [str(tmp_path / name) for name in ("žluť.png", "new\nline.png", os.fsdecode(b"caf\xe9.png"), "bytes:a.png",
                                               "a%20b#.png", "x" * 251 + ".png")]
    for number, path in enumerate(paths):
        pathlib.Path(path).write_bytes(source + bytes(number))
    aged(paths)
    assert embed(paths, store=store).computed == 6
    again = embed(paths, store=store)
    assert (again.computed, again.rows.tolist(), again.skipped) == (0, list(range(6)), ())


def test_progress_and_batches_account_for_every_row_once(tmp_path, network, store):
    known, new = aged(write_pictures(tmp_path / "known", 6)), write_pictures(tmp_path / "new", 9, seed=1)
    embed(known, store=store)
    paths = [*known[:3], str(tmp_path / "gone"), *new, *known[3:]]
    steps, rows, taken = [], [], []
    found = embed(paths, store=store, threads=2, on_progress=lambda done, total: steps.append((done, total)),
                  on_batch=lambda batch: rows.extend([*batch.rows, *(one.row for one in batch.skipped)]),
                  on_taken=taken.extend)
    assert sorted(rows) == list(range(16))
    assert sorted(taken) == list(range(3, 13))
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert steps[0] == (6, 16)
    assert steps[-1] == (16, 16)
    assert found.computed == 9


def test_a_batch_says_how_the_pictures_were_read_that_were_read_now(tmp_path, network, store):
    known = aged(write_pictures(tmp_path / "p", 1))
    tifffile.imwrite(tmp_path / "deep.tif", np.arange(1200, dtype=np.uint16).reshape(30, 40))
    tifffile.imwrite(tmp_path / "flat.tif", np.full((30, 40), 7, np.uint16))
    paths = [*known, *aged([str(tmp_path / "deep.tif"), str(tmp_path / "flat.tif")])]
    first, again = {}, {}
    embed(paths, store=store, on_batch=lambda batch: first.update(batch.notes))
    embed(paths, store=store, on_batch=lambda batch: again.update(batch.notes))
    deep = "16 bits: contrast 0.1–99.9 %"
    assert first == {1: (deep,), 2: (deep, "the same number everywhere, so it is mid-gray")}
    assert again == {}


def test_cancelling_keeps_what_was_finished_and_a_rerun_computes_only_the_rest(tmp_path, network, store):
    paths = write_pictures(tmp_path / "p", 60)
    done = []
    with pytest.raises(Cancelled, match=r"The embedding was cancelled. What was finished is kept."):
        embed(paths, store=store, threads=2, on_progress=lambda now, total: done.append(now),
              cancelled=lambda: bool(done) and done[-1] >= 12)
    assert 12 <= network.pictures < 60
    stored = network.pictures
    with pytest.raises(Cancelled) as without_store:
        embed(paths, threads=2, cancelled=lambda: True)
    assert str(without_store.value) == "The embedding was cancelled."
    again = embed(paths, store=store, threads=2)
    assert again.computed == 60 - stored
    np.testing.assert_array_equal(again.vectors, expected(network, range(60)))


def test_a_job_cancelled_at_once_computes_nothing_further(tmp_path, network, store):
    with pytest.raises(Cancelled):
        embed(write_pictures(tmp_path / "p", 60), store=store, threads=1, cancelled=lambda: True)
    assert network.pictures <= 8


def test_a_defect_in_a_thread_comes_out_and_torch_is_as_before(tmp_path, network, monkeypatch):
    before = torch.get_num_threads()

    def broken(pictures):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(network, "embed", broken)
    with pytest.raises(ZeroDivisionError, match="a defect"):
        embed(write_pictures(tmp_path / "p", 20), threads=2)
    assert torch.get_num_threads() == before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("embed")]


def test_torchs_thread_count_is_put_back(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        embed(write_pictures(tmp_path / "p", 5))
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_a_batch_is_never_larger_than_the_devices(tmp_path, network):
    embed(write_pictures(tmp_path / "p", 21), device="cpu", threads=2)
    assert max(network.batches) <= find_device("cpu").batch
    assert sum(network.batches) == 21


def test_a_caller_that_is_slow_is_not_overrun(tmp_path, network):
    taken, ahead = [], []

    def slow(batch):
        time.sleep(0.05)
        ahead.append(len(taken))

    embed(write_pictures(tmp_path / "p", 60), device="cpu", threads=1, on_taken=taken.extend, on_batch=slow)
    assert ahead[0] <= 3 * find_device("cpu").batch


def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path, network):
    paths = write_pictures(tmp_path / "p", 20, size=(200, 200))
    embed(paths)
    peaks = {}
    for count in (100, 500):
        tracemalloc.start()
        embed(paths * (count // 20), threads=2)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    result = 400 * 512 * 4
    picture = 200 * 200 * 3
    assert peaks[500] - peaks[100] < result + 400 * 1000 + 10 * picture  # 400 pictures more would be 48 MB


def test_of_a_batch_only_one_picture_is_in_memory_at_its_full_size(tmp_path, network):
    paths = write_pictures(tmp_path / "p", 8, size=(1000, 1000))
    embed(paths[:1], threads=1)
    tracemalloc.start()
    embed(paths, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    files = 2 * max(os.path.getsize(path) for path in paths)
    assert peak < 2 * 1000 * 1000 * 3 + files


def test_a_vector_that_is_not_finite_is_left_out_with_its_reason_and_not_kept(tmp_path, network, store, monkeypatch):
    paths = aged(write_pictures(tmp_path / "p", 3))
    plain = network.embed
    monkeypatch.setattr(network, "embed", lambda pictures: plain(pictures) * np.where(
        [[number == 1] for number in range(len(pictures))], np.inf, 1).astype(np.float32))
    found = embed(paths, store=store, threads=1)
    assert found.rows.tolist() == [0, 2]
    assert [(one.row, "not finite" in one.reason) for one in found.skipped] == [(1, True)]
    monkeypatch.setattr(network, "embed", plain)
    assert embed(paths, store=store).computed == 1


@pytest.mark.parametrize(("error", "words"), [(MemoryError(), "out of memory"), (RuntimeError("bad\nsize"), "bad")])
def test_a_picture_that_cannot_be_resized_is_skipped_with_its_reason(tmp_path, network, monkeypatch, error, words):
    def fit(picture):
        if picture.mean() > 200:
            raise error
        return plain(picture)

    plain = network.fit
    monkeypatch.setattr(network, "fit", fit)
    paths = write_pictures(tmp_path / "p", 3)
    pathlib.Path(paths[1]).write_bytes(encoded(np.full((9, 9, 3), 255, np.uint8), "PNG"))
    found = embed(paths)
    assert found.rows.tolist() == [0, 2]
    assert found.skipped == (Skipped(1, paths[1], f"it could not be resized for the network ({words})"),)


@pytest.mark.parametrize(("options", "error"), [
    ({"model": "squeezenot"}, UnknownNetwork), ({"options": Options(layers=("logit",))}, UnknownLayer),
    ({"device": "tpu"}, UnknownDevice), ({"threads": 0}, WrongUse),
])
def test_a_wrong_name_is_refused_before_anything_is_read(options, error, network):
    with pytest.raises(error):
        embed(["/nowhere"], on_taken=lambda rows: pytest.fail("read"), **options)


def test_missing_weights_are_an_error_of_the_whole_job(tmp_path, monkeypatch):
    def missing(*_):
        raise WeightsError("gone")

    monkeypatch.setattr(embed_module, "load_network", missing)
    with pytest.raises(WeightsError, match="gone"):
        embed(write_pictures(tmp_path / "p", 2))


def test_trouble_with_the_store_is_told_and_the_vectors_are_there(tmp_path, network):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store")
    found = embed(write_pictures(tmp_path / "p", 5), store=store)
    np.testing.assert_array_equal(found.vectors, expected(network, range(5)))
    assert len(found.notes) == 1
    assert "Vectors are computed and not kept" in found.notes[0]


def test_the_identity_names_all_that_changes_a_number():
    card = find_card("squeezenet")
    recipe = Recipe(card, card.weights.sha256, Options(), Reading(), find_device("cpu", 1))
    said = json.loads(recipe.identity)
    assert said["weights"] == card.weights.sha256
    assert (said["network"], said["options"]["layers"]) == ("squeezenet", ["penultimate"])
    assert said["options"]["precision"] == "fp32"
    assert said["engine"].startswith(f"torch {version('torch')}")
    assert said["reading"] == {}
    assert said["decoders"][0] == f"pillow {version('pillow')}"
    device = recipe.device
    others = [
        *(dataclasses.replace(recipe, options=Options(**change)) for change in (
            {"layers": ("logits",)}, {"layers": ("fire3", "penultimate")}, {"layers": ("penultimate", "fire3")},
            {"fit": "crop"}, {"fit": "pad"}, {"fit": "dense"}, {"fit": "dense", "scales": (256,)},
            {"fit": "dense", "joined": "average"}, {"views": "mirror"}, {"views": "turns"}, {"unit_length": True},
            {"precision": "bf16"})),
        dataclasses.replace(recipe, weights="0" * 64),
        dataclasses.replace(recipe, reading=Reading(time=1)),
        *(dataclasses.replace(recipe, device=dataclasses.replace(device, **change))
          for change in ({"name": "cuda"}, {"batch": 8})),
        *(dataclasses.replace(recipe, card=dataclasses.replace(card, **change)) for change in (
            {"name": "other"}, {"mean": (0.0, 0.0, 0.0)}, {"std": (2.0, 1.0, 1.0)}, {"channel_order": "RGB"},
            {"input_px": 224}, {"shorter_px": 230}, {"resample": "bilinear"},
            {"layers": (dataclasses.replace(card.layers[0], node="fire8"),)},
            {"layers": (dataclasses.replace(card.layers[0], averaged=()),)})),
    ]
    assert len({recipe.identity, *(other.identity for other in others)}) == len(others) + 1
    for same in (dataclasses.replace(recipe, models="/elsewhere"),
                 dataclasses.replace(recipe, device=dataclasses.replace(device, threads=9, title="fast")),
                 dataclasses.replace(recipe, card=dataclasses.replace(card, title="Other", advice="Other."))):
        assert same.identity == recipe.identity


@pytest.mark.parametrize("constant", ["READERS_VERSION", "PREPROCESS_VERSION", "RESIZER"])
def test_a_new_version_of_ours_is_another_identity(constant, monkeypatch):
    recipe = Recipe(find_card("squeezenet"), "0" * 64, Options(), Reading(), find_device("cpu"))
    before = recipe.identity
    monkeypatch.setattr(recipe_module, constant, "new")
    assert dataclasses.replace(recipe).identity != before


def test_batches_may_be_gathered_in_any_order():
    gathering = Gathering(["a", "b", "c", "d"], 2)
    gathering.add(Batch([3, 1], np.array([[3, 3], [1, 1]], np.float32), computed=[3]))
    assert (gathering.done, gathering.missing()) == (2, [0, 2])
    gathering.add(Batch([], gathering.nothing(), (Skipped(2, "c", "bad"), Skipped(0, "a", "worse"))))
    assert (gathering.done, gathering.missing()) == (4, [])
    found = gathering.result("who", "where", "why", "do this", ("note",))
    assert found.vectors.tolist() == [[1, 1], [3, 3]]
    assert found.rows.tolist() == [1, 3]
    assert [one.row for one in found.skipped] == [0, 2]
    assert (found.identity, found.device, found.notes, found.computed) == ("who", "where", ("note",), 1)
    assert found.is_computed.tolist() == [False, True]
