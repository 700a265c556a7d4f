"""``orange-imaging fetch``: trained weights downloaded ahead, as for a classroom or a machine without network."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..core.cards import ModelCard
from ..core.catalogue import all_cards, find_network
from ..core.download import fetch_weights, missing_bytes, where_else
from ..core.errors import Cancelled, ImagingError, WeightsError, WrongUse
from ..core.paths import escape_path
from ..core.space import check_space, free_bytes, size_text
from ..core.weights import check_models, download_folder
from ..interrupt import until_interrupted
from ..progress import ProgressBar

if TYPE_CHECKING:
    from .parsing import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "fetch", help="download the trained weights of networks",
        description="Download the trained weights of networks, once. For machines without network: fetch with --to, "
                    "take the folder there, and name it in ORANGE_IMAGING_MODELS.")
    parser.add_argument("names", nargs="*", metavar="NETWORK", help="see 'orange-imaging models'")
    parser.add_argument("--all", action="store_true", help="those of all networks")
    parser.add_argument("--to", type=Path, metavar="DIR",
                        help="made where it is missing (default: that of ORANGE_IMAGING_MODELS, or else in the cache)")
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """Say what is needed, fetch one after the other, and go on after one that fails.

    Raises:
        WrongUse: no network is named, or an unknown one.
        FolderError: the folder that ORANGE_IMAGING_MODELS names is not there.
        OutputError: there is no room for all of them; nothing was fetched.
        WeightsError: some could not be fetched; their reasons are on stderr.
        Cancelled: Ctrl+C.
    """
    cards = _asked_for(given)
    for card in cards:
        if not card.weights.url:
            print(f"{card.title}: nothing to fetch; {where_else(card)}.")
    wanted = [card for card in cards if card.weights.url]
    if wanted:
        if not given.to:
            check_models()
        folder = (given.to or download_folder()).absolute()
        announce(wanted, folder)
        _fetch_all(wanted, folder)


def _asked_for(given: argparse.Namespace) -> list[ModelCard]:
    if given.all:
        return list(all_cards())
    if not given.names:
        raise WrongUse("Name the networks to fetch, or give --all. 'orange-imaging models' lists them.")
    return list(dict.fromkeys(map(find_network, given.names)))


def announce(cards: list[ModelCard], folder: Path, stream: TextIO | None = None) -> None:
    """Say what is needed, before anything is brought. Raises OutputError: it does not fit."""
    needs = [need for need in (missing_bytes(card, folder) for card in cards) if need]
    shown = escape_path(str(folder))
    if not needs:
        print(f"All is in {shown} already.", file=stream, flush=True)
        return
    files = f"{len(needs)} file{'' if len(needs) == 1 else 's'}"
    print(f"{files}, {size_text(sum(needs))}, into {shown}; {size_text(free_bytes(folder))} are free.", file=stream,
          flush=True)
    check_space(f"Fetching {files}", sum(needs), folder)


def _fetch_all(cards: list[ModelCard], folder: Path) -> None:
    failed = []
    with until_interrupted() as cancelled:
        for card in cards:
            try:
                path = fetch_one(card, folder, cancelled)
                print(f"{escape_path(str(path))}: {card.title}", flush=True)
            except Cancelled:
                raise
            except ImagingError as error:
                failed.append(card.name)
                print(f"{card.name}: {error}", file=sys.stderr)
    if failed:
        raise WeightsError(f"{len(failed)} of {len(cards)} could not be fetched: {', '.join(failed)}. "
                           "The reasons are above.")


def fetch_one(card: ModelCard, folder: Path, cancelled: Callable[[], bool]) -> Path:
    """Bring one network's weights into a folder, with a progress bar."""
    with ProgressBar("MB") as bar:
        return fetch_weights(card, folder, cancelled=cancelled,
                             on_progress=lambda done, total: bar(done >> 20, total >> 20))
