"""Translations are complete, and fit what they stand for; nothing that is saved is translated."""

import ast
import io
import json
import re
import tokenize
import tomllib
from collections import Counter
from string import Formatter

import layers
import pytest
import translations
from translations import LANGUAGES, messages_path, read_messages, written

from orangecontrib.imaging import language
from orangecontrib.imaging.language import WORDS as _tr  # noqa: N811 - as translated modules name it
from orangecontrib.imaging.language import plural as _pl  # noqa: F401 - a translated text asks for it

RENEW = "run: python scripts/translations.py, and translate what it lists"
#: names that a translation may use beside those of the English text
PLURAL = {"_pl"}


@pytest.fixture(scope="module")
def texts():
    return translations.found_texts(translations.PACKAGE)


@pytest.fixture(scope="module")
def messages():
    return {code: read_messages(messages_path(code).read_text(encoding="utf-8")) for code in LANGUAGES}


@pytest.fixture(scope="module")
def translated(messages):
    """(language, file, English, translation) of all."""
    return [(code, place[0], place[-1], value) for code in LANGUAGES for place, value in messages[code].items()
            if isinstance(value, str)]


def fields(text):
    """The names in braces and their formats, or None where braces are no such thing."""
    try:
        return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return None


def names(text):
    """The names that an f-string asks for."""
    for quotes in ('"""', "'''"):
        try:
            tree = ast.parse(f"f{quotes}{text}{quotes}")
        except SyntaxError:
            continue
        return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return None


def test_every_text_is_translated(texts, messages):
    complaints = [f"{code}: {said}" for code in LANGUAGES for said in translations.differences(texts, messages[code])]
    assert complaints == [], RENEW


def test_what_is_no_text_for_people_is_none_in_both_languages(messages):
    one, other = (messages[code] for code in LANGUAGES)
    assert [place for place in one if (one[place] is False) != (other[place] is False)] == []


def test_translations_have_the_places_to_fill_of_the_english(translated):
    wrong = [(code, file, text, value) for code, file, text, value in translated
             if text.count("{}") != value.count("{}") or ("%s" in text and "%s" not in value)]
    assert wrong == []


def test_translations_ask_for_no_name_that_the_english_does_not_have(translated):
    wrong = []
    for code, file, text, value in translated:
        if "{" in value and (asked := names(value)) is not None and (known := names(text)) is not None:
            wrong += [(code, file, value, asked - known)] if asked - known - PLURAL - {"len"} else []
        elif "{" in value and fields(text) != fields(value):
            wrong.append((code, file, value))
    assert wrong == []


def test_translations_keep_spaces_accelerators_and_tags(translated):
    def signs(text):
        return (text[:1].isspace(), text[-1:].isspace(), bool(re.search(r"&(?!\w+;)(?=\w)", text)),
                sorted(re.findall(r"</?[a-z]+", text)))
    assert [(code, text, value) for code, _, text, value in translated if signs(text) != signs(value)] == []


def plural_forms(text):
    """The forms that each call of `_pl` in a translation is given."""
    return [forms for _, forms in re.findall(r"""_pl\([^'"]*(['"])(.*?)\1\)""", text)]


def test_every_plural_has_as_many_forms_as_its_language(translated):
    wanted = {"si": 4, "de": 2}
    asked = [(code, value) for code, _, _, value in translated if "_pl(" in value]
    assert {code for code, _ in asked} == {*LANGUAGES}
    assert [value for _, value in asked if len(plural_forms(value)) != value.count("_pl(")] == []
    wrong = [(code, value) for code, value in asked for forms in plural_forms(value)
             if forms.count("|") + 1 != wanted[code]]
    assert wrong == []


@pytest.mark.parametrize("place", [
    ("widgets/parts/layout_names.py", "Two columns"),
    ("widgets/parts/layout_names.py", "t-SNE"),
    ("widgets/parts/map_area.py", "Lasso"),
    ("widgets/parts/map_scene.py", "Both"),
    ("widgets/parts/map_scene.py", "Pictures"),
    ("widgets/jobs/saving.py", "Contact sheet"),
    ("widgets/owimagegrid.py", "class `OWImageGrid`", "t-SNE"),
    ("widgets/owimagegrid.py", "class `OWImageGrid`", "def `commit`", "Group"),
    ("tables/imports.py", "image name"),
    ("tables/imports.py", "category"),
    ("tables/columns.py", "def `separate_channels`", "channel {number + 1}"),
], ids="/".join)
def test_what_settings_tables_and_files_name_stays_english(messages, place):
    assert [messages[code][place] for code in LANGUAGES] == [False, False]


def test_inputs_and_outputs_keep_the_names_that_workflows_link_by(messages):
    linked = [value for code in LANGUAGES for place, value in messages[code].items()
              if {"class `Inputs`", "class `Outputs`"} & {*place}]
    assert len(linked) > 20
    assert set(linked) == {False}


def test_what_stands_in_the_file_is_read_again():
    hard = {("a.py", text): value for text, value in (
        ("plain", "gewöhnlich"), ("a: b", "c: d"), ("it's", True), ('say "x": y', None), (" spaces ", " razmik "),
        ("#1", "'"), ("\n  two\nlines: ", "\n'\n"), ("|", False), ("{x}:", "{x}: "), ("'", '"'))}
    known = {**hard, ("b.py", "class `A`", "def `f`", "x"): "y", ("b.py", "z"): False}
    assert read_messages(written(known)) == known


