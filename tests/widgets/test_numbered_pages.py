"""The numbers in a help page are those in its picture, and what a page names is in its widget."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import lesson_screens
import numbered
import pytest
import screenshots
from AnyQt.QtWidgets import QAbstractButton, QGroupBox, QLabel
from orangewidget.tests import base

SOURCE = Path(__file__).resolve().parents[2]
DOC = SOURCE / "doc"
PACKAGE = SOURCE / "orangecontrib" / "imaging"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in (DOC / "widgets").glob("*.rst")}
LARGEST_BYTES = 150_000
#: texts of so many letters may go on: those of messages
LONG = 24
#: letters that a text has beside what is filled in; with fewer it would be any text
FEWEST = 4
#: what Orange writes on its own controls
FROM_ORANGE = {"Send Automatically", "Apply Automatically", "Save Image"}
#: what pages stress that is no text of the widget: columns and values of an example, and words that are explained
STRESSED = {
    "import-images": {"New yeast cells", "synthetic", "healthy", "sick", "Concatenate", "Primary Data", "Merge Data"},
    "image-embedder": {"n0", "n1", "dense", "Explore", "Classify", "Skipped: 3 of 200",
                       "The store of embeddings cannot be used", "Add-ons", "Options", "tcp://HOST:PORT",
                       "tls://HOST:PORT"},
    "image-viewer": {"Explore", "File", "Edit Domain"},
    "image-grid": {"x", "y", "Grid"},
    "image-map": {"Distances", "Map"},
    "save-images": {"Grid"},
    "open-embeddings": {"category", "image name", "n0", "n1"},
    "group-folds": {"Cross validation by feature", "Fold", "Honest scores"},
}


def module_of(page):
    return "ow" + page.replace("-", "")


def widget_class(page):
    module = import_module(f"orangecontrib.imaging.widgets.{module_of(page)}")
    return next(one for name, one in vars(module).items() if name.lower() == module_of(page))


def listed(page):
    """(number, name) of each line of the page's list."""
    return [(int(number), title) for number, title in re.findall(r"^(\d+)\. \*([^*]+)\*: ", TEXTS[page], re.MULTILINE)]


def test_every_widget_has_a_page_with_purpose_inputs_outputs_a_picture_with_numbers_and_an_example():
    modules = {path.stem for path in (PACKAGE / "widgets").glob("ow*.py")}
    assert {module_of(page) for page in TEXTS} == modules
    assert set(numbered.PAGES) == set(TEXTS)
    for page, text in TEXTS.items():
        heading, line, _, purpose = text.splitlines()[:4]
        assert (heading, len(line)) == (widget_class(page).name, len(heading))
        assert purpose.endswith(".")
        for part in ("**Inputs**", "**Outputs**", f".. image:: ../images/{page}.png"):
            assert text.count(part) == 1, (page, part)
        examples = re.findall(r"^Example: .*\n-+\n\n\.\. image:: \.\./images/([\w-]+)\.png\n", text, re.MULTILINE)
        assert 1 <= len(examples) <= 2, page


@pytest.mark.parametrize("page", numbered.PAGES)
def test_inputs_and_outputs_of_a_page_are_the_widget_s(page):
    widget = widget_class(page)
    told = re.search(r"\*\*Inputs\*\*\n\n(.*?)\n\*\*Outputs\*\*\n\n(.*?)\n\.\. image", TEXTS[page], re.DOTALL)
    for text, channels in zip(told.groups(), (widget.get_signals("inputs"), widget.get_signals("outputs"))):
        assert re.findall(r"^(\w[\w ]*)\n   ", text, re.MULTILINE) == [channel.name for channel in channels]


@pytest.mark.parametrize("page", numbered.PAGES)
def test_a_page_lists_the_numbers_that_its_picture_gets(page):
    controls = numbered.PAGES[page]
    assert listed(page) == [(number, control.title) for number, control in enumerate(controls, 1)]
    for control in controls:
        assert control.title.lower() in (control.by or control.title).lower()


@pytest.mark.parametrize("page", numbered.PAGES)
def test_the_picture_of_a_page_is_a_photograph_with_numbers(page):
    [[shot]] = screenshots.PICTURES[page]
    assert shot.is_numbered


def test_every_picture_that_a_text_shows_is_made_by_the_script_and_small():
    pages = [*DOC.rglob("*.rst"), SOURCE / "README.md"]
    shown = {name for page in pages for name in re.findall(r"images/([\w-]+)\.png", page.read_text(encoding="utf-8"))}
    assert shown == set(screenshots.PICTURES)
    assert {path.stem for path in (DOC / "images").glob("*.png")} == set(screenshots.PICTURES)
    assert screenshots.LARGEST_BYTES == LARGEST_BYTES
    assert {path.name: path.stat().st_size for path in (DOC / "images").rglob("*.png")
            if path.stat().st_size > LARGEST_BYTES} == {}


