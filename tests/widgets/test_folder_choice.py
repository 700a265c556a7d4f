"""A folder in settings and the way to it: also on another system, and where the drawing of samples has changed."""

import os
from pathlib import Path, PureWindowsPath

import pytest

from orangecontrib.imaging.core import samples
from orangecontrib.imaging.core.samples import write_samples
from orangecontrib.imaging.widgets.parts import folder_choice
from orangecontrib.imaging.widgets.parts.folder_choice import FolderChoice, beside_workflow


@pytest.fixture
def moved(tmp_path):
    """A folder of a workflow, and in it one of pictures."""
    (tmp_path / "flow" / "cells" / "day 1").mkdir(parents=True)
    return tmp_path / "flow"


def locate(choice):
    return choice.locate(lambda done, total: None, lambda: False)


def test_the_way_from_the_workflow_is_kept_with_slashes_on_windows_too(monkeypatch):
    monkeypatch.setattr(folder_choice, "PurePath", PureWindowsPath)
    assert beside_workflow(r"C:\work\cells\day 1", r"C:\work") == "cells/day 1"
    assert beside_workflow(r"D:\cells", r"C:\work") == ""


def test_the_workflows_own_folder_is_beside_it(moved):
    assert beside_workflow(str(moved), str(moved)) == "."
    assert os.path.samefile(locate(FolderChoice("/gone", str(moved), ".")), moved)


@pytest.mark.parametrize("beside", ["cells/day 1", r"cells\day 1"])
@pytest.mark.parametrize("text", [r"C:\work\cells\day 1", "/home/else/cells/day 1"])
def test_a_folder_that_came_from_another_system_with_its_workflow_is_found(moved, text, beside):
    assert locate(FolderChoice(text, str(moved), beside)) == str(moved / "cells" / "day 1")


@pytest.mark.skipif(os.sep == "\\", reason="no name holds a backslash there")
def test_a_backslash_that_belongs_to_a_name_stays(moved):
    (moved / r"cells\day 1").mkdir()
    beside = beside_workflow(str(moved / r"cells\day 1"), str(moved))
    assert locate(FolderChoice("/gone", str(moved), beside)) == str(moved / r"cells\day 1")


def test_a_folder_that_is_nowhere_is_named_as_it_was_chosen(moved):
    assert locate(FolderChoice("/gone/cells", str(moved), "gone")) == "/gone/cells"
    assert locate(FolderChoice("/gone/cells", "", "cells")) == "/gone/cells"


def test_samples_of_a_later_drawing_are_drawn_beside_those_of_an_earlier_one(monkeypatch):
    def few(root, sets, **options):
        return write_samples(root, sets, per_class=1, **options)

    monkeypatch.setattr(folder_choice, "write_samples", few)
    root = Path(os.environ["ORANGE_IMAGING_CACHE"]) / "samples"
    for version in (8, 9):
        for module in (samples, folder_choice):
            monkeypatch.setattr(module, "DRAWING_VERSION", version)
        assert locate(FolderChoice("samples:yeast")) == str(root / f"v{version}" / "yeast")
    assert "drawing 8" in (root / "v8/yeast/README.txt").read_text()
    assert "drawing 9" in (root / "v9/yeast/README.txt").read_text()
