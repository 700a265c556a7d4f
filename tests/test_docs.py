"""What the documentation shows, runs."""

import inspect
import json
import re
import shlex
import tomllib
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from textwrap import dedent

import pytest
import torch

from orangecontrib.imaging import cli

DOC = Path(__file__).resolve().parent.parent / "doc"
PAGES = {path.relative_to(DOC).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
         for path in sorted(DOC.rglob("*.rst"))}
#: pages whose script needs files that somebody saved in Orange, and the test that runs it
ELSEWHERE = {"predict": "workflows/test_predict_page.py"}
LONG = {"evaluation"}
PYTHON_PAGES = [name for name, text in PAGES.items() if "code-block:: python" in text and name not in ELSEWHERE]


def blocks(page, language):
    """The texts of a page's blocks in a language, without their indentation."""
    found = re.findall(rf"^( *)\.\. code-block:: {language}\n\n((?:\1 +.*\n|\n)+)", PAGES[page] + "\n", re.MULTILINE)
    return [dedent(text).strip() + "\n" for _, text in found]


@pytest.mark.parametrize("page", [pytest.param(page, marks=[pytest.mark.heavy] if page in LONG else [])
                                  for page in PYTHON_PAGES])
def test_a_page_s_python_runs_and_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {}
    if page == "own-networks":  # the packages that write ONNX are no part of this environment: its call is checked
        export = inspect.signature(torch.onnx.export)
        monkeypatch.setattr(torch.onnx, "export", lambda *given, **named: export.bind(*given, **named))
        given = {"torch": torch, "model": torch.nn.Identity()}
    for text in blocks(page, "python"):
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(text, f"{page}.rst", "exec"), given)
        assert printed.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", text, re.MULTILINE)


def test_every_print_of_a_page_says_what_comes():
    prints = {page: re.findall(r"^ *print\(.*$", PAGES[page], re.MULTILINE) for page in PYTHON_PAGES}
    assert [line for lines in prints.values() for line in lines if "  # " not in line] == []
    assert len(prints["scripting"]) >= 8


@pytest.mark.parametrize(("page", "test"), ELSEWHERE.items())
def test_a_page_that_is_run_elsewhere_is_run_there(page, test):
    assert blocks(page, "python")
    assert f'"doc" / "{page}.rst"' in (DOC.parent / "tests" / test).read_text(encoding="utf-8")


def commands(page):
    lines = "".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ orange-imaging")]


COMMANDS = sorted({line for page in PAGES for line in commands(page)})


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_understands_what_a_page_types(line):
    assert cli._parser().parse_args(shlex.split(line)[1:]).command is not None


def test_pages_type_every_subcommand():
    subcommands = next(action for action in cli._parser()._actions if isinstance(action.choices, dict)).choices
    assert {line.split()[1] for line in COMMANDS} == set(subcommands)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("orange-imaging models")])
def test_commands_that_only_tell_something_run(line, capsys):
    assert cli.main(shlex.split(line)[1:]) == 0
    assert "squeezenet" in capsys.readouterr().out


@pytest.mark.heavy
@pytest.mark.parametrize("line", [line for line in COMMANDS if re.match(r"orange-imaging embed pictures ", line)
                                  and not re.search(r"-m (?!squeezenet )", line)])
def test_commands_that_embed_by_the_network_that_is_here_run(line, tmp_path, monkeypatch, few_nuclei):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").symlink_to(few_nuclei)
    words = shlex.split(line)[1:]
    assert cli.main(words) == 0
    assert (tmp_path / words[words.index("-o") + 1]).exists() == ("--plan" not in words)


@pytest.fixture(scope="module")
def few_nuclei(tmp_path_factory):
    from orangecontrib.imaging.core.samples import write_samples
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder, sets=["nuclei"], per_class=4)
    return folder / "nuclei"


@pytest.mark.parametrize(("language", "read"), [("json", json.loads), ("toml", tomllib.loads)])
def test_files_that_pages_show_can_be_read(language, read):
    texts = [text for page in PAGES for text in blocks(page, language)]
    assert texts
    assert all(read(text) for text in texts)
