"""What README says, runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from orangecontrib.imaging import cli

SOURCE = Path(__file__).resolve().parent.parent
README = (SOURCE / "README.md").read_text(encoding="utf-8")
[SCRIPT] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
CONSOLE = "".join(re.findall(r"```console\n(.*?)```", README, re.DOTALL)).splitlines()
COMMANDS = [line for line in CONSOLE if line.startswith("orange-imaging")]


def test_its_script_prints_what_it_says(tmp_path):
    promised = re.search(r"# ([\d.]+)$", SCRIPT.strip())[1]
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == (promised, "")


@pytest.mark.parametrize("line", COMMANDS)
def test_its_commands_run(line, tmp_path, monkeypatch, few_yeast_cells):
    (tmp_path / "tutorials").symlink_to(SOURCE / "tutorials")
    monkeypatch.chdir(tmp_path)
    words = [str(few_yeast_cells) if word == "MY_PICTURES" else word for word in shlex.split(line)[1:]]
    assert cli.main(words) == 0
    assert (tmp_path / words[words.index("--out" if "--out" in words else "-o") + 1]).exists()


@pytest.fixture
def few_yeast_cells(tmp_path):
    from orangecontrib.imaging.core.samples import write_samples
    write_samples(tmp_path / "samples", sets=["yeast"], per_class=12)
    return tmp_path / "samples" / "yeast"


def test_its_make_targets_are_there():
    makefile = (SOURCE / "Makefile").read_text()
    targets = re.findall(r"\bmake (\w+)", README)
    assert {"demo", "test", "bench", "clean"} <= set(targets)
    assert all(f"\n{target}:" in makefile for target in targets)


@pytest.mark.parametrize(("page", "name"), [("README.md", r"^\*\*([\w ]+)\*\*[: ]"),
                                            ("tutorials/README.md", r"^## ([\w ]+):")])
def test_every_workflow_is_told_by_the_beginning_of_its_name_in_the_menu_and_counted(page, name):
    text = (SOURCE / page).read_text(encoding="utf-8")
    workflows = [path for path in (SOURCE / "tutorials").glob("*.ows") if not path.name.startswith("lesson-")]
    titles = sorted(ElementTree.parse(path).getroot().get("title") for path in workflows)
    assert [len(titles), *re.findall(r"^#+ (\w+) workflows", text, re.MULTILINE)] == [7, "Seven"]
    told = sorted(re.findall(name, text, re.MULTILINE))
    assert [title[:len(one)] for one, title in zip(told, titles, strict=True)] == told


def test_its_files_are_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert "doc/images/explore.png" in links
    assert [link for link in links if not (SOURCE / link).exists()] == []
