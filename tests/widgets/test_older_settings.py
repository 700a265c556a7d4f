"""Settings that the older add-on, orange3-imageanalytics, saved become ours."""

import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from orangewidget.settings import Context
from orangewidget.tests.base import WidgetTest
from orangewidget.utils.filedialogs import RecentPath

from orangecontrib.imaging.core.catalogue import all_cards
from orangecontrib.imaging.core.older_networks import OLDER_NETWORKS, why_not_here
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets import older_settings as older
from orangecontrib.imaging.widgets.jobs.kept_choice import Names, found_again
from orangecontrib.imaging.widgets.owimageembedder import OWImageEmbedder
from orangecontrib.imaging.widgets.owimagegrid import OWImageGrid
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer
from orangecontrib.imaging.widgets.owimportimages import OWImportImages
from orangecontrib.imaging.widgets.owsaveimages import OWSaveImages
from orangecontrib.imaging.widgets.parts.network_lookup import first_sight
from orangecontrib.imaging.widgets.parts.network_menu import NetworkMenu

PACKAGE = "orangecontrib.imageanalytics.widgets"

#: Every name that a widget had in any version from 0.0.2 to 0.13.0, and its inputs and outputs.
THROUGH_HISTORY = {
    OWImportImages: ({f"{PACKAGE}.owimageimport.OWImportImages"}, set(), {"Data"}),
    OWImageEmbedder: ({f"{PACKAGE}.owimageembedding.OWImageEmbedding",
                       f"{PACKAGE}.owimagenetembedding.OWImageNetEmbedding"},
                      {"Images", "Data"}, {"Embeddings", "Skipped Images", "Missing Images"}),
    OWImageViewer: ({f"{PACKAGE}.owimageviewer.OWImageViewer", "Orange.widgets.data.owimageviewer.OWImageViewer"},
                    {"Data"}, {"Selected Images", "Data"}),
    OWImageGrid: ({f"{PACKAGE}.owimagegrid.OWImageGrid"}, {"Embeddings", "Data Subset"}, {"Selected Images", "Images"}),
    OWSaveImages: ({f"{PACKAGE}.owsaveimages.OWSaveImages"}, {"Data"}, set()),
}

#: As 0.13 calls them in Slovenian.
SLOVENIAN = {
    OWImportImages: (set(), {"Podatki"}), OWImageEmbedder: ({"Slike"}, {"Vložitev", "Izpuščene slike"}),
    OWImageViewer: ({"Podatki"}, {"Izbrane slike", "Podatki"}),
    OWImageGrid: ({"Vložitve", "Podskupina podatkov"}, {"Izbrane slike", "Slike"}), OWSaveImages: ({"Podatki"}, set()),
}


def known(signals):
    return {name for signal in signals for name in (signal.name, *signal.replaces)}


@pytest.mark.parametrize("widget", THROUGH_HISTORY)
def test_every_name_through_history_is_taken_over(widget):
    names, inputs, outputs = THROUGH_HISTORY[widget]
    assert set(widget.replaces) == names
    assert inputs <= known(widget.get_signals("inputs"))
    assert outputs <= known(widget.get_signals("outputs"))


@pytest.mark.parametrize("widget", SLOVENIAN)
def test_links_of_slovenian_workflows_are_kept(widget):
    inputs, outputs = SLOVENIAN[widget]
    assert inputs <= known(widget.get_signals("inputs"))
    assert outputs <= known(widget.get_signals("outputs"))


@pytest.mark.parametrize("translate", [older.import_settings, older.embedder_settings, older.viewer_settings,
                                       older.grid_settings, older.save_settings])
def test_settings_that_are_none_of_the_older_add_on_stay(translate):
    settings = {"network": "alexnet", "savedWidgetGeometry": b"1", "controlAreaVisible": True}
    assert translate(settings) == settings


def test_what_ours_saved_is_not_looked_at():
    settings = {"columns": 3}
    older.carry_over(settings, 100, older.grid_settings)
    assert settings == {"columns": 3}


