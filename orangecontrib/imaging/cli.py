"""The command ``orange-imaging``: embed, merge, models, fetch, samples, run, demo, clear.

Exit codes: 0 done (skipped pictures allowed), 1 failed, 2 wrong use or no readable picture,
130 stopped by the user; each but the first with one sentence on stderr.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper

from . import __version__
from .commands import clear, embed, fetch, merge, models, samples, workflows
from .commands.parsing import DONE, FAILED, STOPPED, WRONG_USE, Parser, with_negative_numbers
from .core.errors import Cancelled, ImagingError, WrongUse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code.

    Args:
        arguments: what follows ``orange-imaging`` on the line; None: those of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal in Latin-1 must not break a Greek name
            stream.reconfigure(errors="backslashreplace")
    given = _parser().parse_args(with_negative_numbers(sys.argv[1:] if arguments is None else arguments))
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn their programmers; users of this command can do nothing
    try:
        given.command(given)
        sys.stdout.flush()
        return DONE
    except (Cancelled, KeyboardInterrupt) as error:
        return _end(STOPPED, str(error) or "Stopped.")
    except WrongUse as error:
        return _end(WRONG_USE, str(error))
    except ImagingError as error:
        return _end(FAILED, str(error))
    except BrokenPipeError:  # `orange-imaging models | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parser() -> Parser:
    parser = Parser(
        prog="orange-imaging",
        description="From a folder of pictures to vectors, tables and finished workflows. "
                    "No picture is uploaded anywhere.",
        epilog="Exit codes: 0 done (skipped pictures allowed), 1 failed, 2 wrong use or no "
               "readable picture, 130 stopped.")
    parser.add_argument("--version", action="version", version=f"orange-imaging {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (embed.add, merge.add, models.add, fetch.add, samples.add, workflows.add_run, workflows.add_demo,
                clear.add):
        add(commands)
    return parser


def _end(code: int, sentence: str) -> int:
    print(f"orange-imaging: {sentence}", file=sys.stderr)
    return code
