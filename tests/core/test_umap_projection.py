"""UMAP, which is an extra: with a stand-in for its library, and with itself where it is installed."""

import sys
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn")
from orangecontrib.imaging.core import projection
from orangecontrib.imaging.core.projection import project


def two_groups(count=60):
    vectors = np.random.default_rng(0).normal(size=(count, 20)).astype(np.float32)
    vectors[:count // 2] += 8
    return vectors


class StandIn:
    """As much of ``umap.UMAP`` as is used: it leaves points where they start."""

    made = None

    def __init__(self, **options):
        self.options = options
        type(self).made = self

    def fit_transform(self, vectors):
        self.shape = vectors.shape
        return np.asarray(self.options["init"], np.float32)


@pytest.fixture
def stand_in(monkeypatch):
    module = ModuleType("umap")
    module.UMAP = StandIn
    monkeypatch.setitem(sys.modules, "umap", module)
    monkeypatch.setattr(projection, "find_spec", lambda name: module)
    return StandIn


def test_the_library_is_asked_with_a_seed_and_a_start_and_its_places_return(stand_in):
    seen = []
    places = project(two_groups(), "UMAP", seed=7, on_progress=lambda *what: seen.append(what))
    options = stand_in.made.options
    assert (options["random_state"], options["n_neighbors"], options["n_jobs"]) == (7, 15, 1)
    assert stand_in.made.shape == (60, 20)
    assert np.abs(places).max() == pytest.approx(10, rel=0.01)
    assert (places.shape, places.dtype) == ((60, 2), np.float64)
    assert [fraction for fraction, _ in seen][:2] == [0.0, 0.1]


@pytest.mark.parametrize(("shape", "neighbours"), [((5, 3), 4), ((4, 1), 3)])
def test_few_rows_and_one_number_have_places_too(stand_in, shape, neighbours):
    assert project(np.random.default_rng(0).normal(size=shape), "UMAP").shape == (shape[0], 2)
    assert stand_in.made.options["n_neighbors"] == neighbours


@pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed (extra umap)")
def test_groups_lie_apart_and_the_same_seed_gives_the_same_places(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))  # else beside the library
    places = project(two_groups(), "UMAP")
    near, far = np.std(places[:30], axis=0).max(), np.abs(places[:30].mean(axis=0) - places[30:].mean(axis=0)).max()
    assert far > 2 * near
    assert (project(two_groups(), "UMAP") == places).all()
