"""What the commands share: their parser, and their exit codes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sentence = message[:1].upper() + message[1:]
        print(f"orange-imaging: {sentence}. See: {self.prog} --help", file=sys.stderr)
        sys.exit(WRONG_USE)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # argparse has no public name for it

_NUMBERS = re.compile(r"-\.?[0-9]")
_TAKE_NUMBERS = ("--contrast", "--percentiles")


def with_negative_numbers(arguments: Iterable[str]) -> list[str]:
    """The words of a line, with ``--contrast -5,100`` as one: argparse takes what begins so for an option."""
    words: list[str] = []
    for word in arguments:
        if words and words[-1] in _TAKE_NUMBERS and _NUMBERS.match(word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words
