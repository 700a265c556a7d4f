"""Several networks side by side: the columns of each, of the pictures that all of them saw."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
import tifffile
import torch
from child import quick_command
from made import pixels, tiff, write_pictures
from seeded import seeded_network

from orangecontrib.imaging.core import cards, network
from orangecontrib.imaging.core.cards import PENULTIMATE, find_card
from orangecontrib.imaging.core.client import Client
from orangecontrib.imaging.core.device import torch_settings
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.errors import UnknownNetwork, WeightsMissing, WrongUse
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.joining import embed_each, side_by_side, vector_parts
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.store import Store


def part(name, rows, skipped=(), computed=(), **more):
    """Vectors of two numbers, by row: the row and a hundred times it; the first letter tells the network."""
    given = {"is_computed": np.isin(rows, computed), "device": f"{name} device", **more}
    vectors = np.array([[row, 100 * row] for row in rows], np.float32).reshape(-1, 2) + ord(name[0]) / 1000
    return Embeddings(vectors, np.array(rows, np.int64), tuple(skipped), json.dumps({"network": name}), **given)


def skipped(row, reason):
    return Skipped(row, f"{row}.png", reason)


def test_the_vectors_lie_side_by_side_in_the_order_of_the_networks():
    one, other, third = part("a", [0, 1, 3]), part("b", [0, 1, 3]), part("c", [0, 1, 3])
    found = side_by_side([one, other, third])
    np.testing.assert_array_equal(found.vectors, np.hstack([one.vectors, other.vectors, third.vectors]))
    assert (found.vectors.shape, found.vectors.dtype) == ((3, 6), np.float32)
    assert (found.rows.tolist(), found.rows.dtype) == ([0, 1, 3], np.int64)


def test_a_single_part_is_itself():
    one = part("a", [0])
    assert side_by_side([one]) is one


def test_a_picture_that_any_network_skipped_is_skipped_with_the_first_ones_reason():
    one = part("a", [0, 2, 4, 5], [skipped(1, "bad for a"), skipped(3, "worse for a")])
    other = part("b", [0, 1, 2, 5], [skipped(3, "worse for b"), skipped(4, "bad for b")])
    third = part("c", [0, 1, 3, 4, 5], [skipped(2, "bad for c")])
    found = side_by_side([one, other, third])
    assert found.rows.tolist() == [0, 5]
    np.testing.assert_array_equal(found.vectors, np.hstack([
        one.vectors[[0, 3]], other.vectors[[0, 3]], third.vectors[[0, 4]]]))
    assert found.skipped == (skipped(1, "bad for a"), skipped(2, "bad for c"), skipped(3, "worse for a"),
                             skipped(4, "bad for b"))


def test_where_no_picture_is_left_the_columns_are():
    found = side_by_side([part("a", [0], [skipped(1, "x")]), part("b", [1], [skipped(0, "y")])])
    assert (found.vectors.shape, found.rows.tolist(), found.rows.dtype) == ((0, 4), [], np.int64)
    assert found.skipped == (skipped(0, "y"), skipped(1, "x"))


def test_the_identity_lists_all_in_their_order():
    one, other = part("a", [0]), part("b", [0])
    found = side_by_side([one, other])
    assert json.loads(found.identity) == {"side by side": [{"network": "a"}, {"network": "b"}]}
    assert side_by_side([other, one]).identity != found.identity


@pytest.mark.parametrize(("one", "other", "computed"), [
    ([0, 1], [0, 1, 2], [True, True, True]), ([0], [2], [True, False, True]), ([], [], [False, False, False])])
def test_a_picture_that_any_network_computed_counts_once(one, other, computed):
    found = side_by_side([part("a", [0, 1, 2], computed=one), part("b", [0, 1, 2], computed=other)])
    assert found.is_computed.tolist() == computed
    assert found.computed == sum(computed)


def test_a_computed_picture_that_another_network_skipped_does_not_count():
    found = side_by_side([part("a", [0, 1, 2], computed=[0, 1]), part("b", [0], [skipped(1, "x"), skipped(2, "y")])])
    assert (found.rows.tolist(), found.computed) == ([0], 1)


def test_a_note_that_several_have_is_told_once_and_the_device_is_the_first_ones():
    found = side_by_side([part("a", [0], notes=("store", "first"), why="no card", remedy="Buy one."),
                          part("b", [0], notes=("second", "store"), why="other")])
    assert found.notes == ("store", "first", "second")
    assert (found.device, found.why, found.remedy) == ("a device", "no card", "Buy one.")


class Asked:
    """In the place of an engine: notes what it is asked, and tells its progress in four steps."""

    def __init__(self):
        self.asked = []

    def __call__(self, asked, on_progress):
        self.asked.append((asked.network, asked.options, asked.reading))
        for done in range(1, 5):
            if on_progress:
                on_progress(done, 4)
        return part(asked.network, [0, 1])


def test_the_first_network_gets_the_options_and_the_others_their_penultimate_layer_seen_the_same_way():
    options = Options(layers=("fire3", "fire5"), fit="dense", views="turns", scales=(100,), joined="average",
                      unit_length=True, precision="bf16")
    asked = Asked()
    embed_each(asked, vector_parts(["a", "b", "c"], options, Reading(time=2)), None)
    rest = Options(layers=(PENULTIMATE,), fit="dense", views="turns", scales=(100,), joined="average",
                   unit_length=True, precision="bf16")
    assert asked.asked == [("a", options, Reading(time=2)), ("b", rest, Reading(time=2)), ("c", rest, Reading(time=2))]


def test_channels_on_their_own_come_one_after_the_other_each_with_all_networks():
    asked = Asked()
    reading = Reading(channels=(2, 0), separate=True)
    found = embed_each(asked, vector_parts(["a", "b"], Options(), reading), None)
    assert asked.asked == [(name, Options(), Reading(channels=(channel,))) for channel in (2, 0) for name in "ab"]
    assert found.vectors.shape == (2, 8)


def test_progress_runs_once_over_all_networks():
    steps = []
    embed_each(Asked(), vector_parts(["a", "b", "c"], Options(), Reading()), lambda *step: steps.append(step))
    assert steps == [(done, 12) for done in range(1, 13)]


def test_the_progress_of_a_single_network_is_its_own():
    steps = []
    embed_each(Asked(), vector_parts(["a"], Options(), Reading()), lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_network_named_twice_is_refused_before_anything_is_asked():
    with pytest.raises(WrongUse, match=r"^Name each network only once\.$"):
        vector_parts(["a", "b", "a"], Options(), Reading())


@pytest.fixture(scope="module")
def resnet_file(tmp_path_factory):
    """A models folder with a small seeded network, and the SHA-256 of its weights."""
    path = tmp_path_factory.mktemp("models") / find_card("resnet18").weights.file
    with torch_settings("fp32"):
        torch.save(seeded_network("resnet18", 64).state_dict(), path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def models(resnet_file, monkeypatch):
    """The folder, with a card that expects just this file."""
    path, digest = resnet_file
    card = find_card("resnet18")
    changed = dataclasses.replace(card, weights=dataclasses.replace(card.weights, sha256=digest))
    monkeypatch.setitem(cards._registry(), card.name, changed)
    return path.parent


@pytest.fixture
def paths(tmp_path):
    """Six pictures, of which the third is none."""
    written = write_pictures(tmp_path / "p", 6)
    (tmp_path / "p" / "2.png").write_text("text")
    return written


@pytest.mark.parametrize("options", [
    Options(), Options(layers=("fire3", "logits"), views="mirror", unit_length=True),
    Options(fit="dense", scales=(64, 80)),
], ids=str)
def test_two_networks_give_the_vectors_of_two_runs_beside_each_other(models, paths, options):
    rest = dataclasses.replace(options, layers=(PENULTIMATE,))
    one = embed(paths, "squeezenet", options=options, device="cpu")
    other = embed(paths, "resnet18", options=rest, device="cpu", models=models)
    steps = []
    found = embed(paths, "squeezenet+resnet18", options=options, device="cpu", models=models,
                  on_progress=lambda *step: steps.append(step))
    np.testing.assert_array_equal(found.vectors, np.hstack([one.vectors, other.vectors]))
    assert found.vectors.shape[1] == options.dimension(find_card("squeezenet")) + rest.dimension(find_card("resnet18"))
    assert found.vectors[:, :512].std() > 0 < other.vectors.std()
    assert (found.rows.tolist(), [one.row for one in found.skipped], found.computed) == ([0, 1, 3, 4, 5], [2], 5)
    assert json.loads(found.identity)["side by side"] == [json.loads(one.identity), json.loads(other.identity)]
    assert steps == sorted(set(steps))
    assert steps[-1] == (12, 12)
    assert {total for _, total in steps} == {12}


def test_networks_side_by_side_are_loaded_once_for_all_channels_and_the_next_call(models, tmp_path, monkeypatch):
    loaded, really = [], network._loaded
    monkeypatch.setattr(network, "_kept", network._Kept())
    monkeypatch.setattr(network, "_loaded", lambda card, *rest: loaded.append(card.name) or really(card, *rest))
    stack = tmp_path / "two.tif"
    stack.write_bytes(tiff(np.stack([pixels(seed=one)[..., 0] for one in range(2)]), metadata={"axes": "CYX"}))
    apart = Reading(channels=(0, 1), separate=True)
    found = [embed([stack], "squeezenet+resnet18", reading=apart, device="cpu", models=models) for _ in range(2)]
    assert loaded == ["squeezenet", "resnet18"]
    np.testing.assert_array_equal(found[0].vectors, found[1].vectors)
    embed([stack], "squeezenet", device="cpu", models=models)
    assert [chosen[0].name for chosen in network._kept._networks] == ["squeezenet"]


def test_the_order_of_the_networks_is_the_order_of_the_columns_and_of_who_gets_the_layers(models, paths):
    found = embed(paths, "resnet18+squeezenet", options=Options(layers=("stem",)), device="cpu", models=models)
    one = embed(paths, "resnet18", options=Options(layers=("stem",)), device="cpu", models=models)
    other = embed(paths, "squeezenet", device="cpu")
    np.testing.assert_array_equal(found.vectors, np.hstack([one.vectors, other.vectors]))
    assert found.vectors.shape == (5, 64 + 512)


def test_vectors_of_each_network_are_kept_by_themselves(models, paths, tmp_path):
    store = Store(tmp_path / "store")
    options = {"device": "cpu", "models": models, "store": store}
    embed(paths[:2], "squeezenet", **options)
    first = embed(paths[:2], "squeezenet+resnet18", **options)
    again = embed(paths[:2], "squeezenet+resnet18", **options)
    alone = embed(paths[:2], "resnet18", **options)
    store.close()
    assert (first.computed, again.computed, alone.computed) == (2, 0, 0)
    np.testing.assert_array_equal(again.vectors, first.vectors)
    np.testing.assert_array_equal(alone.vectors, first.vectors[:, 512:])


def test_a_second_network_that_there_is_not_is_told(paths):
    with pytest.raises(UnknownNetwork, match="^'resnet19' is not a network"):
        embed(paths, "squeezenet+resnet19", device="cpu")


@pytest.mark.parametrize(("second", "options", "error", "sentence"), [
    ("vit_b_16", Options(fit="dense"), WrongUse, "ViT-B/16 takes pictures of one size only"),
    ("resnet50", Options(), WeightsMissing, "The weights of ResNet-50 .* are not on this machine"),
], ids=["dense", "missing"])
def test_a_second_network_that_cannot_run_is_told_before_the_first_computes_anything(paths, second, options, error,
                                                                                     sentence):
    computed = []
    with pytest.raises(error, match=sentence):
        embed(paths, f"squeezenet+{second}", options=options, device="cpu", on_batch=computed.append)
    assert computed == []


# In the child: networks of quick numbers, told apart by their factor, that need no weights.
QUICK = """
class Factored(Network):
    def __init__(self, card):
        self.factor = {"squeezenet": 1, "resnet18": 10}[card.name]

    def embed(self, pictures):
        return self.factor * super().embed(pictures)