def test_the_folder_and_where_it_is_beside_the_workflow():
    paths = [RecentPath("/home/ana/cells", "basedir", "cells"), RecentPath("/data/b", None, None)]
    assert older.import_settings({"recent_paths": paths, "savedWidgetGeometry": b"1"}) == {
        "folder": "/home/ana/cells", "recent_folders": ["/home/ana/cells", "/data/b"],
        "folder_beside": {"/home/ana/cells": "cells"}}


def test_a_folder_of_windows_stays_as_it_was():
    paths = [RecentPath("C:/Users/ana/cells", None, None)]
    assert older.import_settings({"recent_paths": paths})["folder"] == "C:/Users/ana/cells"


def test_recent_paths_that_hold_anything_are_left_out():
    assert older.import_settings({"recent_paths": ["/home", None]}) == {}


@pytest.mark.parametrize(("number", "network"), enumerate((
    "inception_v3", "squeezenet", "vgg16", "vgg19", "painters", "deeploc", "openface")))
def test_networks_are_known_by_their_place_in_the_older_menu(number, network):
    settings = older.embedder_settings({"cb_embedder_current_id": number, "cb_image_attr_current_id": 0,
                                        "_auto_apply": False})
    assert (settings["network"], settings["auto_apply"]) == (network, False)
    assert settings.get("options") == ({"layers": ["logits"]} if network == "squeezenet" else None)


def test_each_older_network_is_ours_or_is_told_what_to_bring():
    ours = {card.name for card in all_cards()}
    for network in OLDER_NETWORKS:
        assert (network in ours) != bool(why_not_here(network)), network
        assert first_sight(network).reason == why_not_here(network)
    assert ".safetensors" in why_not_here("deeploc")
    assert "yeast" in why_not_here("deeploc")


def test_the_first_embedder_had_one_network_and_its_token_is_not_kept():
    assert older.embedder_settings({"auto_commit": False, "token": "secret", "img_attr": 2}) == {
        "network": "inception_v3", "auto_apply": False, "from_older": {"column": 2}}


class NotSearched(list):
    """Pictures chosen in the older viewer; looking each row up in a list would take seconds for thousands."""

    def __contains__(self, _):
        pytest.fail("searched")


def test_pictures_chosen_in_the_older_viewer_are_found_by_their_values():
    names = Names("", ("/data/a.png", "/data/b.png", "/data/c.png"))
    chosen = NotSearched(["c.png", "a.png", ["no name"]])
    assert found_again({"values": chosen}, names, ("a.png", "b.png", "c.png")).tolist() == [0, 2]


def context(values, attributes=None, metas=None):
    return Context(values=values, attributes=attributes or {"n0": 2, "n1": 2, "category": 1},
                   metas=metas or {"image name": 3, "image": 3, "size": 2}, time=0)


def test_columns_and_chosen_pictures_of_the_viewer_since_0_12():
    settings = older.viewer_settings({"imageSize": 1024, "autoCommit": False, "context_settings": [context(
        {"image_attr": ("image", 103), "title_attr": ("category", 101), "selected_items": ({"b.png", "a.png"}, -2)})]})
    [kept] = settings.pop("context_settings")
    assert kept.values == {"image_column": ("image", 103), "caption_columns": ([("category", 101)], -3)}
    assert settings == {"thumbnail_px": 320, "auto_commit": False, "saved_selection": {"values": ["a.png", "b.png"]}}


@pytest.mark.parametrize(("place", "title"), [(0, ("category", 101)), (1, ("image name", 103)), (3, ("size", 102)),
                                          (4, ("n0", 102)), (99, ("n1", 102)), (-1, ("category", 101))])
def test_columns_of_the_viewer_until_0_11_are_found_by_their_place(place, title):
    settings = older.viewer_settings({"imageSize": 100, "context_settings": [
        context({"imageAttr": (1, -2), "titleAttr": (place, -2)})]})
    assert settings["context_settings"][0].values == {"caption_columns": ([title], -3)}
    assert settings["from_older"] == {"column": 1}


