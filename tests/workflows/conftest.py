"""Workflow files for the tests, and a canvas to play them in."""

import base64
import json
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from quiet_orange import QUIET_SETTINGS

HERE = Path(__file__).parent
SCRIPTS = HERE.parent.parent / "scripts"
ASIDE_PX = 160  # at (0, 0) the canvas places a widget where it likes
LONGEST_S = 300
CORE = {
    "File": "Orange.widgets.data.owfile.OWFile",
    "Data Table": "Orange.widgets.data.owtable.OWTable",
    "Python Script": "Orange.widgets.data.owpythonscript.OWPythonScript",
    "Distances": "Orange.widgets.unsupervised.owdistances.OWDistances",
    "Hierarchical Clustering":
        "Orange.widgets.unsupervised.owhierarchicalclustering.OWHierarchicalClustering",
    "Import Images": "orangecontrib.imaging.widgets.owimportimages.OWImportImages",
}


@pytest.fixture
def write_flow(tmp_path):
    """Return a function that writes an .ows file.

    Its widgets are {title: settings}, or {title: (qualified name, settings)}; settings that are
    bytes are stored as a pickle. Its links are (source, output, sink, input).
    """
    def write(widgets, links=(), name="flow.ows"):
        ids = {title: number for number, title in enumerate(widgets)}
        lines = ['<scheme version="2.0" title="" description=""><nodes>']
        for title, what in widgets.items():
            qualified = what[0] if isinstance(what, tuple) else CORE[title]
            place = (ASIDE_PX * (ids[title] + 1), ASIDE_PX)
            lines.append(f'<node id="{ids[title]}" name="" title={quoteattr(title)} version="" '
                         f'project_name="" qualified_name="{qualified}" position="{place}" />')
        lines.append("</nodes><links>")
        lines += [f'<link id="{number}" enabled="true" source_node_id="{ids[source]}" '
                  f'sink_node_id="{ids[sink]}" source_channel="{output}" sink_channel="{entry}" />'
                  for number, (source, output, sink, entry) in enumerate(links)]
        lines.append("</links><annotations /><node_properties>")
        for title, what in widgets.items():
            settings = what[1] if isinstance(what, tuple) else what
            lines.append(_properties(ids[title], settings))
        lines.append("</node_properties></scheme>")
        path = tmp_path / name
        path.write_text("".join(lines), encoding="utf-8")
        return path

    return write


def _properties(number, settings):
    if isinstance(settings, bytes):
        text, form = base64.encodebytes(settings).decode("ascii"), "pickle"
    else:
        text, form = settings if isinstance(settings, str) else repr(settings), "literal"
    return f'<properties node_id="{number}" format="{form}">{escape(text)}</properties>'


@pytest.fixture
def pickled():
    """Return a function that pickles settings as Orange does."""
    return lambda settings: pickle.dumps(settings, protocol=4)


@contextmanager
def virtual_screen():
    """Start a screen that nobody sees; gives the name of its display."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading, encoding="ascii") as named:
            yield ":" + named.readline().strip()
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture(scope="module")
def display():
    with virtual_screen() as name:
        yield name


@pytest.fixture
def shots(tmp_path):
    """Where screenshots go: a folder of the tester's choice, or one that is thrown away."""
    folder = Path(os.environ.get("ORANGE_IMAGING_SHOTS") or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def play(display, tmp_path, shots):
    """Return a function that plays a scene in the canvas and gives what it found."""
    def play_scene(scene, flow, argument="", cache=None):
        home = tmp_path / "home"
        settings = home / "config" / "biolab.si" / "Orange.ini"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(QUIET_SETTINGS, encoding="ascii")
        (home / "run").mkdir(mode=0o700, exist_ok=True)
        environment = {
            **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")])),
            "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home / "run"),
            "QTWEBENGINE_DISABLE_SANDBOX": "1", "ORANGE_IMAGING_CACHE": str(
                cache or os.environ["ORANGE_IMAGING_CACHE"])}
        answer = tmp_path / "answer.json"
        ended = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-W", "ignore", str(HERE / "canvas_scenes.py"),
             scene, str(flow), str(answer), str(shots), argument],
            env=environment, cwd=tmp_path, timeout=LONGEST_S, capture_output=True, text=True,
            check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr[:8000]
        found = json.loads(answer.read_text(encoding="utf-8"))
        assert found["raised"] == []
        return found

    return play_scene
