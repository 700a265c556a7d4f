"""Weights are brought once, checked, and placed whole; what is here already is not downloaded."""

import hashlib
import json
import os
import shutil
import signal
import stat
import threading
from collections import namedtuple
from dataclasses import fields

import pytest
from child import wait_until
from weights_server import WeightsServer, alone_with_the_server, made_up, other_process, serve, toy_card

from orangecontrib.imaging.core import download
from orangecontrib.imaging.core.download import fetch_weights, missing_bytes
from orangecontrib.imaging.core.errors import Cancelled, OutputError, WeightsError
from orangecontrib.imaging.core.paths import cache_path
from orangecontrib.imaging.core.plugins import AddedCard
from orangecontrib.imaging.core.transfer import part_path
from orangecontrib.imaging.core.weights import load_weights, models_folders, weights_path, weights_sha256

CONTENT = made_up()
WRONG = made_up(seed=1)
SIZE = len(CONTENT)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    alone_with_the_server(monkeypatch, tmp_path / "torch")


@pytest.fixture
def server():
    with WeightsServer(CONTENT) as server:
        yield server


@pytest.fixture
def card(server):
    return toy_card(CONTENT, server.url)


def put(folder, card, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.weights.file).write_bytes(content)
    return folder / card.weights.file


def test_a_download_goes_to_the_cache_for_its_owner_only_and_is_found_and_recorded_there(server, card):
    path = fetch_weights(card)
    assert path == cache_path() / "models" / card.weights.file == weights_path(card)
    assert stat.S_IMODE(cache_path().stat().st_mode) == 0o700
    assert load_weights(card) == CONTENT
    assert weights_sha256(card) == hashlib.sha256(CONTENT).hexdigest()
    assert sorted(os.listdir(path.parent)) == sorted([card.weights.file, "hashes.json", "hashes.json.lock"])


@pytest.mark.parametrize("choose", ["argument", "environment"])
def test_a_download_goes_to_the_folder_that_was_chosen(card, tmp_path, monkeypatch, choose):
    if choose == "environment":
        monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "share"))
    models = tmp_path / "share" if choose == "argument" else None
    assert fetch_weights(card, models=models) == tmp_path / "share" / card.weights.file


def test_what_is_there_is_checked_and_not_downloaded_even_where_nothing_may_be_written(server, card, tmp_path):
    path = put(tmp_path, card, CONTENT)
    told = []
    tmp_path.chmod(0o500)
    assert fetch_weights(card, tmp_path, on_progress=lambda *numbers: told.append(numbers)) == path
    tmp_path.chmod(0o700)
    assert server.asked == []
    assert told == [(SIZE, SIZE)]
    assert not (tmp_path / f"{card.weights.file}.lock").exists()


def test_another_file_of_this_name_is_refused_and_left_alone(server, card, tmp_path):
    path = put(tmp_path, card, WRONG)
    with pytest.raises(WeightsError, match=r"these are not the published weights of Toy.*Delete the file and fetch it"):
        fetch_weights(card, tmp_path)
    assert path.read_bytes() == WRONG
    assert server.asked == []


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["models", "environment", "cache", "hub"])
def test_a_file_in_another_folder_is_copied_and_not_downloaded(server, card, tmp_path, monkeypatch, place):
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "chosen"))
    source = put(models_folders(tmp_path / "share")[place], card, CONTENT)
    told = []
    path = fetch_weights(card, tmp_path / "stick", models=tmp_path / "share",
                         on_progress=lambda *numbers: told.append(numbers))
    assert path.read_bytes() == source.read_bytes() == CONTENT
    assert os.listdir(tmp_path / "stick") == [card.weights.file]
    assert server.asked == []
    assert [done for done, _ in told] == [2**20, 2 * 2**20, SIZE, SIZE]


