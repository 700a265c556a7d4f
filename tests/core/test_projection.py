"""Places on a plane for vectors, and for distances."""

import tracemalloc

import numpy as np
import pytest

pytest.importorskip("openTSNE", reason="needs openTSNE")
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

from orangecontrib.imaging.core import neighbours, projection
from orangecontrib.imaging.core.errors import Cancelled, WrongUse
from orangecontrib.imaging.core.neighbours import nearest, nearest_of_distances
from orangecontrib.imaging.core.projection import DISTANCE_METHODS, METHODS, project, project_distances
from orangecontrib.imaging.core.scaling import classical_scaling, landmark_scaling

BUILT_IN = [method for method in METHODS if method != "UMAP"]


def clusters(rows, count=4, dimension=30, seed=0):
    """Vectors (rows, dimension) around `count` far places, and which each belongs to."""
    random = np.random.default_rng(seed)
    group = random.integers(0, count, rows)
    return random.normal(size=(count, dimension))[group] * 8 + random.normal(size=(rows, dimension)), group


def stress(distances, places):
    return np.sqrt(((distances - pairwise_distances(places)) ** 2).sum() / (distances ** 2).sum())


@pytest.mark.parametrize("method", BUILT_IN)
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 12, 200])
def test_any_number_of_rows_has_places_one_each(method, rows):
    places = project(np.random.default_rng(0).normal(size=(rows, 7)), method)
    assert places.shape == (rows, 2)
    assert places.dtype == np.float64
    assert np.isfinite(places).all()
    assert len(np.unique(places.round(9), axis=0)) == rows


@pytest.mark.parametrize("method", BUILT_IN)
def test_rows_of_one_cluster_lie_nearer_each_other_than_other_clusters(method):
    vectors, group = clusters(160)
    places = project(vectors, method)
    distances = pairwise_distances(places)
    np.fill_diagonal(distances, np.inf)
    assert (group[distances.argmin(axis=1)] == group).mean() >= (0.99 if method == "t-SNE" else 0.9)


def test_tsne_keeps_neighbours_better_than_two_principal_components():
    vectors, _ = clusters(300, count=20)
    plain = trustworthiness(vectors, project(vectors, "PCA"))
    assert trustworthiness(vectors, project(vectors, "t-SNE")) > plain + 0.008


@pytest.mark.parametrize("method", BUILT_IN)
def test_the_same_seed_gives_the_same_places(method):
    vectors, _ = clusters(300)
    assert np.array_equal(project(vectors, method, seed=3), project(vectors, method, seed=3))


@pytest.mark.parametrize("method", BUILT_IN)
@pytest.mark.parametrize("rows", [3, 300])
def test_rows_in_another_order_go_to_the_same_places(method, rows):
    vectors, _ = clusters(rows)
    order = np.random.default_rng(1).permutation(rows)
    assert np.array_equal(project(vectors[order], method), project(vectors, method)[order])


@pytest.mark.parametrize("method", BUILT_IN)
@pytest.mark.parametrize("rows", [1, 2, 50])
def test_equal_rows_lie_at_one_place(method, rows):
    assert np.array_equal(project(np.full((rows, 5), 0.25), method), np.zeros((rows, 2)))


@pytest.mark.parametrize("method", BUILT_IN)
def test_two_sets_of_equal_rows_lie_apart(method):
    vectors = np.repeat([[0.0, 1, 0], [5, 0, 2]], 40, axis=0)
    places = project(vectors, method)
    apart = np.linalg.norm(places[:40].mean(axis=0) - places[40:].mean(axis=0))
    assert apart > 100 * max(np.ptp(places[:40], axis=0).max(), np.ptp(places[40:], axis=0).max())


@pytest.mark.parametrize("method", BUILT_IN)
def test_a_single_number_a_row_is_enough(method):
    places = project(np.linspace(0, 1, 30)[:, None], method)
    assert np.isfinite(places).all()
    assert np.linalg.norm(places[0] - places[1]) < np.linalg.norm(places[0] - places[29])


