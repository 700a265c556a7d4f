"""Other distributions add networks as data; what is wrong with one is told, and harms nobody else."""

import copy
import hashlib
import importlib.metadata
import json
import re
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from added import NETWORK, PLUGINS, install, install_made_up, loaded

from orangecontrib.imaging.core import building, plugins
from orangecontrib.imaging.core.building import call_builder
from orangecontrib.imaging.core.cards import PENULTIMATE, find_card, network_cards
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.plugins import AddedCard, Refused, added_cards
from orangecontrib.imaging.core.weights import load_weights

OURS = [card.name for card in network_cards()]
DOC = (PLUGINS.parent.parent / "doc" / "own-networks.rst").read_text(encoding="utf-8")


def changed(**told):
    """The example's network with other values; `weights` and `layers` are changed inside."""
    network = copy.deepcopy(NETWORK)
    for key, value in told.items():
        network[key] = {**network[key], **value} if isinstance(value, dict) else value
    return {key: value for key, value in network.items() if value is not ...}


def reasons(monkeypatch, folder, *networks):
    install_made_up(monkeypatch, folder, list(networks))
    return [(one.title, one.reason) for one in added_cards(OURS).refused]


def test_a_network_of_another_distribution_gets_its_card(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "pollen")
    added = added_cards(OURS)
    assert added.refused == ()
    [card] = added.cards
    assert isinstance(card, AddedCard)
    assert (card.name, card.title, card.group, card.distribution) == (
        "pollen_tiny", "Pollen, tiny", "added", "pollen-networks")
    assert (card.input_px, card.shorter_px, card.channel_order, card.resample) == (64, 73, "RGB", "bilinear")
    assert (card.mean, card.std) == ((127.5,) * 3, (63.75,) * 3)
    assert [(layer.name, layer.dimension) for layer in card.layers] == [(PENULTIMATE, 4), ("contrasts", 4)]
    assert (card.dense, card.microscopy, card.builder) == (True, ("contrasts", PENULTIMATE),
                                                           "pollen_networks.tiny:build")
    assert (card.weights.package, card.weights.url) == ("pollen_networks", "")
    assert hash(card)


def test_what_a_card_leaves_out_is_as_usual(monkeypatch, tmp_path):
    install_made_up(monkeypatch, tmp_path, [changed(dense=..., microscopy=..., paper=...)])
    [card] = added_cards(OURS).cards
    assert (card.dense, card.microscopy, card.paper, card.top1) == (False, (PENULTIMATE,), "", None)


def test_reading_the_cards_imports_nothing_of_theirs(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path / "a", "pollen")
    install(monkeypatch, tmp_path / "b", "trouble")
    install_made_up(monkeypatch, tmp_path / "c", [changed(name="other")])
    assert len(added_cards(OURS).cards) == 12
    assert loaded("pollen_networks", "trouble_networks", "made_up") == []


def test_the_example_gives_the_vectors_that_its_weights_say(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "pollen")
    [card] = added_cards(OURS).cards
    data = load_weights(card)
    assert data == (PLUGINS / "pollen/pollen_networks/weights.json").read_bytes()
    x = np.random.default_rng(0).normal(size=(3, 3, 20, 30)).astype(np.float32)
    contrasts = np.einsum("nchw,dc->ndhw", x, np.array(json.loads(data)["colours"]))
    for layers, wanted in (((PENULTIMATE,), [np.maximum(contrasts, 0)]),
                           (("contrasts", PENULTIMATE), [contrasts, np.maximum(contrasts, 0)])):
        network = call_builder(card, layers, data, dense=True)
        with torch.inference_mode():
            found = network(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(found, np.concatenate([one.mean((2, 3)) for one in wanted], 1), atol=1e-6)
    assert loaded("pollen_networks") == ["pollen_networks", "pollen_networks.tiny"]


@pytest.mark.parametrize(("name", "reason"), [
    ("raises", "KeyError: 'colours are missing\\nand a second line'"),
    ("leaves", "SystemExit: bye"),
    ("gives_text", "it gave str, not a torch module"),
    ("too_long", "its vectors have 5 numbers, but its card says 4"),
    ("one_for_all", "for two pictures it gives [1, 4], but it must be one vector a picture, [2, dimension]"),
    ("not_numbers", "it gives infinite or undefined numbers"),
    ("fails_later", "it fails on pictures of 64 × 64 pixels ("),
    ("absent", "AttributeError: module 'trouble_networks.broken' has no attribute 'absent'"),
    ("no_module", "ModuleNotFoundError: No module named 'trouble_networks.nowhere'"),
])
def test_a_builder_that_fails_is_named_with_its_add_on_and_the_reason(name, reason, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "trouble")
    [card] = [card for card in added_cards(OURS).cards if card.name == f"trouble_{name}"]
    with pytest.raises(WeightsError) as caught:
        call_builder(card, [PENULTIMATE], b"", False)
    assert str(caught.value).startswith(f"{card.title}: the builder of the add-on trouble-networks failed: {reason}")
    assert str(caught.value).endswith(". Choose another network, or ask the add-on's authors.")


def test_a_builder_that_takes_too_long_is_given_up_in_time(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "trouble")
    [card] = [card for card in added_cards(OURS).cards if card.name == "trouble_slow"]
    monkeypatch.setattr(building, "BUILD_LIMIT_S", 0.3)
    start = time.monotonic()
    with pytest.raises(WeightsError, match=r"trouble-networks failed: it gave no network within 0.3 seconds\. Choose"):
        call_builder(card, [PENULTIMATE], b"", False)
    assert time.monotonic() - start < 5


def test_our_own_builders_are_called_directly():
    card = find_card("squeezenet")
    network = call_builder(card, ["fire3"], load_weights(card), False)
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 227, 227)).shape == (1, 128)
    with pytest.raises(WeightsError, match="no readable weights file"):
        call_builder(find_card("resnet18"), [PENULTIMATE], b"no weights", False)


