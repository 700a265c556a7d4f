"""A model that was trained on vectors predicts tables of raw pictures: columns compute themselves, once a block."""

import gc
import pickle
import threading
import weakref
from copy import copy, deepcopy

import numpy as np
import pytest
from computing import FakeService, embedded, names, pictures
from Orange.classification import KNNLearner, LogisticRegressionLearner, RandomForestLearner
from Orange.data import ContinuousVariable, Domain, Instance, Table
from Orange.evaluation import TestOnTestData
from Orange.preprocess import Continuize, Impute, Normalize
from Orange.projection import PCA

from orangecontrib.imaging.core.components import to_components
from orangecontrib.imaging.core.errors import Cancelled, WorkerError
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables import recent_block
from orangecontrib.imaging.tables.computed_vectors import PictureVectors, Request, VectorNumber
from orangecontrib.imaging.tables.embedding_service import EngineService, service, set_service
from orangecontrib.imaging.tables.recent_block import RecentBlock

DIMENSION = 4


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    """A service without a network; nothing is remembered from other tests."""
    before, chosen = service(), FakeService(DIMENSION)
    monkeypatch.setattr("orangecontrib.imaging.tables.computed_vectors.RECENT", RecentBlock())
    set_service(chosen)
    yield chosen
    set_service(before)


@pytest.fixture
def train(fake):
    return embedded(pictures("/train", names(12)), fake)


def shared_of(table):
    return table.domain.attributes[0].compute_value.compute_shared


def computed(raw, like):
    """The columns of a raw table that another one has."""
    return raw.transform(like.domain).X


def test_a_raw_table_gets_the_numbers_that_image_embedder_gives_and_is_embedded_once(fake, train):
    raw = pictures("/test", names(9, 100))
    found = raw.transform(train.domain)
    np.testing.assert_array_equal(found.X, embedded(raw, fake).X)
    assert np.isfinite(found.X).all()
    assert found.X.dtype == np.float64
    assert found.ids.tolist() == raw.ids.tolist()
    assert [paths for paths, _ in fake.asked] == [[f"/test/{name}" for name in names(9, 100)]]
    assert fake.asked[0][1] == Request("squeezenet", Options(), Reading())
    assert fake.told == []


def test_columns_that_are_there_keep_their_values_and_nothing_is_embedded(fake, train):
    test = embedded(pictures("/test", names(5, 50)), fake)
    with test.unlocked(test.X):
        test.X[2, 1] = 42
    np.testing.assert_array_equal(computed(test, train), test.X)
    assert fake.asked == []


def test_embedding_a_table_does_not_compute_its_columns(fake, train):
    embedded(train, fake)
    assert fake.asked == []


def test_other_pictures_with_the_same_settings_have_equal_columns_and_one_domain(fake, train):
    test = embedded(pictures("/elsewhere", names(5, 50)), fake)
    assert train.domain == test.domain
    assert hash(train.domain) == hash(test.domain)
    assert train.domain.attributes[0] != train.domain.attributes[1]
    assert [one.compute_value.number for one in test.domain.attributes] == list(range(DIMENSION))


@pytest.mark.parametrize("change", [
    {"model": "resnet50"}, {"model": "squeezenet+resnet50"}, {"options": Options(views="mirror")},
    {"column": "photo"}, {"reading": Reading(channels=(1,))}, {"facts": {"preprocess": 2}},
    {"facts": {"weights": "cd" * 32}},
], ids=str)
def test_other_settings_have_other_columns(change, fake, train):
    fake.facts = change.pop("facts", {})
    settings = {name: change.pop(name) for name in ("model", "options") if name in change}
    column = change.get("column", "image")
    other = embedded(pictures("/train", names(12), **change), fake, column=column, **settings)
    assert not set(train.domain.attributes) & set(other.domain.attributes)
    assert train.domain != other.domain


@pytest.mark.parametrize("facts", [{"device": "cuda"}, {"engine": "torch 3"}, {"batch": 64}, {"decoders": ["x 1"]}],
                         ids=str)
def test_what_changes_the_last_digits_only_leaves_columns_equal_and_is_computed(facts, fake, train):
    fake.facts = facts
    other = embedded(pictures("/train", names(12)), fake)
    assert other.domain == train.domain
    assert hash(other.domain) == hash(train.domain)
    assert np.isfinite(computed(pictures("/test", names(3, 100)), train)).all()
    assert fake.told == []