def test_a_photograph_of_before_is_never_laid_out_again(tmp_path, monkeypatch):
    """Tests that are skipped, as where Xvfb is missing, leave none of their own."""
    shots = tmp_path / "shots"
    monkeypatch.setattr(screenshots, "SHOTS", shots)
    monkeypatch.setattr(screenshots.subprocess, "run", lambda *_, **__: None)
    for main in (screenshots.main, lesson_screens.main):
        shots.mkdir(exist_ok=True)
        (shots / "old.png").touch()
        with pytest.raises(FileNotFoundError):
            main([str(tmp_path / "pictures")])
        assert not shots.exists()


class TestControls(base.WidgetTest):
    """With the widgets themselves."""

    def test_every_numbered_control_is_in_its_widget_and_no_two_numbers_are_on_each_other(self):
        for page in numbered.PAGES:
            widget = self.create_widget(widget_class(page))
            widget.resize(1020, 720)
            widget.grab()  # lays out
            places = numbered.badges(widget, page)
            for number, x, y in places:
                assert -numbered.RADIUS_PX <= x < widget.width(), (page, number)
                assert 0 <= y < widget.height(), (page, number)
                assert all((x - left) ** 2 + (y - top) ** 2 > numbered.RADIUS_PX ** 2 for other, left, top in places
                           if other != number), (page, number)

    def test_a_control_that_is_not_there_or_twice_is_refused(self):
        widget = self.create_widget(widget_class("save-images"))
        with pytest.raises(LookupError, match="no control in sight is called 'Folders'"):
            numbered.find_control(widget, "Folders")
        assert isinstance(numbered.find_control(widget, "Save"), QAbstractButton)
        assert isinstance(numbered.find_control(widget, "Size"), QLabel)
        assert isinstance(numbered.find_control(widget, "Files"), QGroupBox)
        numbered.find_control(widget, "Size").setText("&Save:")
        with pytest.raises(LookupError, match="2 controls are called 'Save'"):
            numbered.find_control(widget, "Save")


@pytest.mark.parametrize("page", numbered.PAGES)
def test_what_a_page_stresses_is_a_text_of_its_widget_or_of_one_that_it_leads_to(page):
    linked = set(re.findall(r"<([\w-]+)>`", TEXTS[page])) & set(TEXTS)
    texts = {text for one in {page, *linked} for text in texts_of(PACKAGE / "widgets" / f"{module_of(one)}.py")}
    plain = re.sub(r"``.*?``", "", TEXTS[page], flags=re.DOTALL)
    stressed = {" ".join(one.split()) for one in re.findall(r"(?<!\*)\*(?=[^\s*])([^*]+?)(?<=\S)\*(?!\*)", plain)}
    unknown = {one for one in stressed - STRESSED[page] if not any(says(text, one) for text in texts)}
    assert sorted(unknown) == []
    assert STRESSED[page] <= stressed


def says(text, stressed):
    """Whether a text of the code is this one: ``{}`` in it stands for what is filled in, … in the page for anything."""
    said = ".*".join(map(re.escape, stressed.split("…"))) if len(stressed) > LONG else re.escape(stressed)
    if "{" not in text:
        return re.match(said if len(stressed) > LONG else f"{said}$", text) is not None
    fixed = re.split(r"\{[^}]*\}", text)
    filled = ".*".join(map(re.escape, fixed))
    return len("".join(fixed)) > FEWEST and bool(re.match(said, "…".join(fixed)) or re.match(filled, stressed))


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def texts_in(path):
    """The texts in a module, without what marks keyboard letters; ``{}`` for what an f-string fills in."""
    found = set(FROM_ORANGE)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            found.add("".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(numbered.bare(node.value))
    return found


def texts_of(path):
    """The texts in a module and in all of this package that it imports, directly or through others."""
    return set().union(*map(texts_in, reached(path)))


@cache
def reached(path):
    """The files that a module imports, directly and through others; of widgets, itself alone."""
    seen, waiting = set(), [path]
    while waiting:
        one = waiting.pop()
        if one not in seen and (one == path or not one.name.startswith("ow")):
            seen.add(one)
            waiting += imported(one)
    return seen


@cache
def imported(path):
    files = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            files += [base.with_suffix(".py"), base / "__init__.py", *(base / f"{one.name}.py" for one in node.names)]
    return [file for file in files if file.is_file()]
