"""What a user agreed to holds for one workflow on this computer, and what cannot be kept is told."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from orangecontrib.imaging.core import agreement
from orangecontrib.imaging.core.agreement import agree, agreed_hosts
from orangecontrib.imaging.core.errors import OutputError


@pytest.fixture(autouse=True)
def kept_path(tmp_path, monkeypatch):
    path = tmp_path / "data" / "agreements.json"
    monkeypatch.setattr(agreement, "_path", lambda: path)
    return path


def test_hosts_are_agreed_to_in_one_workflow_only():
    assert agree("mine", ["b.org", "a.org"]) == {"a.org", "b.org"}
    assert agree("mine", ["c.org"]) == {"a.org", "b.org", "c.org"}
    assert agree("other", ["d.org"]) == {"d.org"}
    assert [agreed_hosts(name) for name in ("mine", "other", "somebody else's", "")] == [
        {"a.org", "b.org", "c.org"}, {"d.org"}, set(), set()]


def test_only_its_owner_may_read_what_was_agreed_to(kept_path):
    agree("mine", ["a.org"])
    assert (kept_path.stat().st_mode & 0o777, kept_path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert os.listdir(kept_path.parent) == ["agreements.json"]


def test_the_workflow_agreed_to_longest_ago_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(agreement, "_KEPT", 3)
    for name in ("first", "second", "third", "first", "fourth"):
        agree(name, ["a.org"])
    assert [bool(agreed_hosts(name)) for name in ("first", "second", "third", "fourth")] == [True, False, True, True]


def test_answers_given_at_the_same_time_are_all_kept():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: agree("mine", [f"{number}.org"]), range(40)))
    assert len(agreed_hosts("mine")) == 40


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"mine": 5}', '{"mine": {"a.org": 1}}', "\0\xff", "[" * 100_000])
def test_a_damaged_file_allows_nothing_and_is_written_anew(kept_path, content):
    kept_path.parent.mkdir()
    kept_path.write_bytes(content.encode("latin-1"))
    assert agreed_hosts("mine") == set()
    agree("mine", ["b.org"])
    assert json.loads(kept_path.read_text()) == {"mine": ["b.org"]}


def test_what_is_no_host_in_a_damaged_file_is_none(kept_path):
    kept_path.parent.mkdir()
    kept_path.write_text('{"mine": ["a.org", ["b.org"], null]}')
    assert agreed_hosts("mine") == {"a.org"}


def test_a_file_that_may_not_be_read_allows_nothing(kept_path):
    kept_path.mkdir(parents=True)
    assert agreed_hosts("mine") == set()


def test_an_answer_that_cannot_be_kept_is_told_with_its_reason(kept_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OutputError) as caught:
            agree("mine", ["a.org"])
    assert str(caught.value) == (
        f"{kept_path}: your answer cannot be kept (no space left on device), so nobody is called. "
        "Free some space on this disk, or ask for the right to write there.")
    kept_path.parent.rmdir()
    kept_path.parent.write_bytes(b"")  # a file where a folder should be
    with pytest.raises(OutputError, match=r"cannot be kept \(file exists\)"):
        agree("mine", ["a.org"])
