"""The lessons in Orange's own canvas, on a screen, done with the mouse as a class does them."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "tutorials"

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


def near(value):
    return pytest.approx(value, abs=0.05)


def kinds(names):
    """How many of a list of pictures there are of each kind, by their names."""
    return Counter(name.rsplit("_", 1)[0] for name in names)


def test_the_branch_of_rings_sends_its_pictures_to_the_viewer(play):
    found = play("lesson_clusters", TUTORIALS / "lesson-1-clusters.ows")
    assert kinds(found["shown"])["SN"] == pytest.approx(50, abs=3)
    assert kinds(found["shown"])["NSN"] <= 3


def test_a_crowd_on_the_map_is_sent_to_the_viewer(play):
    found = play("lesson_map", TUTORIALS / "lesson-2-map.ows")
    assert found["count"] == 240
    assert 12 < len(found["shown"]) < 72


def test_select_misclassified_shows_all_wrongly_filed_pictures(play):
    found = play("lesson_mislabeled", TUTORIALS / "lesson-3-mislabeled.ows")
    assert {"ER_010", "ER_023", "ER_037", "ER_041", "nucleus_012", "nucleus_029"} <= {*found["shown"]}
    assert len(found["shown"]) <= 14


def test_a_cell_of_the_matrix_shows_its_pictures(play):
    found = play("lesson_confusion", TUTORIALS / "lesson-4-confusion.ows")
    assert found["CA"] == {"Logistic Regression": near(0.89)}
    assert kinds(found["shown"]) == {"ER": int(found["cell"])}


def test_more_pictures_help_on_others_and_the_score_on_the_same_stays(play):
    found = play("lesson_overfitting", TUTORIALS / "lesson-5-overfitting.ows")
    assert found["few"][0] == {"Logistic Regression": 1, "Tree": 1}
    assert found["few"][1] == {"Logistic Regression": near(0.69), "Tree": near(0.61)}
    assert found["many"][1]["Logistic Regression"] > found["few"][1]["Logistic Regression"] + 0.1


def test_exchanged_backgrounds_deceive_the_model_and_mixed_ones_mend_it(play):
    found = play("lesson_background", TUTORIALS / "lesson-6-background.ows")
    assert [one["Logistic Regression"] for one in found["own"]] == [near(1), near(0)]
    assert [one["Logistic Regression"] for one in found["mixed"]] == [near(0.85), near(0.86)]


def test_new_pictures_are_grouped_by_what_the_model_says(play):
    found = play("lesson_new_folder", TUTORIALS / "lesson-7-new-folder.ows")
    assert found["groups"] == {"cytoplasm": 12, "ER": 7, "nucleus": 8, "vacuole": 13}


def test_brightness_is_seen_only_with_one_range(play):
    found = play("lesson_contrast", TUTORIALS / "lesson-8-contrast.ows")
    assert found["Each"]["Logistic Regression"] < 0.6
    assert found["Folder"]["Logistic Regression"] == near(0.99)
    assert 0.7 < found["Type"]["Logistic Regression"] < 0.95
