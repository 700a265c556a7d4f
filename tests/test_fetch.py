"""``orange-imaging fetch``: what it says first, what it brings, and what it does when something fails."""

import argparse
import os
import shutil
import signal
from collections import namedtuple

import pytest
from weights_server import WeightsServer, alone_with_the_server, made_up, serve, status, toy_card

from orangecontrib.imaging.commands import fetch
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.errors import (
    Cancelled,
    FolderError,
    OutputError,
    UnknownNetwork,
    WeightsError,
    WrongUse,
)
from orangecontrib.imaging.core.paths import cache_path
from orangecontrib.imaging.core.transfer import part_path
from orangecontrib.imaging.interrupt import until_interrupted

CONTENT = made_up()
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
def cards(server, monkeypatch):
    """Three networks with a file on the server, one whose file is in a package, one of the user's own."""
    cards = {name: toy_card(CONTENT, server.url, name=name) for name in ("toy", "pet", "cat")}
    cards |= {"squeezenet": find_card("squeezenet"), "own": toy_card(CONTENT, name="own", path="/home/me/net.pth")}
    really = find_card
    monkeypatch.setattr(fetch, "find_network", lambda name: cards.get(name) or really(name))
    monkeypatch.setattr(fetch, "all_cards", lambda: tuple(cards.values()))
    return cards


@pytest.fixture
def run(cards, capsys):
    """Run the command as it is typed; gives (stdout, stderr)."""
    def run(*arguments):
        parser = argparse.ArgumentParser()
        fetch.add(parser.add_subparsers())
        given = parser.parse_args(["fetch", *map(str, arguments)])
        given.command(given)
        return capsys.readouterr()
    return run


def files(folder):
    return sorted(os.listdir(folder))


def test_what_is_needed_is_said_first_and_every_file_is_named(run, cards, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 53 * 2**30))
    printed, told = run("toy", "pet", "--to", tmp_path / "stick")
    toy, pet = (tmp_path / "stick" / cards[name].weights.file for name in ("toy", "pet"))
    assert printed == (f"2 files, 6.0 MB, into {tmp_path / 'stick'}; 53 GB are free.\n"
                       f"{toy}: Toy\n{pet}: Pet\n")
    assert told == ""
    assert toy.read_bytes() == pet.read_bytes() == CONTENT
    assert files(tmp_path / "stick") == sorted([toy.name, pet.name])


def test_without_a_folder_files_go_to_the_cache_or_to_the_models_folder(run, cards, tmp_path, monkeypatch):
    printed, _ = run("toy")
    assert printed.startswith(f"1 file, 3.0 MB, into {cache_path() / 'models'}; ")
    assert (cache_path() / "models" / cards["toy"].weights.file).read_bytes() == CONTENT
    (tmp_path / "share").mkdir()
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "share"))
    run("pet")
    assert files(tmp_path / "share") == [cards["pet"].weights.file]


def test_a_shared_folder_that_is_not_there_is_said_and_not_made(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "share"))
    with pytest.raises(FolderError) as refused:
        run("toy")
    assert str(refused.value) == (f"The folder {tmp_path}/share, which ORANGE_IMAGING_MODELS names, is not here now. "
                                  "Connect its drive, or choose another folder.")
    assert not (tmp_path / "share").exists()


def test_what_is_there_already_is_not_counted_and_not_downloaded_again(run, server, cards, tmp_path):
    run("toy", "--to", tmp_path / "stick")
    printed, _ = run("toy", "pet", "toy", "--to", tmp_path / "stick")
    assert printed.startswith("1 file, 3.0 MB, into ")
    assert printed.count("\n") == 3
    assert len(server.asked) == 2
    printed, _ = run("toy", "pet", "--to", tmp_path / "stick")
    assert printed.startswith(f"All is in {tmp_path / 'stick'} already.\n")


def test_all_networks_are_fetched_but_those_that_need_nothing(run, cards, tmp_path):
    printed, _ = run("--all", "--to", tmp_path / "stick")
    assert files(tmp_path / "stick") == sorted(cards[name].weights.file for name in ("toy", "pet", "cat"))
    assert printed.startswith("SqueezeNet: nothing to fetch; its weights come with the package ndf.\n"
                              "Own: nothing to fetch; its weights are your own file /home/me/net.pth.\n"
                              "3 files, 9.0 MB, into")


def test_where_nothing_is_to_be_fetched_no_folder_is_made(run, tmp_path):
    printed, _ = run("squeezenet", "--to", tmp_path / "stick")
    assert printed == "SqueezeNet: nothing to fetch; its weights come with the package ndf.\n"
    assert not (tmp_path / "stick").exists()


def test_a_network_must_be_named_and_known(run):
    with pytest.raises(WrongUse, match=r"^Name the networks to fetch, or give --all\. 'orange-imaging models' lists"):
        run()
    with pytest.raises(UnknownNetwork, match="'squeeznet' is not a network; did you mean 'squeezenet'"):
        run("squeeznet")


def test_what_does_not_fit_together_is_refused_before_the_first(run, server, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 3 * SIZE - 1))
    with pytest.raises(OutputError, match=r"^Fetching 3 files needs 9\.0 MB in .*stick, where 9\.0 MB are free\."):
        run("toy", "pet", "cat", "--to", tmp_path / "stick")
    assert server.asked == []
    assert not (tmp_path / "stick").exists()


def test_after_one_that_fails_the_others_are_fetched_and_it_is_named_at_the_end(run, server, cards, tmp_path, capsys):
    server.answers += [status(404), serve(), status(403)]
    with pytest.raises(WeightsError, match=r"^2 of 3 could not be fetched: toy, cat\. The reasons are above\.$"):
        run("toy", "pet", "cat", "--to", tmp_path)
    printed, told = capsys.readouterr()
    assert printed.endswith(f"{tmp_path / cards['pet'].weights.file}: Pet\n")
    assert [line.partition(" The weights")[0] for line in told.splitlines()] == ["toy:", "cat:"]
    assert "the server answered 404 (Not Found)" in told


def test_ctrl_c_ends_it_and_keeps_what_came(run, server, cards, tmp_path):
    press = iter([lambda: os.kill(os.getpid(), signal.SIGINT)])
    server.answers.append(serve(pieces=SIZE // 2, pause=lambda: next(press, lambda: None)()))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Cancelled, match="What came is kept for the next time"):
        run("toy", "pet", "--to", tmp_path)
    assert signal.getsignal(signal.SIGINT) == before
    assert len(server.asked) == 1
    assert part_path(tmp_path / cards["toy"].weights.file).stat().st_size > 0


def test_progress_is_shown_in_megabytes(run, monkeypatch, tmp_path):
    shown = []

    class Bar:
        def __init__(self, unit):
            self.unit = unit

        def __call__(self, done, total):
            shown.append((done, total, self.unit))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(fetch, "ProgressBar", Bar)
    run("toy", "--to", tmp_path)
    assert shown[-1] == (3, 3, "MB")
    assert {done for done, _, _ in shown} == {0, 1, 2, 3}


def test_a_second_ctrl_c_ends_at_once():
    with until_interrupted() as asked, pytest.raises(KeyboardInterrupt):
        assert not asked()
        os.kill(os.getpid(), signal.SIGINT)
        assert asked()
        os.kill(os.getpid(), signal.SIGINT)
