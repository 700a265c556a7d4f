"""A workflow file is judged before Orange opens it."""

import os

import pytest
from Orange.data import ContinuousVariable
from orangewidget.settings import Context
from orangewidget.utils.filedialogs import RecentPath

from orangecontrib.imaging.core.errors import WorkflowError
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


def test_every_example_workflow_of_orange_is_opened():
    from importlib.resources import files

    flows = [flow for flow in files("Orange.canvas.workflows").iterdir()
             if flow.name.endswith(".ows")]
    assert len(flows) > 5
    for flow in flows:
        read_flow(flow)


def test_a_widget_that_runs_code_needs_trust(write_flow):
    flow = write_flow({"Python Script": {}})
    with pytest.raises(WorkflowError, match="'Python Script' runs the Python code in it"):
        read_flow(flow)
    assert read_flow(flow, trust=True)


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
    with pytest.raises(WorkflowError, match=r"none\.ows: there is no such file"):
        read_flow(tmp_path / "none.ows")


def test_a_folder_is_no_workflow(tmp_path):
    with pytest.raises(WorkflowError, match="cannot be read"):
        read_flow(tmp_path)