def test_a_line_that_never_ends_is_refused():
    with pytest.raises(ValueError, match="no line of a file of translations"):
        read_messages("a.py:\n    'open: x\n")


def test_new_and_lost_texts_are_told(tmp_path):
    code = '"""No text."""\n\n\nclass A:\n    x = "One"\n\n    def f(self):\n        return f"{1} b"\n'
    (tmp_path / "a.py").write_text(code)
    found = translations.found_texts(tmp_path)
    assert found == [("a.py", "class `A`", "One"), ("a.py", "class `A`", "def `f`", "{1} b")]
    known = {found[0]: None, ("a.py", "Old"): "Alt"}
    assert translations.differences(found, known) == [
        "new: a.py / class `A` / def `f` / {1} b", "gone: a.py / Old", "not translated: a.py / class `A` / One"]


def lonely(code):
    """Lines of strings that stand alone in parentheses which call nothing."""
    if not re.search(r"""(?:(?<![\w)\]])|(?<=else)|(?<=or)|(?<=\s))\(\s*[frb]*["']""", code):
        return []  # most files, and quickly
    skipped = (tokenize.NL, tokenize.COMMENT)
    tokens = [one for one in tokenize.generate_tokens(io.StringIO(code).readline) if one.type not in skipped]
    quads = zip(tokens, tokens[1:], tokens[2:], tokens[3:])
    return [text.start[0] for before, opening, text, closing in quads
            if (opening.string, text.type, closing.string) == ("(", tokenize.STRING, ")")
            and before.string not in (")", "]") and (before.type != tokenize.NAME or before.string in ("else", "or"))]


def test_no_text_stands_alone_in_parentheses_which_trubar_would_take_for_its_quotes():
    assert lonely('f("a")\nx = (\n    "b")\ny = 1 or ("c")\nz = ("d"\n     "e")\n') == [3, 4]
    found = [f"{path.name}:{line}" for path in translations.PACKAGE.rglob("*.py")
             for line in lonely(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.fixture
def tables(tmp_path):
    """Tables as trubar writes them, and English again afterwards."""
    (tmp_path / "English.json").write_text(json.dumps(["English", "English", "Open", "f'{n} files'"]))
    (tmp_path / "German.json").write_text(json.dumps(["Deutsch", "German", "Öffnen", "f\"{n} {_pl(n, 'A|B')}\""]))
    yield tmp_path
    language.choose("English")


@pytest.mark.parametrize("name", ["German", "Deutsch"])
def test_a_language_goes_by_both_its_names(tables, name):
    assert language.choose(name, tables)
    assert language.WORDS.m[2, "Open"] == "Öffnen"


def test_a_text_with_parts_sees_the_names_where_it_is_made(tables):
    def said(n):
        return _tr.e(_tr.c(3, f"{n} files"))
    assert said(2) == "2 files"
    language.choose("Deutsch", tables)
    assert (said(1), said(2)) == ("1 A", "2 B")


def test_an_unknown_language_is_english(tables):
    language.choose("German", tables)
    assert not language.choose("Klingon", tables)
    assert language.WORDS.m[2, "Open"] == "Open"


def own_imports(*names):
    """The modules of this package that a file of it imports, by line; it is named from the folder of the source."""
    found = layers.imports(translations.SOURCE.joinpath(*names).read_text(encoding="utf-8"), "/".join(names))
    return [(one.line, one.module) for one in found if one.module.startswith(layers.PACKAGE)]


def test_whatever_orange_imports_first_the_language_is_chosen_before_any_text_is_read():
    project = tomllib.loads((translations.SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {value.partition(":")[0] for entries in project["entry-points"].values() for value in entries.values()}
    widgets = f"{layers.PACKAGE}.widgets"
    others = {name for name in named if not f"{name}.".startswith(f"{widgets}.")}
    assert widgets in named
    assert others == {layers.PACKAGE, f"{layers.PACKAGE}.tutorials"}
    place = layers.PACKAGE.split(".")
    assert [own_imports(*place, "__init__.py"), own_imports("tutorials", "__init__.py")] == [[], []]
    tree = ast.parse(translations.SOURCE.joinpath(*place, "widgets", "__init__.py").read_text(encoding="utf-8"))
    chosen = next(one.lineno for one in tree.body if ast.unparse(one).startswith("language.choose("))
    before = {module for line, module in own_imports(*place, "widgets", "__init__.py") if line < chosen}
    assert before == {layers.PACKAGE, f"{layers.PACKAGE}.language"}
    assert own_imports(*place, "language.py") == []


@pytest.mark.parametrize(("count", "form"), [(0, "slik"), (1, "slika"), (2, "sliki"), (3, "slike"), (4, "slike"),
                                             (5, "slik"), (11, "slik"), (101, "slika"), (104, "slike")])
def test_slovene_has_four_forms(count, form):
    assert language.plural(count, "slika|sliki|slike|slik") == form


def test_f1_finds_the_page_of_a_widget_by_its_name_in_every_language(messages):
    index = (translations.SOURCE / "doc" / "index.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r'<li><a href="widgets/([a-z-]+)\.html">(.+)</a></li>', index))
    pages = {page.stem: page.read_text(encoding="utf-8").splitlines()[0]
             for page in (translations.SOURCE / "doc" / "widgets").glob("*.rst")}
    named = {(page, value) for code in LANGUAGES for place, value in messages[code].items()
             for page, title in pages.items()
             if place[0].startswith("widgets/ow") and len(place) == 3 and place[-1] == title}
    assert len(named) == len(LANGUAGES) * len(pages)
    assert listed == named
