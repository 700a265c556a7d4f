"""What cannot be computed for a model is missing, and the user is told once for each table, in words that help."""

import hashlib
import json
import os
import pickle

import numpy as np
import pytest
from computing import FakeService, embedded, names, pictures
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.imaging.core import web
from orangecontrib.imaging.core.comparable import comparable, why_not_comparable
from orangecontrib.imaging.core.errors import Cancelled, WeightsMissing, WorkerError
from orangecontrib.imaging.core.known_networks import find_network_file, remember_network
from orangecontrib.imaging.core.paths import cache_path
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.reading_words import reading_differences, reading_words
from orangecontrib.imaging.tables import recent_block
from orangecontrib.imaging.tables.embedding_service import service, set_service
from orangecontrib.imaging.tables.recent_block import RecentBlock

DOUBT = "Their numbers are missing: models fill in averages, so do not trust predictions for them."


@pytest.fixture(autouse=True)
def fake(monkeypatch, tmp_path):
    """A service without a network, and a cache of its own."""
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("orangecontrib.imaging.tables.computed_vectors.RECENT", RecentBlock())
    before, chosen = service(), FakeService()
    set_service(chosen)
    yield chosen
    set_service(before)


def told_of(raw, train, fake):
    """The one thing that is told of a table, of which no number can be had."""
    assert np.isnan(raw.transform(train.domain).X).all()
    for column in train.domain.attributes:
        assert np.isnan(raw.get_column(column)).all()
    assert len(fake.told) == 1
    return fake.told[0]


@pytest.fixture
def train(fake):
    return embedded(pictures("/train", names(6)), fake)


def test_a_renamed_column_is_told_with_the_names_that_there_are(fake, train):
    raw = pictures("/test", names(3), column="photo")
    assert told_of(raw, train, fake) == (
        "No pictures of the table 'cells' could be embedded for a model. Its column of pictures, 'image', is not "
        f"there. There is 'photo': if these are the pictures, rename the column to 'image' in Edit Domain. {DOUBT}")
    assert fake.asked == []


def test_a_column_of_categories_in_its_place_is_told(fake, train):
    image = DiscreteVariable("image", values=("a.png",))
    told = told_of(Table.from_numpy(Domain([], None, [image]), np.empty((2, 0)), metas=np.zeros((2, 1))), train, fake)
    assert "'image', holds no text, and no other column names pictures" in told


def test_a_table_without_metas_is_told(fake, train):
    told = told_of(Table.from_numpy(Domain([DiscreteVariable("kind", values="ab")]), np.zeros((3, 1))), train, fake)
    assert "'image', is not there, and no other column names pictures" in told


def test_another_reading_is_told_in_the_words_of_import_images(fake, train):
    raw = pictures("/test", names(3), reading=Reading(projection="middle", contrast="range", ranges=((0, 4095.5),)))
    assert told_of(raw, train, fake) == (
        "No pictures of the table 'cells' could be embedded for a model. The pictures of its column 'image' are read "
        "otherwise than in training. Planes: “Middle plane” here, “Maximum projection” in training; Contrast: “Fixed "
        "range, 0–4095.5” here, “Automatic, 0.1–99.9 %” in training. In Import Images, under How Pictures Are "
        f"Read, choose as in training, or train again on pictures that are read as these. {DOUBT}")
    assert fake.asked == []


def test_where_ranges_of_several_channels_differ_one_trains_again_since_they_cannot_be_typed(fake):
    train, raw = (pictures("/x", names(3), reading=Reading(channels=(0, 1), contrast="range", ranges=ranges))
                  for ranges in (((0, 9), (0, 8)), ((0, 7), (0, 8))))
    told = told_of(raw, embedded(train, fake), fake)
    assert "“Fixed range, 0–7 and 0–8” here, “Fixed range, 0–9 and 0–8” in training. Ranges of " in told
    assert told.endswith("cannot be typed, so train again: import the training pictures together with these, with one "
                         f"range for the whole folder, or import both with Fixed range. {DOUBT}")


def test_channels_in_another_order_are_not_taken_for_each_other(fake):
    reading = Reading(channels=(0, 1), separate=True)
    train = embedded(pictures("/x", names(3), reading=reading, channels=("DAPI", "GFP")), fake)
    raw = pictures("/x", names(3), reading=reading, channels=("GFP", "DAPI"))
    assert "“GFP, DAPI, each on its own” here, “DAPI, GFP, each on its own” in training" in told_of(raw, train, fake)


def test_a_column_of_plain_file_names_is_read_as_in_training(fake):
    reading = Reading(projection="middle")
    train = embedded(pictures("/x", names(3), reading=reading), fake)
    found = pictures("/x", names(3), plain=True).transform(train.domain)
    np.testing.assert_array_equal(found.X, train.X)
    assert (fake.asked[0][1].reading, fake.told) == (reading, [])


