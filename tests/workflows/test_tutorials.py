"""The tutorials: what they hold, and what they give on sample pictures and on real ones."""

import shutil
from ast import literal_eval
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree
from zlib import crc32

import numpy as np
import pytest
from csv_rows import read_csv
from PIL import Image

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import WorkflowError
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.samples.yeast import any_class
from orangecontrib.imaging.workflow import demo, run_workflow

TUTORIALS = Path(__file__).parents[2] / "tutorials"
BLOOD = Path(__file__).parents[3] / "shared" / "data" / "blood"


def vectors(rows, length=512):
    return np.array([[float(row[f"n{number}"]) for number in range(length)] for row in rows])


def links(name):
    """(source, output, sink, input) of each link, by the widgets' titles."""
    root = ElementTree.fromstring(TUTORIALS.joinpath(name).read_bytes())
    titles = {node.get("id"): node.get("title") for node in root.iterfind("nodes/node")}
    return {(titles[link.get("source_node_id")], link.get("source_channel"),
             titles[link.get("sink_node_id")], link.get("sink_channel"))
            for link in root.iterfind("links/link")}


def colours(path):
    """The picture's size and how many pixels each colour has, most frequent first."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
        return picture.size, np.unique(pixels, axis=0, return_counts=True)


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    """The results of explore.ows on its sample pictures."""
    out = tmp_path_factory.mktemp("explored")
    run_workflow(TUTORIALS / "explore.ows", out=out)
    return out


@pytest.fixture(scope="module")
def classified(tmp_path_factory):
    """The results of classify.ows on its sample pictures."""
    out = tmp_path_factory.mktemp("classified")
    run_workflow(TUTORIALS / "classify.ows", out=out)
    return out


def test_explore_has_the_promised_links():
    assert links("explore.ows") == {
        ("Import Images", "Data", "Image Embedder", "Images"),
        ("Image Embedder", "Embeddings", "Image Viewer (All)", "Data"),
        ("Image Embedder", "Embeddings", "Distances", "Data"),
        ("Distances", "Distances", "Hierarchical Clustering", "Distances"),
        ("Hierarchical Clustering", "Selected Data", "Image Viewer (Cluster)", "Data"),
        ("Distances", "Distances", "MDS", "Distances"),
        ("Hierarchical Clustering", "Selected Data", "MDS", "Data Subset"),
        ("MDS", "Selected Data", "Image Viewer (Map)", "Data")}


def test_classify_has_the_promised_links():
    assert links("classify.ows") == {
        ("Import Images", "Data", "Image Embedder", "Images"),
        ("Image Embedder", "Embeddings", "Test and Score", "Data"),
        ("Logistic Regression", "Learner", "Test and Score", "Learner"),
        ("Test and Score", "Evaluation Results", "Confusion Matrix", "Evaluation Results"),
        ("Confusion Matrix", "Selected Data", "Image Viewer", "Data"),
        ("Image Embedder", "Embeddings", "Distances", "Data"),
        ("Distances", "Distances", "MDS", "Distances"),
        ("Confusion Matrix", "Selected Data", "MDS", "Data Subset")}


def test_map_and_grid_have_the_promised_links():
    begin = ("Import Images", "Data", "Image Embedder", "Images")
    assert links("map.ows") == {
        begin, ("Image Embedder", "Embeddings", "Image Map", "Data"),
        ("Image Map", "Selected Images", "Image Viewer", "Data")}
    assert links("grid.ows") == {
        begin, ("Image Embedder", "Embeddings", "Image Grid", "Embeddings"),
        ("Image Grid", "Selected Images", "Image Viewer", "Data"),
        ("Image Grid", "Selected Images", "Save Images", "Data")}


def test_grouped_has_the_promised_links():
    assert links("grouped.ows") == {
        ("Import Images", "Data", "Image Embedder", "Images"),
        ("Image Embedder", "Embeddings", "Test and Score (Ordinary Folds)", "Data"),
        ("Image Embedder", "Embeddings", "Group Folds", "Data"),
        ("Group Folds", "Data", "Test and Score (Whole Plates)", "Data"),
        ("Logistic Regression", "Learner", "Test and Score (Ordinary Folds)", "Learner"),
        ("Logistic Regression", "Learner", "Test and Score (Whole Plates)", "Learner")}


def test_large_has_the_promised_links():
    assert links("large.ows") == {
        ("Import Images", "Data", "Image Embedder", "Images"),
        ("Image Embedder", "Embeddings", "Image Map", "Data"),
        ("Image Map", "Selected Images", "Image Viewer (Map)", "Data"),
        ("Image Embedder", "Embeddings", "k-Means", "Data"),
        ("k-Means", "Data", "Image Viewer (k-Means)", "Data"),
        ("Image Embedder", "Embeddings", "Data Sampler", "Data"),
        ("Data Sampler", "Data Sample", "Distances", "Data"),
        ("Distances", "Distances", "Hierarchical Clustering", "Distances"),
        ("Hierarchical Clustering", "Selected Data", "Image Viewer (Cluster)", "Data")}


def test_predict_has_the_promised_links():
    assert links("predict.ows") == {
        ("Import Images (Training)", "Data", "Image Embedder", "Images"),
        ("Image Embedder", "Embeddings", "Logistic Regression", "Data"),
        ("Logistic Regression", "Model", "Predictions", "Predictors"),
        ("Import Images (New)", "Data", "Predictions", "Data"),
        ("Predictions", "Selected Predictions", "Image Viewer", "Data"),
        ("Predictions", "Selected Predictions", "Data Table", "Data")}


@pytest.mark.parametrize("name", sorted(
    path.name for path in TUTORIALS.iterdir() if path.name.endswith(".ows")))
def test_the_settings_of_a_tutorial_are_plain_literals(name):
    root = ElementTree.fromstring(TUTORIALS.joinpath(name).read_bytes())
    settings = root.findall("node_properties/properties")
    assert settings
    for one in settings:
        assert one.get("format") == "literal"
        assert isinstance(literal_eval(one.text), dict)


def test_explore_embeds_all_sample_pictures_and_gives_each_a_cluster(explored):
    rows = read_csv(explored / "Hierarchical Clustering - Data.csv")
    assert len(rows) == len(read_csv(explored / "Import Images - Data.csv")) == 200
    assert Counter(row["category"] for row in rows) == {"NSN": 100, "SN": 100}
    assert {row["Cluster"] for row in rows} == {"C1", "C2"}
    assert vectors(rows).std(axis=0).max() > 1


def test_the_tree_is_cut_from_cosine_distances_by_ward(explored):
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    rows = read_csv(explored / "Hierarchical Clustering - Data.csv")
    expected = fcluster(linkage(pdist(vectors(rows), "cosine"), "ward"), 2, "maxclust")
    pairs = Counter(zip((row["Cluster"] for row in rows), expected, strict=True))
    assert len(pairs) == 2


def test_the_dendrogram_shows_both_clusters_in_colour(explored):
    (width, height), (shades, counts) = colours(explored / "Hierarchical Clustering.png")
    assert width > 600
    assert height > 2000
    assert len(shades) > 50
    strong = shades.max(axis=1).astype(int) - shades.min(axis=1) > 60
    assert (counts[strong] > 100_000).sum() == 2


def test_the_map_shows_a_point_for_every_picture(explored):
    (width, height), (shades, _) = colours(explored / "MDS.png")
    assert width >= 700
    assert height >= 700
    assert len(shades) > 100
    places = {(row["mds-x"], row["mds-y"]) for row in read_csv(explored / "MDS - Data.csv")}
    assert len(places) == 200


def test_the_viewer_shows_pictures_not_empty_frames(explored):
    _, (shades, counts) = colours(explored / "Image Viewer (All).png")
    dark = shades.max(axis=1) < 60
    assert counts[dark].sum() > 0.1 * counts.sum()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """The results of map.ows on its sample pictures."""
    out = tmp_path_factory.mktemp("mapped")
    run_workflow(TUTORIALS / "map.ows", out=out)
    return out


@pytest.fixture(scope="module")
def gridded(tmp_path_factory):
    """The results of grid.ows on its sample pictures."""
    out = tmp_path_factory.mktemp("gridded")
    run_workflow(TUTORIALS / "grid.ows", out=out)
    return out


def test_on_the_map_the_nearest_picture_is_mostly_of_the_same_kind(mapped):
    rows = read_csv(mapped / "Image Map - Data.csv")
    places = np.array([[float(row["map x"]), float(row["map y"])] for row in rows])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    kinds = np.array([row["category"] for row in rows])
    assert Counter(kinds) == dict.fromkeys(("ER", "cytoplasm", "nucleus", "vacuole"), 60)
    assert np.mean(kinds == kinds[apart.argmin(axis=1)]) > 0.6  # by chance a fourth
    _, (shades, counts) = colours(mapped / "Image Map.png")
    assert counts[shades.max(axis=1) < 60].sum() > 0.02 * counts.sum()  # the dark grounds of pictures


def test_the_grid_shows_all_sample_pictures_and_saves_none_unasked(gridded):
    rows = read_csv(gridded / "Image Grid - Images.csv")
    assert Counter(row["category"] for row in rows) == {"NSN": 100, "SN": 100}
    _, (shades, counts) = colours(gridded / "Image Grid.png")
    assert counts[shades.max(axis=1) < 60].sum() > 0.3 * counts.sum()
    assert not list(gridded.glob("Save Images*"))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The results of large.ows on its sample pictures."""
    out = tmp_path_factory.mktemp("many")
    run_workflow(TUTORIALS / "large.ows", out=out)
    return out


