"""A workflow file is judged before Orange opens it, and its widgets before they are made."""

import base64
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from Orange.data import ContinuousVariable
from orangewidget.settings import Context
from orangewidget.utils.filedialogs import RecentPath

from orangecontrib.imaging.core.errors import WorkflowError, WrongUse
from orangecontrib.imaging.workflow import read_flow, run_workflow


class RunsCommand:
    """Pickled, it runs a command when it is opened."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture
def planted(tmp_path, write_flow, pickled):
    mark = tmp_path / "was here"
    flow = write_flow({"File": pickled({"url": RunsCommand(f"touch '{mark}'")})})
    return flow, mark


def test_code_in_pickled_settings_is_refused_and_not_run(planted):
    flow, mark = planted
    with pytest.raises(WorkflowError, match=r"settings of 'File' would load .*system.*--trust"):
        run_workflow(flow)
    assert not mark.exists()


def test_the_planted_code_would_have_run_if_trusted(planted):
    flow, mark = planted
    run_workflow(flow, trust=True)
    assert mark.exists()


def test_pickled_records_of_orange_itself_are_opened(write_flow, pickled):
    context = Context(values={"attr": ("x", 2)}, attributes={"x": 2}, chosen={1, 2})
    settings = {"context_settings": [context], "recent_paths": [RecentPath("/a", None, "a")],
                "old": ContinuousVariable("x"), "__version__": 1}
    flow = write_flow({"File": pickled(settings)})
    assert read_flow(flow) == flow.read_bytes()


def test_numbers_of_numpy_are_opened_for_widgets_save_them_in_place_of_pythons(write_flow, pickled):
    numbers = [np.int32(6), np.int64(-1), np.float64(0.5), np.bool_(True), np.uint8(3)]
    assert pickle.loads(pickled(numbers)) == numbers
    flow = write_flow({"File": pickled({"columns": numbers})})
    assert read_flow(flow) == flow.read_bytes()
    older = pickled({"columns": numbers}).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    older = older.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core")
    assert read_flow(write_flow({"File": unframed(older)}))


def unframed(content):
    """A pickle whose length was changed: its frame (an opcode and 8 bytes) is left out."""
    return content[:2] + content[11:] if content[2:3] == b"\x95" else content


class Made:
    """Pickled, it calls NumPy's own functions with what a file may hold."""

    def __init__(self, function, *given, state=None):
        self.reduced = (function, given, state) if state is not None else (function, given)

    def __reduce__(self):
        return self.reduced


PLAIN = (3, "<", None, None, None, -1, -1, 0)
SCALAR = np.int32(0).__reduce__()[0]


@pytest.mark.parametrize("planted", [
    Made(np.dtype, "O"), Made(np.dtype, "V8"), Made(np.dtype, [("a", "O")]), Made(np.dtype, "i4,O"),
    Made(SCALAR, np.dtype("O"), 1),
    Made(np.dtype, "i4", False, True, state=(3, "|", None, ("a",), {"a": (Made(np.dtype, "i4"), 0)}, 8, 1, 27)),
    Made(np.dtype, "i4", False, True, state=(3, "|", (Made(np.dtype, "i4"), (9,)), None, None, -1, -1, 0)),
    Made(np.dtype, "i4", False, True, state={"a": 1}), Made(SCALAR, "i4", b"1234"),
    Made(SCALAR, Made(np.dtype, "i8", False, True, state=PLAIN), b"1234"),
    Made(SCALAR, Made(np.dtype, "i4", False, True, state=PLAIN), 7)])
def test_anything_else_of_numpy_is_refused(write_flow, pickled, planted):
    with pytest.raises(WorkflowError, match=r"settings of 'File' would load .*--trust"):
        read_flow(write_flow({"File": pickled({"columns": planted})}))