def test_files_of_channels_in_a_plain_column_are_taken_apart_as_in_training(fake):
    train = embedded(pictures("/x", ["a_1.tif|a_2.tif"], reading=Reading(joined=True)), fake)
    pictures("/y", ["b_1.tif|b_2.tif"], plain=True).transform(train.domain)
    assert fake.asked[0][0] == ["/y/b_1.tif|/y/b_2.tif"]


@pytest.mark.parametrize("error", [
    WeightsMissing("The weights of X (5 MB) are not on this machine. Fetch them: orange-imaging fetch x."),
    WorkerError("The engine cannot work: it ended."), Cancelled("The embedding was cancelled."), OSError("disk"),
    MemoryError()], ids=lambda error: type(error).__name__)
def test_what_the_engine_says_is_passed_on_and_not_tried_for_each_column(error, fake, train):
    fake.error = error
    told = told_of(pictures("/test", names(3)), train, fake)
    assert told.endswith(f"could be embedded for a model. {str(error) or 'There is too little memory.'} {DOUBT}")
    assert len(fake.asked) == 1


def test_what_failed_is_tried_anew_after_a_pause_and_told_again_only_much_later(fake, train, monkeypatch):
    raw = pictures("/test", names(3))
    fake.error = WorkerError("No.")
    raw.transform(train.domain)
    monkeypatch.setattr(recent_block, "KEPT_S", -1)
    raw.transform(train.domain)
    assert (len(fake.asked), len(fake.told)) == (2, 1)
    monkeypatch.setattr(recent_block, "_TELL_AGAIN_S", -1)
    raw.transform(train.domain)
    assert (len(fake.asked), len(fake.told)) == (3, 2)
    fake.error = None
    assert np.isfinite(raw.transform(train.domain).X).all()


def test_a_table_that_cannot_be_embedded_is_not_tried_block_by_block(fake, train):
    fake.error = Cancelled("Stopped.")
    assert np.isnan(pictures("/test", names(11000)).transform(train.domain).X).all()
    assert (len(fake.asked), len(fake.told)) == (1, 1)


def test_unreadable_pictures_of_each_table_are_told_of(fake, train):
    tables = [pictures("/test", ["1_a.png", f"bad{number}.png"]) for number in range(2)]  # both there all the time
    for table in tables:
        table.transform(train.domain)
    assert ["first bad0.png" in fake.told[0], "first bad1.png" in fake.told[1]] == [True, True]


def test_other_blocks_of_a_table_are_no_news_however_long_they_take(fake, train, monkeypatch):
    monkeypatch.setattr(recent_block, "_TELL_AGAIN_S", -1)
    raw = pictures("/test", ["bad1.png", "1_a.png", "bad2.png"])
    for rows in (slice(0, 2), slice(2, 3)):
        raw[rows].transform(train.domain)
    assert (len(fake.asked), len(fake.told)) == (2, 1)


def test_each_table_is_told_of(fake, train):
    for name in ("first", "second"):
        pictures("/test", names(3), column="photo", name=name).transform(train.domain)
    assert ["'first'" in fake.told[0], "'second'" in fake.told[1], len(fake.told)] == [True, True, 2]


@pytest.mark.parametrize(("facts", "said"), [
    ({"weights": "cd" * 32}, "The weights of squeezenet on this computer are not those that the columns were made with "
                             "(their SHA-256 begins with cdcdcdcdcdcdcdcd, not with abababababababab). Bring the same"),
    ({"preprocess": 4}, "Pictures are prepared otherwise for squeezenet here than when the columns were made "
                        "(preprocess): by another version of this add-on"),
    ({"readers": 2, "input": [1]}, "(input, readers)"),
], ids=str)
def test_vectors_that_came_about_otherwise_are_refused(facts, said, fake, train):
    fake.facts = facts
    assert said in told_of(pictures("/test", names(3)), train, fake)


def test_vectors_of_another_length_are_refused(fake, train):
    fake.dimension = 5
    assert "The vectors have 5 numbers here, and 4 in training." in told_of(pictures("/test", names(3)), train, fake)


def test_another_number_of_parts_is_refused():
    one, two = (json.dumps({"side by side": [{"network": "x"}] * count}) for count in (1, 2))
    assert why_not_comparable(one, two).startswith("Another number of networks or channels")
    assert why_not_comparable(one, json.dumps({"network": "x", "device": "cuda"})) == ""
    assert comparable(comparable(two)) == comparable(two)


