"""What the installed package tells Orange, pip and its readers."""

import doctest
import re
import shutil
import subprocess
import tomllib
from importlib import import_module
from importlib.metadata import distribution, entry_points, metadata, requires
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest

from orangecontrib import imaging

SOURCE = Path(__file__).resolve().parent.parent
WORKFLOWS = {path.name for path in (SOURCE / "tutorials").glob("*.ows")}
PROJECT = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = "Orange3-Imaging"
MODULES = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "orangecontrib").rglob("*.py")}


def requirement_lines(name):
    lines = (SOURCE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def bare(requirement):
    return re.match(r"[\w.-]+", requirement).group().lower().replace("_", "-")


EXAMPLES = sorted(".".join(path.relative_to(SOURCE).with_suffix("").parts)
                  for path in (SOURCE / "orangecontrib").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_in_docstrings_are_true(name):
    failed, tried = doctest.testmod(import_module(name))
    assert (failed, tried > 0) == (0, True)


def test_the_version_is_told_once():
    assert distribution(NAME).version == imaging.__version__


def test_the_namespace_is_shared_with_other_add_ons():
    assert not (SOURCE / "orangecontrib" / "__init__.py").exists()
    import orangecontrib
    assert getattr(orangecontrib, "__file__", None) is None


def test_the_tutorials_are_found_and_hold_all_workflows():
    names = {entry.name for entry in files("orangecontrib.imaging.tutorials").iterdir()}
    assert {name for name in names if name.endswith(".ows")} == WORKFLOWS
    assert {"explore.ows", "classify.ows"} < WORKFLOWS


def test_orange_lists_all_workflows_as_examples():
    pytest.importorskip("orangecanvas", reason="needs Orange")
    from orangecanvas.application.examples import workflows
    from orangewidget.workflow.config import Config

    ours = [one.abspath() for one in workflows(Config()) if one.distribution.name == NAME]
    assert {Path(path).name for path in ours} == WORKFLOWS
    assert all(Path(path).is_file() for path in ours)


@pytest.mark.parametrize("group", sorted(PROJECT["entry-points"]))
def test_every_entry_point_loads(group):
    pytest.importorskip("Orange", reason="needs Orange")
    pytest.importorskip("AnyQt.QtWidgets", reason="needs Qt")
    ours = [entry for entry in entry_points(group=group) if entry.dist.name == NAME]
    assert {entry.name for entry in ours} == set(PROJECT["entry-points"][group])
    for entry in ours:
        entry.load()


def test_the_engine_alone_asks_for_nothing_that_the_whole_does_not_and_never_for_orange_or_qt():
    engine = requirement_lines("requirements-engine.txt")
    assert set(engine) <= set(PROJECT["dependencies"])
    left_out = {bare(line) for line in PROJECT["dependencies"]} - {bare(line) for line in engine}
    assert left_out == {"anyqt", "orange3", "orange-widget-base", "scikit-learn", "scipy", "opentsne"}


def test_a_cluster_s_node_gets_the_engine_and_what_the_extra_cluster_brings():
    engine, *others = requirement_lines("requirements-cluster.txt")
    assert engine == "-r requirements-engine.txt"
    assert others == PROJECT["optional-dependencies"]["cluster"]


def test_every_dependency_has_its_line_in_contributing():
    text = (SOURCE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for requirement in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        assert re.search(rf"^\| {re.escape(bare(requirement))}\b", text, re.MULTILINE | re.IGNORECASE), requirement


def test_the_pinned_versions_are_allowed_and_cover_every_dependency():
    pins = dict(line.lower().replace("_", "-").split("==") for line in requirement_lines("constraints.txt"))
    assert {bare(line) for line in PROJECT["dependencies"]} <= set(pins)
    packaging = pytest.importorskip("packaging.requirements", reason="needs packaging")
    for requirement in map(packaging.Requirement, requires(NAME)):
        pin = pins.get(requirement.name.lower().replace("_", "-"))
        assert pin is None or requirement.specifier.contains(pin), f"{requirement}: pinned to {pin}"


@pytest.mark.skipif(not ((SOURCE / ".git").exists() and shutil.which("git")), reason="needs git, and a checkout")
def test_the_source_package_holds_every_file_of_the_checkout(monkeypatch):
    egg_info = pytest.importorskip("setuptools.command.egg_info", reason="needs setuptools")
    monkeypatch.chdir(SOURCE)
    packed = egg_info.FileList()
    for line in Path("MANIFEST.in").read_text(encoding="utf-8").splitlines():
        packed.process_template_line(line)
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], check=True, capture_output=True,
                            encoding="utf-8")
    held = {Path(name).as_posix() for name in packed.files} | {"MANIFEST.in", "pyproject.toml", "setup.py"}  # always
    absent = set(filter(None, listed.stdout.split("\0"))) - held - MODULES
    assert absent == {".gitignore"}


def test_the_citation_names_this_version_and_the_paper():
    text = (SOURCE / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {imaging.__version__}\n" in text
    assert "10.1038/s41467-019-12397-x" in text


def test_the_list_of_add_ons_can_show_the_description():
    """Orange shows it by a Markdown without tables, and knows no address that relative links could start from."""
    description = (SOURCE / "doc" / "about.md").read_text(encoding="utf-8")
    assert PROJECT["dynamic"] == ["version", "readme"]
    assert metadata(NAME)["Description-Content-Type"] == "text/markdown"
    assert "|--" not in description
    assert [link for link in re.findall(r"\]\(([^)]+)\)", description) if "://" not in link] == []
    pytest.importorskip("orangecanvas", reason="needs Orange")
    from orangecanvas.utils.markup import render_as_rich_text
    shown = render_as_rich_text(description, "text/markdown")
    assert "<h1>Orange3-Imaging</h1>" in shown
    names = [line.split('"')[1] for path in sorted((SOURCE / "orangecontrib/imaging/widgets").glob("ow*.py"))
             for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('    name = "')]
    assert [name for name in names if f"<em>{name}</em>" not in shown] == [], "each widget is named"