def test_a_type_of_numpy_is_judged_also_where_it_is_made_without_being_called(write_flow):
    without_call = b"\x80\x04cnumpy\ndtype\n\x8c\x01O\x85\x81."
    assert pickle.loads(without_call) == np.dtype("O")
    with pytest.raises(WorkflowError, match=r"would load numpy\.dtype"):
        read_flow(write_flow({"File": without_call}))


CHANGED_CLASS = b"\x80\x04c%s\nN}\x8c\x07harmful\x8c\x05values\x86b."  # a second state is set as attributes


@pytest.mark.parametrize("record", [b"orangewidget.settings\nContext", b"orangewidget.utils.filedialogs\nRecentPath",
                                    b"Orange.data.variable\nStringVariable", b"Orange.data.variable\nmake_variable"])
def test_a_pickle_that_changes_a_class_for_all_of_orange_is_refused(write_flow, record):
    changed = pickle.loads(CHANGED_CLASS % record)
    assert changed.harmful == "value"
    del changed.harmful
    with pytest.raises(WorkflowError, match="settings of 'File' would load a change of .*--trust"):
        read_flow(write_flow({"File": CHANGED_CLASS % record}))
    assert not hasattr(changed, "harmful")


def test_records_are_not_made_while_they_are_judged(write_flow, pickled, monkeypatch):
    monkeypatch.setattr(RecentPath, "__setattr__", lambda *_: pytest.fail("made"))
    read_flow(write_flow({"File": pickled({"a": Made(RecentPath, "/a", None, "a")})}))


def test_every_example_workflow_of_orange_is_opened():
    from importlib.resources import files

    flows = [flow for flow in files("Orange.canvas.workflows").iterdir()
             if flow.name.endswith(".ows")]
    assert len(flows) > 5
    for flow in flows:
        read_flow(flow)


@pytest.fixture
def mark(tmp_path):
    """A file that is there once planted code has run."""
    return tmp_path / "was here"


@pytest.fixture
def planted_pickle(mark):
    """A pickle that touches `mark` when it is opened."""
    return pickle.dumps(RunsCommand(f"touch '{mark}'"))


def test_code_in_settings_that_orange_reads_from_an_attribute_is_refused(write_flow, planted_pickle, mark):
    flow = write_flow({"File": {}})
    planted = base64.b64encode(planted_pickle).decode()
    flow.write_text(flow.read_text().replace('format="literal"', f'format="pickle" data="{planted}"'))
    with pytest.raises(WorkflowError, match="settings of 'File' would load"):
        run_workflow(flow)
    assert not mark.exists()


def test_settings_of_bytes_that_orange_would_unpickle_are_refused(write_flow, planted_pickle, mark):
    flow = write_flow({"File": repr(planted_pickle)})
    with pytest.raises(WorkflowError, match="the settings of 'File' are damaged"):
        run_workflow(flow)
    assert not mark.exists()


