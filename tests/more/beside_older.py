"""Our add-on and the older one, installed together: neither hides anything of the other."""

import io
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
import torch
from orangecanvas.application.examples import workflows
from orangecanvas.help.manager import create_html_inventory_provider
from orangecanvas.registry import WidgetRegistry
from orangecanvas.registry.discovery import WidgetDiscovery
from orangecanvas.utils.pkgmeta import develop_root
from orangecontrib.imageanalytics.image_embedder import MODELS
from orangecontrib.imageanalytics.squeezenet_model import SqueezenetModel
from orangewidget.workflow.config import Config
from orangewidget.workflow.discovery import WidgetDiscovery as OrangeDiscovery
from orangewidget.workflow.widgetsscheme import WidgetsScheme
from PIL import Image

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.networks.squeezenet import build
from orangecontrib.imaging.core.older_networks import OLDER_NETWORKS
from orangecontrib.imaging.core.preprocess import normalise
from orangecontrib.imaging.core.weights import load_weights

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


OLDER_FLOW = Path(__file__).parents[1] / "data" / "older" / "0.13.0.ows"


def opened(registry, content):
    """What Orange makes of a workflow file: title and qualified name of each node."""
    problems = []
    scheme = WidgetsScheme()
    scheme.load_from(io.BytesIO(content), registry=registry, error_handler=problems.append)
    assert problems == []
    return {node.title: node.description.qualified_name for node in scheme.nodes}


def test_a_workflow_of_the_older_add_on_opens_in_the_older_widgets(registry):
    found = opened(registry, OLDER_FLOW.read_bytes())
    assert len(found) == 5
    assert all(name.startswith("orangecontrib.imageanalytics.widgets.") for name in found.values())


def test_a_workflow_of_ours_opens_in_our_widgets(registry):
    explore = Path(__file__).parents[2] / "tutorials" / "explore.ows"
    images = [name for name in opened(registry, explore.read_bytes()).values() if "imag" in name]
    assert len(images) >= 3
    assert all(name.startswith("orangecontrib.imaging.widgets.") for name in images)


def test_without_the_older_add_on_the_same_workflow_opens_in_ours(registry):
    alone = WidgetRegistry()
    for category in registry.categories():
        alone.register_category(category)
    for description in registry.widgets():
        if not description.qualified_name.startswith("orangecontrib.imageanalytics."):
            alone.register_widget(description)
    found = opened(alone, OLDER_FLOW.read_bytes())
    assert len(found) == 5
    assert all(name.startswith("orangecontrib.imaging.widgets.") for name in found.values())


def test_the_viewer_from_before_the_add_on_was_split_off_opens_in_one_of_both(registry):
    content = (b'<scheme version="2.0"><nodes><node id="0" title="Viewer" position="(0, 0)" version="" project_name="" '
               b'name="" qualified_name="Orange.widgets.data.owimageviewer.OWImageViewer" /></nodes></scheme>')
    assert opened(registry, content)["Viewer"].endswith(".widgets.owimageviewer.OWImageViewer")


def test_networks_lie_in_the_older_menu_as_workflows_are_read():
    ordered = sorted(MODELS, key=lambda name: MODELS[name]["order"])
    assert tuple(name.replace("-", "_") for name in ordered) == OLDER_NETWORKS


@pytest.fixture(scope="module")
def noise():
    """(227, 227, 3) uint8: no column is like another."""
    return np.random.default_rng(0).integers(0, 256, (227, 227, 3), np.uint8)


def test_the_older_squeezenet_exchanges_two_columns_of_pixels_and_no_colors(noise):
    prepared = SqueezenetModel.preprocess(Image.fromarray(noise))
    exchanged = noise[:, [2, 1, 0, *range(3, 227)]]
    assert np.array_equal(prepared[0], exchanged - np.array([104.006, 116.669, 122.679]))


def test_the_older_squeezenet_gives_the_class_scores_of_what_it_sees(noise):
    """The same network as ours, before softmax; its vectors differ for what it sees, which are other pixels."""
    card = find_card("squeezenet")
    scores = build(card, ["logits"], load_weights(card), False)
    seen = SqueezenetModel.preprocess(Image.fromarray(noise))
    with torch.inference_mode():
        of_what_it_sees = scores(torch.from_numpy(seen).permute(0, 3, 1, 2).float())[0].numpy()
        of_the_picture = scores(normalise(torch.from_numpy(noise).permute(2, 0, 1)[None], card))[0].numpy()
    older = SqueezenetModel().predict(seen)
    assert older.shape == (1000,)
    assert np.linalg.norm(older - of_what_it_sees) < 1e-4 * np.linalg.norm(older)
    assert np.linalg.norm(older - of_the_picture) > 1e-2 * np.linalg.norm(older)