@pytest.mark.heavy
def test_large_keeps_50_components_of_all_pictures_and_shows_them_all_on_a_map(many):
    rows = read_csv(many / "Image Embedder - Embeddings.csv")
    components = vectors(rows, 50)
    assert len(rows) == len(read_csv(many / "Image Map - Data.csv")) == 240
    assert "n50" not in rows[0]
    assert (np.diff(components.var(axis=0)) <= 0).all()
    np.testing.assert_allclose(components.mean(axis=0), 0, atol=1e-3)


@pytest.mark.heavy
def test_k_means_clusters_all_pictures_and_not_scaled_components(many):
    from sklearn.cluster import KMeans

    rows = read_csv(many / "k-Means - Data.csv")
    components, clusters = vectors(rows, 50), np.array([row["Cluster"] for row in rows])
    centers = {name: components[clusters == name].mean(axis=0) for name in np.unique(clusters)}
    spread = sum(((components[clusters == name] - center) ** 2).sum() for name, center in centers.items())
    assert len(rows) == 240
    assert len(centers) == 4
    assert spread == pytest.approx(KMeans(4, n_init=10, random_state=0).fit(components).inertia_, rel=0.01)
    assert not (many / "k-Means.png").exists()  # its main area is hidden: there is nothing to draw


@pytest.mark.heavy
def test_the_tree_is_that_of_a_sample(many):
    from scipy.cluster.hierarchy import fcluster, linkage

    rows = read_csv(many / "Hierarchical Clustering - Data.csv")
    assert len(rows) == len({row["image"] for row in rows}) == 200
    expected = fcluster(linkage(vectors(rows, 50), "ward"), 4, "maxclust")
    assert len(Counter(zip((row["Cluster"] for row in rows), expected, strict=True))) == 4


