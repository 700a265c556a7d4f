"""Imports go down only: see doc/architecture.md."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from layers import PACKAGE, imports, violations

SOURCE = Path(__file__).resolve().parent.parent
WIDGETS = sorted(path.stem for path in (SOURCE / "orangecontrib/imaging/widgets").glob("ow*.py"))
IMPORT_LIMIT_S = 0.3

PLANTED = [
    ("core/embed.py", "import Orange"),
    ("core/embed.py", "def f():\n    from AnyQt.QtCore import Qt"),
    ("core/embed.py", "from ..tables import columns"),
    ("core/networks/squeezenet.py", "from ...widgets.parts import folder_choice"),
    ("tables/columns.py", "from Orange.widgets.widget import OWWidget"),
    ("tables/columns.py", "from Orange.misc import server_embedder"),
    ("widgets/owimageviewer.py", "from .owimportimages import OWImportImages"),
    ("widgets/owimageviewer.py", "from orangecontrib.imaging.widgets import owimportimages"),
    ("widgets/owimageviewer.py", "from PyQt5.QtCore import Qt"),
    ("widgets/parts/image_grid.py", "from ...tables.columns import image_columns"),
    ("widgets/parts/image_grid.py", "from orangewidget import gui"),
    ("widgets/parts/image_grid.py", "from ..jobs.embedding import embed_images"),
    ("widgets/jobs/embedding.py", "from AnyQt.QtWidgets import QLabel"),
    ("widgets/jobs/embedding.py", "from ..owimageembedder import OWImageEmbedder"),
    ("cli.py", "from .tables import columns"),
    ("cli.py", "def f():\n    from .widgets import owimportimages"),
    ("workflow/run.py", "from ..cli import main"),
    ("__init__.py", "from .core import embed"),
]


def test_imports_go_down_only():
    assert violations(SOURCE) == []


@pytest.mark.parametrize(("place", "source"), PLANTED, ids=[f"{place}: {source[-45:]}" for place, source in PLANTED])
def test_a_planted_import_upwards_is_named_with_file_and_line(place, source, tmp_path):
    path = tmp_path / "orangecontrib/imaging" / place
    path.parent.mkdir(parents=True)
    path.write_text(f'"""A file."""\n{source}\n')
    found = violations(tmp_path)
    assert found
    line = 2 + source.count("\n")
    assert found[0].startswith(f"orangecontrib/imaging/{place}:{line}: ")


def test_an_import_inside_a_function_of_the_command_may_reach_the_tables(tmp_path):
    path = tmp_path / "orangecontrib/imaging/cli.py"
    path.parent.mkdir(parents=True)
    path.write_text("def f():\n    from .tables import columns\n    from .workflow import run_workflow\n")
    assert violations(tmp_path) == []


def test_relative_imports_are_resolved():
    found = imports("from ..core.errors import WrongUse\nfrom . import parts", "orangecontrib/imaging/tables/a.py")
    assert [one.module for one in found] == [
        f"{PACKAGE}.core.errors", f"{PACKAGE}.core.errors.WrongUse", f"{PACKAGE}.tables", f"{PACKAGE}.tables.parts"]


def loaded_by(module):
    """The names of all modules after importing one in a fresh process, and the seconds that it computed."""
    program = (f"import json, sys, time\nstart = time.thread_time()\nimport {module}\n"
               "print(json.dumps([time.thread_time() - start, sorted(sys.modules)]))")
    answer = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(answer.stdout.splitlines()[-1])
    return seconds, set(modules)


def test_importing_the_engine_is_quick_and_loads_neither_torch_nor_orange_nor_qt():
    engine = [f"orangecontrib.imaging.core.{name}" for name in ("embed", "client", "store", "folders", "thumbnails")]
    runs = [loaded_by(", ".join(engine)) for _ in range(5)]
    modules = runs[0][1]
    assert modules >= {*engine}
    assert not modules & {"torch", "torchvision", "Orange", "AnyQt", "PyQt5", "PyQt6", "orangewidget", "orangecanvas"}
    assert "importlib.metadata" not in modules  # a tenth of the time
    assert min(seconds for seconds, _ in runs) <= IMPORT_LIMIT_S


def test_the_command_starts_without_torch_and_orange():
    assert not loaded_by("orangecontrib.imaging.cli")[1] & {"torch", "torchvision", "Orange", "AnyQt"}


def test_widget_modules_import_without_torch():
    pytest.importorskip("Orange", reason="needs Orange")
    names = [f"orangecontrib.imaging.widgets.{name}" for name in WIDGETS]
    program = ("import sys\nfrom importlib import import_module\nfor name in sys.argv[1:]:\n    import_module(name)\n"
               "    print(' '.join([name, *{'torch', 'torchvision'} & {*sys.modules}]))")
    answer = subprocess.run([sys.executable, "-P", "-c", program, *names], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == names


def test_threads_are_started_only_where_their_answers_are_fetched_by_a_timer():
    """A thread that emits a signal of a window that goes at that moment ends the whole program."""
    widgets = SOURCE / "orangecontrib/imaging/widgets"
    starting = {path.name for path in widgets.rglob("*.py")
                if re.search(r"\bThread\b|QThread|ThreadPool", path.read_text())}
    assert starting == {"lookup.py", "thumbnail_readers.py"}
    orange = {path.name for path in widgets.rglob("*.py") if "ConcurrentWidgetMixin" in path.read_text()}
    assert orange == {"job_mixin.py"}


def test_there_are_widgets_to_look_at():
    assert {"owimportimages", "owimageembedder", "owimageviewer"} <= set(WIDGETS)
