"""Workflows that the older add-on, orange3-imageanalytics, saved, opened and run as they are.

`tests/data/older/make.py` saved those files by the older add-on itself, each named by its version.
"""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from csv_rows import read_csv

from orangecontrib.imaging.core.errors import WorkflowError, WrongUse
from orangecontrib.imaging.workflow import read_flow, run_workflow

OLDER = Path(__file__).parents[1] / "data" / "older"
QUICK = ("0.5.1.ows", "0.13.0.ows")
FLOWS = [pytest.param(flow.name, marks=() if flow.name in QUICK else pytest.mark.heavy)
         for flow in sorted(OLDER.glob("*.ows"))]
WIDGETS = "orangecontrib.imageanalytics.widgets"
EMBEDDING = f"{WIDGETS}.owimageembedding.OWImageEmbedding"
IMPORT = f"{WIDGETS}.owimageimport.OWImportImages"
KEEPS_CHOICE = ("0.12.0.ows", "0.13.0.ows")  # of pictures in Image Viewer


def lesson(folder, flow):
    """A folder with a workflow of the older add-on and its pictures."""
    spec = importlib.util.spec_from_file_location("make_older", OLDER / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.write_pictures(folder / "pictures")
    return Path(shutil.copy(OLDER / flow, folder))


@pytest.fixture(scope="module", params=FLOWS)
def opened(request, tmp_path_factory):
    """A workflow that was opened and has run to its end: (name of its file, session)."""
    from orangecontrib.imaging.workflow.results import lay_out
    from orangecontrib.imaging.workflow.session import Session

    flow = lesson(tmp_path_factory.mktemp("lesson"), request.param)
    session = Session(read_flow(flow), flow.parent)
    session.run(120, lay_out)
    yield request.param, session
    session.close()


def widget(session, title):
    [found] = [widget for node, widget in session.widgets() if node.title == title]
    return found


def sent(session):
    return {(node.title, output): value for node, output, value in session.outputs()}


def test_there_are_workflows_of_five_versions():
    assert [flow.values[0] for flow in FLOWS] == ["0.11.0.ows", "0.12.0.ows", "0.13.0.ows", "0.5.1.ows", "0.8.0.ows"]


def test_every_widget_of_the_older_add_on_becomes_ours_with_its_title_and_place(opened):
    _, session = opened
    assert session.failures == []
    assert {node.title: (node.description.qualified_name.rpartition(".")[2], node.position)
            for node in session.nodes} == {
        "Import Images": ("OWImportImages", (100, 100)), "Image Embedding": ("OWImageEmbedder", (250, 100)),
        "Image Viewer": ("OWImageViewer", (400, 100)), "Image Grid": ("OWImageGrid", (400, 250)),
        "Save Images": ("OWSaveImages", (550, 100))}
    assert all(node.description.qualified_name.startswith("orangecontrib.imaging.") for node in session.nodes)


def test_every_link_is_kept(opened):
    _, session = opened
    links = {(link.source_node.title, link.source_channel.name, link.sink_node.title, link.sink_channel.name)
             for link in session._scheme.links}
    assert links == {
        ("Import Images", "Data", "Image Embedding", "Images"),
        ("Image Embedding", "Embeddings", "Image Viewer", "Data"),
        ("Image Embedding", "Embeddings", "Image Grid", "Embeddings"),
        ("Image Viewer", "Selected Images", "Image Grid", "Data Subset"),
        ("Image Viewer", "Selected Images", "Save Images", "Data")}


def test_settings_are_as_they_were_chosen_in_the_older_widgets(opened):
    _, session = opened
    embedder, viewer, grid, save = (
        widget(session, title) for title in ("Image Embedding", "Image Viewer", "Image Grid", "Save Images"))
    assert (embedder.network, embedder.options, embedder.auto_apply) == ("squeezenet", {"layers": ["logits"]}, True)
    assert (viewer.thumbnail_px, viewer.image_column.name) == (160, "image")
    assert [column.name for column in viewer.caption_columns] == ["category"]
    assert (grid.grid_rows, grid.grid_columns, grid.is_filled) == (5, 6, False)
    assert (Path(save.folder).name, save.written_as["format"], save.written_as["network"]) == ("saved", "jpeg", "vgg16")


def test_it_runs_to_its_end_with_1000_class_scores_a_picture(opened):
    _, session = opened
    embedded = sent(session)["Image Embedding", "Embeddings"]
    assert (len(embedded), len(embedded.domain.attributes)) == (6, 1000)
    assert [column.name for column in embedded.domain.attributes[:2]] == ["n0", "n1"]
    assert embedded.domain.class_var.values == ("blue", "red")
    assert np.isfinite(embedded.X).all()
    assert embedded.X.std(axis=0).max() > 0
    assert len(sent(session)["Image Grid", "Images"]) == 6


def test_the_pictures_that_were_chosen_in_the_viewer_are_chosen_again(opened):
    name, session = opened
    chosen = sent(session)["Image Viewer", "Selected Images"]
    if name not in KEEPS_CHOICE:
        assert chosen is None
        return
    assert len(chosen) == 2
    kept = widget(session, "Image Viewer").saved_selection["values"]
    assert sorted(map(str, chosen.get_column("image"))) == kept
    assert len(kept) == 2


def test_nothing_is_complained_of(opened):
    _, session = opened
    assert session.messages(2) == session.messages(3) == []


def test_the_command_writes_what_an_older_workflow_makes(tmp_path):
    flow = lesson(tmp_path, "0.13.0.ows")
    run_workflow(flow, out=tmp_path / "out")
    assert len(read_csv(tmp_path / "out" / "Image Viewer - Selected Images.csv")) == 2


@pytest.mark.heavy
def test_the_command_takes_another_folder_for_an_older_workflow(tmp_path):
    flow = lesson(tmp_path, "0.13.0.ows")
    (tmp_path / "pictures").rename(tmp_path / "others")
    shutil.rmtree(tmp_path / "others" / "red")
    run_workflow(flow, folder=tmp_path / "others", out=tmp_path / "out")
    assert len(read_csv(tmp_path / "out" / "Import Images - Data.csv")) == 3


def test_a_folder_that_is_not_here_is_named(tmp_path):
    flow = lesson(tmp_path, "0.13.0.ows")
    shutil.rmtree(tmp_path / "pictures")
    with pytest.raises(WorkflowError, match="Import Images: .*pictures"):
        run_workflow(flow)


def test_an_older_workflow_without_a_folder_is_refused_with_the_way(write_flow):
    with pytest.raises(WrongUse, match="no folder of pictures.*--folder"):
        run_workflow(write_flow({"Import": (IMPORT, {"recent_paths": [], "__version__": 1})}))


def embedding_flow(write_flow, name, settings, entry="Images", folder=""):
    return write_flow({"Import Images": {"folder": folder, "__version__": 101}, "Embedding": (name, settings)},
                      [("Import Images", "Data", "Embedding", entry)])


def test_a_network_that_only_the_server_had_is_named_with_what_to_bring(write_flow, tmp_path):
    lesson(tmp_path, "0.13.0.ows")
    flow = embedding_flow(write_flow, EMBEDDING, {"cb_embedder_current_id": 4, "__version__": 1},
                          folder=str(tmp_path / "pictures"))
    with pytest.raises(WorkflowError, match="Painters ran on a server.*trained on paintings.*From a file") as raised:
        run_workflow(flow)
    assert "The workflow keeps this choice" in str(raised.value)


@pytest.mark.parametrize(("name", "entry", "settings"), [
    (EMBEDDING, "Images", {"cb_embedder_current_id": 0, "__version__": 1}),
    (f"{WIDGETS}.owimagenetembedding.OWImageNetEmbedding", "Data", {"token": "secret", "img_attr": 0})])
def test_a_network_of_the_server_becomes_ours_and_its_weights_are_asked_for(write_flow, tmp_path, monkeypatch, caplog,
                                                                           name, entry, settings):
    for variable in ("ORANGE_IMAGING_MODELS", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "no weights"))
    lesson(tmp_path, "0.13.0.ows")
    run_workflow(embedding_flow(write_flow, name, settings, entry, str(tmp_path / "pictures")))
    assert "Inception v3" in caplog.text
    assert "download" in caplog.text.lower()
    assert "secret" not in caplog.text


def test_the_viewer_from_before_the_add_on_was_split_off_opens(write_flow, tmp_path):
    lesson(tmp_path, "0.13.0.ows")
    flow = write_flow({"Import Images": {"folder": str(tmp_path / "pictures"), "__version__": 101},
                       "Viewer": ("Orange.widgets.data.owimageviewer.OWImageViewer", {"imageSize": 90})},
                      [("Import Images", "Data", "Viewer", "Data")])
    run_workflow(flow, out=tmp_path / "out")
    assert (tmp_path / "out" / "Viewer - Data.csv").read_text(encoding="utf-8").count("\n") == 7