def test_classify_is_right_about_most_but_not_all_sample_pictures(classified):
    rows = read_csv(classified / "Test and Score - Predictions.csv")
    assert len(rows) == 240
    assert 0.85 <= accuracy(rows) <= 0.97
    [scores] = read_csv(classified / "Test and Score - Scores.csv")
    assert scores["Model"] == "Logistic Regression"
    assert float(scores["CA"]) == pytest.approx(accuracy(rows))
    assert 0.95 < float(scores["AUC"]) < 1


def test_the_confusion_matrix_counts_the_same_answers(classified):
    rows = read_csv(classified / "Confusion Matrix - Data.csv")
    scored = read_csv(classified / "Test and Score - Predictions.csv")
    assert accuracy(rows, "category(Logistic Regression)") == accuracy(scored)
    assert (classified / "Confusion Matrix.png").stat().st_size > 5000
    assert not (classified / "Image Viewer.png").exists()  # no cell was chosen: it has nothing to show


@pytest.mark.heavy
def test_grouped_shows_both_scores_and_the_ordinary_one_flatters(tmp_path, capsys):
    run_workflow(TUTORIALS / "grouped.ows", out=tmp_path)
    rows = {name: read_csv(tmp_path / f"Test and Score ({name}) - Predictions.csv")
            for name in ("Ordinary Folds", "Whole Plates")}
    ordinary, grouped = map(accuracy, rows.values())
    with capsys.disabled():
        print(f"\nplates: ordinary folds {ordinary:.3f}, whole plates {grouped:.3f}")
    assert ordinary >= grouped + 0.1
    assert 0.6 <= grouped <= 0.8  # better than by chance, which is 0.5
    folded = read_csv(tmp_path / "Group Folds - Data.csv")
    assert len({(row["plate"], row["Fold"]) for row in folded}) == len({row["plate"] for row in folded}) == 10
    # Test and Score made its folds of this column: it writes them to a column of its own.
    assert len({(row["Fold"], row["Fold (1)"]) for row in rows["Whole Plates"]}) == 5