def test_a_caption_whose_place_tells_nothing_is_asked_for():
    settings = older.viewer_settings({"imageSize": 100, "context_settings": [
        context({"imageAttr": (0, -2), "titleAttr": (0, -2)}, {"sex": 1, "category": 1})]})
    assert settings["context_settings"][0].values == {}
    assert settings["from_older"] == {"told": ["The column of captions could not be told: choose it under Captions."]}


def test_columns_that_were_none_are_none():
    settings = older.viewer_settings({"imageSize": 100, "context_settings": [
        context({"image_attr": (None, -2), "title_attr": (None, -2), "selected_items": (set(), -2)})]})
    assert settings["context_settings"][0].values == {}


def test_a_caption_of_a_table_without_columns_is_asked_for():
    empty = Context(values={"imageAttr": (0, -2), "titleAttr": (0, -2)}, attributes={}, metas={})
    settings = older.viewer_settings({"context_settings": [empty]})
    assert settings["context_settings"][0].values == {}
    assert "Captions" in settings["from_older"]["told"][0]


def test_the_size_of_the_grid_and_its_captions():
    settings = older.grid_settings({"columns": np.int32(6), "rows": np.int32(5), "cell_fit": 1, "auto_commit": False,
                                    "imageSize": 100, "auto_update": True, "context_settings": [
                                        context({"imageAttr": (0, -2), "label_attr": ("category", 101)})]})
    [kept] = settings.pop("context_settings")
    assert kept.values == {"caption_column": ("category", 101)}
    assert settings == {"grid_rows": 5, "grid_columns": 6, "is_filled": True, "auto_commit": False}
    assert type(settings["grid_rows"]) is int


def test_the_size_that_a_grid_had_before_there_was_data_is_none():
    assert "grid_rows" not in older.grid_settings({"columns": 10, "rows": 10, "cell_fit": "Resize"})


SAVE = {"dirname": "/data/out", "last_dir": "/data", "auto_save": False, "use_scale": False, "scale_index": 0,
        "file_format_index": 0, "image_attr_current_index": 0}


@pytest.mark.parametrize(("changed", "form"), [
    ({}, {"format": "png", "size": "full"}), ({"file_format_index": 1}, {"format": "jpeg"}),
    ({"file_format_index": 3}, {"format": "tiff"}),
    ({"use_scale": True, "scale_index": 3}, {"size": "network", "network": "vgg19", "fit": "stretch"})])
def test_format_and_size_of_saved_pictures(changed, form):
    settings = older.save_settings({**SAVE, **changed})
    assert form.items() <= settings["written_as"].items()
    assert settings["folder"] == "/data/out"
    assert "from_older" not in settings


@pytest.mark.parametrize(("changed", "word"), [({"file_format_index": 2}, "GIF"), ({"file_format_index": 4}, "PDF"),
                                           ({"use_scale": True, "scale_index": 5}, "DeepLoc"),
                                           ({"auto_save": True}, "when you press Save")])
def test_what_cannot_be_saved_so_here_is_told(changed, word):
    [told] = older.save_settings({**SAVE, **changed})["from_older"]["told"]
    assert word in told


def table(names=("image", "other"), types=("image", "image")):
    metas = [image_variable(name, "/data") if kind else StringVariable(name)
             for name, kind in zip(names, types, strict=True)]
    domain = Domain([ContinuousVariable("n0")], DiscreteVariable("category", ("a",)), metas)
    return Table.from_list(domain, [[0.5, "a", *(f"{name}{row}.png" for name in names)] for row in range(2)])


def with_category(*are_images):
    """A category, a text, and another; the first two say that they are pictures, or not."""
    metas = [DiscreteVariable("category", ("a.png", "b.png")), StringVariable("image"), StringVariable("text")]
    for column, is_image in zip(metas, are_images, strict=False):
        column.attributes |= {"type": "image"} if is_image else {}
    return Table.from_list(Domain([], metas=metas), [["a.png", "c.png", "d.png"], ["b.png", "e.png", "f.png"]])


