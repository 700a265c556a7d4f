"""``orange-imaging clear``: what is kept in the cache, and its removal."""

from __future__ import annotations

import argparse
import sys

from ..core.errors import OutputError, WrongUse
from ..core.kept_files import WEIGHTS, Kept, kept_files, remove
from ..core.paths import cache_path, escape_path
from ..core.space import size_text
from .parsing import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "clear", help="show and remove what is kept on this computer",
        description="Say what this package keeps in its cache folder, and how much it is, and remove it when you "
                    "agree. Nothing is lost for good: it is computed, drawn or downloaded again when it is needed. "
                    "Other files in that folder stay.")
    parser.add_argument("--weights", action="store_true", help="remove the downloaded weights of networks too")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(command=run)


def run(given: argparse.Namespace) -> None:
    """Show it, ask, and remove it.

    Raises:
        WrongUse: nobody can be asked, and --yes was not given; nothing was removed.
        OutputError: something is in use, or the system refuses; the rest was removed.
    """
    kinds = kept_files()
    print(f"In {escape_path(str(cache_path()))}:")
    for kept in kinds:
        print(f"  {kept.title:30} {size_text(kept.bytes):>8} in {_count(kept)}{_remark(kept, given.weights)}")
    chosen = [kept for kept in kinds if kept.files and (given.weights or kept.title != WEIGHTS)]
    if not chosen:
        print("There is nothing to remove.")
    elif given.yes or _agrees(chosen):
        _remove_all(chosen)
    else:
        print("Nothing was removed.")


def _count(kept: Kept) -> str:
    return f"{len(kept.files):,} file{'' if len(kept.files) == 1 else 's'}"


def _remark(kept: Kept, with_weights: bool) -> str:
    return "; they stay, unless you add --weights" if kept.title == WEIGHTS and kept.files and not with_weights else ""


def _agrees(chosen: list[Kept]) -> bool:
    """Whether the user wants them removed. Raises WrongUse: there is nobody to ask."""
    if not sys.stdin.isatty():
        raise WrongUse("Nothing was removed, for nobody can be asked here. Add --yes to remove it without a question.")
    print(f"Remove {', '.join(kept.title for kept in chosen)}: {size_text(sum(kept.bytes for kept in chosen))}? "
          "[y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remove_all(chosen: list[Kept]) -> None:
    failed, freed = [], 0
    for kept in chosen:
        try:
            remove(kept)
            freed += kept.bytes
        except OutputError as error:
            failed.append(kept.title)
            print(f"{kept.title}: {error}", file=sys.stderr)
    print(f"Removed: {size_text(freed)}.")
    if failed:
        raise OutputError(f"{', '.join(failed)} could not be removed. The reasons are above.")
