"""The lessons: what their pages tell the class to expect is what their workflows give."""

import re
from ast import literal_eval
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree
from zlib import crc32

import numpy as np
import pytest
from csv_rows import read_csv
from Orange.classification import LogisticRegressionLearner
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, Table
from Orange.widgets.data.owdatasampler import SampleRandomN

from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.samples import SAMPLE_SETS, write_samples
from orangecontrib.imaging.core.samples.mislabeled import MISLABELED_CLASSES, choose_drawn
from orangecontrib.imaging.core.samples.yeast import any_class
from orangecontrib.imaging.workflow import run_workflow

SOURCE = Path(__file__).resolve().parents[2]
TUTORIALS = SOURCE / "tutorials"
PAGES = sorted((TUTORIALS / "lessons").glob("*.rst"))
NAMES = [page.stem for page in PAGES]
SECTIONS = ["What you need", "What to do", "What you see", "Questions to the class", "For the teacher"]
NOTES = ["The point.", "Answers.", "Usual mistakes.", "When it looks different.", "With your own pictures."]
LOGISTIC = "Logistic Regression"


def flow_of(name):
    return TUTORIALS / f"lesson-{name}.ows"


def page(name):
    """The text of a lesson, with single spaces."""
    return " ".join((TUTORIALS / "lessons" / f"{name}.rst").read_text(encoding="utf-8").split())


def says(name, *texts):
    """Every number that a test compares stands on the lesson's page."""
    assert [text for text in texts if text not in page(name)] == []


def titles(name):
    return [node.get("title") for node in ElementTree.parse(flow_of(name)).iterfind("nodes/node")]


# --- what a page holds

def test_there_are_eight_lessons_and_a_page_of_the_documentation_for_each():
    assert [name[0] for name in NAMES] == list("12345678")
    assert sorted(path.name for path in (SOURCE / "doc" / "lessons").iterdir()) == [one.name for one in PAGES]
    for name in NAMES:
        included = (SOURCE / "doc" / "lessons" / f"{name}.rst").read_text(encoding="utf-8")
        assert included == f".. include:: ../../tutorials/lessons/{name}.rst\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_all_its_sections_and_notes_and_four_to_seven_steps(name):
    text = (TUTORIALS / "lessons" / f"{name}.rst").read_text(encoding="utf-8")
    assert re.findall(r"^(.+)\n-+$", text, re.MULTILINE) == SECTIONS
    assert [note for note in NOTES if f"**{note}**" not in text] == []
    assert 4 <= len(re.findall(r"^\d\. ", text, re.MULTILINE)) <= 7
    assert "**synthetic**" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_names_its_workflow_as_the_menu_does_and_only_widgets_of_it(name):
    title = ElementTree.parse(flow_of(name)).getroot().get("title")
    assert f"*Help > Example Workflows > {title}*" in page(name)
    assert page(name).startswith(f"{title} ===")
    to_do = page(name).split("What to do -")[1].split("What you see -")[0]
    named = set(re.findall(r"\*\*([^*]+)\*\*", to_do))
    assert named
    for one in named:
        assert any(one == each or each.startswith(f"{one} (") for each in titles(name)), one


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_its_screen_and_the_screen_is_small(name):
    [shown] = re.findall(r"\.\. image:: (\S+)", page(name))
    picture = (TUTORIALS / "lessons" / shown).resolve()
    assert picture.parent == SOURCE / "doc" / "images" / "lessons"
    assert 10_000 < picture.stat().st_size <= 150_000


@pytest.mark.parametrize("name", NAMES)
def test_the_workflow_of_a_lesson_has_samples_plain_settings_and_numbered_notes(name):
    root = ElementTree.parse(flow_of(name)).getroot()
    settings = {one.get("node_id"): literal_eval(one.text) for one in root.iterfind("node_properties/properties")}
    assert {one.get("format") for one in root.iterfind("node_properties/properties")} == {"literal"}
    for node in root.iterfind("nodes/node"):
        if node.get("name") == "Import Images":
            assert settings[node.get("id")]["folder"].removeprefix("samples:") in SAMPLE_SETS
    notes = [text.text for text in root.iterfind("annotations/text")]
    assert [note.split("  ")[0] for note in notes] == [str(number) for number in range(1, len(notes) + 1)]
    assert any("synthetic" in note for note in notes)


# --- what the class sees

