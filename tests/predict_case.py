"""Pictures to learn from and new ones, embedded and not, for tests of predictions."""

from functools import partial

import numpy as np
from Orange.classification import LogisticRegressionLearner

from orangecontrib.imaging.core.client import shared_client
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.samples import write_samples
from orangecontrib.imaging.tables.columns import image_columns
from orangecontrib.imaging.tables.computed_vectors import picture_vectors
from orangecontrib.imaging.tables.embeddings import embed_table, embedded_table
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.widgets.canvas_service import CanvasService


class CountingService(CanvasService):
    """The canvas's service, which counts what went through the network, and keeps what it told the user."""

    def __init__(self):
        super().__init__()
        self.asked, self.computed, self.told = [], 0, []

    def embed(self, paths, request):
        """Note the pictures."""
        found = super().embed(paths, request)
        self.asked.append(len(paths))
        self.computed += found.computed
        return found

    def warn(self, text):
        """Note the text."""
        self.told.append(text)


class Pictures:
    """24 pictures of yeast in four folders, and 8 more without: raw tables, embedded ones, and a model."""

    def __init__(self, folder):
        write_samples(folder, ["yeast"], per_class=6)
        write_samples(folder, ["yeast-new"], per_class=8)
        self.folder = folder
        self.new = folder / "yeast-new"
        self.raw_train = images_table(scan_folder(folder / "yeast"))
        self.raw_new = images_table(scan_folder(self.new))
        self.train, self.embedded_new = embedded(self.raw_train), embedded(self.raw_new)
        self.model = LogisticRegressionLearner()(self.train)
        self.model.name = "Logistic Regression"
        self.probabilities = self.model(self.embedded_new, ret=1)


def embedded(table):
    """The table with vectors of SqueezeNet, as Image Embedder sends it; none are kept."""
    column = image_columns(table)[0]
    embed = partial(shared_client().embed, model="squeezenet")
    found = embed_table(table, column, lambda paths, reading: embed(paths, reading=reading))
    assert len(found.rows) == len(table)
    return embedded_table(table, found, (), picture_vectors(column, "squeezenet", Options(), found))


def same(found, expected):
    """Whether numbers agree as they do when another batch computes them."""
    return np.allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-4, atol=1e-4)