def test_pca_gives_the_first_two_components():
    vectors, _ = clusters(60)
    assert np.allclose(np.abs(project(vectors, "PCA")), np.abs(PCA(2).fit_transform(vectors)))


def test_numbers_of_both_precisions_give_nearly_the_same():
    vectors, _ = clusters(60)
    assert np.allclose(project(vectors.astype(np.float32), "PCA"), project(vectors, "PCA"), atol=1e-3)


def test_mds_finds_points_of_a_plane_again():
    points = np.random.default_rng(2).normal(size=(80, 2))
    places = project_distances(pairwise_distances(points))
    assert np.allclose(pairwise_distances(places), pairwise_distances(points), atol=1e-6)


def test_mds_has_less_stress_than_the_principal_components_it_starts_from():
    vectors, _ = clusters(100, count=6)
    distances = pairwise_distances(vectors)
    start = stress(distances, classical_scaling(distances))
    assert start == pytest.approx(stress(distances, PCA(2).fit_transform(vectors)))
    assert stress(distances, project(vectors, "MDS")) < 0.8 * start


def test_classical_scaling_of_many_rows_is_that_of_few():
    points = np.random.default_rng(2).normal(size=(501, 3))
    found = classical_scaling(pairwise_distances(points))
    expected = PCA(2).fit_transform(points)
    assert np.allclose(np.abs(found), np.abs(expected), atol=1e-6)