def test_a_network_with_the_name_of_one_of_ours_is_refused_and_ours_stays(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, "trouble")
    added = added_cards(OURS)
    assert added.refused == (Refused("A thief", "trouble-networks",
                                     'a network called "resnet50" is here already; the built-in one is used'),)
    assert "resnet50" not in [card.name for card in added.cards]
    assert len(added.cards) == 10


def test_of_two_added_networks_with_one_name_the_first_is_used(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path / "b", "pollen")
    install_made_up(monkeypatch, tmp_path / "a", [changed(title="Another")], name="zzz")
    added = added_cards(OURS)
    assert [card.distribution for card in added.cards] == ["pollen-networks"]
    assert added.refused == (Refused("Another", "zzz",
                                     'another added network is called "pollen_tiny" too; the first one is used'),)


@pytest.mark.parametrize(("told", "reason"), [
    ({"title": ...}, '"title" is missing: one line of text, at most 60 letters'),
    ({"tilte": "x"}, '"tilte" is not a key; did you mean "title"?'),
    ({"name": "Pollen.pth"}, '"name" is "Pollen.pth", but it must be small letters a to z, digits and _'),
    ({"input_px": 64.5}, '"input_px" is 64.5, but it must be a whole number'),
    ({"shorter_px": 50}, '"shorter_px" is 50, but the square of 64 pixels'),
    ({"mean": [128, 128, 128]}, '"mean" is [128, 128, 128], but it must be three numbers from 0 to 1'),
    ({"layers": []}, '"layers" is [], but it must be a list between [ and ], not empty'),
    ({"layers": [3]}, 'number 1 of its "layers": it must hold names with values between { and }'),
    ({"layers": [{"name": "penultimate", "title": "x"}]}, 'number 1 of its "layers": "dimension" is missing'),
    ({"layers": [{"name": "other", "title": "x", "dimension": 3}]},
     'the first of its "layers" must be called "penultimate", and no two the same'),
    ({"layers": [{"name": "penultimate", "title": "x", "dimension": 3}] * 2}, "and no two the same"),
    ({"microscopy": ["fire3"]}, '"microscopy" must list some of its layers, each once: penultimate, contrasts'),
    ({"microscopy": [["penultimate"]]}, '"microscopy" must list some of its layers'),
    ({"builder": "os"}, '"builder" is "os", but it must be as "package.module:function"'),
    ({"dense": "yes"}, '"dense" is "yes", but it must be true or false'),
    ({"top1": 101}, '"top1" is 101, but it must be a number from 0 to 100'),
    ({"weights": "net.pth"}, '"weights" is "net.pth", but it must be names with values between { and }'),
    ({"weights": {"url": "http://example.org/net.pth"}},
     'its "weights": "url" is "http://example.org/net.pth", but it must be an address that begins with https://'),
    ({"weights": {"url": "https://user@example.org/net.pth"}}, "but it must be an address that begins with https://"),
    ({"weights": {"url": "https:///net.pth"}}, "but it must be an address that begins with https://"),
    ({"weights": {"url": "https://example.org/net.pth", "sha256": "f37072fd"}},
     'its "weights": "sha256" is "f37072fd", but it must be 64 digits 0–9 and a–f'),
    ({"weights": {"url": "https://example.org/net.pth", "file": "data/net.pth"}},
     'its "weights": "file" is data/net.pth, but what is downloaded has a name without a folder'),
    ({"weights": {"file": "../made_up/weights.json"}}, 'its "weights": "file" is "../made_up/weights.json", but'),
    ({"weights": {"file": "/etc/passwd"}}, 'its "weights": "file" is "/etc/passwd", but'),
    ({"weights": {"file": "nowhere.pth"}},
     'its "weights": there is no "url", and no file nowhere.pth in the package made_up'),
])
def test_a_wrong_network_is_refused_with_the_reason_and_the_next_one_taken(told, reason, monkeypatch, tmp_path):
    [(title, found)] = reasons(monkeypatch, tmp_path, changed(**told), changed(name="next"))
    assert found.startswith(reason) or reason in found
    assert title == ("pollen_tiny" if told.get("title") is ... else "Pollen, tiny")
    assert [card.name for card in added_cards(OURS).cards] == ["next"]


