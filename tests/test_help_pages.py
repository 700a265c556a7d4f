"""What help pages say of networks and options is what the code does."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import network_pages
import pytest

from orangecontrib.imaging.cli import _parser
from orangecontrib.imaging.core.cards import network_cards

DOC = Path(__file__).resolve().parent.parent / "doc"


@pytest.mark.parametrize("name", network_pages.pages())
def test_a_page_of_networks_is_what_their_cards_say(name):
    assert (DOC / "networks" / name).read_text(encoding="utf-8") == network_pages.pages()[name], (
        "run: python scripts/network_pages.py")


def test_no_page_of_a_family_is_left_over():
    assert {path.name for path in (DOC / "networks").iterdir()} == set(network_pages.pages())


def test_every_network_has_its_layers_weights_and_licence_on_a_page():
    text = "\n".join(network_pages.pages().values())
    for card in network_cards():
        for fact in (card.advice, card.weights.licence, card.paper, *(f"``{layer.name}``" for layer in card.layers)):
            assert fact in text, card.name


def test_every_option_of_the_command_is_told():
    page = (DOC / "command.rst").read_text(encoding="utf-8")
    embed = next(action for action in _parser()._actions if hasattr(action, "choices") and action.choices
                 and "embed" in action.choices).choices["embed"]
    told = {option for action in embed._actions for option in action.option_strings if option.startswith("--")}
    assert {option for option in told - {"--help", "--out", "--model"} if option not in page} == set()


@pytest.mark.heavy
def test_the_script_on_evaluation_prints_two_scores_of_which_the_ordinary_one_flatters(tmp_path):
    page = (DOC / "evaluation.rst").read_text(encoding="utf-8")
    [script] = re.findall(r"code-block:: python\n\n((?: {3}.*\n|\n)+)", page)
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", dedent(script)], cwd=tmp_path, capture_output=True,
                         text=True, check=False)
    assert run.returncode == 0, run.stderr[-600:]
    ordinary, grouped = (float(line.rpartition(" ")[2]) for line in run.stdout.splitlines())
    assert ordinary >= grouped + 0.1
    assert grouped > 0.6