@pytest.mark.heavy
def test_predict_tells_the_classes_of_pictures_that_nobody_labeled(tmp_path):
    run_workflow(TUTORIALS / "predict.ows", out=tmp_path)
    rows = read_csv(tmp_path / "Predictions - Selected Predictions.csv")
    draws = (np.random.default_rng([0, crc32(b"yeast-new"), 0, number]) for number in range(1, 41))
    truth = {f"picture_{number:03}": any_class(draw) for number, draw in enumerate(draws, 1)}
    assert {row["image name"] for row in rows} == {*truth}
    assert "category" not in rows[0]
    assert np.mean([row["Logistic Regression"] == truth[row["image name"]] for row in rows]) >= 0.8


def accuracy(rows, predicted="Logistic Regression"):
    """The share of rows whose class was predicted."""
    return float(np.mean([row["category"] == row[predicted] for row in rows]))


@pytest.fixture(scope="module")
def blood(tmp_path_factory):
    """White blood cells, without the class of a single picture."""
    if not BLOOD.is_dir():
        pytest.skip("the pictures of white blood cells are not beside this project")
    folder = tmp_path_factory.mktemp("blood")
    for category in sorted(BLOOD.iterdir()):
        if len(list(category.iterdir())) > 1:
            shutil.copytree(category, folder / category.name)
    return folder


@pytest.fixture(scope="module")
def blood_rows(blood, tmp_path_factory):
    """The predictions of classify.ows on white blood cells."""
    out = tmp_path_factory.mktemp("blood results")
    run_workflow(TUTORIALS / "classify.ows", folder=blood, out=out)
    return read_csv(out / "Test and Score - Predictions.csv")


@pytest.mark.heavy
def test_classify_agrees_with_scikit_learn_on_blood_cells(blood, blood_rows, capsys):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    found = scan_folder(blood).images
    numbers = embed([image.path for image in found]).vectors
    classes = [image.category for image in found]
    model = LogisticRegression(C=1, max_iter=10000)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    expected = cross_val_score(model, numbers, classes, cv=folds).mean()
    with capsys.disabled():
        print(f"\nblood cells: scikit-learn {expected:.4f}, Test and Score {accuracy(blood_rows):.4f}")
    assert expected >= 0.925
    assert abs(accuracy(blood_rows) - expected) <= 0.02


def test_the_folder_given_takes_the_place_of_the_samples(blood_rows):
    assert len(blood_rows) == 299
    assert Counter(row["category"] for row in blood_rows) == {
        "neutrophil": 176, "lymphocyte": 53, "monocyte": 48, "eosinophil": 22}


def test_one_picture_gives_a_clear_error_not_a_crash(tmp_path):
    Image.new("RGB", (40, 40), "grey").save(tmp_path / "one.png")
    with pytest.raises(WorkflowError, match="Test and Score: "):
        run_workflow(TUTORIALS / "classify.ows", folder=tmp_path)


def test_the_demo_leaves_pictures_tables_and_a_workflow_that_runs_again(tmp_path):
    written = demo(tmp_path / "demo", screen=False)
    assert {"MDS.png", "Hierarchical Clustering.png", "Image Embedder - Embeddings.csv"} <= {
        path.name for path in written}
    assert len(list((tmp_path / "demo" / "pictures" / "nuclei").rglob("*.png"))) == 200
    again = run_workflow(tmp_path / "demo" / "explore.ows", out=tmp_path / "again")
    assert (tmp_path / "again" / "Image Embedder - Embeddings.csv").read_bytes() == (
        tmp_path / "demo" / "Image Embedder - Embeddings.csv").read_bytes()
    assert len(again) == len(written)
