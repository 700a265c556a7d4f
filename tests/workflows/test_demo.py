"""Where there is a screen, the demo opens Orange on it."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from orangecontrib.imaging.core.errors import OutputError, WorkflowError
from orangecontrib.imaging.workflow import demo
from orangecontrib.imaging.workflow.demo_flow import has_screen


@pytest.mark.parametrize(("platform", "named", "expected"), [
    ("linux", {}, False),
    ("linux", {"DISPLAY": ":0"}, True),
    ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
    ("linux", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
    ("linux", {"DISPLAY": ""}, False),
    ("win32", {}, True),
    ("darwin", {}, True),
])
def test_a_screen_is_there_where_one_is_named_and_on_windows_and_macos(
        monkeypatch, platform, named, expected):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert has_screen() is expected


@pytest.fixture
def orange(monkeypatch):
    """Stands in for the workflow's run and for Orange; notes how it was started."""
    started = SimpleNamespace(code=0)

    def run(command, *, env, check):
        started.command, started.environment = command, env
        return SimpleNamespace(returncode=started.code)

    monkeypatch.setattr("orangecontrib.imaging.workflow.demo_flow.subprocess.run", run)
    def run_flow(flow, **_):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # as a real run does
        return [flow]

    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setattr("orangecontrib.imaging.workflow.demo_flow.run_flow", run_flow)
    return started


def test_orange_is_opened_on_the_workflow_and_on_the_real_screen(orange, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    demo(tmp_path)
    assert orange.command[-1] == str(tmp_path / "explore.ows")
    assert orange.command[-4:-2] == ["-m", "Orange.canvas"]
    assert "QT_QPA_PLATFORM" not in orange.environment


def test_orange_is_not_opened_without_a_screen(orange, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    demo(tmp_path)
    assert not hasattr(orange, "command")


def test_orange_that_ends_badly_is_said(orange, tmp_path):
    orange.code = 3
    with pytest.raises(WorkflowError, match=r"Orange ended with code 3.*explore\.ows"):
        demo(tmp_path, screen=True)


def test_a_workflow_that_cannot_be_written_is_named_and_the_old_one_stays(orange, tmp_path, monkeypatch):
    demo(tmp_path, screen=False)
    before = (tmp_path / "explore.ows").read_bytes()

    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"explore\.ows: cannot be written \(no space left on device\)"):
        demo(tmp_path, screen=False)
    assert (tmp_path / "explore.ows").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"explore.ows", "pictures"}