@pytest.mark.parametrize(("name", "doing"), [
    ("Orange.widgets.data.owpythonscript.OWPythonScript", "runs the Python code in it"),
    ("Orange.widgets.model.owloadmodel.OWLoadModel", "loads a model file"),
    ("Orange.widgets.classify.owloadclassifier.OWLoadClassifier", "loads a model file"),
], ids=["Python Script", "Load Model", "Load Model by its old name"])
def test_a_widget_that_runs_code_needs_trust(write_flow, tmp_path, name, doing):
    flow = write_flow({"Innocent": (name, {})})
    with pytest.raises(WorkflowError, match=f"'Innocent' {doing}.*--trust"):
        run_workflow(flow, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    run_workflow(flow, trust=True)


def file_settings(path, *, prefix=None, relpath=None, reader=None):
    return {"recent_paths": [RecentPath(str(path), prefix, relpath, file_format=reader)]}


@pytest.mark.parametrize("name", ["table.pkl", "table.pickle", "table.pkl.gz", "table.pickle.bz2", "table.pkl.xz"])
def test_a_pickle_in_file_needs_trust(write_flow, pickled, planted_pickle, tmp_path, mark, name):
    from Orange.data.io import FileFormat

    path = tmp_path / name
    with FileFormat.open(str(path), "wb") as file:
        file.write(planted_pickle)
    flow = write_flow({"File": pickled(file_settings(path))})
    with pytest.raises(WorkflowError, match=rf"'File' opens {path}, and a pickle can run code.*--trust"):
        run_workflow(flow)
    assert not mark.exists()
    with pytest.raises(WorkflowError, match="does not contain a data table"):
        run_workflow(flow, trust=True)
    assert mark.exists()


def test_a_pickle_that_moved_beside_the_workflow_is_found(write_flow, pickled, planted_pickle, tmp_path, mark):
    (tmp_path / "table.pkl").write_bytes(planted_pickle)
    for settings in (file_settings("/gone/table.pkl"),
                     file_settings("/gone/table.tab", prefix="basedir", relpath="table.pkl")):
        with pytest.raises(WorkflowError, match=r"table\.pkl, and a pickle can run code"):
            run_workflow(write_flow({"File": pickled(settings)}))
    assert not mark.exists()


def test_a_reader_that_unpickles_or_is_none_is_refused_whatever_the_ending(
        write_flow, pickled, planted_pickle, tmp_path, mark):
    path = tmp_path / "table.tab"
    path.write_bytes(planted_pickle)
    for reader, said in (("Orange.data.io.PickleReader", "a pickle can run code"),
                         ("os.remove", "with os.remove, which is no reader of Orange")):
        with pytest.raises(WorkflowError, match=said):
            run_workflow(write_flow({"File": pickled(file_settings(path, reader=reader))}))
    assert path.exists()
    assert not mark.exists()


def test_a_pickle_beside_a_table_is_refused_and_text_is_not(write_flow, pickled, planted_pickle, tmp_path, mark):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    flow = write_flow({"File": pickled(file_settings(path))})
    beside = Path(f"{path}.metadata")
    beside.write_text("Name: numbers\n")
    run_workflow(flow)
    beside.write_bytes(planted_pickle)
    with pytest.raises(WorkflowError, match=rf"opens {beside}, which would load .*system"):
        run_workflow(flow)
    assert not mark.exists()


def test_a_pickle_beside_a_table_that_only_orange_can_go_on_with_is_refused(write_flow, pickled, tmp_path, mark):
    """Numbers of NumPy are judged by stand-ins, which cannot do all that those can."""
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    planted = pickle.dumps([Made(SCALAR, np.dtype("i4"), b"1234", state=("given",)), RunsCommand(f"touch '{mark}'")])
    pickle.loads(planted)
    assert mark.exists()
    mark.unlink()
    Path(f"{path}.metadata").write_bytes(planted)
    with pytest.raises(WorkflowError, match=r"\.metadata, which would load numpy\..*--trust"):
        run_workflow(write_flow({"File": pickled(file_settings(path))}))
    assert not mark.exists()


def test_a_recent_file_that_finds_another_is_refused(write_flow, pickled, planted_pickle, tmp_path, mark):
    (tmp_path / "table.pkl").write_bytes(planted_pickle)
    recent = RecentPath("/gone/table.tab", None, None)
    recent.resolve = frozenset
    with pytest.raises(WorkflowError, match="'File' has recent files that Orange did not write"):
        run_workflow(write_flow({"File": pickled({"recent_paths": [recent]})}))


SAVE_DATA = "Orange.widgets.data.owsave.OWSave"
COMMAS = "Comma-separated values (*.csv)"


def saving_flow(write_flow, pickled, tmp_path, **settings):
    path = tmp_path / "table.csv"
    path.write_text("touch x,b\n1,2\n3,4\n")
    return write_flow({"File": pickled(file_settings(path)),
                       "Save": (SAVE_DATA, {"filter": COMMAS, "add_type_annotations": False, "auto_save": True,
                                            "stored_path": ".", **settings})}, [("File", "Data", "Save", "Data")])


def test_a_table_that_would_be_saved_as_a_program_needs_trust(write_flow, pickled, tmp_path):
    for name in (".profile", "start.sh", str(tmp_path / "elsewhere.py")):
        flow = saving_flow(write_flow, pickled, tmp_path, stored_name=name)
        with pytest.raises(WorkflowError, match=f"'Save' saves by itself to {name}, which is no name of data.*--trust"):
            run_workflow(flow)
        assert not (tmp_path / name).exists()
    run_workflow(flow, trust=True)
    assert (tmp_path / name).read_text().startswith("touch x")


def test_a_table_that_is_saved_as_data_or_on_demand_needs_none(write_flow, pickled, tmp_path):
    run_workflow(saving_flow(write_flow, pickled, tmp_path, stored_name="copy.csv"))
    assert (tmp_path / "copy.csv").exists()
    run_workflow(saving_flow(write_flow, pickled, tmp_path, stored_name="start.sh", auto_save=False))
    assert not (tmp_path / "start.sh").exists()


def test_data_from_the_network_needs_trust(write_flow):
    flow = write_flow({"File": {"source": 1, "recent_urls": ["http://localhost:9/table.csv"]}})
    with pytest.raises(WorkflowError, match="'File' loads data from the network.*--trust"):
        run_workflow(flow)


def test_recent_files_that_orange_did_not_write_are_refused(write_flow, pickled):
    for recent in ("table.pkl", RecentPath(None, None, None), RecentPath("/a.tab", None, 7)):
        with pytest.raises(WorkflowError, match="'File' has recent files that Orange did not write"):
            run_workflow(write_flow({"File": pickled({"recent_paths": [recent]})}))


def test_attributes_of_a_table_that_cannot_be_judged_are_refused(write_flow, pickled, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    Path(f"{path}.metadata").write_text("Name: numbers\n")
    flow = write_flow({"File": pickled(file_settings(path))})
    really = Path.read_bytes

    def closed(file):
        if file.suffix == ".metadata":
            raise PermissionError(13, "Permission denied")
        return really(file)

    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(WorkflowError, match=r"opens .*\.metadata, which cannot be read here \(permission denied"):
        run_workflow(flow)


def test_an_older_recent_file_may_be_a_pickle(write_flow, pickled):
    recent = [RecentPath("", "sample-datasets", "iris.tab"), RecentPath("/some/table.pkl", None, None)]
    run_workflow(write_flow({"File": pickled({"recent_paths": recent})}))


@pytest.mark.parametrize("settings", ["{'a': ", "open('x')", "[" * 5000, b"no pickle", b""])
def test_damaged_settings_are_named(write_flow, settings):
    flow = write_flow({"File": settings})
    with pytest.raises(WorkflowError, match="the settings of 'File' are damaged"):
        read_flow(flow)


@pytest.mark.parametrize(("content", "said"), [
    (b"", "not an Orange workflow, or it is damaged"),
    (b"\x89PNG\r\n", "not an Orange workflow, or it is damaged"),
    (b"<scheme version='2.0'>", "not an Orange workflow, or it is damaged"),
    (b"<html />", "not an Orange workflow"),
    (b"<scheme version='9.1' />", "has format 9.1, known are 2.0 and 2.1"),
    (b"<scheme />", "has format None"),
])
def test_what_is_no_workflow_is_refused_with_its_reason(tmp_path, content, said):
    flow = tmp_path / "a.ows"
    flow.write_bytes(content)
    with pytest.raises(WorkflowError, match=said) as caught:
        read_flow(flow)
    assert str(flow) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WrongUse, match=r"none\.ows: there is no such file"):
        read_flow(tmp_path / "none.ows")


def test_a_folder_is_no_workflow(tmp_path):
    with pytest.raises(WorkflowError, match="cannot be read"):
        read_flow(tmp_path)
