"""A model trained on vectors, and new pictures, in Orange's own canvas, on a screen."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from Orange.data import StringVariable

from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.samples import write_samples
from orangecontrib.imaging.tables.imports import images_table

PREDICT = Path(__file__).parents[2] / "tutorials" / "predict.ows"
WIDGETS = "orangecontrib.imaging.widgets."

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """600 new pictures, whose names tell a class that no folder tells."""
    folder = tmp_path_factory.mktemp("many")
    pictures = folder / "new"
    pictures.mkdir()
    for path in write_samples(folder / "drawn", ["yeast"], per_class=150, seed=5):
        path.rename(pictures / path.name)
    return pictures


def right(predictions):
    """The share of pictures that are what their names say."""
    return np.mean([name.rsplit("_", 1)[0] == value for name, value in predictions.items()])


def test_while_a_model_embeds_a_dialog_shows_how_far_it_is_and_the_window_lives(play, many):
    found = play("predict", PREDICT, str(many))
    assert len(found["samples"]) == 40
    assert set(Counter(found["samples"].values())) == {"ER", "cytoplasm", "nucleus", "vacuole"}
    assert found["title"] == "Embedding 600 pictures …"
    assert found["state"] == "Processing"
    assert [line for line in found["lines"] if " of 600 · " in line and line.endswith(" left")]
    assert found["beats"] > 50
    assert found["p99_ms"] <= 50
    assert len(found["many"]) == 600
    assert right(found["many"]) > 0.8
    assert found["notices"] == []


def test_cancelling_tells_that_the_predictions_mean_nothing(play, many):
    found = play("cancel_predictions", PREDICT, str(many))
    [text] = found["notices"]
    assert "cancelled" in text
    assert "do not trust predictions" in text
    assert len(set(found["predicted"].values())) == 1  # all by the same averages


def test_a_column_of_another_name_is_told_once_in_the_main_window(play, write_flow, tmp_path):
    write_samples(tmp_path, ["yeast"], per_class=10)
    table = images_table(scan_folder(tmp_path / "yeast"))
    renamed = StringVariable("photo")
    renamed.attributes.update(table.domain["image"].attributes)
    other = table[:5].add_column(renamed, table[:5].get_column("image"), to_metas=True)[:, ["photo"]]
    other.save(str(tmp_path / "other.tab"))
    flow = write_flow({
        "Import Images": {"folder": str(tmp_path / "yeast")},
        "Image Embedder": (WIDGETS + "owimageembedder.OWImageEmbedder", {}),
        "Logistic Regression": ("Orange.widgets.model.owlogisticregression.OWLogisticRegression", {}),
        "File": {}, "Predictions": ("Orange.widgets.evaluate.owpredictions.OWPredictions", {})},
        [("Import Images", "Data", "Image Embedder", "Images"),
         ("Image Embedder", "Embeddings", "Logistic Regression", "Data"),
         ("Logistic Regression", "Model", "Predictions", "Predictors"),
         ("File", "Data", "Predictions", "Data")])
    found = play("predict_without_column", flow, str(Path(tmp_path, "other.tab")))
    one = [text for text in found["notices"][0] if "'other'" in text]
    for texts in found["notices"]:  # File begins with a table of its own, iris, which has no pictures either
        assert [text for text in texts if "'iris'" not in text] == one
    assert found["notices"][0] == found["notices"][1]
    assert "'iris'" in found["shown"]
    assert "'image', is not there" in found["then"]
    assert "do not trust predictions" in found["then"]
    assert [found["then"]] == one
    assert found["is_visible"]