def test_a_file_that_is_damaged_elsewhere_is_passed_over(server, card, tmp_path):
    put(cache_path() / "models", card, WRONG)
    put(tmp_path / "torch" / "hub" / "checkpoints", card, CONTENT)
    assert fetch_weights(card, tmp_path / "stick").read_bytes() == CONTENT
    assert server.asked == []
    shutil.rmtree(tmp_path / "torch")
    assert fetch_weights(card, tmp_path / "other").read_bytes() == CONTENT
    assert server.sent == [(0, SIZE)]


def test_a_file_that_cannot_be_read_elsewhere_is_passed_over(server, card, tmp_path, monkeypatch):
    source, really = put(cache_path() / "models", card, CONTENT), open

    def closed(path, *arguments):
        if path == source:
            raise PermissionError(13, "Permission denied")
        return really(path, *arguments)

    monkeypatch.setattr(download, "open", closed, raising=False)
    assert fetch_weights(card, tmp_path / "stick").read_bytes() == CONTENT
    assert server.sent == [(0, SIZE)]


def test_a_copy_can_be_cancelled_and_leaves_nothing(server, card, tmp_path):
    put(cache_path() / "models", card, CONTENT)
    done = []
    with pytest.raises(Cancelled, match="The copy was cancelled"):
        fetch_weights(card, tmp_path / "stick", on_progress=lambda now, total: done.append(now),
                      cancelled=lambda: bool(done))
    assert os.listdir(tmp_path / "stick") == [f"{card.weights.file}.lock"]
    assert server.asked == []


def test_wrong_bytes_are_refused_named_and_not_kept(server, card, tmp_path):
    server.answers.append(serve(body=WRONG))
    with pytest.raises(WeightsError) as caught:
        fetch_weights(card, tmp_path)
    expected, came = (hashlib.sha256(content).hexdigest() for content in (CONTENT, WRONG))
    assert str(caught.value) == (
        f"{card.weights.url} gave something else: these are not the published weights of Toy; the file was changed or "
        f"damaged (its SHA-256 should begin with {expected[:8]}, and is {came[:16]}…). Nothing of it was kept. A login "
        "page or a filter of this network may stand in between; try again from another one.")
    assert len(server.asked) == 1
    assert os.listdir(tmp_path) == [f"{card.weights.file}.lock"]
    assert weights_path(card, tmp_path) is None