def test_columns_asked_for_one_by_one_are_embedded_once_and_a_changed_table_anew(fake, train):
    raw = pictures("/test", names(6, 100))
    one_by_one = np.column_stack([raw.get_column(column) for column in train.domain.attributes])
    again = np.column_stack([raw.transform(Domain([column])).X[:, 0] for column in train.domain.attributes])
    assert len(fake.asked) == 1
    np.testing.assert_array_equal(one_by_one, again)
    with raw.unlocked(raw.metas):
        raw.metas[2, 0] = "7_b.png"
    changed = raw.get_column(train.domain.attributes[0])
    assert len(fake.asked) == 2
    assert (changed != one_by_one[:, 0]).tolist() == [False, False, True, False, False, False]


def test_columns_asked_for_one_by_one_are_embedded_once_where_a_value_is_missing(fake, train):
    raw = pictures("/test", names(5))
    with raw.unlocked(raw.metas):
        raw.metas[1:4, 0] = np.nan, None, ""  # the first is not equal to itself
    found = np.column_stack([raw.get_column(column) for column in train.domain.attributes])
    assert np.isnan(found).all(axis=1).tolist() == [False, True, True, True, False]
    assert (len(fake.asked), len(fake.told)) == (1, 1)


def test_a_table_that_lies_elsewhere_is_not_taken_for_the_one_before(fake, train):
    tables = [pictures(folder, names(6)) for folder in ("/one", "/two")]  # both there all the time
    for table in tables:
        table.get_column(train.domain.attributes[0])
    assert [paths[0] for paths, _ in fake.asked] == ["/one/0_a.png", "/two/0_a.png"]


def test_columns_of_two_embeddings_are_not_taken_for_each_other(fake, train):
    other = embedded(pictures("/train", names(12)), fake, model="resnet50")
    raw = pictures("/test", names(6, 100))
    found = [raw.get_column(table.domain["n0"]) for table in (train, other, train)]
    assert [request.model for _, request in fake.asked] == ["squeezenet", "resnet50"]
    assert not np.isclose(found[0], found[1]).any()
    np.testing.assert_array_equal(found[0], found[2])


def test_vectors_are_kept_for_a_moment_and_go_with_the_table(fake, train, monkeypatch):
    raw = pictures("/test", names(6, 100))
    kept = weakref.ref(shared_of(train)(raw))
    gc.collect()
    assert kept() is not None
    del raw
    gc.collect()
    assert kept() is None
    raw = pictures("/test", names(6, 100))
    shared_of(train)(raw)
    monkeypatch.setattr(recent_block, "KEPT_S", -1)
    shared_of(train)(raw)
    assert len(fake.asked) == 3


@pytest.mark.parametrize("fails", [False, True])
def test_a_table_asked_for_again_and_again_is_embedded_anew_for_its_files_may_change(fails, fake, train, monkeypatch):
    fake.error = WorkerError("No.") if fails else None
    raw = pictures("/test", names(3, 100))
    for now_s in range(0, 160, 4):  # each time before what is kept is given up for not being used
        monkeypatch.setattr(recent_block, "monotonic", lambda at=now_s: at)
        shared_of(train)(raw)
    assert len(fake.asked) == 3


@pytest.mark.parametrize("rows", [[], [3], [4, 2, 5], slice(1, 8, 3), np.arange(8) % 2 == 0], ids=str)
def test_some_rows_get_theirs(rows, fake, train):
    raw = pictures("/test", names(8, 100))
    whole = computed(raw, train)
    np.testing.assert_array_equal(Table.from_table(train.domain, raw, rows).X, whole[rows])
    np.testing.assert_array_equal(computed(raw[rows], train), whole[rows])
    assert fake.told == []


def test_a_table_without_rows_asks_for_nothing(fake, train):
    assert computed(pictures("/test", []), train).shape == (0, DIMENSION)
    assert fake.asked == []
    assert fake.told == []


def test_an_instance_gets_its_numbers_and_is_embedded_once(fake, train):
    raw = pictures("/test", names(4, 100))
    whole = embedded(raw, fake).X
    for instance in (raw[2], Instance(raw.domain, raw[2])):
        fake.asked.clear()
        found = [float(np.squeeze(column.compute_value(instance))) for column in train.domain.attributes]
        assert found == whole[2].tolist()
        assert len(fake.asked) <= 1


def test_a_large_table_is_embedded_in_blocks_each_row_once_and_told_of_once(fake, train):
    fake._vector = lambda path, part: np.full(DIMENSION, float(path.rpartition("/")[2].partition("_")[0]))
    raw = pictures("/test", [*names(5600), "bad.png", *names(5400, 6000), "bad.png"])
    found = computed(raw, train)
    assert [len(paths) for paths, _ in fake.asked] == [5000, 5000, 1002]
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [5600, 11001]
    assert found[:, 0].tolist()[:5600] == [float(number) for number in range(5600)]
    assert len(fake.told) == 1
    assert fake.told[0].startswith("1 of 5,000 pictures of the table 'cells', and perhaps some of its others, could")


