"""What help pages say of networks, options and functions is what the code does."""

import inspect
import os
import re
import subprocess
import sys
from importlib.metadata import distribution, entry_points
from pathlib import Path

import network_pages
import pytest
import reference_pages

from orangecontrib.imaging.cli import _parser
from orangecontrib.imaging.core.cards import network_cards

DOC = Path(__file__).resolve().parent.parent / "doc"


@pytest.mark.parametrize("name", network_pages.pages())
def test_a_page_of_networks_is_what_their_cards_say(name):
    assert (DOC / "networks" / name).read_text(encoding="utf-8") == network_pages.pages()[name], (
        "run: python scripts/network_pages.py")


def test_no_page_of_a_family_is_left_over():
    assert {path.name for path in (DOC / "networks").iterdir()} == set(network_pages.pages())


def test_the_scripting_reference_is_what_the_docstrings_say():
    assert (DOC / "reference.rst").read_text(encoding="utf-8") == reference_pages.page(), (
        "run: python scripts/reference_pages.py")


def test_a_docstring_s_arguments_become_a_list_with_their_types():
    def count(paths: "list[str]", most: "int" = 3) -> None:
        """Count `paths`.

        Args:
            paths: files; those that are not there
                count as well.
            most: at most so many.

        Raises:
            WrongUse: there are more.
        """

    assert reference_pages.in_rst(inspect.getdoc(count), reference_pages.types_of(count)).splitlines() == [
        "Count ``paths``.", "", "**Arguments**", "", "``paths`` : ``list[str]``",
        "    files; those that are not there", "    count as well.", "``most`` : ``int``", "    at most so many.", "",
        "**Raises**", "", "``WrongUse``", "    there are more."]


def test_room_that_the_classroom_page_tells_is_what_readme_tells():
    page, readme = ((DOC.parent / name).read_text(encoding="utf-8") for name in ("doc/classroom.rst", "README.md"))
    figures = re.findall(r"\d[\d.]* [GMk]B", page)
    assert figures
    assert [figure for figure in figures if figure not in readme] == []


def test_every_network_has_its_layers_weights_and_licence_on_a_page():
    text = "\n".join(network_pages.pages().values())
    for card in network_cards():
        for fact in (card.advice, card.weights.licence, card.paper, *(f"``{layer.name}``" for layer in card.layers)):
            assert fact in text, card.name


def test_every_option_of_the_command_is_told():
    page = (DOC / "command.rst").read_text(encoding="utf-8")
    embed = next(action for action in _parser()._actions if hasattr(action, "choices") and action.choices
                 and "embed" in action.choices).choices["embed"]
    told = {option for action in embed._actions for option in action.option_strings if option.startswith("--")}
    assert {option for option in told - {"--help", "--out", "--model"} if option not in page} == set()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages as Sphinx builds them, where a warning is an error."""
    pytest.importorskip("sphinx", reason="needs Sphinx")
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", folder / "trees", DOC, folder / "html"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={
        **os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(DOC.parent), os.environ.get("PYTHONPATH")]))})
    assert (ended.returncode, ended.stderr) == (0, "")
    return folder / "html"


def test_f1_opens_the_page_of_every_widget(built, monkeypatch):
    registry = pytest.importorskip("orangecanvas.registry", reason="needs Orange").WidgetRegistry()
    from orangecanvas.help.manager import HelpManager
    from orangewidget.workflow.discovery import WidgetDiscovery

    from orangecontrib.imaging import widgets

    monkeypatch.setattr(widgets, "WIDGET_HELP_PATH", ((str(built / "index.html"), None),))
    WidgetDiscovery(registry).run([one for one in entry_points(group="orange.widgets") if one.name == "Imaging"])
    manager = HelpManager()
    manager.set_registry(registry)
    assert {one.name for one in registry.widgets()} == {
        path.read_text(encoding="utf-8").splitlines()[0] for path in (DOC / "widgets").glob("*.rst")}
    for one in registry.widgets():
        page = Path(manager.search({"id": one.qualified_name}).toLocalFile())
        assert page.parent == built / "widgets"
        assert f"<h1>{one.name}<" in page.read_text(encoding="utf-8")


def test_f1_in_a_checkout_looks_where_make_doc_builds():
    pkgmeta = pytest.importorskip("orangecanvas.utils.pkgmeta", reason="needs Orange")
    from orangecontrib.imaging.widgets import WIDGET_HELP_PATH

    root = pkgmeta.develop_root(distribution("Orange3-Imaging"))
    if root is None:
        pytest.skip("this environment has the installed package")
    made = re.search(r"^HELP := (.*)$", (DOC.parent / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert WIDGET_HELP_PATH[0][0].format(DEVELOP_ROOT=root) == f"{root}/{made}"
    assert (Path(root) / "doc" / "index.rst").is_file()


def test_every_page_and_picture_that_pages_include_is_packed_with_the_source():
    suffixes = set(re.search(r"^recursive-include doc (.*)$", (DOC.parent / "MANIFEST.in").read_text(encoding="utf-8"),
                             re.MULTILINE)[1].replace("*", "").split())
    assert {path.suffix for path in DOC.rglob("*.*") if "__pycache__" not in path.parts} == suffixes
