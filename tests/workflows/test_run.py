"""A workflow runs without a screen to its true end, and says what went wrong."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import Orange
import pytest
from csv_rows import read_csv
from PIL import Image

from orangecontrib.imaging.core.errors import FolderError, OutputError, WorkflowError, WrongUse
from orangecontrib.imaging.workflow import run_workflow

CLUSTERING = ("Hierarchical Clustering", {"selection_method": 2, "top_n": 3, "__version__": 2})
CORE_CLUSTERING = "Orange.widgets.unsupervised.owhierarchicalclustering.OWHierarchicalClustering"
CHAIN = [("File", "Data", "Distances", "Data"),
         ("Distances", "Distances", "Hierarchical Clustering", "Distances")]


def run_briefly(flow, out=None, stall_s=20.0):
    """Run a workflow that is given up before long, should it stand still."""
    from orangecontrib.imaging.workflow.run import run_flow

    return run_flow(flow, folder=None, out=out, trust=False, stall_s=stall_s)


@pytest.fixture
def iris_flow(write_flow):
    """Iris, its distances, three clusters."""
    return write_flow({"File": {}, "Distances": {"metric_id": 0, "__version__": 4},
                       CLUSTERING[0]: CLUSTERING[1]}, CHAIN)


def test_every_table_and_picture_is_written_under_widget_and_output(iris_flow, tmp_path):
    written = run_workflow(iris_flow, out=tmp_path / "out")
    assert [path.name for path in written] == [
        "File - Data.csv", "Hierarchical Clustering - Selected Data.csv",
        "Hierarchical Clustering - Data.csv", "Hierarchical Clustering.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in written)


def test_the_tables_hold_what_the_widgets_sent(iris_flow, tmp_path):
    run_workflow(iris_flow, out=tmp_path)
    rows = read_csv(tmp_path / "Hierarchical Clustering - Data.csv")
    assert len(rows) == 150
    assert list(rows[0]) == ["Cluster", "Selected", "iris", "sepal length", "sepal width",
                             "petal length", "petal width"]
    assert rows[0] == {"Cluster": "C1", "Selected": "Yes", "iris": "Iris-setosa",
                       "sepal length": "5.1", "sepal width": "3.5", "petal length": "1.4",
                       "petal width": "0.2"}
    assert {row["iris"] for row in rows if row["Cluster"] == "C1"} == {"Iris-setosa"}
    assert {row["Cluster"] for row in rows} == {"C1", "C2", "C3"}


def test_the_dendrogram_is_a_picture_of_three_coloured_clusters(iris_flow, tmp_path):
    run_workflow(iris_flow, out=tmp_path)
    with Image.open(tmp_path / "Hierarchical Clustering.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert len(pixels) > 500 * 1000
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    strong = colours.max(axis=1).astype(int) - colours.min(axis=1) > 60
    assert (counts[strong] > 5000).sum() == 3


def test_nothing_is_written_without_a_place_for_it(iris_flow, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert run_workflow(iris_flow) == []
    assert sorted(tmp_path.rglob("*")) == before


def test_an_asynchronous_widget_without_successors_is_waited_for(write_flow, tmp_path):
    flow = write_flow({"File": {}, "MDS": ("Orange.widgets.unsupervised.owmds.OWMDS", {})},
                      [("File", "Data", "MDS", "Data")])
    run_workflow(flow, out=tmp_path)
    rows = read_csv(tmp_path / "MDS - Data.csv")
    assert len(rows) == 150
    assert len({row["mds-x"] for row in rows}) > 100


def test_a_job_in_a_thread_is_waited_for_however_long_it_says_nothing(
        iris_flow, tmp_path, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import DistanceRunner

    compute = DistanceRunner.run

    def compute_slowly(*arguments):
        time.sleep(2)
        return compute(*arguments)

    monkeypatch.setattr(DistanceRunner, "run", compute_slowly)
    run_workflow(iris_flow, out=tmp_path)
    assert len(read_csv(tmp_path / "Hierarchical Clustering - Data.csv")) == 150


def test_an_error_of_a_widget_is_raised_with_its_name_and_message(iris_flow, monkeypatch):
    monkeypatch.setattr("Orange.widgets.unsupervised.owdistances.MAX_ITEMS", 100)
    with pytest.raises(WorkflowError, match=r"flow\.ows: Distances: Data is too large"):
        run_workflow(iris_flow)


def test_what_the_other_widgets_made_is_written_before_the_error_is_raised(
        iris_flow, tmp_path, monkeypatch):
    monkeypatch.setattr("Orange.widgets.unsupervised.owdistances.MAX_ITEMS", 100)
    with pytest.raises(WorkflowError, match="Distances"):
        run_workflow(iris_flow, out=tmp_path / "out")
    assert len(read_csv(tmp_path / "out" / "File - Data.csv")) == 150
    assert not list((tmp_path / "out").glob("Hierarchical*.csv"))


def test_an_exception_in_a_slot_is_raised_with_the_name_of_its_widget(iris_flow, monkeypatch):
    from Orange.widgets.unsupervised.owhierarchicalclustering import OWHierarchicalClustering

    def fail(self):
        raise ZeroDivisionError("no clusters today")

    monkeypatch.setattr(OWHierarchicalClustering, "handleNewSignals", fail)
    with pytest.raises(WorkflowError,
                       match="Hierarchical Clustering: ZeroDivisionError: no clusters today"):
        run_workflow(iris_flow)


def test_a_widget_that_cannot_be_made_is_named(iris_flow, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import OWDistances

    def fail(self):
        raise ValueError("not made")

    monkeypatch.setattr(OWDistances, "__init__", fail)
    with pytest.raises(WorkflowError, match="Distances: ValueError: not made"):
        run_workflow(iris_flow)


def test_a_widget_that_is_not_installed_is_named(write_flow):
    flow = write_flow({"Gone": ("orangecontrib.gone.widgets.owgone.OWGone", {})})
    with pytest.raises(WorkflowError, match=r"orangecontrib\.gone.*Install the add-on"):
        run_workflow(flow)


def test_a_workflow_without_widgets_is_refused(write_flow):
    with pytest.raises(WorkflowError, match="there are no widgets"):
        run_workflow(write_flow({}))


def test_a_workflow_that_stands_still_is_given_up(iris_flow, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import OWDistances

    monkeypatch.setattr(OWDistances, "on_done", lambda self, result: self.setBlocking(True))
    with pytest.raises(WorkflowError, match=r"nothing moved for 1 s\. Still working: Distances"):
        run_briefly(iris_flow, stall_s=1.0)


@pytest.fixture
def rank_fails(monkeypatch):
    """A workflow with a widget whose job raises in its thread, and with widgets after and beside it."""
    from Orange.widgets.data import owrank

    def fail(*_):
        raise ZeroDivisionError("no scores today")

    monkeypatch.setattr(owrank, "get_scorer_scores", fail)
    monkeypatch.setattr(owrank, "get_method_scores", fail)

    def links(*more):
        return [("File", "Data", "Rank", "Data"), ("Rank", "Reduced Data", "Data Table", "Data"), *more]

    return {"File": {}, "Rank": ("Orange.widgets.data.owrank.OWRank", {}), "Data Table": {}}, links


def test_a_job_that_raises_in_its_thread_ends_the_run_with_its_reason(write_flow, rank_fails):
    widgets, links = rank_fails
    with pytest.raises(WorkflowError, match=r"flow\.ows: Rank: ZeroDivisionError: no scores today$"):
        run_briefly(write_flow(widgets, links()))


def test_the_widgets_beside_a_job_that_raises_still_give_their_results(write_flow, rank_fails, tmp_path):
    widgets, links = rank_fails
    flow = write_flow({**widgets, "Distances": {}, CLUSTERING[0]: CLUSTERING[1]}, links(*CHAIN))
    with pytest.raises(WorkflowError, match="Rank: ZeroDivisionError"):
        run_briefly(flow, tmp_path)
    assert len(read_csv(tmp_path / "Hierarchical Clustering - Data.csv")) == 150


def test_a_widget_that_also_waits_for_a_job_that_raised_is_not_waited_for(write_flow, rank_fails, tmp_path):
    widgets, links = rank_fails
    merge = ("Orange.widgets.data.owmergedata.OWMergeData", {})
    flow = write_flow({**widgets, "Merge Data": merge}, links(
        ("File", "Data", "Merge Data", "Data"), ("Rank", "Reduced Data", "Merge Data", "Extra Data")))
    with pytest.raises(WorkflowError, match="Rank: ZeroDivisionError"):
        run_briefly(flow, tmp_path)


def test_outputs_that_a_failed_widget_announced_are_not_waited_for(iris_flow, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import OWDistances

    def fail(self, result):
        self.Outputs.distances.invalidate()
        raise ZeroDivisionError("announced")

    monkeypatch.setattr(OWDistances, "on_done", fail)
    with pytest.raises(WorkflowError, match=r"flow\.ows: Distances: ZeroDivisionError: announced$"):
        run_briefly(iris_flow)


def test_a_job_that_goes_on_after_its_widget_failed_otherwise_is_waited_for(iris_flow, monkeypatch, tmp_path):
    from AnyQt.QtCore import QTimer
    from Orange.widgets.unsupervised.owdistances import DistanceRunner, OWDistances

    measure, start = DistanceRunner.run, OWDistances.start

    def measure_slowly(*arguments):
        time.sleep(1.5)
        return measure(*arguments)

    def fail_meanwhile(self, task, *arguments):
        def fail():
            raise ZeroDivisionError(f"in {self.name}")

        start(self, task, *arguments)
        QTimer.singleShot(300, fail)

    monkeypatch.setattr(DistanceRunner, "run", measure_slowly)
    monkeypatch.setattr(OWDistances, "start", fail_meanwhile)
    with pytest.raises(WorkflowError, match="Distances: ZeroDivisionError: in Distances$"):
        run_briefly(iris_flow, tmp_path)
    assert len(read_csv(tmp_path / "Hierarchical Clustering - Data.csv")) == 150


def test_what_failed_is_named_where_another_widget_stands_still(write_flow, rank_fails, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import OWDistances

    monkeypatch.setattr(OWDistances, "on_done", lambda self, result: self.setBlocking(True))
    widgets, links = rank_fails
    flow = write_flow({**widgets, "Distances": {}}, links(("File", "Data", "Distances", "Data")))
    with pytest.raises(WorkflowError, match=r"Still working: Distances\. Failed: Rank: ZeroDivisionError: no scores"):
        run_briefly(flow, stall_s=2.0)


def test_what_no_widget_raised_is_not_laid_on_one(iris_flow, monkeypatch):
    from AnyQt.QtCore import QTimer

    from orangecontrib.imaging.workflow import run

    def fail():
        raise ZeroDivisionError("nobody")

    monkeypatch.setattr(run, "lay_out", lambda widget: QTimer.singleShot(0, fail))
    with pytest.raises(WorkflowError, match=r"flow\.ows: Orange: ZeroDivisionError: nobody; Orange: "):
        run_briefly(iris_flow)


def test_ctrl_c_ends_the_run(iris_flow, monkeypatch):
    from Orange.widgets.unsupervised.owdistances import OWDistances

    def interrupt(self, result):
        raise KeyboardInterrupt

    monkeypatch.setattr(OWDistances, "on_done", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_workflow(iris_flow)


def test_a_folder_needs_an_import_images(iris_flow, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(WrongUse, match="needs one Import Images in the workflow; there are 0"):
        run_workflow(iris_flow, folder=tmp_path)


def test_an_import_images_without_a_folder_is_refused(write_flow):
    with pytest.raises(WrongUse, match="'Import Images' has no folder of pictures"):
        run_workflow(write_flow({"Import Images": {}}))


def test_a_folder_that_is_not_there_or_empty_is_refused_first(iris_flow, tmp_path):
    with pytest.raises(FolderError, match="no such folder"):
        run_workflow(iris_flow, folder=tmp_path / "none")
    with pytest.raises(FolderError, match="no pictures in this folder"):
        run_workflow(iris_flow, folder=tmp_path)


def test_a_place_for_the_results_that_cannot_be_made_is_named(iris_flow, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        run_workflow(iris_flow, out=tmp_path / "file" / "out")


def test_a_run_leaves_no_trace_in_the_users_settings(iris_flow):
    before = set(Path.home().rglob("*.pickle"))
    run_workflow(iris_flow)
    assert set(Path.home().rglob("*.pickle")) == before


def test_what_the_user_last_chose_in_a_widget_does_not_reach_a_run(write_flow, tmp_path):
    chosen = (tmp_path / "data" / "Orange" / Orange.__version__ / "widgets"
              / f"{CORE_CLUSTERING}.pickle")
    chosen.parent.mkdir(parents=True)
    chosen.write_bytes(pickle.dumps({"selection_method": 2, "top_n": 7, "__version__": 2}))
    flow = write_flow({"File": {}, "Distances": {}, "Hierarchical Clustering": {}}, CHAIN)
    program = ("from pathlib import Path; from orangecontrib.imaging.workflow import run_workflow;"
               f"run_workflow(Path({str(flow)!r}), out=Path({str(tmp_path)!r}))")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120,
                   env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")})
    rows = read_csv(tmp_path / "Hierarchical Clustering - Data.csv")
    assert "Cluster" not in rows[0]
    assert {row["Selected"] for row in rows} == {"No"}


def test_a_run_does_not_change_what_the_next_one_gives(iris_flow, write_flow, tmp_path):
    plain = write_flow({"File": {}, "Distances": {}, "Hierarchical Clustering": {}}, CHAIN, "b.ows")
    run_workflow(plain, out=tmp_path / "before")
    run_workflow(iris_flow)
    run_workflow(plain, out=tmp_path / "after")
    for path in (tmp_path / "before").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "after" / path.name).read_bytes()
