"""Principal components are those of NumPy's singular value decomposition, and say what they were made from."""

import json
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from orangecontrib.imaging.core.components import to_components
from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.found import Skipped

NEEDS_SCIKIT_LEARN = pytest.mark.skipif(find_spec("sklearn") is None, reason="needs scikit-learn")
SPREAD = np.array([9, 5, 3, 2, 1.4, 1, 0.7, 0.5, 0.3])  # of the directions, so that none is like another


def embeddings(rows=40, dimension=9, seed=0):
    """Vectors that differ by `SPREAD` along directions that are no axes, about a centre that is not zero."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0][:len(SPREAD)]
    vectors = 50 + rng.standard_normal((rows, len(directions))) * SPREAD[:len(directions)] @ directions
    return Embeddings(vectors.astype(np.float32), np.arange(rows) * 2, (Skipped(1, "b.png", "bad"),),
                      '{"network": "x", "weights": "0"}', np.arange(rows) < 3, "CPU", "why", ("note",))


def by_svd(vectors, count):
    """(m, count) coordinates, largest variance first; their signs are a matter of taste."""
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    return (left * lengths)[:, :count]


@NEEDS_SCIKIT_LEARN
@pytest.mark.parametrize(("rows", "dimension", "count"), [
    (40, 9, 4), (40, 9, 9), (40, 9, 1), (7, 30, 3), (7, 30, 6), (9, 9, 5), (10, 9, 5), (2, 9, 1),
], ids=str)
def test_the_coordinates_are_those_of_numpys_decomposition(rows, dimension, count):
    given = embeddings(rows, dimension)
    found = to_components(given, count).vectors
    assert (found.shape, found.dtype) == ((rows, count), np.float32)
    expected = by_svd(given.vectors, count)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-4)  # one sign a component, not one a number


@NEEDS_SCIKIT_LEARN
def test_components_are_centred_uncorrelated_and_fall_in_variance():
    found = to_components(embeddings(200), 5).vectors.astype(np.float64)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    covariance = found.T @ found
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() <= 1e-5 * covariance[0, 0]
    assert (np.diff(found.var(axis=0)) < 0).all()
    np.testing.assert_allclose(found.std(axis=0), SPREAD[:5], rtol=0.25)  # not scaled to variance one


@NEEDS_SCIKIT_LEARN
def test_all_components_keep_every_distance():
    given = embeddings(40)
    found = to_components(given, 9).vectors
    for one, other in ((0, 1), (5, 30), (7, 39)):
        expected = np.linalg.norm(given.vectors[one] - given.vectors[other])
        assert abs(np.linalg.norm(found[one] - found[other]) - expected) <= 1e-4 * expected


@NEEDS_SCIKIT_LEARN
def test_a_large_common_offset_does_not_disturb_the_coordinates():
    given = embeddings(40)
    shifted = replace(given, vectors=given.vectors + np.float32(1000))
    np.testing.assert_allclose(np.abs(to_components(shifted, 3).vectors), np.abs(to_components(given, 3).vectors),
                               atol=5e-3)  # float32 keeps 1000 within 6e-5


@NEEDS_SCIKIT_LEARN
@pytest.mark.parametrize("rows", [40, 7])
def test_twice_the_same_vectors_give_twice_the_same_bytes(rows):
    first, second = (to_components(embeddings(rows), 4) for _ in range(2))
    assert first.vectors.tobytes() == second.vectors.tobytes()
    assert first.identity == second.identity


@NEEDS_SCIKIT_LEARN
def test_all_else_stays_as_it_was():
    given = embeddings()
    before = given.vectors.copy()
    found = to_components(given, 4)
    assert replace(found, vectors=None, identity="", projection=None) == replace(given, vectors=None, identity="")
    np.testing.assert_array_equal(given.vectors, before)


@NEEDS_SCIKIT_LEARN
def test_the_identity_tells_the_vectors_the_number_and_the_projection():
    given = embeddings()
    said = json.loads(to_components(given, 4).identity)
    assert set(said) == {"vectors", "components", "projection"}
    assert (said["vectors"], said["components"]) == ({"network": "x", "weights": "0"}, 4)
    assert len(bytes.fromhex(said["projection"])) == 32
    changed = given.vectors.copy()
    changed[7, 3] += 0.01
    others = [to_components(given, 5), to_components(replace(given, vectors=changed), 4),
              to_components(replace(given, vectors=given.vectors[:-1], rows=given.rows[:-1]), 4)]
    assert len({said["projection"], *(json.loads(other.identity)["projection"] for other in others)}) == 4


@NEEDS_SCIKIT_LEARN
@pytest.mark.parametrize("rows", [40, 7])
def test_the_projection_that_is_handed_out_gives_the_same_coordinates_row_by_row_and_is_that_of_the_hash(rows):
    given = embeddings(rows)
    found = to_components(given, 4)
    projection = found.projection
    assert (projection.mean.shape, projection.directions.shape) == ((9,), (4, 9))
    one_by_one = np.vstack([projection.coordinates(row[None]) for row in given.vectors])
    np.testing.assert_allclose(one_by_one, found.vectors, rtol=1e-6, atol=1e-5)
    assert json.loads(found.identity)["projection"] == projection.sha256
    assert projection == to_components(given, 4).projection != to_components(given, 3).projection


@NEEDS_SCIKIT_LEARN
def test_the_same_directions_about_another_mean_are_another_projection():
    whole = np.round(embeddings(32).vectors)  # mean and differences of 32 whole numbers are exact
    one, other = (to_components(replace(embeddings(32), vectors=whole + np.float32(shift)), 3) for shift in (0, 64))
    np.testing.assert_array_equal(one.vectors, other.vectors)
    assert one.identity != other.identity


@pytest.mark.parametrize(("rows", "dimension", "count", "sentence"), [
    (40, 9, 0, "40 vectors of 9 numbers have no 0 components. Ask for 1 to 9."),
    (40, 9, -1, "40 vectors of 9 numbers have no -1 components. Ask for 1 to 9."),
    (40, 9, 10, "40 vectors of 9 numbers have no 10 components. Ask for 1 to 9."),
    (7, 30, 8, "7 vectors of 30 numbers have no 8 components. Ask for 1 to 7."),
], ids=str)
def test_a_number_of_components_that_there_cannot_be_is_refused(rows, dimension, count, sentence):
    with pytest.raises(WrongUse) as refused:
        to_components(embeddings(rows, dimension), count)
    assert str(refused.value) == sentence


def test_no_vectors_have_no_components_and_the_sentence_asks_for_nothing_impossible():
    with pytest.raises(WrongUse) as refused:
        to_components(embeddings(0), 2)
    assert "0 vectors" in str(refused.value)
    assert "1 to 0" not in str(refused.value)


@NEEDS_SCIKIT_LEARN
@pytest.mark.parametrize("given", [np.full((5, 3), 7), np.full((2, 1), 7), np.arange(3)[None]], ids=str)
def test_vectors_that_do_not_differ_have_components_of_zero(given):
    found = to_components(replace(embeddings(len(given)), vectors=given.astype(np.float32)), 1)
    np.testing.assert_allclose(found.vectors, np.zeros((len(given), 1)), atol=1e-6)


def test_a_missing_library_is_one_sentence_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(WrongUse) as refused:
        to_components(embeddings(), 2)
    assert str(refused.value) == ("Components need scikit-learn, which is not installed here. "
                                  "Install it: pip install scikit-learn")


def test_a_wrong_number_is_told_before_a_missing_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(WrongUse, match="Ask for 1 to 9"):
        to_components(embeddings(), 10)
