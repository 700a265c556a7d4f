"""Our add-on and the older one, installed together: neither hides anything of the other."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from orangecanvas.application.examples import workflows
from orangecanvas.help.manager import create_html_inventory_provider
from orangecanvas.registry import WidgetRegistry
from orangecanvas.registry.discovery import WidgetDiscovery
from orangecanvas.utils.pkgmeta import develop_root
from orangewidget.workflow.config import Config
from orangewidget.workflow.discovery import WidgetDiscovery as OrangeDiscovery

OURS, OLDER = "Orange3-Imaging", "Orange3-ImageAnalytics"


@pytest.fixture(scope="module")
def registry():
    """What Orange finds when it starts."""
    found = WidgetRegistry()
    discovery: WidgetDiscovery = OrangeDiscovery(found)
    discovery.run(list(entry_points(group="orange.widgets")))
    return found


def widgets(registry, package):
    return {one.name: one.qualified_name for one in registry.widgets()
            if one.qualified_name.startswith(f"orangecontrib.{package}.")}


@pytest.mark.parametrize("name", ["orangecontrib.imaging.core", "orangecontrib.imaging.widgets.owimportimages",
                                  "orangecontrib.imageanalytics.image_embedder",
                                  "orangecontrib.imageanalytics.widgets.owimageimport"])
def test_modules_of_both_import(name):
    assert import_module(name).__name__ == name


def test_both_are_registered_as_add_ons():
    assert {entry.dist.name for entry in entry_points(group="orange3.addon")} >= {OURS, OLDER}


def test_both_categories_are_discovered(registry):
    assert {"Imaging", "Image Analytics"} <= {category.name for category in registry.categories()}


def test_the_widgets_of_both_are_there(registry):
    ours, older = widgets(registry, "imaging"), widgets(registry, "imageanalytics")
    assert {"Import Images", "Image Embedder", "Image Viewer"} <= set(ours)
    assert {"Import Images", "Image Embedding", "Image Viewer"} <= set(older)


def test_no_widget_of_ours_takes_the_place_of_an_older_one(registry):
    every = [one.qualified_name for one in registry.widgets()]
    assert len(every) == len(set(every))
    modules = {Path(str(path)).stem for path in Path(
        import_module("orangecontrib.imageanalytics.widgets").__file__).parent.glob("ow*.py")}
    assert {one.rsplit(".", 2)[-2] for one in widgets(registry, "imageanalytics").values()} == modules


def test_our_examples_are_listed():
    found = [one for one in workflows(Config()) if one.distribution.name == OURS]
    assert {"explore.ows", "classify.ows"} <= {Path(one.abspath()).name for one in found}
    assert all(one.stream().read(20).startswith(b"<") for one in found)


def test_an_installed_package_carries_the_help_page_of_every_widget(registry):
    [entry] = [one for one in entry_points(group="orange.canvas.help") if one.dist.name == OURS]
    pages = create_html_inventory_provider(entry)
    if develop_root(entry.dist) and pages is None:
        pytest.skip("a checkout has them after `make doc`")
    for description in registry.widgets():
        if description.qualified_name.startswith("orangecontrib.imaging."):
            assert Path(pages.search(description).toLocalFile()).is_file(), description.name