def test_threads_at_once_each_get_the_rows_they_asked_for(fake, train):
    tables = [pictures("/test", names(5, 100 * number)) for number in range(8)]
    expected = [embedded(table, fake).X for table in tables]
    found = [None] * len(tables)

    def compute(number):
        found[number] = [computed(tables[number], train) for _ in range(10)]

    threads = [threading.Thread(target=compute, args=(number,)) for number in range(len(tables))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, right in zip(found, expected):
        assert all(np.array_equal(each, right) for each in one)


@pytest.mark.parametrize("again", [copy, deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
                         ids=["copy", "deepcopy", "pickle"])
def test_a_copied_or_saved_table_is_as_before(again, fake, train):
    other = again(train)
    assert other.domain == train.domain
    assert hash(other.domain) == hash(train.domain)
    assert len({id(column.compute_value.compute_shared) for column in other.domain.attributes}) == 1
    raw = pictures("/test", names(5, 100))
    np.testing.assert_array_equal(computed(raw, other), embedded(raw, fake).X)


def test_a_saved_table_of_pkl_keeps_the_columns(fake, train, tmp_path):
    train.save(str(tmp_path / "train.pkl"))
    assert Table.from_file(str(tmp_path / "train.pkl")).domain == train.domain


def test_what_is_saved_names_no_folder(fake, tmp_path):
    train = embedded(pictures(tmp_path / "private", names(4)), fake, model="squeezenet+resnet50")
    saved = pickle.dumps(train.domain.attributes)
    assert b"private" not in saved
    assert b"squeezenet+resnet50" in saved


def test_a_model_trained_without_the_image_column_names_no_folder_and_predicts(fake, tmp_path):
    """As the page on prediction says. Of the column Orange would keep the folder in the model."""
    whole = embedded(pictures(tmp_path / "private", names(12)), fake)
    train = whole.transform(Domain(whole.domain.attributes, whole.domain.class_vars))
    saved = [pickle.dumps(KNNLearner(n_neighbors=3)(table)) for table in (whole, train)]
    assert [b"private" in one for one in saved] == [True, False]
    raw = pictures("/test", names(6, 100))
    assert pickle.loads(saved[1])(raw).tolist() == raw.Y.tolist()


def test_todays_form_of_what_is_saved_stays_readable(fake, train):
    """Files of this version hold this state: a later one must open it."""
    told = ('{"network": "squeezenet", "weights": "%s", "options": {"layers": ["penultimate"], "fit": "stretch", '
            '"views": "one", "unit_length": false, "precision": "fp32"}, "reading": {}, "device": "cpu"}' % ("ab" * 32))
    state = {"column": "image", "model": "squeezenet", "options": Options().to_json(), "reading": "{}",
             "identity": told, "numbers": DIMENSION, "channels": (), "mean": None, "directions": None}
    opened = PictureVectors.__new__(PictureVectors)
    opened.__setstate__(state)
    assert opened == shared_of(train)
    assert opened.request == Request("squeezenet")


def test_a_form_of_a_later_version_is_opened_and_told_of(fake, train):
    state = {**shared_of(train).__getstate__(), "reading": '{"depth": 3}'}
    later = PictureVectors.__new__(PictureVectors)
    later.__setstate__(state)
    assert np.isnan(later(pictures("/test", names(3)))).all()
    assert "another version of this add-on" in fake.told[0]


@pytest.mark.parametrize("learner", [
    LogisticRegressionLearner(), KNNLearner(n_neighbors=3), RandomForestLearner(random_state=0, n_estimators=5),
    LogisticRegressionLearner(preprocessors=[Impute(), Continuize(), Normalize()]),
], ids=["logistic regression", "k-NN", "random forest", "imputed and normalized"])
def test_a_model_predicts_raw_pictures_as_embedded_ones(learner, fake):
    train, raw = embedded(pictures("/train", names(30)), fake), pictures("/test", names(11, 100))
    model = pickle.loads(pickle.dumps(learner(train)))
    expected = model(embedded(raw, fake), model.Probs)
    assert fake.asked == []
    np.testing.assert_allclose(model(raw, model.Probs), expected, rtol=1e-6)
    assert len(fake.asked) == 1
    assert (model(raw) == raw.Y).mean() > 0.8


def test_columns_made_of_ours_by_orange_compute_raw_pictures(fake):
    train, raw = embedded(pictures("/train", names(30)), fake), pictures("/test", names(11, 100))
    reduced = PCA(n_components=2)(Normalize()(train))(train)
    np.testing.assert_allclose(computed(raw, reduced), computed(embedded(raw, fake), reduced), rtol=1e-6)
    assert len(fake.asked) == 1


@pytest.mark.parametrize("error", [None, Cancelled("The embedding was cancelled.")], ids=["computed", "cancelled"])
def test_columns_of_two_embeddings_in_turns_are_embedded_once_each(error, fake):
    """As Rank puts them, and Preprocess asks for them one by one."""
    train = embedded(embedded(pictures("/train", names(30)), fake), fake, model="resnet50")
    in_turns = [column for pair in zip(train.domain.attributes[:DIMENSION], train.domain.attributes[DIMENSION:])
                for column in pair]
    chosen = train.transform(Domain(in_turns, train.domain.class_vars))
    model = KNNLearner(preprocessors=[Impute(), Normalize()])(chosen)
    fake.error = error
    model(pictures("/test", names(11, 100)))
    assert [request.model for _, request in fake.asked] == ["squeezenet", "resnet50"]
    assert len(fake.told) == (1 if error else 0)


def test_test_and_score_takes_raw_test_data(fake):
    train, raw = embedded(pictures("/train", names(30)), fake), pictures("/test", names(11, 100))
    results = [TestOnTestData()(train, test, [LogisticRegressionLearner()]) for test in (raw, embedded(raw, fake))]
    np.testing.assert_allclose(*(one.probabilities for one in results), rtol=1e-6)


def test_components_of_new_pictures_are_projected_as_those_of_the_training(fake):
    raw = pictures("/test", names(7, 100))
    train = embedded(pictures("/train", names(12)), fake, shrink=lambda found: to_components(found, 2))
    whole = embedded(raw, fake).X
    shared = shared_of(train)
    found = computed(raw, train)
    np.testing.assert_allclose(found, shared._projection.coordinates(whole.astype(np.float32)), rtol=1e-6)
    fitted = embedded(pictures("/train", names(12)), fake)
    np.testing.assert_allclose(computed(pictures("/train", names(12)), train), train.X, rtol=1e-6, atol=1e-6)
    assert not np.allclose(fitted.X[:, :2], train.X)
    again = pickle.loads(pickle.dumps(train.domain))
    assert again == train.domain
    np.testing.assert_array_equal(raw.transform(again).X, found)


def test_components_of_two_tables_are_never_the_same_columns(fake):
    first, second = (embedded(pictures("/x", names(12, start)), fake, shrink=lambda found: to_components(found, 2))
                     for start in (0, 100))
    assert not set(first.domain.attributes) & set(second.domain.attributes)
    np.testing.assert_array_equal(computed(second, first), computed(pictures("/x", names(12, 100)), first))


def test_channels_and_networks_side_by_side_are_computed_in_their_places(fake):
    reading = Reading(channels=(0, 2), separate=True)
    settings = {"reading": reading, "channels": ("DAPI", "GFP")}
    train = embedded(pictures("/train", names(6), **settings), fake, model="squeezenet+resnet50")
    assert [one.name for one in train.domain.attributes] == [
        f"{channel} n{number}" for channel in ("DAPI", "GFP") for number in range(2 * DIMENSION)]
    raw = pictures("/test", names(5, 100), **settings)
    found = computed(raw, train)
    np.testing.assert_array_equal(found, embedded(raw, fake, model="squeezenet+resnet50").X)
    assert len(np.unique(found)) == found.size
    assert fake.asked[0][1].reading == reading


def test_other_columns_of_the_table_stand_beside_ours(fake):
    raw = pictures("/test", names(5, 100))
    train = embedded(pictures("/train", names(6)).transform(Domain(
        [ContinuousVariable("age")], raw.domain.class_vars, raw.domain.metas)), fake)
    found = computed(raw, train)
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_array_equal(found[:, 1:], embedded(raw, fake).X)


def test_a_number_is_equal_only_to_its_own_kind(train):
    value = train.domain.attributes[0].compute_value
    assert value != "n0"
    assert value != VectorNumber(value.compute_shared, 1)
    assert shared_of(train) != "vectors"
    assert value == VectorNumber(value.compute_shared, 0)


def test_without_a_service_of_the_canvas_the_log_tells(caplog):
    EngineService().warn("There is no picture.")
    assert [record.message for record in caplog.records] == ["There is no picture."]