embed.load_network = lambda card, weights, options, device, models: Factored(card)
recipe.weights_sha256 = lambda card, models: card.name
"""


def test_a_client_puts_the_networks_of_its_child_side_by_side(paths, tmp_path, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.client.require_weights", lambda card, models: None)
    client = Client(quick_command(tmp_path, QUICK))
    steps = []
    try:
        found = client.embed(paths, "squeezenet+resnet18", on_progress=lambda *step: steps.append(step))
        singles = [client.embed(paths, name) for name in ("squeezenet", "resnet18")]
        layered = client.embed(paths, "resnet18+squeezenet", options=Options(views="mirror"))
    finally:
        client.close()
    plain = np.stack([np.resize(pixels(40, 50, seed=number).mean(axis=(0, 1)), 512).astype(np.float32)
                      for number in (0, 1, 3, 4, 5)])
    np.testing.assert_array_equal(found.vectors, np.hstack([plain, 10 * plain]))
    np.testing.assert_array_equal(found.vectors, np.hstack([single.vectors for single in singles]))
    np.testing.assert_array_equal(layered.vectors, np.hstack([10 * plain, plain]))
    assert (found.rows.tolist(), found.computed, found.device) == ([0, 1, 3, 4, 5], 5, "CPU, no torch")
    assert found.skipped == (
        Skipped(2, paths[2], "not a picture of a kind that is read here"),)
    told = json.loads(found.identity)["side by side"]
    assert [one["network"] for one in told] == ["squeezenet", "resnet18"]
    assert told == [json.loads(single.identity) for single in singles]
    assert [one["options"]["views"] for one in json.loads(layered.identity)["side by side"]] == ["mirror", "mirror"]
    assert steps == sorted(steps)
    assert steps[-1] == (12, 12)


@pytest.mark.parametrize(("second", "options", "error"), [
    ("vit_b_16", Options(fit="dense"), WrongUse), ("resnet50", Options(), WeightsMissing),
], ids=["dense", "missing"])
def test_a_client_too_tells_of_a_second_network_that_cannot_run_before_the_first_computes_anything(
        paths, tmp_path, second, options, error):
    client = Client(quick_command(tmp_path))
    steps = []
    try:
        with pytest.raises(error):
            client.embed(paths, f"squeezenet+{second}", options=options, on_progress=lambda *step: steps.append(step))
    finally:
        client.close()
    assert steps == []


@pytest.mark.parametrize("run", ["engine", "child"])
def test_vectors_of_channels_are_those_of_the_channels_in_files_of_their_own(tmp_path, run):
    values = np.random.default_rng(0).integers(0, 4000, (3, 40, 50)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "all.tif", values, imagej=True, metadata={"axes": "CYX"})
    for number, channel in enumerate(values):
        tifffile.imwrite(tmp_path / f"{number}.tif", channel)
    client = Client(quick_command(tmp_path))
    work = embed if run == "engine" else client.embed
    try:
        together = work([tmp_path / "all.tif"], reading=Reading(channels=(2, 0, 1), separate=True))
        alone = work([tmp_path / f"{number}.tif" for number in (2, 0, 1)])
    finally:
        client.close()
    np.testing.assert_array_equal(together.vectors[0], alone.vectors.ravel())
    identities = json.loads(together.identity)["side by side"]
    assert [one["reading"] for one in identities] == [{"channels": [2]}, {"channels": [0]}, {"channels": [1]}]