class TestOlderWidgets(WidgetTest):
    """In widgets: columns by their place once there is data, and what is told."""

    def test_the_image_column_is_the_one_at_the_saved_place(self):
        for kind, entry in ((OWImageEmbedder, "Images"), (OWSaveImages, "Data")):
            stored = {"cb_image_attr_current_id": 1, "image_attr_current_index": 1, "__version__": 1}
            widget = self.create_widget(kind, stored_settings=stored)
            self.send_signal(entry, table(), widget=widget)
            assert widget.image_column == "other", kind
            self.send_signal(entry, table(("other", "image")), widget=widget)  # told once, known by name from now on
            assert widget.image_column == "other"

    def test_pictures_come_before_other_texts_as_in_the_older_menu(self):
        widget = self.create_widget(OWSaveImages, stored_settings={"image_attr_current_index": 1, "__version__": 1})
        self.send_signal("Data", table(("note", "image"), (False, True)), widget=widget)
        assert widget.image_column == "note"

    def test_categories_had_a_place_in_the_menu_since_0_7_and_none_before(self):
        """Only where both menus agree, or one had no such place, the column is known."""
        for are_images, number, column in (((0, 0), 1, ""), ((0, 0), 2, "text"), ((0, 1), 1, ""), ((0, 1), 2, "text"),
                                           ((1, 1), 1, ""), ((1, 0), 1, ""), ((1, 0), 2, "text")):
            stored = {"image_attr_current_index": number, "__version__": 1}
            widget = self.create_widget(OWSaveImages, stored_settings=stored)
            self.send_signal("Data", with_category(*are_images), widget=widget)
            assert widget.Warning.from_older.is_shown() == (not column), (are_images, number)
            assert widget.image_column == column, (are_images, number)

    def test_grid_and_older_viewer_take_the_column_at_the_saved_place(self):
        for kind, entry in ((OWImageGrid, "Embeddings"), (OWImageViewer, "Data")):
            stored = {"imageSize": 90, "__version__": 1, "context_settings": [context({"imageAttr": (1, -2)})]}
            widget = self.create_widget(kind, stored_settings=stored)
            self.send_signal(entry, table(), widget=widget)
            assert widget.image_column.name == "other", kind

    def test_a_place_where_there_is_no_column_is_told(self):
        widget = self.create_widget(OWImageEmbedder, stored_settings={"cb_image_attr_current_id": 7, "__version__": 1})
        assert not widget.Warning.from_older.is_shown()
        self.send_signal("Images", table(), widget=widget)
        assert widget.Warning.from_older.is_shown()
        assert "choose it" in str(widget.Warning.from_older)

    def test_a_network_that_is_not_here_keeps_its_older_title(self):
        widget = self.create_widget(OWImageEmbedder, stored_settings={"cb_embedder_current_id": 5, "__version__": 1})
        [menu] = widget.findChildren(NetworkMenu)
        assert menu.currentText() == "DeepLoc  (not available)"

    def test_what_is_told_stays_with_new_data_and_is_not_saved_again(self):
        widget = self.create_widget(OWSaveImages, stored_settings={**SAVE, "auto_save": True, "__version__": 1})
        self.send_signal("Data", table(), widget=widget)
        assert widget.Warning.from_older.is_shown()
        assert "older add-on Image Analytics" in str(widget.Warning.from_older)
        assert widget.settingsHandler.pack_data(widget)["from_older"] == {}

    def test_a_workflow_may_hold_anything_in_place_of_what_is_told(self):
        for damaged in (5, {"told": 5, "column": "image"}, {"told": [7], "column": -1}, {"column": True}):
            widget = self.create_widget(OWSaveImages, stored_settings={"from_older": damaged, "__version__": 100})
            self.send_signal("Data", table(), widget=widget)
            assert widget.image_column == "", damaged
            assert not widget.Warning.from_older.is_shown(), damaged

    def test_nothing_is_told_where_all_was_carried_over(self):
        widget = self.create_widget(OWSaveImages, stored_settings={**SAVE, "__version__": 1})
        self.send_signal("Data", table(), widget=widget)
        assert not widget.Warning.from_older.is_shown()