def test_weights_that_are_downloaded_are_told_by_address_and_hash(monkeypatch, tmp_path):
    digest = hashlib.sha256(b"net").hexdigest()
    install_made_up(monkeypatch, tmp_path, [changed(weights={"url": "https://example.org/net.pth", "file": "net.pth",
                                                             "sha256": digest.upper()})])
    [card] = added_cards(OURS).cards
    assert (card.weights.url, card.weights.sha256, card.weights.package) == ("https://example.org/net.pth", digest, "")


@pytest.mark.parametrize(("content", "value", "reason"), [
    (None, "made_up:cards.json", "made_up/cards.json: it cannot be read (No such file or directory)"),
    (b"", "made_up:cards.json", "made_up/cards.json: it is no JSON (Expecting value"),
    (b"\xff\x00", "made_up:cards.json", "made_up/cards.json: it is no JSON ('utf-8' codec"),
    (b"[" * 100_000, "made_up:cards.json", "made_up/cards.json: it is no JSON (maximum recursion"),
    (b"[]", "made_up:cards.json", "made_up/cards.json: it must hold names with values between { and }"),
    (b"{}", "made_up:cards.json", 'made_up/cards.json: "networks" is missing: a list'),
    (b'{"networks": {}}', "made_up:cards.json", 'made_up/cards.json: "networks" is {}, but it must be a list'),
    (b" " * (2**20 + 1), "made_up:cards.json", "made_up/cards.json: it is larger than 1 MB"),
    ([], "made_up", 'its entry point is "made_up", but it must be as "package:cards.json"'),
    ([], "made_up:../cards.json", "but it must be as"),
    ([], "made_up.inner:cards.json", "but it must be as"),
    ([], "made_up:tiny.py", "but it must be as"),
    ([], "no_such_package:cards.json", "it has no package no_such_package with a folder"),
    ([], "this:cards.json", "it has no package this with a folder"),
    ([], "__main__:cards.json", "it has no package __main__ with a folder"),
], ids=lambda value: value if isinstance(value, str) else "file")
def test_an_unusable_file_of_cards_is_refused_with_the_reason(content, value, reason, monkeypatch, tmp_path):
    install_made_up(monkeypatch, tmp_path, content, value)
    added = added_cards(OURS)
    assert added.cards == ()
    [refused] = added.refused
    assert (refused.title, refused.distribution) == ("made", "made-up")
    assert reason in refused.reason
    assert loaded("made_up") == []


def test_a_package_that_hides_where_it_comes_from_is_refused(monkeypatch, tmp_path):
    install_made_up(monkeypatch, tmp_path, [changed()])
    monkeypatch.setitem(sys.modules, "made_up", ModuleType("made_up"))
    assert [one.reason for one in added_cards(OURS).refused] == ["it has no package made_up with a folder"]


def test_a_network_that_is_no_list_of_values_is_named_by_its_entry_point(monkeypatch, tmp_path):
    assert reasons(monkeypatch, tmp_path, 3) == [("made", "it must hold names with values between { and }")]


def test_a_distribution_without_a_name_is_called_by_its_package(monkeypatch, tmp_path):
    install_made_up(monkeypatch, tmp_path, [changed()])
    metadata = tmp_path / "made_up-1.0.dist-info" / "METADATA"
    for content in (b"Version: 1.0\n", b"Name: \xff\n"):
        metadata.write_bytes(content)
        assert [card.distribution for card in added_cards(OURS).cards] == ["made_up"]
    metadata.unlink()
    assert [card.distribution for card in added_cards(OURS).cards] == ["made_up"]


def test_metadata_that_cannot_be_read_raise_nothing(monkeypatch, tmp_path):
    install_made_up(monkeypatch, tmp_path, [changed()])
    (tmp_path / "made_up-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UnicodeDecodeError):
        importlib.metadata.entry_points(group=plugins.GROUP)
    added = added_cards(OURS)
    assert added.cards == ()
    assert added.refused[0].reason.startswith("the list of installed add-ons cannot be read ('utf-8' codec")


def test_where_nobody_adds_a_network_there_is_none():
    assert added_cards(OURS) == plugins.Added((), ())


def test_the_help_shows_the_examples_own_files():
    project = (PLUGINS / "pollen/pyproject.toml").read_text()
    [shown] = re.findall(r"code-block:: toml\n\n((?:   .*\n|\n)+)", DOC)
    for line in filter(None, map(str.strip, shown.splitlines())):
        assert line in project
    assert plugins.GROUP in shown
    assert Path(PLUGINS / "pollen").is_dir()