@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs a lesson's workflow, once, and gives the folder of its results."""
    @cache
    def run_once(name):
        out = tmp_path_factory.mktemp(name)
        run_workflow(flow_of(name), out=out)
        return out
    return run_once


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Return a function that gives the vectors and classes of a sample set, as a table."""
    folder = tmp_path_factory.mktemp("samples")

    @cache
    def table(name, reading=Reading()):
        paths = write_samples(folder, [name])
        return as_table(embed([str(path) for path in paths], reading=reading).vectors,
                        [path.parent.name for path in paths])
    return table


def as_table(vectors, classes):
    names = sorted(set(classes), key=str.lower)
    domain = Domain([ContinuousVariable(f"n{number}") for number in range(vectors.shape[1])],
                    DiscreteVariable("category", names))
    return Table.from_numpy(domain, vectors, np.array([names.index(one) for one in classes], float))


def accuracy(out, widget):
    """CA by model, from the scores that a run has written."""
    return {row["Model"]: float(row["CA"]) for row in read_csv(out / f"{widget} - Scores.csv")}


def chance(name, category, number):
    """The random generator that a sample picture is drawn from."""
    return np.random.default_rng([0, crc32(name.encode()), crc32(category.encode()), number])


def near(value, by=0.03):
    return pytest.approx(value, abs=by)


def confusions(out):
    """How often which class was taken for which other."""
    rows = read_csv(out / "Test and Score - Predictions.csv")
    return Counter((row["category"], row[LOGISTIC]) for row in rows if row["category"] != row[LOGISTIC])


@pytest.mark.heavy
def test_1_one_branch_is_nearly_pure_and_the_largest_is_mixed(run):
    says("1-clusters", "80, 51 and 69 pictures", "50 of its 51 pictures are *SN*", "52 *NSN* and 17 *SN*",
         "47 *NSN* and 33 *SN*")
    rows = read_csv(run("1-clusters") / "Hierarchical Clustering - Data.csv")
    found = Counter((row["Cluster"], row["category"]) for row in rows)
    branches = sorted((found[cluster, "NSN"], found[cluster, "SN"]) for cluster in {row["Cluster"] for row in rows})
    assert branches == [(near(1, 2), near(50, 3)), (near(47, 5), near(33, 5)), (near(52, 5), near(17, 5))]


@pytest.mark.heavy
def test_2_neighbors_on_the_map_are_mostly_of_the_same_kind_and_er_mixes_most(run):
    says("2-map", "about 80 of 100 pictures", "by chance it would be 25", "ER mixes most, about 65 of 100")
    rows = read_csv(run("2-map") / "Image Map - Data.csv")
    places = np.array([[float(row["map x"]), float(row["map y"])] for row in rows])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    kinds = np.array([row["category"] for row in rows])
    alike = kinds == kinds[apart.argmin(axis=1)]
    assert np.mean(alike) == near(0.80, 0.07)
    share = {kind: np.mean(alike[kinds == kind]) for kind in set(kinds)}
    assert min(share, key=share.get) == "ER"
    assert share["ER"] == near(0.65, 0.1)
    assert set(sorted(share, key=share.get)[2:]) == {"cytoplasm", "nucleus"}


@pytest.mark.heavy
def test_3_all_wrongly_filed_pictures_are_among_the_few_misclassified(run):
    wrong = [f"{folder}_{number:03}" for folder in MISLABELED_CLASSES for number in range(1, 51)
             if choose_drawn(folder, chance("mislabeled", folder, number)) != folder]
    says("3-mislabeled", "Six of them were put", "CA is about 0.89", "11 pictures off the diagonal",
         "In the other five", *wrong)
    rows = read_csv(run("3-mislabeled") / "Test and Score - Predictions.csv")
    misclassified = {Path(row["image"]).stem for row in rows if row["category"] != row[LOGISTIC]}
    assert {*wrong} <= misclassified
    assert len(wrong) == 6
    assert len(misclassified) == near(11, 3)
    assert accuracy(run("3-mislabeled"), "Test and Score") == {LOGISTIC: near(0.89)}


@pytest.mark.heavy
def test_4_er_is_taken_for_vacuole_most_often(run):
    says("4-confusion", "CA is about 0.89", "guessing is right in 0.25", "is 11: ER that was taken for vacuole",
         "vacuole for ER only twice")
    [first, second] = confusions(run("4-confusion")).most_common(2)
    assert first == (("ER", "vacuole"), near(11, 3))
    assert second[1] < first[1]
    assert confusions(run("4-confusion"))["vacuole", "ER"] == near(2, 2)
    assert accuracy(run("4-confusion"), "Test and Score") == {LOGISTIC: near(0.89)}


@pytest.mark.heavy
def test_5_what_was_learned_is_known_by_heart_and_of_others_less(run):
    says("5-overfitting", "both models are right in 1.00", "about 0.69 and Tree in about 0.61", "the other 228")
    out = run("5-overfitting")
    assert accuracy(out, "Test and Score (Same Pictures)") == {LOGISTIC: 1, "Tree": 1}
    assert accuracy(out, "Test and Score (Other Pictures)") == {LOGISTIC: near(0.69), "Tree": near(0.61, 0.06)}
    assert len(read_csv(out / "Data Sampler - Data Sample.csv")) == 12
    assert len(read_csv(out / "Data Sampler - Remaining Data.csv")) == 228


@pytest.mark.heavy
def test_5_the_curve_rises_and_flattens_as_the_table_says(run):
    rows = read_csv(run("5-overfitting") / "Image Embedder - Embeddings.csv")
    data = as_table(np.array([[float(row[f"n{number}"]) for number in range(512)] for row in rows]),
                    [row["category"] for row in rows])
    curve = {count: right_on_others(data, count) for count in (12, 24, 40, 80, 160)}
    assert curve == {12: near(0.69), 24: near(0.72), 40: near(0.81), 80: near(0.85), 160: near(0.90)}
    table = re.findall(r"- (\d[.\d]*)", page("5-overfitting").split("list-table")[1].split("Questions")[0])
    assert [float(cell) for cell in table] == [*curve, *[1.0] * 5, 0.69, 0.72, 0.81, 0.85, 0.90]


def right_on_others(data, count):
    """CA on what Data Sampler leaves, of a model that has learned from `count` of the rows."""
    others, taken = SampleRandomN(n=count, stratified=True, random_state=42)(data)
    model = LogisticRegressionLearner(penalty="l2", C=1, max_iter=10000)(data[taken])
    assert np.mean(model(data[taken]) == data[taken].Y) == 1
    return float(np.mean(model(data[others]) == data[others].Y))


@pytest.mark.heavy
def test_6_always_right_on_the_own_background_and_always_wrong_on_the_other(run):
    says("6-background", "CA is 1.00 on the training set, and 0.00 on the new pictures")
    assert accuracy(run("6-background"), "Test and Score (Training)") == {LOGISTIC: near(1)}
    assert accuracy(run("6-background"), "Test and Score (New)") == {LOGISTIC: near(0)}


@pytest.mark.heavy
def test_6_mixed_backgrounds_mend_it(samples):
    says("6-background", "about 0.85 on the training set and about 0.86 on the new pictures")
    mixed, exchanged = samples("backgrounds-mixed"), samples("backgrounds-exchanged")
    model = LogisticRegressionLearner(penalty="l2", C=1, max_iter=10000)(mixed)
    assert np.mean(model(exchanged) == exchanged.Y) == near(0.86, 0.05)
    assert cross_validated(mixed) == near(0.85, 0.05)


def cross_validated(data):
    from Orange.evaluation import CA, CrossValidation

    learner = LogisticRegressionLearner(penalty="l2", C=1, max_iter=10000)
    return float(CA(CrossValidation(k=5, stratified=True, random_state=42)(data, [learner]))[0])


@pytest.mark.heavy
def test_7_new_pictures_are_put_where_they_belong_though_no_name_says_so(run):
    says("7-new-folder", "12 pictures into *cytoplasm*, 7 into *ER*, 8 into *nucleus* and 13 into *vacuole*",
         "all 40 are put into their right group")
    rows = read_csv(run("7-new-folder") / "Predictions - Predictions.csv")
    truth = [any_class(chance("yeast-new", "", number)) for number in range(1, 41)]
    assert [row["image"] for row in rows] == [f"picture_{number:03}.png" for number in range(1, 41)]
    assert np.mean([row[LOGISTIC] == one for row, one in zip(rows, truth, strict=True)]) >= 0.97
    assert Counter(truth) == {"cytoplasm": 12, "ER": 7, "nucleus": 8, "vacuole": 13}


@pytest.mark.heavy
def test_8_brightness_is_lost_picture_by_picture_and_kept_with_one_range(run):
    says("8-contrast", "CA is about 0.43, no better than guessing", "CA is about 0.99")
    assert accuracy(run("8-contrast"), "Test and Score (Each)") == {LOGISTIC: near(0.43, 0.12)}
    assert accuracy(run("8-contrast"), "Test and Score (Folder)") == {LOGISTIC: near(0.99)}


@pytest.mark.heavy
def test_8_the_full_range_of_the_type_makes_pictures_black(samples, tmp_path):
    from orangecontrib.imaging.core.images import read_image

    says("8-contrast", "CA is about 0.84", "under 2,000 counts, become level 7 at most")
    assert cross_validated(samples("stained", Reading(contrast="type"))) == near(0.84, 0.08)
    paths = write_samples(tmp_path, ["stained"])
    assert max(int(read_image(path, Reading(contrast="type")).pixels.max()) for path in paths) <= 7