def test_pictures_that_cannot_be_read_are_counted_and_the_others_have_numbers(fake, train):
    raw = pictures("/test", ["1_a.png", "bad1.png", "", "bad2.png", "3_b.png"])
    found = raw.transform(train.domain)
    assert np.isnan(found.X).all(axis=1).tolist() == [False, True, True, True, False]
    assert fake.told == ["3 of 5 pictures of the table 'cells' could not be embedded for a model; first bad1.png: the "
                         f"file is empty. {DOUBT}"]
    raw.transform(train.domain)
    assert len(fake.told) == 1


def test_a_table_without_a_folder_says_how_to_find_it(fake, train):
    raw = pictures("", ["a.png", "b.png"])
    assert "first a.png: the table does not say in which folder of this computer it lies; press Find the" in told_of(
        raw, train, fake)
    assert fake.asked == []


def test_web_addresses_are_read_from_copies_and_never_fetched(fake, train, tmp_path):
    here, away = "https://example.org/1_a.png", "https://example.org/2_a.png"
    place = web._place(here)
    place.write_bytes(b"x")
    found = pictures("", [here, away]).transform(train.domain)
    assert np.isnan(found.X).all(axis=1).tolist() == [False, True]
    assert [paths for paths, _ in fake.asked] == [[str(place)]]
    assert "first 2_a.png: no copy of it is on this computer, and a model fetches nothing from the web" in fake.told[0]


def own_network(folder, name="mynet.pth"):
    folder.mkdir()
    (folder / name).write_bytes(b"x")
    return str(folder / name)


def test_a_network_of_the_users_own_is_named_without_a_folder_and_found_again(fake, tmp_path):
    path = own_network(tmp_path / "private")
    train = pickle.loads(pickle.dumps(embedded(pictures("/x", names(4)), fake, model=path)))
    assert b"private" not in pickle.dumps(train.domain)
    pictures("/y", names(3)).transform(train.domain)
    assert (fake.asked[0][1].model, fake.told) == (path, [])


def test_a_network_of_the_users_own_from_elsewhere_is_found_among_the_weights_or_told(fake, tmp_path, monkeypatch):
    path = own_network(tmp_path / "private")
    train = embedded(pictures("/x", names(4)), fake, model=path)
    os.unlink(path)
    told = told_of(pictures("/y", names(3)), train, fake)
    assert (f"Your own network mynet.pth is not on this computer. Put the file and its description mynet.json into "
            f"{cache_path() / 'models'}.") in told
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "share"))
    moved = own_network(tmp_path / "share")
    assert np.isfinite(pictures("/z", names(3)).transform(train.domain).X).all()
    assert fake.asked[-1][1].model == moved


def test_where_another_network_took_its_place_the_right_one_is_found_among_the_weights(tmp_path, monkeypatch):
    path, digest = own_network(tmp_path / "private"), hashlib.sha256(b"x").hexdigest()
    remember_network(path, digest)
    (tmp_path / "private" / "mynet.pth").write_bytes(b"trained anew")
    assert find_network_file("mynet.pth", digest) == path  # it is said then that its weights are others
    monkeypatch.setenv("ORANGE_IMAGING_MODELS", str(tmp_path / "share"))
    moved = own_network(tmp_path / "share")
    assert find_network_file("mynet.pth", digest) == moved


def test_where_networks_lie_is_kept_by_their_content_for_the_owner_only(tmp_path):
    one, two = own_network(tmp_path / "one"), own_network(tmp_path / "two")
    remember_network(one, "1" * 64)
    remember_network(two, "2" * 64)
    assert [find_network_file("mynet.pth", digit * 64) for digit in "12"] == [one, two]
    record = cache_path() / "models" / "own.json"
    if os.name == "posix":
        assert record.stat().st_mode & 0o777 == 0o600
    record.write_text("{damaged")
    with pytest.raises(WeightsMissing):
        find_network_file("mynet.pth", "1" * 64)


def test_every_choice_of_a_recipe_that_changes_a_picture_is_told():
    """Each field of a recipe, changed alone, makes a difference in words."""
    changed = {
        "scene": Reading(scene=1), "time": Reading(time=2), "projection": Reading(projection="middle"),
        "z": Reading(projection="plane", z=3), "pages": Reading(pages="z"), "channels": Reading(channels=(1,)),
        "separate": Reading(channels=(1,), separate=True), "colours": Reading(channels=(1,), colours=("#ff0000",)),
        "contrast": Reading(contrast="type"), "percentiles": Reading(percentiles=(1, 99)),
        "ranges": Reading(contrast="range", ranges=((0, 9),)), "joined": Reading(joined=True),
        "background": Reading(background=0)}
    assert set(changed) == {*Reading.__dataclass_fields__}
    words = [tuple(reading_words(reading).items()) for reading in (Reading(), *changed.values())]
    assert len(set(words)) == len(changed) + 1
    assert reading_differences(Reading(), changed["percentiles"]) == [
        "Contrast: “Automatic, 0.1–99.9 %” here, “Automatic, 1–99 %” in training"]
