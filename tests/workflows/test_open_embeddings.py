"""Shards go on to Orange's own widgets and to ours, without the pictures being embedded again."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from csv_rows import read_csv
from made import write_pictures
from opened_shards import make_shards
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.shards.merging import merge_shards
from orangecontrib.imaging.core.shards.reading import open_vectors
from orangecontrib.imaging.tables.sharded import table_of
from orangecontrib.imaging.widgets.owimageviewer import OWImageViewer
from orangecontrib.imaging.workflow import run_workflow

OPEN = "orangecontrib.imaging.widgets.owopenembeddings.OWOpenEmbeddings"
VIEWER = ("orangecontrib.imaging.widgets.owimageviewer.OWImageViewer", {})
CHAIN = [("Open Embeddings", "Embeddings", "Distances", "Data"),
         ("Open Embeddings", "Embeddings", "Image Viewer", "Data"),
         ("Distances", "Distances", "Hierarchical Clustering", "Distances")]


def shards_of(folder):
    """Twelve real pictures and their shards, with vectors of two clusters."""
    for name in ("alive", "dead"):
        write_pictures(folder / "pictures" / name, 6, seed=len(name))
    images = scan_folder(str(folder / "pictures")).images
    kinds = [image.category for image in images]
    vectors = np.eye(2)[[int(kind == "dead") for kind in kinds]] + 0.01 * np.arange(12)[:, None]
    return make_shards(folder / "vectors", [image.name for image in images], 5, str(folder / "pictures"),
                       {"category": kinds}, vectors=vectors), images


@pytest.mark.parametrize("ending", ["", ".parquet", ".npz"])
def test_a_folder_of_shards_or_a_merged_file_is_clustered_without_a_screen(write_flow, tmp_path, ending):
    source, images = shards_of(tmp_path)
    if ending:
        merge_shards(Path(source), tmp_path / f"all{ending}")
        source = str(tmp_path / f"all{ending}")
    flow = write_flow({"Open Embeddings": (OPEN, {"folder": source}), "Distances": {"metric_id": 0, "__version__": 4},
                       "Image Viewer": VIEWER,
                       "Hierarchical Clustering": {"selection_method": 2, "top_n": 2, "__version__": 2}}, CHAIN)
    run_workflow(flow, out=tmp_path / "out")
    opened = read_csv(tmp_path / "out" / "Open Embeddings - Embeddings.csv")
    assert [row["image"] for row in opened] == [image.name for image in images]
    assert [row["category"] for row in opened] == [image.category for image in images]
    clustered = read_csv(tmp_path / "out" / "Hierarchical Clustering - Data.csv")
    assert {(row["category"], row["Cluster"]) for row in clustered} in (
        {("alive", "C1"), ("dead", "C2")}, {("alive", "C2"), ("dead", "C1")})


class TestPictures(WidgetTest):
    """What Image Viewer shows of an opened table."""

    @pytest.fixture(autouse=True)
    def shards(self, tmp_path):
        self.source, self.images = shards_of(tmp_path)
        self.pictures = tmp_path / "pictures"

    def shown(self):
        viewer = self.create_widget(OWImageViewer)
        viewer.show()
        self.send_signal(viewer.Inputs.data, table_of(open_vectors(self.source)), widget=viewer)
        self.process_events(lambda: len(viewer.grid.items) == 12, timeout=20_000)
        self.process_events(lambda: viewer.bar.is_idle and viewer.thumbnails.is_idle, timeout=20_000)
        return viewer

    def test_pictures_are_shown_from_the_folder_that_they_were_embedded_in(self):
        viewer = self.shown()
        assert [one.path for one in viewer.grid.items] == [image.path for image in self.images]
        first = self.images[0].path
        self.process_events(lambda: viewer.thumbnails.find(first) is not None, timeout=20_000)
        assert viewer.thumbnails.find(first).pixmap.width() > 10
        assert viewer.bar.isHidden()

    def test_where_the_pictures_are_not_the_viewer_says_so_and_asks_for_their_folder(self):
        self.pictures.rename(self.pictures.with_name("elsewhere"))
        viewer = self.shown()
        assert not viewer.bar.isHidden()
        assert len(viewer.grid.items) == 12
