"""With a real network: a model that was trained on vectors predicts raw pictures, and so does its file elsewhere."""

import json
import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from made import write_pictures
from Orange.classification import KNNLearner, LogisticRegressionLearner

from orangecontrib.imaging.core.components import to_components
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.tables import embedding_service
from orangecontrib.imaging.tables.computed_vectors import PictureVectors, picture_vectors
from orangecontrib.imaging.tables.embedding_service import EngineService, service, set_service
from orangecontrib.imaging.tables.embeddings import embedded_table
from orangecontrib.imaging.tables.imports import images_table
from orangecontrib.imaging.tables.request import Request

PREDICT = """
import pickle, sys
from Orange.data import Table
model, raw = pickle.load(open(sys.argv[1], "rb")), Table.from_file(sys.argv[2])
assert not raw.domain.attributes
print(model(raw, model.Probs).tolist())
"""


@pytest.fixture(autouse=True)
def engine():
    """The service of scripts."""
    before = service()
    set_service(EngineService())
    yield
    set_service(before)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Training pictures, embedded and as components; test pictures, raw and embedded."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed, kind in enumerate(("train/a", "train/b", "test/a", "test/b")):
        (folder / kind).mkdir(parents=True)
        write_pictures(folder / kind, 4, seed=10 * seed)
    train, test = (images_table(scan_folder(folder / one)) for one in ("train", "test"))
    return {"train": embedded(train), "components": embedded(train, 3), "raw": test, "test": embedded(test)}


def embedded(table, components=0):
    column = table.domain["image"]
    folder = column.attributes["origin"]
    found = embed([f"{folder}/{name}" for name in table.get_column(column)])
    found = to_components(found, components) if components else found
    return embedded_table(table, found, computed=picture_vectors(column, "squeezenet", Options(), found))


def test_two_embeddings_are_one_domain_but_for_their_columns_of_pictures(tables):
    assert tables["train"].domain == tables["test"].domain
    assert len(tables["train"].domain.attributes) == 512


@pytest.mark.parametrize("learner", [LogisticRegressionLearner(), KNNLearner(n_neighbors=3)], ids=lambda one: one.name)
def test_a_model_predicts_raw_pictures_as_embedded_ones(learner, tables):
    model = learner(tables["train"])
    expected = model(tables["test"], model.Probs)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(model(tables["raw"], model.Probs), expected, rtol=1e-6)
    np.testing.assert_array_equal(tables["raw"].transform(tables["train"].domain).X, tables["test"].X)


def test_components_of_raw_pictures_are_those_of_their_vectors(tables):
    found = tables["raw"].transform(tables["components"].domain).X
    shared = tables["components"].domain.attributes[0].compute_value.compute_shared
    expected = shared._projection.coordinates(tables["test"].X.astype(np.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("model", "said"), [
    ("vgg16", "Fetch them: orange-imaging fetch vgg16, or put vgg16-397923af.pth into "),
    ("squeezenet+noname", "'noname' is not a network"),
])
def test_a_network_that_is_not_here_is_told_with_what_brings_it(model, said, tables, caplog):
    raw = tables["raw"].copy()
    vectors = PictureVectors("image", Request(model), '{"network": "x"}', 3)
    assert np.isnan(vectors(raw)).all()
    assert len(caplog.records) == 1
    assert said in caplog.text
    assert caplog.text.rstrip().endswith("do not trust predictions for them.")


@pytest.mark.parametrize(("loaded", "child"), [
    ((), False), (("PyQt5.QtCore",), True), (("PyQt6.QtCore", "torch"), False)])
def test_the_child_process_runs_the_network_only_where_qt_came_before_torch(loaded, child, monkeypatch):
    class Client:
        def embed(self, paths, model, **settings):
            return "child"

    monkeypatch.setattr(embedding_service, "sys", SimpleNamespace(modules=loaded))
    monkeypatch.setattr(embedding_service, "shared_client", Client)
    monkeypatch.setattr(embedding_service, "embed", lambda paths, model, **settings: "here")
    assert EngineService().embed([], Request("squeezenet")) == ("child" if child else "here")


@pytest.mark.heavy
def test_a_saved_model_predicts_a_saved_table_of_raw_pictures_in_a_fresh_process(tables, tmp_path):
    model = LogisticRegressionLearner()(tables["train"])
    (tmp_path / "model.pkcls").write_bytes(pickle.dumps(model))
    tables["raw"].save(str(tmp_path / "raw.tab"))
    done = subprocess.run([sys.executable, "-P", "-c", PREDICT, tmp_path / "model.pkcls", tmp_path / "raw.tab"],
                          capture_output=True, text=True, check=True)
    expected = model(tables["test"], model.Probs)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, rtol=1e-6)