def test_mds_of_many_rows_places_them_by_some_of_them(monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.scaling._MOST_AT_ONCE", 60)
    monkeypatch.setattr("orangecontrib.imaging.core.scaling._LANDMARKS", 40)
    points = np.random.default_rng(2).normal(size=(300, 2))
    places = project(points, "MDS")
    assert stress(pairwise_distances(points), places) < 0.01


@pytest.mark.parametrize("method", DISTANCE_METHODS)
@pytest.mark.parametrize("rows", [1, 2, 3, 40])
def test_distances_lead_to_places_too(method, rows):
    points = np.random.default_rng(2).normal(size=(rows, 5))
    places = project_distances(pairwise_distances(points), method)
    assert places.shape == (rows, 2)
    assert np.isfinite(places).all()


def test_tsne_of_distances_keeps_clusters_together():
    vectors, group = clusters(160)
    distances = pairwise_distances(project_distances(pairwise_distances(vectors), "t-SNE"))
    np.fill_diagonal(distances, np.inf)
    assert (group[distances.argmin(axis=1)] == group).all()


def test_many_rows_are_placed_between_landmarks_as_the_whole_would_be():
    points = np.random.default_rng(2).normal(size=(1700, 2)) * (5, 1)
    distances = pairwise_distances(points)
    assert stress(distances, landmark_scaling(distances)) < 1e-6
    assert np.array_equal(landmark_scaling(distances[:400, :400]), classical_scaling(distances[:400, :400]))


@pytest.mark.parametrize("method", DISTANCE_METHODS)
def test_many_distances_are_not_copied_as_a_whole(method, monkeypatch):
    distances = pairwise_distances(clusters(3000)[0])
    monkeypatch.setattr(projection, "t_sne_of_distances", stopped_before_optimising)
    tracemalloc.start()
    project_distances(distances, method)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.6 * distances.nbytes  # blocks of 1,000 of the 3,000 rows, whatever their number


def stopped_before_optimising(distances, seed, tell):
    nearest_of_distances(distances, 90, lambda fraction: None)
    return landmark_scaling(distances, seed)


def test_neighbours_by_distances_are_the_same_in_blocks(monkeypatch):
    distances = pairwise_distances(clusters(50)[0])
    whole = nearest_of_distances(distances, 5, lambda fraction: None)
    monkeypatch.setattr(neighbours, "_BLOCK_ROWS", 7)
    shares = []
    for expected, found in zip(whole, nearest_of_distances(distances, 5, shares.append)):
        assert np.array_equal(expected, found)
    assert shares[-1] == 1
    assert len(shares) == 8


def test_all_distances_zero_means_one_place():
    assert np.array_equal(project_distances(np.zeros((4, 4)), "t-SNE"), np.zeros((4, 2)))


def test_neighbours_are_the_nearest_others_also_among_equal_rows():
    vectors = np.random.default_rng(0).normal(size=(1500, 3))
    vectors[10:40] = vectors[10]
    rows, distances = nearest(vectors, 5, lambda fraction: None)
    assert not (rows == np.arange(1500)[:, None]).any()
    all_distances = pairwise_distances(vectors)
    np.fill_diagonal(all_distances, np.inf)
    assert np.allclose(distances, np.sort(all_distances, axis=1)[:, :5], atol=1e-6)
    assert np.allclose(distances, np.take_along_axis(pairwise_distances(vectors), rows, 1), atol=1e-6)
    found = nearest_of_distances(pairwise_distances(vectors), 5, lambda fraction: None)
    assert np.allclose(found[1], distances, atol=1e-6)


def test_progress_grows_to_the_end_and_shows_places_on_the_way():
    told = []
    vectors, _ = clusters(120)
    places = project(vectors, "t-SNE", on_progress=lambda *what: told.append(what))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == pytest.approx(1)
    shown = [early for _, early in told if early is not None]
    assert len(shown) >= 10
    assert np.allclose(shown[-1], places, atol=0.1)
    assert {early.shape for early in shown} == {(120, 2)}


@pytest.mark.parametrize("method", BUILT_IN)
def test_it_stops_when_asked(method):
    vectors, _ = clusters(3000)
    with pytest.raises(Cancelled):
        project(vectors, method, cancelled=lambda: True)


def test_distances_stop_when_asked():
    with pytest.raises(Cancelled):
        project_distances(pairwise_distances(clusters(800)[0]), cancelled=lambda: True)


@pytest.mark.parametrize(("vectors", "text"), [
    (np.array([[1.0, np.nan], [np.inf, 1], [1, 1]]), "missing in 2 of 3 rows.*Leave these rows out"),
    (np.empty((4, 0)), "no numbers to lay the pictures out by.*Image Embedder"),
    (np.empty((0, 4)), "no numbers"),
])
def test_what_cannot_be_laid_out_is_said(vectors, text):
    with pytest.raises(WrongUse, match=text):
        project(vectors, "PCA")


def test_an_unknown_layout_names_the_known_ones():
    with pytest.raises(WrongUse, match="'SOM' is not a layout. Choose one of: t-SNE, UMAP, PCA, MDS"):
        project(np.ones((4, 4)), "SOM")
    with pytest.raises(WrongUse, match="'PCA' cannot start from distances. Choose t-SNE or MDS"):
        project_distances(np.ones((4, 4)), "PCA")


def test_umap_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(projection, "find_spec", lambda name: None if name == "umap" else name)
    with pytest.raises(WrongUse, match=r'UMAP is not installed.*pip install "Orange3-Imaging\[umap\]"'):
        project(np.ones((4, 4)), "UMAP")


def test_a_package_that_layouts_need_is_named(monkeypatch):
    monkeypatch.setattr(projection, "find_spec", lambda name: None if name == "openTSNE" else name)
    with pytest.raises(WrongUse, match="Layouts need openTSNE, not installed here. Install it: pip install openTSNE"):
        project(np.ones((4, 4)), "PCA")


@pytest.mark.parametrize(("distances", "text"), [
    (np.ones((3, 2)), "3 × 2"),
    (np.array([[0, np.nan], [np.nan, 0]]), "missing, infinite or negative"),
    (np.array([[0, -1.0], [-1, 0]]), "missing, infinite or negative"),
    (np.array([[0, 1.0], [2, 0]]), "differs from the way back"),
])
def test_what_are_no_distances_is_said(distances, text):
    with pytest.raises(WrongUse, match=text):
        project_distances(distances)
