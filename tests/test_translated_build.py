"""The package as it is built for users: in Slovene and German it does what it does in English."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy
SOURCE = Path(__file__).resolve().parent.parent
LANGUAGES = ("English", "Slovenščina", "German")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that holds ``orangecontrib`` as a wheel has it."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-m", "trubar", "--conf", "i18n/trubar-config.yaml", "translate", "-q",
                    "-s", "orangecontrib/imaging", "-d", str(folder / "orangecontrib/imaging"), "msgs.jaml"],
                   check=True, cwd=SOURCE)
    return folder


def run_in(language, built, folder, *before):
    """Run tests/translated.py in a language, and give what it wrote."""
    home = folder / f"home-{language}"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "QT_QPA_PLATFORM": "offscreen",
                   "PYTHONIOENCODING": "utf-8"}
    out = folder / language
    ended = subprocess.run([sys.executable, "-P", str(Path(__file__).parent / "translated.py"), str(built), language,
                            str(out), *map(str, before)], env=environment, capture_output=True, text=True,
                           encoding="utf-8", timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return out


@pytest.fixture(scope="module")
def runs(built, tmp_path_factory):
    """By language, the folder with what the widgets said, kept and sent; others start from the English settings."""
    folder = tmp_path_factory.mktemp("runs")
    found = {LANGUAGES[0]: run_in(LANGUAGES[0], built, folder)}
    for language in LANGUAGES[1:]:
        found[language] = run_in(language, built, folder, found[LANGUAGES[0]] / "settings.json")
    return found


def load(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("language", "names"), [
    ("Slovenščina", {"Uvoz slik", "Pregledovalnik slik", "Vložitev slik", "Mreža slik", "Zemljevid slik",
                     "Shranjevanje slik", "Podmnožice po skupinah", "Odpri vložitve"}),
    ("German", {"Bilder importieren", "Bildbetrachter", "Bildeinbettung", "Bildraster", "Bildkarte",
                "Bilder speichern", "Gruppen-Teilmengen", "Einbettungen öffnen"}),
])
def test_every_widget_speaks_the_language(runs, language, names):
    said, english = load(runs[language], "said.json"), load(runs["English"], "said.json")
    assert {texts[0] for texts in said.values()} == names
    for widget, texts in said.items():
        assert len(set(texts) - set(english[widget])) > 5, widget


@pytest.mark.parametrize(("language", "words"), [
    ("Slovenščina", {"7 v 2 od 3 delov, po 3 števil", "SqueezeNet, prednastavitev Članek", "kot običajno", "1 slika"}),
    ("German", {"7 in 2 von 3 Teilen, je 3 Zahlen", "SqueezeNet, Vorgabe Publikation", "wie üblich", "1 Bild"}),
])
def test_vectors_on_disk_are_told_in_the_language(runs, language, words):
    said = load(runs[language], "said.json")["OWOpenEmbeddings"]
    assert words - {*said} == set()


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_settings_are_the_same_in_every_language(runs, language):
    english = load(runs["English"], "settings.json")
    assert [widget for widget, settings in english.items() if len(settings) < 3] == []
    assert load(runs[language], "settings.json") == english


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_tutorial_sends_the_same_tables_in_every_language(runs, language):
    def ours(folder):
        """What our widgets sent; Orange's own name their outputs, and columns, in the user's language."""
        tables = (folder / "tables").glob("*.csv")
        return {path.name: path.read_bytes() for path in tables if path.name.startswith(("Import", "Image Embedder"))}
    english = ours(runs["English"])
    assert english
    assert ours(runs[language]) == english