def test_a_part_that_was_wrong_is_thrown_away_and_all_is_downloaded_once_more(server, card, tmp_path):
    part = part_path(tmp_path / card.weights.file)
    part.write_bytes(WRONG[:SIZE // 2])
    part.with_name(f"{part.name}.version").write_text(server.version)
    assert fetch_weights(card, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={SIZE // 2}-", None]


def test_wrong_bytes_after_the_second_download_end_it(server, card, tmp_path):
    server.content = WRONG
    server.answers += [serve(upto=SIZE // 2), serve(), serve(upto=SIZE // 2), serve(), serve()]
    with pytest.raises(WeightsError, match="these are not the published weights"):
        fetch_weights(card, tmp_path)
    assert len(server.asked) == 4


def test_a_download_that_changed_since_the_first_use_is_refused(server, tmp_path):
    card = toy_card(CONTENT, server.url, digits=0)
    fetch_weights(card, tmp_path / "a")
    server.content = WRONG
    with pytest.raises(WeightsError, match=r"gave something else: this is another file than the toy-.* at first"):
        fetch_weights(card, tmp_path / "b", models=tmp_path / "none")
    assert json.loads((cache_path() / "models" / "hashes.json").read_text()) == {
        card.weights.file: hashlib.sha256(CONTENT).hexdigest()}


def test_a_package_is_called_as_pip_calls_it(tmp_path):
    plain = toy_card(CONTENT, package="toy_nets")
    card = AddedCard(**{field.name: getattr(plain, field.name) for field in fields(plain)}, distribution="toy-nets")
    with pytest.raises(WeightsError, match=r"its weights come with the package toy-nets\.$"):
        fetch_weights(card, tmp_path)


@pytest.mark.parametrize(("changes", "reason"), [
    ({"url": "", "package": "ndf"}, "its weights come with the package ndf"),
    ({"url": "", "path": "/home/me/net.pth"}, "its weights are your own file /home/me/net.pth"),
    ({"url": ""}, "no address of toy-.* is known"),
])
def test_weights_without_an_address_say_where_they_come_from(tmp_path, changes, reason):
    with pytest.raises(WeightsError, match=rf"^There is nothing to fetch for Toy: {reason}\.$"):
        fetch_weights(toy_card(CONTENT, **changes), tmp_path)


def test_a_full_disk_is_told_before_anything_is_written(server, card, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, SIZE - 1))
    with pytest.raises(OutputError, match=rf"^Toy needs 3\.0 MB in {tmp_path}, where 3\.0 MB are free\. Free some"):
        fetch_weights(card, tmp_path)
    assert not part_path(tmp_path / card.weights.file).exists()
    put(cache_path() / "models", card, CONTENT)
    with pytest.raises(OutputError, match=r"^Toy needs 3\.0 MB in"):
        fetch_weights(card, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, SIZE))
    assert fetch_weights(card, tmp_path).read_bytes() == CONTENT


def test_what_came_already_needs_no_more_space(card, tmp_path):
    assert missing_bytes(card, tmp_path) == SIZE
    part_path(tmp_path / card.weights.file).write_bytes(CONTENT[:SIZE // 2])
    assert missing_bytes(card, tmp_path) == SIZE - SIZE // 2
    part_path(tmp_path / card.weights.file).write_bytes(CONTENT * 2)
    assert missing_bytes(card, tmp_path) == 0
    put(tmp_path, card, CONTENT)
    assert missing_bytes(card, tmp_path) == 0


def test_a_folder_that_cannot_be_made_is_named(card, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/models: cannot be written \(not a directory\)\. Choose a folder"):
        fetch_weights(card, tmp_path / "file" / "models")


def test_a_folder_that_may_not_be_written_is_named(card, tmp_path, monkeypatch):
    def closed(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", closed)
    with pytest.raises(OutputError, match=r"\.lock: cannot be written \(permission denied\)\. Choose a folder"):
        fetch_weights(card, tmp_path)


def test_two_processes_that_ask_at_once_make_one_download(server, card, tmp_path):
    server.answers.append(serve(pieces=SIZE // 2, pause=lambda: server.going_on.wait(1.0)))
    children = [other_process(server, tmp_path) for _ in range(2)]
    assert [child.communicate(timeout=30)[0] for child in children] == [f"{tmp_path / card.weights.file}\n"] * 2
    assert server.sent == [(0, SIZE)]
    assert (tmp_path / card.weights.file).read_bytes() == CONTENT
    assert os.listdir(tmp_path) == [card.weights.file]


def test_who_waits_for_another_process_sees_how_far_it_is_and_can_cancel(server, card, tmp_path):
    server.answers.append(serve(pieces=SIZE // 2, pause=server.going_on.wait))
    child = other_process(server, tmp_path)
    part = part_path(tmp_path / card.weights.file)
    assert wait_until(lambda: part.exists() and part.stat().st_size == SIZE // 2)
    told = []
    with pytest.raises(Cancelled):
        fetch_weights(card, tmp_path, on_progress=lambda *numbers: told.append(numbers), cancelled=lambda: bool(told))
    assert told == [(SIZE // 2, SIZE)]
    server.going_on.set()
    assert child.communicate(timeout=30)[0] == f"{tmp_path / card.weights.file}\n"
    assert len(server.asked) == 1


def test_the_lock_of_a_process_that_was_killed_stops_nobody(server, card, tmp_path):
    server.answers.append(serve(pieces=SIZE // 2, pause=server.going_on.wait))
    child = other_process(server, tmp_path)
    assert wait_until(lambda: server.sent == [(0, SIZE // 2)])
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert fetch_weights(card, tmp_path).read_bytes() == CONTENT


def test_two_threads_that_ask_at_once_make_one_download(server, card, tmp_path):
    server.answers.append(serve(pieces=SIZE // 2, pause=lambda: server.going_on.wait(0.3)))
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch_weights(card, tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / card.weights.file] * 2
    assert len(server.asked) == 1
