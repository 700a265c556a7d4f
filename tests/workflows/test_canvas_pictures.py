"""The widgets for pictures in Orange's own canvas, on a screen, driven by mouse and keys."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from opened_shards import make_shards
from PIL import Image

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.samples import SAMPLE_SETS, write_samples

TUTORIALS = Path(__file__).parents[2] / "tutorials"
BLOOD = Path(__file__).parents[3] / "shared" / "data" / "blood"
WIDGETS = "orangecontrib.imaging.widgets."
VIEWER = (WIDGETS + "owimageviewer.OWImageViewer", {})
SAMPLES = {"folder": "samples:nuclei"}

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@pytest.fixture(scope="module")
def blood(tmp_path_factory):
    """Photographs of white blood cells: 15 of each of four kinds."""
    if not BLOOD.is_dir():
        pytest.skip("the pictures of white blood cells are not beside this project")
    folder = tmp_path_factory.mktemp("blood")
    for category in sorted(one for one in BLOOD.iterdir() if one.is_dir()):
        pictures = sorted(category.iterdir())[:15]
        (folder / category.name).mkdir()
        for picture in pictures:
            shutil.copyfile(picture, folder / category.name / picture.name)
    return folder


@pytest.fixture
def flow_to(write_flow):
    """Return a function that writes a workflow: folder, embedder, a widget, and a viewer of what it sends."""
    def write(title, module, folder, settings=None):
        names = {"Import Images": {"folder": str(folder)},
                 "Image Embedder": (WIDGETS + "owimageembedder.OWImageEmbedder", {}),
                 title: (WIDGETS + module, settings or {}), "Image Viewer": VIEWER}
        into = "Embeddings" if title == "Image Grid" else "Data"
        return write_flow(names, [("Import Images", "Data", "Image Embedder", "Images"),
                                  ("Image Embedder", "Embeddings", title, into),
                                  (title, "Selected Images", "Image Viewer", "Data")], f"{title}.ows")
    return write


def test_digits_label_what_a_rubber_band_touched_and_the_labels_are_sent_as_the_class(play, write_flow):
    flow = write_flow({"Import Images": SAMPLES, "Image Viewer": VIEWER, "Labeled": VIEWER},
                      [("Import Images", "Data", "Image Viewer", "Data"),
                       ("Image Viewer", "Labeled Images", "Labeled", "Data")], "label.ows")
    found = play("label", flow)
    assert found["found"] == sorted(f"{kind}_01{digit}" for kind in ("NSN", "SN") for digit in range(10))
    clear, blurred, unsure = found["bands"]
    assert [*clear, *blurred] == [f"NSN_{number:03}" for number in range(1, len(clear) + 3)]
    assert unsure == [f"NSN_{2 * len(clear) + 1:03}"]
    assert len(blurred) == 2
    assert found["said"] == f"{len(clear) + 3} of 200 labeled"
    assert found["column"] == "label"
    assert found["sent"] == sorted([name, label] for label, names in (
        ("clear", clear), ("blurred", blurred), ("unsure", unsure)) for name in names)


def test_the_full_view_goes_on_zooms_and_says_the_number_under_the_pointer(play, write_flow):
    flow = write_flow({"Import Images": SAMPLES, "Image Viewer": VIEWER},
                      [("Import Images", "Data", "Image Viewer", "Data")], "look.ows")
    found = play("look_closely", flow)
    assert found["groups"] == [["NSN", 100], ["SN", 100]]
    assert found["title"] == "NSN_002 — 180 × 180 — 2 of 200"
    assert found["nearer"] > 1.5 * found["fitted"]
    with Image.open(found["path"]) as picture:
        assert f"{picture.getpixel((100, 60))}" in found["value"]


def test_similar_pictures_are_neighbors_in_the_grid_and_groups_chosen_there_are_sent(play, flow_to):
    found = play("lay_out_grid", flow_to("Image Grid", "owimagegrid.OWImageGrid", SAMPLES["folder"]))
    rows, columns = found["shape"]
    assert sorted(found["cells"]) == sorted(set(found["cells"]))
    assert max(found["cells"]) < rows * columns
    assert Counter(group for _, group in found["sent"]) == {"G1": 6, "G2": 4}
    at = dict(zip(found["cells"], found["names"]))
    assert sorted(name for name, group in found["sent"] if group == "G1") == sorted(
        at[row * columns + column] for row in range(2) for column in range(3))
    kind = dict(zip(found["cells"], found["categories"]))
    beside = [kind[cell] == kind[cell + 1] for cell in found["cells"] if cell + 1 in kind and (cell + 1) % columns]
    assert np.mean(beside) > 0.8  # by chance a half


@pytest.mark.parametrize("pictures", ["samples", "blood"])
def test_a_lasso_on_the_map_sends_what_lies_inside_and_the_wheel_keeps_the_point_below_it(play, flow_to, pictures,
                                                                                          request):
    folder = request.getfixturevalue("blood") if pictures == "blood" else SAMPLES["folder"]
    name = "blood-" if pictures == "blood" else ""
    found = play("explore_map", flow_to("Image Map", "owimagemap.OWImageMap", folder), name)
    assert found["nearer"] == pytest.approx(1.25 ** 4)
    assert np.abs(found["moved"]).max() < 1.5
    assert 0.05 * found["count"] < len(found["inside"]) < 0.3 * found["count"]
    assert found["sent"] == found["inside"]


def test_saved_pictures_lie_in_folders_by_class_as_they_were_and_the_table_says_where(play, write_flow,
                                                                                        tmp_path_factory):
    target = tmp_path_factory.mktemp("Nuclei", numbered=False) / "Sorted"
    target.mkdir()
    flow = write_flow({"Import Images": SAMPLES, "Save Images": (WIDGETS + "owsaveimages.OWSaveImages",
                                                                 {"folder": str(target)}), "Image Viewer": VIEWER},
                      [("Import Images", "Data", "Save Images", "Data"),
                       ("Save Images", "Saved Images", "Image Viewer", "Data")], "save.ows")
    found = play("save", flow)
    assert found["errors"] == []
    assert found["origin"] == str(target)
    assert [Path(path).parts[0] for path in found["paths"]] == found["classes"]
    assert Counter(found["classes"]) == {"NSN": 100, "SN": 100}
    paths = [target / path for path in found["paths"]]
    assert sorted(paths) == sorted(target.rglob("*.png"))
    samples = SAMPLE_SETS["nuclei"]
    for path in paths[::40]:
        with Image.open(path) as saved:
            np.testing.assert_array_equal(saved, samples.draw(path.parent.name, int(path.stem[-3:])))


def test_a_sample_of_shards_is_laid_out_and_its_pictures_are_shown(play, write_flow, tmp_path_factory):
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("Screen", numbered=False)
    write_samples(folder, ["plates"])
    images = scan_folder(str(folder / "plates")).images
    plates = [Path(image.name).stem.split("_")[0] for image in images]
    found = embed([image.path for image in images], "squeezenet")
    out = make_shards(folder / "vectors", [image.name for image in images], 50, str(folder / "plates"),
                      {"category": [image.category for image in images], "plate": plates}, skipped=[7],
                      identity=found.identity, vectors=found.vectors)
    flow = write_flow({"Open Embeddings": (WIDGETS + "owopenembeddings.OWOpenEmbeddings", {"folder": out}),
                       "Image Map": (WIDGETS + "owimagemap.OWImageMap", {}), "Image Viewer": VIEWER},
                      [("Open Embeddings", "Embeddings", "Image Map", "Data"),
                       ("Image Map", "Selected Images", "Image Viewer", "Data")], "open.ows")
    found = play("open_embeddings", flow)
    assert found["whole"] == len(images) - 1
    assert found["contents"]["Skipped"] == "1 picture"
    counts = Counter(found["plates"])
    assert counts.total() == 80
    assert set(counts) == set(plates)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len(set(found["paths"])) == 80
    assert set(found["paths"]) <= {image.path for image in images}
    assert min(found["seen"]) > 10


def test_scores_of_pictures_go_on_by_folds_of_groups_when_these_are_made_anew(play):
    first, second = play("fold_groups", TUTORIALS / "grouped.ows")["by_seed"]
    assert first[:2] == second[:2] == ["Cross validation by feature", "Fold"]
    assert len(first[2]) == len(second[2]) == 200
    assert first[2] != second[2]
